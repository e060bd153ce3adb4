"""A model from files and what the user gives by hand; what is missing is named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from pydantic import ValidationError

from moo_inference.catalog import Model
from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.catalog.messages import place_of, sentence_of
from moo_inference.deprecations import renamed_keyword
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.evaluation import Audit
from moo_inference.evaluation.accuracy_curve import AccuracyCurve, Keep
from moo_inference.fitting.agreement import doubts, too_long
from moo_inference.fitting.lengths import MOST_PASSES, length_fields
from moo_inference.fitting.loads import load_fields
from moo_inference.fitting.model_fields import TIMES, ModelFields
from moo_inference.fitting.outcomes import audit_of, outcome_fields
from moo_inference.fitting.prices import price_fields
from moo_inference.fitting.serving import serving_fields
from moo_inference.readers import Outcomes, Price, ServingRun, TokenTrace

MISSING = {
    "usd_per_million_input_tokens": "the price of input: --prices FILE and --model-key KEY, or --input-price USD",
    "usd_per_million_output_tokens": "the price of output: --prices FILE and --model-key KEY, or --output-price USD",
    "input_tokens": "the length of prompts: --lengths FILE, a --serving FILE that has it, or --input-tokens MEAN,STD",
    "output_tokens": "the length of answers: --lengths FILE, a --serving FILE that has it, or --output-tokens MEAN,STD",
    "seconds": "the time of a pass: --serving FILE, or --request-seconds MEAN,STD",
    "accuracy": "the accuracy: --outcomes FILE, or --accuracy MEAN,STD",
}
"""What has to be known of a model, and the options that give it."""

_OF_A_BENCHMARK = ("seconds", "input_tokens", "output_tokens")
_GIVEN_BY = {"serving": _OF_A_BENCHMARK, "loads": _OF_A_BENCHMARK, "outcomes": ("accuracy",)}
"""What may be missing only since a file was refused, which is already reported."""


MeanAndStd = tuple[float, float | None] | Mapping[str, Any]
"""Mean and standard deviation (None: not known), or the values as a catalog has them, with their `kind`."""


@dataclass(frozen=True)
class Given:
    """What the user knows, by hand; None where a file gives it.

    Attributes:
        input_price: USD per million tokens.
        output_price: USD per million tokens.
        input_tokens: mean and standard deviation, or as in a catalog; the next three likewise.
        output_tokens: of the answer.
        request_seconds: of one pass.
        accuracy: of one pass; a pair is normal.
        resources: amounts by key, as 0.4 by `joules_per_output_token`.
        parallel: passes at the same time.
        latency: how times add up.
        shared_prompt: one request asks for all passes.
        free: a price of 0 is meant.
        price_checked: an unusual price is meant.
        reasoning_tokens: mean and standard deviation (None: not known) of what comes before the answer, on top of
            `output_tokens`.
        usd_per_hour: what one server costs, in the place of prices per token.
        replicas: how many servers share the load.
    """

    input_price: float | None = None
    output_price: float | None = None
    input_tokens: MeanAndStd | None = None
    output_tokens: MeanAndStd | None = None
    request_seconds: MeanAndStd | None = None
    accuracy: MeanAndStd | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    parallel: int = 1
    latency: str = "waves"
    shared_prompt: bool = False
    free: bool = False
    price_checked: bool = False
    reasoning_tokens: MeanAndStd | None = None
    usd_per_hour: float | None = None
    replicas: int = 1

    @property
    def has_lengths(self) -> bool:
        """Whether a length of prompts or answers is given by hand."""
        return self.input_tokens is not None or self.output_tokens is not None

    def fields(self) -> ModelFields:
        """The same as fields of a model."""
        values: dict[str, Any] = {
            "usd_per_million_input_tokens": self.input_price,
            "usd_per_million_output_tokens": self.output_price,
        }
        for name in ("input_tokens", "output_tokens", "reasoning_tokens", "request_seconds", "accuracy"):
            pair = getattr(self, name)
            values[name] = {"mean": pair[0], "std": pair[1]} if isinstance(pair, tuple) else pair
        values |= self.resources
        return ModelFields.of({name: value for name, value in values.items() if value is not None}, "given by hand")


@dataclass(frozen=True)
class Fit:
    """A model that was put together.

    Attributes:
        model: the model; `model.sources` states where each number came from.
        notes: what has to be known of them, in sentences.
        audit: pass@k next to what one mean accuracy would give; None without an evaluation.
        kept: accuracy of the same k where no oracle keeps the best pass; None with an oracle or a fitted distribution.
        warnings: those of the notes that report parts which do not seem to belong together.
    """

    model: Model
    notes: tuple[str, ...]
    audit: Audit | None = None
    kept: AccuracyCurve | None = None
    warnings: tuple[str, ...] = ()


@renamed_keyword("law", "distribution")
def fit_model(
    name: str,
    *,
    price: Price | None = None,
    lengths: TokenTrace | None = None,
    serving: ServingRun | None = None,
    loads: Sequence[ServingRun] = (),
    outcomes: Outcomes | None = None,
    given: Given | None = None,
    keep: Keep = "oracle",
    distribution: Literal["outcomes", "beta"] = "outcomes",
    cached_prompt: bool = False,
    most_passes: int = MOST_PASSES,
) -> Fit:
    """Put a model together.

    Args:
        name: what to call it.
        price: of its tokens.
        lengths: of its requests; else those of the serving benchmark are taken. Their times count where there is no
            benchmark.
        serving: how long its requests take, at one load.
        loads: the same at several loads, in its place.
        outcomes: which of its answers were right.
        given: what is given by hand, which replaces what files contain.
        keep: which of k passes is kept.
        distribution: `outcomes` counts the accuracy, for k up to the samples; `beta` fits a Beta distribution, for any
            k.
        cached_prompt: the prompt costs less from the second pass on.
        most_passes: measured passes that are kept in the model.

    Raises:
        SettingError: (a ValueError) what is missing or invalid, all of it.
    """
    by_hand = Given() if given is None else given
    timed = by_hand.request_seconds is not None
    sources: dict[str, Callable[[], ModelFields]] = {}
    if price is not None:
        sources["price"] = partial(price_fields, price, cached_prompt=cached_prompt)
    other_lengths = lengths is not None or by_hand.has_lengths
    if serving is not None:
        sources["serving"] = partial(serving_fields, serving, other_lengths=other_lengths, times=not timed)
    if loads:
        sources["loads"] = partial(
            load_fields,
            loads,
            other_lengths=other_lengths,
            usd_per_hour=by_hand.usd_per_hour,
            replicas=by_hand.replicas,
        )
    if lengths is not None:
        times = serving is None and not loads and not timed
        sources["lengths"] = partial(length_fields, lengths, most=most_passes, times=times)
    if outcomes is not None:
        sources["outcomes"] = partial(outcome_fields, outcomes, keep, distribution)
    files, merged, refused, lacking = _together(name, sources, by_hand)
    beyond, notes = too_long(price, merged.values)
    errors = ErrorCollector()
    errors.add(*refused, *beyond, *lacking)
    if not loads and (by_hand.usd_per_hour is not None or by_hand.replicas != 1):
        errors.add(
            f"{name}: servers by the hour, or several of them, need their times over the load: give --loads FILE"
        )
    if loads and (serving is not None or timed):
        errors.add(f"{name}: times over the load must not be given together with --serving FILE or --request-seconds")
    if outcomes is None and (keep != "oracle" or distribution != "outcomes"):
        errors.add(f"{name}: keep {keep!r} and distribution {distribution!r} need outcomes: give --outcomes FILE")
    if price is None and cached_prompt:
        errors.add(f"{name}: a cached prompt needs its price: give --prices FILE and --model-key KEY")
    if not name.strip():
        errors.add("the name of a model must not be empty")
    errors.check()
    warnings = doubts(price, loads[0] if loads else serving, outcomes, files, by_hand.fields())
    model = _validated(name, merged, by_hand)
    audited = None if outcomes is None else audit_of(outcomes)
    kept = None if audited is None else _kept_curve(model, audited)
    notes = [*merged.notes, *notes, *warnings, *_time_of_passes(merged)]
    return Fit(model, tuple(dict.fromkeys(notes)), audited, kept, tuple(dict.fromkeys(warnings)))


def _kept_curve(model: Model, audited: Audit) -> AccuracyCurve | None:
    """The accuracy at the k of an audit where no oracle keeps the best pass."""
    measured = model.accuracy
    if not isinstance(measured, MeasuredAccuracy) or measured.keep == "oracle":
        return None
    return measured.evaluation.curve(audited.k, trials=measured.trials, seed=measured.seed)


def _together(
    name: str, sources: Mapping[str, Callable[[], ModelFields]], by_hand: Given
) -> tuple[ModelFields, ModelFields, list[str], list[str]]:
    """The fields of all files, the same with those given by hand over them, what is refused, what lacks."""
    files = ModelFields()
    refused: list[str] = []
    unsure: set[str] = set()
    for what, read in sources.items():
        try:
            files = read().over(files)
        except SettingError as error:
            refused.extend(error.errors)
            unsure.update(_GIVEN_BY.get(what, ()))
    merged = by_hand.fields().over(files)
    lacking = [
        f"{name}: still missing is {sentence}"
        for what, sentence in MISSING.items()
        if what not in unsure and not _has(merged.values, what) and not _by_hour(what, by_hand)
    ]
    return files, merged, refused, lacking


def _validated(name: str, merged: ModelFields, by_hand: Given) -> Model:
    values = {
        **merged.values,
        "name": name,
        "parallel": by_hand.parallel,
        "latency": by_hand.latency,
        "sources": merged.sources,
        **{flag: True for flag in ("shared_prompt", "free", "price_checked") if getattr(by_hand, flag)},
    }
    try:
        return Model.model_validate(values)
    except ValidationError as error:
        raise SettingError(
            [f"{name}: {'.'.join(map(str, place_of(found)))}: {_by_option(found)}" for found in error.errors()]
        ) from error


def _time_of_passes(merged: ModelFields) -> tuple[str, ...]:
    """What has to be said where the passes are from one place and the time of a request is from another."""
    passes = merged.values.get("passes")
    if passes is None or "seconds" in passes or "request_seconds" not in merged.values:
        return ()
    return (
        f"passes from {merged.sources['passes']} have no seconds of their own: request_seconds from "
        f"{merged.sources['request_seconds']} are spread over them, the longer the answer the longer the time",
    )


def _by_option(found: Mapping[str, Any]) -> str:
    """What is wrong, with the option that confirms that it is meant."""
    sentence = sentence_of(found, Model)
    for words, option in (("`free: true`", "--allow-free"), ("`price_checked: true`", "--allow-expensive")):
        sentence = sentence.replace(words, f"{words} ({option})")
    return sentence


def _by_hour(what: str, by_hand: Given) -> bool:
    """Whether it is a price, and servers are paid by the hour instead."""
    return what.startswith("usd_") and by_hand.usd_per_hour is not None


def _has(values: Mapping[str, Any], name: str) -> bool:
    return any(one in values for one in TIMES) if name == "seconds" else name in values
