"""How sure a choice is, given what it rests on, in the terms of ranking and selection."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Model, Scenario
from moo_inference.decision.base import Rule
from moo_inference.decision.many import at_once, choices_of
from moo_inference.errors import ErrorCollector, whole_number
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.formatting.words import counted
from moo_inference.studies.margins import good_margins
from moo_inference.studies.posterior import Posterior, posterior

CREDIBLE = 0.975
"""The confidence set holds that share of the draws. On recorded attempts it then contains the best candidate in more
than 90 of 100 cases (benchmarks/choice_confidence.py)."""

RESAMPLES = 1000
"""Draws where no number is given: a share of one half is known to within 3 points."""

FEWER_RESAMPLES = 200
"""The same where a rule is asked for one front after the other, which would take seconds: to within 7 points."""


class Candidate(NamedTuple):
    """A configuration that a rule takes in some of the draws.

    Attributes:
        model: id of the model; empty where there is but one.
        k: passes.
        share: of the draws in which it is taken.
    """

    model: str
    k: int
    share: float


SURE = 0.9
"""The probability from which on a configuration counts as one that meets all budgets surely."""


class Surer(NamedTuple):
    """What a rule takes of the configurations that surely meet all budgets: with a probability of at least `SURE`.

    Attributes:
        model: id of the model; None where no configuration does.
        k: passes; None where no configuration does.
        feasible: probability that it meets all budgets; where no configuration does, the highest of them all.
    """

    model: str | None
    k: int | None
    feasible: float


@dataclass(frozen=True)
class AssessmentSettings:
    """How choices are assessed. What is not possible is refused when they are made, all at once.

    Attributes:
        resamples: how often what was measured is resampled, or a simulation repeated.
        delta: what counts as good, in accuracy, USD and seconds per query; None means half an accuracy point and a
            twentieth of each budget.
        queries_per_month: volume, for `eoc_usd_per_month`.
        seed: of the resamples.

    Raises:
        SettingError: (a ValueError) a number is out of its range.
    """

    resamples: int = 200
    delta: tuple[float, float, float] | None = None
    queries_per_month: float | None = None
    seed: int = 42

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        errors.attempt(whole_number, "replications", self.resamples, 1, 1_000_000)
        errors.attempt(whole_number, "seed", self.seed, 0)
        if self.delta is not None and not (len(self.delta) == 3 and all(value >= 0 for value in self.delta)):
            errors.add(f"delta must be three numbers of at least 0 (accuracy, USD, seconds), got {self.delta!r}")
        if self.queries_per_month is not None and not 0 <= self.queries_per_month < float("inf"):
            errors.add(f"queries_per_month must be finite and at least 0, got {self.queries_per_month!r}")
        errors.check()


def settings_for(rules: Sequence[Rule]) -> AssessmentSettings:
    """How choices are assessed where nobody says how: fast enough for the rules."""
    return AssessmentSettings(RESAMPLES if all(map(at_once, rules)) else FEWER_RESAMPLES)


@dataclass(frozen=True)
class Assessment:
    """How sure a choice is, given what it rests on.

    Where it rests on measurements, these are resampled by the Bayesian bootstrap (D. B. Rubin, Annals of Statistics 9,
    1981): the questions of evaluations and attempts for all candidates and quantities together, and measured passes.
    Each draw is a world that the measurements may come from, and the rule chooses in it. In each draw a model has two
    pseudo-questions, one with every pass right and one with none, so that 30 of 30 right are not taken for certainty.
    The noise of a simulation is added to it, from simulations with other seeds.

    Where it rests on a simulation alone, this is repeated with other seeds: what the rule chooses then is compared, on
    exact curves, with the choice from these.

    Prices, and costs and times that were given as numbers, are taken as certain. What the choice would be worth on
    other kinds of questions, or tomorrow, is not covered. What cannot be known is NaN.

    Attributes:
        rule: id of the rule.
        model: id of the chosen model, empty where there is but one; None where nothing is chosen.
        k: passes of the choice.
        resamples: how many draws or repetitions there are; 0 where all it rests on is taken as certain.
        selection: what the rule takes in them, the most frequent first.
        nothing: the share of them in which nothing is taken.
        pcs: probability of correct selection: the share that take the choice.
        pgs: probability of good selection: the share in which accuracy, dollars and seconds of the choice are within
            `delta` of those of what is taken, and each further resource within a twentieth of its budget.
        feasible: probability that the choice really meets all budgets, for means and for quantiles; NaN where too few
            measured passes say anything of a quantile; of a simulation the share of the repetitions' choices that do.
        accuracy: of the choice, as estimated.
        accuracy_corrected: its mean over the draws, without the optimism that comes of having looked best.
        delta: what counts as good: (accuracy, USD, seconds).
        eoc_accuracy: expected opportunity cost: how much less accurate the choice is on average than what is taken; a
            choice that is more accurate counts as 0, and so for the next two.
        eoc_usd: how much more it costs, USD per query.
        eoc_seconds: how much longer it takes, seconds per query.
        eoc_usd_per_month: eoc_usd times the volume, or None where no volume is given.
        eoc_used: the mean extra amount of each further resource, by unit.
        questions: how many different questions were resampled; 0 where there are none.
        passes: how many measured passes, of the model with the fewest; 0 where there are none.
        seeds: with how many seeds a simulation was repeated; 0 where there is none.
        surer: what the rule takes of the configurations that surely meet all budgets, where the choice does not.
    """

    rule: str
    model: str | None
    k: int | None
    resamples: int
    selection: tuple[Candidate, ...]
    nothing: float
    pcs: float
    pgs: float
    feasible: float
    accuracy: float
    accuracy_corrected: float
    delta: tuple[float, float, float]
    eoc_accuracy: float
    eoc_usd: float
    eoc_seconds: float
    eoc_usd_per_month: float | None = None
    eoc_used: Mapping[str, float] = field(default_factory=dict)
    questions: int = 0
    passes: int = 0
    seeds: int = 0
    surer: Surer | None = None

    @property
    def confidence_set(self) -> tuple[Candidate, ...]:
        """The fewest candidates that are taken in 97.5 % of the draws that take any, the most frequent first."""
        shares = np.cumsum([one.share for one in self.selection])
        needed = int((shares < CREDIBLE * (1 - self.nothing) - 1e-12).sum()) + 1
        return self.selection[:needed]

    @property
    def of_seeds_alone(self) -> bool:
        """Whether nothing but a simulation was repeated."""
        return bool(self.seeds and not (self.questions or self.passes))

    @property
    def basis(self) -> str:
        """What was resampled or repeated, in words."""
        return basis_of([self])

    @property
    def exact_k(self) -> int | None:
        """The former name of `k`."""
        return self.k

    @property
    def replications(self) -> int:
        """The former name of `resamples`."""
        return self.resamples

    @property
    def p_feasible(self) -> float:
        """The former name of `feasible`."""
        return self.feasible

    @property
    def selection_frequency(self) -> Mapping[Any, float]:
        """The share of the draws by k, or by (model, k) where there are several models; None: nothing is taken."""
        one = len({candidate.model for candidate in self.selection}) < 2
        shares: list[tuple[Any, float]] = [
            (candidate.k if one else (candidate.model, candidate.k), candidate.share) for candidate in self.selection
        ]
        if self.nothing > 0:
            shares.insert(0, (None, self.nothing))
        return dict(sorted(shares, key=lambda pair: -pair[1]))

    def to_dict(self) -> dict[str, Any]:
        """The assessment as plain values, ready for JSON; None where a measure is not known.

        What had another name before stands there by both.
        """
        named = {**vars(self), "exact_k": self.k, "replications": self.resamples, "p_feasible": self.feasible}
        del named["eoc_used"], named["selection"]
        values = {
            name: None if isinstance(value, float) and math.isnan(value) else value for name, value in named.items()
        }
        values |= {f"eoc_{unit}": None if math.isnan(lost) else lost for unit, lost in self.eoc_used.items()}
        values["selection"] = [candidate._asdict() for candidate in self.selection]
        values["confidence_set"] = [candidate._asdict() for candidate in self.confidence_set]
        values["surer"] = None if self.surer is None else self.surer._asdict()
        return values


def basis_of(assessments: Iterable[Assessment]) -> str:
    """What was resampled or repeated for some assessments, in words."""
    given = [own for own in assessments if own.resamples]
    parts = []
    for numbers, thing, things in (
        ({own.questions for own in given}, "question", "questions"),
        ({own.passes for own in given}, "measured pass", "measured passes"),
        ({own.seeds for own in given}, "seed", "seeds"),
    ):
        some = sorted(numbers - {0})
        if len(some) > 1:
            parts.append(f"{some[0]:,} to {some[-1]:,} {things}")
        elif some:
            parts.append(counted(some[0], thing, things))
    return " and ".join(parts) or ("an evaluation" if given else "numbers that are taken as certain")


def assess_choices(
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    scenario: Scenario,
    rules: Sequence[Rule],
    conditions: Conditions,
    settings: AssessmentSettings,
    noise: FloatArray | None = None,
) -> list[Assessment]:
    """How sure the choice of each rule among all configurations of some models is, from the same draws.

    Args:
        models: by id.
        curves: as estimated with the scenario, by id, in the same order.
        scenario: the budgets.
        rules: scaled by them.
        conditions: P and latency of the estimates.
        settings: how choices are assessed.
        noise: (S, n, m) deviations of simulations with other seeds from exact curves; None where nothing is simulated.

    Returns:
        One assessment a rule. Where nothing was measured or simulated, nothing of them is known.
    """
    return assess_known(posterior(models, curves, scenario, conditions, noise), rules, settings)


def assess_known(known: Posterior, rules: Sequence[Rule], settings: AssessmentSettings) -> list[Assessment]:
    """The same of what is known already: one assessment a rule.

    Args:
        known: of all configurations.
        rules: scaled by the budgets.
        settings: how choices are assessed.
    """
    choices = choices_of(rules, known.F[None], known.met[None])[:, 0]
    draws = [_Draws(choice) for choice in choices.tolist()]
    shares = np.full(len(known.F), math.nan)
    if not known.certain:
        met = np.zeros(len(known.F))
        for F, feasible in known.drawn(settings.resamples, np.random.default_rng(settings.seed)):
            met += feasible.sum(axis=0)
            for own, best in zip(draws, choices_of(rules, F, feasible), strict=True):
                own.add(F, best)
        shares = np.where(np.isnan(known.tail_error).any(axis=1), math.nan, met / settings.resamples)
    surer = _surer(rules, choices, known, shares)
    return [
        _summary(rule, known, own, shares, more, settings) for rule, own, more in zip(rules, draws, surer, strict=True)
    ]


class _Draws:
    """What a rule takes in each draw, and what its choice is worth there."""

    def __init__(self, choice: int) -> None:
        self.choice = choice
        self.best: list[IntArray] = []
        self.losses: list[FloatArray] = []
        self.error: list[FloatArray] = []

    def add(self, F: FloatArray, best: IntArray) -> None:
        """Some draws: (r, n, m) objectives, (r,) what the rule takes."""
        own = F[:, self.choice]
        self.best.append(best)
        self.losses.append(own - F[np.arange(len(F)), best])
        self.error.append(own[:, -1])


def _surer(rules: Sequence[Rule], choices: IntArray, known: Posterior, shares: FloatArray) -> list[Surer | None]:
    """What each rule takes of the configurations that surely meet all budgets, where its choice does not.

    Args:
        rules: scaled by the budgets.
        choices: (rules,) what they take of all configurations; -1 stands for nothing.
        known: of all configurations.
        shares: (n,) of the draws in which each meets all budgets; NaN where that is not known.
    """
    sure = known.met & (shares >= SURE)
    taken = choices_of(rules, known.F[None], sure[None])[:, 0]
    found: list[Surer | None] = []
    for choice, row in zip(choices.tolist(), taken.tolist(), strict=True):
        if choice < 0 or not shares[choice] < SURE:
            found.append(None)
        elif row < 0:
            found.append(Surer(None, None, float(np.nanmax(shares[known.met]))))
        else:
            model, k = known.places[row]
            found.append(Surer(model, k, float(shares[row])))
    return found


def _summary(
    rule: Rule,
    known: Posterior,
    draws: _Draws,
    shares: FloatArray,
    surer: Surer | None,
    settings: AssessmentSettings,
) -> Assessment:
    choice, F, resources = draws.choice, known.F, known.resources
    model, k = known.places[choice] if choice >= 0 else (None, None)
    own = F[choice] if choice >= 0 else np.zeros(F.shape[1])
    margins = good_margins(known.scenario, resources, own, settings.delta)
    pcs = pgs = feasible = corrected = nothing = math.nan
    lost = np.full(F.shape[1], math.nan)
    selection: tuple[Candidate, ...] = ()
    if draws.best:
        best = np.concatenate(draws.best)
        some: NDArray[np.bool_] = np.asarray(best >= 0)
        nothing = float((~some).mean())
        selection = _selection(known.places, best)
        if choice >= 0:
            losses = np.concatenate(draws.losses)[some]
            lost = np.maximum(losses, 0).mean(axis=0) if some.any() else lost
            pcs = float((best == choice).mean())
            pgs = float((np.abs(losses) <= margins).all(axis=1).sum() / len(best))
            feasible = float(shares[choice])
            corrected = float(1 - np.concatenate(draws.error).mean())
    costlier, slower, *more, worse = lost.tolist()
    return Assessment(
        rule=rule.id,
        model=model,
        k=k,
        resamples=settings.resamples if draws.best else 0,
        selection=selection,
        nothing=nothing,
        pcs=pcs,
        pgs=pgs,
        feasible=feasible,
        accuracy=float(1 - own[-1]) if choice >= 0 else math.nan,
        accuracy_corrected=corrected,
        delta=(float(margins[-1]), float(margins[0]), float(margins[1])),
        eoc_accuracy=worse,
        eoc_usd=costlier,
        eoc_seconds=slower,
        eoc_usd_per_month=None if settings.queries_per_month is None else costlier * settings.queries_per_month,
        eoc_used=dict(zip(resources, more, strict=True)),
        questions=known.questions,
        passes=known.passes,
        seeds=len(known.noise),
        surer=surer,
    )


def _selection(places: Sequence[tuple[str, int]], best: IntArray) -> tuple[Candidate, ...]:
    """What is taken in the draws, the most frequent first."""
    rows, counts = np.unique(best[best >= 0], return_counts=True)
    order = np.lexsort((rows, -counts))
    return tuple(
        Candidate(model, k, int(count) / len(best))
        for (model, k), count in zip([places[row] for row in rows[order]], counts[order].tolist(), strict=True)
    )
