"""The commands that read a user's own files: what a file holds, and a model made of several."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli_options import grouped
from moo_inference.errors import MooInferenceError, SettingError

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog, Model, Scenario
    from moo_inference.fitting import Fit, Given
    from moo_inference.readers import Outcomes, Price, ServingRun, TokenTrace
    from moo_inference.texts.table import Table

_WIDE = 8
"""A table of more columns is turned, so that its headings stand at the left."""

_NO_BUDGET = "none stands for no budget of cost or time"


def doctor(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Prices, a trace, a benchmark, outcomes or a catalog.")],
    format_of_file: Annotated[
        str | None, typer.Option("--as", metavar="FORMAT", help="Read it as this format. [told by its content]")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="NAME=VALUE",
            help="For the reader, e.g. filter=maj@8, correct=COLUMN; may be repeated.",
        ),
    ] = None,
) -> None:
    """Say what a file is, what it holds, what it lacks for a decision, and show its first rows as understood.

    Example: moo-inference doctor results.json

    Exit status: 0 if the format was recognised, even if something is lacking; 2 if the file is refused.
    """
    from moo_inference.catalog import load_catalog
    from moo_inference.readers import examine
    from moo_inference.texts.table import print_tables

    found = examine(file, format=format_of_file, **_pairs("--option", option))
    holds = list(found.holds)
    if found.kind == "catalog":
        catalog = load_catalog(file)
        holds = [f"{len(catalog.models):,} models and {len(catalog.scenarios):,} scenarios, all valid."]
    for heading, sentences in (("holds", holds), ("lacks", found.lacks), ("warnings", found.warnings)):
        for sentence in sentences:
            typer.echo(f"{heading}: {sentence}")
    if found.rows:
        from moo_inference.texts.table import Table

        columns, rows = found.columns, found.rows
        if len(columns) > _WIDE:
            rows = tuple(zip(columns, *rows, strict=True))
            columns = ("", *(f"row {number}" for number in range(1, len(found.rows) + 1)))
        print_tables([Table(f"{found.path}: {found.name}", columns, rows)], sys.stdout)


@dataclass(frozen=True)
class Sources:
    """The files that a model is made of."""

    prices: Annotated[
        str | None, typer.Option("--prices", metavar="FILE", help="LiteLLM's map, genai-prices, or OpenRouter's list.")
    ] = None
    model_key: Annotated[
        str | None, typer.Option("--model-key", metavar="KEY", help="The model's name in the price file.")
    ] = None
    allow_free: Annotated[bool, typer.Option("--allow-free", help="A price of 0 is meant.")] = False
    allow_expensive: Annotated[
        bool, typer.Option("--allow-expensive", help="A price above 1,000 USD per million tokens is meant.")
    ] = False
    serving: Annotated[
        str | None,
        typer.Option("--serving", metavar="FILE", help="vLLM bench, guidellm, genai-perf, AIPerf or inference-perf."),
    ] = None
    run: Annotated[
        int | None, typer.Option("--run", metavar="N", help="Which run of the benchmark, where there are several.")
    ] = None
    lengths: Annotated[
        str | None, typer.Option("--lengths", metavar="FILE", help="Azure or BurstGPT trace, or a CSV of token counts.")
    ] = None
    length_columns: Annotated[
        str | None,
        typer.Option("--length-columns", metavar="IN,OUT", help="Names of the columns, where they are not usual ones."),
    ] = None
    outcomes: Annotated[
        str | None,
        typer.Option(
            "--outcomes",
            metavar="FILE",
            help="lm-eval samples, HumanEval, EvalPlus, Large Language Monkeys, or CSV, JSON lines or Parquet.",
        ),
    ] = None
    system: Annotated[
        str | None,
        typer.Option("--system", metavar="COLUMN", help="Which column of 0 and 1, where a CSV has one a system."),
    ] = None
    filter: Annotated[str | None, typer.Option("--filter", metavar="NAME", help="Which filter of lm-eval samples.")] = (
        None
    )
    outcome_column: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome-column",
            metavar="WHAT=COLUMN",
            help="question, correct, answer or score, where a table names it otherwise; may be repeated.",
        ),
    ] = None

    def read(
        self,
    ) -> "tuple[Price | None, ServingRun | None, TokenTrace | None, Outcomes | None]":
        """What is in them; the faults of all files are raised at once."""
        faults: list[str] = []
        found: list[Any] = []
        for read in (self._price, self._serving, self._lengths, self._outcomes):
            try:
                found.append(read())
            except MooInferenceError as error:
                faults.extend(error.faults)
        if faults:
            raise SettingError(faults)
        price, serving, lengths, outcomes = found
        return price, serving, lengths, outcomes

    def _price(self) -> "Price | None":
        from moo_inference.readers.reading import read_as

        if self.prices is None or self.model_key is None:
            if self.prices != self.model_key:
                raise SettingError("--prices FILE and --model-key KEY must be given together")
            return None
        found: Price = read_as(self.prices, "prices", free=self.allow_free, expensive=self.allow_expensive).price(
            self.model_key
        )
        return found

    def _serving(self) -> "ServingRun | None":
        from moo_inference.fitting.serving import choose_run
        from moo_inference.readers.reading import read_as

        return None if self.serving is None else choose_run(read_as(self.serving, "serving"), self.run)

    def _lengths(self) -> "TokenTrace | None":
        from moo_inference.readers.reading import read_as

        if self.lengths is None:
            return None
        options: dict[str, Any] = {}
        if self.length_columns is not None:
            names = self.length_columns.split(",")
            if len(names) != 2 or not all(names):
                raise SettingError(f"--length-columns must be two names, IN,OUT; got {self.length_columns!r}")
            options = {"input_tokens": names[0], "output_tokens": names[1]}
        found: TokenTrace = read_as(self.lengths, "lengths", format="lengths_csv" if options else None, **options)
        return found

    def _outcomes(self) -> "Outcomes | None":
        from moo_inference.readers.reading import read_as

        if self.outcomes is None:
            return None
        options: dict[str, Any] = dict(_pairs("--outcome-column", self.outcome_column))
        if self.system is not None:
            options["correct"] = self.system
        if self.filter is not None:
            options["filter"] = self.filter
        found: Outcomes = read_as(self.outcomes, "outcomes", **options)
        return found


@dataclass(frozen=True)
class ByHand:
    """What the user knows without a file."""

    input_price: Annotated[
        float | None, typer.Option("--input-price", metavar="USD", help="Per million input tokens, by hand.")
    ] = None
    output_price: Annotated[
        float | None, typer.Option("--output-price", metavar="USD", help="Per million output tokens, by hand.")
    ] = None
    input_tokens: Annotated[
        str | None, typer.Option("--input-tokens", metavar="MEAN,STD", help="Length of prompts, by hand.")
    ] = None
    output_tokens: Annotated[
        str | None, typer.Option("--output-tokens", metavar="MEAN,STD", help="Length of answers, by hand.")
    ] = None
    request_seconds: Annotated[
        str | None, typer.Option("--request-seconds", metavar="MEAN,STD", help="Time of a pass, by hand.")
    ] = None
    accuracy: Annotated[
        str | None, typer.Option("--accuracy", metavar="MEAN,STD", help="Of one pass, normal, by hand.")
    ] = None
    parallel: Annotated[int, typer.Option("--parallel", metavar="P", help="Passes at the same time.")] = 1
    latency: Annotated[str, typer.Option("--latency", metavar="RULE", help="waves or ideal.")] = "waves"
    shared_prompt: Annotated[
        bool, typer.Option("--shared-prompt", help="One request asks for all k passes (n = k): one prompt is billed.")
    ] = False

    def given(self) -> "Given":
        """The same, checked."""
        from moo_inference.fitting import Given

        pairs = {
            name: _pair(f"--{name.replace('_', '-')}", getattr(self, name))
            for name in ("input_tokens", "output_tokens", "request_seconds", "accuracy")
        }
        return Given(
            self.input_price,
            self.output_price,
            **pairs,
            parallel=self.parallel,
            latency=self.latency,
            shared_prompt=self.shared_prompt,
        )


@dataclass(frozen=True)
class Budgets:
    """A scenario for a new catalog."""

    c_max: Annotated[
        str | None, typer.Option("--c-max", metavar="USD", help="Budget of a query, or none; for a new catalog.")
    ] = None
    t_max: Annotated[
        str | None, typer.Option("--t-max", metavar="SECONDS", help="Budget of a query, or none; for a new catalog.")
    ] = None
    a_min: Annotated[float | None, typer.Option("--a-min", help="Least accuracy, in [0, 1]; for a new catalog.")] = None

    def scenario(self) -> "Scenario | None":
        """The scenario; None where none of the budgets is given."""
        from moo_inference.catalog import Scenario

        told = {"--c-max": self.c_max, "--t-max": self.t_max, "--a-min": self.a_min}
        missing = [option for option, value in told.items() if value is None]
        if len(missing) == len(told):
            return None
        if missing:
            raise SettingError(f"still missing are the budgets {', '.join(missing)}; {_NO_BUDGET}")
        budgets = {"c_max": _budget("--c-max", self.c_max), "t_max": _budget("--t-max", self.t_max)}
        try:
            return Scenario.model_validate({"name": "My use", **budgets, "a_min": self.a_min})
        except ValueError as error:
            raise SettingError("--c-max and --t-max must be positive or none, and --a-min in [0, 1]") from error


@grouped
def fit(
    name: Annotated[str, typer.Option("--name", help="What to call the model.")],
    sources: Sources,
    by_hand: ByHand,
    budgets: Budgets,
    keep: Annotated[
        str, typer.Option("--keep", metavar="RULE", help="Which of k passes is kept: oracle, verifier or majority.")
    ] = "oracle",
    law: Annotated[
        str,
        typer.Option(
            "--law",
            metavar="LAW",
            help="outcomes: accuracy is counted, for k up to the samples; beta: a law fitted to them, for any k.",
        ),
    ] = "outcomes",
    cached_prompt: Annotated[
        bool, typer.Option("--cached-prompt", help="From the second pass on the prompt costs what cached input costs.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Catalog to write; if it exists the model is added. [standard output]"
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a model of this name in the catalog.")] = False,
) -> None:
    """Make a catalog entry from price lists, benchmarks, traces and evaluations, each number with its source.

    Example: moo-inference fit --name my-model --prices model_prices.json --model-key gpt-5-mini --serving bench.json
    --outcomes samples.jsonl --parallel 4 --c-max 0.05 --t-max 30 --a-min 0.9 --out catalog.yaml

    What is missing is asked for by name. Exit status: 0; 2 if something is missing or a file is at fault.
    """
    from moo_inference.catalog import save_catalog
    from moo_inference.catalog.loading import catalog_to_yaml
    from moo_inference.fitting import fit_model

    price, served, trace, evaluated = sources.read()
    found = fit_model(
        name,
        price=price,
        lengths=trace,
        serving=served,
        outcomes=evaluated,
        given=by_hand.given(),
        keep=_one_of("--keep", keep, ("oracle", "verifier", "majority")),
        law=_one_of("--law", law, ("outcomes", "beta")),
        cached_prompt=cached_prompt,
    )
    catalog = _catalog_with(name, found.model, out, replace, budgets.scenario())
    if out is None:
        sys.stdout.write(catalog_to_yaml(catalog))
    else:
        save_catalog(catalog, out)
    _tell(found, sys.stderr if out is None else sys.stdout)
    if out is not None:
        sys.stderr.write(f"moo-inference: wrote {name} into {out}\n")


def _catalog_with(name: str, model: "Model", out: str | None, replace: bool, scenario: "Scenario | None") -> "Catalog":
    from pathlib import Path

    from moo_inference.catalog import Catalog, load_catalog

    before = load_catalog(out) if out is not None and Path(out).exists() else None
    models, scenarios = ({}, {}) if before is None else (dict(before.models), dict(before.scenarios))
    if name in models and not replace:
        raise SettingError(f"{out}: has a model {name!r} already; give --replace, or another --name")
    if scenario is not None:
        scenarios["my-use"] = scenario
    if not scenarios:
        raise SettingError(f"still missing are the budgets --c-max, --t-max and --a-min; {_NO_BUDGET}")
    return Catalog(models={**models, name: model}, scenarios=scenarios)


def _tell(found: "Fit", stream: Any) -> None:
    from moo_inference.texts.table import print_tables

    for note in found.notes:
        stream.write(f"note: {note}\n")
    table = audit_table(found)
    if table is not None:
        print_tables([table], stream)


def audit_table(found: "Fit") -> "Table | None":
    """pass@k beside what one mean accuracy gives; nothing without an evaluation."""
    from moo_inference.outcomes import ASSUMPTION
    from moo_inference.texts.table import Table

    audit = found.audit
    if audit is None:
        return None
    rows = tuple(
        (str(k), f"{counted:.4f}", f"{alike:.4f}")
        for k, counted, alike in zip(
            audit.k.tolist(), audit.unbiased.tolist(), audit.equal_difficulty.tolist(), strict=True
        )
    )
    return Table(
        f"Accuracy of k passes with an oracle, p = {audit.p:.4f}",
        ("k", "pass@k, counted", "1 - (1 - p)^k"),
        rows,
        (f"The last column: {ASSUMPTION}",),
    )


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE options as a mapping."""
    wrong = [text for text in given or () if not all(text.partition("=")[::2])]
    if wrong:
        raise SettingError(f"{option} must be NAME=VALUE, got {', '.join(map(repr, wrong))}")
    return {text.partition("=")[0]: text.partition("=")[2] for text in given or ()}


def _pair(option: str, text: str | None) -> tuple[float, float] | None:
    """MEAN,STD as two numbers."""
    if text is None:
        return None
    try:
        mean, std = map(float, text.split(","))
    except ValueError as error:
        raise SettingError(f"{option} must be MEAN,STD, two numbers; got {text!r}") from error
    return mean, std


def _budget(option: str, text: str | None) -> float | None:
    if text is None or text == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise SettingError(f"{option} must be a number, or none; got {text!r}") from error


def _one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise SettingError(f"{option} must be one of: {', '.join(known)}; got {value!r}")
    return value
