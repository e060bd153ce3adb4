"""What a rule chose in a cell, as every view shows it: tables, figures, the report and the page read this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moo_inference.studies.choices import unsure
from moo_inference.texts.amounts import amount, seconds, usd
from moo_inference.texts.markers import Marker, markers

if TYPE_CHECKING:
    from moo_inference.studies.study import Cell, Study


@dataclass(frozen=True)
class Mark:
    """One choice, ready to be shown.

    Attributes:
        rule: id of the rule, or what it is to be called.
        marker: the sign of the rule.
        status: `ok`, `no-knee` or `infeasible`.
        k: the chosen number of passes, or None; so are the next four where nothing was chosen.
        cost: USD a query.
        time: seconds a query.
        accuracy: mean accuracy of the kept answer.
        attainment: share of queries that meet all budgets; NaN where the estimator did not tell.
        warnings: what has to be known before betting on it.
        reason: why this k, or why none.
        used: further resources, by unit and amount a query.
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

    @property
    def spent(self) -> str:
        """Cost, time and what else is used; empty where nothing was chosen."""
        if self.cost is None or self.time is None:
            return ""
        return ", ".join([usd(self.cost), seconds(self.time), *(amount(unit, value) for unit, value in self.used)])

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
        """The rule with its k, or with why there is none."""
        return f"{self.rule}, {self.short}"

    @property
    def amounts(self) -> str:
        """Accuracy, cost, time and what else is used, or the status."""
        return self.short if self.accuracy is None else f"accuracy {self.accuracy:.4f}, {self.spent}"


def marks(study: "Study", cell: "Cell", labels: Mapping[str, str] | None = None) -> tuple[Mark, ...]:
    """The choices of one cell of a study, in the order of its rules.

    Args:
        study: the study.
        cell: one of its cells.
        labels: what to call a rule instead of its id.
    """
    names = {choice.rule: (labels or {}).get(choice.rule, choice.rule) for choice in cell.choices}
    signs = markers(names.values())
    found = []
    for choice in cell.choices:
        cost = time = accuracy = attainment = None
        used: tuple[tuple[str, float], ...] = ()
        if choice.row is not None:
            cost, time, *others, accuracy = map(float, cell.front.curve.means[choice.row])
            used = tuple(zip(cell.front.curve.resources, others, strict=True))
            attainment = float(cell.front.attainment[choice.row])
        found.append(
            Mark(
                names[choice.rule],
                signs[names[choice.rule]],
                choice.status,
                choice.k,
                cost,
                time,
                accuracy,
                attainment,
                (*choice.warnings, *unsure(study, cell.scenario, cell.model, choice.rule)),
                choice.reason,
                used,
            )
        )
    return tuple(found)
