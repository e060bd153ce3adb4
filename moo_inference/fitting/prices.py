"""Prices of a model."""

from collections.abc import Iterator

from moo_inference.fitting.model_fields import ModelFields
from moo_inference.readers import Price
from moo_inference.readers.prices.price import MOST_USD_PER_MILLION

_CACHED, _WRITE = "usd_per_million_cached_input_tokens", "usd_per_million_cache_write_input_tokens"


def price_fields(price: Price, *, cached_prompt: bool = False) -> ModelFields:
    """The prices of a list as a model pays them.

    Args:
        price: of the model, on the terms on which its queries are sent.
        cached_prompt: the passes of a query have the same prompt, which is paid at the price of cached input from the
            second pass on; the first pays what writing to the cache costs.
    """
    values: dict[str, object] = {
        "usd_per_million_input_tokens": price.usd_per_million_input_tokens,
        "usd_per_million_output_tokens": price.usd_per_million_output_tokens,
    }
    if price.mode is not None:
        values["price_mode"] = price.mode
    if price.free:
        values["free"] = True
    # The reader lets no such price pass unless it is said to be meant.
    if max(price.amounts()) > MOST_USD_PER_MILLION:
        values["price_checked"] = True
    if price.usd_per_million_reasoning_tokens is not None:
        values["usd_per_million_reasoning_tokens"] = price.usd_per_million_reasoning_tokens
    if price.tiers:
        values["price_tiers"] = [
            {name: value for name, value in tier._asdict().items() if value is not None} for tier in price.tiers
        ]
    if cached_prompt and price.usd_per_million_cached_input_tokens is not None:
        caches: dict[str, float | None] = {_CACHED: price.usd_per_million_cached_input_tokens}
        caches[_WRITE] = price.usd_per_million_cache_write_input_tokens
        values |= {name: amount for name, amount in caches.items() if amount is not None}
    notes = (f"{price.where}: {sentence}" for sentence in _sentences(price, cached_prompt=cached_prompt))
    return ModelFields.of(values, source_text(price), *notes)


def _sentences(price: Price, *, cached_prompt: bool) -> Iterator[str]:
    """What has to be known of a price, and what of it is not counted."""
    reasoning = price.usd_per_million_reasoning_tokens
    if reasoning is not None and reasoning != price.usd_per_million_output_tokens:
        yield (
            f"reasoning has a price of its own, USD {reasoning:g} per million tokens, which is paid for "
            "reasoning_tokens alone"
        )
    cached = price.usd_per_million_cached_input_tokens
    if cached_prompt and cached is None:
        if price.mode is None:
            yield f"{price.key} has no price for cached input, so every pass pays the whole prompt"
        else:
            yield f"{price.key} has no price of {price.mode} for cached input, which costs as much as other input then"
    elif cached_prompt and price.mode == "batch":
        yield "requests of a batch reach the cache only by chance: with cached prompts the cost is the least possible"
    yield from price.notes
    others = list(price.others)
    if not cached_prompt and cached is not None:
        others.insert(0, f"cached input {cached:g} (--cached-prompt counts it)")
    if others:
        yield f"{price.key} has further prices, which are not counted: {', '.join(others)}"
    if price.modes:
        yield f"{price.key} has other prices for {', '.join(price.modes)} (--price-mode)"


def source_text(price: Price) -> str:
    """Where a price comes from: file and line, the name there, how queries are sent, and its day, as far as known."""
    return ", ".join(filter(None, (price.where, price.key, price.mode, price.date)))
