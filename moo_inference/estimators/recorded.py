"""Estimates by counting the recorded attempts of each question, in place of passes that are drawn from one pool."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.variants import SomeModel, with_stop
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    refuse_beyond_samples,
    settle_whole_numbers,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.recorded_curves import recorded_curves, share_within
from moo_inference.evaluation.checks import passes
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.escalated_queries import EscalatedQueries
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import Beyond, QuestionAttempts
from moo_inference.evaluation.stack import stack_key
from moo_inference.evaluation.stop import FIXED, Stop
from moo_inference.evaluation.stopped_queries import StoppedQueries

_ATTEMPTS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Recorded(Estimator):
    """Queries whose k passes are k of a question's own recorded attempts, without replacement, at random.

    Each question counts as often as any other. Means are exact, and their standard errors are those of the mean over
    questions, which are the sample. Percentiles and SLO attainment are counted over all ways in which attempts can make
    a query, jointly in cost, time and correctness; a question and k with more than 1,000 ways
    (`moo_inference.evaluation.ways.MOST_WAYS`; there are fewer up to eight attempts, whatever k and P) has queries
    drawn from its attempts. `attainment` returns the standard error of such draws.

    Beyond the attempts of some question a k is refused, or extrapolated and marked so. Then each wave draws from all
    attempts anew. A wave of more passes than attempts takes as much longer for each doubling as one of all attempts
    takes longer than one of half of them; it is not the slowest attempt at hand, which would be too fast. A query is
    right where an attempt at the question is, and else as often as a Beta distribution says, fitted to the numbers of
    right attempts; given the question, that is taken to be independent of cost and time. The interval of accuracy is
    the band of that Beta.

    Stages of a pipeline count their own attempts, and are taken to be independent of each other, even where they have
    the same questions: what is hard for one stage is not taken to be hard for the next.

    Models that stop early are counted in the same way: all subsets of attempts in which a query may stop, where there
    are at most 4,200 of them (twelve attempts one by one). Beyond, the means of `first-verified` come from formulas,
    and all else from queries that are drawn. What a policy would do with more passes than a question has attempts is
    not extrapolated.

    Models without attempts are estimated by `Empirical` where they have measured passes, else by `ClosedForm`.

    Attributes:
        stop: None: each model stops as its own `stop` says. Else the policy of all models, in place of their own:
            `fixed`, `first-verified` or `vote-until-sure`, see `moo_inference.evaluation.stop.Stop`; `escalate` for
            pairs, which `with_stops` makes.
        confidence: of `vote-until-sure`; None where `stop` says it, or for 0.95.
        trials: queries over all questions that are drawn at least, where not all are counted.
        seed: of the draws, of numpy's default generator. The same seed gives the same numbers, bit for bit.
        beyond: of more passes than attempts: `refuse`, or `extrapolate`.
    """

    stop: str | Stop | None = None
    confidence: float | None = None
    trials: int = 10_000
    seed: int = 42
    beyond: Beyond = "refuse"

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        settle_whole_numbers(self, {"trials": 2, "seed": 0}, errors)
        self._settle_stop(errors)
        if self.beyond not in get_args(Beyond):
            errors.add(f"beyond must be one of: {', '.join(get_args(Beyond))}; got {self.beyond!r:.60}")
        errors.check()

    def _settle_stop(self, errors: ErrorCollector) -> None:
        """Make the policy one text, with its confidence."""
        stop = errors.attempt(Stop.parse, self.stop)
        if self.confidence is not None:
            if not isinstance(stop, Stop) or stop.policy != "vote-until-sure":
                errors.add(f"confidence must come with stop 'vote-until-sure', got stop {self.stop!r:.60}")
            else:
                stop = errors.attempt(replace, stop, level=self.confidence)
        if self.stop is not None:
            object.__setattr__(self, "stop", FIXED if stop is None else str(stop))
        voted = isinstance(stop, Stop) and stop.policy == "vote-until-sure"
        object.__setattr__(self, "confidence", stop.level if voted and isinstance(stop, Stop) else None)

    def as_run(self, model: SomeModel) -> SomeModel:
        """See `Estimator.as_run`."""
        return model if self.stop is None else with_stop(model, Stop.parse(self.stop))

    def estimate_many(
        self,
        models: Sequence[Model],
        k: Iterable[int],
        *,
        parallel: int | None = None,
        latency: str | None = None,
        scenarios: Sequence[Scenario] = (),
        progress: Progress | None = None,
    ) -> list[ScalingCurve]:
        """The curves of several models, each from its own attempts. See `Estimator.estimate_many`."""
        values = passes(k)
        models = [self.as_run(model) for model in models]
        self._refuse(models, int(values.max()))
        conditions = Conditions(parallel=parallel, latency=latency)
        curves: dict[int, ScalingCurve] = {}
        for numbers in _stacks(models, conditions):
            model = models[numbers[0]]
            if isinstance(model, RecordedModel):
                found = self._curves([models[number] for number in numbers], values, conditions, scenarios)
            else:
                other = _without_attempts(model)
                found = other.estimate_many([model], values, parallel=parallel, latency=latency, scenarios=scenarios)
            curves.update(zip(numbers, found, strict=True))
            if progress is not None:
                progress(len(curves), len(models))
        return [curves[number] for number in range(len(models))]

    def attainment(
        self,
        model: RecordedModel,
        k: Iterable[int],
        scenario: Scenario,
        *,
        parallel: int | None = None,
        latency: str | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """(n,) shares of queries that meet all budgets at once, and the (n,) standard errors of the draws.

        The errors are 0 where all ways to make a query are counted; the questions are taken as they are.

        Args:
            model: the model.
            k: numbers of passes.
            scenario: the budgets.
            parallel: how many passes run at the same time, in place of the model's own number.
            latency: how times add up, in place of the model's own rule.

        Raises:
            SettingError: (a ValueError) an argument is out of its range.
        """
        values = passes(k)
        own = self.as_run(model)
        self._refuse([own], int(values.max()))
        queries = self._queries([own], int(values.max()), Conditions(parallel=parallel, latency=latency))
        limits = scenario.limits(tuple(model.resources))
        shares = [share_within(queries.of(each), limits) for each in values.tolist()]
        return np.concatenate([share.value for share in shares]), np.concatenate([share.se for share in shares])

    def shares_by_question(
        self, model: RecordedModel, k: IntArray, limits: Sequence[float | None], conditions: Conditions
    ) -> FloatArray:
        """(m, n) the share of each question's queries that meet all limits at once.

        Args:
            model: of m questions.
            k: (n,) numbers of passes.
            limits: most USD, seconds, and amounts of further resources; None for no limit.
            conditions: P and latency.
        """
        cost, seconds, *others = limits
        queries = self._queries([model], int(k.max()), conditions)
        found = [queries.of(each).shares_by_question(cost, seconds, others)[0] for each in k.tolist()]
        return np.stack(found, axis=1)

    def means_by_question(
        self, model: RecordedModel, k: IntArray, conditions: Conditions
    ) -> tuple[list[FloatArray], FloatArray, FloatArray]:
        """What passes come to at each of m questions, in the mean.

        Args:
            model: of m questions.
            k: (n,) numbers of passes, each at most the fewest attempts of a question.
            conditions: P and latency.

        Returns:
            (m, n) of each amount that adds up over passes, USD first; seconds; and 1 - accuracy.
        """
        attempts = model.attempts
        if model.stop is None:
            parallel, latency = conditions.of(model)
            sums = (np.bincount(attempts.place, weights=amount)[:, None] for amount in model.spent)
            spent = [own / attempts.n[:, None] * k.astype(float) for own in sums]
            return spent, attempts.expected_seconds(k, parallel, latency), attempts.expected_accuracy(k)[1]
        queries = self._queries([model], int(k.max()), conditions)
        order = np.argsort(queries.rows[0])
        spent = [amount[0, order] for amount in queries.expected_spent(k)]
        return spent, queries.expected_seconds(k)[0, order], queries.expected_accuracy(k)[1][0]

    def k_limit(self, model: Model) -> int | None:
        """See `Estimator.k_limit`."""
        extrapolated = self.beyond == "extrapolate" and isinstance(model, RecordedModel)
        return None if extrapolated else super().k_limit(model)

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        beyond = {} if self.beyond == "refuse" else {"beyond": self.beyond}
        return {"estimator": "Recorded", "stop": self.stop, "trials": self.trials, "seed": self.seed, **beyond}

    def _refuse(self, models: Sequence[Model], most: int) -> None:
        ErrorCollector(
            f"{model.name}: k must be at most the {model.attempts.fewest} attempts of a question where passes stop "
            f"early ({model.stop}), got {most}"
            for model in models
            if isinstance(model, RecordedModel) and model.stop is not None and most > model.attempts.fewest
        ).check()
        refuse_beyond_samples(models, most, "k", self)
        if self.beyond == "refuse":
            return
        errors = [
            f"{model.name}: {why}"
            for model in models
            if isinstance(model, RecordedModel)
            and most > model.attempts.fewest
            and (why := self._attempts(model).not_extrapolated())
        ]
        if errors:
            raise SettingError(errors)

    def _attempts(self, model: RecordedModel) -> QuestionAttempts:
        own = model.attempts
        return own if own.beyond == self.beyond else replace(own, beyond=self.beyond)

    def _queries(self, models: Sequence[RecordedModel], most: int, conditions: Conditions) -> Queries:
        parallel, latency = conditions.of(models[0])
        attempts = [self._attempts(model) for model in models]
        draws = max(2, -(-self.trials // len(attempts[0].n)))
        how = Drawing(attempts[0].keep, parallel, latency == "ideal", draws, self.seed)
        spent, stop, first = [model.spent for model in models], models[0].stop, models[0].escalates_from
        if stop is None:
            return Queries(attempts, how, most, spent)
        if first is None:
            return StoppedQueries(attempts, how, most, spent, stop)
        once = self._queries([first], stop.batch or 1, conditions)
        return EscalatedQueries(attempts[0], how, most, spent[0], stop, once)

    def _curves(
        self, models: Sequence[Any], k: IntArray, conditions: Conditions, scenarios: Sequence[Scenario]
    ) -> list[ScalingCurve]:
        """The curves of models of one stack."""
        # In ascending order, since what is drawn beyond the attempts grows with k.
        values, place = np.unique(k, return_inverse=True)
        queries = self._queries(models, int(values[-1]), conditions)
        curves = recorded_curves(queries, values, tuple(models[0].resources), scenarios)
        return [curve.take(place) for curve in curves]


def _without_attempts(model: Model) -> Estimator:
    """What estimates a model without attempts."""
    from moo_inference.estimators.closed_form import ClosedForm  # noqa: PLC0415 (seldom needed)
    from moo_inference.estimators.empirical import Empirical  # noqa: PLC0415

    return ClosedForm() if model.passes is None else Empirical()


def _stacks(models: Sequence[Model], conditions: Conditions) -> Iterator[list[int]]:
    """The places of models that are estimated together: those whose arrays have one shape, as far as memory allows."""
    groups: dict[object, list[int]] = {}
    sizes: dict[object, int] = {}
    for number, model in enumerate(models):
        key: object = number
        if isinstance(model, RecordedModel):
            key = conditions.of(model), tuple(model.resources), model.stop, stack_key(model.attempts)
            sizes[key] = max(1, _ATTEMPTS_AT_ONCE // len(model.attempts.cost)) if model.stop is None else 1
        groups.setdefault(key, []).append(number)
    for key, numbers in groups.items():
        size = sizes.get(key, 1)
        yield from (numbers[start : start + size] for start in range(0, len(numbers), size))
