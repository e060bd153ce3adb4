"""The command that chooses across models."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli.catalog_source import CatalogSource
from moo_inference.cli.options import (
    ConditionOptions,
    Estimation,
    ForceOption,
    Format,
    FormatOption,
    ModelOption,
    Tails,
    WithoutOption,
    grouped,
)
from moo_inference.cli.solve import asked_catalog, find_route, one_scenario, options_given, repetitions
from moo_inference.errors import SettingError
from moo_inference.formatting.lines import note
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    from moo_inference.studies.route import Route

NOTHING_FOUND = 3


@grouped
def route(
    source: CatalogSource,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario", "-s", metavar="ID", help="Scenario whose budgets hold. [the only one, or budgets as options]"
        ),
    ] = None,
    model: ModelOption = None,
    without: WithoutOption = None,
    decision: Annotated[
        str, typer.Option("--decision", "-d", metavar="RULE", help="The rule that chooses.")
    ] = "knee-chord",
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Also show which budget to relax, and at which price or floor it flips.")
    ] = False,
    assess: Annotated[
        bool,
        typer.Option(
            "--assess",
            help="Show how sure the choice is also where it is simulated, and record how: 1,000 resamples of what was "
            "measured, and the noise of simulations with other seeds.",
        ),
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="FILE", help="Write what a router can choose from, as JSON."),
    ] = None,
    litellm: Annotated[
        str | None, typer.Option("--litellm", metavar="FILE", help="Write the choice as settings of a LiteLLM router.")
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder to write route.json and settings.json into."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Choose one model and its k for a scenario, and show why no other.

    Example: moo-inference route -s medical-ai -d knee-chord --what-if

    Exit status: 0; 2 if the input is invalid; 3 if nothing meets the budgets, or the rule has no answer.
    """
    from moo_inference.catalog.loading import catalog_to_dict
    from moo_inference.documents.files import Outputs
    from moo_inference.documents.results import LITELLM, SETTINGS, refuse_other_settings, results_of, save_results
    from moo_inference.formatting.table import print_tables, to_markdown
    from moo_inference.policy.policy import POLICY
    from moo_inference.studies.what_if import break_evens, relaxations
    from moo_inference.versions import versions
    from moo_inference.views.route import route_tables

    if format is Format.CSV:
        raise SettingError("--format must be table, json or markdown: a route is no table of rows")
    outputs = Outputs(source.inputs, force=force)
    outputs.file("--policy", policy, POLICY)
    outputs.file("--litellm", litellm, LITELLM)
    outputs.folder("--out", out, results_of("route"), SETTINGS)
    outputs.check()
    named = None if scenario is None else [scenario]
    chosen = asked_catalog(source, model, named, without, tails).select(model)
    scenario = one_scenario(chosen, scenario)
    settings: dict[str, Any] = {
        "scenario": scenario,
        "decision": decision,
        "catalog": json.loads(json.dumps(catalog_to_dict(chosen))),
    }
    if out is not None and not force:
        refuse_other_settings(out, "route", settings, "--force to replace it")
    resamples = repetitions(simulated=False) if assess else None
    chosen_route = find_route(chosen, scenario, decision, estimation, conditions, resamples)
    if policy is not None:
        chosen_route.policy().save(policy, overwrite=force)
    if litellm is not None:
        _write_litellm(chosen_route, litellm)
    if out is not None:
        settings |= {**chosen_route.options, "versions": versions()}
        text = json.dumps(chosen_route.to_dict(), indent=1, allow_nan=False) + "\n"
        given = options_given(source, estimation, conditions, tails) | {"scenario": scenario, "decision": decision}
        given |= {"catalog": source.catalog, "model": model, "without": without}
        save_results(out, "route", settings, {"route.json": text}, asked=given, overwrite=force, remedy="--force")
    if format is Format.JSON:
        record = chosen_route.to_dict()
        if what_if:
            for name, flips in (("relaxations", relaxations(chosen_route)), ("break_evens", break_evens(chosen_route))):
                record[name] = [flip.to_dict() for flip in flips]
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    elif format is Format.MARKDOWN:
        sys.stdout.write(to_markdown(route_tables(chosen_route, what_if=what_if)))
    else:
        print_tables(route_tables(chosen_route, what_if=what_if), sys.stdout)
    if chosen_route.choice.row is None:
        raise typer.Exit(NOTHING_FOUND)


def _write_litellm(chosen_route: "Route", path: str) -> None:
    """Write the choice for LiteLLM, if there is one, with what has to be known of it above and on stderr."""
    from moo_inference.catalog.loading import to_yaml
    from moo_inference.documents.files import write_atomically
    from moo_inference.documents.results import LITELLM

    if chosen_route.choice.row is None:
        note(f"{path} is not written: there is no choice to write")
        return
    comments = (LITELLM.begins, *(f"# {one_line(sentence)}" for sentence in chosen_route.litellm_notes))
    write_atomically(path, "".join(f"{comment}\n" for comment in comments) + to_yaml(chosen_route.to_litellm()))
    for sentence in chosen_route.litellm_notes:
        note(sentence)
