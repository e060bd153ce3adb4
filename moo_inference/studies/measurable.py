"""The settings that can be measured further: what is known of each, and what one more question costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import MeasuredAccuracy, Model
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.stopping import base_id
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators.curve import ScalingCurve

Prices = float | Mapping[str, float] | None
"""USD an attempt: of all settings, or by id; None: the mean cost of the attempts that there are."""


@dataclass(frozen=True)
class MeasurableSetting:
    """A model at an effort, which is asked further questions.

    Attributes:
        id: of the model.
        names: the questions that it has answered, ascending; none where it is not measured yet.
        attempts: at each question, as many as at most of those that it has answered.
        usd_per_attempt: what one costs.
        made: how many attempts there are.
        clustered: whether its questions stand in clusters.
    """

    id: str
    names: tuple[str, ...]
    attempts: int
    usd_per_attempt: float
    made: int = 0
    clustered: bool = False

    @property
    def usd_per_question(self) -> float:
        """With all attempts at it."""
        return self.attempts * self.usd_per_attempt

    @property
    def usd(self) -> float:
        """What the attempts that there are cost."""
        return self.made * self.usd_per_attempt


def measurable_settings(
    models: Mapping[str, Model], curves: Mapping[str, ScalingCurve], prices: Prices
) -> dict[str, MeasurableSetting]:
    """The settings that rest on questions, by id of the model, in the order of these; then those with a price alone.

    Models that differ in when their passes stop are of one setting: whoever measures it knows more of all of them.

    Args:
        models: by id.
        curves: of the models, by id.
        prices: USD an attempt.

    Raises:
        SettingError: (a ValueError) a price is not positive, or none is known; no model rests on questions, or one is a
            pair of settings.
    """
    errors = ErrorCollector()
    named = prices if isinstance(prices, Mapping) else {}
    every = None if isinstance(prices, Mapping) else prices
    for name, price in {**named, **({} if every is None else {"an attempt": every})}.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < np.inf:
            errors.add(f"the price of {name} must be a positive number of USD an attempt, got {price!r}")
    measured = {key: own for key, model in models.items() if (own := _answered(model)) is not None}
    setting_of = {key: base_id(key, model.stop) for key, model in models.items()}
    pairs = [key for key, model in models.items() if model.stop is not None and model.stop.escalates]
    if pairs:
        errors.add(f"models must be single settings to be measured, got pairs of them (escalate): {', '.join(pairs)}")
    there = set(setting_of.values())
    certain = [name for name in named if name in there and name not in {setting_of[key] for key in measured}]
    if certain:
        errors.add(
            f"a price must be of a model that rests on questions, or of one that is not in the catalog; got "
            f"{', '.join(certain)}, of which what is known is taken as certain"
        )
    if not measured and not set(named) - there:
        errors.add(
            "some model must rest on questions, by recorded attempts or by outcomes of an evaluation, got none: what "
            "is known is taken as certain, and more of it cannot be measured"
        )
    errors.check()
    found: dict[str, MeasurableSetting] = {}
    for key, (names, counts, cost) in measured.items():
        usual_cost = _cost_of_a_pass(curves[key]) if cost is None else cost
        price = named.get(setting_of[key], usual_cost if every is None else every)
        if not price > 0:
            errors.add(f"{key} must have a price of an attempt, since its attempts cost nothing; got none")
            continue
        attempts, clustered = _most_frequent(counts), _clustered(models[key])
        found[key] = MeasurableSetting(setting_of[key], names, attempts, float(price), sum(counts), clustered)
    errors.check()
    usual = _most_frequent([own.attempts for own in found.values()]) if found else 1
    others = sorted(set(named) - there)
    return found | {key: MeasurableSetting(key, (), usual, float(named[key])) for key in others}


def _answered(model: Model) -> tuple[tuple[str, ...], list[int], float | None] | None:
    """The questions that a model has answered, attempts at each, and the mean cost of one; None without questions."""
    if isinstance(model, RecordedModel):
        own = model.attempts
        return tuple(sorted(map(str, own.names))), own.n.tolist(), float(own.cost.mean())
    if isinstance(model.accuracy, MeasuredAccuracy):
        evaluation = model.accuracy.evaluation
        return tuple(sorted(map(str, evaluation.names))), evaluation.n.tolist(), None
    return None


def _clustered(model: Model) -> bool:
    if isinstance(model, RecordedModel):
        return model.attempts.clusters is not None
    return isinstance(model.accuracy, MeasuredAccuracy) and bool(model.accuracy.clusters)


def _most_frequent(counts: Sequence[int]) -> int:
    """Of several that are as frequent the largest."""
    return max(Counter(counts).items(), key=lambda item: (item[1], item[0]))[0]


def _cost_of_a_pass(curve: ScalingCurve) -> float:
    return float(curve.means[0, 0] / curve.k[0])


def common_order(settings: Sequence[MeasurableSetting]) -> list[str]:
    """All questions that some setting has answered, those of the most settings first, then by name.

    Settings are compared on the questions that both have answered, so that each is asked first what most others have
    answered.
    """
    times = Counter(name for setting in settings for name in setting.names)
    return sorted(times, key=lambda name: (-times[name], name))


def refuse_fewer(settings: Sequence[MeasurableSetting], questions: int | None) -> None:
    """Refuse a benchmark that has fewer questions than were answered.

    Raises:
        SettingError: (a ValueError) it has.
    """
    there = len(common_order(settings))
    if questions is not None and questions < there:
        raise SettingError(
            f"questions must be at least the {there:,} different questions that were answered, got {questions:,}"
        )
