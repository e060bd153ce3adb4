"""Numbers of a price list, and why an entry has no price."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, ValidationError

from moo_inference.documents.document import finite, shown

_PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?\Z")


class NoPrice(Exception):  # noqa: N818 (a verdict on one entry, which never leaves the readers)
    """An entry has no price: a location below it, and the reason in words."""

    def __init__(self, reason: str, *location: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location

    @classmethod
    def of(cls, error: ValidationError) -> "NoPrice":
        """The first of what pydantic found in an entry."""
        found = error.errors()[0]
        reason = str(found["msg"]).replace("Input should be", "must be").removeprefix("Value error, ")
        if found["type"] == "missing":
            reason = "must be given: a missing price is not 0"
        elif found["type"] != "value_error":
            reason += f", got {shown(found['input'])}"
        return cls(reason, *found["loc"])


class NotForText(NoPrice):
    """A model that is no chat model."""


def per_million(usd_per_token: float) -> float:
    """A price per token as one per million, without the rounding of a product of floats."""
    return float(Decimal(repr(usd_per_token)).scaleb(6))


def price_of(value: object, *location: str | int) -> float:
    """A number of the file that can be a price.

    Raises:
        NoPrice: it is prose, negative, or no number at all.
    """
    number = finite(value)
    if number is None or number < 0:
        raise NoPrice(f"must be a number, 0 or more, got {shown(value)}", *location)
    return number


def whole_tokens(value: object, *location: str | int) -> int | None:
    """A number of tokens, or None where there is none.

    Raises:
        NoPrice: it is prose, or not a whole number.
    """
    if value is None:
        return None
    number = finite(value)
    if number is None or number < 0 or number != math.floor(number):
        raise NoPrice(f"must be a whole number of tokens, got {shown(value)}", *location)
    return int(number)


def _or_value_error(check: Callable[[object], object]) -> Callable[[object], object]:
    """A check as pydantic wants it."""

    def checked(value: object) -> object:
        try:
            return check(value)
        except NoPrice as refused:
            raise ValueError(refused.reason) from refused

    return checked


UsdPerMillion = Annotated[float, BeforeValidator(_or_value_error(price_of))]
"""A price in the schema of an entry."""

Tokens = Annotated[int, BeforeValidator(_or_value_error(whole_tokens))]
"""A number of tokens likewise."""


def further(prices: Mapping[str, object], used: Collection[str]) -> tuple[str, ...]:
    """The prices of an entry that are not used, each with its name in the file; what is absent or 0 costs nothing."""
    found = []
    for name, value in prices.items():
        number = finite(float(value) if isinstance(value, str) and _PLAIN.match(value) else value)
        if name not in used and value is not None and number != 0:
            found.append(name if number is None else f"{name} {number:.10g}")
    return tuple(found)
