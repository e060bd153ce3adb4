"""What a rule chose in a cell, as every view shows it: tables, figures, the report and the page read this."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moo_inference.formatting.amounts import amount, interval_text, percentile, seconds, usd
from moo_inference.pareto.budgets import Tail, tails
from moo_inference.studies.frames import keep_of, unsure
from moo_inference.views.markers import Marker, markers

if TYPE_CHECKING:
    from moo_inference.estimators import ScalingCurve
    from moo_inference.studies.cells import Cell
    from moo_inference.studies.study import Study


TAIL_INTERVALS = "Behind a quantile: its 95 % interval over the measured passes or questions"


@dataclass(frozen=True)
class Mark:
    """One choice of a model or a pipeline, ready to be shown.

    Attributes:
        rule: id of the rule, or what it is to be called.
        marker: the marker of the rule.
        status: `ok`, `no-knee`, `infeasible` or `refused`.
        k: the chosen number of passes, or None; so are the next four where nothing was chosen. None also where stages
            have one each.
        cost: USD per query.
        time: seconds per query.
        accuracy: mean accuracy of the selected answer.
        attainment: share of queries that meet all budgets; NaN where the estimator does not compute it.
        warnings: caveats.
        reason: why this k, or why none.
        used: further resources, by unit and amount per query.
        keep: what selects the best of k passes, see `Model.keep`; by stage where they differ.
        interval: 95 % interval of the accuracy over questions, NaN where it is not known; None where the accuracy does
            not come from an evaluation, or nothing was chosen.
        tails: the quantiles that budgets are for.
        looked_at: cost, time, further resources and accuracy as the budgets look at them: means, or quantiles.
        stages: the model and k of each stage of a pipeline, by its name; empty of a model, or where nothing was chosen.
        passes: how many passes run on average where they may stop before k; else None.
    """

    rule: str
    marker: Marker
    status: str
    k: int | None
    cost: float | None
    time: float | None
    accuracy: float | None
    attainment: float | None
    warnings: tuple[str, ...]
    reason: str
    used: tuple[tuple[str, float], ...] = ()
    keep: str = "oracle"
    interval: tuple[float, float] | None = None
    tails: tuple[Tail, ...] = ()
    looked_at: tuple[float, ...] = ()
    stages: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    passes: float | None = None

    @property
    def spent(self) -> str:
        """Cost, time, what else is used, and the quantiles that budgets are for; empty where nothing was chosen."""
        if self.cost is None or self.time is None:
            return ""
        used = (amount(unit, value) for unit, value in self.used)
        return ", ".join([usd(self.cost), seconds(self.time), *used, *map(tail_text, self.tails)])

    @property
    def values(self) -> tuple[float, ...]:
        """Cost, time, further resources and accuracy, as in the means of a curve; empty where nothing was chosen."""
        if self.cost is None or self.time is None or self.accuracy is None:
            return ()
        return (self.cost, self.time, *(value for _, value in self.used), self.accuracy)

    @property
    def short(self) -> str:
        """The chosen k, or the status."""
        return self.status.replace("-", " ") if self.k is None else f"k = {self.k}"

    @property
    def label(self) -> str:
        """The rule with its k, or with why there is none; alone where stages have one each."""
        return self.rule if self.stages else f"{self.rule}, {self.short}"

    @property
    def amounts(self) -> str:
        """Accuracy and its interval, cost, time and what else is used, or the status."""
        if self.accuracy is None:
            return self.short
        known = "" if self.interval is None else f" ({interval_text(*self.interval)})"
        return f"accuracy {self.accuracy:.4f}{known}, {self.spent}"


def tail_text(tail: Tail, *, named: bool = True) -> str:
    """A quantile as tables show it: p95 59.8 s (51.2 s to 70.3 s); of accuracy with its name, if it is `named`."""
    words = "accuracy " if named and tail.quantity == "accuracy" else ""
    return f"{percentile(tail.quantile)} {words}{amount(tail.quantity, tail.value)}{_interval(tail)}"


def _interval(tail: Tail) -> str:
    """The interval of a quantile where it comes from a sample."""
    if tail.interval is None:
        return ""
    low, high = (None if math.isnan(end) else amount(tail.quantity, end) for end in tail.interval)
    if low is None:
        return " (interval unknown)"
    return f" (at least {low})" if high is None else f" ({low} to {high})"


def marks(study: "Study", cell: "Cell", labels: Mapping[str, str] | None = None) -> tuple[Mark, ...]:
    """The choices of one cell of a study, in the order of its rules.

    Args:
        study: the study.
        cell: one of its cells.
        labels: what to call a rule instead of its id.
    """
    scenario = study.catalog.scenarios[cell.scenario]
    names = {choice.rule: (labels or {}).get(choice.rule, choice.rule) for choice in cell.choices}
    symbols = markers(names.values())
    estimates = cell.front.estimates
    result = []
    for choice in cell.choices:
        row = choice.row
        cost = time = accuracy = attainment = None
        used: tuple[tuple[str, float], ...] = ()
        known: tuple[float, float] | None = None
        quantiles: tuple[Tail, ...] = ()
        looked_at: tuple[float, ...] = ()
        keep = study.catalog.models[cell.model].keep if cell.model else ""
        passes = None
        if row is not None:
            cost, time, *others, accuracy = map(float, estimates.values[row])
            used = tuple(zip(estimates.resources, others, strict=True))
            attainment = float(cell.front.attainment[row])
            looked_at = tuple(estimates.measured(scenario)[row].tolist())
            if estimates.curve is None:
                keep = keep_of(study.catalog, cell.front, row)
            else:
                known = interval_of(estimates.curve, row)
                quantiles = tails(estimates.curve, scenario, row)
                stops = cell.model and study.catalog.models[cell.model].stop is not None
                passes = float(estimates.curve.mean_passes[row]) if stops else None
        result.append(
            Mark(
                names[choice.rule],
                symbols[names[choice.rule]],
                choice.status,
                choice.k,
                cost,
                time,
                accuracy,
                attainment,
                (*choice.warnings, *unsure(study.assessments, (cell.scenario, cell.model, choice.rule))),
                choice.reason,
                used,
                keep,
                known,
                quantiles,
                looked_at,
                choice.stages,
                passes,
            )
        )
    return tuple(result)


def interval_of(curve: "ScalingCurve", row: int) -> tuple[float, float] | None:
    """The 95 % interval of the accuracy of a row over questions; None where it does not come from an evaluation."""
    if curve.evidence is None:
        return None
    return float(curve.evidence.ci_low[row]), float(curve.evidence.ci_high[row])
