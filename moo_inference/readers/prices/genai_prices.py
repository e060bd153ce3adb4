"""The price data of genai-prices: USD per million tokens, providers with their models.

Schema: https://github.com/pydantic/genai-prices (prices/data_slim.json, and prices/new_data/v2/data.json, which also
has prices of reasoning, citations and searches). A price is a number or {base, tiers: [{start, price}]}, where a
request with more input tokens than `start` pays that price for all of its tokens. Prices that depend on the date or
the hour stand in a list of blocks; which of them holds is not for a reader to say.
"""

import os
from collections.abc import Collection, Iterator
from typing import Any

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.price import (
    NoPrice,
    Price,
    PriceList,
    Tier,
    entries_of,
    further,
    price_of,
    read_price_list,
    whole_tokens,
)

_INPUT, _OUTPUT, _REASONING, _CACHED = "input_mtok", "output_mtok", "output_reasoning_mtok", "cache_read_mtok"
_REQUESTS = "requests_kcount"


def read_genai_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
) -> PriceList:
    """Read the price data of genai-prices.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.

    Returns:
        Prices in USD per million tokens by `provider/model`, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not a list of providers.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    if not isinstance(document.data, list):
        raise ReaderError(document.error_at((), f"must be a list of providers, got {shown(document.data)}"))
    for place, provider in enumerate(document.data):
        listed = provider.get("models") if isinstance(provider, dict) else None
        if not isinstance(listed, list) or not isinstance(provider.get("id"), str):
            raise ReaderError(document.error_at((place,), "must be a provider with an id and a list of models"))
        for name, entry in entries_of(document, listed, "must be a model with an id and prices", place, "models"):
            yield f"{provider['id']}/{name}", entry


def _price(key: str, entry: Document) -> Price:
    at: tuple[str | int, ...] = ("prices",)
    prices = entry.data.get("prices")
    if isinstance(prices, list):
        if len(prices) != 1 or not isinstance(prices[0], dict) or prices[0].get("constraint") is not None:
            raise NoPrice(f"must be one price for all times, got {len(prices)} that depend on the date or hour", *at)
        prices, at = prices[0].get("prices"), (*at, 0, "prices")
    if not isinstance(prices, dict):
        raise NoPrice(f"must hold prices, got {shown(prices)}", *at)
    if prices.get(_REQUESTS) is not None:
        raise NoPrice("must be priced by tokens alone, got a price for each request too", *at, _REQUESTS)
    for name in (_INPUT, _OUTPUT):
        if prices.get(name) is None:
            raise NoPrice(f"{name}: must be given: a missing price is not 0", *at)
    inward, outward = (_steps(prices[name], (*at, name)) for name in (_INPUT, _OUTPUT))
    reasoning, cached = (
        None if prices.get(name) is None else _steps(prices[name], (*at, name)) for name in (_REASONING, _CACHED)
    )
    starts = sorted({*inward, *outward, *(reasoning or ())} - {0})
    others = further(prices, (_INPUT, _OUTPUT, _REASONING, _CACHED))
    if cached is not None and len(cached) > 1:
        others += (f"tiers of {_CACHED}",)
    return Price(
        key,
        inward[0],
        outward[0],
        None if cached is None else cached[0],
        None if reasoning is None else reasoning[0],
        tuple(
            Tier(start, _at(inward, start), _at(outward, start), None if reasoning is None else _at(reasoning, start))
            for start in starts
        ),
        whole_tokens(entry.data.get("context_window"), "context_window"),
        reasons=reasoning is not None,
        others=others,
        where=entry.where(),
    )


def _steps(value: Any, at: tuple[str | int, ...]) -> dict[int, float]:
    """The price from each number of input tokens on, the first of them 0."""
    if not isinstance(value, dict):
        return {0: price_of(value, *at)}
    found = {0: price_of(value.get("base"), *at, "base")}
    tiers = value.get("tiers")
    if not isinstance(tiers, list):
        raise NoPrice(f"must be a list of tiers, got {shown(tiers)}", *at, "tiers")
    for place, tier in enumerate(tiers):
        where = (*at, "tiers", place)
        start = whole_tokens(tier.get("start"), *where, "start") if isinstance(tier, dict) else None
        if not start or start in found:
            raise NoPrice("must begin at a number of tokens of its own, above 0", *where)
        found[start] = price_of(tier.get("price"), *where, "price")
    return found


def _at(steps: dict[int, float], start: int) -> float:
    return steps[max(step for step in steps if step <= start)]


FORMAT = Format(
    "genai_prices",
    "genai-prices data",
    "prices",
    read_genai_prices,
    json=lambda shape: shape.has(0, "models", 0, "prices"),
)
