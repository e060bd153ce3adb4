"""What every estimator offers, and the checks that they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from moo_inference.catalog import Limit, Model, Scenario
from moo_inference.catalog.variants import SomeModel
from moo_inference.errors import ErrorCollector, SettingError, of_kind, whole_number
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import IntArray, ScalingCurve
from moo_inference.estimators.under_load import beyond_measured, models_under_load, stated_load, within_load
from moo_inference.evaluation.checks import passes

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""

MOST_TRIALS = 100_000_000
"""More would not fit into memory."""


class Estimator(ABC):
    """Estimates the scaling curve of a model. An estimator holds settings only and never changes."""

    @abstractmethod
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
        """The curves of several models over the same k; what they can share is computed once.

        Args:
            models: the models.
            k: numbers of passes, whole and at least 1, in any order. The estimate at one k does not depend on
                which others are requested.
            parallel: how many passes run at the same time, in place of each model's own number.
            latency: how times add up, in place of each model's own rule.
            scenarios: for each of them the curves get a view: what its budgets look at, and the share of queries that
                meets them all. A scenario with a budget for a quantile needs one.
            progress: called with how far the work is.

        Raises:
            SettingError: (a ValueError) an argument is out of its range.
        """

    def estimate(
        self,
        model: Model,
        k: Iterable[int],
        *,
        parallel: int | None = None,
        latency: str | None = None,
        scenarios: Sequence[Scenario] = (),
    ) -> ScalingCurve:
        """The curve of one model. See `estimate_many`."""
        of_kind("model", model, Model)
        conditions = Conditions(parallel=parallel, latency=latency)
        return estimate_curves(self, [model], k, conditions, scenarios=scenarios)[0]

    def k_limit(self, model: Model) -> int | None:
        """The largest k of a model that can be estimated; None where there is no limit."""
        return model.k_limit

    def as_run(self, model: SomeModel) -> SomeModel:
        """The model as this estimator runs its passes: with the estimator's own policy of stopping, if it has one."""
        return model

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The name and the options, as plain values: enough to make the same estimator again."""


class OneModelEstimator(Protocol):
    """The least that may stand in for an Estimator: an object of the user's own that estimates one model at a time."""

    def estimate(
        self, model: Model, k: Iterable[int], *, parallel: int | None = None, latency: str | None = None
    ) -> ScalingCurve:
        """The curve of one model over some k; see `Estimator.estimate`."""


def estimate_curves(
    estimator: OneModelEstimator,
    models: Sequence[Model],
    k: Iterable[int],
    conditions: Conditions,
    *,
    scenarios: Sequence[Scenario] = (),
    progress: Progress | None = None,
) -> list[ScalingCurve]:
    """What `Estimator.estimate_many` does, also for any object with just `estimate(model, k, parallel=, latency=)`.

    Args:
        estimator: what estimates.
        models: the models.
        k: numbers of passes, which need not be those of the conditions.
        conditions: how passes run.
        scenarios: for which the curves get a view.
        progress: called with how far the work is.

    Raises:
        SettingError: (a ValueError) an argument is out of its range.
    """
    if not callable(getattr(estimator, "estimate", None)):
        raise SettingError(f"estimator must be an Estimator, such as ClosedForm(), got {estimator!r:.60}")
    if any(model.servers is not None for model in models):
        ks = passes(k)
        return [_served_curve(estimator, model, ks, conditions, scenarios) for model in models]
    parallel, latency = conditions.parallel, conditions.latency
    if isinstance(estimator, Estimator):
        return estimator.estimate_many(
            models, k, parallel=parallel, latency=latency, scenarios=scenarios, progress=progress
        )
    return [estimator.estimate(model, k, parallel=parallel, latency=latency) for model in models]


def _served_curve(
    estimator: OneModelEstimator, model: Model, k: IntArray, conditions: Conditions, scenarios: Sequence[Scenario]
) -> ScalingCurve:
    """The curve of one model, each k under the load that it makes."""
    if model.servers is None:
        return estimate_curves(estimator, [model], k, conditions, scenarios=scenarios)[0]
    models = models_under_load(model, k, conditions, stated_load(model, scenarios))
    rows = [
        estimate_curves(estimator, [own], [one], conditions, scenarios=scenarios)[0]
        for own, one in zip(models, k.tolist(), strict=True)
    ]
    return ScalingCurve.joined(rows)


def curves_within_samples(
    estimator: OneModelEstimator,
    models: Sequence[Model],
    conditions: Conditions,
    *,
    scenarios: Sequence[Scenario] = (),
    progress: Progress | None = None,
) -> list[ScalingCurve]:
    """The curves of several models over the grid, each as far as its evaluation goes.

    Models that share a limit are estimated together.

    Args:
        estimator: what estimates.
        models: the models.
        conditions: the grid of k, and how passes run.
        scenarios: for which the curves get a view.
        progress: called with how far the work is.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or an evaluation allows none of these k.
    """
    groups = groups_within_samples(models, passes(conditions.grid), estimator, conditions, scenarios)
    curves: dict[int, ScalingCurve] = {}
    for step, (k, numbers_of) in enumerate(groups):
        found = estimate_curves(
            estimator,
            [models[number] for number in numbers_of],
            k,
            conditions,
            scenarios=scenarios,
            progress=progress if len(groups) == 1 else None,
        )
        curves.update(zip(numbers_of, found, strict=True))
        if progress is not None and len(groups) > 1:
            progress(step + 1, len(groups))
    return [curves[number] for number in range(len(models))]


def groups_within_samples(
    models: Sequence[Model],
    k: IntArray,
    estimator: object = None,
    conditions: Conditions | None = None,
    scenarios: Sequence[Scenario] = (),
) -> list[tuple[IntArray, list[int]]]:
    """The places of the models that share a limit, and the k that their evaluations, and measured loads, allow.

    Args:
        models: the models.
        k: numbers of passes, ascending.
        estimator: what estimates, which may know more than the evaluations.
        conditions: how passes run; None: the default.
        scenarios: which state the load.

    Raises:
        SettingError: (a ValueError) an evaluation, or what was measured of the load, allows none of these k.
    """
    least, most = int(k.min()), int(k.max())
    limits = [k_limit(model, estimator) for model in models]
    runs = Conditions() if conditions is None else conditions
    errors = ErrorCollector(
        f"{model.name}: its evaluation has {limit} samples of some question, which allow no k from {least} on"
        for model, limit in zip(models, limits, strict=True)
        if limit is not None and limit < least
    )
    borne = [errors.attempt(within_load, model, k, runs, scenarios) for model in models]
    for model, limit in zip(models, borne, strict=True):
        if limit == 0:
            errors.add(beyond_measured(model, least, runs, stated_load(model, scenarios)))
    errors.check()
    groups: dict[int, list[int]] = {}
    for number, both in enumerate(zip(limits, borne, strict=True)):
        groups.setdefault(min([most, *(limit for limit in both if limit is not None)]), []).append(number)
    return [(k[k <= limit], members) for limit, members in groups.items()]


def k_limit(model: Model, estimator: object) -> int | None:
    """The largest k of a model that an estimator, or None for any, can estimate; None where there is no limit."""
    return estimator.k_limit(model) if isinstance(estimator, Estimator) else model.k_limit


def refuse_beyond_samples(models: Iterable[Model], k_max: int, name: str = "k_max", estimator: object = None) -> None:
    """Refuse a k_max, or what else `name` calls it, beyond an evaluation's samples.

    Args:
        models: the models.
        k_max: the largest k.
        name: what it is called in the message.
        estimator: what estimates, which may know more than the evaluations.

    Raises:
        SettingError: (a ValueError) every model that has fewer samples is named.
    """
    ErrorCollector(
        f"{model.name}: {name} must be at most {limit}, the samples per question of its evaluation, got {k_max}"
        for model in models
        if (limit := k_limit(model, estimator)) is not None and limit < k_max
    ).check()


def refuse_stops(models: Iterable[Model], estimator: str) -> None:
    """Refuse models whose passes stop early.

    Args:
        models: the models.
        estimator: what cannot estimate them.

    Raises:
        SettingError: (a ValueError) every such model is named.
    """
    ErrorCollector(
        f"{model.name}: stop {str(model.stop)!r} must be estimated by Recorded or ClosedForm, got {estimator}"
        for model in models
        if model.stop is not None
    ).check()


def attainment_known(limits: Sequence[Limit], known: Sequence[bool]) -> bool:
    """Whether the share of queries within all budgets is known: it needs the spread of each that has a budget."""
    return all(spread or limit.value is None for limit, spread in zip(limits[:-1], known, strict=True))


def refuse_unknown_quantiles(model: Model, scenarios: Sequence[Scenario], known: Sequence[bool]) -> None:
    """Refuse budgets for quantiles of what has an unknown spread.

    Args:
        model: what is estimated.
        scenarios: whose budgets are looked at.
        known: whether the spreads of cost, time and each resource are known.

    Raises:
        SettingError: (a ValueError) every such budget is named.
    """
    ErrorCollector(
        f"{model.name}: {limit.budget} of scenario {scenario.name!r} must be for the mean, since the spread of its "
        f"{limit.quantity} is not known (std: null), got the quantile {limit.quantile:g}; measure the spread, or give "
        "measured `passes`"
        for scenario in scenarios
        for limit, spread in zip(scenario.limits(tuple(model.resources))[:-1], known, strict=True)
        if not spread and limit.value is not None and limit.quantile is not None
    ).check()


def estimator_settings(estimator: object) -> dict[str, Any]:
    """The settings of an estimator, or the name of an object that has none."""
    if isinstance(estimator, Estimator):
        return estimator.settings()
    return {"estimator": type(estimator).__name__}


def settle_whole_numbers(owner: object, least: dict[str, int], errors: ErrorCollector) -> None:
    """Make whole numbers of a frozen estimator's fields; what is none is gathered.

    Args:
        owner: the estimator.
        least: the least that each field may be.
        errors: where what is wrong is gathered.
    """
    for name, lowest in least.items():
        most = MOST_TRIALS if name == "trials" else None
        object.__setattr__(owner, name, errors.attempt(whole_number, name, getattr(owner, name), lowest, most))
