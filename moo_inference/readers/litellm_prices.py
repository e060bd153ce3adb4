"""LiteLLM's price map, `model_prices_and_context_window.json`: USD per token, one entry a model.

Schema: https://github.com/BerriAI/litellm (the file in the root, of which `sample_spec` describes the fields). Prices
for long input stand in `tiered_pricing` or in `*_above_200k_tokens`; those for batches, priority and flex are left out.
"""

import os
import re
from collections.abc import Collection
from typing import Any

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Document, shown
from moo_inference.readers.json_file import read_json
from moo_inference.readers.prices import (
    NOT_FOR_TEXT,
    Allowed,
    NoPrice,
    Price,
    PriceList,
    PriceListBuilder,
    per_million,
    price_of,
    whole_tokens,
)

_INPUT, _OUTPUT = "input_cost_per_token", "output_cost_per_token"
_CACHED, _REASONING = "cache_read_input_token_cost", "output_cost_per_reasoning_token"
_ABOVE = re.compile(r"(input|output)_cost_per_token_above_([0-9]{1,9})k_tokens\Z")
_TEXT_MODES = ("chat", "completion", "responses")
_DESCRIPTION = "sample_spec"

_Tiers = list[tuple[int, float, float]]


def read_litellm_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
) -> PriceList:
    """Read a LiteLLM price map.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.

    Returns:
        Prices in USD per million tokens. Models that are not for text, have no price per token, or have one that
        cannot be told, are in `unpriced` with the reason.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not one object of entries.
    """
    document = read_json(path)
    if not isinstance(document.data, dict):
        raise ReaderError(document.fault((), f"must hold an entry for each model, got {shown(document.data)}"))
    builder = PriceListBuilder(document.path, Allowed(free, expensive))
    for key in document.data:
        entry = document.at(key)
        try:
            builder.add(key, entry, _price(key, entry))
        except NoPrice as fault:
            builder.refuse(key, entry, fault)
    return builder.build()


def _price(key: str, entry: Document) -> Price:
    data = entry.data
    if key == _DESCRIPTION:
        raise NoPrice("describes the fields and is no model")
    if not isinstance(data, dict):
        raise NoPrice(f"must hold keys and values, got {shown(data)}")
    mode = data.get("mode")
    if mode is not None and mode not in _TEXT_MODES:
        raise NoPrice(f"{NOT_FOR_TEXT}, got mode {shown(mode)}", "mode")
    tiers = _tiers(data)
    if data.get(_INPUT) is None and data.get(_OUTPUT) is None and tiers and tiers[0][0] == 0:
        (_, inward, outward), *tiers = tiers
    else:
        inward, outward = _flat(data, _INPUT), _flat(data, _OUTPUT)
        if tiers and tiers[0] == (0, inward, outward):
            del tiers[0]
    tiers = sorted([*tiers, *_above(data, inward, outward)])
    if len({start for start, *_ in tiers}) < len(tiers) or any(start == 0 for start, *_ in tiers):
        raise NoPrice("must have one price for each length of input, got several")
    cached, reasoning = (
        per_million(price_of(data[name], name)) if data.get(name) is not None else None
        for name in (_CACHED, _REASONING)
    )
    return Price(
        key,
        inward,
        outward,
        cached,
        reasoning,
        tuple(tiers),
        whole_tokens(data.get("max_input_tokens"), "max_input_tokens"),
        free=min([inward, outward, *(min(pair) for _, *pair in tiers)]) == 0,
        where=entry.where(),
    )


def _flat(data: dict[str, Any], name: str) -> float:
    if data.get(name) is not None:
        return per_million(price_of(data[name], name))
    by_time = [key for key in data if key.endswith("per_second")]
    other = f"; it is priced by the second ({by_time[0]})" if by_time else ""
    raise NoPrice(f"{name}: must be given: a missing price is not 0{other}")


def _tiers(data: dict[str, Any]) -> _Tiers:
    """`tiered_pricing` as (from_input_tokens, input price, output price)."""
    found: _Tiers = []
    listed = data.get("tiered_pricing")
    if listed is None:
        return found
    if not isinstance(listed, list):
        raise NoPrice(f"must be a list of tiers, got {shown(listed)}", "tiered_pricing")
    for place, tier in enumerate(listed):
        at = ("tiered_pricing", place)
        if not isinstance(tier, dict) or not isinstance(tier.get("range"), list) or not tier["range"]:
            raise NoPrice("must have a range of input tokens and two prices", *at)
        start = whole_tokens(tier["range"][0], *at, "range")
        prices = [per_million(price_of(tier.get(name), *at, name)) for name in (_INPUT, _OUTPUT)]
        found.append((start or 0, *prices))  # type: ignore[arg-type]
    return sorted(found)


def _above(data: dict[str, Any], inward: float, outward: float) -> _Tiers:
    """`*_above_200k_tokens` likewise; what is not given for a tier is as below it."""
    given: dict[int, dict[str, float]] = {}
    for name, value in data.items():
        match = _ABOVE.match(name)
        if match and value is not None:
            given.setdefault(int(match[2]) * 1000, {})[match[1]] = per_million(price_of(value, name))
    found: _Tiers = []
    for start, prices in sorted(given.items()):
        inward, outward = prices.get("input", inward), prices.get("output", outward)
        found.append((start, inward, outward))
    return found
