"""Results of InferenceX (InferenceMAX), whose statistics are in seconds and have no unit in their keys.

Schema: https://github.com/SemiAnalysisAI/InferenceX: a result of vLLM's benchmark with `median_e2el` in place of
`median_e2el_ms`; or several put together, with `hw`, `conc`, `tput_per_gpu` and the lengths that were asked for.
"""

import os

from moo_inference.readers.serving.bench_results import read_results
from moo_inference.readers.serving.run import ServingRun


def read_inferencex(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read results of InferenceX.

    Returns:
        One run for each object.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    return read_results(path, "InferenceX")
