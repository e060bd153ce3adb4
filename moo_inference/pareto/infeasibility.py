"""Why no k meets all budgets: which budgets bind, what there is, and what would be needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR

import numpy as np

from moo_inference.catalog import TOLERANCE, Limit
from moo_inference.estimators.curve import QUANTITIES, FloatArray, IntArray
from moo_inference.formatting.amounts import apart, in_unit, threshold


@dataclass(frozen=True)
class Shortfall:
    """One budget that keeps every k out.

    Attributes:
        budget: `c_max`, `t_max`, `a_min`, or that of a further resource, as `joules_max`; or a constraint of the
            problem's own, as `constraint 4`, which is met up to 0.
        quantity: `cost`, `time`, `accuracy`, or the unit of the resource; or the constraint.
        limit: the budget, in USD, seconds, the unit of the resource, or as an accuracy.
        has: what the k that comes closest to meeting all budgets has.
        needs: what this budget would have to be for `needs_k` to meet it; None where nothing helps.
        needs_k: where the others can be held, the k that asks least of this budget; else the cheapest k that is
            accurate enough.
        needs_model: the model of `needs_k` where there are several.
        quantile: the quantile that the budget is for, or None for the mean.
        alone: the change of this budget is enough, the others held.
        of_sample: not the whole grid was looked at, and what was not may need less.
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
    of_sample: bool = False

    @property
    def broken(self) -> bool:
        """Whether the closest k breaks this budget; otherwise it only keeps better ones out."""
        if self.budget == "a_min":
            return self.limit - self.has > TOLERANCE
        return self.has - self.limit > TOLERANCE * self.limit

    def __str__(self) -> str:
        # The name of a resource is its unit, which stands in the amount.
        word = f"{self.quantity} " if self.quantity in QUANTITIES else ""
        bound, change = ("at least", "lowering") if self.budget == "a_min" else ("at most", "raising")
        if self.quantile is not None:
            word = f"{self.quantile:.4g}-quantile {'of ' if word else ''}{word}"
        if self.budget == self.quantity:
            return f"{self.quantity} is {self.has:.6g}, must be at most 0"
        has, limit = apart(self.quantity, self.has, self.limit)
        text = f"{word}{has}, must be {bound} {limit}"
        if self.needs is None:
            return text
        if not self.broken:
            # What the closest k has of this is no reproach to it.
            kept_out = "the k that meet the others" if self.alone else "the accurate enough k"
            text = f"{word}{bound} {limit} keeps {kept_out} out"
        amount, point = in_unit(self.quantity, self._generous(self.needs)), _named(self.needs_model, self.needs_k)
        if self.alone:
            return f"{text} ({change} {self.budget} to {amount} would allow {point}{self._of_sample})"
        return f"{text} ({point} would need {amount}{self._of_sample})"

    @property
    def _of_sample(self) -> str:
        return ", of those looked at" if self.of_sample else ""

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
    """Why no k meets all budgets; or none of those that were looked at.

    Attributes:
        k: the k that comes closest: the least sum of constraint violations, the cheaper one where two tie; None where
            no k has a finite estimate.
        model: its model where there are several.
        shortfalls: every binding budget: those that this k breaks, and those that keep better ones out.
        looked_at: how many points of the grid were looked at, where a search did not see all; else None.
        grid_size: how many points the grid has then.
        choices: they are choices of a pipeline, and not numbers of passes.
    """

    k: int | None
    model: str | None
    shortfalls: tuple[Shortfall, ...]
    looked_at: int | None = None
    grid_size: int | None = None
    choices: bool = False

    @property
    def headline(self) -> str:
        """What is infeasible, without why: of the whole grid only where the whole grid was looked at."""
        one, many = ("choice", "choices") if self.choices else ("k", "points")
        who = f"no {one}"
        if self.looked_at is not None:
            who = f"none of the {self.looked_at:,} of {self.grid_size:,} {many} looked at"
        if self.k is None:
            return f"{who} has a finite estimate"
        own = any(shortfall.budget == shortfall.quantity for shortfall in self.shortfalls)
        return f"{who} meets all budgets{' and constraints' if own or not self.shortfalls else ''}"

    def __str__(self) -> str:
        if self.k is None:
            return self.headline
        closest = f"closest {'' if self.looked_at is None else 'of these '}is {_named(self.model, self.k)}"
        why = "; ".join(map(str, self.shortfalls)) or "an equality constraint is not met"
        return f"{self.headline}; {closest}: {why}"


def explain(
    k: IntArray,
    names: Sequence[str],
    values: FloatArray,
    G: FloatArray,
    limits: Sequence[Limit],
    *,
    seen: tuple[int, int] | None = None,
    choices: bool = False,
) -> Infeasibility:
    """Explain why every row breaks a budget.

    Args:
        k: (n,) numbers of passes.
        names: the model of each row where there are several, else empty.
        values: (n, m) what the budgets look at.
        G: (n, m) constraints.
        limits: the m budgets; one whose quantity is its own name is a constraint of a problem's own.
        seen: how many points were looked at, and of how many; None where it was the whole grid.
        choices: the rows are choices of a pipeline.
    """
    sample = seen is not None and seen[0] < seen[1]
    looked_at, grid_size = seen if seen is not None and sample else (None, None)
    if not len(k):
        return Infeasibility(None, None, (), looked_at, grid_size, choices)
    met = G <= 0
    cost = values[:, 0] if len(limits) else np.zeros(len(k))
    closest = int(np.lexsort((cost, np.maximum(G, 0).sum(axis=1)))[0])
    enough = [column for column, limit in enumerate(limits) if limit.quantity in ("accuracy", limit.budget)]
    accurate = np.flatnonzero(met[:, enough].all(axis=1))
    cheapest_accurate = accurate[np.argmin(cost[accurate])] if accurate.size else None
    shortfalls = []
    for column, limit in enumerate(limits):
        others_met = np.flatnonzero(np.delete(met, column, axis=1).all(axis=1))
        alone = bool(others_met.size)
        way_out = others_met[np.argmin(G[others_met, column])] if alone else cheapest_accurate
        if way_out is not None and (met[way_out, column] or limit.quantity == limit.budget):
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
                sample,
            )
        )
    name = names[closest] if names else None
    return Infeasibility(int(k[closest]), name, tuple(shortfalls), looked_at, grid_size, choices)


def beyond_reach(values: FloatArray, G: FloatArray, limits: Sequence[Limit]) -> str:
    """Which budgets no choice can meet, from the best of each quantity alone.

    Args:
        values: (m,) the least, and of the accuracy the most, that any choice has.
        G: (m,) their constraints.
        limits: the m budgets.
    """
    broken = []
    for limit, value, excess in zip(limits, values.tolist(), G.tolist(), strict=True):
        if excess > 0:
            accuracy = limit.budget == "a_min"
            best, bound = ("at most", "at least") if accuracy else ("at least", "at most")
            rounding = ROUND_CEILING if accuracy else ROUND_FLOOR
            has, must = apart(limit.quantity, value, limit.value or 0.0, rounding=rounding)
            broken.append(f"{limit.quantity} is {best} {has}, must be {bound} {must}")
    return "no choice meets all budgets" + (
        f": {'; '.join(broken)}" if broken else ", though each of them alone can be met: relax one of them"
    )


def _named(model: str | None, k: int | None) -> str:
    return f"k = {k}" if model is None else f"{model} with k = {k}"
