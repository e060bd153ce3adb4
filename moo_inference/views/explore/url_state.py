"""The page's settings in its address: every knob, and the catalog where it is not the built-in one."""

import base64
import binascii
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any

from moo_inference.catalog import Catalog
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.catalog.messages import OF_BUDGET
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.decision import RULES
from moo_inference.errors import CatalogError, MooInferenceError, SettingError, UnknownNameError, did_you_mean
from moo_inference.formatting.amounts import unit_words
from moo_inference.views.explore.slider_stops import BUDGETS, LARGEST_BUDGET, SMALLEST_BUDGET
from moo_inference.views.explore.state import (
    LARGEST_K,
    LARGEST_P,
    Knobs,
    check_explorable,
    check_size,
    default_knobs,
)

CATALOG, RESOURCES = "catalog", "resources"
LONGEST_PACKED = 12_000
"""Characters; servers and browsers refuse addresses that are much longer."""
LARGEST_CATALOG = 200_000
"""Bytes after unpacking, so that a short address cannot fill the memory."""

Parameters = Mapping[str, Sequence[str]]
"""The part of an address after the question mark: each name with its values."""

_MANY = {"models": "model", "rules": "rule"}
_NOTHING = {**dict.fromkeys(BUDGETS, "none"), "parallel": "own", "latency": "own"}
_MEAN = "mean"


def write_address(knobs: Knobs, catalog: Catalog, built_in: Catalog) -> dict[str, list[str]]:
    """The parameters that hold these knobs; with the chosen part of the catalog unless it is the built-in one's.

    Raises:
        SettingError: (a ValueError) what would have to travel is too long for an address.
    """
    found: dict[str, list[str]] = {}
    for field in fields(Knobs):
        if field.name == RESOURCES:
            continue
        value = getattr(knobs, field.name)
        found[_MANY.get(field.name, field.name)] = (
            list(value) if isinstance(value, tuple) else [_as_text(field.name, value)]
        )
    for unit in catalog.resources:
        budget = knobs.resources.get(unit, ResourceBudget())
        found[f"{unit}_max"] = ["none" if budget.max is None else repr(budget.max)]
        found[f"{unit}_quantile"] = [_MEAN if budget.quantile is None else repr(budget.quantile)]
    part = catalog.select(knobs.models, [knobs.scenario])
    if not _is_part_of(part, built_in):
        packed = pack_catalog(part)
        if len(packed) > LONGEST_PACKED:
            raise SettingError(
                f"the chosen models take {len(packed):,} characters, and an address holds at most {LONGEST_PACKED:,}: "
                "choose fewer, or pass on the settings as a file"
            )
        found[CATALOG] = [packed]
    return found


def read_address(parameters: Parameters, own: Catalog, built_in: Catalog) -> tuple[Catalog, Knobs, tuple[str, ...]]:
    """What an address asks for. What it cannot ask for is left at its default and told.

    Args:
        parameters: from anybody, so nothing of it is trusted.
        own: the catalog that the page was started with.
        built_in: the catalog that is meant where none travels with the address and `own` lacks what is asked for.

    Returns:
        The catalog, the knobs, and one sentence for each fault.
    """
    faults: list[str] = []
    catalog = own
    packed = parameters.get(CATALOG)
    try:
        if packed is not None:
            catalog = _one_of(own, built_in, unpack_catalog(_single(CATALOG, packed)))
        elif "model" in parameters or "scenario" in parameters:
            # What travels alone is the built-in catalog's, though names of `own` may be meant as well.
            asked = [list(dict.fromkeys(parameters.get(name, ()))) or None for name in ("model", "scenario")]
            with suppress(UnknownNameError):
                catalog = _one_of(own, built_in, built_in.select(*asked))
    except MooInferenceError as error:
        faults.extend(error.faults)
    scenario = _parse("scenario", parameters, next(iter(catalog.scenarios)), _member(catalog.scenarios), faults)
    default = default_knobs(catalog, scenario)
    models = _parse_many("model", parameters, default.models, catalog.models, faults)
    values: dict[str, Any] = {
        "models": models,
        "scenario": scenario,
        "shown": _parse("shown", parameters, models[0], _member(models), faults),
        "rules": _parse_many("rule", parameters, default.rules, RULES, faults),
    }
    for name, parser in _PARSERS.items():
        values[name] = _parse(name, parameters, getattr(default, name), parser, faults)
    values[RESOURCES] = _parse_resources(catalog, parameters, default.resources, faults)
    own_names = [f"{unit}_{ending}" for unit in catalog.resources for ending in OF_BUDGET]
    of_knobs = [_MANY.get(field.name, field.name) for field in fields(Knobs) if field.name != RESOURCES]
    known = [CATALOG, *of_knobs, *own_names]
    faults.extend(
        f"unknown setting {_shown(name)}{did_you_mean(name[:100], known)}" for name in parameters if name not in known
    )
    knobs = Knobs(**values)
    try:
        check_size(knobs)
    except SettingError as error:
        faults.extend(error.faults)
        values.update(
            {name: getattr(default, name) for name in ("k_max", "k_step", "monte_carlo", "trials", "seed", "draws")}
        )
        knobs = Knobs(**values)
    return catalog, knobs, tuple(faults)


def pack_catalog(catalog: Catalog) -> str:
    """A catalog as text for an address: YAML, deflated, in the letters of base64url."""
    return base64.urlsafe_b64encode(zlib.compress(catalog_to_yaml(catalog).encode(), 9)).decode().rstrip("=")


def unpack_catalog(packed: str) -> Catalog:
    """The catalog in an address.

    Raises:
        CatalogError: (a ValueError) it is damaged, too large, or breaks a rule of catalogs.
    """
    if len(packed) > LONGEST_PACKED:
        raise CatalogError(
            f"the catalog in the address must have at most {LONGEST_PACKED:,} characters, got {len(packed):,}"
        )
    inflate = zlib.decompressobj()
    try:
        compressed = base64.b64decode(packed.encode() + b"=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        content = inflate.decompress(compressed, LARGEST_CATALOG)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise CatalogError("the catalog in the address must be whole, but it is damaged") from error
    if inflate.unconsumed_tail:
        raise CatalogError(f"the catalog in the address must have at most {LARGEST_CATALOG:,} bytes, got more")
    if not inflate.eof:
        raise CatalogError("the catalog in the address must be whole, but its end is missing")
    catalog = parse_catalog(content, "catalog in the address")
    check_explorable(catalog)
    return catalog


def _one_of(own: Catalog, built_in: Catalog, travelled: Catalog) -> Catalog:
    """What travelled, or the whole catalog that it is a part of."""
    return next((whole for whole in (own, built_in) if _is_part_of(travelled, whole)), travelled)


def _is_part_of(part: Catalog, whole: Catalog) -> bool:
    return all(
        there.get(key) == entry
        for here, there in ((part.models, whole.models), (part.scenarios, whole.scenarios))
        for key, entry in here.items()
    )


def _as_text(name: str, value: Any) -> str:
    if value is None:
        return _NOTHING.get(name, _MEAN)
    if name == "monte_carlo":
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def _parse(
    name: str, parameters: Parameters, default: Any, parser: Callable[[str, str], Any], faults: list[str]
) -> Any:
    if name not in parameters:
        return default
    try:
        return parser(name, _single(name, parameters[name]))
    except SettingError as error:
        faults.extend(error.faults)
        return default


def _parse_many(
    name: str, parameters: Parameters, default: tuple[str, ...], known: Mapping[str, Any], faults: list[str]
) -> tuple[str, ...]:
    if name not in parameters:
        return default
    found = []
    for value in dict.fromkeys(parameters[name]):
        if value in known:
            found.append(value)
        else:
            faults.append(_unknown(name, value, list(known)))
    return tuple(found) or default


def _parse_resources(
    catalog: Catalog, parameters: Parameters, default: Mapping[str, ResourceBudget], faults: list[str]
) -> ReadOnly[ResourceBudget]:
    """The budgets for what the models of a catalog use beside money and time."""
    found = {}
    for unit in catalog.resources:
        own = default.get(unit, ResourceBudget())
        budget = _parse(f"{unit}_max", parameters, own.max, _budget(unit_words(unit)), faults)
        quantile = _parse(f"{unit}_quantile", parameters, own.quantile, _QUANTILE, faults)
        if budget is not None:
            found[unit] = ResourceBudget(max=budget, quantile=quantile)
    return ReadOnly(found)


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise SettingError(f"{name} must be given once, got {len(values)} times")
    return values[0]


def _member(known: Any) -> Callable[[str, str], str]:
    def parse(name: str, text: str) -> str:
        if text not in known:
            raise SettingError(_unknown(name, text, list(known)))
        return text

    return parse


def _number(
    low: float, high: float, words: str, nothing: str | None = None, *, ends: bool = False
) -> Callable[[str, str], float | None]:
    """A parser of numbers in an interval, its ends excluded unless `ends`."""

    def parse(name: str, text: str) -> float | None:
        if nothing is not None and text == nothing:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low < value < high or (ends and value in (low, high))):
            raise SettingError(f"{name} must be {words}{f' or {nothing}' if nothing else ''}, got {_shown(text)}")
        return value

    return parse


def _budget(unit: str) -> Callable[[str, str], float | None]:
    words = f"above 0 and at most {LARGEST_BUDGET:,.0f} {unit}"
    return _number(SMALLEST_BUDGET, LARGEST_BUDGET, words, "none", ends=True)


def _whole(least: int, most: int, nothing: str | None = None) -> Callable[[str, str], int | None]:
    def parse(name: str, text: str) -> int | None:
        if nothing is not None and text == nothing:
            return None
        # int() of a very long text takes long.
        value = int(text) if len(text) <= 20 and text.isascii() and text.isdigit() else -1
        if not least <= value <= most:
            other = f" or {nothing}" if nothing else ""
            raise SettingError(
                f"{name} must be a whole number between {least:,} and {most:,}{other}, got {_shown(text)}"
            )
        return value

    return parse


def _word(**words: Any) -> Callable[[str, str], Any]:
    def parse(name: str, text: str) -> Any:
        if text not in words:
            raise SettingError(f"{name} must be one of: {', '.join(words)}; got {_shown(text)}")
        return words[text]

    return parse


def _unknown(name: str, got: str, known: Sequence[str]) -> str:
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"unknown {name} {_shown(got)}{did_you_mean(got[:100], known)}; it must be one of: {listed}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


_QUANTILE = _number(0, 1, "between 0 and 1", _MEAN)

_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "c_max": _budget("USD"),
    "t_max": _budget("seconds"),
    "a_min": _number(0, 1, "between 0 and 1", "none", ends=True),
    **dict.fromkeys(("c_quantile", "t_quantile", "a_quantile"), _QUANTILE),
    "parallel": _whole(1, LARGEST_P, "own"),
    "latency": _word(own=None, ideal="ideal", waves="waves"),
    "k_max": _whole(1, LARGEST_K),
    "k_step": _whole(1, LARGEST_K),
    "monte_carlo": _word(yes=True, no=False),
    "trials": _whole(1, 100_000_000),
    "seed": _whole(0, 2**53 - 1),
    "draws": _word(common="common", independent="independent"),
}
