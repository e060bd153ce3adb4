"""Prices of models, and why a model has none. A price that is missing is never taken for one of nothing."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.document import Document, finite, printable, shown

NOT_FOR_TEXT = "must be a chat model"

MOST_USD_PER_MILLION = 1000.0
"""Above it a price is taken for a slip of units: no model has cost more than USD 600 per million tokens."""


@dataclass(frozen=True)
class Price:
    """What one model costs, in USD per million tokens.

    Attributes:
        key: the model's name in the file.
        usd_per_million_input_tokens: zero or more.
        usd_per_million_output_tokens: zero or more.
        usd_per_million_cached_input_tokens: of input read from a cache; None where the file does not tell.
        usd_per_million_reasoning_tokens: None where they cost what other output costs.
        tiers: (from_input_tokens, input price, output price) in ascending order. A request with more input tokens than
            that pays these prices for all of its tokens.
        context_tokens: the longest input, or None where the file does not tell.
        free: the file states a price of 0 for input or output.
        where: file and line.
    """

    key: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_cached_input_tokens: float | None = None
    usd_per_million_reasoning_tokens: float | None = None
    tiers: tuple[tuple[int, float, float], ...] = ()
    context_tokens: int | None = None
    free: bool = False
    where: str = ""


@dataclass(frozen=True)
class PriceList:
    """The prices of a file.

    Attributes:
        path: the file, as the user named it.
        priced: the models that have prices, by their names.
        unpriced: for each other entry the reason, in words, with file and line.
    """

    path: str
    priced: Mapping[str, Price] = field(default_factory=dict)
    unpriced: Mapping[str, str] = field(default_factory=dict)

    def price(self, key: str) -> Price:
        """The price of one model.

        Raises:
            ReaderError: (a ValueError) the file has no such model, or no price for it.
        """
        if key in self.priced:
            return self.priced[key]
        if key in self.unpriced:
            raise ReaderError(self.unpriced[key])
        near = did_you_mean(key, [*self.priced])
        raise ReaderError(f"{self.path}: has no model {key!r}{near}, among {len(self.priced):,} with prices")


@dataclass(frozen=True)
class Allowed:
    """Prices that look like mistakes and are none, because the user said so.

    Attributes:
        free: True, or the models whose price of 0 is meant.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
    """

    free: bool | Collection[str] = False
    expensive: bool | Collection[str] = False

    def __post_init__(self) -> None:
        for name in ("free", "expensive"):
            if isinstance(getattr(self, name), str):
                object.__setattr__(self, name, (getattr(self, name),))


class NoPrice(Exception):  # noqa: N818 (a verdict on one entry, which never leaves the readers)
    """An entry has no price: a location below it, and the reason in words."""

    def __init__(self, reason: str, *location: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


class PriceListBuilder:
    """Entries as they are read, each priced or not."""

    def __init__(self, path: str, allowed: Allowed) -> None:
        self.path = path
        self.allowed = allowed
        self.priced: dict[str, Price] = {}
        self.unpriced: dict[str, str] = {}

    def refuse(self, key: str, entry: Document, fault: NoPrice) -> None:
        """Note why an entry has no price."""
        self.priced.pop(key, None)
        below = ".".join(map(str, fault.location))
        self.unpriced[key] = printable(
            f"{entry.where(fault.location)}: {key}: {below + ': ' if below else ''}{fault.reason}"
        )

    def add(self, key: str, entry: Document, price: Price) -> None:
        """Take a price, or refuse it where it looks like a mistake; a name that comes twice has none."""
        if key in self.priced or key in self.unpriced:
            self.refuse(key, entry, NoPrice(f"a model must stand once, but {key!r} stands here again"))
            return
        reason = self._suspicion(price)
        if reason:
            self.refuse(key, entry, NoPrice(reason))
        else:
            self.priced[key] = price

    def build(self) -> PriceList:
        """All of them."""
        return PriceList(self.path, self.priced, self.unpriced)

    def _suspicion(self, price: Price) -> str:
        pairs = [(price.usd_per_million_input_tokens, price.usd_per_million_output_tokens)]
        pairs += [(inward, outward) for _, inward, outward in price.tiers]
        extra = [price.usd_per_million_cached_input_tokens, price.usd_per_million_reasoning_tokens]
        highest = max([value for pair in pairs for value in pair] + [value for value in extra if value is not None])
        if highest > MOST_USD_PER_MILLION and not _is_allowed(self.allowed.expensive, price.key):
            return (
                f"must cost at most USD {MOST_USD_PER_MILLION:,.0f} per million tokens unless that is said to be "
                f"meant, got {highest:,.10g}: a slip of units?"
            )
        if price.free and not _is_allowed(self.allowed.free, price.key):
            zero = [name for name, at in (("input", 0), ("output", 1)) if any(pair[at] == 0 for pair in pairs)]
            return f"must not cost 0 unless that is said to be meant, got 0 for {' and '.join(zero)}: free, or unknown?"
        return ""


def _is_allowed(allowed: bool | Collection[str], key: str) -> bool:
    return allowed if isinstance(allowed, bool) else key in allowed


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
