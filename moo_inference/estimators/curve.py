"""The scaling curve: cost, time and accuracy of k passes, for many k, as arrays."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Scenario

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
RowIndex = IntArray | NDArray[np.bool_] | np.bool_ | slice
"""Which rows of arrays to take; numpy's stubs give the flag alone as well where rows are reduced."""

OBJECTIVES = ("cost", "time", "error")
"""The columns of every F, all minimised: cost in USD per query, time in seconds per query, error = 1 - accuracy.

Further resources stand before the error, see `objectives_of`."""

QUANTITIES = ("cost", "time", "accuracy")

MEAN, STD, LOW, HIGH, SE = range(5)
"""Places of the statistics along the last axis of `ScalingCurve.quantities`; see `Quantity`."""

SPREAD = (0.025, 0.975)
"""The quantiles of one query behind LOW and HIGH."""

_SUFFIXES = ("", "_std", "_low", "_high", "_se")

COLUMNS = tuple(f"{quantity}{suffix}" for quantity in QUANTITIES for suffix in _SUFFIXES)
"""The fifteen columns that describe a k in every CSV file. Further resources stand behind them, see `columns_of`."""

_ROUNDING = 1e-12

INTERVAL = ("accuracy_ci_low", "accuracy_ci_high")
"""Two more columns where an accuracy comes from an evaluation: the interval of its mean over questions."""


def objectives_of(resources: Sequence[str]) -> tuple[str, ...]:
    """The columns of F where models use further resources: cost, time, each resource in its unit, error."""
    return (*OBJECTIVES[:2], *resources, OBJECTIVES[2])


def columns_of(resources: Sequence[str]) -> tuple[str, ...]:
    """The columns that describe a k: the fifteen, and five for each further resource."""
    return (*COLUMNS, *(f"{unit}{suffix}" for unit in resources for suffix in _SUFFIXES))


@dataclass(frozen=True)
class Quantity:
    """One quantity of k passes, for n values of k; each field is an (n,) array in the quantity's unit.

    Attributes:
        mean: expectation over queries.
        std: standard deviation of one query (ddof = 0).
        low: 2.5th percentile of one query.
        high: 97.5th percentile of one query.
        se: standard error of `mean`: 0 where it is exact, NaN for one trial.
    """

    mean: FloatArray
    std: FloatArray
    low: FloatArray
    high: FloatArray
    se: FloatArray


@dataclass(frozen=True)
class TailEvidence:
    """How well the quantiles are known that budgets are for, where they come from measured passes or from attempts.

    Each field is (n, m), in the order of `BudgetView.values`; NaN where a budget is for the mean or for accuracy.

    Attributes:
        ci_low: lower end of the 95 % interval of the quantile; NaN where too few observations say nothing of it.
        ci_high: upper end.
        needed: how many measured passes, or questions, the quantile needs for an interval.
    """

    ci_low: FloatArray
    ci_high: FloatArray
    needed: FloatArray

    def take(self, rows: RowIndex) -> "TailEvidence":
        """The evidence at some rows only, in that order."""
        return TailEvidence(self.ci_low[rows], self.ci_high[rows], self.needed[rows])

    @classmethod
    def none(cls, n: int, m: int) -> "TailEvidence":
        """No evidence for n values of k."""
        return cls(*np.full((3, n, m), np.nan))

    @classmethod
    def joined(cls, views: Sequence["BudgetView"]) -> "TailEvidence | None":
        """That of several views, one after the other; None where none has any."""
        if all(view.tails is None for view in views):
            return None
        parts = [view.tails or cls.none(*view.values.shape) for view in views]
        return cls(
            np.concatenate([part.ci_low for part in parts]),
            np.concatenate([part.ci_high for part in parts]),
            np.concatenate([part.needed for part in parts]),
        )


@dataclass(frozen=True)
class BudgetView:
    """What one scenario's budgets look at, for n values of k.

    Attributes:
        values: (n, m) cost in USD, time in seconds, further resources, and accuracy as the last: means, or quantiles
            where the scenario asks for them.
        attainment: (n,) share of queries that meet all budgets at once.
        tails: how well the quantiles are known; None where they rest on no sample, or no budget is for one.
    """

    values: FloatArray
    attainment: FloatArray
    tails: TailEvidence | None = None

    @classmethod
    def joined(cls, views: Sequence["BudgetView"]) -> "BudgetView":
        """Several views, one after the other."""
        return cls(
            np.concatenate([view.values for view in views]),
            np.concatenate([view.attainment for view in views]),
            TailEvidence.joined(views),
        )

    def take(self, rows: RowIndex) -> "BudgetView":
        """Some rows only, in that order."""
        tails = None if self.tails is None else self.tails.take(rows)
        return BudgetView(self.values[rows], self.attainment[rows], tails)


@dataclass(frozen=True)
class Evidence:
    """How well the accuracy of n values of k is known, where it comes from an evaluation.

    Attributes:
        ci_low: (n,) lower end of the 95 % interval of the mean accuracy, over questions; NaN where it is unknown.
        ci_high: (n,) upper end.
        extrapolated: (n,) whether k exceeds the samples, so that only a fitted distribution gives it.
        last: (n,) whether the samples allow no larger k, and there is no distribution.
    """

    ci_low: FloatArray
    ci_high: FloatArray
    extrapolated: NDArray[np.bool_]
    last: NDArray[np.bool_]

    def take(self, rows: RowIndex) -> "Evidence":
        """The evidence at some rows only, in that order."""
        return Evidence(self.ci_low[rows], self.ci_high[rows], self.extrapolated[rows], self.last[rows])

    @classmethod
    def none(cls, n: int) -> "Evidence":
        """No evidence for n values of k."""
        return cls(np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool))


@dataclass(frozen=True)
class ScalingCurve:
    """What to expect of k passes of one model, for n values of k.

    Attributes:
        k: (n,) integers, numbers of passes, in the order given.
        quantities: (n, m, 5) array: for each k the mean, standard deviation, both percentiles and standard error (see
            `Quantity`) of cost in USD, time in seconds, each further resource in its unit, and accuracy in [0, 1] as
            the last, per query.
        error: (n,) expectation of 1 - accuracy, kept apart since it keeps its digits where accuracy nears 1.
        views: what each scenario's budgets look at, and the share of queries that meets them.
        evidence: how well the accuracy is known, or None where it does not come from an evaluation.
        resources: units of what a query uses besides money and time, by name.
        passes: (n, most) share of the queries that run 1, 2, ..., `most` passes; None where all run k.
    """

    k: IntArray
    quantities: FloatArray
    error: FloatArray
    views: Mapping[Scenario, BudgetView] = field(default_factory=dict)
    evidence: Evidence | None = None
    resources: tuple[str, ...] = ()
    passes: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.quantities.ndim == 2:
            warnings.warn(
                "a ScalingCurve takes (n, m, 5) quantities now; ScalingCurve.from_table takes a flat table",
                DeprecationWarning,
                stacklevel=3,
            )
            object.__setattr__(self, "quantities", _of_table(self.quantities))

    def __len__(self) -> int:
        return len(self.k)

    @property
    def cost(self) -> Quantity:
        """USD per query."""
        return self._quantity(0)

    @property
    def time(self) -> Quantity:
        """Seconds per query."""
        return self._quantity(1)

    @property
    def accuracy(self) -> Quantity:
        """Accuracy of the kept answer, in [0, 1]."""
        return self._quantity(-1)

    def resource(self, unit: str) -> Quantity:
        """One of the further resources, in its unit per query."""
        return self._quantity(2 + self.resources.index(unit))

    def _quantity(self, place: int) -> Quantity:
        return Quantity(*self.quantities[:, place].T)

    @property
    def mean_passes(self) -> FloatArray:
        """(n,) how many passes a query runs on average."""
        return self.k.astype(float) if self.passes is None else self.passes @ np.arange(1, self.passes.shape[1] + 1)

    def passes_within(self, q: float) -> IntArray:
        """(n,) the least number of passes that at least this share, in (0, 1], of the queries does not exceed."""
        if self.passes is None:
            return self.k
        reached = np.cumsum(self.passes, axis=1) >= q * (1 - _ROUNDING)
        return np.asarray(np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, self.k))

    @property
    def objectives(self) -> tuple[str, ...]:
        """The columns of F."""
        return objectives_of(self.resources)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `table`."""
        return columns_of(self.resources)

    @property
    def table(self) -> FloatArray:
        """(n, 5 m) array of `columns`, as CSV files and checkpoints hold them: accuracy before further resources."""
        cost, time, *others, accuracy = np.moveaxis(self.quantities, 1, 0)
        return np.column_stack([cost, time, accuracy, *others])

    @classmethod
    def from_table(
        cls,
        k: IntArray,
        table: FloatArray,
        error: FloatArray,
        *,
        views: Mapping[Scenario, BudgetView] | None = None,
        evidence: Evidence | None = None,
        resources: tuple[str, ...] = (),
    ) -> "ScalingCurve":
        """The curve whose `table` this is.

        Args:
            k: (n,) numbers of passes.
            table: (n, 5 m) array of `columns_of(resources)`.
            error: (n,) expectation of 1 - accuracy.
            views: see ScalingCurve, as the others.
            evidence: how well the accuracy is known.
            resources: units of the further resources.
        """
        return cls(k, _of_table(table), error, views or {}, evidence, resources)

    @property
    def means(self) -> FloatArray:
        """(n, m) array of the means of cost, time, further resources, and accuracy as the last."""
        return self.quantities[:, :, MEAN].copy()

    @cached_property
    def F(self) -> FloatArray:  # noqa: N802
        """(n, m) array of the means of the objectives, all minimised; read-only."""
        F = self.means
        F[:, -1] = self.error
        F.setflags(write=False)
        return F

    @property
    def standard_errors(self) -> FloatArray:
        """(n, m) array: the standard errors of F."""
        return self.quantities[:, :, SE].copy()

    def to_frame(self) -> "pd.DataFrame":
        """A DataFrame of n rows: `k`, the columns of the table, and INTERVAL for an accuracy from an evaluation."""
        import pandas as pd  # noqa: PLC0415 (slow to load, and most callers do not need it)

        frame = pd.DataFrame(self.table, columns=list(self.columns))
        frame.insert(0, "k", self.k)
        if self.evidence is not None:
            frame[list(INTERVAL)] = np.column_stack([self.evidence.ci_low, self.evidence.ci_high])
        return frame

    @classmethod
    def joined(cls, curves: Sequence["ScalingCurve"]) -> "ScalingCurve":
        """The rows of several curves, one after the other."""
        return cls(
            np.concatenate([curve.k for curve in curves]),
            np.concatenate([curve.quantities for curve in curves]),
            np.concatenate([curve.error for curve in curves]),
            {scenario: BudgetView.joined([curve.views[scenario] for curve in curves]) for scenario in curves[0].views},
            joined_evidence(curves),
            curves[0].resources,
            _joined_passes(curves),
        )

    def take(self, rows: RowIndex) -> "ScalingCurve":
        """The curve at some rows only, in that order."""
        views = {key: view.take(rows) for key, view in self.views.items()}
        evidence = None if self.evidence is None else self.evidence.take(rows)
        passes = None if self.passes is None else self.passes[rows]
        return ScalingCurve(
            self.k[rows], self.quantities[rows], self.error[rows], views, evidence, self.resources, passes
        )


def _joined_passes(curves: Sequence[ScalingCurve]) -> FloatArray | None:
    """The passes that run of several curves, one after the other; None where no curve stops early."""
    if all(curve.passes is None for curve in curves):
        return None
    most = max(_most_passes(curve) for curve in curves)
    found = np.zeros((sum(map(len, curves)), most))
    start = 0
    for curve in curves:
        rows = np.arange(start, start + len(curve))
        if curve.passes is None:
            found[rows, curve.k - 1] = 1.0
        else:
            found[rows, : curve.passes.shape[1]] = curve.passes[:, :most]
        start += len(curve)
    return found


def _most_passes(curve: ScalingCurve) -> int:
    """The most passes that a query runs; more than the largest k where another setting runs before."""
    ran = [] if curve.passes is None else np.flatnonzero(curve.passes.any(axis=0)).tolist()
    return max([int(curve.k.max()), *(place + 1 for place in ran)])


def _of_table(table: FloatArray) -> FloatArray:
    """(n, m, 5) quantities, accuracy last, from the (n, 5 m) columns of CSV files, where it is the third."""
    cost, time, accuracy, *others = np.moveaxis(table.reshape(len(table), -1, len(_SUFFIXES)), 1, 0)
    return np.stack([cost, time, *others, accuracy], axis=1)


def joined_evidence(curves: Sequence[ScalingCurve]) -> Evidence | None:
    """The evidence of several curves, one after the other; None where none has any."""
    if all(curve.evidence is None for curve in curves):
        return None
    parts = [curve.evidence or Evidence.none(len(curve)) for curve in curves]
    return Evidence(
        np.concatenate([part.ci_low for part in parts]),
        np.concatenate([part.ci_high for part in parts]),
        np.concatenate([part.extrapolated for part in parts]),
        np.concatenate([part.last for part in parts]),
    )
