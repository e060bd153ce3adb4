"""What must hold of the values of attempts: a few of those that do not are kept, and all are counted."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.document import LARGEST, shown
from moo_inference.readers.attempts.columns import NUMBERS

if TYPE_CHECKING:
    # Slow to load, and needed only where attempts are read.
    import pandas as pd

_SHOWN = 3
_NOT_KNOWN = "at least 0, or blank where it is not known"
_RULES = {
    "seconds": "positive, or blank where it was not measured",
    "sample": "a whole number",
    "score": "a number, or blank",
}
_OF_CACHE = ("tokens_cached", "tokens_cache_write")
_KEYS = ("model", "effort", "run", "question", "sample")
_LARGEST_KEY = 1 << 62
_BLOCK = 1 << 17
"""Rows that are looked at together."""

BoolArray = NDArray[np.bool_]


class Wrong:
    """The values of one column that break a rule: the first ones and their rows, and how many there are.

    Attributes:
        count: of all.
    """

    def __init__(self) -> None:
        """None are known yet."""
        self.values: list[Any] = []
        self.rows: list[int] = []
        self.count = 0

    def add(self, which: BoolArray, start: int = 0, raw: "pd.Series | None" = None) -> None:
        """Add the values of some rows.

        Args:
            which: (s,) whether a value breaks the rule.
            start: rows that stand before these.
            raw: (s,) the values as they were read; None where they are not shown.
        """
        places = np.flatnonzero(which)
        self.count += len(places)
        some = places[: _SHOWN - len(self.rows)]
        self.rows += (some + start + 1).tolist()
        if raw is not None:
            # Of a column with gaps whole numbers are floats.
            values = raw.iloc[some].tolist()
            self.values += [int(value) if _is_count(value) else value for value in values]

    def __str__(self) -> str:
        more = f" and {self.count - _SHOWN:,} more" if self.count > _SHOWN else ""
        where = f"(row {', '.join(map(str, self.rows))}{more})"
        return " ".join(filter(None, (", ".join(map(shown, self.values)), where)))


def _is_count(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer() and abs(value) < LARGEST


class ValueChecks:
    """The rules of single rows, batch by batch."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self.wrong: dict[str, Wrong] = {}

    def add(self, raw: Mapping[str, "pd.Series"], found: Mapping[str, NDArray[np.float64]], start: int) -> None:
        """Check the numbers of a batch.

        Args:
            raw: by column, as they were read.
            found: the same as numbers, NaN where there is none.
            start: rows that stand before these.
        """
        for name, values in found.items():
            if name == "correct":
                bad = ~np.isnan(values) & (values != 0) & (values != 1)
            else:
                bad = _present(raw[name], values) & ~_good(name, values)
            self._note(name, bad, start, raw[name])
        if "score" in found:
            score = found["score"]
            self._note("no share", ~np.isnan(score) & ~((score >= 0) & (score <= 1)), start, raw["score"])
        if "tokens_in" in found:
            names = [name for name in _OF_CACHE if name in found]
            for name in names:
                self._note(f"too many {name}", found[name] > found["tokens_in"], start, raw[name])
            if len(names) > 1:
                together = np.sum([np.nan_to_num(found[name], posinf=np.inf) for name in names], axis=0)
                self._note("too many together", together > found["tokens_in"], start)

    def _note(self, rule: str, bad: BoolArray, start: int, raw: "pd.Series | None" = None) -> None:
        if bad.any():
            self.wrong.setdefault(rule, Wrong()).add(bad, start, raw)

    def errors(self, *, graded: bool) -> Iterator[str]:
        """What is wrong, in sentences.

        Args:
            graded: whether scores stand in place of correctness.
        """
        if "correct" in self.wrong:
            yield f"correct must be 0, 1, true, false or blank, got {self.wrong['correct']}"
        for name in (*NUMBERS, "sample"):
            if name in self.wrong:
                yield f"{name} must be {_RULES.get(name, _NOT_KNOWN)}, got {self.wrong[name]}"
        if graded and "no share" in self.wrong:
            yield f"score must lie in [0, 1] where there is no column 'correct', got {self.wrong['no share']}"
        for name in _OF_CACHE:
            if (got := self.wrong.get(f"too many {name}")) is not None:
                yield f"{name} must be at most tokens_in, which contain them, got {got}"
        if (got := self.wrong.get("too many together")) is not None:
            yield f"{' and '.join(_OF_CACHE)} together must be at most tokens_in, got more {got}"


def _present(raw: "pd.Series", values: NDArray[np.float64]) -> BoolArray:
    """(s,) whether something stands there, be it a number or not."""
    there: BoolArray = ~np.isnan(values)
    if not there.all() and raw.dtype.kind not in "biuf":
        there = np.asarray(raw.notna() & (raw.astype(str).str.strip() != ""), dtype=bool)
    return there


def _good(name: str, values: NDArray[np.float64]) -> BoolArray:
    if name == "seconds":
        return np.asarray((values > 0) & np.isfinite(values))
    if name == "sample":
        return np.asarray(values == np.floor(values))
    if name == "score":
        return np.isfinite(values)
    return (values >= 0) & np.isfinite(values)


def table_errors(frame: "pd.DataFrame", checks: ValueChecks) -> Iterator[str]:
    """What is wrong with a whole table, whose columns have their types, in sentences.

    Args:
        frame: the table.
        checks: of its single rows.
    """
    question = frame["question"].cat.codes.to_numpy()
    if (question < 0).any():
        yield f"question must name one in every row, got nothing {_rows(question < 0)}"
    if "model" in frame and (lacking := frame["model"].cat.codes.to_numpy() < 0).any():
        yield f"model must name one in every row, got nothing {_rows(lacking)}"
    if "cluster" in frame:
        yield from _cluster_errors(frame, question)
    yield from checks.errors(graded="correct" not in frame)
    if "sample" in frame and (again := repeated(frame)) is not None:
        first = frame[again].iloc[0]
        yield (
            f"each sample of a question must stand there once, got question {shown(first['question'])}, sample "
            f"{first['sample']:g} twice {_rows(again)}"
        )


def repeated(frame: "pd.DataFrame") -> BoolArray | None:
    """(s,) which attempts stand in a table before, by model, effort, run, question and sample; None where none does.

    Args:
        frame: the table: texts as categories, and a column `sample`.
    """
    keys = [name for name in _KEYS if name in frame]
    numbers = _attempt_numbers(frame, keys)
    if numbers is not None:
        numbers.sort()
        if not (numbers[1:] == numbers[:-1]).any():
            return None
    again = np.asarray(frame.duplicated(keys), dtype=bool)
    return again if again.any() else None


def _attempt_numbers(frame: "pd.DataFrame", keys: list[str]) -> NDArray[np.int64] | None:
    """(s,) one number for each combination of keys; None where there are too many combinations for that.

    One array in place of the tables that comparing rows column by column needs.
    """
    sample = frame["sample"].to_numpy()
    low, high = (float(end(sample)) if len(sample) else 0.0 for end in (np.fmin.reduce, np.fmax.reduce))
    codes = [frame[name].cat.codes.to_numpy() for name in keys[:-1]]
    sizes = [len(frame[name].cat.categories) + 1 for name in keys[:-1]]
    if not (high - low + 2) * np.prod(sizes, dtype=float) < _LARGEST_KEY:
        return None
    numbers = np.zeros(len(frame), dtype=np.int64)
    for start in range(0, len(frame), _BLOCK):
        rows = slice(start, start + _BLOCK)
        some, part = sample[rows], numbers[rows]
        known = ~np.isnan(some)
        if (some[known] != np.floor(some[known])).any():
            return None
        for column, size in zip(codes, sizes, strict=True):
            part *= size
            part += column[rows]
            part += 1
        part *= int(high - low) + 2
        part[known] += (some[known] - low).astype(np.int64) + 1
    return numbers


def _cluster_errors(frame: "pd.DataFrame", question: NDArray[Any]) -> Iterator[str]:
    cluster = frame["cluster"].cat.codes.to_numpy()
    if (lacking := cluster < 0).any():
        yield f"cluster must name one in every row, got nothing {_rows(lacking)}"
        return
    # The last place takes those without a question.
    first = np.zeros(len(frame["question"].cat.categories) + 1, dtype=cluster.dtype)
    first[question[::-1]] = cluster[::-1]
    another = (first[question] != cluster) & (question >= 0)
    if another.any():
        several = np.isin(question, np.unique(question[another]))
        yield (
            "all attempts at a question must have one cluster, got several for question "
            f"{shown(frame['question'][several].iloc[0])} {_rows(several)}"
        )


def _rows(which: BoolArray) -> str:
    found = Wrong()
    found.add(which)
    return str(found)
