"""Evaluations without times: right samples of each question, one model a column."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parent.parent / "data"
TESTED = Path(__file__).parent.parent.parent / "tests" / "data"

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Right ones among the samples of each of m questions.

    Attributes:
        model: the model.
        n: samples of every question.
        c: (m,) right ones.
    """

    model: str
    n: int
    c: IntArray


def evalperf() -> list[Counts]:
    """34 runs on the 118 tasks of EvalPerf, of HumanEval+ and MBPP+: 50 or 100 samples each, at one temperature."""
    first, *rest = _columns(DATA / "evalperf_counts.csv")
    return [Counts(name, int(values[0]), np.array(values[1:], dtype=np.int64)) for name, values in (first, *rest)]


def gsm8k() -> list[Counts]:
    """Six systems on the 1,319 questions of GSM8K, one sample each."""
    found = []
    for file in ("gsm8k_openai_correctness.csv", "routellm_gsm8k_correctness.csv"):
        found += [Counts(name, 1, np.array(values, dtype=np.int64)) for name, values in _columns(TESTED / file)]
    return found


def _columns(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The columns of a file but the first, with their names."""
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = list(csv.reader(file))
    columns: Any = list(zip(*rows, strict=True))
    for name, values in zip(names[1:], columns[1:], strict=True):
        yield name, list(values)
