"""The front of a pipeline: those of its parts, merged in turn; only what is nondominated and in budget is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import TOLERANCE, Scenario
from moo_inference.errors import SettingError, whole_number
from moo_inference.estimators import Estimator
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.pareto.budgets import constraints, values_of
from moo_inference.pareto.front import Front, warn_of_not_finite
from moo_inference.pareto.infeasibility import beyond_reach
from moo_inference.pareto.nondominated import is_nondominated
from moo_inference.pipelines.plan import (
    Part,
    Series,
    Stage,
    StageTable,
    as_series,
    ends_of,
    estimates_of,
    join,
    parts_of,
    refuse_quantiles,
    stage_tables,
    to_objectives,
    to_sums,
)

MOST_ROWS = 50_000_000
"""Candidate rows of one merge that are compared by default: up to half a minute."""

_MOST_TO_EXPLAIN = 5_000_000
_BLOCK = 1_000_000
_CELLS = 256
_SLACK = 1e-12
"""Rounding in the bounds of what is left: a row is dropped early only where it breaks a budget by more than that."""


def pipeline_front(
    stages: Sequence[Part] | Part,
    scenario: Scenario,
    *,
    estimator: Estimator | None = None,
    k_min: int | None = None,
    k_max: int = 64,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    most_rows: int = MOST_ROWS,
) -> Front:
    """The exact front of a pipeline, without looking at every choice of it.

    What is dominated within a stage, or within the stages up to it, stays so whatever the others do, since the means of
    the pipeline rise with those of each part; and what breaks a budget with the best of all remaining parts cannot
    recover. So the fronts of the stages are merged one by one, and only nondominated rows of each merge are kept.

    Args:
        stages: stages and groups of parallel branches, in the order they run.
        scenario: the budgets of the pipeline, for means.
        estimator: estimates the scaling curves; None means `ClosedForm()`, or `Empirical()`
            where a model has measured passes.
        k_min: see `Conditions`; a stage may have its own, as for the next two.
        k_max: see `Conditions`. A model whose evaluation has fewer samples ends there.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        most_rows: candidate rows of one merge, the product of the sizes of two fronts, above which it is refused.

    Raises:
        SettingError: (a ValueError) an option is out of its range, a budget is for a quantile, or a merge is too large.

    Warns:
        NonFiniteWarning: estimates that are not finite were left out.
    """
    plan = as_series(stages)
    refuse_quantiles(scenario)
    most = whole_number("most_rows", most_rows, 1)
    tables = stage_tables(plan, Conditions(k_min, k_max, k_step, parallel, latency), estimator)
    return merged_front(plan, tables, scenario, most)


@dataclass(frozen=True)
class Merged:
    """The result of a merge.

    Attributes:
        rows: (n, s) rows of the stages' tables, among them all that are nondominated and feasible. Where none is
            feasible, the nondominated ones without budgets, which explain why.
        looked_at: how many rows of the parts and of the pipeline were compared.
        least: (m,) the least of each sum, see `to_sums`, where `rows` do not explain why none is feasible; else None.
    """

    rows: IntArray
    looked_at: int
    least: FloatArray | None = None


def merged_front(plan: Series, tables: Sequence[StageTable], scenario: Scenario, most_rows: int) -> Front:
    """`pipeline_front` from tables that are estimated already.

    Args:
        plan: the pipeline.
        tables: what each stage may choose from.
        scenario: the budgets, for means.
        most_rows: see `pipeline_front`.

    Raises:
        SettingError: (a ValueError) a merge is too large.
    """
    kept = finite_tables(tables)
    return front_of(plan, kept, scenario, merge(plan, kept, scenario, most_rows))


def merge(plan: Series, tables: Sequence[StageTable], scenario: Scenario, most_rows: int) -> Merged:
    """The nondominated feasible rows, from tables of finite numbers; see `merged_front` for the arguments.

    Raises:
        SettingError: (a ValueError) a merge is too large.
    """
    by_name = {table.stage.name: table for table in tables}
    resources = tables[0].resources
    merger = Merge(by_name, most_rows)
    within_budgets = merger.front(plan, upper_bounds(scenario, resources))
    values = estimates_of(plan, tables, within_budgets.rows).values
    if (constraints(values, scenario, resources) <= 0).all(axis=1).any():
        return Merged(within_budgets.rows, within_budgets.looked_at)
    free = Scenario(name=scenario.name, c_max=None, t_max=None, a_min=None)
    try:
        freed = Merge(by_name, min(most_rows, _MOST_TO_EXPLAIN)).front(plan, upper_bounds(free, resources))
    except SettingError:
        # Too many rows without budgets; what no choice can reach is known all the same.
        return Merged(within_budgets.rows, within_budgets.looked_at, merger.least(plan))
    return Merged(freed.rows, within_budgets.looked_at + freed.looked_at)


def front_of(plan: Series, tables: Sequence[StageTable], scenario: Scenario, merged: Merged) -> Front:
    """The front of merged rows.

    Args:
        plan: the pipeline.
        tables: those that were merged.
        scenario: the budgets.
        merged: rows of the tables.
    """
    resources = tables[0].resources
    why = None
    if merged.least is not None:
        least = values_of(to_objectives(merged.least[None]))
        why = beyond_reach(least[0], constraints(least, scenario, resources)[0], scenario.limits(resources))
    estimates = estimates_of(plan, tables, merged.rows)
    return Front.of(estimates, scenario, ends=ends_of(tables), out_of_reach=why, looked_at=merged.looked_at)


@dataclass(frozen=True)
class Partial:
    """Nondominated choices of a part: (n, m) sums, see `to_sums`, and (n, s) rows of its stages' tables.

    `looked_at` counts the candidate rows that were compared to find them.
    """

    sums: FloatArray
    rows: IntArray
    looked_at: int


@dataclass(frozen=True)
class Merge:
    """How the fronts of a pipeline's parts become its own, exactly.

    Attributes:
        tables: what each stage may choose from, by its name.
        most_rows: candidate rows of one merge above which it is refused.
    """

    tables: Mapping[str, StageTable]
    most_rows: int

    def least(self, part: Part) -> FloatArray:
        """(m,) the least of each sum that a part can have."""
        if isinstance(part, Stage):
            return np.asarray(to_sums(self.tables[part.name].F).min(axis=0, initial=np.inf))
        inner, at_once = parts_of(part)
        return reduce(lambda one, other: join(one, other, at_once), [self.least(each) for each in inner])

    def front(self, part: Part, bounds: FloatArray) -> Partial:
        """The nondominated choices of a part.

        Args:
            part: a stage or a group.
            bounds: (m,) the most that each sum may be.

        Raises:
            SettingError: (a ValueError) a merge is too large.
        """
        if isinstance(part, Stage):
            table = self.tables[part.name]
            # Of equal rows the first is kept: that of the smallest k.
            order = np.lexsort((table.model, table.k))
            sums = to_sums(table.F[order])
            kept = _nondominated(sums, bounds)
            return Partial(sums[kept], order[kept, None].astype(np.int32), len(table.F))
        inner, at_once = parts_of(part)
        least = [self.least(each) for each in inner]
        # What breaks a budget even with the least of all other parts is left out before anything is merged.
        inner_bounds = [_remaining(bounds, least[:place] + least[place + 1 :], at_once) for place in range(len(inner))]
        current = self.front(inner[0], inner_bounds[0])
        for place in range(1, len(inner)):
            other = self.front(inner[place], inner_bounds[place])
            current = self._merged(current, other, at_once, _remaining(bounds, least[place + 1 :], at_once))
        return current

    def _merged(self, one: Partial, other: Partial, at_once: bool, bounds: FloatArray) -> Partial:
        """All pairs of two fronts, a block at a time, so that memory holds what is kept and a block."""
        if len(one.sums) * len(other.sums) > self.most_rows:
            raise SettingError(
                f"a merge of stages must have at most {self.most_rows:,} candidate rows, got {len(one.sums):,} times "
                f"{len(other.sums):,}: raise k_step, lower k_max, give stages fewer models, set budgets, or raise "
                "most_rows"
            )
        width = max(len(other.sums), 1)
        blocks = -(-len(one.sums) * width // _BLOCK)
        sums, pairs, settled = np.empty((0, len(bounds))), np.empty(0, dtype=np.int64), 0
        for number in range(blocks):
            # The first block spans the front, and so rules out most rows of the others.
            rows = np.arange(number, len(one.sums), blocks)
            block = join(one.sums[rows, None], other.sums[None], at_once).reshape(-1, len(bounds))
            kept = np.arange(len(block)) if number == 0 else np.flatnonzero(~_surely_dominated(block, sums))
            kept = kept[_nondominated(block[kept], bounds)]
            sums = np.concatenate([sums, block[kept]])
            pairs = np.concatenate([pairs, rows[kept // width] * width + kept % width])
            # What is kept is compared across blocks only once it has doubled, or that would be most of the work.
            if number == blocks - 1 or len(sums) > 2 * settled + _BLOCK:
                best = is_nondominated(sums)
                sums, pairs = sums[best], pairs[best]
                settled = len(sums)
        looked_at = one.looked_at + other.looked_at + len(one.sums) * len(other.sums)
        return Partial(sums, np.hstack([one.rows[pairs // width], other.rows[pairs % width]]), looked_at)


def _nondominated(sums: FloatArray, bounds: FloatArray) -> IntArray:
    """The rows within the bounds that no other dominates; of equal rows the first."""
    within = np.flatnonzero(
        np.logical_and.reduce([column <= most for column, most in zip(sums.T, bounds, strict=True)])
    )
    if len(within) == len(sums):
        return np.flatnonzero(is_nondominated(sums)) if len(sums) else within
    return within[is_nondominated(sums[within])] if within.size else within


def _surely_dominated(sums: FloatArray, known: FloatArray) -> NDArray[np.bool_]:
    """Rows that some known row dominates for sure, in one comparison each; others may be dominated too.

    Of more than three sums no row is reported.

    Costs and times are put into cells. Whatever lies in a lower cell is less, so that a row is dominated if the least
    third sum of all lower cells is not above its own. Roots spread the many small amounts over more cells; they
    are rounded correctly, and so never swap two amounts, which a logarithm might.
    """
    if not len(known) or sums.shape[1] > 3:
        return np.zeros(len(sums), dtype=bool)
    low, high = known[:, :2].min(axis=0), known[:, :2].max(axis=0)
    scale = (_CELLS - 1) / np.sqrt(np.maximum(high - low, np.finfo(float).tiny))

    def cells(rows: FloatArray, column: int) -> IntArray:
        spread = np.sqrt(np.maximum(rows[:, column] - low[column], 0)) * scale[column]
        return np.asarray(np.minimum(spread, _CELLS - 1), dtype=np.int64)

    least = np.full((_CELLS + 1, _CELLS + 1), np.inf)
    np.minimum.at(least, (cells(known, 0) + 1, cells(known, 1) + 1), known[:, 2])
    least = np.minimum.accumulate(np.minimum.accumulate(least, axis=0), axis=1)
    beaten = least[cells(sums, 0), cells(sums, 1)]
    return np.asarray((beaten <= sums[:, 2]) & (beaten < np.inf))


def upper_bounds(scenario: Scenario, resources: Sequence[str] = ()) -> FloatArray:
    """The most that each sum may be, a little more than the budgets allow.

    Args:
        scenario: the budgets, for means.
        resources: units of the further resources.

    Returns:
        (m,) in the terms of `to_sums`; infinite where there is no budget.
    """
    most = [
        np.inf if limit.value is None else limit.value * (1 + TOLERANCE + _SLACK)
        for limit in scenario.limits(resources)[:-1]
    ]
    least_accuracy = (scenario.a_min or 0.0) - TOLERANCE - _SLACK
    return np.array([*most, -np.log(least_accuracy) * (1 + _SLACK) + _SLACK if least_accuracy > 0 else np.inf])


def _remaining(bounds: FloatArray, others: Sequence[FloatArray], at_once: bool) -> FloatArray:
    """(m,) upper bounds of one part: those of all parts less the least that the others take."""
    if not others:
        return bounds
    taken = np.sum(others, axis=0)
    if at_once:
        # Branches that run at the same time have all of the time, each for itself.
        taken[1] = 0.0
    # A sum that has no budget keeps none, where inf - inf would be no number.
    return np.asarray(np.where(np.isinf(bounds), np.inf, np.where(np.isinf(bounds), 0.0, bounds) - taken))


def finite_tables(tables: Sequence[StageTable]) -> list[StageTable]:
    """The tables without rows that are not finite.

    Warns:
        NonFiniteWarning: something was left out; it is named.
    """
    return [_finite(table) for table in tables]


def _finite(table: StageTable) -> StageTable:
    finite = np.isfinite(table.F).all(axis=1)
    if finite.all():
        return table
    ids = list(table.stage.models)
    lost = zip(table.model[~finite].tolist(), table.k[~finite].tolist(), strict=True)
    points = [f"{ids[number]} k = {k}" for number, k in lost]
    warn_of_not_finite(points, f"{table.stage.name}: ", stacklevel=6)
    evidence = None if table.evidence is None else table.evidence.take(np.flatnonzero(finite))
    return replace(table, model=table.model[finite], k=table.k[finite], F=table.F[finite], evidence=evidence)
