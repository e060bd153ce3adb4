"""The base of everything in a catalog: frozen, strict about types, varied by `replace`."""

import numbers
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from moo_inference.catalog.messages import errors_of
from moo_inference.errors import SettingError

Entry = TypeVar("Entry")


class ReadOnly(Mapping[str, Entry]):
    """A mapping that cannot be changed and, other than MappingProxyType, can be pickled."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, key: str) -> Entry:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._entries!r})"

    def __hash__(self) -> int:
        # Order is no part of what is equal.
        return hash(frozenset(self._entries.items()))


class Frozen(BaseModel):
    """A validated value that does not change.

    Numbers must be numbers (no text, no booleans) and finite; unknown fields are refused.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        """Make the entry; see the class.

        Raises:
            SettingError: (a ValueError) one sentence for each field that breaks a rule or does not exist.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingError(errors_of(error, type(self))) from None

    # So that pydantic makes entries inside of others by itself, and reports all errors of the whole together.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated again as a whole.

        Raises:
            SettingError: (a ValueError) the result breaks a rule, or a field does not exist.
        """
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **changes})


def _plain_number(value: Any) -> Any:
    """Numpy's scalars as Python's own; a strict field would refuse them. Booleans stay what they are."""
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


Real = Annotated[float, BeforeValidator(_plain_number)]
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]
Fraction = Annotated[Real, Field(ge=0, le=1)]
# Beyond these, sums and powers of what is multiplied overflow; nothing real comes near.
PositiveAmount = Annotated[Real, Field(gt=0, le=1e9)]
Amount = Annotated[Real, Field(ge=0, le=1e9)]
Share = Annotated[Real, Field(gt=0, lt=1)]
Count = Annotated[int, BeforeValidator(_plain_number), Field(ge=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
WholeNumber = Annotated[int, BeforeValidator(_plain_number), Field(ge=0)]


def _listed(values: Any) -> Any:
    return tuple(values) if isinstance(values, list) else values


Several = Annotated[tuple[Entry, ...], BeforeValidator(_listed)]
"""A list in a file, a tuple here."""


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(texts)


TextByName = Annotated[Mapping[str, str], AfterValidator(ReadOnly), PlainSerializer(_plain)]
"""Texts by name, read-only."""
