"""How and when queries are sent, and so which of a model's prices they pay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moo_inference.errors import ErrorCollector, ReaderError
from moo_inference.readers.prices.hours import holds_at, hours_text
from moo_inference.readers.prices.price import MODES, Price, Tier, checked_date


@dataclass(frozen=True)
class PriceTerms:
    """On which terms queries are sent.

    Attributes:
        mode: one of MODES; None: interactively.
        factor: every price is multiplied by it, 0.5 for half; with a mode, those of models alone of which a list has no
            price in this mode. None: by nothing.
        off_peak_share: the share of queries that are sent in the hours of lower prices, in [0, 1].
        time: when they are sent, in UTC, as `02:30` or `sat 02:30`, in place of a share.
        date: the day for which prices are asked, YYYY-MM-DD, or of which the list is; None: what the list says.

    Raises:
        SettingError: (a ValueError) one is out of its range; all at once.
    """

    mode: str | None = None
    factor: float | None = None
    off_peak_share: float | None = None
    time: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        if self.mode is not None and self.mode not in MODES:
            errors.add(f"--price-mode must be one of: {', '.join(MODES)}; got {self.mode!r}")
        if self.factor is not None and not 0 < self.factor <= 100:
            errors.add(f"--price-factor must be above 0 and at most 100, got {self.factor:g}")
        if self.off_peak_share is not None and not 0 <= self.off_peak_share <= 1:
            errors.add(f"--off-peak-share must be in [0, 1], got {self.off_peak_share:g}")
        if self.time is not None and self.off_peak_share is not None:
            errors.add("--price-time and --off-peak-share must not both be given: a time has one price")
        if self.time is not None:
            errors.attempt(holds_at, (), self.time)
        errors.attempt(checked_date, self.date)
        errors.check()

    @property
    def reading(self) -> dict[str, str]:
        """The options of a reader of price lists."""
        return {} if self.date is None else {"date": self.date}

    def of(self, price: Price) -> Price:
        """What a model costs on these terms; what was computed stands in the notes.

        Args:
            price: as the list has it.

        Raises:
            ReaderError: (a ValueError) the list has no price in this mode, and no factor is given.
            SettingError: (a ValueError) whether the time is off-peak depends on the day.
        """
        found = price
        factor = self.factor
        if self.mode is not None and self.mode in price.modes:
            found, factor = price.modes[self.mode], None
        elif self.mode is not None:
            if factor is None:
                raise ReaderError(_without_mode(price, self.mode))
            found = replace(price, mode=self.mode, modes={})
        found = self._at_hours(found)
        if factor is not None:
            note = f"every price of {price.key} is multiplied by {factor:g}, which is given by hand"
            found = _changed([found], lambda amounts: amounts[0] * factor)
            found = replace(found, notes=(*found.notes, note))
        return found

    def _at_hours(self, price: Price) -> Price:
        own = price.off_peak
        if own is None:
            if self.off_peak_share is None and self.time is None:
                return price
            of = "" if price.mode is None else f" for {price.mode}"
            note = f"the list has no other price of {price.key}{of} at other hours"
            return replace(price, notes=(*price.notes, note))
        hours = f"{hours_text(own.windows)} UTC, {own.share:.0%} of the week"
        if self.time is not None:
            inside = holds_at(own.windows, self.time)
            note = f"{price.key} at {self.time} UTC is {'off-peak' if inside else 'at peak'} (off-peak is {hours})"
            chosen = own.price if inside else price
            return replace(chosen, notes=(*price.notes, note), off_peak=None, mode=price.mode, modes=price.modes)
        share = self.off_peak_share
        if share is None:
            lower = f"USD {own.price.usd_per_million_input_tokens:g} / {own.price.usd_per_million_output_tokens:g}"
            note = (
                f"{price.key} is cheaper off-peak ({hours}): {lower} per million tokens of input / output; the price "
                "at peak is counted, unless --off-peak-share SHARE or --price-time TIME says when queries are sent"
            )
            return replace(price, notes=(*price.notes, note))
        note = (
            f"prices of {price.key} are the mean of a share of {share:g} off-peak ({hours}) and {1 - share:g} at peak: "
            "means of cost are exact, its spread and percentiles those of one price"
        )
        mixed = _changed([price, own.price], lambda amounts: (1 - share) * amounts[0] + share * amounts[1])
        return replace(mixed, notes=(*price.notes, note), off_peak=None)


def _without_mode(price: Price, mode: str) -> str:
    if mode in price.lacking:
        why = f": {price.lacking[mode]}"
    else:
        why = f"; it has those of {', '.join(price.modes)}" if price.modes else ""
    return (
        f"{price.where}: {price.key} has no price for {mode}{why}: give --price-factor, as 0.5 for half of the others, "
        "if its provider has one"
    )


_AMOUNTS = (
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_million_cached_input_tokens",
    "usd_per_million_cache_write_input_tokens",
)


def _changed(prices: list[Price], amount: Callable[[list[float]], float]) -> Price:
    """The first of some prices with each amount computed from those of all; unknown where one does not know it.

    Reasoning without a price of its own costs what other output costs, also in a tier.
    """

    def joined(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return _rounded(amount(known)) if len(known) == len(values) else None

    found: dict[str, Any] = {name: joined([getattr(price, name) for price in prices]) for name in _AMOUNTS}
    found["usd_per_million_reasoning_tokens"] = joined(_reasoning(prices))
    tiers = []
    for start in sorted({tier.from_input_tokens for price in prices for tier in price.tiers}):
        at = [_tier_at(price, start) for price in prices]
        _, read, written, _ = zip(*at, strict=True)
        tiers.append(Tier(start, joined(read), joined(written), joined(_reasoning(at))))  # type: ignore[arg-type]
    return replace(prices[0], **found, tiers=tuple(tiers))


def _reasoning(prices: Sequence[Price | Tier]) -> list[float | None]:
    """What each asks for reasoning; where one has a price of its own for it, the others ask what other output costs."""
    own = [price.usd_per_million_reasoning_tokens for price in prices]
    if not any(value is not None for value in own):
        return own
    written = [price.usd_per_million_output_tokens for price in prices]
    return [other if value is None else value for value, other in zip(own, written, strict=True)]


def _tier_at(price: Price, start: int) -> Tier:
    """What a price asks of prompts of more than `start` tokens."""
    reasoning = price.usd_per_million_reasoning_tokens
    found = Tier(start, price.usd_per_million_input_tokens, price.usd_per_million_output_tokens, reasoning)
    for tier in price.tiers:
        if tier.from_input_tokens <= start:
            found = tier
    own = found.usd_per_million_reasoning_tokens
    return found._replace(from_input_tokens=start, usd_per_million_reasoning_tokens=reasoning if own is None else own)


def _rounded(amount: float) -> float:
    """Without the last digits, which are the error of sums of products."""
    return float(f"{amount:.15g}")
