"""The load of a choice, and up to which it holds, in words and as plain values."""

from typing import Any

from moo_inference.catalog import Load
from moo_inference.estimators.under_load import seconds_of_tokens
from moo_inference.formatting.amounts import seconds, significant
from moo_inference.studies.load_limit import LoadLimit, load_limit
from moo_inference.studies.route import Route


def load_text(route: Route) -> str:
    """What the choice makes of the load, and how far that may rise; empty where no times depend on it."""
    limit = load_limit(route)
    if limit is None:
        return ""
    return " ".join([_runs(route, limit), *_until(limit), *_goodput(limit)])


def load_record(route: Route, limit: LoadLimit) -> dict[str, Any]:
    """The same as plain values, ready for JSON."""
    record: dict[str, Any] = dict(limit.load._asdict())
    if limit.passes is not None:
        own = limit.passes
        record |= {
            "requests_per_second": float(own.requests_per_second[0]),
            "requests_in_flight": float(own.concurrency[0]),
        }
        tokens = seconds_of_tokens(route.models[route.choice.model or ""], float(own.concurrency[0]))
        if tokens is not None:
            record |= dict(zip(("ttft_seconds", "seconds_per_output_token"), tokens, strict=True))
    most = None if limit.most is None else limit.most.queries_per_second or limit.most.concurrency
    return {
        **record,
        "goodput": limit.goodput,
        "holds_up_to": most,
        "ends_where_measured": limit.measured,
        "breaks": list(limit.broken),
        "then": None if limit.then is None else {"model": limit.then.model, "k": limit.then.k},
    }


def _runs(route: Route, limit: LoadLimit) -> str:
    own, model = limit.passes, route.models[route.choice.model or ""]
    if own is None or model.servers is None:
        return f"At {limit.load}; the times of this model are taken as the same at any load."
    servers = "one server" if model.servers.replicas == 1 else f"each of {model.servers.replicas} servers"
    rate, at_once = significant(float(own.requests_per_second[0]), 3), significant(float(own.concurrency[0]), 3)
    tokens = seconds_of_tokens(model, float(own.concurrency[0]))
    first = "" if tokens is None else f"; first token after {seconds(tokens[0])}, then {seconds(tokens[1])} a token"
    return f"At {limit.load} {servers} gets {rate} requests/s and has {at_once} in flight{first}."


def _until(limit: LoadLimit) -> list[str]:
    if limit.most is None:
        return []
    most = _down(limit.most)
    if limit.measured:
        return [f"It holds up to {most}, where what was measured ends."]
    breaks = [f"it breaks the budget of {' and '.join(limit.broken)}"] if limit.broken else []
    then = limit.then
    other = (
        "nothing meets all budgets"
        if then is None or then.model is None
        else f"{then.model} with k = {then.k} is taken"
    )
    return [f"It holds up to {most}; beyond, {', and '.join([*breaks, other])}."]


def _down(load: Load) -> str:
    """A load in three digits, rounded to the side on which it holds."""
    value = load.queries_per_second or load.concurrency or 0.0
    return str(load.times(float(f"{value:.2e}") / value if float(f"{value:.2e}") <= value else _below(value) / value))


def _below(value: float) -> float:
    """The largest number of three digits below another."""
    digits, exponent = f"{value:.2e}".split("e")
    return (float(digits) - 0.01) * 10.0 ** int(exponent)


def _goodput(limit: LoadLimit) -> list[str]:
    if limit.goodput is None:
        return []
    return [f"Goodput {significant(limit.goodput, 3)} queries/s: so many meet all budgets."]
