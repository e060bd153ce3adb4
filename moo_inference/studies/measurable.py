"""The settings that can be measured further: what is known of each, and what one more question costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import MeasuredAccuracy, Model
from moo_inference.catalog.recorded_model import RecordedModel
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
) -> list[MeasurableSetting]:
    """The settings that rest on questions, in the order of the models; then those that only have a price.

    Args:
        models: by id.
        curves: of the models, by id.
        prices: USD an attempt.

    Raises:
        SettingError: (a ValueError) a price is not positive, or none is known; or no model rests on questions.
    """
    errors = ErrorCollector()
    named = prices if isinstance(prices, Mapping) else {}
    every = None if isinstance(prices, Mapping) else prices
    for name, price in {**named, **({} if every is None else {"an attempt": every})}.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < np.inf:
            errors.add(f"the price of {name} must be a positive number of USD an attempt, got {price!r}")
    measured = {key: own for key, model in models.items() if (own := _answered(model)) is not None}
    certain = [name for name in named if name in models and name not in measured]
    if certain:
        errors.add(
            f"a price must be of a model that rests on questions, or of one that is not in the catalog; got "
            f"{', '.join(certain)}, of which what is known is taken as certain"
        )
    if not measured and not set(named) - set(models):
        errors.add(
            "some model must rest on questions, by recorded attempts or by outcomes of an evaluation, got none: what "
            "is known is taken as certain, and more of it cannot be measured"
        )
    errors.check()
    found = []
    for key, (names, counts, cost) in measured.items():
        usual_cost = _cost_of_a_pass(curves[key]) if cost is None else cost
        price = named.get(key, usual_cost if every is None else every)
        if not price > 0:
            errors.add(f"{key} must have a price of an attempt, since its attempts cost nothing; got none")
            continue
        found.append(
            MeasurableSetting(
                key, names, _most_frequent(counts), float(price), sum(counts), clustered=_clustered(models[key])
            )
        )
    errors.check()
    usual = _most_frequent([own.attempts for own in found]) if found else 1
    found += [MeasurableSetting(key, (), usual, float(named[key])) for key in sorted(set(named) - set(models))]
    return found


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
