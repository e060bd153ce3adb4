"""Solvers compared on the same problem, with exhaustive enumeration as the truth."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import as_catalog
from moo_inference.decision import DEFAULT_RULES, Rule, decide, make_rule
from moo_inference.deprecations import renamed_keyword
from moo_inference.documents.frames import deliver, frame_to_csv, frame_to_json
from moo_inference.documents.results import RUNS_CSV, RUNS_JSON, save_results
from moo_inference.errors import SettingError, listed, unknown_name, whole_number
from moo_inference.estimators import Estimator, Progress, Tabulated, default_estimator
from moo_inference.estimators.base import estimate_curves
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.execution.tasks import Packing, Runner, Task
from moo_inference.pareto.front import Front
from moo_inference.pareto.quality import front_quality
from moo_inference.pipelines.plan import plan_of
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, grid_size
from moo_inference.studies.rules import kept_rules
from moo_inference.studies.solving import (
    SearchRun,
    describe_problem,
    packed_run,
    run_search,
    search,
    search_fits,
    unpacked_run,
)
from moo_inference.versions import versions

if TYPE_CHECKING:
    import pandas as pd

RUN_COLUMNS = (
    "problem",
    "solver",
    "seed",
    "found",
    "hypervolume",
    "igd_plus",
    "evaluations",
    "distinct",
    "seconds",
)


@dataclass(frozen=True)
class Comparison:
    """Runs of several solvers.

    Attributes:
        runs: one row a problem x solver x seed:
            problem, solver, seed;
            found: share of the exact front's rows that were found;
            hypervolume: of the front normalised by the budgets against (1, ..., 1), relative to the exact one;
            igd_plus: IGD+ of the found front from the exact one, both normalised;
            evaluations: used, not asked for;
            distinct: different points looked at, as a share of the grid;
            seconds: wall time;
            same_RULE: whether a rule chooses from the found front as from the exact one; NA for a problem that has not
            the budgets that the rule needs, which settings tell as left_out.
            Measured on everything that a run evaluated. Where the exact front is empty there is nothing to find: these
            measures are NaN then, and same_RULE is NA.
        settings: what made them, as plain values.
        pipelines: the names of the problems that are pipelines. Of these the exact front is that of solver `merge`,
            whose evaluations are the rows that it compared.
    """

    runs: "pd.DataFrame"
    settings: Mapping[str, Any]
    pipelines: tuple[str, ...] = ()

    @property
    def parts(self) -> "dict[str, Comparison]":
        """The runs of models and those of pipelines, each alone, where there are any."""
        along = self.runs["problem"].isin(self.pipelines)
        parts = {"models": self.runs[~along], "pipelines": self.runs[along]}
        return {of: Comparison(runs, self.settings) for of, runs in parts.items() if len(runs)}

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row a solver: median, least and greatest of each measure, and the share of runs with the same choice.

        Where there are pipelines, a first column `of` tells `models` from `pipelines`, whose runs are not mixed.
        """
        import pandas as pd  # noqa: PLC0415 (slow to load)

        if self.pipelines:
            frames = []
            for of, part in self.parts.items():
                frame = part.summary
                frame.insert(0, "of", of)
                frames.append(frame)
            return pd.concat(frames, ignore_index=True)
        measures = self.runs[["solver", *RUN_COLUMNS[3:]]].groupby("solver", sort=False)
        frame = measures.agg(["median", "min", "max"])
        frame.columns = ["_".join(column) for column in frame.columns]
        same = [column for column in self.runs.columns if column.startswith("same_")]
        return frame.join(self.runs[same].astype(float).groupby(self.runs["solver"], sort=False).mean()).reset_index()

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The runs as CSV; written whole to `path` if one is given. See `Study.to_csv`."""
        return deliver(frame_to_csv(self.runs), path, RUNS_CSV, overwrite=overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The runs as a JSON list of records; written whole to `path` if one is given. See `Study.to_csv`."""
        return deliver(frame_to_json(self.runs), path, RUNS_JSON, overwrite=overwrite)

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write runs.csv, runs.json, summary.csv and settings.json into a folder.

        Args:
            folder: made if it is not there. It may hold the same comparison of before.
            overwrite: replace whatever is there.

        Raises:
            OutputError: (an OSError) the folder holds other files by these names, or cannot be written.
            SettingError: (a ValueError) it holds a comparison with other settings.
        """
        texts = {"runs.csv": self.to_csv(), "runs.json": self.to_json(), "summary.csv": frame_to_csv(self.summary)}
        save_results(folder, "comparison", self.settings, texts, overwrite=overwrite)


@renamed_keyword("kept", "checkpoint")
def compare_solvers(
    problem: Any,
    solvers: Iterable[str] | Mapping[str, Callable[..., Any]] | None = None,
    seeds: Iterable[int] = range(3),
    *,
    evaluations: int | None = None,
    decisions: Iterable[object] | None = None,
    workers: int | str = 1,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run solvers on problems and measure what they find against exhaustive enumeration.

    Args:
        problem: one of this project's problems, or a mapping from names to several.
        solvers: ids (`exhaustive`, `nsga2`, `nsga3`, `u-nsga3`, `sms-emoa`, `spea2`; None means all, and nsga2 alone
            for a pipeline), or a mapping from names to callables that make an algorithm from a problem and `seed=`.
        seeds: one run of each solver for each.
        evaluations: at most so many a run. None means a tenth of the grid; but where a grid has fewer than 1,000
            points, as many as every run needs for 0.99 of the exact hypervolume, as a share of the grid that is
            the same for all; and for a pipeline 20,000.
        decisions: rules whose choice is compared; None means the paper's four and knee-chord, of which a problem is
            asked with those that it has the budgets for.
        workers: as in `run_study`, like the next two. The seconds are those of whoever ran it.
        checkpoint: where finished runs are kept, with their seconds.
        progress: told how far the work is.

    Raises:
        UnknownNameError: (a LookupError) there is no solver or rule of this id.
        SettingError: (a ValueError) an option is out of its range.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    problems = dict(problem) if isinstance(problem, Mapping) else {type(problem).__name__: problem}
    makers = _makers(solvers)
    runs = [whole_number("seed", seed, 0) for seed in listed("seeds", seeds)]
    named = listed("decisions", DEFAULT_RULES if decisions is None else decisions)
    rules = [make_rule(rule) for rule in named]
    if evaluations is not None:
        whole_number("evaluations", evaluations, 1)
    for what, entries in (("problem", problems), ("solver", makers), ("seed", runs)):
        if not entries:
            raise SettingError(f"there must be at least one {what}, got none")
    runner = Runner(workers, checkpoint, progress)
    along = tuple(name for name, each in problems.items() if each.staged)
    sizes = {name: grid_size(each) for name, each in problems.items()}
    asked, left_out = {}, {}
    for name, each in problems.items():
        limits = each.scenario.limits(each.resources)
        asked[name], sentence = kept_rules(rules, limits, named=decisions is not None)
        if sentence:
            left_out[name] = sentence
    exact = {}
    rows = []
    for name, each in problems.items():
        exact[name], used = _exact(each, sizes[name])
        if used:
            same = _measured(exact[name], exact[name], asked[name], used)
            rows.append({"problem": name, "solver": MERGE, "seed": runs[0], **same})
    if checkpoint is not None:
        checkpoint.expect(
            {
                "run": "comparison",
                "solvers": list(makers),
                "seeds": runs,
                "evaluations": evaluations,
                "decisions": [rule.id for rule in rules],
                "versions": versions(),
                "problems": {name: describe_problem(each, exact[name]) for name, each in problems.items()},
            }
        )
    wanted = []
    tasks = []
    for name, each in problems.items():
        for (solver, make), seed in product(_makers_for(each, makers, solvers).items(), runs):
            most = _most(each, sizes[name]) if evaluations is None else evaluations
            limit = sizes[name] if solver == EXHAUSTIVE else most
            wanted.append((name, solver, seed))
            key = f"{solver} with seed {seed} on {name}"
            packing = Packing(packed_run, unpacked_run, partial(search_fits, each))
            tasks.append(Task(key, search, (each, make, seed, limit), packing))
    found = list(zip(wanted, runner.run(tasks), strict=True))
    share = None
    alone = [each for name, each in problems.items() if name not in along]
    if evaluations is None and alone and all(grid_size(each) < _SMALL_GRID for each in alone):
        searches = [
            (problems[name], exact[name], run)
            for (name, solver, _), run in found
            if solver != EXHAUSTIVE and name not in along and len(exact[name])
        ]
        share = _share_that_is_enough(searches) if searches else None
    for (name, solver, seed), run in found:
        whole = solver == EXHAUSTIVE or name in along
        cut = run if share is None or whole else run.until(share * sizes[name])
        compared = _compared(problems[name], cut, exact[name], asked[name])
        rows.append({"problem": name, "solver": solver, "seed": seed, **compared})
    settings = {
        "solvers": list(makers),
        "seeds": runs,
        "evaluations": evaluations,
        "share_of_grid": share,
        "decisions": [rule.id for rule in rules],
        "versions": versions(),
        **({"left_out": left_out} if left_out else {}),
    }
    frame = pd.DataFrame(rows)
    told_of_rules = [f"same_{rule.id}" for rule in rules if f"same_{rule.id}" in frame]
    unknown = [column for column in told_of_rules if frame[column].dtype == object]
    return Comparison(frame.astype(dict.fromkeys(unknown, "boolean")), settings, along)


def catalog_problems(
    catalog: Catalog | str | os.PathLike[str],
    *,
    models: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    pipelines: Sequence[str] | None = None,
    estimator: Estimator | None = None,
    across_models: bool = False,
    k_max: int | None = None,
    k_step: int = 1,
) -> dict[str, Any]:
    """The problems of a catalog by name, each with all its estimates made beforehand.

    Args:
        catalog: where models and scenarios are from; a path is loaded.
        models: ids; None means all.
        scenarios: ids; None means all.
        pipelines: ids, and these alone are looked at; none where it is empty. None means the models, and behind them
            all pipelines whose stages may use no other models.
        estimator: None means the default one.
        across_models: one ModelChoiceProblem a scenario, in place of one InferenceScalingProblem a cell.
        k_max: None means 128 for a cell, 1,280 across models and 64 for a stage.
        k_step: see `Conditions`.

    Raises:
        UnknownNameError: (a LookupError) an id does not exist.
        SettingError: (a ValueError) a grid is empty, or a budget is for a quantile where pipelines were named.
    """
    chosen = as_catalog(catalog).select(models, scenarios, pipelines)
    of_stages = 64 if k_max is None else k_max
    along = {
        f"{scenario_id}/pipeline {key}": PipelineProblem(
            plan_of(pipeline, chosen.models), scenario, estimator=estimator, k_max=of_stages, k_step=k_step
        )
        for scenario_id, scenario in chosen.scenarios.items()
        # Means of stages cannot tell quantiles: where nobody asked for pipelines they are left out.
        if pipelines or not scenario.has_quantiles
        for key, pipeline in chosen.pipelines.items()
    }
    if pipelines:
        return along
    most = (1280 if across_models else 128) if k_max is None else k_max
    estimator = default_estimator(chosen.models.values()) if estimator is None else estimator
    if across_models:
        return {
            key: ModelChoiceProblem(chosen.models, scenario, estimator=estimator, k_max=most, k_step=k_step)
            for key, scenario in chosen.scenarios.items()
        } | along
    conditions = Conditions(k_max=most, k_step=k_step)
    scenarios_asked = list(chosen.scenarios.values())
    curves = estimate_curves(
        estimator, list(chosen.models.values()), conditions.grid, conditions, scenarios=scenarios_asked
    )
    return {
        f"{key}/{model_id}": InferenceScalingProblem(
            model, scenario, estimator=Tabulated(curve), k_max=most, k_step=k_step
        )
        for key, scenario in chosen.scenarios.items()
        for (model_id, model), curve in zip(chosen.models.items(), curves, strict=True)
    } | along


EXHAUSTIVE = "exhaustive"
MERGE = "merge"
"""What stands in the place of exhaustive search for several stages: as exact, by merging fronts."""

ENOUGH = 0.99
"""The share of the exact hypervolume that counts as having solved a problem."""

_SMALL_GRID = 1_000


_SEARCHES_OF_PLANS = ("nsga2",)
"""Those that are compared on several stages unless others are asked for: one run looks at many thousand points."""

_EVALUATIONS_OF_PLANS = 20_000
"""At most so many a run on several stages unless told otherwise: a tenth of such a grid would be millions."""


def _exact(problem: Any, size: int) -> tuple[Front, dict[str, Any]]:
    """The exact front; and what a merge used, where it is one: its evaluations are the rows that it compared."""
    if not problem.staged or problem.is_extended:
        return Front.from_evaluated(problem, run_search(problem, ExhaustiveSearch(), size).evaluated), {}
    start = time.perf_counter()
    front = problem.merged_front()
    taken = time.perf_counter() - start
    return front, {"evaluations": front.looked_at, "distinct": front.looked_at / size, "seconds": taken}


def _most(problem: Any, size: int) -> int:
    """At most so many evaluations a run unless it was told."""
    if problem.staged:
        return _EVALUATIONS_OF_PLANS
    return size if size < _SMALL_GRID else size // 10


def _share_that_is_enough(runs: Sequence[tuple[Any, Front, SearchRun]]) -> float:
    """The share of the grid after which every run has ENOUGH of the exact hypervolume; 1 where one never has.

    Args:
        runs: each with its problem and the exact front of that.
    """
    share = max((run.evaluations[0] / grid_size(problem) for problem, _, run in runs), default=1.0)
    for problem, exact, run in runs:
        size = grid_size(problem)
        for evaluations in run.evaluations.tolist():
            if evaluations <= share * size:
                continue
            # Where the exact front has no volume, nobody can tell.
            front = Front.from_evaluated(problem, run.until(share * size).evaluated)
            if not front_quality(front, exact)["hypervolume"] < ENOUGH:
                break
            share = evaluations / size
    return float(share)


def _compared(problem: Any, run: SearchRun, exact: Front, rules: Sequence[Rule]) -> dict[str, Any]:
    distinct = len(run.evaluated.distinct) / grid_size(problem)
    used = {"evaluations": int(run.evaluations[-1]), "distinct": distinct, "seconds": float(run.seconds[-1])}
    return _measured(Front.from_evaluated(problem, run.evaluated), exact, rules, used)


def _measured(front: Front, exact: Front, rules: Sequence[Rule], used: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **front_quality(front, exact),
        **used,
        **{f"same_{rule.id}": _same(front, exact, rule) for rule in rules},
    }


def _same(front: Front, exact: Front, rule: Rule) -> bool | None:
    """Whether a rule takes the same from both; None where there is nothing to take."""
    return decide(front, rule).configuration == decide(exact, rule).configuration if len(exact) else None


def _makers_for(
    problem: Any, makers: Mapping[str, Callable[..., Any]], asked: object
) -> Mapping[str, Callable[..., Any]]:
    """The solvers that look at a problem: several stages are not enumerated, their merge is as exact."""
    if not problem.staged:
        return makers
    kept = _SEARCHES_OF_PLANS if asked is None else [name for name in makers if name != EXHAUSTIVE]
    return {name: makers[name] for name in kept}


def _makers(solvers: Iterable[str] | Mapping[str, Callable[..., Any]] | None) -> dict[str, Callable[..., Any]]:
    known: dict[str, Callable[..., Any]] = {EXHAUSTIVE: lambda _, seed: ExhaustiveSearch(seed=seed), **SEARCHES}
    if solvers is None:
        return known
    if isinstance(solvers, Mapping):
        return dict(solvers)
    names = listed("solvers", solvers)
    for name in names:
        if name not in known:
            raise unknown_name("solver", str(name), list(known))
    return {name: known[name] for name in names}
