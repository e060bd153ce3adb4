"""LiteLLM's price map, `model_prices_and_context_window.json`: USD per token, one entry a model.

Schema: https://github.com/BerriAI/litellm (the file in the root, of which `sample_spec` describes the fields). Prices
for long input stand in `tiered_pricing` or in `*_above_200k_tokens`; those of batches, flex and priority have these
suffixes, and those of some hours stand in `off_peak_pricing` (https://docs.litellm.ai/docs/proxy/off_peak_pricing).
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.amounts import NoPrice, NotForText, further, per_million, price_of, whole_tokens
from moo_inference.readers.prices.hours import DAYS, minutes_of, offset_of, week_of
from moo_inference.readers.prices.price import MODES, Price, PriceList, Tier, read_price_list, same_share, with_hours

_INPUT, _OUTPUT, _REASONING = "input_cost_per_token", "output_cost_per_token", "output_cost_per_reasoning_token"
_CACHED, _CACHE_HIT = "cache_read_input_token_cost", "input_cost_per_token_cache_hit"
_WRITE = "cache_creation_input_token_cost"
_REQUEST, _OFF_PEAK, _TIERS = "input_cost_per_request", "off_peak_pricing", "tiered_pricing"
_SUFFIXES = dict(zip(MODES, ("_batches", "_flex", "_priority"), strict=True))
_TOKENS = re.compile(
    rf"({'|'.join((_INPUT, _OUTPUT, _REASONING, _CACHED, _WRITE))})(?:_above_([0-9]{{1,9}})k_tokens)?"
    rf"({'|'.join(_SUFFIXES.values())})?\Z"
)
"""A price by the token: of what, of prompts of how many thousand tokens, and in which mode."""
_PRICE = re.compile(r"cost|pric")
_TEXT_MODES = ("chat", "completion", "responses")
_DESCRIPTION = "sample_spec"


def read_litellm_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
    date: str | None = None,
) -> PriceList:
    """Read a LiteLLM price map.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day that the file is of, YYYY-MM-DD, which it does not contain; None: not known.

    Returns:
        Prices in USD per million tokens. Models that are not for text, have no price per token, or have one that
        are unknown, are in `unpriced` with the reason.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not one object of entries.
        SettingError: (a ValueError) the day is none.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive, date=date)


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
    usual = _card(key, entry, data)
    modes, lacking, others = {}, {}, usual.others
    for mode, suffix in _SUFFIXES.items():
        named = [name for name in (_INPUT, _OUTPUT) if data.get(name + suffix) is not None]
        if len(named) == 2:
            modes[mode] = _in_mode(usual, mode, suffix, data)
            continue
        if named:
            lacking[mode] = f"the file has {named[0] + suffix} alone, and a missing price is not 0"
        left = {name: value for name, value in data.items() if name.endswith(suffix) and _TOKENS.match(name)}
        others += further(left, ())
    return _off_peak(replace(usual, modes=modes, lacking=lacking, others=others), data)


def _card(key: str, entry: Document, data: dict[str, Any]) -> Price:
    """The prices of interactive requests."""
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
    found = Price(
        key,
        inward,
        outward,
        _maybe(data, _CACHE_HIT) if cached is None else cached,
        reasoning,
        tuple(tiers),
        whole_tokens(data.get("max_input_tokens"), "max_input_tokens"),
        reasons=data.get("supports_reasoning") is True or bool(reasoning),
        where=entry.where(),
        usd_per_million_cache_write_input_tokens=_maybe(data, _WRITE) or None,
    )
    return replace(found, others=(*_others(data), *_other_shares(found, data, ""), *others))


def _in_mode(usual: Price, mode: str, suffix: str, data: dict[str, Any]) -> Price:
    """The prices of another mode. What is not given there is not known; reasoning costs what other output costs."""
    inward, outward = _flat(data, _INPUT + suffix), _flat(data, _OUTPUT + suffix)
    reasoning = _maybe(data, _REASONING + suffix)
    tiers = tuple(sorted(_above(data, Tier(0, inward, outward, reasoning), suffix)))
    known = {tier.from_input_tokens for tier in tiers}
    beyond = [tier.from_input_tokens for tier in usual.tiers if tier.from_input_tokens not in known]
    limits = [limit for limit in (usual.context_tokens, *beyond) if limit is not None]
    found = replace(
        usual,
        mode=mode,
        usd_per_million_input_tokens=inward,
        usd_per_million_output_tokens=outward,
        usd_per_million_cached_input_tokens=_maybe(data, _CACHED + suffix),
        usd_per_million_cache_write_input_tokens=_maybe(data, _WRITE + suffix) or None,
        usd_per_million_reasoning_tokens=reasoning,
        tiers=tiers,
        context_tokens=min(limits, default=None),
        notes=tuple(f"has no price of {mode} for prompts of more than {min(beyond):,} tokens" for _ in beyond[:1]),
    )
    return replace(found, others=_other_shares(found, data, suffix))


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


def _above(data: dict[str, Any], below: Tier, suffix: str = "") -> list[Tier]:
    """`*_above_200k_tokens` likewise, of a mode by its suffix; what is not given for a tier is as below it."""
    given: dict[int, dict[str, float]] = {}
    for name, value in data.items():
        match = _TOKENS.match(name)
        if match and match[2] and match[1] in _OF_A_TIER and (match[3] or "") == suffix and value is not None:
            given.setdefault(int(match[2]) * 1000, {})[match[1]] = per_million(price_of(value, name))
    found: list[Tier] = []
    for start, prices in sorted(given.items()):
        below = Tier(start, *(prices.get(name, old) for name, old in zip(_OF_A_TIER, below[1:], strict=True)))  # type: ignore[arg-type]
        found.append(below)
    return found


_OF_A_TIER = (_INPUT, _OUTPUT, _REASONING)


def _used(name: str) -> bool:
    return name in (_CACHE_HIT, _TIERS, _OFF_PEAK) or bool(_TOKENS.match(name))


def _others(data: dict[str, Any]) -> tuple[str, ...]:
    """The prices that are not used."""
    return further({name: value for name, value in data.items() if _PRICE.search(name) and not _used(name)}, ())


def _other_shares(price: Price, data: dict[str, Any], suffix: str) -> tuple[str, ...]:
    """Prices of cached input for long prompts that are not the same share of the price of input as for short ones."""
    found = {}
    for tier in price.tiers:
        for what, base in (
            (_CACHED, price.usd_per_million_cached_input_tokens),
            (_WRITE, price.usd_per_million_cache_write_input_tokens),
        ):
            name = f"{what}_above_{tier.from_input_tokens // 1000}k_tokens{suffix}"
            own, usual = _maybe(data, name), (price.usd_per_million_input_tokens, base)
            if own and not same_share(usual, (tier.usd_per_million_input_tokens, own)):
                found[name] = data[name]
    return further(found, ())


def _off_peak(price: Price, data: dict[str, Any]) -> Price:
    """The price with those of `off_peak_pricing`, which replace the usual ones, also of long prompts, in its hours."""
    block = data.get(_OFF_PEAK)
    if not block:
        return price
    try:
        minutes = _minutes(block)
    except ValueError as error:
        why = (
            f"at some hours other prices hold ({_OFF_PEAK}), which are not counted, since they cannot be read: {error}"
        )
        return replace(price, notes=(*price.notes, why))
    inward, outward, reasoning, cached, write = (
        _maybe(block, name, _OFF_PEAK) for name in (_INPUT, _OUTPUT, _REASONING, _CACHED, _WRITE)
    )
    replaced = {
        "usd_per_million_input_tokens": inward,
        "usd_per_million_output_tokens": outward,
        "usd_per_million_reasoning_tokens": reasoning,
    }
    given: dict[str, Any] = {name: value for name, value in replaced.items() if value is not None}
    whole = inward is not None and outward is not None
    tiers = () if whole else tuple(tier._replace(**given) for tier in price.tiers)
    caches = {
        "usd_per_million_cached_input_tokens": cached,
        "usd_per_million_cache_write_input_tokens": write,
    }
    given |= {name: value for name, value in caches.items() if value is not None}
    return with_hours(price, replace(price, **given, tiers=tiers, modes={}, lacking={}), minutes)


def _minutes(block: Any) -> frozenset[int]:
    """The minutes of the week in which a block holds.

    Raises:
        ValueError: its hours cannot be read.
    """
    if not isinstance(block, dict):
        raise ValueError(f"must hold hours and prices, got {shown(block)}")
    rules = block.get("windows", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise ValueError(f"windows must be a list of hours and days, got {shown(rules)}")
    zone = block.get("weekday_timezone")
    offset = 0 if zone is None else offset_of(str(zone))
    found: set[int] = set()
    for rule in ({"hours_utc": block.get("hours_utc")}, *rules):
        hours, days = rule.get("hours_utc"), rule.get("weekdays")
        ranges = [hours] if isinstance(hours, str) else hours or []
        if not isinstance(ranges, list) or not all(isinstance(text, str) for text in ranges):
            raise ValueError(f"hours_utc must be ranges HH:MM-HH:MM, got {shown(hours)}")
        found |= week_of(minutes_of(ranges), None if days is None else _weekdays(days), offset)
    return frozenset(found)


def _weekdays(days: Any) -> list[int]:
    """Numbers of the days, 1 (Monday) to 7.

    Raises:
        ValueError: they are none.
    """
    numbers = []
    for day in days if isinstance(days, list) else [days]:
        name = day[:3].lower() if isinstance(day, str) else ""
        number = DAYS.index(name) + 1 if name in DAYS else day
        if isinstance(number, bool) or number not in range(1, 8):
            raise ValueError(f"weekdays must be 1 to 7 or names of days, got {shown(days)}")
        numbers.append(int(number))
    return numbers


FORMAT = Format(
    "litellm_prices",
    "LiteLLM price map",
    "prices",
    read_litellm_prices,
    json=lambda shape: shape.has("*", "litellm_provider") or shape.has("*", _INPUT) or shape.has("*", _OUTPUT),
    turn=4,
)
