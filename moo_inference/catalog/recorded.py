"""One model of recorded attempts: what each attempt costs, which attempts are whole, and what is wrong with them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from moo_inference.catalog.accuracy import Accuracy, MeasuredAccuracy
from moo_inference.catalog.attempt_columns import AttemptColumns, FloatArray
from moo_inference.catalog.messages import PER_TOKEN, place_of, sentence_of
from moo_inference.catalog.model import PriceTier
from moo_inference.catalog.recorded_model import RecordedModel, measured_spread
from moo_inference.catalog.resource import gathered
from moo_inference.errors import SettingError
from moo_inference.evaluation.kept import KeepRecorded
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.records import evaluation_of
from moo_inference.evaluation.voting import ABSENT

_SHOWN = 5


@dataclass(frozen=True)
class Prices:
    """USD per million tokens; None where none is given.

    Attributes:
        input: of the prompt.
        output: of what is written.
        cached: of what came from a cache.
        cache_write: of what was written to a cache.
        tiers: what a long prompt pays in place of the prices of input and output; cached input costs there the same
            share of other input as outside.
    """

    input: float | None
    output: float | None
    cached: float | None
    cache_write: float | None = None
    tiers: tuple[PriceTier, ...] = ()

    @property
    def by_name(self) -> dict[str, float | None]:
        """As they are called in the fields of a model."""
        return {
            "input": self.input,
            "output": self.output,
            "cached_input": self.cached,
            "cache_write_input": self.cache_write,
        }

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return bool(self.tiers) or any(price is not None for price in self.by_name.values())

    def cost(self, attempts: AttemptColumns) -> FloatArray:
        """(s,) USD of each attempt, at the tier of its own prompt."""
        first, outward = self.input or 0.0, self.output or 0.0
        read, written = np.asarray(attempts.tokens_in), np.asarray(attempts.tokens_out)
        apart = [
            (price - first) * tokens
            for price, tokens in (
                (self.cached, attempts.tokens_cached),
                (self.cache_write, attempts.tokens_cache_write),
            )
            if price is not None and tokens is not None
        ]
        if not self.tiers:
            return np.asarray(sum(apart, first * read + outward * written) / 1e6)
        times, per_output = np.ones(len(read)), np.full(len(read), outward)
        for tier in self.tiers:
            beyond = read > tier.from_input_tokens
            times[beyond] = tier.usd_per_million_input_tokens / first if first else 0.0
            per_output[beyond] = tier.usd_per_million_output_tokens
        return np.asarray((times * sum(apart, first * read) + per_output * written) / 1e6)


def as_tiers(given: Iterable[PriceTier | Mapping[str, Any]]) -> tuple[PriceTier, ...]:
    """Price tiers from their values in a catalog.

    Raises:
        SettingError: (a ValueError) they are none.
    """
    try:
        return tuple(tier if isinstance(tier, PriceTier) else PriceTier.model_validate(tier) for tier in given)
    except ValidationError as error:
        found = error.errors()
        raise SettingError(
            [f"price_tiers: {'.'.join(map(str, place_of(one)))}: {sentence_of(one, PriceTier)}" for one in found]
        ) from error


def recorded_model(
    attempts: AttemptColumns,
    prices: Prices,
    keep: KeepRecorded,
    least: int | None,
    options: Mapping[str, Any],
) -> RecordedModel:
    """The model of some attempts, which are all of one model; see `Attempts.model`.

    Args:
        attempts: the attempts.
        prices: USD per million tokens; none where dollars were recorded.
        keep: which of k passes is kept.
        least: attempts that a question must have to count; None: 1.
        options: further fields of the model, as `parallel`.

    Raises:
        SettingError: (a ValueError) the attempts lack what is needed, or an option is out of its range; all at once.
    """
    resources = gathered(options, PER_TOKEN).get("resources")
    used = sorted(resources) if isinstance(resources, Mapping) else []
    errors = list(_errors(attempts, prices, keep, least))
    if used and (attempts.tokens_in is None or attempts.tokens_out is None):
        errors.append(
            f"{', '.join(used)} by the token must come with tokens, in the columns tokens_in and tokens_out; got none"
        )
    if errors:
        raise SettingError(errors)
    cost = _cost(attempts, prices)
    columns = [attempts.correct, cost, *([attempts.seconds] if attempts.seconds is not None else [])]
    if keep == "verifier" and attempts.score is not None:
        columns.append(attempts.score)
    if used:
        columns += [tokens for tokens in (attempts.tokens_in, attempts.tokens_out) if tokens is not None]
    whole = ~np.isnan(columns).any(axis=0)
    codes = np.asarray(attempts.question.codes)
    counts = np.bincount(codes[whole], minlength=len(attempts.question.categories))
    attempted = np.bincount(codes, minlength=len(counts)) > 0
    enough = attempted & (counts >= (1 if least is None else least))
    _refuse_empty(attempts, attempted & ~enough, least, enough)
    rows = np.flatnonzero(whole & enough[codes])
    notes = _notes(attempts, len(codes) - int(whole.sum()), int((attempted & ~enough).sum()), least)
    options = {**options, "sources": _sources(options, notes)}
    return _model(attempts.take(rows), cost[rows], prices, keep, options)


def with_keep(model: RecordedModel, keep: KeepRecorded) -> RecordedModel:
    """The model with another way to keep one of its passes.

    Args:
        model: the model.
        keep: which of k passes is kept.

    Raises:
        SettingError: (a ValueError) its attempts lack what that needs.
    """
    attempts = model.attempts
    if keep == "majority" and (attempts.answer is None or not (attempts.answer != ABSENT).any()):
        raise SettingError("keep 'majority' needs answers, got attempts without any")
    if keep != "oracle" and attempts.graded:
        raise SettingError(f"keep {keep!r} needs attempts that are right or wrong, got scores")
    if keep == "verifier" and attempts.score is None:
        raise SettingError("keep 'verifier' needs the scores of a verifier, got attempts without them")
    recorded = replace(attempts, keep=keep)
    entry = model.entry
    if entry is not None:
        entry = entry.replace(attempts=entry.attempts.replace(keep=keep))
    return model.replace(attempts=recorded, accuracy=_accuracy(recorded), entry=entry)


def at_questions(model: RecordedModel, names: Collection[str]) -> RecordedModel:
    """The model with its attempts at some questions alone, with a note on how many there are.

    Args:
        model: the model.
        names: of the questions.
    """
    some = np.isin(model.attempts.names.astype(str), list(names))
    if some.all():
        return model
    recorded = model.attempts.only(some)
    note = f"{some.sum():,} of {len(some):,} questions, those that both settings were asked"
    sources = {**model.sources, "attempts": "; ".join(filter(None, (model.sources.get("attempts"), note)))}
    return model.replace(attempts=recorded, accuracy=_accuracy(recorded), sources=sources, entry=model.entry)


def _sources(options: Mapping[str, Any], notes: str) -> dict[str, str]:
    """Where the numbers come from, with what was counted and left out."""
    given = dict(options.get("sources", {}))
    return {**given, "attempts": "; ".join(filter(None, (given.get("attempts"), notes)))}


def _errors(attempts: AttemptColumns, prices: Prices, keep: str, least: int | None) -> Iterator[str]:
    if keep not in get_args(KeepRecorded):
        yield f"keep must be one of: {', '.join(get_args(KeepRecorded))}; got {keep!r}"
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 1):
        yield f"least_samples must be a whole number of at least 1, got {least!r}"
    tokens = attempts.tokens_in is not None and attempts.tokens_out is not None
    if prices.given:
        if prices.input is None or prices.output is None:
            yield "usd_per_million_input_tokens and usd_per_million_output_tokens must be given together, got one"
        if not tokens:
            yield "prices must come with tokens, in the columns tokens_in and tokens_out; got prices alone"
        if prices.input == 0 and any(tier.usd_per_million_input_tokens for tier in prices.tiers):
            yield "price_tiers must have no price of input where other prompts cost nothing"
    elif attempts.usd is None and (attempts.tokens_in is not None or attempts.tokens_out is not None):
        yield (
            "tokens must come with prices: give usd_per_million_input_tokens and usd_per_million_output_tokens, or a "
            "column usd; got tokens alone"
        )
    elif attempts.usd is None:
        yield "attempts must have a column usd, or tokens_in and tokens_out with prices; got neither"
    if attempts.seconds is None:
        yield "attempts must have a column seconds, got none"
    if keep == "majority" and attempts.answer is None:
        yield "keep 'majority' needs a column answer, got none"
    if keep == "verifier" and attempts.score is None:
        yield "keep 'verifier' needs a column score as well as correct, got none"


def _cost(attempts: AttemptColumns, prices: Prices) -> FloatArray:
    """(s,) USD of each attempt."""
    return attempts.usd if not prices.given and attempts.usd is not None else prices.cost(attempts)


def _refuse_empty(
    attempts: AttemptColumns, short: NDArray[np.bool_], least: int | None, enough: NDArray[np.bool_]
) -> None:
    if least is None and short.any():
        names = [str(attempts.question.categories[place]) for place in np.flatnonzero(short)[:_SHOWN]]
        more = f" and {int(short.sum()) - _SHOWN:,} more" if short.sum() > _SHOWN else ""
        raise SettingError(
            "every question must have an attempt with an outcome, a cost and a time, got none in question "
            f"{', '.join(names)}{more}; least_samples=1 leaves such questions out"
        )
    if not enough.any():
        raise SettingError(f"some question must have {least} whole attempts (least_samples), got none")


def _notes(attempts: AttemptColumns, gaps: int, left_out: int, least: int | None) -> str:
    files = ", ".join(Path(name).name for name in attempts.source)
    parts = [f"{len(attempts):,} attempts of {files or 'a table'}"]
    if gaps:
        lacking = ", ".join(f"{name}: {count:,}" for name, count in attempts.gaps.items())
        parts.append(f"{gaps:,} of them lack something and are left out ({lacking})")
    if left_out:
        parts.append(f"{left_out:,} questions with fewer than {least} whole attempts are left out")
    return "; ".join(parts)


def _model(
    attempts: AttemptColumns,
    cost: FloatArray,
    prices: Prices,
    keep: KeepRecorded,
    options: Mapping[str, Any],
) -> RecordedModel:
    """The model of whole attempts."""
    seconds = np.asarray(attempts.seconds)
    tokens = _tokens(attempts)
    recorded = QuestionAttempts.of(
        attempts.question,
        attempts.correct,
        cost,
        seconds,
        keep=keep,
        answer=None if attempts.answer is None else np.asarray(attempts.answer.codes, dtype=np.int64),
        score=attempts.score,
        tokens=tokens,
        cluster=None if attempts.cluster is None else np.asarray(attempts.cluster).astype(str),
    )
    fields: dict[str, Any] = {
        "request_seconds": measured_spread(seconds, 1e-9),
        "accuracy": _accuracy(recorded),
        "attempts": recorded,
        **_money(attempts, cost, prices, tokens),
    }
    return RecordedModel(**{**fields, **options})


def _tokens(attempts: AttemptColumns) -> FloatArray | None:
    """(2, s) tokens read and written, where they are known of every attempt."""
    if attempts.tokens_in is None or attempts.tokens_out is None:
        return None
    tokens = np.array([attempts.tokens_in, attempts.tokens_out], dtype=float)
    return None if np.isnan(tokens).any() else tokens


def _money(attempts: AttemptColumns, cost: FloatArray, prices: Prices, tokens: FloatArray | None) -> dict[str, Any]:
    """Prices and lengths. Where only dollars were recorded, they are those of what is written.

    Without tokens, one token stands for a pass, at its mean cost.
    """
    if prices.given:
        given = {f"usd_per_million_{what}_tokens": price for what, price in prices.by_name.items() if price is not None}
        return {
            **given,
            **({"price_tiers": prices.tiers} if prices.tiers else {}),
            "input_tokens": measured_spread(attempts.tokens_in, 1.0),
            "output_tokens": measured_spread(attempts.tokens_out, 1.0),
        }
    read, written = np.ones((2, len(cost))) if tokens is None else tokens
    lengths = {"input_tokens": measured_spread(read, 1.0), "output_tokens": measured_spread(written, 1.0)}
    return {
        "free": True,
        "price_checked": True,
        "usd_per_million_input_tokens": 0.0,
        "usd_per_million_output_tokens": float(cost.mean()) / lengths["output_tokens"]["mean"] * 1e6,
        **lengths,
    }


def _accuracy(recorded: QuestionAttempts) -> Accuracy | MeasuredAccuracy:
    """The outcomes, or where a catalog has no words for them, the mean of one pass."""
    if recorded.graded or recorded.keep == "all":
        return Accuracy(mean=float(recorded.expected_accuracy([1])[0].mean()), std=0.0)
    found = evaluation_of(recorded.place, recorded.worth, recorded.keep, answer=recorded.answer, score=recorded.score)
    texts = {str(name): str(record) for name, record in zip(recorded.names, found.records, strict=True)}
    return MeasuredAccuracy(kind="outcomes", keep=recorded.keep, questions=texts, clusters=_clusters(recorded))


def _clusters(recorded: QuestionAttempts) -> dict[str, str]:
    """The cluster of each question, by name; none where each stands for itself."""
    if recorded.clusters is None:
        return {}
    return {str(name): str(cluster) for name, cluster in zip(recorded.names, recorded.clusters, strict=True)}
