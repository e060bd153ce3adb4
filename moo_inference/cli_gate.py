"""The commands of a pipeline: is a choice still what it was, and which input made the difference."""

import sys
from typing import Annotated

import typer

from moo_inference.cli_options import Conditions, Estimation, Question, Stages, Tails, grouped
from moo_inference.cli_study import solve_study
from moo_inference.errors import SettingError
from moo_inference.texts.lines import say

_SHOWN = 2

STATUS = {"changed": 4, "infeasible": 5, "unsure": 6}
"""The exit status of each cause; of several, that of the first in this order."""


@grouped
def check(
    question: Question,
    stages: Stages,
    estimation: Estimation,
    conditions: Conditions,
    tails: Tails,
    baseline: Annotated[str, typer.Option("--baseline", metavar="FILE", help="A choices.json from solve --out.")],
    fail_if: Annotated[
        list[str] | None,
        typer.Option("--fail-if", metavar="CAUSE", help="changed, infeasible or unsure; may be repeated. [changed]"),
    ] = None,
    junit: Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")] = None,
) -> None:
    """Check that the choices are still those of a baseline, feasible and sure: a gate for a pipeline.

    Example: moo-inference check --catalog catalog.yaml --baseline choices.json --fail-if changed --fail-if infeasible

    Exit status: 0; 2 if the input is at fault; 4 if a choice changed (another k or status); 5 if one is infeasible;
    6 if one is unsure (Monte Carlo; 200 replications). Of several causes the first in this order decides.
    """
    from moo_inference.files import write_atomically
    from moo_inference.readers.record import read_choices
    from moo_inference.studies.gate import CAUSES, to_junit, verdicts

    causes = tuple(dict.fromkeys(fail_if or ("changed",)))
    unknown = [cause for cause in causes if cause not in CAUSES]
    if unknown:
        raise SettingError(f"--fail-if must be one of: {', '.join(CAUSES)}; got {', '.join(unknown)}")
    before = read_choices(baseline)
    study = solve_study(question, stages, estimation, conditions, tails, assess="unsure" in causes)
    found = verdicts(study, before, causes)
    if junit is not None:
        write_atomically(junit, to_junit(found, causes))
    failed = [(verdict, cause, why) for verdict in found for cause, why in verdict.failures.items()]
    for verdict, cause, why in failed:
        say(f"{cause}: {verdict.scenario}, {verdict.model}, {verdict.decision}: {why}")
    say(f"{len(found)} choices, {len(failed)} failures ({', '.join(causes)})")
    for cause, status in STATUS.items():
        if any(cause == one for _, one, _ in failed):
            raise typer.Exit(status)


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A folder that solve --out wrote, or a report.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another.")],
) -> None:
    """Say what differs between two recorded studies, and which input alone makes which difference.

    Example: moo-inference diff last-week this-week

    Exit status: 0 if nothing differs; 1 if something does; 2 if the input is at fault.
    """
    from moo_inference.progress import report_progress
    from moo_inference.readers.record import read_record
    from moo_inference.studies.difference import difference

    records = [read_record(path) for path in (first, second)]
    with report_progress("comparing") as progress:
        found = difference(records[0]["settings"], records[1]["settings"], progress)
    for change in found.inputs:
        say(f"input {change.place}: was {_short(change.before)}, is {_short(change.after)}")
        if change.fault:
            say(f"  alone it cannot be run: {change.fault}")
        elif not change.effects:
            say("  alone it changes nothing")
        for effect in change.effects:
            say(f"  alone it makes: {_brief(effect)}")
    for choice in found.unexplained:
        say(f"only several inputs together make: {_brief(choice)}")
    if not found.inputs:
        say("no input differs")
    say(f"{len(found.choices)} choices differ")
    if found.inputs or found.choices:
        sys.stdout.flush()
        raise typer.Exit(1)


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _brief(sentence: str) -> str:
    """The first of the numbers that differ, and how many more do."""
    parts = sentence.split("; ")
    return "; ".join([*parts[:_SHOWN], *([f"and {len(parts) - _SHOWN} more numbers"] if len(parts) > _SHOWN else [])])
