"""LiteLLM's price map, `model_prices_and_context_window.json`: USD per token, one entry a model.

Schema: https://github.com/BerriAI/litellm (the file in the root, of which `sample_spec` describes the fields). Prices
for long input stand in `tiered_pricing` or in `*_above_200k_tokens`; those of other services and hours are named only.
"""

import os
import re
from collections.abc import Collection, Iterator
from typing import Any

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.price import (
    NoPrice,
    NotForText,
    Price,
    PriceList,
    Tier,
    further,
    per_million,
    price_of,
    read_price_list,
    whole_tokens,
)

_INPUT, _OUTPUT, _REASONING = "input_cost_per_token", "output_cost_per_token", "output_cost_per_reasoning_token"
_CACHED, _CACHE_HIT = "cache_read_input_token_cost", "input_cost_per_token_cache_hit"
_REQUEST, _OFF_PEAK, _TIERS = "input_cost_per_request", "off_peak_pricing", "tiered_pricing"
_ABOVE = re.compile(rf"({_INPUT}|{_OUTPUT}|{_REASONING})_above_([0-9]{{1,9}})k_tokens\Z")
_PRICE = re.compile(r"cost|pric")
_SERVICE = re.compile(r"_(batches|flex|priority)\Z")
_TEXT_MODES = ("chat", "completion", "responses")
_DESCRIPTION = "sample_spec"


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
        are unknown, are in `unpriced` with the reason.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not one object of entries.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    if not isinstance(document.data, dict):
        raise ReaderError(document.error_at((), f"must hold an entry for each model, got {shown(document.data)}"))
    yield from ((key, document.at(key)) for key in document.data)


def _price(key: str, entry: Document) -> Price:
    data = entry.data
    if key == _DESCRIPTION:
        raise NoPrice("describes the fields and is no model")
    if not isinstance(data, dict):
        raise NoPrice(f"must hold keys and values, got {shown(data)}")
    mode = data.get("mode")
    if mode is not None and mode not in _TEXT_MODES:
        raise NotForText(f"must be a chat model, got mode {shown(mode)}", "mode")
    if data.get(_REQUEST):
        raise NoPrice("must be priced by tokens alone, got a price for each request too", _REQUEST)
    tiers, others = _tiers(data)
    if data.get(_INPUT) is None and data.get(_OUTPUT) is None and tiers and tiers[0].from_input_tokens == 0:
        (_, inward, outward, reasoning), *tiers = tiers
    else:
        inward, outward, reasoning = _flat(data, _INPUT), _flat(data, _OUTPUT), _maybe(data, _REASONING)
        if tiers and tiers[0] == (0, inward, outward, reasoning):
            del tiers[0]
    tiers = sorted([*tiers, *_above(data, Tier(0, inward, outward, reasoning))])
    if len({start for start, *_ in tiers}) < len(tiers) or any(start == 0 for start, *_ in tiers):
        raise NoPrice("must have one price for each length of input, got several")
    cached = _maybe(data, _CACHED)
    return Price(
        key,
        inward,
        outward,
        _maybe(data, _CACHE_HIT) if cached is None else cached,
        reasoning,
        tuple(tiers),
        whole_tokens(data.get("max_input_tokens"), "max_input_tokens"),
        reasons=data.get("supports_reasoning") is True or bool(reasoning),
        others=(*_others(data), *others),
        notes=_off_peak(data),
        where=entry.where(),
    )


def _flat(data: dict[str, Any], name: str) -> float:
    value = _maybe(data, name)
    if value is not None:
        return value
    by_time = [key for key in data if key.endswith("per_second")]
    other = f"; it is priced by the second ({by_time[0]})" if by_time else ""
    raise NoPrice(f"{name}: must be given: a missing price is not 0{other}")


def _maybe(data: dict[str, Any], name: str, *at: str | int) -> float | None:
    """USD per million tokens, or None where the entry does not have this price."""
    return None if data.get(name) is None else per_million(price_of(data[name], *at, name))


def _tiers(data: dict[str, Any]) -> tuple[list[Tier], tuple[str, ...]]:
    """`tiered_pricing`, and the names of prices in it that are not used."""
    found: list[Tier] = []
    others: list[str] = []
    listed = data.get(_TIERS)
    if listed is None:
        return found, ()
    if not isinstance(listed, list):
        raise NoPrice(f"must be a list of tiers, got {shown(listed)}", _TIERS)
    for place, tier in enumerate(listed):
        at = (_TIERS, place)
        if not isinstance(tier, dict) or not isinstance(tier.get("range"), list) or not tier["range"]:
            raise NoPrice("must have a range of input tokens and two prices", *at)
        start = whole_tokens(tier["range"][0], *at, "range")
        inward, outward = (per_million(price_of(tier.get(name), *at, name)) for name in (_INPUT, _OUTPUT))
        found.append(Tier(start or 0, inward, outward, _maybe(tier, _REASONING, *at)))
        others += [f"{_TIERS} {name}" for name in tier if _PRICE.search(name) and not _used(name) and tier[name]]
    return sorted(found), tuple(dict.fromkeys(others))


def _above(data: dict[str, Any], below: Tier) -> list[Tier]:
    """`*_above_200k_tokens` likewise; what is not given for a tier is as below it."""
    given: dict[int, dict[str, float]] = {}
    for name, value in data.items():
        match = _ABOVE.match(name)
        if match and value is not None:
            given.setdefault(int(match[2]) * 1000, {})[match[1]] = per_million(price_of(value, name))
    found: list[Tier] = []
    for start, prices in sorted(given.items()):
        below = Tier(start, *(prices.get(name, old) for name, old in zip(_OF_A_TIER, below[1:], strict=True)))  # type: ignore[arg-type]
        found.append(below)
    return found


_OF_A_TIER = (_INPUT, _OUTPUT, _REASONING)


def _used(name: str) -> bool:
    return name in (*_OF_A_TIER, _CACHED, _CACHE_HIT, _TIERS, _OFF_PEAK) or bool(_ABOVE.match(name))


def _others(data: dict[str, Any]) -> tuple[str, ...]:
    """The prices that are not used; those of batches, flex and priority by these words alone."""
    prices = {name: value for name, value in data.items() if _PRICE.search(name) and not _used(name)}
    services = [match[1] for name in prices if (match := _SERVICE.search(name)) and prices[name]]
    return (
        *further({name: value for name, value in prices.items() if not _SERVICE.search(name)}, ()),
        *dict.fromkeys(services),
    )


def _off_peak(data: dict[str, Any]) -> tuple[str, ...]:
    at_night = data.get(_OFF_PEAK)
    if not at_night:
        return ()
    usual = {_INPUT: "input", _OUTPUT: "output", _REASONING: "reasoning", _CACHED: "cached input"}
    shown_prices = [
        f"{words} USD {price:g}"
        for name, words in usual.items()
        if isinstance(at_night, dict) and (price := _maybe(at_night, name, _OFF_PEAK)) is not None
    ]
    prices = f": {', '.join(shown_prices)} per million tokens" if shown_prices else ""
    return (f"at some hours other prices hold ({_OFF_PEAK}{prices}), which are not counted",)


FORMAT = Format(
    "litellm_prices",
    "LiteLLM price map",
    "prices",
    read_litellm_prices,
    json=lambda shape: shape.has("*", "litellm_provider") or shape.has("*", _INPUT) or shape.has("*", _OUTPUT),
    turn=4,
)
