"""Prices of models, and why a model has none. A price that is missing is never taken for one of nothing."""

import datetime
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import ValidationError

from moo_inference.documents.document import Document, printable
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError, SettingError, did_you_mean
from moo_inference.readers.prices.amounts import NoPrice, NotForText
from moo_inference.readers.prices.hours import WEEK, Windows, share_of_week, windows_of

MODES = ("batch", "flex", "priority")
"""Ways to send a request that a list may have other prices for than for an interactive one."""

MOST_USD_PER_MILLION = 1000.0
"""Above it a price is taken for a slip of units: no model has cost more than USD 600 per million tokens."""

_ALIKE = 0.01


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
        usd_per_million_cache_write_input_tokens: of input that is written to a cache, in place of the price of input;
            None where the file does not contain it.
        mode: how requests are sent that pay these prices, one of MODES; None: interactively.
        modes: the prices of other modes, as far as the file has them.
        lacking: why a mode that the file speaks of has no price, by mode.
        off_peak: the prices at some hours, lower ones; None where the same hold at all hours, or nothing is known.
        date: the day from or on which these prices hold, YYYY-MM-DD; None where the file does not contain it.
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
    usd_per_million_cache_write_input_tokens: float | None = None
    mode: str | None = None
    modes: Mapping[str, "Price"] = field(default_factory=dict, hash=False)
    lacking: Mapping[str, str] = field(default_factory=dict, hash=False)
    off_peak: "OffPeak | None" = None
    date: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(Tier(*tier) for tier in self.tiers))

    def amounts(self) -> tuple[float, ...]:
        """Every price in USD per million tokens, those of tiers too."""
        found = [
            self.usd_per_million_input_tokens,
            self.usd_per_million_output_tokens,
            self.usd_per_million_cached_input_tokens,
            self.usd_per_million_cache_write_input_tokens,
            self.usd_per_million_reasoning_tokens,
            *(amount for tier in self.tiers for amount in tier[1:]),
        ]
        return tuple(amount for amount in found if amount is not None)


@dataclass(frozen=True)
class OffPeak:
    """The prices at some hours of the week.

    Attributes:
        windows: when they hold, in minutes of the week in UTC.
        price: what holds then.
    """

    windows: Windows
    price: Price

    @property
    def share(self) -> float:
        """The share of the week in which they hold."""
        return share_of_week(self.windows)


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


def read_price_list(
    path: str | os.PathLike[str],
    entries: Callable[[Document], Iterator[tuple[str, Document]]],
    price_of_entry: Callable[[str, Document], Price],
    *,
    free: bool | Collection[str],
    expensive: bool | Collection[str],
    date: str | None = None,
) -> PriceList:
    """Read a price list in JSON.

    Args:
        path: the file.
        entries: the name and the place of each model's entry in the document.
        price_of_entry: the price of a name and an entry; raises NoPrice, or what pydantic finds, where it has none.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day that prices are of where an entry has none, YYYY-MM-DD; None: not known.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON; and what `entries` raises.
        SettingError: (a ValueError) the day is none.
    """
    checked_date(date)
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
            priced[key] = _meant(price if price.date else _dated(price, date), free, expensive)
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


def checked_date(date: str | None) -> str | None:
    """A day as it is.

    Raises:
        SettingError: (a ValueError) it is no day YYYY-MM-DD.
    """
    try:
        if date is not None and (not isinstance(date, str) or datetime.date.fromisoformat(date).isoformat() != date):
            raise ValueError
    except ValueError as error:
        raise SettingError(f"--price-date must be a day, YYYY-MM-DD; got {date!r}") from error
    return date


def _dated(price: Price, date: str | None) -> Price:
    """A price, and those of its modes and hours, as that of a day."""
    off_peak = price.off_peak
    return replace(
        price,
        date=date,
        modes={mode: replace(own, date=date) for mode, own in price.modes.items()},
        off_peak=None if off_peak is None else replace(off_peak, price=replace(off_peak.price, date=date)),
    )


def same_share(base: tuple[float, float | None], other: tuple[float, float | None]) -> bool:
    """Whether cached input costs the same share of other input in two places, but for rounding.

    Args:
        base: the price of input, and that of cached input, None where there is none.
        other: the same of the other place.
    """
    (first, cached), (second, again) = base, other
    if cached is None or again is None:
        return cached is again
    return abs(cached * second - again * first) <= _ALIKE * again * first


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
    modes, lacking = {}, dict(price.lacking)
    for mode, own in price.modes.items():
        try:
            modes[mode] = _meant(own, free, expensive)
        except NoPrice as refused:
            lacking[mode] = refused.reason
    found = replace(price, free=bool(zero), modes=modes, lacking=lacking)
    if price.off_peak is None:
        return found
    try:
        return replace(found, off_peak=replace(price.off_peak, price=_meant(price.off_peak.price, free, expensive)))
    except NoPrice as refused:
        note = f"the prices at some hours are not counted: {refused.reason}"
        return replace(found, off_peak=None, notes=(*price.notes, note))


def _is_among(key: str, allowed: bool | Collection[str]) -> bool:
    if isinstance(allowed, bool | str):
        return allowed is True or allowed == key
    return key in allowed


def with_hours(price: Price, other: Price, minutes: Collection[int]) -> Price:
    """A price with another that holds at some minutes of the week: the higher one, and the lower one as off-peak.

    Args:
        price: what holds at the other hours.
        other: what holds in these minutes.
        minutes: of the week, in UTC.
    """
    if _sum(other) > _sum(price):
        price, other, minutes = other, price, frozenset(range(WEEK)) - frozenset(minutes)
    windows = windows_of(minutes)
    return replace(price, off_peak=OffPeak(windows, other)) if windows else price


def _sum(price: Price) -> float:
    return price.usd_per_million_input_tokens + price.usd_per_million_output_tokens


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
