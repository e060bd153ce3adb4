"""How a model is served: the times of its requests over the load, and what its hardware costs by the hour."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from moo_inference.catalog.base import Count, Frozen, PositiveAmount, Real, Several
from moo_inference.catalog.load_curve import LoadCurve
from moo_inference.catalog.spread import RequestSeconds

PER_TOKEN_SECONDS = ("seconds_per_input_token", "seconds_per_output_token")


class Load(NamedTuple):
    """What a service has to bear; one of both.

    Attributes:
        queries_per_second: that arrive, independently of each other.
        concurrency: queries at the same time: each is followed by the next one as soon as it is answered.
    """

    queries_per_second: float | None
    concurrency: float | None

    def __str__(self) -> str:
        value = self.queries_per_second if self.concurrency is None else self.concurrency
        queries = f"{value:.4g} {'query' if value == 1 else 'queries'}"
        return f"{queries}/s" if self.concurrency is None else f"{queries} at the same time"

    def times(self, factor: float) -> "Load":
        """So many times the load."""
        rate, most = self
        return Load(None if rate is None else rate * factor, None if most is None else most * factor)


class MeasuredLoad(Frozen):
    """Times of requests at one load of one server.

    Attributes:
        concurrency: requests in flight, the one that is timed included.
        request_seconds: of a request from end to end; None where the next two are given, by the token.
        seconds_per_input_token: time to read one token.
        seconds_per_output_token: time to write one token.
        ttft_seconds: None, or the mean time to the first token, as it was measured.
        requests_per_second: None, or how many were served, as it was measured.
    """

    concurrency: Annotated[Real, Field(ge=1)]
    request_seconds: RequestSeconds | None = None
    seconds_per_input_token: PositiveAmount | None = None
    seconds_per_output_token: PositiveAmount | None = None
    ttft_seconds: PositiveAmount | None = None
    requests_per_second: PositiveAmount | None = None

    @model_validator(mode="after")
    def _one_way_to_time(self) -> "MeasuredLoad":
        per_token = [getattr(self, name) is not None for name in PER_TOKEN_SECONDS]
        if any(per_token) == (self.request_seconds is not None) or any(per_token) != all(per_token):
            raise ValueError(f"must have either request_seconds or both of {' and '.join(PER_TOKEN_SECONDS)}")
        return self

    @model_serializer(mode="wrap")
    def _without_unknown(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class Servers(Frozen):
    """A model on hardware of one's own, whose times depend on the load.

    Attributes:
        loads: as they were measured of one server, by ascending concurrency.
        usd_per_hour: None where tokens have prices; else what one server costs, used or not, in the place of these.
        replicas: how many such servers share the load.
    """

    loads: Several[MeasuredLoad] = Field(min_length=2)
    usd_per_hour: PositiveAmount | None = None
    replicas: Count = 1

    @model_validator(mode="after")
    def _in_order(self) -> "Servers":
        order = [load.concurrency for load in self.loads]
        if order != sorted(set(order)):
            raise ValueError(f"loads must stand in ascending order of concurrency, got {order}")
        if len({load.request_seconds is None for load in self.loads}) > 1:
            raise ValueError("loads must all have request_seconds, or all the seconds per token; got both")
        return self

    @property
    def by_token(self) -> bool:
        """Whether times are by the token, and not of whole requests."""
        return self.loads[0].request_seconds is None

    def curve(self, input_tokens: float, output_tokens: float) -> LoadCurve:
        """The times over the load.

        Args:
            input_tokens: of a prompt, in the mean; where times are of whole requests they do not count.
            output_tokens: of what is written, likewise.
        """
        concurrency = np.array([load.concurrency for load in self.loads])
        if self.by_token:
            times = [[getattr(load, name) for name in PER_TOKEN_SECONDS] for load in self.loads]
            return LoadCurve(
                concurrency, np.array(times, dtype=float), np.array([input_tokens, output_tokens]), np.ones(2, bool)
            )
        own = [load.request_seconds for load in self.loads if load.request_seconds is not None]
        spread = [[seconds.mean, np.nan if seconds.std is None else seconds.std] for seconds in own]
        return LoadCurve(concurrency, np.array(spread), np.array([1.0, 0.0]), np.array([True, False]))

    def times(self, curve: LoadCurve, concurrency: float) -> Mapping[str, Any]:
        """The fields of a Model that say how long its passes take at a concurrency.

        Args:
            curve: of `curve`.
            concurrency: at most the largest that was measured.
        """
        first, second = curve.at(concurrency).tolist()
        if self.by_token:
            return dict(zip(PER_TOKEN_SECONDS, (first, second), strict=True))
        kinds = {load.request_seconds.kind for load in self.loads if load.request_seconds is not None}
        kind = {"kind": kinds.pop()} if len(kinds) == 1 else {}
        return {"request_seconds": {"mean": first, "std": None if np.isnan(second) else second, **kind}}

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


_PRICES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
_FREE = {**dict.fromkeys(_PRICES, 0.0), "free": True}


def priced_by_hour(values: Any) -> Any:
    """The values of a model, whose tokens cost nothing more where its servers are paid by the hour."""
    if not isinstance(values, Mapping):
        return values
    servers = values.get("servers")
    paid = servers.get("usd_per_hour") if isinstance(servers, Mapping) else getattr(servers, "usd_per_hour", None)
    if paid is None:
        return values
    known = {**_FREE, **values}
    return {**known, "free": True} if not any(known[name] for name in _PRICES) else known


def without_unserved(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a model as they are written: servers where it has them, and no prices beside those by the hour."""
    servers = values.get("servers")
    if servers is None:
        return {name: value for name, value in values.items() if name != "servers"}
    return {name: value for name, value in values.items() if "usd_per_hour" not in servers or name not in _FREE}
