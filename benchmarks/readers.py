"""What reading large files takes: peak memory as a ratio to the file's size, time as a ratio to the plainest parse.

Run: python benchmarks/readers.py
"""

import csv
import json
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moo_inference.readers import (
    read_azure_trace,
    read_litellm_prices,
    read_outcomes_table,
    read_vllm_bench,
    recognise,
)

ROWS = 1_000_000
MODELS = 5_000


def write_trace(path: Path) -> None:
    """A trace in Azure's format."""
    with path.open("w", newline="") as stream:
        stream.write("TIMESTAMP,ContextTokens,GeneratedTokens\r\n")
        for i in range(ROWS):
            stream.write(
                f"2023-11-16 {i // 60000:02}:{i // 1000 % 60:02}:03.97{i % 100000:05},{i % 7919},{i % 613}\r\n"
            )


def write_prices(path: Path) -> None:
    """A price map in LiteLLM's format, with as many fields as a real entry has."""
    entry = {
        "litellm_provider": "x",
        "mode": "chat",
        "max_input_tokens": 128000,
        "max_output_tokens": 16384,
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1e-05,
        "cache_read_input_token_cost": 1.25e-06,
        "source": "https://example.org/pricing",
        **{f"supports_{number}": True for number in range(15)},
    }
    path.write_text(json.dumps({f"model-{i}": entry for i in range(MODELS)}, indent=4))


def write_outcomes(path: Path) -> None:
    """1,000,000 samples as JSON lines."""
    with path.open("w") as stream:
        for i in range(ROWS):
            stream.write(
                f'{{"question": "q{i % 1000}", "correct": {"true" if i % 3 else "false"}, "answer": "{i % 97}"}}\n'
            )


def write_bench(path: Path) -> None:
    """A detailed result of 2,000 requests with 500 inter-token latencies each."""
    gaps = np.random.default_rng(1).gamma(4.0, 0.005, size=(2000, 500)).round(9).tolist()
    lists = {"ttfts": [0.1] * 2000, "itls": gaps, "input_lens": [100] * 2000, "output_lens": [501] * 2000}
    path.write_text(json.dumps({"completed": 2000, "total_output_tokens": 1_002_000, **lists, "errors": [""] * 2000}))


def parse_csv(path: Path) -> None:
    """Every row as a list of cells, forgotten at once."""
    with path.open(newline="") as stream:
        for _ in csv.reader(stream):
            pass


def parse_lines(path: Path) -> None:
    """Every line as a value, forgotten at once."""
    with path.open() as stream:
        for line in stream:
            json.loads(line)


def parse_json(path: Path) -> None:
    """The whole file as one value."""
    json.loads(path.read_text())


CASES: dict[str, tuple[Callable[[Path], None], Callable[[Path], object], Callable[[Path], None], str]] = {
    f"trace of {ROWS:,} rows": (write_trace, read_azure_trace, parse_csv, "csv.reader"),
    f"prices of {MODELS:,} models": (write_prices, read_litellm_prices, parse_json, "json.loads"),
    f"outcomes of {ROWS:,} samples": (write_outcomes, read_outcomes_table, parse_lines, "json.loads by line"),
    "detailed vllm bench, 1,000,000 gaps": (write_bench, read_vllm_bench, parse_json, "json.loads"),
    "recognising that trace": (write_trace, recognise, parse_csv, "csv.reader"),
}


def seconds(work: Callable[[Path], object], path: Path) -> float:
    """The least time of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work(path)
        times.append(time.perf_counter() - start)
    return min(times)


def peak(work: Callable[[Path], object], path: Path) -> int:
    """The most bytes that Python and NumPy hold at a time."""
    tracemalloc.start()
    work(path)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def measure(case: str, path: Path) -> None:
    """One line of the table."""
    _, read, plain, name = CASES[case]
    size = path.stat().st_size
    took, parsed = seconds(read, path), seconds(plain, path)
    memory = peak(read, path) / size
    print(f"{case:36} {size / 1e6:6.1f} MB {memory:14.2f} {took / parsed:8.2f} {name:18} {took:.2f} s")


if __name__ == "__main__":
    print(f"{'':36} {'size':>9} {'memory / size':>14} {'time /':>8} that of")
    for label, (write, *_) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "large"
            write(file)
            measure(label, file)
