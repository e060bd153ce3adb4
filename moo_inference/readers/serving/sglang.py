"""Results of SGLang's `python -m sglang.bench_serving --output-file`: one JSON object on each line.

Schema: https://github.com/sgl-project/sglang (python/sglang/bench_serving.py). Statistics are in milliseconds, the
lists of --output-details in seconds. The latency is always measured; in 2024 some statistics were medians alone. A rate
of requests without a limit is written as Infinity.
"""

import os

from moo_inference.readers.format import Format
from moo_inference.readers.serving.run import ServingRun
from moo_inference.readers.serving.vllm_family import read_results


def read_sglang_bench(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the results of SGLang's serving benchmark.

    Returns:
        One run for each object.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    return read_results(path, "sglang.bench_serving")


_OWN_KEYS = {"total_output_tokens_retokenized", "mean_e2e_latency_ms", "median_e2e_latency_ms", "accept_length"}

FORMAT = Format(
    "sglang_bench",
    "sglang.bench_serving result",
    "serving",
    read_sglang_bench,
    json=lambda shape: "completed" in shape.keys and bool(_OWN_KEYS & shape.keys),
)
