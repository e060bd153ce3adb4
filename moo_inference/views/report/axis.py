"""The axes of the report's own charts: from amounts to places, and which amounts are written."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from moo_inference.formatting.amounts import plain

_STEPS = (1.0, 2.0, 5.0, 10.0)
_FACTORS = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
"""Of powers of ten on a logarithmic axis: as many as there is space for."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        label: what it shows, with its unit.
        low: the amount at its start.
        high: the amount at its end, above `low`.
        logarithmic: whether equal ratios are equally far apart; then `low` is positive.
        before: what stands before each number, as $.
    """

    label: str
    low: float
    high: float
    logarithmic: bool = False
    before: str = ""

    def share(self, amount: float) -> float:
        """How far along the axis an amount is: 0 at its start, 1 at its end, and beyond outside."""
        if not self.logarithmic:
            return (amount - self.low) / (self.high - self.low)
        if amount <= 0:
            return -math.inf
        return math.log(amount / self.low) / math.log(self.high / self.low)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Where numbers stand, as a share of the axis, and what they are.

        Args:
            most: at most so many.
        """
        amounts = (self._decades(most) if self.logarithmic else []) or self._steps(most)
        return [(self.share(amount), self.before + plain(amount)) for amount in amounts]

    def _steps(self, most: int) -> list[float]:
        rough = (self.high - self.low) / most
        decade = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * decade for factor in _STEPS if factor * decade >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(place * step, 12) for place in range(first, last + 1)]

    def _decades(self, most: int) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in _FACTORS:
            found = [factor * 10.0**decade for decade in range(first, last + 1) for factor in factors]
            shown = [amount for amount in found if self.low * (1 - 1e-9) <= amount <= self.high * (1 + 1e-9)]
            if len(shown) <= most:
                # Within less than a factor of two of each other there may be one or none.
                return shown if len(shown) > 1 else []
        return shown[:: -(-len(shown) // most)]


def axis_over(label: str, amounts: Iterable[float], *, logarithmic: bool = False, before: str = "") -> Axis:
    """An axis on which all amounts have space; logarithmic where that is asked for and all of them are positive.

    Args:
        label: what it shows, with its unit.
        amounts: what has to be seen; those that are not finite are left out.
        logarithmic: whether ratios count.
        before: what stands before each number.
    """
    finite = [amount for amount in amounts if math.isfinite(amount)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if logarithmic and low > 0:
        margin = max((high / low) ** 0.05, 1.08)
        return Axis(label, low / margin, high * margin, logarithmic=True, before=before)
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
    return Axis(label, 0.0 if 0 <= low < 0.5 * high else low - margin, high + margin, before=before)
