"""The exact Pareto front of a pipeline: the fronts of its stages merged one after the other, and a choice from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.decision import Rule, make_rule
from moo_inference.decision.choice import evidence_words, k_max_warning, moves_with_k_max
from moo_inference.errors import SettingError, whole_number
from moo_inference.estimators import Estimator
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import Evidence, FloatArray, IntArray
from moo_inference.formatting.amounts import amount
from moo_inference.formatting.words import counted
from moo_inference.pareto.budgets import constraints
from moo_inference.pareto.evaluated import Evaluated, Found, Own, looked_up
from moo_inference.pareto.front import nondominated
from moo_inference.pareto.infeasibility import beyond_reach, explain
from moo_inference.pipelines.merging import Merge, finite_tables, room_of
from moo_inference.pipelines.plan import (
    Part,
    Series,
    StageTable,
    as_series,
    combine,
    refuse_quantiles,
    stage_tables,
    to_objectives,
    values_of,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 50_000_000
"""Candidate rows of one merge that are looked at unless told otherwise: up to half a minute."""

_MOST_TO_EXPLAIN = 5_000_000


@dataclass(frozen=True)
class PipelineFront:
    """The nondominated feasible choices of a pipeline, the cheapest first; of equal rows one is kept.

    Attributes:
        stages: the s names of the stages.
        models: the s ids of the models of each of the n rows.
        k: (n, s) passes of each stage.
        F: (n, m) cost in USD, time in seconds, further resources and error = 1 - accuracy, means, all minimised. With
            parallel branches the time is a lower bound of the mean, see Parallel. Of a problem of the user's it is what
            its `_evaluate` gives, in the order in which that stands there.
        scenario: the budgets.
        infeasibility: why the front is empty, in words, or None where it is not.
        resources: units of the further resources among the objectives.
        reaches_k_max: the stages whose front ends at their largest k, as `<stage> k = <k>`: it may go on beyond.
        evidence: for each stage how well the accuracy of the n rows is known, None where none is from an evaluation.
        looked_at: how many rows of parts and of the whole were compared, or evaluated, to find it.
        estimated: (n, m) the means of a pipeline's stages together, where F is not made of these alone; else None.
        own: what a problem of the user's gave for these rows, where that is not what is estimated; else None.
    """

    stages: tuple[str, ...]
    models: tuple[tuple[str, ...], ...]
    k: IntArray
    F: FloatArray
    scenario: Scenario
    infeasibility: str | None = None
    resources: tuple[str, ...] = ()
    reaches_k_max: tuple[str, ...] = ()
    evidence: tuple[Evidence | None, ...] = ()
    looked_at: int = 0
    estimated: FloatArray | None = None
    own: Own | None = None

    @classmethod
    def from_result(cls, result: Any) -> "PipelineFront":
        """The front of what a pymoo run evaluated: all of its archive and its population, each point once.

        It is made of the run's own F and G, as `Front.from_result`.

        Args:
            result: from `minimize` on a PipelineProblem.

        Raises:
            SettingError: (a ValueError) the result comes from another kind of problem.
        """
        problem = result.problem
        if not isinstance(getattr(problem, "plan", None), Series) or not hasattr(problem, "choices"):
            raise SettingError(f"the result must come from a PipelineProblem, got one from {type(problem).__name__}")
        return cls.from_evaluated(problem, Evaluated.of(result))

    @classmethod
    def from_evaluated(cls, problem: Any, evaluated: Evaluated) -> "PipelineFront":
        """The front of what was evaluated of a PipelineProblem; see `from_result`."""
        return front_of(problem.plan, problem.tables, problem.scenario, looked_up(problem, evaluated))

    @classmethod
    def of_points(cls, problem: Any, X: Any) -> "PipelineFront":
        """The front of some points X (n, n_var) of a PipelineProblem."""
        return cls.from_evaluated(problem, Evaluated.at(problem, X))

    def __len__(self) -> int:
        return len(self.F)

    @property
    def means(self) -> FloatArray:
        """(n, m) cost in USD, time in seconds, further resources and error, as they are estimated."""
        return self.F if self.estimated is None else self.estimated

    @property
    def error_last(self) -> FloatArray:
        """(n, m) F as rules take it: the error as the last column, also where a problem of the user's appends more."""
        return self.F if self.own is None else self.F[:, self.own.error_last(self.means.shape[1])]

    @property
    def accuracy(self) -> FloatArray:
        """(n,) 1 - error."""
        return np.asarray(1 - self.means[:, -1])

    @property
    def G(self) -> FloatArray:  # noqa: N802
        """(n, m) constraints, none of them positive."""
        if self.own is not None:
            return self.own.G
        return constraints(values_of(self.F), self.scenario, self.resources)

    def describe(self, row: int) -> str:
        """A row in words: each stage with its model and k."""
        return _words(self.stages, self.models[row], self.k[row].tolist())

    def to_frame(self) -> "pd.DataFrame":
        """A DataFrame of n rows: `<stage> model` and `<stage> k` of each stage, then the means of what they come to."""
        import pandas as pd  # noqa: PLC0415 (slow to load, and most callers do not need it)

        columns: dict[str, Any] = {}
        for place, name in enumerate(self.stages):
            columns[f"{name} model"] = [models[place] for models in self.models]
            columns[f"{name} k"] = self.k[:, place]
        cost, time, *used, error = self.means.T
        columns |= {"cost": cost, "time": time, "accuracy": self.accuracy, "error": error}
        further = {} if self.own is None else self.own.further
        return pd.DataFrame({**columns, **dict(zip(self.resources, used, strict=True)), **further})


@dataclass(frozen=True)
class PipelineChoice:
    """What a rule takes from the front of a pipeline.

    Attributes:
        rule: id of the rule.
        status: `ok`, `no-knee` (the rule is not defined on this front) or `infeasible` (the front is empty).
        row: the chosen row of the front, or None.
        stages: the model and k of each stage, by its name; empty where nothing was chosen.
        objectives: (m,) cost in USD, time in seconds, further resources and error of the row, or None.
        reason: why this row or none, in a sentence.
        warnings: what the user has to know before betting on it, one sentence each.
    """

    rule: str
    status: str
    row: int | None
    stages: Mapping[str, tuple[str, int]]
    objectives: FloatArray | None
    reason: str
    warnings: tuple[str, ...] = ()


def choose(front: PipelineFront, rule: object) -> PipelineChoice:
    """Apply a rule to the front of a pipeline.

    Args:
        front: what there is to choose from.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking. A rule that needs a scale and has none
            is given the scenario's budgets.

    Raises:
        UnknownNameError: (a LookupError) there is no rule of this id.
        SettingError: (a ValueError) the rule needs a budget that the scenario does not have, or answers nonsense.
    """
    judge = make_rule(rule).within(front.scenario, front.resources)
    if not len(front):
        why = str(front.infeasibility)
        return PipelineChoice(judge.id, "infeasible", None, {}, None, why, (why,))
    F = front.error_last
    row = judge.do(F)
    if row is None:
        rows = counted(len(front), "row")
        reason = f"no {judge.noun}: on this front of {rows} {judge.score_name or judge.id} singles none out"
        return PipelineChoice(judge.id, "no-knee", None, {}, None, reason, (reason,))
    chosen = zip(front.models[row], front.k[row].tolist(), strict=True)
    *spent, error = front.means[row].tolist()
    amounts = ", ".join(map(amount, ("cost", "time", *front.resources), spent))
    reason = (
        f"{judge.id} takes {front.describe(row)}: {amounts}, accuracy {1 - error:.4f}, of {counted(len(front), 'row')}"
    )
    stages = dict(zip(front.stages, chosen, strict=True))
    return PipelineChoice(judge.id, "ok", row, stages, F[row], reason, _warnings(front, row, judge))


def _warnings(front: PipelineFront, row: int, judge: Rule) -> tuple[str, ...]:
    found = tuple(
        f"{stage}: {words}"
        for stage, evidence, k in zip(front.stages, front.evidence, front.k[row].tolist(), strict=False)
        for words in evidence_words(evidence, k, row)
    )
    if front.reaches_k_max:
        most = front.k.max(axis=0)
        ends = [f"{stage} k = {last}" in front.reaches_k_max for stage, last in zip(front.stages, most, strict=True)]
        reach = (front.k / most)[:, ends].max(axis=1)
        if moves_with_k_max(judge, judge.normalised(front.error_last), reach, row):
            found += (k_max_warning(judge, ", ".join(front.reaches_k_max)),)
    return found


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
) -> PipelineFront:
    """The exact front of a pipeline, without looking at every choice of it.

    What is dominated within a stage, or within the stages up to it, stays so whatever the others do, since the means of
    the whole rise with each part's; and what breaks a budget with the best of all that is left cannot recover. So
    the stages' fronts are merged one after the other, and of each merge the nondominated rows alone are kept.

    Args:
        stages: stages and groups of parallel branches, in the order they run.
        scenario: the budgets of the whole pipeline, for means.
        estimator: what k passes are expected to cost, take and achieve; None means `ClosedForm()`, or `Empirical()`
            where a model has measured passes.
        k_min: see `Conditions`; a stage may have its own, as for the next two.
        k_max: see `Conditions`. A model whose evaluation tells of fewer ends there.
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


def merged_front(plan: Series, tables: Sequence[StageTable], scenario: Scenario, most_rows: int) -> PipelineFront:
    """`pipeline_front` from tables that are there already."""
    kept = finite_tables(tables)
    return front_of(plan, kept, scenario, merge(plan, kept, scenario, most_rows))


def merge(plan: Series, tables: Sequence[StageTable], scenario: Scenario, most_rows: int) -> Found:
    """What is nondominated and feasible, from tables of finite numbers.

    Raises:
        SettingError: (a ValueError) a merge is too large.
    """
    by_name = {table.stage.name: table for table in tables}
    resources = tables[0].resources
    whole = Merge(by_name, most_rows)
    found = whole.front(plan, room_of(scenario, resources))
    values = values_of(combine(plan, [table.F[row] for table, row in zip(tables, found.rows.T, strict=True)]))
    if (constraints(values, scenario, resources) <= 0).all(axis=1).any():
        return Found(found.rows, found.looked_at)
    free = Scenario(name=scenario.name, c_max=None, t_max=None, a_min=None)
    try:
        freed = Merge(by_name, min(most_rows, _MOST_TO_EXPLAIN)).front(plan, room_of(free, resources))
    except SettingError:
        # Too much to look at without budgets; what no choice can reach is known all the same.
        return Found(found.rows, found.looked_at, whole.least(plan))
    return Found(freed.rows, found.looked_at + freed.looked_at)


def front_of(plan: Series, tables: Sequence[StageTable], scenario: Scenario, found: Found) -> PipelineFront:
    """The front of what was found in these tables, with all that there is to say of it."""
    rows = found.rows
    columns = list(zip(tables, rows.T, strict=True))
    F = combine(plan, [table.F[row] for table, row in columns])
    k = np.column_stack([table.k[row] for table, row in columns])
    resources = tables[0].resources
    evaluated = found.evaluated
    own = None if evaluated is None else evaluated.own(F, constraints(values_of(F), scenario, resources))
    order = np.lexsort((k.sum(axis=1), *(F if own is None else own.F).T[::-1]))
    rows, k, F = rows[order], k[order], F[order]
    own = None if own is None else own.take(order)
    names = tuple(table.stage.name for table in tables)
    ids = [list(table.stage.models) for table in tables]
    values = values_of(F)
    G = constraints(values, scenario, resources)
    meets = (G <= 0).all(axis=1) if own is None or evaluated is None else evaluated.feasible[order]
    feasible = np.flatnonzero(meets)
    compared = F if own is None else own.F
    best = feasible[nondominated(compared[feasible])] if feasible.size else feasible

    def models(row: int) -> tuple[str, ...]:
        return tuple(own[table.model[at]] for own, table, at in zip(ids, tables, rows[row].tolist(), strict=True))

    why = None
    if found.least is not None:
        least = values_of(to_objectives(found.least[None]))
        why = beyond_reach(least[0], constraints(least, scenario, resources)[0], scenario.limits(resources))
    elif not feasible.size:
        labels = _Labels(lambda row: _words(names, models(row), k[row, :-1].tolist()), len(k))
        seen = None if found.grid_size is None else (found.looked_at, found.grid_size)
        limits = scenario.limits(resources)
        if own is not None:
            G, (values, limits) = own.G, own.constraints(values, limits)
        why = str(explain(k[:, -1], labels, values, G, limits, seen=seen, choices=True))
    F, compared, k = F[best], compared[best], k[best]
    F.setflags(write=False)
    compared.setflags(write=False)
    # A stage that has one k alone ends where it was meant to.
    ends = zip(tables, k.max(axis=0, initial=0).tolist(), strict=True)
    return PipelineFront(
        names,
        tuple(models(row) for row in best.tolist()),
        k,
        compared,
        scenario,
        why,
        resources,
        tuple(
            f"{table.stage.name} k = {last}"
            for table, last in ends
            if len(table.grid) > 1 and last == table.k.max(initial=1)
        ),
        tuple(
            None if table.evidence is None else table.evidence.take(row)
            for table, row in zip(tables, rows[best].T, strict=True)
        ),
        found.looked_at,
        None if own is None else F,
        None if own is None else own.take(best),
    )


@dataclass(frozen=True)
class _Labels(Sequence[str]):
    """What `explain` calls the model of a row: the first stages, and the last one's model, whose k it adds itself.

    Only the few that it names are put into words.
    """

    words: Callable[[int], str]
    n: int

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, row: Any) -> Any:
        return self.words(row)


def _words(stages: Sequence[str], models: Sequence[str], k: Sequence[int]) -> str:
    parts = [f"{stage} {model}" for stage, model in zip(stages, models, strict=True)]
    return ", ".join(f"{part} with k = {passes}" for part, passes in zip(parts, k, strict=False)) + (
        f", {parts[-1]}" if len(k) < len(parts) else ""
    )
