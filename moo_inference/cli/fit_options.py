"""The options of `fit`: the files that a model is made of, what is given by hand, and budgets; each with its help."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli.progress import report_progress
from moo_inference.errors import ErrorCollector, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moo_inference.catalog import Scenario
    from moo_inference.fitting import Given
    from moo_inference.fitting.price_terms import PriceTerms
    from moo_inference.readers import Price, ServingRun

_LENGTH_COLUMNS = ("input_tokens", "output_tokens", "seconds", "reasoning_tokens")

NO_BUDGET = "none stands for no budget"

Text = str | None
Texts = list[str] | None
Number = float | None


def flag(flag: str, metavar: str | None, words: str, show_default: str | bool = True) -> Any:
    """An option with its help.

    Args:
        flag: as typed, with its dashes.
        metavar: what the help calls the value; None for a flag without one.
        words: the help.
        show_default: the default in words, where the value does not show it.
    """
    return typer.Option(flag, metavar=metavar, help=words, show_default=show_default)


SystemOption = Annotated[Text, flag("--system", "COLUMN", "Which column of 0 and 1, where a CSV has one per system.")]
FilterOption = Annotated[Text, flag("--filter", "NAME", "Which filter of lm-eval samples, where there are several.")]
MetricOption = Annotated[Text, flag("--metric", "NAME", "Which metric of lm-eval samples, where there are several.")]


@dataclass(frozen=True)
class Sources:
    """The files that a model is made of."""

    prices: Annotated[Text, flag("--prices", "FILE", "LiteLLM's map, genai-prices, or OpenRouter's list.")] = None
    model_key: Annotated[
        Texts,
        flag(
            "--model-key",
            "KEY",
            "The model's name in the price file; with --attempts MODEL=KEY, where it is another; may be repeated.",
        ),
    ] = None
    allow_free: Annotated[bool, flag("--allow-free", None, "A price of 0 is meant.")] = False
    allow_expensive: Annotated[
        bool, flag("--allow-expensive", None, "A price above 1,000 or below 0.001 USD per million tokens is meant.")
    ] = False
    serving: Annotated[
        Text,
        flag(
            "--serving",
            "FILE",
            "vLLM bench, SGLang, InferenceX, guidellm, genai-perf, AIPerf, inference-perf or llmperf.",
        ),
    ] = None
    loads: Annotated[
        Texts,
        flag("--loads", "FILE", "Runs at several loads, or a folder of them, in place of --serving; may be repeated."),
    ] = None
    run: Annotated[int | None, flag("--run", "N", "Which run of the benchmark, where there are several.")] = None
    lengths: Annotated[Text, flag("--lengths", "FILE", "Azure or BurstGPT trace, or a table of token counts.")] = None
    length_columns: Annotated[
        Text,
        flag(
            "--length-columns",
            "IN,OUT[,SECONDS[,REASONING]]",
            "Columns of prompt and answer tokens, and of seconds and reasoning tokens if there are any, where "
            "their names are not usual ones.",
        ),
    ] = None
    outcomes: Annotated[
        Text,
        flag(
            "--outcomes",
            "FILE",
            "lm-eval samples, HumanEval, EvalPlus, Large Language Monkeys, or CSV, JSON lines or Parquet.",
        ),
    ] = None
    system: SystemOption = None
    filter: FilterOption = None
    outcome_column: Annotated[
        Texts,
        flag(
            "--outcome-column",
            "WHAT=COLUMN",
            "question, correct, answer, score or cluster, where a table names it otherwise; may be repeated.",
        ),
    ] = None
    metric: MetricOption = None

    @property
    def files(self) -> dict[str, list[str]]:
        """What is read, by option."""
        sources = {
            "--prices": self.prices,
            "--serving": self.serving,
            "--lengths": self.lengths,
            "--outcomes": self.outcomes,
        }
        found = {option: [path] for option, path in sources.items() if path is not None}
        return {**found, **({"--loads": self.loads} if self.loads else {})}

    def read(self, terms: "PriceTerms | None" = None) -> "dict[str, Any] | None":
        """What is in them, by argument of `fit_model`; the errors of all files are raised at once.

        Args:
            terms: on which queries are sent; None: interactively, at any hour.
        """
        found = ErrorCollector()
        for option, value, needed, file in (
            ("--run", self.run, "--serving", self.serving),
            ("--length-columns", self.length_columns, "--lengths", self.lengths),
            ("--system", self.system, "--outcomes", self.outcomes),
            ("--filter", self.filter, "--outcomes", self.outcomes),
            ("--metric", self.metric, "--outcomes", self.outcomes),
            ("--outcome-column", self.outcome_column, "--outcomes", self.outcomes),
        ):
            if value and file is None:
                found.add(f"{option} needs {needed} FILE")
        price = found.attempt(self._price, terms)
        serving = found.attempt(self._serving) if self.serving is not None else None
        lengths = found.attempt(self._lengths) if self.lengths is not None else None
        outcomes = found.attempt(self._outcomes) if self.outcomes is not None else None
        runs = found.attempt(self._loads) if self.loads else []
        found.check()
        return {"price": price, "serving": serving, "loads": runs, "lengths": lengths, "outcomes": outcomes}

    def _price(self, terms: "PriceTerms | None") -> "Price | None":
        if self.prices is None or self.model_key is None:
            if self.prices is not None or self.model_key is not None:
                raise SettingError("--prices FILE and --model-key KEY must be given together")
            return None
        if len(self.model_key) > 1:
            raise SettingError(f"--model-key must be given once, got {', '.join(self.model_key)}")
        options: dict[str, Any] = {"free": self.allow_free, "expensive": self.allow_expensive}
        found: Price = _read(self.prices, "prices", options | (terms.reading if terms else {})).price(self.model_key[0])
        return terms.of(found) if terms else found

    def _serving(self) -> "ServingRun":
        from moo_inference.fitting.serving import choose_run

        return choose_run(_read(self.serving, "serving", {}), self.run)

    def _loads(self) -> "list[ServingRun]":
        from moo_inference.fitting.loads import files_of

        errors = ErrorCollector()
        paths = [path for given in self.loads or () for path in errors.attempt(files_of, given) or ()]
        read = [errors.attempt(_read, path, "serving", {}) or () for path in paths]
        errors.check()
        return [run for runs in read for run in runs]

    def _lengths(self) -> Any:
        names = [] if self.length_columns is None else self.length_columns.split(",")
        if self.length_columns is not None and not (2 <= len(names) <= len(_LENGTH_COLUMNS) and all(names)):
            raise SettingError(
                f"--length-columns must be two to four names, IN,OUT[,SECONDS[,REASONING]]; got {self.length_columns!r}"
            )
        options = dict(zip(_LENGTH_COLUMNS, names, strict=False))
        return _read(self.lengths, "lengths", options, form="lengths_csv" if options else None)

    def _outcomes(self) -> Any:
        options = pairs_of("--outcome-column", self.outcome_column)
        if self.system is not None and "correct" in options:
            raise SettingError("--system names the column of what is correct: --outcome-column correct must not too")
        given = {"correct": self.system, "filter": self.filter, "metric": self.metric}
        options |= {name: value for name, value in given.items() if value is not None}
        # Columns that are named make a table of what is recognised as none.
        table = "outcomes_table" if {"question", "correct"} <= options.keys() else None
        return _read(self.outcomes, "outcomes", options, form=table)


def _read(path: Any, kind: str, options: "Mapping[str, Any]", form: str | None = None) -> Any:
    from moo_inference.readers.registry import read_as

    with report_progress(f"reading {path}") as progress:
        return read_as(path, kind, format=form, progress=progress, **options)


@dataclass(frozen=True)
class ByHand:
    """What the user knows without a file."""

    input_price: Annotated[Number, flag("--input-price", "USD", "Per million input tokens, by hand.")] = None
    output_price: Annotated[Number, flag("--output-price", "USD", "Per million output tokens, by hand.")] = None
    input_tokens: Annotated[Text, flag("--input-tokens", "MEAN,STD", "Length of prompts, by hand.")] = None
    output_tokens: Annotated[Text, flag("--output-tokens", "MEAN,STD", "Length of answers, by hand.")] = None
    reasoning_tokens: Annotated[
        Text,
        flag(
            "--reasoning-tokens", "MEAN[,STD]", "Hidden tokens before the answer, on top of --output-tokens, by hand."
        ),
    ] = None
    request_seconds: Annotated[Text, flag("--request-seconds", "MEAN,STD", "Time of a pass, by hand.")] = None
    accuracy: Annotated[Text, flag("--accuracy", "MEAN,STD", "Of one pass, normal, by hand.")] = None
    resource: Annotated[
        Texts,
        flag(
            "--resource",
            "KEY=AMOUNT",
            "What a token uses besides money and time, as joules_per_output_token=0.4; may be repeated.",
        ),
    ] = None
    usd_per_hour: Annotated[
        Number, flag("--usd-per-hour", "USD", "What a server of --loads costs, in place of prices per token.")
    ] = None
    replicas: Annotated[int, flag("--replicas", "N", "How many such servers share the load.")] = 1
    parallel: Annotated[int, flag("--parallel", "P", "Passes at the same time.")] = 1
    latency: Annotated[str, flag("--latency", "RULE", "waves or ideal.")] = "waves"
    shared_prompt: Annotated[
        bool, flag("--shared-prompt", None, "One request asks for all k passes (n = k): one prompt is billed.")
    ] = False

    def given(self, *, free: bool, price_checked: bool) -> "Given":
        """The same, checked.

        Args:
            free: a price of 0 is meant.
            price_checked: an unusual price is meant.
        """
        from moo_inference.fitting import Given

        found = ErrorCollector()
        inward, outward, seconds, accuracy = (
            found.attempt(_mean_and_std, option, text)
            for option, text in (
                ("--input-tokens", self.input_tokens),
                ("--output-tokens", self.output_tokens),
                ("--request-seconds", self.request_seconds),
                ("--accuracy", self.accuracy),
            )
        )
        reasoning = found.attempt(_mean_and_maybe_std, "--reasoning-tokens", self.reasoning_tokens)
        resources = found.attempt(_amounts, "--resource", self.resource)
        found.check()
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
            usd_per_hour=self.usd_per_hour,
            replicas=self.replicas,
        )


@dataclass(frozen=True)
class Budgets:
    """A scenario of one's own."""

    c_max: Annotated[Text, flag("--c-max", "USD", "Budget per query, or none.")] = None
    t_max: Annotated[Text, flag("--t-max", "SECONDS", "Budget per query, or none.")] = None
    a_min: Annotated[Text, flag("--a-min", "SHARE", "Least accuracy, in [0, 1], or none.")] = None

    queries_per_second: Annotated[
        Text, flag("--queries-per-second", "N", "The load of the scenario, where times depend on it.")
    ] = None
    concurrency: Annotated[Text, flag("--concurrency", "N", "Queries at the same time, in place of the last.")] = None

    def own_scenario(self) -> "Scenario | None":
        """The scenario; None where none of the budgets is given."""
        from moo_inference.catalog import Scenario

        options = {"--c-max": self.c_max, "--t-max": self.t_max, "--a-min": self.a_min}
        missing = [option for option, value in options.items() if value is None]
        loads = {"--queries-per-second": self.queries_per_second, "--concurrency": self.concurrency}
        loads = {option: text for option, text in loads.items() if text is not None}
        if len(missing) == len(options):
            if loads:
                raise SettingError(f"{', '.join(loads)} must come with budgets: --c-max, --t-max and --a-min")
            return None
        if missing:
            raise SettingError(f"still missing are the budgets {', '.join(missing)}; {NO_BUDGET}")
        found = ErrorCollector()
        budgets = {
            name[2:].replace("-", "_"): found.attempt(_budget, name, text)
            for name, text in {**options, **loads}.items()
        }
        found.check()
        try:
            return Scenario.model_validate({"name": "My use", **budgets})
        except ValueError as error:
            load = ", and one of --queries-per-second and --concurrency positive" if loads else ""
            raise SettingError(
                f"--c-max and --t-max must be positive or none, and --a-min in [0, 1] or none{load}"
            ) from error


def pairs_of(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE options as a mapping."""
    wrong = [text for text in given or () if not all(text.partition("=")[::2])]
    if wrong:
        raise SettingError(f"{option} must be NAME=VALUE, got {', '.join(map(repr, wrong))}")
    names = [text.partition("=")[0] for text in given or ()]
    errors = ErrorCollector(
        f"{option} {name} must be given once" for name in dict.fromkeys(names) if names.count(name) > 1
    )
    foreign = [name for name in ("format", "progress") if name in names]
    errors.add(*(f"{option} must be an option of the reader, and {name} is none" for name in foreign))
    errors.check()
    return {text.partition("=")[0]: text.partition("=")[2] for text in given or ()}


def _mean_and_std(option: str, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        mean, std = map(float, text.split(","))
    except ValueError as error:
        raise SettingError(f"{option} must be MEAN,STD, two numbers; got {text!r}") from error
    return mean, std


def _mean_and_maybe_std(option: str, text: str | None) -> tuple[float, float | None] | None:
    """MEAN,STD as numbers; a standard deviation that is not given is not known."""
    if text is None or "," in text:
        return _mean_and_std(option, text)
    try:
        return float(text), None
    except ValueError as error:
        raise SettingError(f"{option} must be MEAN or MEAN,STD, numbers; got {text!r}") from error


def _amounts(option: str, given: list[str] | None) -> dict[str, float]:
    """KEY=AMOUNT options as a mapping from keys of resources to numbers."""
    from moo_inference.catalog.messages import PER_TOKEN
    from moo_inference.catalog.resource import split_key

    amounts, errors = {}, ErrorCollector()
    for key, text in pairs_of(option, given).items():
        try:
            amounts[key] = float(text)
        except ValueError:
            errors.add(f"{option} {key} must be a number, got {text!r}")
        if not all(split_key(key, PER_TOKEN)):
            errors.add(f"{option} must name a unit, as joules_per_input_token or joules_per_output_token; got {key!r}")
    errors.check()
    return amounts


def _budget(option: str, text: str | None) -> float | None:
    if text is None or text == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise SettingError(f"{option} must be a number, or none; got {text!r}") from error


def one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    """The value, if it is one of the known ones.

    Args:
        option: as typed, for the message.
        value: what was given.
        known: all that it may be.

    Raises:
        SettingError: (a ValueError) it is none of them.
    """
    if value not in known:
        raise SettingError(f"{option} must be one of: {', '.join(known)}; got {value!r}")
    return value
