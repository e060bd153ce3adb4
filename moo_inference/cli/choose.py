"""The command that answers in a sentence."""

import json
import sys
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from moo_inference.cli.budget_options import NO_BUDGET
from moo_inference.cli.catalog_source import CatalogOption, CatalogSource
from moo_inference.cli.options import (
    ConditionOptions,
    Estimation,
    ForceOption,
    Format,
    FormatOption,
    ModelOption,
    OneRuleOption,
    RouteOutOption,
    Tails,
    WithoutOption,
    grouped,
)
from moo_inference.cli.route import Asked, saved_route
from moo_inference.cli.run import NOTHING_FOUND
from moo_inference.cli.solve import show
from moo_inference.errors import SettingError
from moo_inference.formatting.lines import note


@dataclass(frozen=True)
class Measured(CatalogSource):
    """A catalog, the measured one unless another is named; or attempts, prices and budgets in its place."""

    catalog: CatalogOption = "gpqa-diamond"


@grouped
def choose(
    source: Measured,
    conditions: ConditionOptions,
    tails: Tails,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            "-s",
            metavar="ID",
            help="Scenario whose budgets hold where none is given.",
            show_default="no other budgets",
        ),
    ] = None,
    model: ModelOption = None,
    without: WithoutOption = None,
    decision: OneRuleOption = "cheapest",
    queries_per_month: Annotated[
        float | None, typer.Option("--queries-per-month", metavar="N", help="Volume, for the bill of a month.")
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: RouteOutOption = None,
    force: ForceOption = False,
) -> None:
    """Answer in a sentence: the cheapest model and k within budgets.

    Then what to know before: the next best, which budget binds, how sure, the bill of a month.

    Example: moo-inference choose --cost 0.05 --p95 120 --accuracy 0.85

    Where passes may stop early (--stop), it stops early only if that gains something on questions held out.

    It chooses among the measured models of gpqa-diamond unless --catalog or --attempts names others.

    Exit status: 0; 2 if the input is invalid; 3 if nothing meets the budgets, or the rule has no answer.
    """
    from moo_inference.views.answer import answer_record, answer_table

    if format is Format.CSV:
        raise SettingError("--format must be table, json or markdown: an answer is no table of rows")
    if queries_per_month is not None and not 0 < queries_per_month < float("inf"):
        raise SettingError(f"--queries-per-month must be a positive number, got {queries_per_month!r}")
    if scenario is None and not source.has_budgets:
        note(f"no budget is given, so the least of all is taken: --cost, --time or --p95, --accuracy; {NO_BUDGET}")
        source = replace(source, c_max="none")
    asked = Asked(source, scenario, decision, Estimation(), conditions, tails, model, without, advised=True)
    route = saved_route(asked, out, force=force)
    if format is Format.JSON:
        record = answer_record(route, queries_per_month)
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
    else:
        show([answer_table(route, queries_per_month)], format)
    if route.choice.row is None:
        raise typer.Exit(NOTHING_FOUND)
