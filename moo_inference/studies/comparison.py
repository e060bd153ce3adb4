"""Solvers compared on the same problem, with exhaustive enumeration as the truth."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import as_catalog
from moo_inference.decision.registry import DEFAULT_RULES, make_rule
from moo_inference.deprecations import renamed_keyword
from moo_inference.documents.frames import deliver, frame_to_csv, frame_to_json
from moo_inference.documents.results import RUNS_CSV, RUNS_JSON, save_results
from moo_inference.errors import SettingError, listed, unknown_name, whole_number
from moo_inference.estimators import Estimator, Progress, Tabulated, default_estimator
from moo_inference.estimators.base import estimate_curves
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.execution.tasks import Packing, Runner, Task
from moo_inference.pipelines.plan import plan_of
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch
from moo_inference.studies.contest import EXHAUSTIVE, MERGE, Contest, Entry, agreement_column, share_that_is_enough
from moo_inference.studies.solving import (
    SearchRun,
    describe_problem,
    packed_run,
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
            igd_plus: IGD+ of the run's front from the exact one, both normalised;
            evaluations: used, not the limit;
            distinct: different points looked at, as a share of the grid;
            seconds: wall time;
            same_RULE: whether a rule chooses from the run's front as from the exact one; NA for a problem without
            the budgets that the rule needs, listed as left_out in the settings.
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
    def agreement(self) -> dict[str, str]:
        """The columns of whether a rule chooses as from the exact front, each with the id of its rule."""
        rules = {agreement_column(rule): rule for rule in self.settings["decisions"]}
        return {str(column): rules[column] for column in self.runs.columns if column in rules}

    @property
    def parts(self) -> "dict[str, Comparison]":
        """The runs of models and those of pipelines, each alone, where there are any."""
        of_pipelines = self.runs["problem"].isin(self.pipelines)
        parts = {"models": self.runs[~of_pipelines], "pipelines": self.runs[of_pipelines]}
        return {of: Comparison(runs, self.settings) for of, runs in parts.items() if len(runs)}

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row a solver: median, least and greatest of each measure, and the share of runs with the same choice.

        Where there are pipelines, a first column `of` separates `models` from `pipelines`, whose runs are not mixed.
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
        agreement = self.runs[[*self.agreement]].astype(float).groupby(self.runs["solver"], sort=False).mean()
        return frame.join(agreement).reset_index()

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The runs as CSV; written to `path` if one is given. See `Study.to_csv`."""
        return deliver(frame_to_csv(self.runs), path, RUNS_CSV, overwrite=overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The runs as a JSON list of records; written to `path` if one is given. See `Study.to_csv`."""
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
        decisions: rules whose choice is compared; None means the paper's four and knee-chord, where a problem
            has the budgets for them.
        workers: see `Runner`, like the next two. Seconds are those of the process that ran it.
        checkpoint: where finished runs are stored, with their seconds.
        progress: called with the number of finished runs, and of all.

    Raises:
        UnknownNameError: (a LookupError) there is no solver or rule of this id.
        SettingError: (a ValueError) an option is out of its range.
    """
    problems = dict(problem) if isinstance(problem, Mapping) else {type(problem).__name__: problem}
    makers = _makers(solvers)
    numbers = [whole_number("seed", seed, 0) for seed in listed("seeds", seeds)]
    rules = [make_rule(rule) for rule in listed("decisions", DEFAULT_RULES if decisions is None else decisions)]
    if evaluations is not None:
        whole_number("evaluations", evaluations, 1)
    for what, entries in (("problem", problems), ("solver", makers), ("seed", numbers)):
        if not entries:
            raise SettingError(f"there must be at least one {what}, got none")
    runner = Runner(workers, checkpoint, progress)
    contests = [Contest.prepared(name, each, rules, named=decisions is not None) for name, each in problems.items()]
    requested = {"solvers": list(makers), "seeds": numbers, "evaluations": evaluations}
    chosen = {"decisions": [rule.id for rule in rules], "versions": versions()}
    if checkpoint is not None:
        described = {contest.name: describe_problem(contest.problem, contest.exact) for contest in contests}
        checkpoint.expect({"run": "comparison", **requested, **chosen, "problems": described})
    wanted = [
        (contest, solver, seed, make)
        for contest in contests
        for (solver, make), seed in product(contest.makers(makers, named=solvers is not None).items(), numbers)
    ]
    ran = runner.run([_task(*each, evaluations) for each in wanted])
    runs = [Entry(contest, solver, seed, run) for (contest, solver, seed, _), run in zip(wanted, ran, strict=True)]
    return _compared(contests, runs, requested, chosen)


def _compared(
    contests: Sequence[Contest], runs: Sequence[Entry], requested: dict[str, Any], chosen: dict[str, Any]
) -> Comparison:
    """The measures of all runs, and of the merges of pipelines, against the exact fronts.

    Args:
        contests: the problems.
        runs: what each solver found, for each seed.
        requested: solvers, seeds and evaluations, for the settings.
        chosen: what else the settings hold.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    evaluations, first_seed = requested["evaluations"], requested["seeds"][0]
    models = [contest for contest in contests if not contest.staged]
    share = share_that_is_enough(runs) if evaluations is None and all(each.is_small for each in models) else None
    rows = [contest.row(MERGE, first_seed, contest.exact, contest.used) for contest in contests if contest.used]
    rows += [entry.row(share) for entry in runs]
    left_out = {contest.name: str(contest.left_out) for contest in contests if contest.left_out is not None}
    settings = {**requested, "share_of_grid": share, **chosen, **({"left_out": left_out} if left_out else {})}
    comparison = Comparison(pd.DataFrame(rows), settings, tuple(contest.name for contest in contests if contest.staged))
    unknown = [column for column in comparison.agreement if comparison.runs[column].dtype == object]
    return replace(comparison, runs=comparison.runs.astype(dict.fromkeys(unknown, "boolean")))


def _task(
    contest: Contest, solver: str, seed: int, make: Callable[..., Any], evaluations: int | None
) -> Task[SearchRun]:
    return Task(
        f"{solver} with seed {seed} on {contest.name}",
        search,
        (contest.problem, make, seed, contest.most(solver, evaluations)),
        Packing(packed_run, unpacked_run, partial(search_fits, contest.problem)),
    )


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
    of_pipelines = {
        f"{scenario_id}/pipeline {key}": PipelineProblem(
            plan_of(pipeline, chosen.models), scenario, estimator=estimator, k_max=of_stages, k_step=k_step
        )
        for scenario_id, scenario in chosen.scenarios.items()
        # Quantiles do not follow from means of stages: pipelines that were not named are left out then.
        if pipelines or not scenario.has_quantiles
        for key, pipeline in chosen.pipelines.items()
    }
    if pipelines:
        return of_pipelines
    most = (1280 if across_models else 128) if k_max is None else k_max
    estimator = default_estimator(chosen.models.values()) if estimator is None else estimator
    if across_models:
        return {
            key: ModelChoiceProblem(chosen.models, scenario, estimator=estimator, k_max=most, k_step=k_step)
            for key, scenario in chosen.scenarios.items()
        } | of_pipelines
    conditions = Conditions(k_max=most, k_step=k_step)
    budgets = list(chosen.scenarios.values())
    curves = estimate_curves(estimator, list(chosen.models.values()), conditions.grid, conditions, scenarios=budgets)
    return {
        f"{key}/{model_id}": InferenceScalingProblem(
            model, scenario, estimator=Tabulated(curve), k_max=most, k_step=k_step
        )
        for key, scenario in chosen.scenarios.items()
        for (model_id, model), curve in zip(chosen.models.items(), curves, strict=True)
    } | of_pipelines


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
