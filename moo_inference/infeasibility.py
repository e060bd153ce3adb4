"""Why no k meets all budgets: which budgets bind, what there is, and what would be needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import TOLERANCE, Scenario
from moo_inference.estimators.curve import QUANTITIES, FloatArray, IntArray
from moo_inference.texts.amounts import apart, in_unit, threshold


@dataclass(frozen=True)
class Shortfall:
    """One budget that keeps every k out.

    Attributes:
        budget: `c_max`, `t_max`, `a_min`, or that of a further resource, as `joules_max`.
        quantity: `cost`, `time`, `accuracy`, or the unit of the resource.
        limit: the budget, in USD, seconds, the unit of the resource, or as an accuracy.
        has: what the k that comes closest to meeting all budgets has.
        needs: what this budget would have to be for `needs_k` to meet it; None where nothing helps.
        needs_k: where the others can be held, the k that asks least of this budget; else the cheapest k that is
            accurate enough.
        needs_model: the model of `needs_k` where there are several.
        quantile: the quantile that the budget is for, or None for the mean.
        alone: the change of this budget is enough, the others held.
    """

    budget: str
    quantity: str
    limit: float
    has: float
    needs: float | None
    needs_k: int | None
    needs_model: str | None
    alone: bool
    quantile: float | None = None

    @property
    def broken(self) -> bool:
        """Whether the closest k breaks this budget; otherwise it only keeps better ones out."""
        return self.has < self.limit if self.budget == "a_min" else self.has > self.limit

    def __str__(self) -> str:
        # The name of a resource is its unit, which stands in the amount.
        word = f"{self.quantity} " if self.quantity in QUANTITIES else ""
        bound, change = ("at least", "lowering") if self.budget == "a_min" else ("at most", "raising")
        if self.quantile is not None:
            word = f"{self.quantile:.4g}-quantile {'of ' if word else ''}{word}"
        has, limit = apart(self.quantity, self.has, self.limit)
        text = f"{word}{has}, must be {bound} {limit}"
        if self.needs is None:
            return text
        amount, point = in_unit(self.quantity, self._generous(self.needs)), _named(self.needs_model, self.needs_k)
        if self.alone:
            return f"{text} ({change} {self.budget} to {amount} would allow {point})"
        return f"{text} ({point} would need {amount})"

    def _generous(self, needs: float) -> str:
        # What budgets tolerate anyhow is not worth a digit; a tenth of it is left for rounding.
        slack = TOLERANCE / 10
        if self.budget == "a_min" and needs <= slack:
            return "0"
        if self.budget == "a_min":
            return threshold(needs, lambda limit: limit <= needs + slack, up=False)
        return threshold(needs, lambda limit: needs <= limit * (1 + slack), up=True)


@dataclass(frozen=True)
class Infeasibility:
    """Why no k meets all budgets.

    Attributes:
        k: the k that comes closest: the least sum of constraint violations, the cheaper one where two tie; None where
            no k has a finite estimate.
        model: its model where there are several.
        shortfalls: every binding budget: those that this k breaks, and those that keep better ones out.
    """

    k: int | None
    model: str | None
    shortfalls: tuple[Shortfall, ...]

    def __str__(self) -> str:
        if self.k is None:
            return "no k has a finite estimate"
        closest = _named(self.model, self.k)
        return f"no k meets all budgets; closest is {closest}: " + "; ".join(map(str, self.shortfalls))


def explain(
    k: IntArray,
    names: Sequence[str],
    values: FloatArray,
    G: FloatArray,
    scenario: Scenario,
    resources: Sequence[str] | None = None,
) -> Infeasibility:
    """Explain why every row breaks a budget.

    Args:
        k: (n,) numbers of passes.
        names: the model of each row where there are several, else empty.
        values: (n, m) what the budgets look at.
        G: (n, m) constraints, of which each row has a positive one.
        scenario: the budgets.
        resources: units of the further resources in `values`; None means those that have a budget.
    """
    if not len(k):
        return Infeasibility(None, None, ())
    met = G <= 0
    closest = int(np.lexsort((values[:, 0], np.maximum(G, 0).sum(axis=1)))[0])
    accurate = np.flatnonzero(met[:, -1])
    cheapest_accurate = accurate[np.argmin(values[accurate, 0])] if accurate.size else None
    shortfalls = []
    for column, limit in enumerate(scenario.limits(resources)):
        others_met = np.flatnonzero(np.delete(met, column, axis=1).all(axis=1))
        alone = bool(others_met.size)
        way_out = others_met[np.argmin(G[others_met, column])] if alone else cheapest_accurate
        if way_out is not None and met[way_out, column]:
            way_out = None
        if met[closest, column] and way_out is None:
            continue
        shortfalls.append(
            Shortfall(
                limit.budget,
                limit.quantity,
                float(limit.value or 0.0),
                float(values[closest, column]),
                None if way_out is None else float(values[way_out, column]),
                None if way_out is None else int(k[way_out]),
                names[way_out] if names and way_out is not None else None,
                alone,
                limit.quantile,
            )
        )
    return Infeasibility(int(k[closest]), names[closest] if names else None, tuple(shortfalls))


def _named(model: str | None, k: int | None) -> str:
    return f"k = {k}" if model is None else f"{model} with k = {k}"
