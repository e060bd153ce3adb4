"""The distribution of a length or a time: its mean and spread, and whether gamma or lognormal fits its percentiles."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from moo_inference.readers import Spread

FloatArray = NDArray[np.float64]
Kind = Literal["gamma", "lognormal"]

_FROM, _TO = 50.0, 99.0
"""Percentiles that are fitted: the upper half, on which budgets rest; beyond the 99th a few requests decide."""

_TAIL = 75.0
_ENOUGH = 20
_LEAST, _MOST = 1e-3, 30.0
_GRID = 400
_SHOWN = (95.0, 99.0, 90.0, 75.0)


@dataclass(frozen=True)
class Distribution:
    """What a file contains of the distribution of one quantity.

    Attributes:
        mean: the file's own, or of the distribution that fits its percentiles, or their median.
        std: likewise; None where neither it nor a percentile above the median is known.
        kind: which distribution fits the percentiles better; None where there are none.
        notes: what has to be said, to be put after the quantity's name.
    """

    mean: float
    std: float | None
    kind: Kind | None = None
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """As a catalog holds it."""
        kind = {} if self.kind is None else {"kind": self.kind}
        return {"mean": self.mean, "std": self.std, **kind}


def distribution_of(spread: Spread | None, unit: str) -> Distribution | None:
    """The distribution of a quantity.

    A mean and a standard deviation that the file contains are kept. Of gamma and lognormal that one is taken whose
    quantiles have the smaller mean squared relative error; of fewer than 20 single requests none.

    Args:
        spread: what the file contains of it.
        unit: of its values, for the notes.
    """
    if spread is None:
        return None
    levels = {level: value for level, value in spread.percentiles.items() if _FROM <= level <= _TO and value > 0}
    median = spread.percentiles.get(50.0)
    centre = median if spread.mean is None else spread.mean
    few = spread.samples is not None and len(spread.samples) < _ENOUGH
    tail = any(level >= _TAIL for level in levels)
    fitted = tail and not few and spread.std != 0 and spread.mean != 0 and (spread.mean is not None or len(levels) > 1)
    if not fitted:
        if centre is None:
            return None
        median_of = f"has no mean in the file: its median of {centre:.4g} {unit} stands for it"
        return Distribution(centre, spread.std, None, () if spread.mean is not None else (median_of,))
    kinds: tuple[Kind, ...] = ("gamma", "lognormal")
    fits = {kind: _fit(kind, levels, spread.mean, spread.std) for kind in kinds}
    kind = min(kinds, key=lambda name: fits[name][2])
    mean, std, _ = fits[kind]
    # Where each request is known, they are resampled, and no distribution stands for them.
    notes = _notes(spread, kind, mean, std, levels, unit) if spread.samples is None else ()
    return Distribution(mean, std, kind, notes)


def _notes(
    spread: Spread, kind: Kind, mean: float, std: float, levels: Mapping[float, float], unit: str
) -> tuple[str, ...]:
    level = next((level for level in _SHOWN if level in levels), max(levels))
    notes = [f"{level:g}th percentile of the file {levels[level]:.4g} {unit}, of the {kind} that is fitted "]
    notes[0] += f"{mean * float(_quantiles(kind, std / mean, [level])[0]):.4g} {unit}"
    if spread.mean is None:
        notes.append(f"has no mean in the file: {mean:.4g} {unit} is that of the {kind} with these percentiles")
    if spread.std is None:
        notes.append(f"has no standard deviation in the file: {std:.4g} {unit} is worked out of its percentiles")
    return tuple(notes)


def _fit(kind: str, levels: Mapping[float, float], mean: float | None, std: float | None) -> tuple[float, float, float]:
    """Mean, standard deviation and mean squared relative error of the best distribution with what is given."""
    at, wanted = list(levels), np.array([*levels.values()])

    def tried(ratio: float) -> tuple[float, float, float]:
        shape = _quantiles(kind, ratio, at)
        with np.errstate(divide="ignore"):
            own = std / ratio if std is not None else float(np.exp(np.log(wanted / shape).mean()))
        scale = own if mean is None else mean
        error = float((((scale * shape) / wanted - 1) ** 2).mean())
        return scale, scale * ratio, error if math.isfinite(error) else math.inf

    if mean is not None and std is not None:
        return mean, std, tried(std / mean)[2]
    grid = np.geomspace(_LEAST, _MOST, _GRID)
    best = min(range(_GRID), key=lambda place: tried(float(grid[place]))[2])
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 (slow to load, and seldom needed)

    low, high = (math.log(grid[min(max(best + step, 0), _GRID - 1)]) for step in (-1, 1))
    found = minimize_scalar(lambda x: tried(math.exp(x))[2], bounds=(low, high), method="bounded")
    return tried(math.exp(found.x))


def _quantiles(kind: str, ratio: float, levels: list[float]) -> FloatArray:
    """(n,) quantiles of a distribution with a mean of 1 and a standard deviation of `ratio`, at levels in per cent."""
    from scipy.special import gammaincinv, ndtri  # noqa: PLC0415 (slow to load)

    shares = np.array(levels) / 100
    if kind == "gamma":
        shape = ratio**-2
        return np.asarray(gammaincinv(shape, shares) / shape)
    sigma = math.sqrt(math.log1p(ratio**2))
    return np.asarray(np.exp(sigma * ndtri(shares) - sigma**2 / 2))
