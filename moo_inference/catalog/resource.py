"""What a pass uses besides money and time, in any unit: joules, litres of water, grams of CO2.

In a file the unit stands in the key, as for money and time: `joules_per_output_token` of a model, `joules_max` of a
scenario. The unit is the name of the resource, of its objective and of its columns.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer, ValidationInfo, field_validator

from moo_inference.catalog.base import Amount, Frozen, PositiveAmount, ReadOnly, Share

_UNIT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MONEY_AND_TIME = ("c", "t", "usd", "usd_per_million", "dollars", "cents", "seconds", "milliseconds", "ms")
_COLUMNS = ("model", "scenario", "pipeline", "decision", "status", "violates", "warning", "slo_attainment", "pgs")
_OTHERS = ("k", "a", "cost", "time", "accuracy", "error", "tokens", "input", "output", "name", "seed", "solver")
_TAKEN = frozenset((*_MONEY_AND_TIME, *_COLUMNS, *_OTHERS, "eoc_usd", "eoc_seconds", "eoc_accuracy", "reason"))
"""What other fields and columns are called."""
_ENDINGS = ("_std", "_low", "_high", "_se", "_max", "_quantile", "_per_input_token", "_per_output_token")


class Resource(Frozen):
    """What a pass uses of a resource; passes add up.

    Attributes:
        per_input_token: of the prompt, in the resource's unit.
        per_output_token: of all that is written, reasoning included.
    """

    per_input_token: Amount = 0.0
    per_output_token: Amount = 0.0


class ResourceBudget(Frozen):
    """How much of a resource a query may use.

    Attributes:
        max: at most so much per query, in the resource's unit, or None for no budget.
        quantile: None for the mean, or the share of queries that must stay within `max`.
    """

    max: PositiveAmount | None = None
    quantile: Share | None = None

    @field_validator("quantile")
    @classmethod
    def _of_a_budget(cls, quantile: float | None, info: ValidationInfo) -> float | None:
        # A budget that is invalid itself is not in `data`, and is already reported.
        if quantile is not None and "max" in info.data and info.data["max"] is None:
            raise ValueError("needs a budget of the same unit, as joules_quantile needs joules_max")
        return quantile


def is_unit(name: str) -> bool:
    """Whether a name can be that of a resource: lower case, and not what a column or another field is called."""
    return bool(_UNIT.fullmatch(name)) and name not in _TAKEN and not name.endswith(_ENDINGS)


def gathered(values: Any, endings: tuple[str, ...]) -> Any:
    """The values of a model or a scenario with keys such as `joules_max` gathered under `resources`.

    A key whose unit is nearly another field's is left where it is, to be reported as unknown.
    """
    if not isinstance(values, Mapping):
        return values
    rest = dict(values)
    given = rest.pop("resources", {})
    if not isinstance(given, Mapping):
        return values
    found = {unit: dict(entry) if isinstance(entry, Mapping | Frozen) else entry for unit, entry in given.items()}
    for key in values:
        unit, ending = split_key(key, endings)
        if unit and isinstance(found.setdefault(unit, {}), dict):
            found[unit][ending] = rest.pop(key)
    return {**rest, "resources": found} if found else rest


def split_key(key: object, endings: tuple[str, ...]) -> tuple[str, str]:
    """The unit and the ending of a flat key; empty texts where it is none."""
    for ending in endings:
        if isinstance(key, str) and key.endswith(f"_{ending}"):
            unit = key.removesuffix(f"_{ending}")
            if is_unit(unit) and not _nearly_taken(unit):
                return unit, ending
    return "", ""


def _nearly_taken(unit: str) -> bool:
    import difflib  # noqa: PLC0415 (only where there are resources)

    return bool(difflib.get_close_matches(unit, [name for name in _TAKEN if len(name) > 2], n=1, cutoff=0.8))


def in_order(resources: Mapping[str, Any]) -> ReadOnly[Any]:
    """Resources by name: the order in which they stand in every table.

    Raises:
        ValueError: a name can be no unit.
    """
    wrong = [unit for unit in resources if not is_unit(unit)]
    if wrong:
        raise ValueError(
            f"must be units in lower case that nothing else is called, as in joules; got {', '.join(map(repr, wrong))}"
        )
    return ReadOnly({unit: resources[unit] for unit in sorted(resources)})


def as_dicts(resources: Mapping[str, Frozen]) -> dict[str, dict[str, Any]]:
    """Resources as plain values, for files."""
    return {unit: own.model_dump() for unit, own in resources.items()}


Resources = Annotated[Mapping[str, Resource], AfterValidator(in_order), PlainSerializer(as_dicts)]
"""What a pass uses besides money and time, by unit."""


def flattened(values: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `gathered`, for files."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if name == "resources":
            flat |= {f"{unit}_{ending}": amount for unit, own in value.items() for ending, amount in own.items()}
        else:
            flat[name] = value
    return flat
