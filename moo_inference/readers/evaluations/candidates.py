"""Candidates that were measured already: accuracy, USD and maybe seconds per query of each, from a CSV."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.csv_file import read_csv
from moo_inference.documents.document import FileErrors, printable
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format

_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "model", "candidate", "configuration", "config", "method"),
    "k": ("k", "passes"),
    "accuracy": ("accuracy", "acc", "test_acc"),
    "usd_per_query": ("usd_per_query", "cost_per_query", "cost", "cost_usd", "usd", "test_cost"),
    "seconds_per_query": (
        "seconds_per_query",
        "seconds",
        "time",
        "time_s",
        "latency",
        "latency_s",
        "latency_seconds",
        "time_ms",
        "latency_ms",
    ),
}
"""How columns are called, in any case."""

_MILLISECONDS = "_ms"
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Candidates:
    """n candidates in the order of their file.

    Attributes:
        names: of each; one that comes several times (a cascade under several budgets) is not made one.
        accuracy: (n,) share of queries that were answered well, in [0, 1].
        usd_per_query: (n,) mean cost of a query.
        where: the file.
        seconds_per_query: (n,) mean seconds of a query, or None where the file does not contain it.
        notes: what a reader of these numbers has to know, in sentences.
    """

    names: tuple[str, ...]
    accuracy: NDArray[np.float64]
    usd_per_query: NDArray[np.float64]
    where: str
    seconds_per_query: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)


TIMES = _NAMES["seconds_per_query"]


def candidates_of(
    path: str | os.PathLike[str],
    rows: Sequence[tuple[str, float, float | None, float | None]],
    notes: tuple[str, ...] = (),
) -> Candidates:
    """Candidates of a leaderboard, where cost or time of some is not known: those are left out and named.

    Args:
        path: the file.
        rows: name, accuracy, USD per query and seconds per query of each; None where it is not known.
        notes: of the reader.

    Raises:
        ReaderError: (a ValueError) no row has a cost.
    """
    priced = [row for row in rows if row[2] is not None]
    if not priced:
        raise ReaderError(f"{path}: must hold at least one candidate whose cost is known, got {len(rows):,} without")
    timed = [row for row in priced if row[3] is not None]
    used = timed or priced
    left_out = {
        "cost (N/A or 0, which is unknown and not free)": [row[0] for row in rows if row[2] is None],
        "time": [row[0] for row in priced if row[3] is None] if timed else [],
    }
    for what, names in left_out.items():
        if names:
            some = ", ".join(map(repr, names[:_SHOWN])) + (" and others" if len(names) > _SHOWN else "")
            notes += (printable(f"Candidates without {what}, which are left out: {len(names):,} ({some})."),)
    return Candidates(
        tuple(printable(row[0]) for row in used),
        np.array([row[1] for row in used]),
        np.array([row[2] for row in used], dtype=float),
        str(path),
        np.array([row[3] for row in used], dtype=float) if timed else None,
        notes,
    )


def read_candidates(
    path: str | os.PathLike[str],
    *,
    name: str = "Method",
    accuracy: str = "Test_acc",
    usd_per_query: str = "Test_cost",
    seconds_per_query: str | None = None,
    k: str | None = None,
) -> Candidates:
    """Read measured candidates.

    Args:
        path: a CSV with a header. The default columns are those of FrugalGPT's summaries,
            https://github.com/stanford-futuredata/FrugalGPT (summary/summary_*_full_2024.csv).
        name: the column of the names; "" where there is none: then the rows are counted.
        accuracy: the column of the accuracies, in [0, 1].
        usd_per_query: the column of the costs, in USD per query.
        seconds_per_query: the column of the times, in seconds per query, or in milliseconds where its name ends in
            `_ms`; if there is one.
        k: the column of the numbers of passes, if there is one; they become part of the names.

    Raises:
        ReaderError: (a ValueError) a column is missing, or a cell is invalid: each named with its line.
    """
    errors = FileErrors()
    names: list[str] = []
    values: dict[str, list[NDArray[np.float64]]] = {}
    columns = [column for column in (name, accuracy, usd_per_query, seconds_per_query, k) if column]
    for chunk in read_csv(path, columns):
        rows = range(len(names) + 1, len(names) + len(chunk.lines) + 1)
        called = [cell.strip() for cell in chunk.columns[name]] if name else [f"row {row}" for row in rows]
        passes = chunk.counts(k, errors, least=1).tolist() if k else None
        names.extend(called if passes is None else map("{}, k = {}".format, called, passes))
        for column in (accuracy, usd_per_query, seconds_per_query):
            if column:
                values.setdefault(column, []).append(chunk.numbers(column, errors, least=0))
        for row in np.flatnonzero(values[accuracy][-1] > 1).tolist():
            got = chunk.columns[accuracy][row]
            errors.add(chunk.error_at(row, accuracy, f"must be a share of at most 1 (not in per cent), got {got}"))
    errors.check()
    if not names:
        raise ReaderError(f"{path}: must hold at least one candidate")
    joined = {column: np.concatenate(parts) for column, parts in values.items()}
    seconds = None
    if seconds_per_query:
        in_ms = seconds_per_query.lower().endswith(_MILLISECONDS)
        seconds = joined[seconds_per_query] / (1000.0 if in_ms else 1.0)
    return Candidates(tuple(names), joined[accuracy], joined[usd_per_query], str(path), seconds)


def _usual_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """The options of the reader for a header with usual names; None where accuracy or cost is not among them."""
    folded = {column.lower(): column for column in reversed(header)}
    found = {
        option: folded[usual]
        for option, names in _NAMES.items()
        if (usual := next((name for name in names if name in folded), None))
    }
    return ({"name": "", **found}, ()) if {"accuracy", "usd_per_query"} <= found.keys() else None


FORMAT = Format(
    "candidates_csv", "CSV of measured candidates", "candidates", read_candidates, cells=_usual_columns, turn=5
)
