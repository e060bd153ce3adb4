"""The lines of the table: how far predictions were off, how often intervals held, and what other ways come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.formatting.table import Table

COLUMNS = (
    "Data",
    "Predicted, from what",
    "Cases",
    "Error: median",
    "p95",
    "mean",
    "mean, signed",
    "95 % interval holds",
    "Other ways",
    "Bar",
)

NOTHING = "-"


@dataclass(frozen=True)
class Bar:
    """What a line is to reach.

    Attributes:
        of: `mean`, `median` or `holds`.
        least: for `holds`, the least share in percent; None without one.
        most: the largest value, in the unit of the line.
    """

    of: str
    most: float | None = None
    least: float | None = None

    def met(self, value: float) -> bool:
        """Whether the value is inside, at full precision."""
        above = self.least is None or value >= self.least
        return bool(above and (self.most is None or value <= self.most))


@dataclass(frozen=True, eq=False)
class Line:
    """One line.

    Attributes:
        part: which part of the page it belongs to.
        data: the data set.
        what: what was predicted, from what.
        cases: predictions that were checked.
        errors: absolute errors, in the unit; None where only intervals are checked.
        unit: of the errors: `points` of accuracy or `%` of what was found.
        holds: shares of the intervals that hold what was found, in percent, one for each size of evaluation.
        others: of other ways by name the mean error; or where no errors are, the shares that hold.
        bias: mean of predicted less found, in the unit; None where it is not of interest.
        se: standard error of the mean error; None where it is not known.
        bar: what is to be reached; None for none.
        refused: how many predictions the product refused to make.
    """

    part: str
    data: str
    what: str
    cases: int
    errors: Any = None
    unit: str = "points"
    holds: tuple[float, ...] = ()
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    bias: float | None = None
    se: float | None = None
    bar: Bar | None = None
    refused: int = 0

    def error(self, name: str) -> float:
        """`median`, `p95` or `mean` of the errors; NaN where there are none."""
        if self.errors is None or not len(self.errors):
            return np.nan
        values = np.asarray(self.errors, dtype=float)
        return float({"median": np.median, "mean": np.mean, "p95": lambda x: np.quantile(x, 0.95)}[name](values))

    @property
    def met(self) -> bool | None:
        """Whether the bar is met, at all sizes; None without one."""
        if self.bar is None:
            return None
        return all(map(self.bar.met, self.holds if self.bar.of == "holds" else (self.error(self.bar.of),)))

    def row(self) -> tuple[str, ...]:
        """As cells of the table."""
        errors = [shown((self.error(name),), self.unit) for name in ("median", "p95")]
        errors.append(shown((self.error("mean"),), self.unit, self.se))
        errors.append(NOTHING if self.bias is None else f"{self.bias:+.1f} {self.unit}")
        unit = "%" if self.errors is None else self.unit
        others = "; ".join(f"{name}: {shown(values, unit)}" for name, values in self.others.items())
        holds = shown(self.holds, "%")
        return (self.data, self.what, self._cases(), *errors, holds, others or NOTHING, self._bar())

    def missed(self) -> str:
        """The value that misses the bar, in words; empty where none does."""
        if self.bar is None or self.met:
            return ""
        what = {"holds": "share that holds"}.get(self.bar.of, f"{self.bar.of} error")
        values, unit = (self.holds, "%") if self.bar.of == "holds" else ((self.error(self.bar.of),), self.unit)
        return f"The {what} is {shown(values, unit)}; the bar: {self._limit()}."

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON; None where something is not known."""
        errors = {name: self.error(name) for name in ("median", "p95", "mean")}
        return {
            "part": self.part,
            "data": self.data,
            "what": self.what,
            "cases": self.cases,
            "unit": self.unit,
            **{name: _known(value) for name, value in errors.items()},
            "se": None if self.se is None else _known(self.se),
            "holds": list(self.holds),
            "others": {name: [_known(value) for value in values] for name, values in self.others.items()},
            "met": self.met,
            "bias": None if self.bias is None else _known(self.bias),
            "refused": self.refused,
        }

    def _cases(self) -> str:
        return f"{self.cases:,}" + (f" ({self.refused} refused)" if self.refused else "")

    def _bar(self) -> str:
        return NOTHING if self.bar is None else f"{self._limit()}: {'met' if self.met else 'missed'}"

    def _limit(self) -> str:
        if self.bar is None:
            return ""
        unit = "%" if self.bar.of == "holds" else self.unit
        most, least = (None if end is None else f"{end:g}" for end in (self.bar.most, self.bar.least))
        limit = f"at most {most}" if least is None else f"at least {least}" if most is None else f"{least} to {most}"
        return f"{self.bar.of} {limit} {unit}"


def mean(values: ArrayLike) -> float:
    """The mean; NaN of nothing."""
    given = np.asarray(values, dtype=float)
    return float(given.mean()) if given.size else np.nan


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def shown(values: tuple[float, ...], unit: str, se: float | None = None) -> str:
    """Numbers with their unit, in three digits at most; `-` where there are none."""
    if not values or np.isnan(values).all():
        return NOTHING
    parts = [_digits(value) for value in values]
    return f"{', '.join(parts)}{'' if se is None else f' ± {_digits(se)}'} {unit}"


def _digits(value: float) -> str:
    return f"{value:.{2 if abs(value) < 1 else 1}f}"


def table(title: str, lines: list[Line], notes: tuple[str, ...] = ()) -> Table:
    """The lines as a table."""
    return Table(title, COLUMNS, tuple(line.row() for line in lines), notes)


def points(predicted: ArrayLike, found: ArrayLike) -> Any:
    """Absolute differences of shares, in points."""
    return 100 * np.abs(np.asarray(predicted) - np.asarray(found))


def percent(predicted: ArrayLike, found: ArrayLike) -> Any:
    """Absolute differences as shares of what was found, in percent."""
    return 100 * np.abs(np.asarray(predicted) / np.asarray(found) - 1)
