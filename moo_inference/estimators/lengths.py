"""The distribution of one length or time: its moments are the given ones, and it is a function of a standard normal."""

import math
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from moo_inference.catalog.spread import Spread
from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.max_of_k import legendre
from moo_inference.evaluation import special

NEGLIGIBLE = 1e-12
"""Where clipping moves less than this of the mass, a length is normal."""

FAR = 9.0
"""Standard scores beyond which there is nothing."""

_TOP, _PANEL = 10.0, 0.5
_TABLE = 4096


@dataclass(frozen=True)
class Length:
    """What cannot be below `least` and has this mean and this standard deviation.

    Each kind is a growing function of a standard normal, `from_normal`. `normal` is clipped at `least`, and its
    parameters before clipping are solved for; `gamma` and `lognormal` begin at `least`.

    Attributes:
        kind: `certain`, `normal`, `gamma` or `lognormal`.
        least: what it cannot be below.
        mean: expectation, in the same unit.
        std: standard deviation; 0 also where it is not known.
        known: whether the standard deviation is known.
    """

    kind: str
    least: float
    mean: float
    std: float
    known: bool = True

    @classmethod
    def of(cls, spread: Spread) -> "Length":
        """The distribution of an entry of a catalog."""
        std = spread.std or 0.0
        return cls(spread.distribution if std else "certain", spread.least, spread.mean, std, spread.std is not None)

    @cached_property
    def _above(self) -> float:
        """What the mean has above the least value, in standard deviations."""
        return (self.mean - self.least) / self.std

    @cached_property
    def before_clipping(self) -> tuple[float, float]:
        """Mean and standard deviation of a normal before it is clipped: those of its clipped values are the own ones.

        Where clipping has no mass both are the own ones, to the last bit.
        """
        if self.kind == "certain" or special.ndtr(-self._above) <= NEGLIGIBLE:
            return self.mean, self.std
        from scipy.optimize import brentq  # noqa: PLC0415 (slow to load, and seldom needed)

        alpha = brentq(lambda a: _moments_of_clipped(a)[1] - self._above, -8.0, 9.0, xtol=1e-14, rtol=1e-14)
        sigma = (self.mean - self.least) / _moments_of_clipped(alpha)[0]
        return self.least + alpha * sigma, sigma

    @cached_property
    def clipped_mass(self) -> float:
        """Probability of the least value itself."""
        if self.kind != "normal":
            return 0.0
        mu, sigma = self.before_clipping
        return float(special.ndtr((self.least - mu) / sigma))

    @property
    def plain(self) -> bool:
        """Whether it is normal (or certain), since clipping has no mass."""
        return self.kind == "certain" or (self.kind == "normal" and self.clipped_mass <= NEGLIGIBLE)

    @cached_property
    def _gamma(self) -> tuple[float, float]:
        """Shape and scale."""
        return self._above**2, self.std / self._above

    @cached_property
    def _log(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm of what exceeds the least value."""
        variance = math.log1p(self._above**-2)
        return math.log(self.mean - self.least) - variance / 2, math.sqrt(variance)

    @cached_property
    def cumulants(self) -> FloatArray:
        """(4,) mean, variance, third and fourth cumulant."""
        s = self.std
        if self.plain:
            return np.array([self.mean, s**2, 0.0, 0.0])
        if self.kind == "gamma":
            return np.array([self.mean, s**2, 2 * s**3 / self._above, 6 * s**4 / self._above**2])
        if self.kind == "lognormal":
            w = 1 + self._above**-2
            return np.array(
                [self.mean, s**2, (w + 2) * math.sqrt(w - 1) * s**3, (w**4 + 2 * w**3 + 3 * w**2 - 6) * s**4]
            )
        mu, sigma = self.before_clipping
        m1, m2, m3, m4 = _raw_moments_of_clipped((mu - self.least) / sigma)
        third = m3 - 3 * m1 * m2 + 2 * m1**3
        fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4 - 3 * (m2 - m1**2) ** 2
        return np.array([self.mean, s**2, third * sigma**3, fourth * sigma**4])

    def from_normal(self, z: FloatArray) -> FloatArray:
        """The value whose share of all values below it is that of the standard score z."""
        if self.kind == "gamma":
            shape, scale = self._gamma
            # Each from its own tail, and only there: the inverses are slow.
            below, value = np.asarray(z < 0), np.asarray(special.ndtr(-np.abs(z)))
            value[below] = special.gammaincinv(shape, value[below])
            value[~below] = special.gammainccinv(shape, value[~below])
            return np.asarray(self.least + scale * value)
        if self.kind == "lognormal":
            # Not exp(mu + ...): as a multiple of the mean it is twice as much, to the last bit, where all is doubled.
            sigma = self._log[1]
            return np.asarray(self.least + (self.mean - self.least) * np.exp(sigma * z - sigma**2 / 2))
        if self.kind == "certain":
            return np.full_like(z, self.mean)
        mu, sigma = self.before_clipping
        return np.asarray(np.maximum(self.least, mu + sigma * z))

    def drawn(self, z: FloatArray) -> FloatArray:
        """`from_normal` for many draws: of gamma by interpolation, within 1e-4 standard deviations."""
        if self.kind != "gamma":
            return self.from_normal(z)
        x, _, scores = _gamma_table(self._gamma[0])
        return np.asarray(self.least + self._gamma[1] * np.interp(z, scores, x))

    @property
    def line(self) -> tuple[float, float]:
        """What it is where it is mean + std z: for other kinds than normal nothing."""
        return self.before_clipping if self.kind in ("certain", "normal") else (0.0, 0.0)

    @property
    def bends_below(self) -> float:
        """The score below which it is more than its line."""
        if self.kind == "certain":
            return -math.inf
        mu, sigma = self.line
        return (self.least - mu) / sigma if self.kind == "normal" else math.inf

    def nonlinear_part(self, z: FloatArray) -> FloatArray:
        """What exceeds its linear part."""
        if self.kind != "normal":
            return self.drawn(z)
        mu, sigma = self.line
        return np.asarray(np.maximum(0.0, (self.least - mu) - sigma * z))

    def cdf(self, x: FloatArray) -> FloatArray:
        """P(L <= x) for many x: of gamma by interpolation, within 1e-5."""
        if self.kind == "certain":
            return np.asarray((x >= self.mean).astype(float))
        if self.kind == "normal":
            mu, sigma = self.before_clipping
            return np.where(x >= self.least, special.ndtr((x - mu) / sigma), 0.0)
        beyond = np.maximum(x - self.least, 0.0)
        if self.kind == "gamma":
            shape, scale = self._gamma
            values, below, _ = _gamma_table(shape)
            return np.asarray(np.interp(beyond / scale, values, below, left=0.0))
        mu, sigma = self._log
        with np.errstate(divide="ignore"):
            return np.asarray(special.ndtr((np.log(beyond) - mu) / sigma))

    def cdf_at(self, x: FloatArray) -> FloatArray:
        """P(L <= x) for a few x, exactly."""
        if self.kind != "gamma":
            return self.cdf(x)
        shape, scale = self._gamma
        return np.asarray(special.gammainc(shape, np.maximum(x - self.least, 0.0) / scale))

    def share_beyond(self, x: float) -> float:
        """P(L > x), with its own digits where it is small."""
        if self.kind == "certain":
            return float(self.mean > x)
        if self.kind == "gamma":
            shape, scale = self._gamma
            return float(special.gammaincc(shape, max(x - self.least, 0.0) / scale))
        if x < self.least:
            return 1.0
        if self.kind == "lognormal":
            mu, sigma = self._log
            return float(special.ndtr((mu - math.log(x - self.least)) / sigma)) if x > self.least else 1.0
        mu, sigma = self.before_clipping
        return float(special.ndtr((mu - x) / sigma))

    @property
    def first_score(self) -> float:
        """The score up to which it is clipped: where an integral over what is not begins."""
        start = -FAR
        if self.kind == "normal" and not self.plain:
            mu, sigma = self.before_clipping
            start = max(start, (self.least - mu) / sigma)
        return start

    def at_nodes(self) -> FloatArray:
        """Its values at the nodes of `score_nodes` from `first_score` on."""
        return _at_nodes(self)


@cache
def score_nodes(start: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss-Legendre quadrature on panels of half a standard score, from `start` to the top."""
    t, w = legendre()
    panels = math.ceil((_TOP - start) / _PANEL)
    width = (_TOP - start) / panels
    return (start + width * (np.arange(panels)[:, None] + t)).ravel(), np.tile(width * w, panels)


@lru_cache(maxsize=1024)  # models with the same lengths share them
def _at_nodes(length: Length) -> FloatArray:
    return length.from_normal(score_nodes(length.first_score)[0])


@lru_cache(maxsize=256)
def weights_of_largest(sizes: tuple[float, ...], start: float) -> FloatArray:
    """(sizes, nodes) weights of an integral over scores for the largest of so many standard normals."""
    counts = np.array(sizes)
    z, weights = score_nodes(start)
    log_density = -(z**2) / 2 - math.log(2 * math.pi) / 2
    powers = np.exp(log_density + (counts[:, None] - 1) * special.log_ndtr(z))
    return np.asarray(counts[:, None] * powers * weights)


@cache
def _gamma_table(shape: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values of a gamma of scale 1 in ascending order, their distribution function, and their standard scores."""
    nothing = float(special.ndtr(-FAR))
    far = float(special.gammainccinv(shape, nothing))
    near = max(float(special.gammaincinv(shape, nothing)), far * 1e-15)
    x: FloatArray = np.union1d(np.linspace(near, far, _TABLE), np.geomspace(near, far, _TABLE))
    below, above = (np.asarray(share(np.full_like(x, shape), x)) for share in (special.gammainc, special.gammaincc))
    return x, below, np.where(below < 0.5, special.ndtri(below), -special.ndtri(above))


def _raw_moments_of_clipped(alpha: float) -> tuple[float, float, float, float]:
    """E[max(0, alpha + Z)^j] for j = 1 ... 4, by the recursion I_j = alpha I_(j-1) + (j-1) I_(j-2)."""
    found = [
        float(special.ndtr(alpha)),
        alpha * float(special.ndtr(alpha)) + math.exp(-(alpha**2) / 2) / math.sqrt(2 * math.pi),
    ]
    for j in (2, 3, 4):
        found.append(alpha * found[-1] + (j - 1) * found[-2])
    return found[1], found[2], found[3], found[4]


def _moments_of_clipped(alpha: float) -> tuple[float, float]:
    """E[max(0, alpha + Z)], and its ratio to the standard deviation."""
    first, second, *_ = _raw_moments_of_clipped(alpha)
    return first, first / math.sqrt(second - first**2)
