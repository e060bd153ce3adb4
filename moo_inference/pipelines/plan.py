"""The stages of a pipeline: what each may use, and how their means combine into those of the pipeline."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np

from moo_inference.catalog import (
    Model,
    ParallelBranches,
    Pipeline,
    PipelineStage,
    Scenario,
    SeriesBranch,
    shared_resources,
)
from moo_inference.errors import ErrorCollector, SettingError, of_kind, prefix_errors
from moo_inference.estimators import Estimator, default_estimator
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import Evidence, FloatArray, IntArray, ScalingCurve, joined_evidence
from moo_inference.pareto.configurations import Configurations
from moo_inference.pareto.estimates import Estimates


@dataclass(frozen=True)
class Stage:
    """One step of a pipeline: a choice of models, or a fixed one, and its own number of passes.

    Attributes:
        name: what people call it, such as `plan`, `solve` or `verify`; no two stages of a pipeline share one.
        models: id to Model, one or several.
        k_min: the smallest k of this stage, like the next two in place of what holds for the pipeline.
        k_max: the largest k of this stage: 1 where it runs once.
        k_step: the distance of its grid.
    """

    name: str
    models: Mapping[str, Model]
    k_min: int | None = None
    k_max: int | None = None
    k_step: int | None = None


@dataclass(frozen=True)
class Series:
    """Parts that run one after the other: costs and times add, accuracies multiply.

    That takes the stages to succeed independently, and all of them to be needed.

    Attributes:
        parts: stages, and groups of parallel branches, in the order they run.
    """

    parts: "Sequence[Stage | Parallel | Series]"


@dataclass(frozen=True)
class Parallel:
    """Branches that run at the same time, all of which must succeed: costs add, accuracies multiply.

    The time is the larger mean of the branches. That is a lower bound of the mean time, since the mean of a maximum is
    at least the maximum of the means; it is exact where the times do not vary, or one branch is always the slowest. Of
    branches that are equally long on average, and independent and normal, it is too low by 0.56 (two), 0.85 (three) or
    1.03 (four) standard deviations of a branch: by 6 % where each of two varies by a tenth of its mean, by 56 % where
    each varies as much as its mean. The mean of the maximum itself would depend on spreads: a choice that is no better
    in any mean could then win by varying less, and no part could be reduced to its own front before it is merged.

    Attributes:
        branches: two or more, each a stage or a series of them.
    """

    branches: "Sequence[Stage | Parallel | Series]"


Part = Stage | Parallel | Series


@dataclass(frozen=True)
class StageTable:
    """What one stage may choose from.

    Attributes:
        stage: the stage.
        grid: its numbers of passes.
        model: (n,) position of each row's model among the stage's models, ascending.
        k: (n,) passes of each row, ascending within a model. A model whose evaluation has fewer samples than k_max has
            fewer rows.
        F: (n, m) cost in USD, time in seconds, further resources, and error = 1 - accuracy, means per query.
        resources: units of the further resources.
        evidence: how well the accuracy of each row is known, or None where none comes from an evaluation.
    """

    stage: Stage
    grid: range
    model: IntArray
    k: IntArray
    F: FloatArray
    resources: tuple[str, ...] = ()
    evidence: Evidence | None = None


def stages_of(part: Part) -> Iterator[Stage]:
    """The stages of a pipeline, in the order they are written."""
    if isinstance(part, Stage):
        yield part
        return
    for inner in parts_of(part)[0]:
        yield from stages_of(inner)


def parts_of(part: Series | Parallel) -> tuple[Sequence[Part], bool]:
    """What is inside a group, and whether it runs at the same time."""
    return (part.branches, True) if isinstance(part, Parallel) else (part.parts, False)


def as_series(stages: "Sequence[Part] | Part") -> Series:
    """A pipeline as one series, checked.

    Raises:
        SettingError: (a ValueError) a part is neither a stage nor made of stages, a group is empty, a stage has no
            model, or two stages share a name. All errors are told at once.
    """
    plan = stages if isinstance(stages, Series) else Series([stages] if isinstance(stages, Part) else tuple(stages))
    errors = _errors(plan)
    if not errors:
        names = [stage.name for stage in stages_of(plan)]
        twice = sorted({name for name in names if names.count(name) > 1})
        errors += [f"the names of stages must differ, got {name!r} {names.count(name)} times" for name in twice]
        errors += [f"{s.name}: there must be at least one model, got none" for s in stages_of(plan) if not s.models]
    ErrorCollector(errors).check()
    return plan


def plan_of(pipeline: Pipeline, models: Mapping[str, Model]) -> Series:
    """A pipeline of a catalog, with its models by id.

    Args:
        pipeline: the entry.
        models: at least those that its stages name.

    Raises:
        SettingError: (a ValueError) two stages share a name.
    """

    def built(part: PipelineStage | ParallelBranches | SeriesBranch) -> Part:
        if isinstance(part, ParallelBranches):
            return Parallel(tuple(map(built, part.parallel)))
        if isinstance(part, SeriesBranch):
            return Series(tuple(map(built, part.series)))
        return Stage(part.name, {key: models[key] for key in part.ids}, part.k_min, part.k_max, part.k_step)

    return as_series(Series(tuple(map(built, pipeline.stages))))


def has_branches(part: Part) -> bool:
    """Whether anything runs at the same time, so that times are lower bounds, see Parallel."""
    if isinstance(part, Series):
        return any(map(has_branches, part.parts))
    return isinstance(part, Parallel)


def _errors(part: object) -> list[str]:
    if isinstance(part, Stage):
        return []
    if isinstance(part, Parallel):
        inner, short = part.branches, "parallel branches must be at least two"
    elif isinstance(part, Series):
        inner, short = part.parts, "a pipeline must have at least one stage"
    else:
        return [f"a part of a pipeline must be a Stage, a Parallel or a Series, got {part!r}"]
    least = 2 if isinstance(part, Parallel) else 1
    own = [f"{short}, got {len(inner)}"] if len(inner) < least else []
    return own + [message for one in inner for message in _errors(one)]


def refuse_quantiles(scenario: Scenario) -> None:
    """Refuse budgets for quantiles, which do not follow from means of stages.

    Raises:
        SettingError: (a ValueError) a budget of the scenario is for a quantile.
    """
    if scenario.has_quantiles:
        raise SettingError(
            f"budgets of a pipeline must be for means, and scenario {scenario.name!r} has one for a quantile: the "
            "quantiles of a sum do not follow from those of its stages"
        )


def stage_conditions(plan: Series, conditions: Conditions) -> list[Conditions]:
    """The conditions of each stage, which may have a grid of its own.

    Raises:
        SettingError: (a ValueError) a number of a stage is out of its range, or a grid is empty. All at once.
    """
    errors = ErrorCollector()
    own = []
    for stage in stages_of(plan):
        with errors.collecting(), prefix_errors(stage.name):
            own.append(conditions.with_grid(stage.k_min, stage.k_max, stage.k_step))
            for model in stage.models.values():
                of_kind("model", model, Model)
    errors.check()
    return own


def stage_tables(
    plan: Series,
    conditions: Conditions,
    estimator: Estimator | None = None,
    curves_of: Callable[[Sequence[Model], Conditions], Sequence[ScalingCurve]] | None = None,
) -> list[StageTable]:
    """Estimate what each stage may choose from. A model that serves several stages on one grid is estimated once.

    Args:
        plan: the pipeline, from `as_series`.
        conditions: which k, and how passes run; a stage may have its own k_min, k_max and k_step.
        estimator: estimates the scaling curves; None means `ClosedForm()`, or `Empirical()`
            where a model has measured passes.
        curves_of: what gives the curves of some models over a grid, as far as their evaluations have samples; None
            means the estimator.

    Raises:
        SettingError: (a ValueError) a number of a stage is out of its range, a grid is empty, or an evaluation has too
            few samples for all of its k.
    """
    stages = list(stages_of(plan))
    shared_resources(model for stage in stages for model in stage.models.values())
    own_conditions = stage_conditions(plan, conditions)
    grids = [own.grid for own in own_conditions]
    if curves_of is None:
        used = estimator or default_estimator(model for stage in stages for model in stage.models.values())
        curves_of = partial(curves_within_samples, used)
    curves: dict[tuple[range, Model], ScalingCurve] = {}
    for grid, on_grid in {own.grid: own for own in own_conditions}.items():
        models = {m: None for s, own in zip(stages, grids, strict=True) if own == grid for m in s.models.values()}
        curves.update(zip(((grid, model) for model in models), curves_of(list(models), on_grid), strict=True))
    tables = []
    for stage, grid in zip(stages, grids, strict=True):
        own = [curves[grid, model] for model in stage.models.values()]
        number = np.repeat(np.arange(len(own)), [len(curve) for curve in own])
        k, F = np.concatenate([curve.k for curve in own]), np.concatenate([curve.F for curve in own])
        tables.append(StageTable(stage, grid, number, k, F, own[0].resources, joined_evidence(own)))
    return tables


def to_sums(F: FloatArray) -> FloatArray:
    """Objectives (..., m) in the terms in which they add: all but the error as they are, and -log(accuracy) from it.

    Accuracies multiply, so their logarithms add, and log1p keeps the digits of errors however small. A sum of floats
    never falls where a term rises, so dominance in these terms survives rounding.

    Args:
        F: (..., m) objectives, the error as the last.

    Returns:
        (..., m) array, all of it minimised; infinite where the error is 1.
    """
    sums = F.copy()
    with np.errstate(divide="ignore"):
        sums[..., -1] = -np.log1p(-F[..., -1])
    return sums


def to_objectives(sums: FloatArray) -> FloatArray:
    """The reverse of `to_sums`."""
    F = sums.copy()
    F[..., -1] = -np.expm1(-sums[..., -1])
    return F


def join(one: FloatArray, other: FloatArray, at_once: bool) -> FloatArray:
    """The sums of two parts together.

    Args:
        one: (..., m) from `to_sums`.
        other: the same of the other part; the two are broadcast.
        at_once: the parts run at the same time, so that the larger time counts.

    Returns:
        (..., m) array.
    """
    total = one + other
    if at_once:
        np.maximum(one[..., 1], other[..., 1], out=total[..., 1])
    return np.asarray(total)


def combine(plan: Part, parts: Sequence[FloatArray]) -> FloatArray:
    """The objectives of a pipeline from those of its stages.

    Costs and resources add. Times add in series, and of parallel branches the largest is taken (a lower bound, see
    Parallel); error = 1 - prod(1 - error of a stage), worked out as -expm1(sum(log1p(-error))).

    Args:
        plan: the pipeline.
        parts: one (n, m) array of cost, time, further resources and error for each stage, in the order of `stages_of`.

    Returns:
        (n, m) array of the same.
    """
    if len(parts) == 1:
        return parts[0]
    terms = iter([to_sums(part) for part in parts])

    def folded(part: Part) -> FloatArray:
        if isinstance(part, Stage):
            return next(terms)
        inner, at_once = parts_of(part)
        return reduce(lambda one, other: join(one, other, at_once), [folded(each) for each in inner])

    return to_objectives(folded(plan))


def estimates_of(plan: Part, tables: Sequence[StageTable], rows: IntArray) -> Estimates:
    """What is estimated of some choices, from what their stages have.

    Args:
        plan: the pipeline.
        tables: what each stage may choose from.
        rows: (n, s) rows of these tables.
    """
    columns = list(zip(tables, rows.T, strict=True))
    configurations = Configurations(
        np.column_stack([table.k[row] for table, row in columns]),
        np.column_stack([table.model[row] for table, row in columns]),
        tuple(tuple(table.stage.models) for table in tables),
        tuple(table.stage.name for table in tables),
    )
    F = combine(plan, [table.F[row] for table, row in columns])
    evidence = tuple(None if table.evidence is None else table.evidence.take(row) for table, row in columns)
    return Estimates(configurations, F, tables[0].resources, evidence)


def ends_of(tables: Sequence[StageTable]) -> list[int | None]:
    """The k at which the grid of each of the s stages ends; None where a stage has a single k, which is no limit."""
    return [int(table.k.max(initial=1)) if len(table.grid) > 1 else None for table in tables]
