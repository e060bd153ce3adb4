"""What reading large files takes: time against the plainest parse, peak memory against the file's size.

Run: python benchmarks/readers.py
"""

import csv
import json
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from report import show
from timing import Figure, compare, take_turns

from moo_inference.readers import (
    read_azure_trace,
    read_litellm_prices,
    read_outcomes_table,
    read_vllm_bench,
    recognise,
)


def write_trace(path: Path, count: int) -> None:
    """A trace in Azure's format."""
    with path.open("w", newline="") as stream:
        stream.write("TIMESTAMP,ContextTokens,GeneratedTokens\r\n")
        for i in range(count):
            stream.write(
                f"2023-11-16 {i // 60000:02}:{i // 1000 % 60:02}:03.97{i % 100000:05},{i % 7919},{i % 613}\r\n"
            )


def write_prices(path: Path, count: int) -> None:
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
    path.write_text(json.dumps({f"model-{i}": entry for i in range(count)}, indent=4))


def write_outcomes(path: Path, count: int) -> None:
    """Samples as JSON lines."""
    with path.open("w") as stream:
        for i in range(count):
            stream.write(
                f'{{"question": "q{i % 1000}", "correct": {"true" if i % 3 else "false"}, "answer": "{i % 97}"}}\n'
            )


def write_bench(path: Path, count: int) -> None:
    """A detailed result of requests with 500 inter-token latencies each."""
    gaps = np.random.default_rng(1).gamma(4.0, 0.005, size=(count, 500)).round(9).tolist()
    lists = {"ttfts": [0.1] * count, "itls": gaps, "input_lens": [100] * count, "output_lens": [501] * count}
    path.write_text(
        json.dumps({"completed": count, "total_output_tokens": 501 * count, **lists, "errors": [""] * count})
    )


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
    """The file as one value."""
    json.loads(path.read_text())


Case = tuple[Callable[[Path, int], None], Callable[[Path], object], Callable[[Path], None], str, int]

CASES: dict[str, Case] = {
    "Reading a trace of {:,} rows": (write_trace, read_azure_trace, parse_csv, "csv.reader", 200_000),
    "Recognising a trace of {:,} rows": (write_trace, recognise, parse_csv, "csv.reader", 200_000),
    "Reading prices of {:,} models": (write_prices, read_litellm_prices, parse_json, "json.loads", 5_000),
    "Reading {:,} outcomes": (write_outcomes, read_outcomes_table, parse_lines, "json.loads by line", 200_000),
    "Reading a vLLM result, {:,} requests": (write_bench, read_vllm_bench, parse_json, "json.loads", 2_000),
}
"""How to write a file, ours, the plainest parse and its name, and how many rows."""


def peak(work: Callable[[Path], object], path: Path) -> float:
    """The most MB that Python and NumPy hold at a time."""
    tracemalloc.start()
    work(path)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / 1e6


def figures(quick: bool = False) -> list[Figure]:
    """Time and memory of each case."""
    times, memories = [], []
    for label, (write, read, plain, name, rows) in CASES.items():
        count = rows // 100 if quick else rows
        what, size = label.format(count), "the file's size"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large"
            write(path, count)
            works = {what: lambda read=read, path=path: read(path), name: lambda plain=plain, path=path: plain(path)}
            times.append(compare(what, take_turns(works, 1 if quick else 3), what, name, name))
            held = {what: np.array([peak(read, path)]), size: np.array([path.stat().st_size / 1e6])}
            memories.append(compare(f"{what}: memory", held, what, size, size, unit="MB"))
    return times + memories


if __name__ == "__main__":
    show(figures)
