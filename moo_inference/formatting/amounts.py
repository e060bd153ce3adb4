"""Amounts as people write them."""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal


def significant(value: float, digits: int = 3) -> str:
    """A positive number with some significant digits and no exponent: 0.0349, 43.1, 3,600."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):,.{max(0, decimals)}f}"


def usd(value: float) -> str:
    """An amount of money, three significant digits."""
    return f"${significant(value)}"


def seconds(value: float) -> str:
    """A time in seconds, three significant digits."""
    return f"{significant(value)} s"


def amount(quantity: str, value: float) -> str:
    """An amount of `cost`, `time`, `accuracy`, or of a resource, named by its unit: $0.0349, 43.1 s, 512 joules."""
    if quantity == "accuracy":
        return f"{value:.4f}"
    return {"cost": usd, "time": seconds}.get(quantity, lambda x: f"{significant(x)} {unit_words(quantity)}")(value)


def exactly(quantity: str, value: float, digits: int = 6) -> str:
    """The same with six significant digits, or more, as in what must hold.

    Args:
        quantity: `cost`, `time`, `accuracy` or a resource.
        value: in USD, seconds, or a share.
        digits: significant digits.
    """
    return in_unit(quantity, f"{value:.{digits}g}")


def apart(
    quantity: str, value: float, limit: float, digits: int = 6, rounding: str = ROUND_HALF_EVEN
) -> tuple[str, str]:
    """An amount, with so many digits or as many as it takes to see which is larger, and its limit as it was written.

    Args:
        quantity: `cost`, `time`, `accuracy` or a resource.
        value: the amount.
        limit: what it is compared with.
        digits: significant digits at least.
        rounding: how the amount is rounded, as `decimal` names it.
    """
    written = float(f"{limit:.12g}")

    def shown(count: int) -> float:
        return float(Context(prec=count, rounding=rounding).create_decimal_from_float(value))

    def is_seen(count: int) -> bool:
        return (shown(count) > written, shown(count) < written) == (value > limit, value < limit)

    enough = fewest_digits(digits, is_seen)
    return exactly(quantity, shown(enough), enough), exactly(quantity, limit, 12)


def fewest_digits(least: int, enough: Callable[[int], bool]) -> int:
    """The fewest significant digits that are enough, from `least` on; 17 distinguish any two numbers."""
    return next((count for count in range(least, 17) if enough(count)), 17)


def in_unit(quantity: str, text: str) -> str:
    """A number that is written already, with its unit: $0.05, 43.1 s, 0.93, 512 joules."""
    return {"cost": f"${text}", "time": f"{text} s", "accuracy": text}.get(quantity, f"{text} {unit_words(quantity)}")


def bound(quantity: str, value: float) -> str:
    """A budget as its user gave it: as `amount` where that is exact, else with all its digits."""
    text = number(value) if quantity == "accuracy" or _read(significant(value)) != value else ""
    return in_unit(quantity, text) if text else amount(quantity, value)


def _read(text: str) -> float:
    return float(text.replace(",", ""))


def threshold(value: float, holds: Callable[[float], bool], *, up: bool, digits: int = 6) -> str:
    """A threshold as it may be printed: what holds from `value` on also holds at the very number that is read.

    Args:
        value: where something begins to hold, positive or 0.
        holds: whether it holds at another value, as read from the text.
        up: it holds above, else below.
        digits: significant digits to begin with. More are taken where those would miss it on either side.

    Returns:
        A decimal without needless zeros or commas, and without exponent unless it is next to nothing. It is rounded to
        nearest if that holds, else to the side on which it does.
    """
    for count in range(digits, 18):
        for rounding in (ROUND_HALF_EVEN, ROUND_CEILING if up else ROUND_FLOOR):
            text = _decimal(Context(prec=count, rounding=rounding).create_decimal(repr(value)))
            if holds(float(text)):
                return text
    return number(value)


def number(value: float) -> str:
    """A number as a file takes it: the shortest decimal that is read as the same."""
    return _decimal(Decimal(repr(float(value))))


_LEAST_EXPONENT = -12
"""More zeros are hard to read."""


def _decimal(value: Decimal) -> str:
    if value and value.adjusted() < _LEAST_EXPONENT:
        return f"{value.normalize():e}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval_text(low: float, high: float) -> str:
    """An interval of an accuracy, with as many decimals as its ends need to differ: 0.931 to 0.978.

    One of no width, or with an end that is not a number, is unknown: it contains no information on the accuracy.
    """
    if not high - low > 1e-12:
        return "interval unknown"
    decimals = fewest_digits(3, lambda count: f"{low:.{count}f}" != f"{high:.{count}f}")
    return f"{low:.{decimals}f} to {high:.{decimals}f}"


def percentile(quantile: float) -> str:
    """A quantile as monitoring calls it: p95, p99.9."""
    return f"p{100 * quantile:.6g}"


def unit_words(unit: str) -> str:
    """The unit of a resource as a text has it: `grams_co2` becomes grams co2."""
    return unit.replace("_", " ")


def plain(value: float) -> str:
    """A number as an axis shows it, with neither exponent nor needless zeros: 0.05, 1,800."""
    text = f"{round(value, 12):,.12f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
