"""The commands of a pipeline: is a choice still what it was, and which input made the difference."""

import json
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from moo_inference.cli.options import (
    ConditionOptions,
    Estimation,
    Extras,
    ForceOption,
    Format,
    FormatOption,
    Question,
    Stages,
    Tails,
    grouped,
)
from moo_inference.cli.solve import asked_catalog, find_route, repetitions, solve_study
from moo_inference.errors import SettingError
from moo_inference.formatting.lines import print_line
from moo_inference.formatting.words import counted, with_article

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog
    from moo_inference.records.gate import Verdict
    from moo_inference.records.price_changes import OtherPrices

Group = TypeVar("Group", Question, Stages, Estimation, ConditionOptions, Tails, Extras)

_SHOWN = 2

STATUS = {"changed": 4, "infeasible": 5, "unsure": 6}
"""The exit status of each cause; of several, that of the first in this order."""


@grouped
def check(
    context: typer.Context,
    question: Question,
    stages: Stages,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    baseline: Annotated[
        str,
        typer.Option(
            "--baseline",
            metavar="DIR",
            rich_help_panel="Gate",
            help="A folder that solve --out or route --out wrote, whose options hold where no other is given; or a "
            "choices.json alone.",
        ),
    ],
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if", metavar="CAUSE", help="changed, infeasible or unsure; may be repeated.", show_default="changed"
        ),
    ] = None,
    junit: Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    force: ForceOption = False,
) -> None:
    """Check that choices are still those of a baseline: a gate for CI.

    Example: moo-inference check --baseline results --fail-if changed --fail-if infeasible

    Prices of the models of these choices that are others than in the baseline are named with their sources.

    Exit status: 0; 2 if the input is invalid; 4 if a choice changed (another k or status); 5 if one is infeasible;
    6 if one is unsure: by 1,000 resamples of what was measured, or 200 repetitions of a simulation, it is good with a
    probability under 0.9. Of several causes the first in this order decides.
    """
    from moo_inference.catalog.loading import catalog_to_dict
    from moo_inference.documents.files import Outputs, write_atomically
    from moo_inference.documents.results import JUNIT
    from moo_inference.records.gate import CAUSES, verdicts
    from moo_inference.records.price_changes import OtherPrices, price_changes
    from moo_inference.records.record import CHOOSING, read_choices
    from moo_inference.views.changes import check_record
    from moo_inference.views.junit import to_junit

    if format not in (Format.TABLE, Format.JSON):
        raise SettingError("--format must be table or json: verdicts are no table of rows")

    causes = tuple(dict.fromkeys(fail_if or ("changed",)))
    unknown = [cause for cause in causes if cause not in CAUSES]
    if unknown:
        raise SettingError(f"--fail-if must be one of: {', '.join(CAUSES)}; got {', '.join(unknown)}")
    folder = Path(baseline)
    run, read, extras = "study", [folder], Extras()
    recorded: Mapping[str, Any] = {}
    if folder.is_dir():
        # What is called baseline here is no baseline of a study.
        given = {name for name in context.params if name != "baseline" and _is_given(context, name)}
        run, options, recorded = _options_of(folder, given)
        question, stages, extras = (
            _with_recorded(question, options),
            _with_recorded(stages, options),
            _with_recorded(extras, options),
        )
        estimation, conditions = _with_recorded(estimation, options), _with_recorded(conditions, options)
        tails = _with_recorded(tails, options)
        read = [folder / name for name in ("choices.json", "route.json", "settings.json")]
    outputs = Outputs({**question.inputs, "--baseline": read}, force=force)
    outputs.file("--junit", junit, JUNIT)
    outputs.check()
    if run in CHOOSING:
        before = read_choices(folder / "choices.json" if folder.is_dir() else folder)
        if "unsure" in causes:
            asked = asked_catalog(question, question.model, question.scenario, question.without, tails)
            _refuse_what_is_never_unsure(asked.select(question.model), estimation)
        study = solve_study(question, stages, estimation, conditions, tails, extras.baseline, assess="unsure" in causes)
        results = verdicts(study, before, causes)
        prices = OtherPrices.of(price_changes(recorded, study.settings["catalog"]), study.catalog.models)
    elif run == "route":
        results, now = _verdict_on_route(folder, causes, question, estimation, conditions, tails)
        chosen = {one.model for one in (results[0].before, results[0].after) if one is not None and one.model}
        prices = OtherPrices.of(price_changes(recorded, catalog_to_dict(now)), chosen)
    else:
        raise SettingError(
            f"--baseline must be a folder of choices, and {baseline} holds the results of {with_article(run)}"
        )
    if junit is not None:
        write_atomically(junit, to_junit(results, causes, prices))
    if format is Format.JSON:
        sys.stdout.write(json.dumps(check_record(results, causes, prices), indent=1, allow_nan=False) + "\n")
    else:
        _print(results, causes, prices)
    _exit(results)


def _verdict_on_route(
    folder: Path,
    causes: Sequence[str],
    question: Question,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
) -> "tuple[list[Verdict], Catalog]":
    """The route in a folder, against what the same question is answered now, and what that is chosen from."""
    from moo_inference.records.gate import route_verdict
    from moo_inference.records.record import read_route
    from moo_inference.studies.choose import HELD_OUT, recommended

    before = read_route(folder / "route.json")
    scenario, decision = (
        _only(option, values) for option, values in (("-s", question.scenario), ("-d", question.decision))
    )
    catalog = asked_catalog(question, question.model, [scenario], question.without, tails).select(question.model)
    assess = None
    if "unsure" in causes:
        assess = repetitions(simulated=_refuse_what_is_never_unsure(catalog, estimation))
    now = find_route(catalog, scenario, decision, estimation, conditions, assess)
    if before.get("settings", {}).get(HELD_OUT):
        now = recommended(now)
    return [route_verdict(now.to_dict(), before, causes, now.assessment if assess else None)], catalog


def _print(results: "Sequence[Verdict]", causes: Sequence[str], prices: "OtherPrices") -> None:
    """Print what fails, and which prices are others."""
    from moo_inference.views.changes import failure_text, prices_texts

    failed = [(verdict, cause) for verdict in results for cause in verdict.causes]
    for verdict, cause in failed:
        where = f"{verdict.scenario}, {verdict.model}, {verdict.decision}"
        print_line(f"{cause}: {where}: {failure_text(verdict, cause)}")
    for sentence in prices_texts(prices):
        print_line(sentence)
    print_line(f"{counted(len(results), 'choice')}, {counted(len(failed), 'failure')} ({', '.join(causes)})")


def _exit(results: "Sequence[Verdict]") -> None:
    """End with the exit status of the first cause for which something fails."""
    failed = {cause for verdict in results for cause in verdict.causes}
    for cause, status in STATUS.items():
        if cause in failed:
            sys.stdout.flush()
            raise typer.Exit(status)


def _options_of(folder: Path, given: Container[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The kind of run in a folder, the options that made it but for those that are given now, and its catalog."""
    from moo_inference.records.record import read_settings

    run, recorded, settings = read_settings(folder)
    catalog = settings.get("catalog")
    before = catalog if isinstance(catalog, dict) else {}
    if recorded is None:
        if "catalog" not in given:
            raise SettingError(f"{folder}: holds no options, since a program wrote it: give --catalog and the others")
        return run, {}, before
    if run == "route":
        recorded |= {name: [recorded[name]] for name in ("scenario", "decision") if name in recorded}
    return run, {name: value for name, value in recorded.items() if name not in given}, before


def _is_given(context: typer.Context, name: str) -> bool:
    return getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"


def _with_recorded(group: Group, options: Mapping[str, Any]) -> Group:
    """A group of options with those of an earlier command line.

    Raises:
        SettingError: (a ValueError) one of them is none that the command line takes.
    """
    from pydantic import TypeAdapter, ValidationError

    kind = type(group)
    try:
        own = {option.name: options[option.name] for option in fields(kind) if option.name in options}
        return TypeAdapter(kind).validate_python(asdict(group) | own)
    except ValidationError as error:
        raise SettingError([f"settings.json: asked.{one['loc'][0]}: {one['msg']}" for one in error.errors()]) from error


def _only(option: str, values: list[str] | None) -> str:
    if values is None or len(values) != 1:
        raise SettingError(f"{option} must be given once for a route, got {len(values or ())} of them")
    return values[0]


def _refuse_what_is_never_unsure(catalog: "Catalog", estimation: Estimation) -> bool:
    """Refuse to assess choices that rest on numbers alone and depend on no seed: the gate could never fail.

    Returns:
        Whether they are simulated.

    Raises:
        SettingError: (a ValueError) nothing was measured of any model, and nothing is simulated; the remedy is named.
    """
    from moo_inference.estimators import MonteCarlo, choose_estimator
    from moo_inference.studies.posterior import rests_on_measurements

    models = list(catalog.models.values())
    options = asdict(estimation)
    chosen = choose_estimator(options.pop("estimator"), **options, models=models)
    simulated = isinstance(chosen, MonteCarlo)
    if not simulated and not any(map(rests_on_measurements, models)):
        raise SettingError(
            "--fail-if unsure could never fail: nothing was measured that could be resampled, and "
            f"{type(chosen).__name__} has no seed that changes a choice. Give --estimator monte-carlo, or leave it out"
        )
    return simulated


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A folder that solve --out wrote, or a report.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another.")],
) -> None:
    """Show what differs between two studies, and which input makes it.

    Example: moo-inference diff last-week this-week

    Exit status: 0 if nothing differs; 1 if something does; 2 if the input is invalid.
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.records.diff import difference
    from moo_inference.records.record import beside, read_record
    from moo_inference.views.changes import change_text, price_text

    records = [read_record(path) for path in (first, second)]
    with report_progress("comparing") as progress:
        compared = difference(records[0].settings, records[1].settings, progress, folders=beside(first, second))
    for change in compared.inputs:
        print_line(f"input {change.place}: was {_short(change.before)}, is {_short(change.after)}")
        if change.price is not None and (change.price.source_before or change.price.source_after):
            print_line(f"  {price_text(change.price)}")
        if change.errors:
            print_line(f"  alone it cannot be run: {'; '.join(change.errors)}")
        elif not change.effects:
            print_line("  alone it changes nothing")
        for effect in change.effects:
            print_line(f"  alone it makes: {change_text(effect, _SHOWN)}")
    for choice in compared.unexplained:
        print_line(f"only several inputs together make: {change_text(choice, _SHOWN)}")
    if not compared.inputs:
        print_line("no input differs")
    print_line(f"{counted(len(compared.choices), 'choice')} {'differs' if len(compared.choices) == 1 else 'differ'}")
    if compared.inputs or compared.choices:
        sys.stdout.flush()
        raise typer.Exit(1)


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
