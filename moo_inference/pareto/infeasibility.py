"""Why no configuration meets all budgets: which budgets bind, what there is, and what would be needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR

import numpy as np

from moo_inference.catalog import TOLERANCE, Limit
from moo_inference.estimators.curve import QUANTITIES, FloatArray
from moo_inference.formatting.amounts import apart, in_unit, threshold
from moo_inference.pareto.configurations import Configuration, Configurations


@dataclass(frozen=True)
class Shortfall:
    """One budget that keeps every configuration out.

    Attributes:
        budget: `c_max`, `t_max`, `a_min`, or that of a further resource, as `joules_max`; or a constraint of the
            problem's own, as `constraint 4`, which is met up to 0.
        quantity: `cost`, `time`, `accuracy`, or the unit of the resource; or the constraint.
        limit: the budget, in USD, seconds, the unit of the resource, or as an accuracy.
        has: what the configuration that comes closest to meeting all budgets has.
        needs: what this budget would have to be for `way_out` to meet it; None where nothing helps.
        way_out: where the others can be held, the configuration that needs least of this budget; else the cheapest one
            that is accurate enough; None where nothing helps.
        alone: the change of this budget is enough, the others held.
        quantile: the quantile that the budget is for, or None for the mean.
        of_sample: not all of the grid was evaluated, and what was not may need less.
    """

    budget: str
    quantity: str
    limit: float
    has: float
    needs: float | None
    way_out: Configuration | None
    alone: bool
    quantile: float | None = None
    of_sample: bool = False

    @property
    def broken(self) -> bool:
        """Whether the closest configuration breaks this budget; otherwise it only keeps better ones out."""
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
            # The closest configuration meets this budget, so its own amount explains nothing.
            kept_out = "the k that meet the others" if self.alone else "the accurate enough k"
            text = f"{word}{bound} {limit} keeps {kept_out} out"
        amount, point = in_unit(self.quantity, self._generous(self.needs)), str(self.way_out)
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
class OutOfReach:
    """A budget that no configuration can meet.

    Attributes:
        limit: the budget.
        best: the least of its quantity, or the most accuracy, that any configuration has.
    """

    limit: Limit
    best: float

    def __str__(self) -> str:
        accuracy = self.limit.budget == "a_min"
        best, bound = ("at most", "at least") if accuracy else ("at least", "at most")
        rounding = ROUND_CEILING if accuracy else ROUND_FLOOR
        has, must = apart(self.limit.quantity, self.best, self.limit.value or 0.0, rounding=rounding)
        return f"{self.limit.quantity} is {best} {has}, must be {bound} {must}"


@dataclass(frozen=True)
class Infeasibility:
    """Why no configuration meets all budgets; or none of those that were looked at.

    Attributes:
        closest: the configuration that comes closest: the least sum of constraint violations, the cheaper one where two
            tie; None where none has a finite estimate, or too many would have to be looked at.
        shortfalls: every binding budget: those that `closest` breaks, and those that keep better ones out.
        looked_at: how many points of the grid were looked at, where a search did not see all; else None.
        grid_size: how many points the grid has then.
        staged: the configurations are of stages with names, and not numbers of passes of a model.
        out_of_reach: where there is no `closest`, the budgets that the best of each quantity alone does not meet.
        refused: why there is no answer at all, one sentence each: means of stages cannot give it.
    """

    closest: Configuration | None
    shortfalls: tuple[Shortfall, ...] = ()
    looked_at: int | None = None
    grid_size: int | None = None
    staged: bool = False
    out_of_reach: tuple[OutOfReach, ...] | None = None
    refused: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """What a choice from this front is called: `infeasible`, or `refused`."""
        return "refused" if self.refused else "infeasible"

    @property
    def k(self) -> int | None:
        """The k of `closest`; None where there is none, or stages have one each."""
        return None if self.closest is None else self.closest.k

    @property
    def model(self) -> str | None:
        """The model of `closest` where there are several."""
        return None if self.closest is None else self.closest.model

    @property
    def headline(self) -> str:
        """What is infeasible, without why: of the full grid only where all of it was evaluated."""
        if self.refused:
            return "not solved"
        one, many = ("choice", "choices") if self.staged else ("k", "points")
        subject = f"no {one}"
        if self.looked_at is not None:
            subject = f"none of the {self.looked_at:,} of {self.grid_size:,} {many} looked at"
        if self.out_of_reach is not None:
            alone = ", though each of them alone can be met: relax one of them"
            return f"{subject} meets all budgets{f': {self.out_of_reach[0]}' if self.out_of_reach else alone}"
        if self.closest is None:
            return f"{subject} has a finite estimate"
        own = any(shortfall.budget == shortfall.quantity for shortfall in self.shortfalls)
        return f"{subject} meets all budgets{' and constraints' if own or not self.shortfalls else ''}"

    def __str__(self) -> str:
        if self.refused:
            return "; ".join(self.refused)
        if self.closest is None:
            return "; ".join([self.headline, *map(str, (self.out_of_reach or ())[1:])])
        closest = f"closest {'' if self.looked_at is None else 'of these '}is {self.closest}"
        why = "; ".join(map(str, self.shortfalls)) or "an equality constraint is not met"
        return f"{self.headline}; {closest}: {why}"


def explain(
    configurations: Configurations,
    values: FloatArray,
    G: FloatArray,
    limits: Sequence[Limit],
    *,
    seen: tuple[int, int] | None = None,
) -> Infeasibility:
    """Explain why every row breaks a budget.

    Args:
        configurations: what the n rows run.
        values: (n, m) what the budgets look at.
        G: (n, m) constraints.
        limits: the m budgets; one whose quantity is its own name is a constraint of a problem's own.
        seen: how many points were looked at, and of how many; None where it was the whole grid.
    """
    sample = seen is not None and seen[0] < seen[1]
    looked_at, grid_size = seen if seen is not None and sample else (None, None)
    staged = bool(configurations.names)
    if not len(configurations):
        return Infeasibility(None, (), looked_at, grid_size, staged)
    met = G <= 0
    cost = values[:, 0] if len(limits) else np.zeros(len(configurations))
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
                None if way_out is None else configurations[int(way_out)],
                alone,
                limit.quantile,
                sample,
            )
        )
    return Infeasibility(configurations[closest], tuple(shortfalls), looked_at, grid_size, staged)


def beyond_reach(values: FloatArray, G: FloatArray, limits: Sequence[Limit]) -> Infeasibility:
    """Which budgets no choice of models and k can meet, from the best of each quantity alone.

    Args:
        values: (m,) the least, and of the accuracy the most, that any choice has.
        G: (m,) their constraints.
        limits: the m budgets.
    """
    broken = zip(limits, values.tolist(), G.tolist(), strict=True)
    out_of_reach = tuple(OutOfReach(limit, value) for limit, value, excess in broken if excess > 0)
    return Infeasibility(None, staged=True, out_of_reach=out_of_reach)
