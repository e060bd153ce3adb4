"""What pydantic finds, in the words of a catalog file: where, what must hold, and what was got."""

import math
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from moo_inference.documents.document import Location
from moo_inference.errors import did_you_mean

ACCURACIES: dict[str, type[BaseModel]] = {}
"""What an accuracy can be, by its `kind` in a file; filled where they are defined."""

KINDS: dict[str, type[BaseModel]] = {}
"""What a part of a pipeline can be, by its `kind` in a file; filled where they are defined."""

PER_TOKEN = ("per_input_token", "per_output_token")
OF_BUDGET = ("max", "quantile")
"""How the keys of resources end, behind their unit."""

_IN_FILES = {
    "Model": [f"UNIT_{ending}" for ending in PER_TOKEN],
    "RecordedEntry": [f"UNIT_{ending}" for ending in PER_TOKEN],
    "FitEntry": [f"UNIT_{ending}" for ending in PER_TOKEN],
    "Scenario": [f"UNIT_{ending}" for ending in OF_BUDGET],
}
"""How the keys of resources look in a file."""


_UNITS = {"c_max": " (USD per query)", "t_max": " (seconds per query)"}
"""Of fields whose name does not state it."""


def errors_of(error: ValidationError, kind: type[BaseModel]) -> list[str]:
    """All errors of an entry that was made in a program, each with the entry's kind and the field."""
    found = [(place_of(finding), sentence_of(finding, kind)) for finding in error.errors()]
    return [
        f"{'.'.join(map(str, (kind.__name__, *place)))}{_UNITS.get(str(place[-1]) if place else '', '')}: {sentence}"
        for place, sentence in found
    ]


def place_of(finding: Mapping[str, Any]) -> Location:
    """The place among the values, without the name of the kind that pydantic puts behind what can be of several."""
    location: Location = finding["loc"]
    if location[:1] == ("resources",) and len(location) == 3:
        return (f"{location[1]}_{location[2]}",)
    if finding["type"] == "union_tag_invalid":
        return (*location, "kind")
    if location[:1] == ("accuracy",) and len(location) > 1 and location[1] in ACCURACIES:
        return location[:1] + location[2:]
    if location[:1] == ("stages",):
        return tuple(part for place, part in enumerate(location) if not _is_kind(location, place))
    return location


def _is_kind(location: Location, place: int) -> bool:
    return place > 0 and isinstance(location[place - 1], int) and location[place] in KINDS


def sentence_of(finding: Mapping[str, Any], kind: type[BaseModel]) -> str:
    """What must hold, and what was got.

    Args:
        finding: one of `ValidationError.errors()`.
        kind: what was validated.
    """
    got = shown(finding["input"])
    if finding["type"] == "missing":
        return "must be given"
    if finding["type"] == "extra_forbidden":
        known = _known_keys(kind, finding["loc"][:-1])
        return f"unknown key{did_you_mean(str(finding['loc'][-1]), known)}; known are: {', '.join(known)}"
    if finding["type"] == "union_tag_invalid":
        got = str(finding["ctx"]["tag"])
        return f"must be one of: {', '.join(ACCURACIES)}{did_you_mean(got, list(ACCURACIES))}, got {shown(got)}"
    if finding["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return f"must hold keys and values, got {got}"
    if finding["type"] == "value_error":
        return f"{finding['ctx']['error']}, got {got}"
    sentence = str(finding["msg"]).replace("Input should be", "must be").replace("String should have", "must have")
    sentence = sentence.replace("a valid tuple", "a list")
    # This package's own message about a whole list states what was got.
    return sentence if finding["type"] == "whole" else f"{sentence}, got {got}"


def shown(value: Any) -> str:
    """A value as a file would have it, shortened."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return f".{value}".replace(".-", "-.")
    text = (
        repr(value) if not isinstance(value, dict | list) else f"a {'mapping' if isinstance(value, dict) else 'list'}"
    )
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(kind: type[BaseModel], location: Location) -> list[str]:
    found = kind
    for place, part in enumerate(location):
        if _is_kind(location, place):
            found = KINDS[str(part)]
        elif part in ACCURACIES:
            found = ACCURACIES[str(part)]
        elif isinstance(part, str):
            found = _model_in(found.model_fields[part].annotation) or found
    shown: list[str] = []
    for name in found.model_fields:
        shown += _IN_FILES.get(found.__name__, []) if name == "resources" else [name]
    return shown


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first kind of entry in an annotation such as `tuple[PriceTier, ...]` or `Passes | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
