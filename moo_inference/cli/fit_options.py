"""The options of `fit`: the files that a model is made of, what is told by hand, and budgets; each with its help."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli.progress import report_progress
from moo_inference.errors import ErrorCollector, SettingError

if TYPE_CHECKING:
    from moo_inference.catalog import Scenario
    from moo_inference.fitting import Given
    from moo_inference.readers import Outcomes, Price, ServingRun, TokenTrace

_LENGTH_COLUMNS = ("input_tokens", "output_tokens", "seconds", "reasoning_tokens")

NO_BUDGET = "none stands for no budget"

SystemOption = Annotated[
    str | None,
    typer.Option("--system", metavar="COLUMN", help="Which column of 0 and 1, where a CSV has one per system."),
]
FilterOption = Annotated[
    str | None,
    typer.Option("--filter", metavar="NAME", help="Which filter of lm-eval samples, where there are several."),
]
MetricOption = Annotated[
    str | None,
    typer.Option("--metric", metavar="NAME", help="Which metric of lm-eval samples, where there are several."),
]


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
        bool,
        typer.Option("--allow-expensive", help="A price above 1,000 or below 0.001 USD per million tokens is meant."),
    ] = False
    serving: Annotated[
        str | None,
        typer.Option(
            "--serving",
            metavar="FILE",
            help="vLLM bench, SGLang, InferenceX, guidellm, genai-perf, AIPerf, inference-perf or llmperf.",
        ),
    ] = None
    run: Annotated[
        int | None, typer.Option("--run", metavar="N", help="Which run of the benchmark, where there are several.")
    ] = None
    lengths: Annotated[
        str | None,
        typer.Option("--lengths", metavar="FILE", help="Azure or BurstGPT trace, or a table of token counts."),
    ] = None
    length_columns: Annotated[
        str | None,
        typer.Option(
            "--length-columns",
            metavar="IN,OUT[,SECONDS[,REASONING]]",
            help="Columns of prompt and answer tokens, and of seconds and reasoning tokens if there are any, where "
            "their names are not usual ones.",
        ),
    ] = None
    outcomes: Annotated[
        str | None,
        typer.Option(
            "--outcomes",
            metavar="FILE",
            help="lm-eval samples, HumanEval, EvalPlus, Large Language Monkeys, or CSV, JSON lines or Parquet.",
        ),
    ] = None
    system: SystemOption = None
    filter: FilterOption = None
    outcome_column: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome-column",
            metavar="WHAT=COLUMN",
            help="question, correct, answer or score, where a table names it otherwise; may be repeated.",
        ),
    ] = None
    metric: MetricOption = None

    @property
    def files(self) -> dict[str, list[str]]:
        """What is read, by option."""
        asked = {
            "--prices": self.prices,
            "--serving": self.serving,
            "--lengths": self.lengths,
            "--outcomes": self.outcomes,
        }
        return {option: [path] for option, path in asked.items() if path is not None}

    def read(
        self,
    ) -> "tuple[Price | None, ServingRun | None, TokenTrace | None, Outcomes | None]":
        """What is in them; the faults of all files are raised at once."""
        errors = ErrorCollector()
        for option, value, needed, file in (
            ("--run", self.run, "--serving", self.serving),
            ("--length-columns", self.length_columns, "--lengths", self.lengths),
            ("--system", self.system, "--outcomes", self.outcomes),
            ("--filter", self.filter, "--outcomes", self.outcomes),
            ("--metric", self.metric, "--outcomes", self.outcomes),
            ("--outcome-column", self.outcome_column, "--outcomes", self.outcomes),
        ):
            if value and file is None:
                errors.add(f"{option} needs {needed} FILE")
        price, serving = errors.attempt(self._price), errors.attempt(self._serving)
        lengths, outcomes = errors.attempt(self._lengths), errors.attempt(self._outcomes)
        errors.check()
        return price, serving, lengths, outcomes

    def _price(self) -> "Price | None":
        from moo_inference.readers.registry import read_as

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
        from moo_inference.readers.registry import read_as

        return None if self.serving is None else choose_run(read_as(self.serving, "serving"), self.run)

    def _lengths(self) -> "TokenTrace | None":
        from moo_inference.readers.registry import read_as

        if self.lengths is None:
            return None
        options: dict[str, Any] = {}
        if self.length_columns is not None:
            names = self.length_columns.split(",")
            if not 2 <= len(names) <= len(_LENGTH_COLUMNS) or not all(names):
                raise SettingError(
                    "--length-columns must be two to four names, IN,OUT[,SECONDS[,REASONING]]; got "
                    f"{self.length_columns!r}"
                )
            options = dict(zip(_LENGTH_COLUMNS, names, strict=False))
        with report_progress(f"reading {self.lengths}") as progress:
            found: TokenTrace = read_as(
                self.lengths, "lengths", format="lengths_csv" if options else None, progress=progress, **options
            )
        return found

    def _outcomes(self) -> "Outcomes | None":
        from moo_inference.readers.registry import read_as

        if self.outcomes is None:
            return None
        options: dict[str, Any] = dict(pairs_of("--outcome-column", self.outcome_column))
        if self.system is not None and "correct" in options:
            raise SettingError("--system names the column of what is correct: --outcome-column correct must not too")
        if self.system is not None:
            options["correct"] = self.system
        options |= {
            name: value for name, value in (("filter", self.filter), ("metric", self.metric)) if value is not None
        }
        # Columns that are named make a table of what is recognised as none.
        table = "outcomes_table" if {"question", "correct"} <= options.keys() else None
        with report_progress(f"reading {self.outcomes}") as progress:
            found: Outcomes = read_as(self.outcomes, "outcomes", format=table, progress=progress, **options)
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
    reasoning_tokens: Annotated[
        str | None,
        typer.Option(
            "--reasoning-tokens",
            metavar="MEAN[,STD]",
            help="Hidden tokens before the answer, on top of --output-tokens, by hand.",
        ),
    ] = None
    request_seconds: Annotated[
        str | None, typer.Option("--request-seconds", metavar="MEAN,STD", help="Time of a pass, by hand.")
    ] = None
    accuracy: Annotated[
        str | None, typer.Option("--accuracy", metavar="MEAN,STD", help="Of one pass, normal, by hand.")
    ] = None
    resource: Annotated[
        list[str] | None,
        typer.Option(
            "--resource",
            metavar="KEY=AMOUNT",
            help="What a token uses beside money and time, as joules_per_output_token=0.4; may be repeated.",
        ),
    ] = None
    parallel: Annotated[int, typer.Option("--parallel", metavar="P", help="Passes at the same time.")] = 1
    latency: Annotated[str, typer.Option("--latency", metavar="RULE", help="waves or ideal.")] = "waves"
    shared_prompt: Annotated[
        bool, typer.Option("--shared-prompt", help="One request asks for all k passes (n = k): one prompt is billed.")
    ] = False

    def given(self, *, free: bool, price_checked: bool) -> "Given":
        """The same, checked.

        Args:
            free: a price of 0 is meant.
            price_checked: an unusual price is meant.
        """
        from moo_inference.fitting import Given

        errors = ErrorCollector()
        inward, outward, seconds, accuracy = (
            errors.attempt(_pair, option, text)
            for option, text in (
                ("--input-tokens", self.input_tokens),
                ("--output-tokens", self.output_tokens),
                ("--request-seconds", self.request_seconds),
                ("--accuracy", self.accuracy),
            )
        )
        reasoning = errors.attempt(_mean_and_maybe_std, "--reasoning-tokens", self.reasoning_tokens)
        resources = errors.attempt(_amounts, "--resource", self.resource)
        errors.check()
        return Given(
            self.input_price,
            self.output_price,
            inward,
            outward,
            seconds,
            accuracy,
            resources or {},
            parallel=self.parallel,
            latency=self.latency,
            shared_prompt=self.shared_prompt,
            free=free,
            price_checked=price_checked,
            reasoning_tokens=reasoning,
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
    a_min: Annotated[
        str | None,
        typer.Option("--a-min", metavar="SHARE", help="Least accuracy, in [0, 1], or none; for a new catalog."),
    ] = None

    def scenario(self) -> "Scenario | None":
        """The scenario; None where none of the budgets is given."""
        from moo_inference.catalog import Scenario

        told = {"--c-max": self.c_max, "--t-max": self.t_max, "--a-min": self.a_min}
        missing = [option for option, value in told.items() if value is None]
        if len(missing) == len(told):
            return None
        if missing:
            raise SettingError(f"still missing are the budgets {', '.join(missing)}; {NO_BUDGET}")
        errors = ErrorCollector()
        budgets = {
            "c_max": errors.attempt(_budget, "--c-max", self.c_max),
            "t_max": errors.attempt(_budget, "--t-max", self.t_max),
            "a_min": errors.attempt(_budget, "--a-min", self.a_min),
        }
        errors.check()
        try:
            return Scenario.model_validate({"name": "My use", **budgets})
        except ValueError as error:
            raise SettingError("--c-max and --t-max must be positive or none, and --a-min in [0, 1] or none") from error


def pairs_of(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE options as a mapping."""
    wrong = [text for text in given or () if not all(text.partition("=")[::2])]
    if wrong:
        raise SettingError(f"{option} must be NAME=VALUE, got {', '.join(map(repr, wrong))}")
    names = [text.partition("=")[0] for text in given or ()]
    faults = [f"{option} {name} must be given once" for name in dict.fromkeys(names) if names.count(name) > 1]
    faults += [
        f"{option} must be an option of the reader, and {name} is none"
        for name in ("format", "progress")
        if name in names
    ]
    if faults:
        raise SettingError(faults)
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


def _mean_and_maybe_std(option: str, text: str | None) -> tuple[float, float | None] | None:
    """MEAN or MEAN,STD as numbers; a standard deviation that is not given is not known."""
    if text is None:
        return None
    if "," in text:
        return _pair(option, text)
    try:
        return float(text), None
    except ValueError as error:
        raise SettingError(f"{option} must be MEAN or MEAN,STD, numbers; got {text!r}") from error


def _amounts(option: str, given: list[str] | None) -> dict[str, float]:
    """KEY=AMOUNT options as a mapping from keys of resources to numbers."""
    from moo_inference.catalog.messages import PER_TOKEN
    from moo_inference.catalog.resource import split_key

    amounts, faults = {}, []
    for key, text in pairs_of(option, given).items():
        try:
            amounts[key] = float(text)
        except ValueError:
            faults.append(f"{option} {key} must be a number, got {text!r}")
        if not all(split_key(key, PER_TOKEN)):
            faults.append(
                f"{option} must name a unit, as joules_per_input_token or joules_per_output_token; got {key!r}"
            )
    if faults:
        raise SettingError(faults)
    return amounts


def _budget(option: str, text: str | None) -> float | None:
    if text is None or text == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise SettingError(f"{option} must be a number, or none; got {text!r}") from error


def one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    """The value, if it is one of the known ones."""
    if value not in known:
        raise SettingError(f"{option} must be one of: {', '.join(known)}; got {value!r}")
    return value
