"""Prices of models, and why a model has none. A price that is missing is never taken for one of nothing."""

import math
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, ValidationError

from moo_inference.documents.document import Document, finite, printable, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError, did_you_mean

_PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?\Z")

MOST_USD_PER_MILLION = 1000.0
"""Above it a price is taken for a slip of units: no model has cost more than USD 600 per million tokens."""


class Tier(NamedTuple):
    """What a request with a long prompt pays for all of its tokens, in USD per million.

    Attributes:
        from_input_tokens: of requests with more input tokens than that.
        usd_per_million_input_tokens: zero or more.
        usd_per_million_output_tokens: zero or more.
        usd_per_million_reasoning_tokens: None where they cost what other output costs.
    """

    from_input_tokens: int
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_reasoning_tokens: float | None = None


@dataclass(frozen=True)
class Price:
    """What one model costs, in USD per million tokens.

    Attributes:
        key: the model's name in the file.
        usd_per_million_input_tokens: zero or more.
        usd_per_million_output_tokens: zero or more.
        usd_per_million_cached_input_tokens: of input read from a cache; None where the file does not contain it.
        usd_per_million_reasoning_tokens: None where they cost what other output costs.
        tiers: prices for long prompts, in ascending order of `from_input_tokens`; plain tuples are taken too.
        context_tokens: the longest input, or None where the file does not contain it.
        free: the file states a price of 0 for input or output; the reader of a list sees to it.
        reasons: the file states that the model reasons before it answers. False where it states that it does not, or
            nothing.
        others: the entry's further prices that are in no other field, as in `cache_write_mtok 3.75`.
        notes: what has to be known of these prices, in sentences.
        where: file and line.
    """

    key: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_cached_input_tokens: float | None = None
    usd_per_million_reasoning_tokens: float | None = None
    tiers: tuple[Tier, ...] = ()
    context_tokens: int | None = None
    free: bool = False
    reasons: bool = False
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(Tier(*tier) for tier in self.tiers))

    def amounts(self) -> tuple[float, ...]:
        """Every price in USD per million tokens, those of tiers too."""
        found = [
            self.usd_per_million_input_tokens,
            self.usd_per_million_output_tokens,
            self.usd_per_million_cached_input_tokens,
            self.usd_per_million_reasoning_tokens,
            *(amount for tier in self.tiers for amount in tier[1:]),
        ]
        return tuple(amount for amount in found if amount is not None)


@dataclass(frozen=True)
class PriceList:
    """The prices of a file.

    Attributes:
        path: the file, as the user named it.
        priced: the models that have prices, by their names.
        unpriced: for each other entry the reason, in words, with file and line.
        not_for_text: which of those are no chat models.
    """

    path: str
    priced: Mapping[str, Price] = field(default_factory=dict)
    unpriced: Mapping[str, str] = field(default_factory=dict)
    not_for_text: frozenset[str] = frozenset()

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


def read_price_list(
    path: str | os.PathLike[str],
    entries: Callable[[Document], Iterator[tuple[str, Document]]],
    price_of_entry: Callable[[str, Document], Price],
    *,
    free: bool | Collection[str],
    expensive: bool | Collection[str],
) -> PriceList:
    """Read a price list in JSON.

    Args:
        path: the file.
        entries: the name and the place of each model's entry in the document.
        price_of_entry: the price of a name and an entry; raises NoPrice, or what pydantic finds, where it has none.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON; and what `entries` raises.
    """
    document = read_json(path)
    priced: dict[str, Price] = {}
    unpriced: dict[str, str] = {}
    not_for_text: set[str] = set()
    for key, entry in entries(document):
        try:
            try:
                price = price_of_entry(key, entry)
            except ValidationError as error:
                raise NoPrice.of(error) from error
            if key in priced or key in unpriced:
                raise NoPrice(f"a model must stand once, but {key!r} stands here again")
            priced[key] = _meant(price, free, expensive)
        except NoPrice as refused:
            priced.pop(key, None)
            below = ".".join(map(str, refused.location))
            sentence = f"{entry.where(refused.location)}: {key}: {below + ': ' if below else ''}{refused.reason}"
            unpriced[key] = printable(sentence)
            if isinstance(refused, NotForText):
                not_for_text.add(key)
            else:
                not_for_text.discard(key)
    return PriceList(document.path, priced, unpriced, frozenset(not_for_text))


def _meant(price: Price, free: bool | Collection[str], expensive: bool | Collection[str]) -> Price:
    """A price that is no mistake, or that the user says is none.

    Raises:
        NoPrice: it looks like a mistake.
    """
    pairs = [(price.usd_per_million_input_tokens, price.usd_per_million_output_tokens)]
    pairs += [tier[1:3] for tier in price.tiers]
    highest = max(price.amounts())
    if highest > MOST_USD_PER_MILLION and not _is_among(price.key, expensive):
        raise NoPrice(
            f"must cost at most USD {MOST_USD_PER_MILLION:,.0f} per million tokens unless that is said to be "
            f"meant, got {highest:,.10g}: a slip of units?"
        )
    zero = [name for name, at in (("input", 0), ("output", 1)) if any(pair[at] == 0 for pair in pairs)]
    if zero and not _is_among(price.key, free):
        raise NoPrice(
            f"must not cost 0 unless that is said to be meant, got 0 for {' and '.join(zero)}: free, or unknown?"
        )
    return replace(price, free=bool(zero))


def _is_among(key: str, allowed: bool | Collection[str]) -> bool:
    if isinstance(allowed, bool | str):
        return allowed is True or allowed == key
    return key in allowed


def entries_of(
    document: Document, listed: list[Any], sentence: str, *above: str | int
) -> Iterator[tuple[str, Document]]:
    """The models of a list, by their ids.

    Args:
        document: the file.
        listed: the list.
        sentence: what must hold of an entry.
        above: where the list stands.

    Raises:
        ReaderError: an entry is no model with an id.
    """
    for place, model in enumerate(listed):
        entry = document.at(*above, place)
        if not isinstance(model, dict) or not isinstance(model.get("id"), str):
            raise ReaderError(entry.error_at((), sentence))
        yield model["id"], entry


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
