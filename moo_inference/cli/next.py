"""The command that plans what to measure next, and buys it batch by batch."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli.catalog_source import CatalogSource
from moo_inference.cli.fit_options import pairs_of
from moo_inference.cli.loop_options import LoopOptions
from moo_inference.cli.options import (
    ConditionOptions,
    Format,
    FormatOption,
    ModelOption,
    OneRuleOption,
    OneScenarioOption,
    Tails,
    WithoutOption,
    grouped,
)
from moo_inference.cli.run import NOTHING_FOUND
from moo_inference.cli.solve import asked_catalog, one_scenario, show
from moo_inference.errors import ErrorCollector

if TYPE_CHECKING:
    from moo_inference.studies.next_measurement import NextMeasurement


@grouped
def next_(
    source: CatalogSource,
    conditions: ConditionOptions,
    tails: Tails,
    loop: LoopOptions,
    spend: Annotated[float, typer.Option("--spend", metavar="USD", help="Most that is to be spent on attempts.")],
    target: Annotated[
        float, typer.Option("--target", metavar="PGS", help="Stop where the choice is this sure, as 0.9.")
    ] = 0.9,
    questions: Annotated[
        int | None,
        typer.Option(
            "--questions", metavar="N", help="How many the benchmark has.", show_default="there are always further ones"
        ),
    ] = None,
    attempt_price: Annotated[
        list[str] | None,
        typer.Option(
            "--attempt-price",
            metavar="MODEL=USD",
            help="What an attempt costs; a model that is not there yet is measured first; may be repeated.",
            show_default="the mean cost of its attempts",
        ),
    ] = None,
    scenario: OneScenarioOption = None,
    model: ModelOption = None,
    without: WithoutOption = None,
    decision: OneRuleOption = "cheapest",
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
) -> None:
    """Plan which settings to measure further for a sum.

    Then how sure the choice is now, how sure it is expected to be afterwards, and when to stop.

    Example: moo-inference next --catalog gpqa-diamond -s standard -d accuracy-max --spend 80 --k-max 8

    With --loop CMD the plan is carried out: CMD is run for each batch, the attempts are read again, and so on until the
    target is reached or the sum is spent.

    Exit status: 0; 2 if the input is invalid; 3 if the target is not reached and nothing more can be bought.
    """
    prices = _prices(attempt_price)

    def plan(more: list[str], sum_left: float) -> "NextMeasurement":
        from dataclasses import replace

        from moo_inference.cli.progress import report_progress
        from moo_inference.studies.next_measurement import next_measurement

        there = replace(source, attempts=[*source.attempts, *more]) if source.attempts and more else source
        named = None if scenario is None else [scenario]
        catalog = asked_catalog(there, model, named, without, tails).select(model)
        with report_progress("planning"):
            return next_measurement(
                catalog,
                one_scenario(catalog, scenario),
                decision,
                spend=sum_left,
                target=target,
                questions=questions,
                prices=prices or None,
                **asdict(conditions),
            )

    if loop.loop is None:
        loop.refuse_alone()
        found = plan([], spend)
        _print(found, format)
        if found.stop and found.status != "reached":
            raise typer.Exit(NOTHING_FOUND)
        return
    asked = {
        "decision": decision,
        "limits": source.limits,
        "scenario": scenario,
        "catalog": source.catalog,
        "attempts": source.attempts,
        "loop": loop.loop,
    }
    from moo_inference.cli.loop import run_loop

    found, record = run_loop(loop, plan, spend, asked, extendable=source.attempts is not None)
    _print(found, format, record)
    if found.status != "reached":
        raise typer.Exit(NOTHING_FOUND)


def _prices(given: list[str] | None) -> dict[str, float]:
    errors = ErrorCollector()
    found = {}
    for name, text in (pairs_of("--attempt-price", given) or {}).items():
        try:
            found[name] = float(text)
        except ValueError:
            errors.add(f"--attempt-price {name} must be a number of USD, got {text!r}")
    errors.check()
    return found


def _print(plan: "NextMeasurement", format: Format, spent: dict[str, Any] | None = None) -> None:  # noqa: A002 (the option's name)
    from moo_inference.documents.columns import columns_to_csv
    from moo_inference.views.next_measurement import loop_table, plan_table, purchase_columns

    if format is Format.JSON:
        record = plan.to_dict() if spent is None else {**plan.to_dict(), "loop": spent}
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    elif format is Format.CSV:
        sys.stdout.write(columns_to_csv(purchase_columns(plan)))
    else:
        show([plan_table(plan) if spent is None else loop_table(plan, spent)], format)
