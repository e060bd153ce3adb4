"""The study that several commands run, from their options."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from moo_inference.cli.catalog_source import CatalogSource
from moo_inference.cli.options import ConditionOptions, Estimation, Format, Question, RunOptions, Stages, Tails
from moo_inference.documents.files import Kind, Outputs
from moo_inference.errors import OutputError, SettingError, StoppedError, WorkerError
from moo_inference.formatting.lines import note

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog
    from moo_inference.execution.checkpoint import Checkpoint
    from moo_inference.formatting.table import Table
    from moo_inference.studies import Study
    from moo_inference.studies.route import Route

REPLICATIONS = 200
"""How often a simulation is repeated: each takes as long as the first."""


@contextmanager
def resumable(
    out: str | None,
    run: str,
    work: RunOptions,
    inputs: Mapping[str, Sequence[str]] | None = None,
    others: Mapping[str, tuple[str | None, Mapping[str, Kind]]] | None = None,
) -> Iterator["Checkpoint | None"]:
    """Save finished tasks in the folder of results, if there is one; an interruption reports how to resume.

    What stands in the way of results is refused before.

    Args:
        out: the folder of results.
        run: what kind of run it is.
        work: what becomes of what is there.
        inputs: the files that the command reads, by option.
        others: further folders, by option, and what is written into them.

    Raises:
        SettingError: (a ValueError) there is no folder in which to start over.
        OutputError: (an OSError) files that are no results of such a run are where results go.
        StoppedError: the run was interrupted.
        OutputError: (an OSError) the folder cannot be written.
    """
    from moo_inference.documents.results import ASSESSMENT, SETTINGS, results_of
    from moo_inference.execution.checkpoint import checkpoint

    if out is None and work.start_over:
        raise SettingError("--start-over must come with --out, the folder in which to start over")
    outputs = Outputs(inputs or {}, force=work.force)
    if run == "assessment":
        outputs.folder("--out", out, ASSESSMENT)
    else:
        outputs.folder("--out", out, results_of(run), SETTINGS)
    for option, (folder, kinds) in (others or {}).items():
        outputs.folder(option, folder, kinds)
    outputs.check()
    if out is None:
        try:
            yield None
        except KeyboardInterrupt as stop:
            raise StoppedError("interrupted; nothing was saved (with --out DIR, finished tasks are)") from stop
        return
    finished = None
    try:
        with checkpoint(out, run=run, start_over=work.start_over, overwrite=work.force) as finished:
            yield finished
    except KeyboardInterrupt as stop:
        count = 0 if finished is None else finished.count
        raise StoppedError(f"interrupted; {_go_on(out, count)}") from stop
    except (OutputError, WorkerError) as error:
        if finished is None or not finished.count:
            raise
        raise type(error)([*error.errors, _go_on(out, finished.count)]) from error


def _go_on(out: str, count: int) -> str:
    what = "1 finished task is" if count == 1 else f"{count} finished tasks are"
    return f"{what} saved in {out}: to go on, give the same command again"


def options_given(*groups: Any) -> dict[str, Any]:
    """The options of some groups by their names, as plain values, without those that have their default."""
    options: dict[str, Any] = {}
    for group in groups:
        options |= {
            option.name: getattr(group, option.name)
            for option in fields(group)
            if getattr(group, option.name) != option.default
        }
    return options


def solve_study(
    question: Question,
    stages: Stages,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    baselines: Sequence[str] | None = None,
    *,
    assess: bool = False,
    workers: int | str = 1,
    checkpoint: "Checkpoint | None" = None,
) -> "Study":
    """Run the study that the options ask for, with progress on stderr.

    Args:
        question: models, scenarios and rules.
        stages: pipelines.
        estimation: the estimator and its options.
        conditions: the grid of k, and latency.
        tails: quantiles of the budgets.
        baselines: names of baselines.
        assess: whether choices are assessed.
        workers: processes, or the address of a Dask scheduler.
        checkpoint: where finished tasks are saved; None saves none.
    """
    from moo_inference.catalog.stopping import settings_of
    from moo_inference.cli.progress import report_progress
    from moo_inference.estimators import MonteCarlo, choose_estimator
    from moo_inference.studies import run_study
    from moo_inference.studies.posterior import rests_on_measurements

    pipelines = stages.selected
    options = asdict(estimation)
    catalog = asked_catalog(question, question.model, question.scenario, question.without, tails)
    wanted = None if question.model is None else set(question.model)
    models = [
        model
        for key, model in catalog.models.items()
        if wanted is None or wanted & {key, *settings_of(key, model.stop)}
    ]
    chosen = choose_estimator(options.pop("estimator"), **options, models=models)
    simulated = isinstance(chosen, MonteCarlo)
    if assess and not simulated and not any(map(rests_on_measurements, models)):
        note(
            "--assess does not apply: nothing was measured that could be resampled, and formulas have no seed; give "
            "--trials or --seed to assess a simulation"
        )
    with report_progress("estimating") as progress:
        study = run_study(
            catalog,
            models=question.model,
            scenarios=question.scenario,
            pipelines=pipelines,
            decisions=question.decision,
            estimator=chosen,
            baselines=baselines or (),
            assess=repetitions(simulated=simulated) if assess else None,
            workers=workers,
            checkpoint=checkpoint,
            progress=progress,
            **asdict(conditions),
        )
    note_left_out(study.left_out)
    for key in catalog.pipelines if pipelines is None else ():
        others = [model for model in catalog.pipelines[key].models if model not in study.catalog.models]
        if others:
            note(
                f"pipeline {key} is left out, since it may also use {', '.join(others)}: choose them with -m too, or "
                "give --no-pipelines"
            )
    return study


def repetitions(*, simulated: bool) -> int:
    """How often what a choice rests on is resampled, or repeated where it is simulated."""
    from moo_inference.studies.confidence import RESAMPLES

    return REPLICATIONS if simulated else RESAMPLES


def asked_catalog(
    source: CatalogSource,
    models: list[str] | None,
    scenarios: list[str] | None,
    without: Sequence[str] | None,
    tails: Tails,
) -> "Catalog":
    """The catalog that the options ask for, with their budgets, and with all models that a catalog has.

    Args:
        source: a catalog, or attempts in its place, and budgets.
        models: ids of the models that are wanted of attempts; None means all.
        scenarios: ids of the scenarios over which budgets go; None: in place of all.
        without: resources that are left out.
        tails: quantiles of the budgets.

    Raises:
        SettingError: (a ValueError) two quantiles of time are given.
    """
    from moo_inference.catalog import with_quantiles

    named = [f"--{name}" for name in ("p95", "p99") if getattr(source, name) is not None]
    if named and tails.t_quantile is not None:
        raise SettingError(f"--t-quantile and {named[0]} must not both be given: each names a quantile of time")
    return with_quantiles(source.load(models, scenarios).without(without or ()), **asdict(tails))


def one_scenario(catalog: "Catalog", scenario: str | None) -> str:
    """The scenario that is named, or the only one.

    Args:
        catalog: of models and scenarios.
        scenario: its id; None where none is named.

    Raises:
        SettingError: (a ValueError) none is named, and there are several.
    """
    if scenario is None and len(catalog.scenarios) > 1:
        raise SettingError(
            f"--scenario must be one of: {', '.join(catalog.scenarios)}; or give budgets in its place: --cost, --time "
            "or --p95, --accuracy"
        )
    return next(iter(catalog.scenarios)) if scenario is None else scenario


def find_route(
    catalog: "Catalog",
    scenario: str,
    decision: str,
    estimation: Estimation,
    conditions: ConditionOptions,
    assess: int | None = None,
) -> "Route":
    """Choose across the models of a catalog, with progress on stderr.

    Args:
        catalog: the catalog.
        scenario: id of the scenario.
        decision: id of the rule.
        estimation: the estimator and its options.
        conditions: the grid of k, and latency.
        assess: with how many resamples the choice is assessed; None: by default where something was measured.
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.estimators import choose_estimator
    from moo_inference.studies.route import route

    options = asdict(estimation)
    chosen = choose_estimator(options.pop("estimator"), **options, models=catalog.models.values())
    with report_progress("estimating") as progress:
        return route(
            catalog, scenario, decision, estimator=chosen, assess=assess, progress=progress, **asdict(conditions)
        )


def note_left_out(left_out: Mapping[str, object]) -> None:
    """Report on stderr which rules were left out, by what lacks the budgets for them."""
    for key, rules in left_out.items():
        note(f"{key}: {rules}")


def show(tables: "Sequence[Table]", format: Format) -> None:  # noqa: A002 (the option's name)
    """Print tables on stdout, whole as Markdown, or the first rows of each for a terminal."""
    from moo_inference.formatting.table import first_rows
    from moo_inference.views import print_tables, to_markdown

    if format is Format.MARKDOWN:
        sys.stdout.write(to_markdown(tables))
    else:
        print_tables([first_rows(table, "--format markdown") for table in tables], sys.stdout)
