"""What there is to buy for a sum: whole questions of settings, divided as top-two sampling would spend it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.decision.many import at_once
from moo_inference.errors import ErrorCollector, whole_number
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.studies.allocation import top_two, whole_questions
from moo_inference.studies.confidence import Assessment, AssessmentSettings, assess_known
from moo_inference.studies.measurable import MeasurableSetting, Prices, common_order
from moo_inference.studies.posterior import Posterior
from moo_inference.studies.preposterior import expected_pgs

FLOOR = 5
"""So many questions a setting is asked before anything is concluded from its answers."""

ENOUGH = 30
"""So many questions each model that may be the best must have answered before PGS ends it: the fewest for which it was
compared with what is achieved (benchmarks/choice_confidence.py)."""

TARGET = 0.9
"""The PGS at which to stop, where none is named."""

WORLDS = 40
"""In which what is to be expected is simulated: the mean of shares that spread by 0.2 is known to within 3 points."""

DRAWS = 200
"""Of the posterior in each of them."""

Status = Literal["reached", "measure", "infeasible", "exhausted", "sum too small"]


@dataclass(frozen=True)
class Purchase:
    """What to ask of one setting.

    Attributes:
        model: id of the setting.
        answered: how many questions it has answered so far.
        names: questions that other settings have answered, in the order in which to ask them.
        new: how many further questions, which none has answered.
        attempts: at each question.
        usd_per_attempt: what one costs.
    """

    model: str
    answered: int
    names: tuple[str, ...]
    new: int
    attempts: int
    usd_per_attempt: float

    @property
    def questions(self) -> int:
        """How many in all."""
        return len(self.names) + self.new

    @property
    def usd(self) -> float:
        """What they cost."""
        return self.questions * (self.attempts * self.usd_per_attempt)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "model": self.model,
            "answered": self.answered,
            "questions": self.questions,
            "attempts_per_question": self.attempts,
            "attempts": self.questions * self.attempts,
            "usd_per_attempt": self.usd_per_attempt,
            "usd": self.usd,
            "names": list(self.names),
            "new": self.new,
        }


@dataclass(frozen=True)
class Terms:
    """What may be bought: see `next_measurement`.

    Raises:
        SettingError: (a ValueError) a number is out of its range; all are named.
    """

    spend: float
    target: float = TARGET
    questions: int | None = None
    prices: Prices = None

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        if not (_is_number(self.spend) and 0 < self.spend < math.inf):
            errors.add(f"spend must be a positive number of USD, got {self.spend!r}")
        if not (_is_number(self.target) and 0 < self.target < 1):
            errors.add(f"target must be a probability between 0 and 1, got {self.target!r}")
        if self.questions is not None:
            errors.attempt(whole_number, "questions", self.questions, 1)
        errors.check()


def shares_of_spending(found: Assessment, places: Mapping[str, int], prices: FloatArray) -> FloatArray:
    """(s,) of a sum for each setting, as top-two sampling measures them.

    Of two rivals whose answers vary alike, a sum tells most where the numbers of questions are as one over the roots of
    their prices: what is spent is as how often top-two sampling measures a setting, times the root of its price.

    Source: K. Kanarios, Q. Zhang, L. Ying, Cost Aware Best Arm Identification, Reinforcement Learning Journal 1 (2024),
    which has the square root rule.

    Args:
        found: what is known now.
        places: of the setting of each model, by the id of the model.
        prices: (s,) USD a question.
    """
    selected = np.zeros(len(prices) + 1)
    for candidate in found.selection:
        selected[places.get(candidate.model, -1)] += candidate.share
    selected[-1] += max(0.0, 1.0 - selected.sum())
    spent = top_two(selected) * np.sqrt(prices)
    return np.asarray(spent / spent.sum())


def rests_on_enough(found: Assessment, answered: Mapping[str, int], questions: int | None) -> bool:
    """Whether PGS may be believed: no model that may be the best has answered too few questions.

    From fewer than 30, draws of the Bayesian bootstrap know too little of what is seldom: on recorded attempts PGS was
    said to be 0.6 where 0.3 was achieved, and it is looked at time and again, so that one that is too high by chance
    would end it.

    Args:
        found: what is known now.
        answered: questions of each model, by its id.
        questions: how many the benchmark has; None: there is no end.
    """
    needed = min(ENOUGH, ENOUGH if questions is None else questions)
    rivals = {candidate.model for candidate in found.confidence_set} | {found.model}
    return all(answered.get(model, needed) >= needed for model in rivals if model is not None)


@dataclass(frozen=True)
class Planner:
    """What is known, and what there is to buy.

    Attributes:
        known: with one table a model that is measured.
        rule: scaled by the budgets.
        asked: how choices are assessed.
        models: the setting of each model by its id, those that are measured in the order of the tables, then others.
        terms: what may be bought.
    """

    known: Posterior
    rule: Rule
    asked: AssessmentSettings
    models: Mapping[str, MeasurableSetting]
    terms: Terms

    @cached_property
    def settings(self) -> tuple[MeasurableSetting, ...]:
        """Each once, as its first model has it."""
        first: dict[str, MeasurableSetting] = {}
        for own in self.models.values():
            first.setdefault(own.id, own)
        return tuple(first.values())

    @property
    def _prices(self) -> FloatArray:
        return np.array([own.usd_per_question for own in self.settings])

    @property
    def _answered(self) -> FloatArray:
        return np.array([float(len(own.names)) for own in self.settings])

    @property
    def _left(self) -> FloatArray:
        """(s,) questions that each setting has not answered."""
        return (math.inf if self.terms.questions is None else float(self.terms.questions)) - self._answered

    @property
    def cheapest(self) -> float:
        """USD of the cheapest question that is left; NaN where none is."""
        left = self._left > 0
        return float(self._prices[left].min()) if left.any() else math.nan

    def bought(self, now: Assessment) -> tuple[Status, IntArray, bool]:
        """What there is to do, (s,) how many questions to ask of each setting, and whether that is for the floor.

        Args:
            now: how sure the choice is.
        """
        prices, left, none = self._prices, self._left, np.zeros(len(self.settings), dtype=np.int64)
        lacking = np.minimum(np.maximum(FLOOR - self._answered, 0), left)
        floor = bool(lacking.any())
        answered = {key: len(own.names) for key, own in self.models.items()}
        enough = rests_on_enough(now, answered, self.terms.questions)
        if not floor and enough and now.pgs >= self.terms.target:
            return "reached", none, False
        if not floor and now.k is None and now.nothing >= self.terms.target:
            return "infeasible", none, False
        if not left.any():
            return "exhausted", none, False
        if floor:
            counts = whole_questions(lacking * prices, prices, lacking, self.terms.spend)
        else:
            [found] = assess_known(self.known, [self.rule], self.asked)
            place = {own.id: number for number, own in enumerate(self.settings)}
            places = {key: place[own.id] for key, own in self.models.items()}
            shares = shares_of_spending(found, places, prices)
            counts = whole_questions(shares, prices, left, self.terms.spend)
        return ("measure" if counts.any() else "sum too small"), counts, floor

    def purchases(self, counts: IntArray) -> list[Purchase]:
        """What is asked of each setting that is asked anything."""
        order = common_order(self.settings)
        found = []
        for own, count in zip(self.settings, counts.tolist(), strict=True):
            if count:
                answered = set(own.names)
                names = [name for name in order if name not in answered][:count]
                found.append(
                    Purchase(own.id, len(answered), tuple(names), count - len(names), own.attempts, own.usd_per_attempt)
                )
        return found

    def expected(self, counts: IntArray) -> FloatArray | None:
        """(worlds,) PGS after the purchases; None where nothing is bought, or nothing is known of a setting yet."""
        if not counts.any() or not all(own.names for own in self.settings):
            return None
        number = {
            name: unit
            for own, table in zip(self.models.values(), self.known.tables, strict=True)
            if not own.clustered
            for name, unit in zip(own.names, table.units.tolist(), strict=True)
        }
        bought = {own.model: own for own in self.purchases(counts)}
        further = []
        for own, table in zip(self.models.values(), self.known.tables, strict=True):
            names, new = (bought[own.id].names, bought[own.id].new) if own.id in bought else ((), 0)
            if own.clustered:
                # What is drawn are whole clusters of mean size.
                names, new = (), math.ceil((len(names) + new) * len(table.units) / len(own.names))
            # A variant may have an answer to a question that counts for another one only.
            known = [number[name] for name in names if name in number]
            further.append(np.array([*known, *range(self.known.units, self.known.units + new)]))
        fast = at_once(self.rule)
        within = replace(self.asked, resamples=min(self.asked.resamples, DRAWS if fast else DRAWS // 4))
        return expected_pgs(self.known, [own.astype(np.int64) for own in further], self.rule, WORLDS, within)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
