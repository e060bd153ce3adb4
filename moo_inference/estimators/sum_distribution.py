"""Cost and time of k passes: what one prompt adds, and sums of passes or of waves of passes that run at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.blocks import Block, crossed, rising
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.spectrum import Spectrum, joined
from moo_inference.estimators.sums import Sum, cells, scaled_cells
from moo_inference.estimators.transforms import transforms_of
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import distinct

_NEARLY_NORMAL = 0.1
_MANY_WAVES = 256
_LITTLE_SHAPE = 0.1
_CELLS = 256
_BELOW, _ABOVE, _WIDTH = 6.0, 9.0, 14.0
"""Standard deviations below and above the mean that the cells cover at least."""
_ROWS_AT_ONCE = 1024
_NOTHING = -40.0
_SPILLED = 8.0
_AVERAGED = 16


@dataclass(frozen=True)
class Totals:
    """The distribution of what k passes cost or take: the prompt's part, and a sum over waves of the largest of each.

    There are k // wave waves of `wave` passes, and one of the rest; with waves of one pass this is the plain sum. The
    prompt is one draw per query, times `prompts`; where `prompts` is None it is one draw per pass and part of it.

    Mean and variance are exact. A quantile is exact for one wave without a prompt that varies, for a prompt alone, and
    for sums of normals. Where all lengths are normal and one pass varies by at most a tenth of its mean, it is by
    Cornish-Fisher from four cumulants, within 1e-4 of the value. Else it is by Fourier transform: within 1e-3 standard
    deviations of the total where lengths vary by at most two thirds of their means, and 5e-3 up to twice their means.
    Where more than 0.3 of the mass of a length lies on its least value, or it varies by more, few passes (or a prompt)
    are put together in cells of a twentieth to a tenth of a standard deviation, and quantiles are good to one cell.

    Attributes:
        distribution: of one pass.
        wave: passes in a full wave.
        k: (n,) numbers of passes.
        prompts: (n,) how many times the prompt of the query counts; None where each pass has its own.
        cells: of the Fourier transform.
    """

    distribution: PassDistribution
    wave: int
    k: IntArray
    prompts: FloatArray | None = None
    cells: int = _CELLS

    @cached_property
    def each(self) -> Sum:
        """What one pass adds."""
        return self.distribution.whole if self.prompts is None else self.distribution.written

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
        if self.prompts is None:
            return self.summed_cumulants
        return np.asarray(
            self.prompts[:, None] ** np.arange(1, 5) * self.distribution.prompt.cumulants + self.summed_cumulants
        )

    @cached_property
    def summed_cumulants(self) -> FloatArray:
        """(n, 4) the same of the sum over waves alone."""
        if self.wave == 1:
            return self.k[:, None] * self.each.cumulants
        sizes, place = np.unique(np.append(self.rest, self.wave), return_inverse=True)
        table = np.zeros((len(sizes), 4))
        some = sizes > 0
        table[some] = self.each.largest_cumulants(sizes[some].tolist())
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
        if self.distribution.std == 0:
            return np.repeat(self.mean[:, None], len(q), axis=1)
        if self._prompt_alone:
            found = self.distribution.prompt.from_normal(np.asarray(special.ndtri(np.array(q))))
            return np.asarray(self.summed_cumulants[:, :1] + self._prompts[:, None] * found)
        values = np.column_stack([self._cornish_fisher(one) for one in q])
        alone = self._alone
        if alone.any():
            passes = self.k[alone].astype(float)
            values[alone] = np.column_stack([self.each.largest_quantile(passes, one) for one in q])
            values[alone] += self._certain_prompt[alone, None]
        rows, columns, around = [], [], []
        for block in self._blocks():
            for column, one in enumerate(q):
                rows.append(block.rows)
                columns.append(np.full(len(block.rows), column))
                around.append(np.array(block.around(one)))
        if rows:
            places = np.concatenate(rows)
            found = crossed(*np.concatenate(around, axis=1))
            values[places, np.concatenate(columns)] = np.maximum(found, self._least[places])
        return values

    def cdf(self, x: float | FloatArray) -> FloatArray:
        """(n,) probabilities that the total is at most x; (..., n) where x has a shape that broadcasts to that."""
        if self.distribution.std == 0:
            return (self.mean <= x * (1 + 1e-12)).astype(float)
        if self._prompt_alone:
            return self.distribution.prompt.cdf_at((x - self.summed_cumulants[:, 0]) / self._prompts)
        values = self._edgeworth(x)
        at, alone = np.broadcast_to(x, values.shape), self._alone
        if alone.any():
            with np.errstate(divide="ignore"):
                below = np.log(self.each.cdf_at(at[..., alone] - self._certain_prompt[alone]))
                values[..., alone] = np.exp(self.k[alone] * below)
        for block in self._blocks():
            own = at[..., block.rows]
            values[..., block.rows] = np.where(own < self._least[block.rows], 0.0, block.cdf(own))
        return values

    @property
    def plain_normal(self) -> bool:
        """Whether the total is a sum of normal passes, and so normal itself."""
        return self.distribution.normal and self.wave == 1

    @property
    def _prompts(self) -> FloatArray:
        """(n,) how many times the prompt of the query counts; not at all where each pass has its own."""
        return np.zeros(len(self.k)) if self.prompts is None else self.prompts

    @cached_property
    def _least(self) -> FloatArray:
        """(n,) what the total cannot be below, but for a negligible part."""
        return np.asarray(self._prompts * self.distribution.prompt.ends[0] + self.waves * self.each.ends[0])

    @property
    def _certain_prompt(self) -> FloatArray:
        """(n,) what the prompt of the query adds where it does not vary."""
        return self._prompts * self.distribution.prompt.mean

    @property
    def _prompt_alone(self) -> bool:
        """Whether nothing varies but the prompt."""
        return self.prompts is not None and self.each.std == 0

    @cached_property
    def _alone(self) -> NDArray[np.bool_]:
        """(n,) whether the total is the largest of one wave and nothing else."""
        own = self.prompts is None or self.distribution.prompt.std == 0
        if self.plain_normal or not own:
            return np.zeros(len(self.k), dtype=bool)
        return np.asarray(self.waves == 1)

    @cached_property
    def _nearly_normal(self) -> NDArray[np.bool_]:
        """(n,) whether four cumulants describe it well enough."""
        if self.distribution.normal and self.distribution.std <= _NEARLY_NORMAL * self.distribution.mean:
            return np.ones(len(self.k), dtype=bool)
        skewness, kurtosis = self._shape(self.cumulants)
        return np.asarray((self.waves > _MANY_WAVES) & (np.maximum(skewness**2, np.abs(kurtosis)) < _LITTLE_SHAPE**2))

    def _shape(self, cumulants: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Skewness and excess kurtosis, (n,) each."""
        _, variance, third, fourth = cumulants.T
        return third / variance**1.5, fourth / variance**2

    def _cornish_fisher(self, q: float) -> FloatArray:
        z = float(special.ndtri(q))
        if self.plain_normal:
            return self.mean + self.std * z
        skewness, kurtosis = self._shape(self.cumulants)
        x = z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36
        return self.mean + self.std * x

    def _edgeworth(self, x: float | FloatArray) -> FloatArray:
        z = (x - self.mean) / self.std
        if self.plain_normal:
            return np.asarray(special.ndtr(z))
        skewness, kurtosis = self._shape(self.cumulants)
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        correction = (
            skewness / 6 * (z**2 - 1) + kurtosis / 24 * (z**3 - 3 * z) + skewness**2 / 72 * (z**5 - 10 * z**3 + 15 * z)
        )
        return np.asarray(np.clip(special.ndtr(z) - density * correction, 0.0, 1.0))

    @cached_property
    def _few_blocks(self) -> "list[Block]":
        return list(self._made_blocks())

    def _blocks(self) -> "Iterator[Block]":
        """Distribution functions of the rows that need them; kept where they are few."""
        return iter(self._few_blocks) if len(self.k) <= _ROWS_AT_ONCE else self._made_blocks()

    def _made_blocks(self) -> "Iterator[Block]":
        if self.plain_normal:
            return
        rows = np.flatnonzero(~(self._alone | self._nearly_normal))
        yield from self._averaged(rows[~self._rough[rows]])
        rows = rows[self._rough[rows]]
        exponents = np.ceil(np.log2((_BELOW + _ABOVE) / self.cells * self.std[rows] / self.distribution.std)).astype(
            int
        )
        # Rows whose cells have the same width share the transform of a wave.
        for exponent in distinct(exponents):
            those = rows[exponents == exponent]
            for start in range(0, len(those), _ROWS_AT_ONCE):
                yield self._block(those[start : start + _ROWS_AT_ONCE], self.distribution.std * 2.0**exponent)

    def _averaged(self, rows: IntArray) -> "Iterator[Block]":
        """Rows without much mass on single points: their transforms are products of powers of a few that are tabulated.

        Places are counted from the mean, in standard deviations of the total.
        """
        away = 2 * np.pi * np.arange(self.cells // 2 + 1) / (_WIDTH + _BELOW)
        # From the centre of the first cell on, and each mass is that of a whole cell.
        step = (_WIDTH + _BELOW) / self.cells
        start = np.exp(1j * away * (step / 2 - _BELOW)) * np.sinc(away * step / (2 * np.pi))
        sizes = distinct(np.append(self.rest, self.wave))
        summed = transforms_of(self.each.unscaled, tuple(sizes.tolist())) if self.each.std else None
        prompt = (
            transforms_of(self.distribution.prompt.unscaled, (1,))
            if self._prompts.any() and self.distribution.prompt.std
            else None
        )
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            u = away / self.std[some, None]
            whole = np.zeros(u.shape, dtype=complex)
            if summed is not None:
                v = u * self.each.scale
                last = np.full(len(some), len(sizes) - 1)
                whole += self.full[some, None] * summed.logarithm(v, last)
                whole += summed.logarithm(v, np.searchsorted(sizes, self.rest[some]))
            if prompt is not None:
                v = u * (self._prompts[some] * self.distribution.prompt.scale)[:, None]
                whole += prompt.logarithm(v, np.zeros(len(some), dtype=np.int64))
            masses = np.fft.irfft(np.exp(whole) * start, self.cells)
            width = step * self.std[some]
            yield Block(some, self.mean[some] - _BELOW * self.std[some] + width, width, rising(masses))

    def _block(self, rows: IntArray, step: float) -> "Block":
        parts = [self._summed(rows, step)]
        if self.prompts is not None:
            parts.append(self._prompted(rows, step))
        spectrum = np.prod([part.values for part in parts], axis=0)
        low, noise, found, mean = (sum(getattr(part, name) for part in parts) for name in Spectrum.NUMBERS)
        # Rounding to cells moves the mean and, as noise of its own, widens. Both are known, and taken back, but for the
        # width that the cells of the total have themselves.
        narrower = ((noise - step**2 / 12) / 2)[:, None] * self._frequencies(step) ** 2
        spectrum *= np.exp(np.minimum(narrower, 0.0))
        masses = np.fft.irfft(spectrum, self.cells)
        # What smoothing spills below the least value stands at the end, as if it were the greatest.
        first = np.floor(np.maximum((mean - _BELOW * self.std[rows] - low) / step, -_SPILLED)).astype(np.int64)
        masses = np.take_along_axis(masses, (first[:, None] + np.arange(self.cells)) % self.cells, axis=1)
        return Block(rows, mean + (low + (first + 0.5) * step - found), np.full(len(rows), step), rising(masses))

    def _frequencies(self, step: float) -> FloatArray:
        return np.asarray(2 * np.pi * np.arange(self.cells // 2 + 1) / (self.cells * step))

    def _prompted(self, rows: IntArray, step: float) -> Spectrum:
        """What the prompt adds."""
        own, times = self.distribution.prompt, self._prompts[rows]
        wide = (times * own.std >= step) | own.rough

        def in_cells(some: NDArray[np.bool_]) -> Spectrum:
            found = scaled_cells(own, times[some], step, self.cells)
            return Spectrum.of(found, step, np.fft.rfft(found.masses))

        def by_cumulants(some: NDArray[np.bool_]) -> Spectrum:
            cumulants = times[some, None] ** np.arange(1, 5) * own.cumulants
            return self._by_cumulants(cumulants, step)

        return joined(wide, in_cells, by_cumulants)

    def _summed(self, rows: IntArray, step: float) -> Spectrum:
        """What the sum over waves adds."""
        smooth, cumulants = self._smooth[rows], self.summed_cumulants[rows]
        wide = ~smooth & ((np.sqrt(cumulants[:, 1]) >= step) | self._rough_waves[rows])
        return joined(
            wide,
            lambda some: self._in_cells(rows[some], step),
            lambda some: self._by_cumulants(cumulants[some], step),
        )

    def _in_cells(self, rows: IntArray, step: float) -> Spectrum:
        """The same from the masses of the largest of a wave, in cells that are narrow for it."""
        few = self.waves[rows] < _AVERAGED
        if few.any() and not few.all():
            return joined(few, *[lambda some: self._in_cells(rows[some], step)] * 2)
        full, rest = self.full[rows], self.rest[rows]
        sizes = distinct(np.append(rest, self.wave))
        # Of many waves two cells or more per standard deviation of one, whose rounding would add up. The narrower cells
        # of few would ring, since their sum has not faded at the largest frequency.
        finer = 1 if few.all() else 2 ** int(np.clip(np.ceil(np.log2(2 * step / self.each.std)), 0, 8))
        own = cells(self.each, step / finer, self.cells * finer, np.maximum(sizes, 1).astype(float))
        found = Spectrum.of(own, step / finer, np.fft.rfft(own.masses)[:, : self.cells // 2 + 1])
        numbers = np.array([getattr(found, name) for name in Spectrum.NUMBERS])
        found.values[sizes == 0], numbers[:, sizes == 0] = 1.0, 0.0
        place, last = np.searchsorted(sizes, rest), len(sizes) - 1
        # Of the frequencies at which many waves have averaged out, nothing is left to be worked out.
        logarithm = np.log(found.values[last] + 1e-300)
        kept = np.flatnonzero(full.min() * logarithm.real > _NOTHING)
        spectrum = np.zeros((len(rows), self.cells // 2 + 1), dtype=complex)
        powers = full[:, None] * logarithm[kept]
        # What is left out must not depend on the other rows.
        spectrum[:, kept] = np.where(powers.real > _NOTHING, np.exp(powers) * found.values[place][:, kept], 0.0)
        return Spectrum(spectrum, *(full * numbers[:, last, None] + numbers[:, place]))

    @cached_property
    def _rough(self) -> NDArray[np.bool_]:
        """(n,) whether single points have so much of the mass that only cells as wide as those of the total do."""
        own = self.prompts is not None and self.distribution.prompt.rough
        return np.asarray(self._rough_waves | own)

    @cached_property
    def _rough_waves(self) -> NDArray[np.bool_]:
        """(n,) the same of the sum over waves alone."""
        return np.asarray(self.each.rough & (self.waves < _AVERAGED))

    @cached_property
    def _smooth(self) -> NDArray[np.bool_]:
        """(n,) whether the sum over waves has so many terms that its cumulants describe it."""
        skewness, kurtosis = self._shape(self.summed_cumulants)
        return np.asarray((self.waves > _MANY_WAVES) & (np.maximum(skewness**2, np.abs(kurtosis)) < _LITTLE_SHAPE**2))

    def _by_cumulants(self, cumulants: FloatArray, step: float) -> Spectrum:
        """What is nearly normal, or narrower than a cell, its mean being put on the centre of one."""
        mean, variance, third, fourth = cumulants.T[:, :, None]
        u = self._frequencies(step)
        narrow = variance < step**2
        seen = (u**2 * variance < 64) & ~narrow
        v = np.where(seen, u, 0.0)
        below = np.round((_BELOW + 1) * np.sqrt(variance) / step)
        bell = np.exp(-(v**2) * variance / 2 + v**4 * fourth / 24 + 1j * v**3 * third / 6)
        # A bell narrower than a cell has not faded at the largest frequency, and would ring: masses on three cells have
        # the same mean and variance.
        three = 1 + variance / step**2 * (np.cos(u * step) - 1)
        values = np.where(narrow, three, np.where(seen, bell, 0.0)) * np.exp(-1j * u * below * step)
        mean = mean[:, 0]
        return Spectrum(values, mean - below[:, 0] * step, np.zeros(len(mean)), mean, mean)
