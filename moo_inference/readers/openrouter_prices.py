"""OpenRouter's model list, the answer of GET /api/v1/models: USD per token, as strings.

Schema: https://openrouter.ai/docs/api-reference/list-available-models: `{"data": [{"id", "context_length", "pricing":
{"prompt", "completion", "request", "internal_reasoning", "input_cache_read", "overrides": [{"min_prompt_tokens", ...}],
...}}]}`. "-1" is the price of a router whose model is not known beforehand. Some clients take them for prices per
million.
"""

import math
import os
import re
from collections.abc import Collection
from typing import Any

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Document, shown
from moo_inference.readers.json_file import read_json
from moo_inference.readers.prices import Allowed, NoPrice, Price, PriceList, PriceListBuilder, per_million, whole_tokens

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")


def read_openrouter_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
) -> PriceList:
    """Read OpenRouter's model list.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.

    Returns:
        Prices in USD per million tokens by the models' ids, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or holds no list of models.
    """
    document = read_json(path)
    listed = document.data.get("data") if isinstance(document.data, dict) else None
    if not isinstance(listed, list):
        raise ReaderError(document.fault((), 'must hold a list of models under "data"'))
    builder = PriceListBuilder(document.path, Allowed(free, expensive))
    for place, model in enumerate(listed):
        entry = document.at("data", place)
        if not isinstance(model, dict) or not isinstance(model.get("id"), str):
            raise ReaderError(entry.fault((), "must be a model with an id and pricing"))
        key = model["id"]
        try:
            builder.add(key, entry, _price(key, entry))
        except NoPrice as fault:
            builder.refuse(key, entry, fault)
    return builder.build()


def _price(key: str, entry: Document) -> Price:
    pricing = entry.data.get("pricing")
    if not isinstance(pricing, dict):
        raise NoPrice(f"must hold prices, got {shown(pricing)}", "pricing")
    inward, outward = (_needed(pricing, name, "pricing") for name in ("prompt", "completion"))
    request = _usd(pricing.get("request"), "pricing", "request")
    if request:
        raise NoPrice(f"must be priced by tokens alone, got USD {request:g} for each request too", "pricing", "request")
    cached = _usd(pricing.get("input_cache_read"), "pricing", "input_cache_read")
    reasoning = _usd(pricing.get("internal_reasoning"), "pricing", "internal_reasoning")
    tiers = _overrides(pricing, inward, outward)
    return Price(
        key,
        inward,
        outward,
        None if cached is None else per_million(cached),
        per_million(reasoning) if reasoning else None,
        tiers,
        whole_tokens(entry.data.get("context_length"), "context_length"),
        free=min([inward, outward, *(min(pair) for _, *pair in tiers)]) == 0,
        where=entry.where(),
    )


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


def _overrides(pricing: dict[str, Any], inward: float, outward: float) -> tuple[tuple[int, float, float], ...]:
    """Prices for long input; what an override does not give is as without it."""
    listed = pricing.get("overrides")
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise NoPrice(f"must be a list, got {shown(listed)}", "pricing", "overrides")
    found: dict[int, tuple[int, float, float]] = {}
    for place, override in enumerate(listed):
        at = ("pricing", "overrides", place)
        start = (
            whole_tokens(override.get("min_prompt_tokens"), *at, "min_prompt_tokens")
            if isinstance(override, dict)
            else None
        )
        if not start or start in found:
            raise NoPrice("must begin at a number of prompt tokens of its own, above 0", *at)
        prices = (_usd(override.get(name), *at, name) for name in ("prompt", "completion"))
        inner, outer = (
            default if price is None else per_million(price)
            for price, default in zip(prices, (inward, outward), strict=True)
        )
        found[start] = (start, inner, outer)
    return tuple(found[start] for start in sorted(found))
