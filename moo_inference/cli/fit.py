"""The commands that read a user's own files: what a file holds, and a model made of several."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from moo_inference.cli.catalog_source import AttemptOptions
from moo_inference.cli.fit_from_file import fit_from_file
from moo_inference.cli.fit_options import (
    Budgets,
    ByHand,
    FilterOption,
    MetricOption,
    Sources,
    SystemOption,
    flag,
    one_of,
    pairs_of,
)
from moo_inference.cli.fit_recorded import fit_recorded, groups_given
from moo_inference.cli.joined import CATALOG, Joined
from moo_inference.cli.options import ForceOption, grouped
from moo_inference.cli.price_options import PriceOptions
from moo_inference.documents.files import Outputs
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.formatting.lines import note, print_line
from moo_inference.formatting.visible import one_line
from moo_inference.formatting.words import counted

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog, Scenario
    from moo_inference.evaluation.accuracy_curve import Distribution, Keep
    from moo_inference.fitting import Fit
    from moo_inference.formatting.table import Table

_WIDE = 8
"""A table of more columns is turned, so that its headings stand at the left."""


def doctor(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Prices, a trace, a benchmark, outcomes or a catalog.")],
    format_of_file: Annotated[
        str | None, flag("--as", "FORMAT", "Read it as this format.", show_default="recognised by its content")
    ] = None,
    option: Annotated[
        list[str] | None,
        flag("--option", "NAME=VALUE", "For the reader, e.g. question=COLUMN, free=true; may be repeated."),
    ] = None,
    system: SystemOption = None,
    filter: FilterOption = None,  # noqa: A002 (the option's name)
    metric: MetricOption = None,
) -> None:
    """Report what a file is, what it holds, and what it lacks.

    Its first rows are shown as they are understood.

    Example: moo-inference doctor results.json

    Exit status: 0 if the format was recognised, even if something is lacking; 2 if the file is refused.
    """
    from moo_inference.catalog import load_catalog
    from moo_inference.cli.progress import report_progress
    from moo_inference.documents.yaml_file import read_yaml
    from moo_inference.formatting.table import print_tables
    from moo_inference.views.doctor.examination import examine

    options = pairs_of("--option", option)
    for name, value in (("correct", system), ("filter", filter), ("metric", metric)):
        if value is not None and name in options:
            raise SettingError(f"--option {name} must not be given together with the option of its own")
        options |= {} if value is None else {name: value}
    with report_progress("reading") as progress:
        found = examine(file, format=format_of_file, progress=progress, **options)
    holds = list(found.holds)
    if found.kind == "catalog":
        holds = [_of_catalog(load_catalog(file), own_scenarios=bool(read_yaml(file).data.get("scenarios")))]
    for heading, sentences in (("holds", holds), ("lacks", found.lacks), ("warnings", found.warnings)):
        for sentence in sentences:
            print_line(f"{heading}: {sentence}")
    if found.rows:
        from moo_inference.formatting.table import Table

        columns, rows = found.columns, found.rows
        if len(columns) > _WIDE:
            rows = tuple(zip(columns, *rows, strict=True))
            columns = ("", *(f"row {number}" for number in range(1, len(found.rows) + 1)))
        print_tables([Table(f"{found.path}: {found.name}", columns, rows)], sys.stdout)


def _of_catalog(catalog: "Catalog", *, own_scenarios: bool) -> str:
    scenarios = catalog.scenarios if own_scenarios else {}
    sections = ((catalog.models, "model"), (scenarios, "scenario"), (catalog.pipelines, "pipeline"))
    counts = [counted(len(entries), what) for entries, what in sections if entries]
    text = f"{' and '.join(filter(None, (', '.join(counts[:-1]), counts[-1])))}, all valid."
    if own_scenarios:
        return text
    return f"{text} It has no scenarios of its own{'; those of the paper hold.' if catalog.scenarios else '.'}"


@grouped
def fit(
    sources: Sources,
    pricing: PriceOptions,
    recorded: AttemptOptions,
    by_hand: ByHand,
    budgets: Budgets,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A fit file, which describes several models.",
            show_default="one model, by options",
        ),
    ] = None,
    scenario_name: Annotated[
        str | None,
        flag("--scenario-name", "ID", "What to call the scenario of the budgets.", show_default="my-use"),
    ] = None,
    name: Annotated[
        str | None, flag("--name", "ID", "What to call the model.", show_default="with --attempts: their names")
    ] = None,
    keep: Annotated[
        str,
        flag("--keep", "RULE", "Which of k passes is kept: oracle, verifier or majority; with --attempts also all."),
    ] = "oracle",
    distribution: Annotated[
        str,
        flag(
            "--distribution",
            "DISTRIBUTION",
            "outcomes: accuracy is counted, for k up to the samples; beta: a distribution fitted to them, for any k.",
        ),
    ] = "outcomes",
    law: Annotated[str | None, typer.Option("--law", hidden=True)] = None,
    cached_prompt: Annotated[
        bool, flag("--cached-prompt", None, "From the second pass on the prompt costs what cached input costs.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Catalog to write; if it exists the model is added.",
            show_default="standard output",
        ),
    ] = None,
    replace: Annotated[
        bool, flag("--replace", None, "Replace a model of this name in the catalog, and its budgets.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Make a catalog entry from prices, benchmarks and evaluations.

    Each number has its source.

    Example: moo-inference fit --name my-model --prices model_prices.json --model-key gpt-5-mini --serving bench.json
    --outcomes samples.jsonl --parallel 4 --c-max 0.05 --t-max 30 --a-min 0.9 --out catalog.yaml

    With --attempts every model x effort of the recorded attempts is an entry, with its price of --prices.

    Example: moo-inference fit --attempts attempts.csv.gz --prices prices.json --c-max 0.05 --t-max 60 --a-min 0.8
    --out catalog.yaml

    Several models are described in one file; `moo-inference init --fit` writes one to start from.

    Example: moo-inference fit fit.yaml --out catalog.yaml

    Exit status: 0; 2 if something is missing, which is named, or a file is invalid.
    """
    from moo_inference.fitting import fit_model

    read = {**sources.files, "--attempts": recorded.attempts or [], "FILE": [] if file is None else [file]}
    outputs = Outputs(read, force=force)
    outputs.file("--out", out, CATALOG)
    outputs.check()
    joined = Joined(out, replace=replace, force=force)
    scenarios = partial(_scenarios, budgets, scenario_name)
    if file is not None:
        others = [*groups_given(sources, pricing, recorded, by_hand)]
        single = {"--name": name, "--distribution": distribution != "outcomes", "--keep": keep != "oracle"}
        others += [option for option, given in {**single, "--cached-prompt": cached_prompt}.items() if given]
        if others:
            raise SettingError(f"{', '.join(others)} must stand in {file}, which describes each model")
        fit_from_file(file, scenarios, joined)
        return
    if recorded.attempts is not None:
        fit_recorded(recorded, sources, pricing, by_hand, scenarios, joined, keep=keep, name=name)
        return
    recorded.refuse_alone({})
    if law is not None:
        note("warning: --law is --distribution now")
        distribution = law
    errors = ErrorCollector()
    if sources.prices is None:
        errors.attempt(pricing.refuse_without_prices)
    terms = errors.attempt(lambda: pricing.terms)
    parts = errors.attempt(sources.read, terms)
    given = errors.attempt(by_hand.given, free=sources.allow_free, price_checked=sources.allow_expensive)
    kept: Keep | None = errors.attempt(one_of, "--keep", keep, ("oracle", "verifier", "majority"))
    source: Distribution | None = errors.attempt(one_of, "--distribution", distribution, ("outcomes", "beta"))
    if name is None:
        errors.add("--name must be given: what to call the model")
    before = errors.attempt(joined.before, [] if name is None else [name], scenarios)
    found: Fit | None = None
    if name is not None and parts is not None and given is not None and kept is not None and source is not None:
        found = errors.attempt(
            lambda: fit_model(
                name,
                **parts,
                given=given,
                keep=kept,
                distribution=source,
                cached_prompt=cached_prompt,
            )
        )
    errors.check()
    if name is None or found is None or before is None:
        return
    before.write({name: found.model})
    _print_fit(found, sys.stderr if out is None else sys.stdout)


def _scenarios(budgets: Budgets, name: str | None) -> "dict[str, Scenario]":
    """The scenario of the budgets by its id; none where no budgets are given."""
    from moo_inference.catalog.limits import OWN_SCENARIO

    scenario = budgets.own_scenario()
    if name is None:
        return {} if scenario is None else {OWN_SCENARIO: scenario}
    if scenario is None:
        raise SettingError("--scenario-name must come with budgets: --c-max, --t-max and --a-min")
    if not name.strip():
        raise SettingError("--scenario-name must not be empty")
    return {name: scenario.replace(name=name)}


def _print_fit(fitted: "Fit", stream: TextIO) -> None:
    from moo_inference.formatting.table import print_tables

    for sentence in fitted.warnings:
        note(f"warning: {sentence}")
    for sentence in fitted.notes:
        if sentence not in fitted.warnings:
            stream.write(f"note: {one_line(sentence)}\n")
    table = audit_table(fitted)
    if table is not None:
        print_tables([table], stream)


def audit_table(fitted: "Fit") -> "Table | None":
    """Accuracy by k as the model has it next to pass@k, or pass@k next to what one mean accuracy gives.

    Nothing without an evaluation.
    """
    from moo_inference.evaluation import ASSUMPTION
    from moo_inference.formatting.table import Table

    audit, curve = fitted.audit, fitted.kept
    if audit is None:
        return None
    counted = [f"{value:.4f}" for value in audit.unbiased]
    alike = [f"{value:.4f}" for value in audit.equal_difficulty]
    if curve is None:
        return Table(
            f"Accuracy of k passes with an oracle, p = {audit.p:.4f}",
            ("k", "pass@k, counted", "1 - (1 - p)^k"),
            tuple(zip(map(str, audit.k.tolist()), counted, alike, strict=True)),
            (f"The last column: {ASSUMPTION}",),
        )
    kept = [f"{value:.4f}" for value in curve.mean]
    return Table(
        f"Accuracy of k passes kept by {_KEPT_BY[curve.keep]}, p = {audit.p:.4f}",
        ("k", curve.keep, "oracle (pass@k)"),
        tuple(zip(map(str, audit.k.tolist()), kept, counted, strict=True)),
        ("The last column needs an oracle that always recognises a right answer, which this model does not have.",),
    )


_KEPT_BY = {"majority": "majority vote", "verifier": "the verifier's score"}
