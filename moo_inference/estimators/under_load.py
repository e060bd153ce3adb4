"""What k passes of a model come to on servers of one's own, under the load that all queries make with their passes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from moo_inference.catalog import Load, Model, Scenario
from moo_inference.catalog.load_curve import LoadCurve
from moo_inference.catalog.servers import Servers
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray

_PER_MILLION = 1e6
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, eq=False)
class LoadOfPasses:
    """The load on each server of a model, for n numbers of passes; NaN where it is beyond what was measured.

    Attributes:
        concurrency: (n,) requests in flight that a request sees, itself included.
        requests_per_second: (n,) that each server serves.
        seconds: (n,) mean of a request.
        queries_per_second: (n,) that all servers together answer.
        usd_per_request: (n,) where servers are paid by the hour; else NaN.
    """

    concurrency: FloatArray
    requests_per_second: FloatArray
    seconds: FloatArray
    queries_per_second: FloatArray
    usd_per_request: FloatArray


def common_load(scenarios: Iterable[Scenario]) -> Load | None:
    """The load that scenarios state; None where none of them does.

    Raises:
        SettingError: (a ValueError) they state different ones, so that no curve holds for all of them.
    """
    loads = dict.fromkeys(scenario.load for scenario in scenarios)
    if len(loads) > 1:
        given = ", ".join("none" if load is None else str(load) for load in loads)
        raise SettingError(f"scenarios must state the same load where times depend on it, got {given}")
    return next(iter(loads), None)


def groups_by_load(models: Iterable[Model], scenarios: Mapping[str, Scenario]) -> list[list[str]]:
    """Ids of scenarios that can share their curves: all of them, unless the times of some model depend on the load.

    Args:
        models: the models.
        scenarios: by id.
    """
    depends = any(model.servers is not None for model in models)
    groups: dict[Load | None, list[str]] = {}
    for key, scenario in scenarios.items():
        groups.setdefault(scenario.load if depends else None, []).append(key)
    return list(groups.values())


def load_of_passes(model: Model, k: IntArray, conditions: Conditions, load: Load) -> LoadOfPasses:
    """The load on each server of a model.

    k passes of a query are k requests, of which min(k, P) are sent at the same time to one server. Queries come to each
    server alike.

    Args:
        model: with `servers`.
        k: (n,) numbers of passes.
        conditions: how passes run.
        load: of the service.
    """
    servers, curve = served(model)
    together = np.minimum(k, conditions.parallel_of(model)).astype(float)
    if load.queries_per_second is not None:
        rate = load.queries_per_second * k / servers.replicas
        concurrency = curve.in_flight(rate, together)
        seconds = curve.seconds(concurrency)
        rate = np.where(np.isnan(concurrency), np.nan, rate)
        queries = np.where(np.isnan(concurrency), np.nan, load.queries_per_second)
    else:
        concurrency = np.maximum((load.concurrency or 0.0) * together / servers.replicas, together)
        seconds = curve.seconds(concurrency)
        concurrency = np.where(np.isnan(seconds), np.nan, concurrency)
        rate = (load.concurrency or 0.0) * together / servers.replicas / seconds
        queries = rate * servers.replicas / k
    usd = np.nan if servers.usd_per_hour is None else servers.usd_per_hour / _SECONDS_PER_HOUR
    return LoadOfPasses(concurrency, rate, seconds, queries, usd / rate)


def served(model: Model) -> tuple[Servers, LoadCurve]:
    """How a model is served, and its times over the load for its own lengths.

    Raises:
        SettingError: (a ValueError) nothing is known of that.
    """
    if model.servers is None:
        raise SettingError(f"{model.name}: must have servers, with its times over the load; got none")
    return model.servers, model.servers.curve(model.input_tokens.mean, _written(model))


def seconds_of_tokens(model: Model, concurrency: float) -> tuple[float, float] | None:
    """Mean seconds to the first token and of each further one; None where some load does not have the first.

    By the token they are those of the model's own lengths; of whole requests those of the benchmark.

    Args:
        model: with `servers`.
        concurrency: requests in flight, at most the largest that was measured.
    """
    servers, curve = served(model)
    if servers.by_token:
        reading, writing = curve.at(concurrency).tolist()
        return model.input_tokens.mean * reading + writing, writing
    first = np.array([load.ttft_seconds or np.nan for load in servers.loads])
    if np.isnan(first).any():
        return None
    ttft = float(replace(curve, times=first[:, None], weights=np.ones(1), rising=np.ones(1, bool)).seconds(concurrency))
    further = max(_written(model) - 1, 1.0)
    return ttft, max(0.0, float(curve.seconds(concurrency)) - ttft) / further


def within_load(model: Model, k: IntArray, conditions: Conditions, scenarios: Sequence[Scenario]) -> int | None:
    """The largest of some k whose load was measured, 0 where none was; None where the times depend on no load.

    Args:
        model: the model.
        k: (n,) numbers of passes, ascending.
        conditions: how passes run.
        scenarios: which state the load.

    Raises:
        SettingError: (a ValueError) the times depend on the load, and the scenarios state none, or several.
    """
    if model.servers is None:
        return None
    found = load_of_passes(model, k, conditions, stated_load(model, scenarios))
    beyond = np.isnan(found.concurrency)
    # More passes are never less load; what is looked at ends where the first one is beyond.
    return int(k[-1]) if not beyond.any() else int(k[beyond.argmax() - 1]) if beyond.argmax() else 0


def models_within_load(
    models: Mapping[str, Model], scenario: Scenario, conditions: Conditions
) -> tuple[dict[str, Model], dict[str, str]]:
    """The models that bear a load with the fewest passes, as far as that was measured; and why the others do not.

    Args:
        models: by id.
        scenario: the budgets, and the load.
        conditions: which k, and how passes run.

    Raises:
        SettingError: (a ValueError) the times of a model depend on the load, and none is stated, or none bears it.
    """
    k = np.array(conditions.grid)
    lost = [key for key, model in models.items() if within_load(model, k, conditions, [scenario]) == 0]
    why = {
        key: beyond_measured(models[key], int(k[0]), conditions, scenario.load)
        for key in lost
        if scenario.load is not None
    }
    if models and len(why) == len(models):
        raise SettingError(list(why.values()))
    return {key: model for key, model in models.items() if key not in why}, why


def stated_load(model: Model, scenarios: Sequence[Scenario]) -> Load:
    """The load that scenarios state.

    Args:
        model: whose times depend on it.
        scenarios: which state it.

    Raises:
        SettingError: (a ValueError) they state none, or several.
    """
    load = common_load(scenarios)
    if load is None:
        raise SettingError(model.needs_load)
    return load


def beyond_measured(model: Model, k: int, conditions: Conditions, load: Load) -> str:
    """The sentence for a load that was not measured.

    Args:
        model: with `servers`.
        k: the number of passes.
        conditions: how passes run.
        load: of the service.
    """
    servers, curve = served(model)
    together = min(k, conditions.parallel_of(model))
    each = "" if servers.replicas == 1 else f" on each of {servers.replicas} servers"
    if load.queries_per_second is not None:
        asked, most = load.queries_per_second * k / servers.replicas, curve.most_rate(together)
        got = f"{asked:.4g} requests/s{each}, and at most {_down(most)} were measured"
    else:
        asked = (load.concurrency or 0.0) * together / servers.replicas
        got = f"{max(asked, together):.4g} requests at the same time{each}, and at most {curve.most:.4g} were measured"
    return f"{model.name} with k = {k} at {load}: {got}"


def _down(value: float) -> str:
    """A number in four digits, rounded to the side on which it holds."""
    digits = 10.0 ** (3 - int(np.floor(np.log10(value)))) if value > 0 else 1.0
    return f"{np.floor(value * digits) / digits:.4g}"


def models_under_load(model: Model, k: IntArray, conditions: Conditions, load: Load) -> list[Model]:
    """The model for each number of passes, with the times and the price that hold under its load.

    Args:
        model: with `servers`.
        k: (n,) numbers of passes.
        conditions: how passes run.
        load: of the service.

    Raises:
        SettingError: (a ValueError) the load of some k was not measured.
    """
    servers, curve = served(model)
    found = load_of_passes(model, k, conditions, load)
    lost = np.isnan(found.concurrency)
    if lost.any():
        raise SettingError(beyond_measured(model, int(k[lost.argmax()]), conditions, load))
    made = []
    for concurrency, usd in zip(found.concurrency.tolist(), found.usd_per_request.tolist(), strict=True):
        price = {} if servers.usd_per_hour is None else _price(model, usd)
        made.append(model.replace(servers=None, **servers.times(curve, concurrency), **price))
    return made


def _price(model: Model, usd: float) -> dict[str, Any]:
    """What servers paid by the hour cost, as a price of what is written: who writes more holds them longer."""
    return {
        "free": True,
        "price_checked": True,
        "usd_per_million_output_tokens": usd / _written(model) * _PER_MILLION,
    }


def _written(model: Model) -> float:
    """Mean tokens that a pass writes, with its reasoning."""
    return model.output_tokens.mean + (0.0 if model.reasoning_tokens is None else model.reasoning_tokens.mean)
