"""A language model as a decision needs it: what a pass costs, how long it takes, how good it is."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from moo_inference.catalog.accuracy import AnyAccuracy, MeasuredAccuracy
from moo_inference.catalog.base import (
    Amount,
    Count,
    Fraction,
    Frozen,
    Name,
    Positive,
    PositiveAmount,
    ReadOnly,
    Several,
    TextByName,
    WholeNumber,
)
from moo_inference.catalog.messages import PER_TOKEN
from moo_inference.catalog.resource import Resources, gathered
from moo_inference.catalog.servers import Servers, priced_by_hour, without_unserved
from moo_inference.catalog.spread import RequestSeconds, TokenLength
from moo_inference.catalog.stopping import StopField, without_unset_stop
from moo_inference.errors import SettingError
from moo_inference.evaluation.stop import misfit

HIGHEST_USUAL_PRICE = 1_000.0
LOWEST_USUAL_PRICE = 0.001
"""USD per million tokens. Below it, a price is more likely one per token than a bargain."""


def check_price(price: float, *, free: bool, checked: bool) -> None:
    """Refuse a price that looks like a mistake and is not said to be meant.

    Args:
        price: USD per million tokens.
        free: a price of 0 is meant.
        checked: an unusual price is meant.

    Raises:
        ValueError: it does; the message states what must hold.
    """
    if price == 0 and not free:
        raise ValueError("must be positive, or `free: true` must confirm that 0 is meant")
    if price > 0 and not checked:
        if price > HIGHEST_USUAL_PRICE:
            raise ValueError(
                f"must be USD per million tokens, at most {HIGHEST_USUAL_PRICE:,.0f}; {price:,.10g} is more "
                "than any usual price (a unit slip?). If it is meant, set `price_checked: true`"
            )
        if price < LOWEST_USUAL_PRICE:
            raise ValueError(
                f"must be USD per million tokens, at least {LOWEST_USUAL_PRICE}; {price:.10g} looks like USD "
                f"per token, which would be {price * 1e6:.10g} per million. If it is meant, set "
                "`price_checked: true`"
            )


PriceMode = Literal["batch", "flex", "priority"]
"""How requests are sent, where not interactively at the usual price."""


class PriceTier(Frozen):
    """Prices of a request with a long prompt, which hold for all of its tokens.

    Attributes:
        from_input_tokens: of requests with more input tokens than that.
        usd_per_million_input_tokens: USD.
        usd_per_million_output_tokens: USD.
        usd_per_million_reasoning_tokens: None where reasoning costs here what it costs otherwise.
    """

    from_input_tokens: Count
    usd_per_million_input_tokens: Amount
    usd_per_million_output_tokens: Amount
    usd_per_million_reasoning_tokens: Amount | None = None


class Passes(Frozen):
    """Passes that were measured, one entry each: what the Empirical estimator draws from.

    Attributes:
        input_tokens: of each pass.
        output_tokens: of each pass, reasoning included.
        seconds: of each pass from end to end, or None where the model's times are to be used.
    """

    input_tokens: Several[WholeNumber]
    output_tokens: Several[WholeNumber]
    seconds: Several[Positive] | None = None

    @model_validator(mode="after")
    def _alike(self) -> "Passes":
        sizes = {len(values) for values in (self.input_tokens, self.output_tokens, self.seconds) if values is not None}
        if len(sizes) > 1 or 0 in sizes:
            raise ValueError("must hold lists of the same length, one entry per pass, at least one")
        return self

    def __hash__(self) -> int:
        return hash((self.input_tokens, self.output_tokens, self.seconds))


class Model(Frozen):
    """A model, with its units in its field names.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        family: None, or what settings of one model share: tables and figures group by it.
        effort: None, or how hard the model was told to think, as `high`.
        free: a price of zero is meant.
        price_checked: an unusual price (below 0.001 or above 1,000 USD per million tokens) is meant.
        usd_per_million_input_tokens: price of what goes in, USD.
        usd_per_million_output_tokens: price of what comes out, USD.
        usd_per_million_cached_input_tokens: None, or what the prompt costs from the second pass on, where all
            passes have the same prompt and the first leaves it in a cache.
        usd_per_million_cache_write_input_tokens: None, or what the prompt costs where a pass writes it to the cache, in
            place of the price of input.
        first_wave_writes_cache: each pass of the first P writes the prompt, since no answer has begun before them. Else
            the first pass alone does, and the others are sent once its answer begins.
        price_mode: None, or how requests are sent that pay these prices, as `batch`; times are not those of this mode.
        usd_per_million_reasoning_tokens: None where they cost what other output costs.
        price_tiers: other prices for long prompts.
        shared_prompt: one request asks for all k passes (n = k), so that the prompt is billed once.
        prompt: `per-query`: all passes of a query have the same prompt, whose length is drawn once. `per-pass`: each
            pass draws a prompt of its own, as in the paper.
        servers: None, or its times over the load of one's own servers, in place of the next three.
        request_seconds: None, or the seconds of a pass from end to end, in place of the next two.
        seconds_per_input_token: time to read one token, in one pass alone.
        seconds_per_output_token: time to write one token, in one pass alone.
        input_tokens: length of the prompt.
        output_tokens: length of the answer of one pass.
        reasoning_tokens: None, or the length of what comes before the answer, billed and timed as output; it varies
            on its own.
        passes: None, or passes that were measured.
        resources: what a pass uses besides money and time, by unit; in a file `joules_per_input_token` and
            `joules_per_output_token` for joules, and so for any other unit.
        accuracy: of one pass, or of k.
        parallel: P, how many passes run at the same time.
        latency: how the times of k passes add up. `ideal` divides their sum by P (paper, Eq. 6), even for k < P.
            `waves` runs ceil(k / P) batches of at most P passes, each as long as its slowest pass.
        stop: None: all k passes run; else the policy by which at most k do, see `Stop`.
        failed_share: None, or the share of requests that failed when it was measured; they are in no other number.
        sources: where each number came from, by field.
    """

    name: Name
    family: Name | None = None
    effort: Name | None = None
    free: bool = False
    price_checked: bool = False
    usd_per_million_input_tokens: Amount
    usd_per_million_output_tokens: Amount
    usd_per_million_cached_input_tokens: Amount | None = None
    usd_per_million_cache_write_input_tokens: Amount | None = None
    first_wave_writes_cache: bool = False
    usd_per_million_reasoning_tokens: Amount | None = None
    price_mode: PriceMode | None = None
    price_tiers: Several[PriceTier] = ()
    shared_prompt: bool = False
    prompt: Literal["per-query", "per-pass"] = "per-query"
    servers: Servers | None = None
    request_seconds: RequestSeconds | None = None
    seconds_per_input_token: PositiveAmount | None = Field(default=None, validate_default=True)
    seconds_per_output_token: PositiveAmount | None = Field(default=None, validate_default=True)
    input_tokens: TokenLength
    output_tokens: TokenLength
    reasoning_tokens: TokenLength | None = None
    passes: Passes | None = None
    resources: Resources = ReadOnly({})
    accuracy: AnyAccuracy
    parallel: Count = 1
    latency: Literal["ideal", "waves"] = "waves"
    stop: StopField = None
    failed_share: Fraction | None = None
    sources: TextByName = ReadOnly({})

    @model_validator(mode="before")
    @classmethod
    def _units_in_keys(cls, values: Any) -> Any:
        return priced_by_hour(gathered(values, PER_TOKEN))

    @field_validator(
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
        "usd_per_million_cached_input_tokens",
        "usd_per_million_cache_write_input_tokens",
        "usd_per_million_reasoning_tokens",
    )
    @classmethod
    def _usual_price(cls, price: float | None, info: ValidationInfo) -> float | None:
        if price is not None:
            check_price(price, free=bool(info.data.get("free")), checked=bool(info.data.get("price_checked")))
        return price

    @field_validator("usd_per_million_cache_write_input_tokens", "first_wave_writes_cache")
    @classmethod
    def _written_to_be_read(cls, value: float | bool | None, info: ValidationInfo) -> float | bool | None:
        # A price that is invalid itself is not in `data`, and is already reported.
        name = "usd_per_million_cached_input_tokens"
        if value not in (None, False) and info.data.get(name, False) is None:
            raise ValueError(f"must come with {name}: a prompt is written to a cache to be read from it")
        if value == 0 and value is not False and info.data.get("usd_per_million_input_tokens"):
            raise ValueError("must be positive where input has a price: to write a prompt is to read it too")
        return value

    @field_validator("price_tiers")
    @classmethod
    def _usual_tiers(cls, tiers: tuple[PriceTier, ...], info: ValidationInfo) -> tuple[PriceTier, ...]:
        starts = [tier.from_input_tokens for tier in tiers]
        if starts != sorted(set(starts)):
            raise ValueError(f"must stand in ascending order of from_input_tokens, got {starts}")
        for tier in tiers:
            prices = (
                tier.usd_per_million_input_tokens,
                tier.usd_per_million_output_tokens,
                tier.usd_per_million_reasoning_tokens,
            )
            for price in (price for price in prices if price is not None):
                check_price(price, free=bool(info.data.get("free")), checked=bool(info.data.get("price_checked")))
        return tiers

    @field_validator("shared_prompt")
    @classmethod
    def _one_way_to_bill_prompts(cls, shared: bool, info: ValidationInfo) -> bool:
        if shared and info.data.get("usd_per_million_cached_input_tokens") is not None:
            raise ValueError(
                "must not be true together with usd_per_million_cached_input_tokens: a prompt that is sent once is "
                "not cached"
            )
        return shared

    @field_validator("prompt")
    @classmethod
    def _one_prompt_to_bill(cls, prompt: str, info: ValidationInfo) -> str:
        shared = {"shared_prompt": info.data.get("shared_prompt")}
        name = "usd_per_million_cached_input_tokens"
        shared[name] = info.data.get(name) is not None
        if prompt == "per-pass" and any(shared.values()):
            given = " and ".join(name for name, value in shared.items() if value)
            raise ValueError(f"must be per-query with {given}: all passes of a query then have the same prompt")
        return prompt

    @field_validator("seconds_per_input_token", "seconds_per_output_token")
    @classmethod
    def _one_way_to_time(cls, seconds: float | None, info: ValidationInfo) -> float | None:
        # A value that is invalid itself is not in `data`, and is already reported.
        if info.data.get("servers", True) is not None:
            if seconds is not None:
                raise ValueError("must not be given together with servers, which has the times at each load")
        elif "request_seconds" in info.data and (seconds is None) == (info.data["request_seconds"] is None):
            if seconds is None:
                raise PydanticCustomError("missing", "must be given")
            raise ValueError("must not be given together with request_seconds, which is the time of a pass")
        return seconds

    @model_validator(mode="after")
    def _served_as_measured(self) -> "Model":
        if self.servers is None:
            return self
        errors = []
        if self.request_seconds is not None:
            errors.append("request_seconds must not be given together with servers, which has the times at each load")
        if self.passes is not None:
            errors.append("passes must not be given together with servers: they were measured at one load")
        if self.stop is not None:
            errors.append(
                "stop must not be given together with servers: how many passes run is not counted in the load"
            )
        prices = (self.usd_per_million_input_tokens, self.usd_per_million_output_tokens)
        if self.servers.usd_per_hour is not None and any(prices):
            errors.append(
                "prices per token must not be given together with servers.usd_per_hour, which is in their place"
            )
        if errors:
            raise PydanticCustomError("whole", "{sentence}", {"sentence": "; ".join(errors)})
        return self

    @model_validator(mode="after")
    def _stops_by_what_keeps(self) -> "Model":
        if self.stop is not None and (why := misfit(self.stop, self.keep, pair=self.first_setting is not None)):
            raise PydanticCustomError("whole", "{sentence}", {"sentence": why})
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_unserved(without_unset_stop(handler(self)))

    @property
    def keep(self) -> str:
        """Which of k passes counts: `oracle`, `verifier`, `majority`, or `all`, which is the worst."""
        return self.accuracy.keep

    @property
    def needs_load(self) -> str:
        """The sentence where its times depend on the load, and none is stated."""
        return (
            f"{self.name}: its times depend on the load, so the scenario must state queries_per_second or concurrency; "
            "got neither"
        )

    @property
    def first_setting(self) -> "Model | None":
        """With the stop `escalate`, the setting that runs first; else None."""
        return None

    @property
    def k_limit(self) -> int | None:
        """The largest k whose accuracy the evaluation gives; None where there is no limit."""
        return self.accuracy.evaluation.fewest if isinstance(self.accuracy, MeasuredAccuracy) else None


def shared_resources(models: Iterable[Model]) -> tuple[str, ...]:
    """The units of what models use besides money and time, in the order of the objectives.

    Raises:
        SettingError: (a ValueError) some use other resources than others.
    """
    kinds = {tuple(model.resources): model.name for model in models}
    if len(kinds) > 1:
        got = "; ".join(f"{name}: {', '.join(units) or 'none'}" for units, name in kinds.items())
        raise SettingError(f"models that are compared must have the same resources besides cost and time, got {got}")
    return next(iter(kinds), ())
