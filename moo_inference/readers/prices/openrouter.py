"""OpenRouter's model list, the answer of GET /api/v1/models: USD per token, as strings.

Schema: https://openrouter.ai/docs/api-reference/list-available-models: `{"data": [{"id", "context_length", "pricing":
{"prompt", "completion", "request", "internal_reasoning", "input_cache_read", "overrides": [{"min_prompt_tokens", ...}],
...}}]}`, or that list alone; an override holds from a length of prompt on, or at some hours (utc_start, utc_end,
utc_days). "-1" is the price of a router whose model is not known beforehand. Some clients take them for prices per
million.
"""

import math
import os
import re
from collections.abc import Collection, Iterator
from typing import Any

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.amounts import NoPrice, further, per_million, whole_tokens
from moo_inference.readers.prices.price import Price, PriceList, Tier, entries_of, read_price_list

_Override = tuple[float | None, float | None, tuple[str, ...]]
"""USD per million tokens of prompt and completion, None where an override does not give it, and its further keys."""

_CACHES = ("input_cache_read", "input_cache_write")
_USED = ("prompt", "completion", "request", *_CACHES, "internal_reasoning", "overrides")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")


def read_openrouter_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
    date: str | None = None,
) -> PriceList:
    """Read OpenRouter's model list.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day that the file is of, YYYY-MM-DD, which it does not contain; None: not known.

    Returns:
        Prices in USD per million tokens by the models' ids, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or holds no list of models.
        SettingError: (a ValueError) the day is none.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive, date=date)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    above = () if isinstance(document.data, list) else ("data",)
    listed = document.data.get("data") if isinstance(document.data, dict) else document.data
    if not isinstance(listed, list):
        raise ReaderError(document.error_at((), 'must hold a list of models, itself or under "data"'))
    return entries_of(document, listed, "must be a model with an id and pricing", *above)


def _price(key: str, entry: Document) -> Price:
    pricing = entry.data.get("pricing")
    if not isinstance(pricing, dict):
        raise NoPrice(f"must hold prices, got {shown(pricing)}", "pricing")
    inward, outward = (_needed(pricing, name, "pricing") for name in ("prompt", "completion"))
    request = _usd(pricing.get("request"), "pricing", "request")
    if request:
        raise NoPrice(f"must be priced by tokens alone, got USD {request:g} for each request too", "pricing", "request")
    cached, write = (_usd(pricing.get(name), "pricing", name) for name in _CACHES)
    reasoning = _usd(pricing.get("internal_reasoning"), "pricing", "internal_reasoning")
    long, by_hour = _overrides(pricing)
    (inward, outward), notes = _highest_of_the_week(inward, outward, by_hour)
    tiers, others = _tiers(long, inward, outward)
    return Price(
        key,
        inward,
        outward,
        None if cached is None else per_million(cached),
        per_million(reasoning) if reasoning else None,
        tiers,
        whole_tokens(entry.data.get("context_length"), "context_length"),
        reasons=bool(reasoning) or _can_reason(entry.data.get("supported_parameters")),
        others=(*further(pricing, _USED), *others),
        notes=notes,
        where=entry.where(),
        usd_per_million_cache_write_input_tokens=per_million(write) if write else None,
    )


def _can_reason(parameters: object) -> bool:
    return isinstance(parameters, list) and "reasoning" in parameters


def _needed(pricing: dict[str, Any], name: str, *at: str | int) -> float:
    value = _usd(pricing.get(name), *at, name)
    if value is None:
        raise NoPrice(f"{name}: must be given: a missing price is not 0", *at)
    return per_million(value)


def _usd(value: object, *at: str | int) -> float | None:
    """The number in a string."""
    if value is None:
        return None
    if not isinstance(value, str) or not _NUMBER.match(value):
        raise NoPrice(f"must be a number in a string, in USD per token, got {shown(value)}", *at)
    number = float(value)
    if number == -1:
        raise NoPrice('the price is dynamic ("-1"): it depends on the model that a request is sent to', *at)
    if not 0 <= number < math.inf:
        raise NoPrice(f"must be 0 or more, got {shown(value)}", *at)
    return number


def _overrides(pricing: dict[str, Any]) -> tuple[dict[int, _Override], list[_Override]]:
    """Overrides for long prompts, by the tokens from which they hold, and those for some hours of the week."""
    listed = pricing.get("overrides")
    if listed is None:
        return {}, []
    if not isinstance(listed, list):
        raise NoPrice(f"must be a list, got {shown(listed)}", "pricing", "overrides")
    long: dict[int, _Override] = {}
    by_hour = []
    for place, override in enumerate(listed):
        at = ("pricing", "overrides", place)
        given = override if isinstance(override, dict) else {}
        start = whole_tokens(given.get("min_prompt_tokens"), *at, "min_prompt_tokens")
        hours = any(name.startswith("utc_") for name in given)
        if bool(start) == hours or start in long:
            raise NoPrice("must begin at a number of prompt tokens of its own, above 0, or hold at some hours", *at)
        prices = (_usd(given.get(name), *at, name) for name in ("prompt", "completion"))
        inner, outer = (None if price is None else per_million(price) for price in prices)
        also = tuple(name for name in given if name not in ("min_prompt_tokens", "prompt", "completion"))
        if start:
            long[start] = (inner, outer, also)
        else:
            by_hour.append((inner, outer, also))
    return long, by_hour


def _tiers(long: dict[int, _Override], inward: float, outward: float) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """Prices for long prompts, where what is not given is as for short ones; and the names of what else is given."""
    found = [
        Tier(start, inward if inner is None else inner, outward if outer is None else outer)
        for start, (inner, outer, _) in sorted(long.items())
    ]
    others = dict.fromkeys(name for *_, also in long.values() for name in also)
    return tuple(found), tuple(f"overrides {name}" for name in others)


def _highest_of_the_week(
    inward: float, outward: float, by_hour: list[_Override]
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """The highest prices of the week. The prices outside of the overrides are those of the hour of the download."""
    if not by_hour:
        return (inward, outward), ()
    pairs = [
        (inward, outward),
        *((inward if one is None else one, outward if two is None else two) for one, two, _ in by_hour),
    ]
    highest, lowest = max(pairs, key=sum), min(pairs, key=sum)
    return highest, (
        f"prices depend on the hour, from USD {lowest[0]:g} / {lowest[1]:g} to USD {highest[0]:g} / {highest[1]:g} per "
        "million tokens of input / output; the highest are counted",
    )


FORMAT = Format(
    "openrouter_prices",
    "OpenRouter model list",
    "prices",
    read_openrouter_prices,
    json=lambda shape: shape.has("data", 0, "pricing") or shape.has(0, "pricing"),
)
