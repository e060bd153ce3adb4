"""Amounts as people write them."""

import math
from decimal import ROUND_HALF_EVEN, Context


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
    """The same with six significant digits, or more, as in what must hold."""
    text = f"{value:.{digits}g}"
    return {"cost": f"${text}", "time": f"{text} s", "accuracy": text}.get(quantity, f"{text} {unit_words(quantity)}")


def apart(quantity: str, value: float, limit: float, rounding: str = ROUND_HALF_EVEN) -> tuple[str, str]:
    """An amount and its limit as people wrote it, with as many digits as it takes to see which is larger."""
    written = float(f"{limit:.12g}")
    digits, shown = 6, value
    for digits in range(6, 18):
        shown = float(Context(prec=digits, rounding=rounding).create_decimal_from_float(value))
        if (shown > written) - (shown < written) == (value > limit) - (value < limit):
            break
    return exactly(quantity, shown, digits), exactly(quantity, limit, 12)


def interval_text(low: float, high: float) -> str:
    """An interval of an accuracy, with as many decimals as its ends need to differ: 0.931 to 0.978.

    One of no width, or with an end that is not a number, is unknown: it tells nothing of how far off the accuracy is.
    """
    if not high - low > 1e-12:
        return "interval unknown"
    decimals = next(n for n in range(3, 18) if n == 17 or f"{low:.{n}f}" != f"{high:.{n}f}")
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
