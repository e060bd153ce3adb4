"""Cost and time of k passes: sums of passes, or of waves of passes that run at the same time."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.pass_law import PassLaw

_NEARLY_NORMAL = 0.1
_MANY_WAVES = 256
_CELLS, _CELLS_IF_CLIPPED = 4096, 32768


@dataclass(frozen=True)
class Totals:
    """The law of the sum over waves of the largest of each wave: k // wave waves of `wave` passes, one of the rest.

    With waves of one pass this is the plain sum. Mean and variance are exact. A quantile is exact for one wave, and for
    sums of normal passes. Else it is by Cornish-Fisher from four cumulants where one pass varies by at most a tenth of
    its mean or there are more than 256 waves, or by Fourier transform of cell masses; both are within 1e-4 of the
    value, or, where many lengths are clipped, of a standard deviation.

    Attributes:
        law: of one pass.
        wave: passes in a full wave.
        k: (n,) numbers of passes.
        cells: of the Fourier transform; None means 4,096, and 32,768 where clipping puts mass on single points.
    """

    law: PassLaw
    wave: int
    k: IntArray
    cells: int | None = None

    @cached_property
    def full(self) -> IntArray:
        """(n,) numbers of full waves."""
        return self.k // self.wave

    @cached_property
    def rest(self) -> IntArray:
        """(n,) passes in the last, partial wave; 0 where there is none."""
        return self.k % self.wave

    @cached_property
    def waves(self) -> IntArray:
        """(n,) numbers of waves."""
        return self.full + (self.rest > 0)

    @cached_property
    def cumulants(self) -> FloatArray:
        """(n, 4) mean, variance, third and fourth cumulant."""
        if self.wave == 1:
            return self.k[:, None] * self.law.cumulants
        sizes, place = np.unique(np.append(self.rest, self.wave), return_inverse=True)
        table = np.zeros((len(sizes), 4))
        some = sizes > 0
        table[some] = self.law.largest_cumulants(sizes[some].tolist())
        return np.asarray(self.full[:, None] * table[place[-1]] + table[place[:-1]])

    @property
    def mean(self) -> FloatArray:
        """(n,) expectations."""
        return self.cumulants[:, 0]

    @property
    def std(self) -> FloatArray:
        """(n,) standard deviations."""
        return np.sqrt(np.maximum(self.cumulants[:, 1], 0.0))

    def quantile(self, q: float) -> FloatArray:
        """(n,) q-quantiles."""
        return self.quantiles(q)[:, 0]

    def quantiles(self, *q: float) -> FloatArray:
        """(n, len(q)) the same of several q, in the time that one takes."""
        if self.law.std == 0:
            return np.repeat(self.mean[:, None], len(q), axis=1)
        values = np.column_stack([self._cornish_fisher(one) for one in q])
        alone = self.waves == 1
        if not self.plain_normal and alone.any():
            passes = self.k[alone].astype(float)
            values[alone] = np.column_stack([self.law.largest_quantile(passes, one) for one in q])
        for row in self._rows_for_cells():
            x, cdf = self._cell_cdf(row)
            values[row] = np.interp(q, cdf, x)
        return values

    def cdf(self, x: float) -> FloatArray:
        """(n,) probabilities that the total is at most x."""
        if self.law.std == 0:
            return (self.mean <= x * (1 + 1e-12)).astype(float)
        values = self._edgeworth(x)
        alone = self.waves == 1
        if not self.plain_normal and alone.any():
            values[alone] = np.exp(self.k[alone] * self.law.log_cdf(np.array([x])))
        for row in self._rows_for_cells():
            values[row] = np.interp(x, *self._cell_cdf(row), left=0.0, right=1.0)
        return values

    @property
    def plain_normal(self) -> bool:
        """Whether the total is a sum of normal passes, and so normal itself."""
        return self.law.normal and self.wave == 1

    def _rows_for_cells(self) -> IntArray:
        if self.plain_normal or self.law.std <= _NEARLY_NORMAL * self.law.mean:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero((self.waves > 1) & (self.waves <= _MANY_WAVES))

    def _shape(self) -> tuple[FloatArray, FloatArray]:
        """Skewness and excess kurtosis, (n,) each."""
        _, variance, third, fourth = self.cumulants.T
        return third / variance**1.5, fourth / variance**2

    def _cornish_fisher(self, q: float) -> FloatArray:
        z = float(ndtri(q))
        if self.plain_normal:
            return self.mean + self.std * z
        skewness, kurtosis = self._shape()
        x = z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36
        return self.mean + self.std * x

    def _edgeworth(self, x: float) -> FloatArray:
        z = (x - self.mean) / self.std
        if self.plain_normal:
            return np.asarray(ndtr(z))
        skewness, kurtosis = self._shape()
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        correction = (
            skewness / 6 * (z**2 - 1) + kurtosis / 24 * (z**3 - 3 * z) + skewness**2 / 72 * (z**5 - 10 * z**3 + 15 * z)
        )
        return np.asarray(np.clip(ndtr(z) - density * correction, 0.0, 1.0))

    def _cell_cdf(self, row: int) -> tuple[FloatArray, FloatArray]:
        """Edges of cells and the distribution function there, by Fourier transform of the masses of one wave.

        Cells are counted from the least that each wave can take, so that a mass on that point stays on it. Rounding
        to cells moves the mean a little and widens the law; both are known for the total and taken back.
        """
        mean, std = float(self.mean[row]), float(self.std[row])
        count = self.cells or (_CELLS if self.law.normal else _CELLS_IF_CLIPPED)
        least = self._least(row)
        low = max(mean - 9 * std, least)
        step = (mean + 12 * std - low) / (count - 4)
        masses = np.maximum(np.fft.irfft(self._spectrum(row, step, count), count), 0.0)
        first = max(0, int((low - least) / step) - 2)
        masses = np.roll(masses, -(first % count))
        masses /= masses.sum()
        centres = least + (first + np.arange(count)) * step
        found = float(masses @ centres)
        spread = float(np.sqrt(masses @ (centres - found) ** 2))
        edges = mean + (centres + step / 2 - found) * (std / spread)
        return np.asarray(edges), np.cumsum(masses)

    def _least(self, row: int) -> float:
        return float(self.waves[row]) * self.law.ends[0]

    def _spectrum(self, row: int, step: float, count: int) -> NDArray[np.complex128]:
        spectrum = _wave_spectrum(self.law, self.wave, step, count) ** int(self.full[row])
        if self.rest[row]:
            spectrum = spectrum * _wave_spectrum(self.law, int(self.rest[row]), step, count)
        return np.asarray(spectrum)


def _wave_spectrum(law: PassLaw, size: int, step: float, count: int) -> NDArray[np.complex128]:
    """Fourier transform of the masses of the largest of so many passes, in cells from the least that it can be."""
    low, high = law.ends
    cells = np.arange(int((high - low) / step) + 3)
    edges = np.asarray(low + (cells + 0.5) * step)
    masses = np.diff(law.cdf(edges) ** size, prepend=0.0)
    return np.fft.rfft(np.bincount(cells % count, weights=masses, minlength=count))


@dataclass(frozen=True)
class PromptOnceTotals(Totals):
    """The cost of k passes that share one prompt: it is paid once, or more cheaply from the second pass on.

    Quantiles are exact where lengths are normal and for one pass; elsewhere as in `Totals`.

    Attributes:
        prompts: (n,) how many times the price of the prompt is paid.
    """

    prompts: FloatArray = field(default_factory=lambda: np.ones(0))

    @cached_property
    def cumulants(self) -> FloatArray:
        """(n, 4) mean, variance, third and fourth cumulant."""
        prompt, answer = self.law.parts_cumulants
        return np.asarray(self.prompts[:, None] ** np.arange(1, 5) * prompt + self.k[:, None] * answer)

    @property
    def plain_normal(self) -> bool:
        """Never: the sum is not of k alike."""
        return False

    def _rows_for_cells(self) -> IntArray:
        return np.empty(0, dtype=np.int64) if self.law.normal else super()._rows_for_cells()

    def _laws(self, row: int) -> tuple[PassLaw, PassLaw]:
        """What the prompt costs, as often as it is paid, and what one answer costs."""
        law = self.law
        return replace(law, per_input=law.per_input * float(self.prompts[row]), per_output=0.0), replace(
            law, per_input=0.0
        )

    def _least(self, row: int) -> float:
        prompt, answer = self._laws(row)
        return prompt.ends[0] + float(self.k[row]) * answer.ends[0]

    def _spectrum(self, row: int, step: float, count: int) -> NDArray[np.complex128]:
        prompt, answer = self._laws(row)
        return np.asarray(
            _wave_spectrum(prompt, 1, step, count) * _wave_spectrum(answer, 1, step, count) ** int(self.k[row])
        )
