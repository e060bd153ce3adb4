"""What rules choose with other seeds: the replications of an assessment, as tasks."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.decision.base import Rule
from moo_inference.errors import ErrorCollector, prefix_errors
from moo_inference.estimators import ClosedForm, MonteCarlo
from moo_inference.estimators.base import Estimator, Progress, curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.execution.tasks import Arrays, Packing, Runner, Task, has_arrays
from moo_inference.pareto.front import Front

_VALUES_AT_ONCE = 2_000_000
"""Models x k x trials x replications in a task: some tenths of a second."""


_MOST_SEEDS = 200
"""Simulations with other seeds that are made to know the noise of one."""


class ScaledRule(NamedTuple):
    """A rule that chooses for one model in one scenario.

    Attributes:
        model: place of the model among all.
        scenario: the budgets.
        rule: scaled by them.
        points: how many k the curve of the model has.
    """

    model: int
    scenario: Scenario
    rule: Rule
    points: int


def replicated_choices(
    models: Sequence[Model],
    scenarios: Sequence[Scenario],
    rules: Sequence[ScaledRule],
    noisy: MonteCarlo,
    replications: int,
    conditions: Conditions,
    runner: Runner,
) -> IntArray:
    """(replications, rules) what each rule chooses in each replication, as a place in the grid; -1: none.

    Args:
        models: the models.
        scenarios: the scenarios.
        rules: what chooses.
        noisy: the estimator; replication r has its seed + r (k_max + 1).
        replications: how many there are.
        conditions: which k, and how passes run.
        runner: runs the tasks.
    """
    seeds = [noisy.seed + replication * (conditions.k_max + 1) for replication in range(replications)]
    together = max(1, _VALUES_AT_ONCE // (noisy.trials * len(conditions.grid) * len(models)))
    points = [rule.points for rule in rules]
    tasks = [
        Task(
            f"choices with the seeds {part[0]} to {part[-1]}, {len(part)} of them",
            _choose,
            (noisy, part, models, scenarios, conditions, rules),
            Packing(_packed, _unpacked, partial(_fits, len(part), points)),
        )
        for part in (seeds[start : start + together] for start in range(0, replications, together))
    ]
    return np.concatenate(runner.run(tasks))


def simulation_noise(
    estimator: Estimator, models: Sequence[Model], repetitions: int, conditions: Conditions, progress: Progress | None
) -> FloatArray | None:
    """What other seeds of a simulation give, less what is exact, for all models; None without a simulation.

    Args:
        estimator: what estimated the models.
        models: the models.
        repetitions: how many seeds.
        conditions: which k, and how passes run.
        progress: called with the number of finished steps, and of all.
    """
    if not isinstance(estimator, MonteCarlo):
        return None
    runner = Runner(progress=progress)
    return np.concatenate(replicated_deviations(models, estimator, repetitions, conditions, runner), axis=1)


def refuse_served(models: Iterable[Model]) -> None:
    """Refuse models whose times depend on the load: a simulation of them is not repeated.

    Raises:
        SettingError: (a ValueError) every such model is named.
    """
    ErrorCollector(
        f"{model.name}: must be estimated by ClosedForm where its times depend on the load and a choice is assessed; "
        "got a simulation"
        for model in models
        if model.servers is not None
    ).check()


def replicated_deviations(
    models: Sequence[Model], noisy: MonteCarlo, replications: int, conditions: Conditions, runner: Runner
) -> list[FloatArray]:
    """(S, n, m) by how much simulations with other seeds miss the exact objectives of each model.

    Args:
        models: the models.
        noisy: the estimator; replication r has its seed + (r + 1) (k_max + 1).
        replications: S, of which at most `_MOST_SEEDS` are made.
        conditions: which k, and how passes run.
        runner: runs the tasks.
    """
    refuse_served(models)
    exact = [curve.F for curve in curves_within_samples(ClosedForm(), models, conditions)]
    seeds = [noisy.seed + (number + 1) * (conditions.k_max + 1) for number in range(min(replications, _MOST_SEEDS))]
    shapes = [F.shape for F in exact]
    tasks = [
        Task(
            f"objectives with the seed {seed}",
            _objectives,
            (noisy, seed, models, conditions),
            Packing(_packed_objectives, _unpacked_objectives, partial(_fit_objectives, shapes)),
        )
        for seed in seeds
    ]
    found = runner.run(tasks)
    return [np.stack([F[place] for F in found]) - own for place, own in enumerate(exact)]


def _objectives(noisy: MonteCarlo, seed: int, models: Sequence[Model], conditions: Conditions) -> list[FloatArray]:
    """(n, m) objectives of each model, simulated with a seed."""
    return [curve.F for curve in curves_within_samples(MonteCarlo(noisy.trials, seed, noisy.draws), models, conditions)]


def _packed_objectives(objectives: list[FloatArray]) -> Arrays:
    return {str(place): F for place, F in enumerate(objectives)}


def _unpacked_objectives(arrays: Arrays) -> list[FloatArray]:
    return [arrays[str(place)] for place in range(len(arrays))]


def _fit_objectives(shapes: Sequence[tuple[int, ...]], arrays: Arrays) -> bool:
    names = [str(place) for place in range(len(shapes))]
    return has_arrays(arrays, dict.fromkeys(names, np.float64), dict(zip(names, shapes, strict=True)))


def chosen_place(rule: Rule, front: Front, grid: range) -> int:
    """The place in the grid of what a rule takes from a front, or -1.

    Args:
        rule: scaled by the budgets.
        front: of one model.
        grid: numbers of passes.
    """
    row = rule.do(front.F) if len(front) else None
    return -1 if row is None else grid.index(int(front.k[row]))


def _choose(
    noisy: MonteCarlo,
    seeds: Sequence[int],
    models: Sequence[Model],
    scenarios: Sequence[Scenario],
    conditions: Conditions,
    rules: Sequence[ScaledRule],
) -> IntArray:
    """(seeds, rules) what each rule chooses with each seed, as a place in the grid; -1: none."""
    rows = np.empty((len(seeds), len(rules)), dtype=np.int64)
    for replication, seed in enumerate(seeds):
        curves = curves_within_samples(
            MonteCarlo(noisy.trials, seed, noisy.draws), models, conditions, scenarios=scenarios
        )
        fronts: dict[tuple[int, Scenario], Front] = {}
        for place, (number, scenario, rule, _) in enumerate(rules):
            if (number, scenario) not in fronts:
                fronts[number, scenario] = Front.from_curve(curves[number], scenario)
            with prefix_errors(f"{models[number].name}, {scenario.name}, seed {seed}"):
                rows[replication, place] = chosen_place(rule, fronts[number, scenario], conditions.grid)
    return rows


def _packed(rows: IntArray) -> Arrays:
    return {"rows": rows}


def _unpacked(arrays: Arrays) -> IntArray:
    return arrays["rows"]


def _fits(seeds: int, lengths: Sequence[int], arrays: Arrays) -> bool:
    """Whether arrays could be what `_choose` gives, packed."""
    return has_arrays(arrays, {"rows": np.int64}, {"rows": (seeds, len(lengths))}) and bool(
        ((arrays["rows"] >= -1) & (arrays["rows"] < np.array(lengths))).all()
    )
