"""The options that say how and when queries are sent, and so which of the prices of a list they pay."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

from moo_inference.cli.fit_options import Number, Text, flag
from moo_inference.errors import SettingError

if TYPE_CHECKING:
    from moo_inference.fitting.price_terms import PriceTerms


@dataclass(frozen=True)
class PriceOptions:
    """On which terms queries are sent."""

    price_mode: Annotated[
        Text,
        flag(
            "--price-mode",
            "MODE",
            "batch, flex or priority: the prices that the list has for these; times stay those that were measured.",
            show_default="interactive requests",
        ),
    ] = None
    price_factor: Annotated[
        Number,
        flag(
            "--price-factor",
            "FACTOR",
            "Multiply every price, 0.5 for half; with --price-mode those of models without a price in this mode.",
        ),
    ] = None
    off_peak_share: Annotated[
        Number,
        flag(
            "--off-peak-share",
            "SHARE",
            "The share of queries that are sent in the hours of lower prices.",
            show_default="the price at peak is counted",
        ),
    ] = None
    price_time: Annotated[
        Text, flag("--price-time", "TIME", "When queries are sent, in UTC, as 02:30 or 'sat 02:30'.")
    ] = None
    price_date: Annotated[
        Text,
        flag("--price-date", "DAY", "The day for which prices are asked, YYYY-MM-DD, or of which the list is."),
    ] = None

    @property
    def terms(self) -> "PriceTerms":
        """The same, checked."""
        from moo_inference.fitting.price_terms import PriceTerms

        return PriceTerms(self.price_mode, self.price_factor, self.off_peak_share, self.price_time, self.price_date)

    def refuse_without_prices(self) -> None:
        """Refuse options that mean nothing without a price list.

        Raises:
            SettingError: (a ValueError) some are given; all are named.
        """
        names = [option.name for option in fields(PriceOptions)]
        given = [f"--{name.replace('_', '-')}" for name in names if getattr(self, name) is not None]
        if given:
            raise SettingError(f"{', '.join(given)} must come with --prices FILE")
