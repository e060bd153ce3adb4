"""The page's settings in its address: every knob, and the catalog where it is not the built-in one."""

import base64
import binascii
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from moo_inference.catalog import Catalog
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.catalog.messages import OF_BUDGET
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.decision.registry import RULES
from moo_inference.errors import (
    CatalogError,
    ErrorCollector,
    SettingError,
    UnknownNameError,
    did_you_mean,
)
from moo_inference.formatting.amounts import unit_words
from moo_inference.views.explore.slider_stops import LARGEST_BUDGET, SMALLEST_BUDGET
from moo_inference.views.explore.state import (
    LARGEST_K,
    LARGEST_P,
    LARGEST_SEED,
    LARGEST_TRIALS,
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
_MEAN = "mean"


def write_address(knobs: Knobs, catalog: Catalog, built_in: Catalog) -> dict[str, list[str]]:
    """The parameters that hold these knobs; with the chosen part of the catalog unless it is the built-in one's.

    Args:
        knobs: the settings of the page.
        catalog: the catalog of the page.
        built_in: the catalog that an address needs not hold.

    Raises:
        SettingError: (a ValueError) what would have to travel is too long for an address.
    """
    found = {
        "model": list(knobs.models),
        "scenario": [knobs.scenario],
        "shown": [knobs.shown],
        **{name: [_written(value, getattr(knobs, name))] for name, value in _VALUES.items()},
        "rule": list(knobs.rules),
        "chosen_by": [knobs.chosen_by],
    }
    for unit in catalog.resources:
        budget = knobs.resources.get(unit, ResourceBudget())
        found[f"{unit}_max"] = [_written(_budget(unit_words(unit)), budget.max)]
        found[f"{unit}_quantile"] = [_written(_QUANTILE, budget.quantile)]
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
    """What an address asks for. What is not valid keeps its default and is reported.

    Args:
        parameters: from anybody, so nothing of it is trusted.
        own: the catalog that the page was started with.
        built_in: the catalog that is meant where none travels with the address and `own` lacks what is asked for.

    Returns:
        The catalog, the knobs, and one sentence for each error.
    """
    errors = ErrorCollector()
    catalog = own
    packed = parameters.get(CATALOG)
    with errors.collecting():
        if packed is not None:
            catalog = _one_of(own, built_in, unpack_catalog(_single(CATALOG, packed)))
        elif "model" in parameters or "scenario" in parameters:
            # What travels alone is the built-in catalog's, though names of `own` may be meant as well.
            asked = [list(dict.fromkeys(parameters.get(name, ()))) or None for name in ("model", "scenario")]
            with suppress(UnknownNameError):
                catalog = _one_of(own, built_in, built_in.select(*asked))
    reader = _Reader(parameters, errors)
    scenario = reader.one("scenario", _member("scenario", catalog.scenarios), next(iter(catalog.scenarios)))
    default = default_knobs(catalog, scenario)
    models = reader.several("model", catalog.models, default.models)
    values: dict[str, Any] = {
        "models": models,
        "scenario": scenario,
        "shown": reader.one("shown", _member("shown", models), models[0]),
        "rules": reader.several("rule", RULES, default.rules),
        "chosen_by": reader.one("chosen_by", _member("rule", RULES), default.chosen_by),
        **{name: reader.one(name, value, getattr(default, name)) for name, value in _VALUES.items()},
        RESOURCES: _read_resources(catalog, reader, default.resources),
    }
    own_names = [f"{unit}_{ending}" for unit in catalog.resources for ending in OF_BUDGET]
    of_knobs = [_MANY.get(field.name, field.name) for field in fields(Knobs) if field.name != RESOURCES]
    known = [CATALOG, *of_knobs, *own_names]
    unknown = [name for name in parameters if name not in known]
    errors.add(*(f"unknown setting {_shown(name)}{did_you_mean(name[:100], known)}" for name in unknown))
    try:
        check_size(Knobs(**values))
    except SettingError as error:
        errors.add(*error.errors)
        values |= {name: getattr(default, name) for name in ("k_max", "k_step", *_OF_MONTE_CARLO)}
    return catalog, Knobs(**values), errors.sentences


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
    """The catalog of the address, or the complete one that it is a part of."""
    return next((whole for whole in (own, built_in) if _is_part_of(travelled, whole)), travelled)


def _is_part_of(part: Catalog, whole: Catalog) -> bool:
    return all(
        there.get(key) == entry
        for here, there in ((part.models, whole.models), (part.scenarios, whole.scenarios))
        for key, entry in here.items()
    )


class _Value(NamedTuple):
    """How a value is written in an address.

    Attributes:
        must: what it must be, up to what was got.
        read: the value of a text; a ValueError or a KeyError where it is none.
        nothing: what stands for None, if anything does.
    """

    must: str
    read: Callable[[str], Any]
    nothing: str | None = None


def _written(value: _Value, content: object) -> str:
    if content is None:
        return str(value.nothing)
    if isinstance(content, bool):
        return "yes" if content else "no"
    return repr(content) if isinstance(content, float) else str(content)


@dataclass(frozen=True)
class _Reader:
    """Reads the parameters of an address one by one: an error for what cannot be used, and a default in its place."""

    parameters: Parameters
    errors: ErrorCollector

    def one(self, name: str, value: _Value, default: Any) -> Any:
        """One parameter.

        Args:
            name: of the parameter.
            value: how its text is read, and what may stand for nothing.
            default: where it is missing, or cannot be read.
        """
        if name not in self.parameters:
            return default
        try:
            text = _single(name, self.parameters[name])
            return None if text == value.nothing else value.read(text)
        except SettingError as error:
            self.errors.add(*error.errors)
        except (ValueError, KeyError):
            self.errors.add(f"{name} must be {value.must} got {_shown(text)}")
        return default

    def several(self, name: str, known: Collection[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """All values of a parameter that are known, each once.

        Args:
            name: of the parameter.
            known: what there is.
            default: where it is missing, or none of its values is known.
        """
        asked = dict.fromkeys(self.parameters.get(name, ()))
        self.errors.add(*(_unknown(name, text, known) for text in asked if text not in known))
        return tuple(text for text in asked if text in known) or default


def _read_resources(
    catalog: Catalog, reader: _Reader, default: Mapping[str, ResourceBudget]
) -> ReadOnly[ResourceBudget]:
    """The budgets for what the models of a catalog use in addition to money and time."""
    found = {}
    for unit in catalog.resources:
        own = default.get(unit, ResourceBudget())
        most = reader.one(f"{unit}_max", _budget(unit_words(unit)), own.max)
        quantile = reader.one(f"{unit}_quantile", _QUANTILE, own.quantile)
        if most is not None:
            found[unit] = ResourceBudget(max=most, quantile=quantile)
    return ReadOnly(found)


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise SettingError(f"{name} must be given once, got {len(values)} times")
    return values[0]


def _member(name: str, known: Collection[str]) -> _Value:
    def read(text: str) -> str:
        if text not in known:
            raise SettingError(_unknown(name, text, known))
        return text

    return _Value("", read)


def _number(low: float, high: float, words: str, nothing: str, *, ends: bool = False) -> _Value:
    """A number in an interval, its ends excluded unless `ends`."""

    def read(text: str) -> float:
        value = float(text)
        if not (low < value < high or (ends and value in (low, high))):
            raise ValueError(text)
        return value

    return _Value(f"{words} or {nothing},", read, nothing)


def _budget(unit: str) -> _Value:
    words = f"above 0 and at most {LARGEST_BUDGET:,.0f} {unit}"
    return _number(SMALLEST_BUDGET, LARGEST_BUDGET, words, "none", ends=True)


def _whole(least: int, most: int, nothing: str | None = None) -> _Value:
    def read(text: str) -> int:
        # int() of a very long text takes long.
        if not (len(text) <= 20 and text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(text)
        return int(text)

    or_nothing = f" or {nothing}" if nothing else ""
    return _Value(f"a whole number between {least:,} and {most:,}{or_nothing},", read, nothing)


def _word(nothing: str | None = None, **words: Any) -> _Value:
    listed = ", ".join([*([nothing] if nothing else []), *words])
    return _Value(f"one of: {listed};", words.__getitem__, nothing)


def _unknown(name: str, got: str, known: Collection[str]) -> str:
    listed = ", ".join(list(known)[:20]) + (", ..." if len(known) > 20 else "")
    return f"unknown {name} {_shown(got)}{did_you_mean(got[:100], list(known))}; it must be one of: {listed}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


_QUANTILE = _number(0, 1, "between 0 and 1", _MEAN)

_OF_MONTE_CARLO = {
    "monte_carlo": _word(yes=True, no=False),
    "trials": _whole(1, LARGEST_TRIALS),
    "seed": _whole(0, LARGEST_SEED),
    "draws": _word(common="common", independent="independent"),
}

_VALUES: dict[str, _Value] = {
    "c_max": _budget("USD"),
    "t_max": _budget("seconds"),
    "a_min": _number(0, 1, "between 0 and 1", "none", ends=True),
    **dict.fromkeys(("c_quantile", "t_quantile", "a_quantile"), _QUANTILE),
    "parallel": _whole(1, LARGEST_P, "own"),
    "latency": _word("own", ideal="ideal", waves="waves"),
    "k_max": _whole(1, LARGEST_K),
    "k_step": _whole(1, LARGEST_K),
    **_OF_MONTE_CARLO,
}
