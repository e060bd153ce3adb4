"""The command that chooses across models."""

import json
import sys
from dataclasses import dataclass
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
    OneRuleOption,
    OneScenarioOption,
    RouteOutOption,
    Tails,
    WithoutOption,
    grouped,
)
from moo_inference.cli.run import NOTHING_FOUND
from moo_inference.cli.solve import asked_catalog, find_route, one_scenario, options_given, repetitions, show
from moo_inference.errors import SettingError
from moo_inference.formatting.lines import note
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    from moo_inference.studies.route import Route


@grouped
def route(
    source: CatalogSource,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    scenario: OneScenarioOption = None,
    model: ModelOption = None,
    without: WithoutOption = None,
    decision: OneRuleOption = "knee-chord",
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
    out: RouteOutOption = None,
    force: ForceOption = False,
) -> None:
    """Choose one model and its k for a scenario, and why no other.

    Example: moo-inference route -s medical-ai -d knee-chord --what-if

    Exit status: 0; 2 if the input is invalid; 3 if nothing meets the budgets, or the rule has no answer.
    """
    from moo_inference.studies.what_if import break_evens, relaxations
    from moo_inference.views.route import route_tables

    if format is Format.CSV:
        raise SettingError("--format must be table, json or markdown: a route is no table of rows")
    asked = Asked(source, scenario, decision, estimation, conditions, tails, model, without)
    resamples = repetitions(simulated=False) if assess else None
    chosen_route = saved_route(asked, out, policy=policy, litellm=litellm, assess=resamples, force=force)
    if format is Format.JSON:
        record = chosen_route.to_dict()
        if what_if:
            for name, flips in (("relaxations", relaxations(chosen_route)), ("break_evens", break_evens(chosen_route))):
                record[name] = [flip.to_dict() for flip in flips]
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    else:
        show(route_tables(chosen_route, what_if=what_if), format)
    if chosen_route.choice.row is None:
        raise typer.Exit(NOTHING_FOUND)


@dataclass(frozen=True)
class Asked:
    """What a choice across models is asked for.

    Attributes:
        source: a catalog, or attempts in its place, and budgets.
        scenario: id of the scenario; None for the only one.
        decision: id of the rule.
        estimation: the estimator and its options.
        conditions: the grid of k, and latency.
        tails: quantiles of the budgets.
        model: ids of models; None means all.
        without: resources that are left out.
        advised: stop early only where that gains something on held-out questions.
    """

    source: CatalogSource
    scenario: str | None
    decision: str
    estimation: Estimation
    conditions: ConditionOptions
    tails: Tails
    model: list[str] | None
    without: list[str] | None
    advised: bool = False


def saved_route(
    asked: Asked,
    out: str | None,
    *,
    policy: str | None = None,
    litellm: str | None = None,
    assess: int | None = None,
    force: bool = False,
) -> "Route":
    """Choose across models, with progress on stderr, and write what is to be kept of it.

    Args:
        asked: what is asked for.
        out: the folder of route.json and settings.json; None for none.
        policy: the file of what a router can choose from; None for none.
        litellm: the file of settings of a LiteLLM router; None for none.
        assess: with how many resamples the choice is assessed; None: by default where something was measured.
        force: replace whatever is there.

    Raises:
        SettingError: (a ValueError) options do not go together, or the folder holds a route of other settings.
        OutputError: (an OSError) other files are where results go.
    """
    from moo_inference.catalog.loading import catalog_to_dict
    from moo_inference.documents.files import Outputs
    from moo_inference.documents.results import LITELLM, SETTINGS, refuse_other_settings, results_of, save_results
    from moo_inference.policy.policy import POLICY
    from moo_inference.studies.choose import recommended
    from moo_inference.versions import versions

    source = asked.source
    outputs = Outputs(source.inputs, force=force)
    outputs.file("--policy", policy, POLICY)
    outputs.file("--litellm", litellm, LITELLM)
    outputs.folder("--out", out, results_of("route"), SETTINGS)
    outputs.check()
    named = None if asked.scenario is None else [asked.scenario]
    catalog = asked_catalog(source, asked.model, named, asked.without, asked.tails).select(asked.model)
    about = {"scenario": one_scenario(catalog, asked.scenario), "decision": asked.decision}
    settings: dict[str, Any] = {}
    if out is not None:
        settings = {**about, "catalog": json.loads(json.dumps(catalog_to_dict(catalog)))}
        if not force:
            refuse_other_settings(out, "route", settings, "--force to replace it")
    found = find_route(catalog, about["scenario"], asked.decision, asked.estimation, asked.conditions, assess)
    if asked.advised:
        found = recommended(found)
    if policy is not None:
        found.policy().save(policy, overwrite=force)
        if any(model.first_setting is not None for model in found.models.values()):
            note(f"{policy}: pairs of settings are left out, since a policy file cannot hold them")
    if litellm is not None:
        _write_litellm(found, litellm)
    if out is not None:
        settings |= {**found.options, "versions": versions()}
        text = json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n"
        given = options_given(source, asked.estimation, asked.conditions, asked.tails) | about
        given |= {"model": asked.model, "without": asked.without}
        if source.attempts is None:
            # Not left out where it is the default, which is another one for another command.
            given["catalog"] = source.catalog
        save_results(out, "route", settings, {"route.json": text}, asked=given, overwrite=force, remedy="--force")
    return found


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
