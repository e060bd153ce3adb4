"""The command that chooses among candidates that were measured already."""

import json
import sys
from typing import Annotated, Any

import typer

from moo_inference.cli.budget_options import called
from moo_inference.cli.fit_options import flag, pairs_of
from moo_inference.cli.options import Format, FormatOption
from moo_inference.cli.run import NOTHING_FOUND
from moo_inference.cli.solve import show
from moo_inference.errors import SettingError


def candidates(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A CSV with accuracy, cost and maybe time of each, or a leaderboard of Aider or BFCL.",
        ),
    ],
    c_max: Annotated[
        float | None, typer.Option("--cost", "--c-max", metavar="USD", help="Budget per query.", show_default="none")
    ] = None,
    t_max: Annotated[
        float | None,
        typer.Option("--time", "--t-max", metavar="SECONDS", help="Budget per query.", show_default="none"),
    ] = None,
    a_min: Annotated[
        float, typer.Option("--accuracy", "--a-min", metavar="SHARE", help="Least accuracy, in [0, 1].")
    ] = 0.0,
    decision: Annotated[
        str, typer.Option("--decision", "-d", metavar="RULE", help="Rule that chooses (`moo-inference list rules`).")
    ] = "accuracy-max",
    option: Annotated[
        list[str] | None,
        flag("--option", "NAME=VALUE", "For the reader, e.g. tries=2, queries=5106; may be repeated."),
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
) -> None:
    """Choose among measured candidates: their front, and one of it.

    Example: moo-inference candidates measured.csv --cost 0.01 --accuracy 0.8

    Exit status: 0; 2 if the input is invalid; 3 if nothing meets the budgets, or the rule has no answer.
    """
    from moo_inference.catalog import Scenario
    from moo_inference.catalog.limits import check_limits
    from moo_inference.decision.choice import decide
    from moo_inference.readers import read_as
    from moo_inference.studies.candidates import candidate_front
    from moo_inference.views.candidates import candidate_table, why

    if format is Format.CSV:
        raise SettingError("--format must be table, json or markdown: a choice is no table of rows")
    options: dict[str, Any] = pairs_of("--option", option)
    found = read_as(file, "candidates", **options)
    check_limits({"cost": c_max, "time": t_max, "accuracy": a_min}, None, called)
    scenario = Scenario(name="these budgets", c_max=c_max, t_max=t_max, a_min=a_min)
    front = candidate_front(found, scenario)
    choice = decide(front, decision)
    if format is Format.JSON:
        timed = found.seconds_per_query is not None
        rows = [
            {"name": name, "usd_per_query": cost, "seconds_per_query": time if timed else None, "accuracy": 1 - error}
            for name, (cost, time, error) in zip(front.models, front.F.tolist(), strict=True)
        ]
        record = {"decision": choice.rule, "status": choice.status, "candidate": choice.model, "front": rows}
        record["reason"] = why(front, choice)
        if found.notes:
            record["notes"] = list(found.notes)
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    else:
        show([candidate_table(found, front, choice)], format)
    if choice.row is None:
        raise typer.Exit(NOTHING_FOUND)
