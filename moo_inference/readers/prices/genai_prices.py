"""The price data of genai-prices: USD per million tokens, providers with their models.

Schema: https://github.com/pydantic/genai-prices (prices/data_slim.json, and prices/new_data/v2/data.json, which also
has prices of reasoning, citations and searches). A price is a number or {base, tiers: [{start, price}]}, where a
request with more input tokens than `start` pays that price for all of its tokens. Prices that depend on the date or
the hour stand in a list of blocks with a `constraint`, of which the last that holds is paid: {start_date}, or
{start_time, end_time} of the day in UTC.
"""

import os
from collections.abc import Collection, Iterator
from typing import Any

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.amounts import NoPrice, further, price_of, whole_tokens
from moo_inference.readers.prices.hours import minutes_between, week_of
from moo_inference.readers.prices.price import (
    Price,
    PriceList,
    Tier,
    entries_of,
    read_price_list,
    same_share,
    with_hours,
)

_INPUT, _OUTPUT, _REASONING, _CACHED = "input_mtok", "output_mtok", "output_reasoning_mtok", "cache_read_mtok"
_WRITE = "cache_write_mtok"
_REQUESTS = "requests_kcount"


def read_genai_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
    date: str | None = None,
) -> PriceList:
    """Read the price data of genai-prices.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day for which prices are asked, YYYY-MM-DD; None: models whose prices depend on it have none.

    Returns:
        Prices in USD per million tokens by `provider/model`, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not a list of providers.
        SettingError: (a ValueError) the day is none.
    """
    return read_price_list(
        path, _entries, lambda key, entry: _price(key, entry, date), free=free, expensive=expensive, date=date
    )


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    if not isinstance(document.data, list):
        raise ReaderError(document.error_at((), f"must be a list of providers, got {shown(document.data)}"))
    for place, provider in enumerate(document.data):
        listed = provider.get("models") if isinstance(provider, dict) else None
        if not isinstance(listed, list) or not isinstance(provider.get("id"), str):
            raise ReaderError(document.error_at((place,), "must be a provider with an id and a list of models"))
        for name, entry in entries_of(document, listed, "must be a model with an id and prices", place, "models"):
            yield f"{provider['id']}/{name}", entry


def _price(key: str, entry: Document, date: str | None) -> Price:
    at: tuple[str | int, ...] = ("prices",)
    prices = entry.data.get("prices")
    if not isinstance(prices, list):
        return _card(key, entry, prices, at)
    usual, by_hour = _that_hold(prices, date)
    place = (*at, usual, "prices")
    found = _card(key, entry, prices[usual].get("prices"), place)
    if by_hour is not None:
        block = prices[by_hour]
        other = _card(key, entry, block.get("prices"), (*at, by_hour, "prices"))
        try:
            start, end = (str(block["constraint"].get(name)) for name in ("start_time", "end_time"))
            found = with_hours(found, other, week_of(minutes_between(start, end)))
        except ValueError as error:
            raise NoPrice(str(error), *at, by_hour, "constraint") from error
    return found


def _that_hold(blocks: list[Any], date: str | None) -> tuple[int, int | None]:
    """The block that holds on a day at all hours, and the one that replaces it at some; of several the last holds."""
    refused = f"must be one price for all times, got {len(blocks)} that depend on the date or hour"
    usual, by_hour = None, None
    for place, block in enumerate(blocks):
        constraint = block.get("constraint") if isinstance(block, dict) else _INPUT
        if constraint is None:
            usual, by_hour = place, None
            continue
        if not isinstance(constraint, dict):
            raise NoPrice(refused, "prices")
        if "start_date" in constraint:
            if date is None:
                raise NoPrice(f"{refused}: give the day (--price-date)", "prices")
            if str(constraint["start_date"]) <= date:
                usual, by_hour = place, None
        elif {"start_time", "end_time"} <= constraint.keys() and by_hour is None:
            by_hour = place
        else:
            raise NoPrice(refused, "prices")
    if usual is None:
        raise NoPrice(refused, "prices")
    return usual, by_hour


def _card(key: str, entry: Document, prices: Any, at: tuple[str | int, ...]) -> Price:
    """The prices of one block."""
    if not isinstance(prices, dict):
        raise NoPrice(f"must hold prices, got {shown(prices)}", *at)
    if prices.get(_REQUESTS) is not None:
        raise NoPrice("must be priced by tokens alone, got a price for each request too", *at, _REQUESTS)
    for name in (_INPUT, _OUTPUT):
        if prices.get(name) is None:
            raise NoPrice(f"{name}: must be given: a missing price is not 0", *at)
    inward, outward = (_steps(prices[name], (*at, name)) for name in (_INPUT, _OUTPUT))
    reasoning, cached, write = (
        None if prices.get(name) is None else _steps(prices[name], (*at, name))
        for name in (_REASONING, _CACHED, _WRITE)
    )
    starts = sorted({*inward, *outward, *(reasoning or ())} - {0})
    others = further(prices, (_INPUT, _OUTPUT, _REASONING, _CACHED, _WRITE))
    for name, steps in ((_CACHED, cached), (_WRITE, write)):
        pairs = [] if steps is None else [(_at(inward, start), _at(steps, start)) for start in {*steps, *starts}]
        others += tuple(f"tiers of {name}" for pair in pairs[:1] if not all(same_share(pair, one) for one in pairs))
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
        usd_per_million_cache_write_input_tokens=None if write is None else write[0] or None,
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
