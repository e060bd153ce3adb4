"""The command that chooses across models."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from moo_inference.cli_options import (
    CatalogOption,
    Conditions,
    Estimation,
    Format,
    FormatOption,
    ModelOption,
    Tails,
    WithoutOption,
    grouped,
)
from moo_inference.errors import SettingError

NOTHING_FOUND = 3


@grouped
def route(
    scenario: Annotated[str, typer.Option("--scenario", "-s", metavar="ID", help="Scenario whose budgets hold.")],
    estimation: Estimation,
    conditions: Conditions,
    tails: Tails,
    catalog: CatalogOption = "paper",
    model: ModelOption = None,
    without: WithoutOption = None,
    decision: Annotated[
        str, typer.Option("--decision", "-d", metavar="RULE", help="The rule that chooses.")
    ] = "knee-chord",
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Also say which budget to relax, and at which price or floor it flips.")
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="FILE", help="Write what a router can choose from, as JSON."),
    ] = None,
    litellm: Annotated[
        str | None, typer.Option("--litellm", metavar="FILE", help="Write the choice as settings of a LiteLLM router.")
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
) -> None:
    """Choose one model and its k for a scenario, and say why no other.

    Example: moo-inference route -s medical-ai -d knee-chord --what-if

    Exit status: 0; 2 if the input is at fault; 3 if nothing meets the budgets, or the rule has no answer.
    """
    from moo_inference.catalog import load_catalog, with_quantiles
    from moo_inference.catalog.loading import to_yaml
    from moo_inference.estimators import choose_estimator
    from moo_inference.files import write_atomically
    from moo_inference.progress import report_progress
    from moo_inference.studies.route import route as find
    from moo_inference.studies.what_if import break_evens, relaxations
    from moo_inference.texts.table import print_tables, to_markdown
    from moo_inference.texts.visible import one_line
    from moo_inference.views.route import route_tables

    if format is Format.CSV:
        raise SettingError("--format must be table, json or markdown: a route is no table of rows")
    chosen = with_quantiles(load_catalog(catalog).without(without or ()), **asdict(tails)).select(model)
    options = asdict(estimation)
    with report_progress("estimating") as progress:
        found = find(
            chosen,
            scenario,
            decision,
            estimator=choose_estimator(options.pop("estimator"), **options, models=chosen.models.values()),
            progress=progress,
            **asdict(conditions),
        )
    if policy is not None:
        found.policy().save(policy)
    if litellm is not None and found.choice.row is None:
        sys.stderr.write(f"moo-inference: {one_line(litellm)} is not written: there is no choice to write\n")
    elif litellm is not None:
        notes = [one_line(note) for note in found.litellm_notes]
        write_atomically(litellm, "".join(f"# {note}\n" for note in notes) + to_yaml(found.to_litellm()))
        sys.stderr.write("".join(f"moo-inference: {note}\n" for note in notes))
    if format is Format.JSON:
        record = found.to_dict()
        if what_if:
            for name, flips in (("relaxations", relaxations(found)), ("break_evens", break_evens(found))):
                record[name] = [flip.to_dict() for flip in flips]
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    elif format is Format.MARKDOWN:
        sys.stdout.write(to_markdown(route_tables(found, what_if=what_if)))
    else:
        print_tables(route_tables(found, what_if=what_if), sys.stdout)
    if found.choice.row is None:
        raise typer.Exit(NOTHING_FOUND)
