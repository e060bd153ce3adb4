"""Results of InferenceX (InferenceMAX), whose statistics are in seconds and have no unit in their keys.

Schema: https://github.com/SemiAnalysisAI/InferenceX: a result of vLLM's benchmark with `median_e2el` in place of
`median_e2el_ms`; or several put together, with `hw`, `conc`, `tput_per_gpu` and the lengths that were asked for.
"""

import os

from moo_inference.readers.format import Format
from moo_inference.readers.serving.run import ServingRun
from moo_inference.readers.serving.vllm_family import read_results


def read_inferencex(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read results of InferenceX.

    Returns:
        One run for each object.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    return read_results(path, "InferenceX")


_SECONDS_WITHOUT_A_UNIT = {"median_e2el", "mean_e2el", "median_ttft", "mean_ttft"}

FORMAT = Format(
    "inferencex",
    "InferenceX result",
    "serving",
    read_inferencex,
    json=lambda shape: bool({"completed", "tput_per_gpu"} & shape.keys) and bool(_SECONDS_WITHOUT_A_UNIT & shape.keys),
)
