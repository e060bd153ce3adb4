"""Results of SGLang's `python -m sglang.bench_serving --output-file`: one JSON object on each line.

Schema: https://github.com/sgl-project/sglang (python/sglang/bench_serving.py). Statistics are in milliseconds, the
lists of --output-details in seconds. The latency is always measured; in 2024 some statistics were medians alone. A rate
of requests without a limit is written as Infinity.
"""

import os

from moo_inference.readers.serving.bench_results import read_results
from moo_inference.readers.serving.run import ServingRun


def read_sglang_bench(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the results of SGLang's serving benchmark.

    Returns:
        One run for each object.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    return read_results(path, "sglang.bench_serving")
