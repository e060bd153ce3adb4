"""Results of `vllm bench serve --save-result`, one JSON object or, with --append-result, one on each line.

Schema: https://github.com/vllm-project/vllm (vllm/benchmarks/serve.py). Statistics are in milliseconds, the lists of
--save-detailed in seconds. The end-to-end latency is there only if asked for.
"""

import os

from moo_inference.readers.format import Format
from moo_inference.readers.serving.run import ServingRun
from moo_inference.readers.serving.vllm_family import has_statistics, read_results


def read_vllm_bench(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the results of vLLM's serving benchmark.

    Returns:
        One run for each object. With --save-detailed the spreads are those of the single requests. Without, and without
        a measured latency, its mean is rebuilt from TTFT, ITL and TPOT.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    return read_results(path, "vllm bench serve")


FORMAT = Format(
    "vllm_bench",
    "vllm bench serve result",
    "serving",
    read_vllm_bench,
    json=lambda shape: (
        "completed" in shape.keys and ("total_output_tokens" in shape.keys or has_statistics(shape.keys))
    ),
    turn=1,
)
