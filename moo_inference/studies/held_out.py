"""What stopping early gains on questions that the choice has not seen."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Catalog, Model
from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule
from moo_inference.decision.many import at_once, choices_of
from moo_inference.decision.registry import make_rule
from moo_inference.errors import ErrorCollector, SettingError, unknown_name, whole_number
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, ScalingCurve
from moo_inference.evaluation import special
from moo_inference.evaluation.interval import LEVEL
from moo_inference.evaluation.resampling import bayesian_weights
from moo_inference.policy.scores import ALIKE
from moo_inference.studies.contenders import Contenders, curves_of
from moo_inference.studies.margins import DEFAULT_DELTA
from moo_inference.studies.posterior import Posterior

BoolArray = NDArray[np.bool_]

SPLITS = 200

SPLITS_OF_ONE = 5
"""Splits of each resample: what their mean varies by from split to split makes an interval a little wider."""

RESAMPLES = 400
"""A standard deviation of so many is known to within 4 %."""

FEWER_RESAMPLES = 50
"""The same where a rule is asked for one front after the other."""

FEWEST = 10
"""Questions, or clusters of them: a half of fewer says nothing."""

_VALUES_AT_ONCE = 1 << 20
"""Objectives that are in memory together."""


@dataclass(frozen=True)
class Gain:
    """What is gained in the mean, with its 95 % interval; NaN where nothing could be compared.

    Attributes:
        mean: more than 0 is better.
        low: end of the interval.
        high: end of the interval.
    """

    mean: float
    low: float
    high: float

    @property
    def above(self) -> bool:
        """Whether the interval excludes that nothing is gained."""
        return self.low > 0

    @property
    def below(self) -> bool:
        """Whether the interval excludes that nothing is lost."""
        return self.high < 0


@dataclass(frozen=True)
class HeldOut:
    """What a rule gains on held-out questions where it may take configurations that stop early.

    The questions are split in two halves, again and again. On one half the rule chooses among the configurations that
    run all k passes, and among all of them; both choices are valued on the other half. Each half is each.

    Splits of the same questions are not independent: however many there are, the questions are as few. So intervals
    come from a bootstrap of the whole procedure over the questions, splits and choices included: in each resample they
    have other weights (D. B. Rubin, Annals of Statistics 9 (1981)), the same in both halves, of which each has other
    questions. An interval holds 95 % of the resamples; its ends are as much farther from the mean as a t distribution
    with one degree of freedom less than there are questions is wider than a normal one. The correction of the variance
    over splits (C. Nadeau and Y. Bengio, Machine Learning 52 (2003)) gives about the same where each half chooses the
    same; where choices differ from half to half it takes all of that for doubt about their mean, and is several times
    as wide.

    Attributes:
        rule: id of the rule.
        splits: how many there are.
        questions: how many different questions were split.
        gains: USD ("cost") and seconds ("time") per query that stopping saves, each further resource by its unit, and
            how much "accuracy" it adds.
        shares: what is saved as a share of what configurations without stopping spend; without the accuracy.
        stops: share of the halves on which a configuration that stops early is taken.
        compared: the share on which there is a choice without stopping as well; gains are of these.
        meets: how often there is a choice that meets all budgets on the other half.
        meets_fixed: the same without stopping.
        meets_more: the difference.
        objective: what the rule makes the best of: `cost`, `time` or `accuracy`; None for a trade of several.
    """

    rule: str
    splits: int
    questions: int
    gains: Mapping[str, Gain]
    shares: Mapping[str, Gain]
    stops: float
    compared: float
    meets: float
    meets_fixed: float
    meets_more: Gain
    objective: str | None

    @property
    def gained(self) -> bool:
        """Whether the intervals exclude that nothing is gained.

        What counts is what the rule makes the best of: dollars for `cheapest`, whose floor of accuracy is a budget as
        any other, so budgets must not be met less often. Where that is accuracy, fewer dollars count too, if accuracy
        is at most half a point lower in the mean, and not surely lower. Of a rule that trades, something must be
        gained, and nothing lost. Dollars, seconds and resources count as shares.
        """
        if self.meets_more.below:
            return False
        judged = {**self.gains, **self.shares}
        if self.objective is None:
            return any(gain.above for gain in judged.values()) and not any(gain.below for gain in judged.values())
        own = judged[self.objective]
        equal = self.objective == "accuracy" and own.mean >= -DEFAULT_DELTA[0] and not own.below
        return own.above or (equal and judged["cost"].above)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON; None where something is not known."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: plain(own) for name, own in value.items()}
            return None if isinstance(value, float) and math.isnan(value) else value

        known: dict[str, Any] = plain(asdict(self))
        return {"gained": self.gained, **known}


def held_out(
    catalog: Catalog,
    scenario: str,
    rule: object = "cheapest",
    *,
    splits: int = SPLITS,
    seed: int = 42,
    conditions: Conditions | None = None,
) -> HeldOut:
    """What configurations that stop early gain on questions that the choice has not seen.

    Against the models of the catalog that run all passes; where it has none, against its models without stopping.

    Args:
        catalog: the models, such as `with_stops` makes them.
        scenario: id of the scenario whose budgets hold.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.
        splits: into two halves.
        seed: of the splits.
        conditions: which k, and how passes run; None: see `Conditions`.

    Raises:
        UnknownNameError: (a LookupError) there is no such scenario or rule.
        SettingError: (a ValueError) a number is out of its range, no model stops early, the rule needs a budget that
            is not there, or fewer than ten questions, or clusters of them, were recorded.
    """
    errors = ErrorCollector()
    errors.attempt(whole_number, "splits", splits, 2, 1_000_000)
    errors.attempt(whole_number, "seed", seed, 0)
    errors.check()
    if scenario not in catalog.scenarios:
        raise unknown_name("scenario", str(scenario), list(catalog.scenarios))
    budgets, own = catalog.scenarios[scenario], Conditions() if conditions is None else conditions
    scaled = make_rule(rule).scaled_by(budgets, catalog.resources)
    curves = curves_of(catalog.models, budgets, own)
    found = held_out_of(Contenders.of(catalog.models, curves, budgets, own), scaled, splits, seed)
    if found is None:
        raise SettingError(f"at least {FEWEST} questions, or clusters of them, must be recorded, got fewer")
    return found


def held_out_of_models(
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    rule: Rule,
    conditions: Conditions,
    known: Posterior,
) -> HeldOut | None:
    """What models that stop early gain on the other half; None where there are too few questions.

    Args:
        models: by id.
        curves: as estimated, by id, in the same order.
        rule: scaled by the budgets.
        conditions: P and latency of the estimates.
        known: of these models.
    """
    return held_out_of(Contenders.of(models, curves, known.scenario, conditions, known), rule)


def held_out_of(among: Contenders, rule: Rule, splits: int = SPLITS, seed: int = 42) -> HeldOut | None:
    """What configurations that stop early gain on the other half; None where there are too few questions.

    Args:
        among: the configurations.
        rule: scaled by the budgets.
        splits: into two halves.
        seed: of the splits and the resamples.
    """
    known = among.known
    if known.units < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    resamples = RESAMPLES if at_once(rule) else FEWER_RESAMPLES
    own = _valued(among, rule, np.ones((1, known.units)), splits, rng)
    other = _valued(among, rule, bayesian_weights(known.units, resamples, rng), SPLITS_OF_ONE, rng)
    width = float(special.stdtrit(known.units - 1, (1 + LEVEL) / 2)) / special.normal_quantile((1 + LEVEL) / 2)
    gains = [_gain(one, many, width) for one, many in zip(own.gains[0], other.gains.T, strict=True)]
    shares = [_gain(one, many, width) for one, many in zip(own.shares[0], other.shares.T, strict=True)]
    names = ("cost", "time", *known.resources, "accuracy")
    saves = {0: "cost", 1: "time"}.get(-1 if rule.saves is None else rule.saves)
    without, within = own.meets[0].tolist()
    return HeldOut(
        rule=rule.id,
        splits=splits,
        questions=known.questions,
        gains=dict(zip(names, gains, strict=True)),
        shares=dict(zip(names[:-1], shares, strict=True)),
        compared=float(own.compared[0]),
        stops=float(own.stops[0]),
        meets=within,
        meets_fixed=without,
        meets_more=_gain(within - without, other.meets[:, 1] - other.meets[:, 0], width),
        objective="accuracy" if isinstance(rule, AccuracyMax) else saves,
    )


def _gain(mean: float, resampled: FloatArray, widening: float) -> Gain:
    """A mean with the interval that most of its resamples lie in, around the mean and a little wider.

    Args:
        mean: of the evaluation itself.
        resampled: the same of each resample; NaN where there is none.
        widening: of the distances of both ends from the mean.
    """
    left = resampled[~np.isnan(resampled)]
    if len(left) < 2 or math.isnan(mean):
        return Gain(math.nan, math.nan, math.nan)
    own = float(mean)
    low, high = np.quantile(left, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return Gain(own, own - widening * max(own - low, 0.0), own + widening * max(high - own, 0.0))


class _Means(NamedTuple):
    """Of each of R evaluations, over both halves of all its splits.

    Attributes:
        gains: (R, m) what is gained in each objective.
        shares: (R, m - 1) as a share of what is spent without stopping.
        compared: (R,) share of the halves with a choice without stopping and one that stops early.
        stops: (R,) share of the halves on which what stops early is taken.
        meets: (R, 2) how often there is a choice, without and with stopping, that meets all budgets.
    """

    gains: FloatArray
    shares: FloatArray
    compared: FloatArray
    stops: FloatArray
    meets: FloatArray


def _valued(among: Contenders, rule: Rule, weights: FloatArray, splits: int, rng: np.random.Generator) -> _Means:
    """Choices on halves of questions and what they come to on the others.

    Args:
        among: the configurations.
        rule: scaled by the budgets.
        weights: (R, units) of the questions in each of R evaluations.
        splits: of each evaluation.
        rng: draws the halves.
    """
    known, r = among.known, len(weights)
    pairs = np.repeat(np.arange(r), splits)
    size = max(1, _VALUES_AT_ONCE // (2 * known.F.size))
    parts = [_halves(among, rule, weights[pairs[start : start + size]], rng) for start in range(0, len(pairs), size)]
    # (R, halves, ...)
    first, second, taken, meets, stops = (
        np.concatenate(part).reshape(r, 2 * splits, *part[0].shape[2:]) for part in zip(*parts, strict=True)
    )
    both: BoolArray = np.asarray(
        stops & taken.all(axis=2) & np.isfinite(first).all(axis=2) & np.isfinite(second).all(axis=2)
    )
    # What differs by rounding alone is the same.
    size_of = np.maximum(np.abs(first), np.abs(second))
    size_of[..., -1] = 1.0
    same = np.abs(first - second) <= ALIKE * size_of
    counts = both.sum(axis=1)
    saved = np.where(both[..., None] & ~same, first - second, 0.0).sum(axis=1)
    spent = np.where(both[..., None], first, 0.0).sum(axis=1)[:, :-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        gains = saved / counts[:, None]
        shares = np.where(spent > 0, saved[:, :-1] / spent, np.where(counts[:, None] > 0, 0.0, np.nan))
    return _Means(gains, shares, both.mean(axis=1), stops.mean(axis=1), meets.mean(axis=1))


def _halves(
    among: Contenders, rule: Rule, weights: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray, BoolArray]:
    """The choice on each half of the questions, by what it comes to on the other half.

    Args:
        among: the configurations.
        rule: scaled by the budgets.
        weights: (s, units) of the questions.
        rng: draws the halves.

    Returns:
        (s, 2, m) objectives of the choice without stopping, and with it; (s, 2, 2) whether there is one, without and
        with it, and whether it meets all budgets; (s, 2) whether the choice with it stops early.
    """
    s, units = weights.shape
    half = rng.permuted(np.tile(np.arange(units) < units // 2, (s, 1)), axis=1)
    F, feasible = among.on(np.stack([weights * half, weights * ~half], axis=1).reshape(2 * s, units))
    rows = np.stack([choices_of([rule], F, feasible & may)[0] for may in (among.fixed, among.allowed)], axis=1)
    there = (np.arange(2 * s) ^ 1)[:, None]
    taken: BoolArray = np.asarray(rows >= 0)
    meets: BoolArray = np.asarray(taken & feasible[there, rows])
    stops: BoolArray = np.asarray(taken[:, 1] & among.stopping[rows[:, 1]])
    first, second = np.moveaxis(F[there, rows].reshape(s, 2, 2, -1), 2, 0)
    return first, second, taken.reshape(s, 2, 2), meets.reshape(s, 2, 2), stops.reshape(s, 2)
