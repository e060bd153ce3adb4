"""Totals of k passes to nine digits, where a closed form or a plain convolution has as many."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from moo_inference.catalog import TokenLength
from moo_inference.estimators.blocks import rising
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.sums import Sum
from moo_inference.estimators.transforms import transforms_of

CELLS = 256


def length(mean, std, kind="gamma"):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


def gammas(std, k):
    """Of k passes one after the other, each twice a gamma that begins at 1, in USD."""
    return Totals(PassDistribution(0.0, 2.0, length(5, 0), length(101, std)), 1, np.array(k))


@pytest.mark.parametrize(("k", "slack"), [(400, 3e-8), (10_000, 2.5e-10), (1_000_000, 1e-11)])
def test_four_cumulants_describe_many_gammas_to_the_third_order(k, slack):
    """What is left falls with the third power of the skewness."""
    totals = gammas(9.0, [k])
    exact = stats.gamma(k * (100 / 9) ** 2, 2 * k, 2 * 81 / 100)
    for q in (0.004, 0.2, 0.5, 0.7, 0.99):
        assert totals.quantile(q)[0] == pytest.approx(exact.ppf(q), abs=slack * exact.std())
    for z in (-2.9, -0.4, 1.1, 2.6):
        x = exact.mean() + z * exact.std()
        assert totals.cdf(x)[0] == pytest.approx(exact.cdf(x), abs=slack)


def moments(block):
    """Mean, variance and third moment of the masses in cells."""
    masses = np.diff(block.below, axis=1)[:, 1:-1]
    assert_allclose(masses.sum(axis=1), 1.0)
    centres = block.first[:, None] + (np.arange(masses.shape[1]) - 0.5) * block.step[:, None]
    mean = (masses * centres).sum(axis=1)
    away = centres - mean[:, None]
    return mean, (masses * away**2).sum(axis=1), (masses * away**3).sum(axis=1)


@pytest.mark.parametrize("times", [None, [0.0, 2.0, 5.0]])
def test_cells_of_normal_totals_hold_what_normals_have_in_them(times):
    own = PassDistribution(0.5, 2.0, length(5000, 200, "normal"), length(1000, 60, "normal"))
    k = np.array([1, 3, 40])
    totals = Totals(own, 1, k, None if times is None else np.array(times))
    [block] = totals._averaged(np.array([2, 0]))
    std = np.sqrt((0 if times is None else np.array(times) ** 2 * 100**2) + k * (120**2 + (times is None) * 100**2))
    mean = 2000 * k + 2500 * (k if times is None else np.array(times))
    assert_array_equal(block.rows, [2, 0])
    assert_allclose(block.step, 20 / CELLS * std[[2, 0]], rtol=1e-12)
    assert_allclose(block.first, (mean - 6 * std)[[2, 0]] + block.step, rtol=1e-12)
    edges = block.first[:, None] + block.step[:, None] * np.arange(CELLS)
    exact = stats.norm.cdf(edges, mean[[2, 0], None], std[[2, 0], None])
    assert_allclose(block.below[:, 2:-1], exact, atol=2e-9)


def test_what_four_cumulants_describe_has_the_transform_of_a_gamma():
    """E[exp(-i u (X - low))] = exp(i u low) (1 + i u scale)^-shape, but for the fifth cumulant."""
    totals, step, shape = gammas(60.0, [1]), 7.0, np.array([4e5, 1e6])
    scale = np.array([30.0, 20.0]) / np.sqrt(shape)
    cumulants = np.stack([shape * scale, shape * scale**2, 2 * shape * scale**3, 6 * shape * scale**4], axis=1)
    cumulants[:, 0] += [100.0, -50.0]
    found = totals._by_cumulants(cumulants, step)
    low = cumulants[:, 0] - step * np.array([30, 20])  # seven standard deviations, in whole cells
    assert_allclose(found.low, low, rtol=1e-12)
    assert_array_equal(found.noise, [0, 0])
    assert_array_equal(found.found, cumulants[:, 0])
    assert_array_equal(found.mean, cumulants[:, 0])
    u = 2 * np.pi / (CELLS * step) * np.arange(CELLS // 2 + 1)
    own = 1j * u * (low - [100, -50])[:, None] - shape[:, None] * np.log(1 + 1j * u * scale[:, None])
    assert_allclose(found.values, np.exp(own), atol=3e-9)
    assert (np.abs(np.exp(own[:, 3:])) > 0.01).any()
    assert_array_equal(found.values[:, u * 20 > 8], 0)


CLIPPED, PLAIN = length(10, 14, "normal"), length(40, 3, "normal")


def in_cells(own, step, size=1):
    """First centre, and masses of the largest of some in cells, by scipy, up to where nothing is left."""
    mu, sigma = own.before_clipping
    low = own.mean - 9 * own.std if own.plain else own.least
    count = int((mu + 9 * sigma - low) / step) + 2
    below = stats.norm.cdf(low + (np.arange(count) + 0.5) * step, mu, sigma) ** size
    below[-1] = 1.0
    return low, np.diff(below, prepend=0.0)


def band_limited(masses, at, width, centres, step):
    """Masses at even centres of single points of which each is a normal of this width, by its sum over frequencies."""
    u = 2 * np.pi / (CELLS * step) * np.arange(CELLS // 2 + 1)
    transform = (masses * np.exp(-1j * u[:, None] * at)).sum(axis=1) * np.exp(-((u * width) ** 2) / 2)
    transform[1:-1] *= 2
    return (np.exp(1j * centres[:, None] * u) * transform).real.sum(axis=1) / CELLS


CASES = {
    "a prompt narrower than a cell": (0.032, length(900, 50, "normal"), CLIPPED, 1, [1, 2, 3, 5], [1, 2, 2, 4]),
    "waves of two": (0.032, length(900, 50, "normal"), CLIPPED, 2, [1, 2, 3, 5], [1, 2, 2, 2]),
    "a prompt wider than a cell": (0.5, length(900, 50, "normal"), CLIPPED, 1, [1, 2, 15], [1, 2, 0.5]),
    "wide and narrow prompts": (0.2, length(90, 9, "normal"), CLIPPED, 1, [2, 2, 2], [1, 2, 1.5]),
    "a certain prompt": (0.5, length(33, 0), CLIPPED, 1, [2, 3, 15], [1, 2, 7]),
    "a prompt of each pass": (0.5, length(33, 0), CLIPPED, 2, [3, 4, 5, 30], None),
    "both are clipped": (3.0, CLIPPED, CLIPPED, 2, [1, 5, 8], [1, 3, 4]),
    "a clipped prompt and many answers": (40.0, CLIPPED, PLAIN, 1, [257, 900], [1, 3]),
}


@pytest.mark.parametrize("case", CASES)
def test_cells_of_what_is_clipped_hold_the_convolution(case):
    """What rounding to cells lacks to the width of a cell is normal, as are many answers; narrow prompts have three."""
    per_token, prompt, answer, wave, k, times = CASES[case]
    k = np.array(k)
    totals = Totals(
        PassDistribution(per_token, 2.0, prompt, answer), wave, k, None if times is None else np.array(times, float)
    )
    rows = []
    for block in totals._made_blocks():
        step = block.step[0]
        assert np.log2(step / totals.distribution.std) == round(np.log2(step / totals.distribution.std))
        for place, row in enumerate(block.rows):
            rows.append(row)
            assert 15 / CELLS <= step / totals.std[row] < 30 / CELLS
            factor = 0 if times is None else per_token * times[row]
            masses, low, rounded, width, before, ahead = np.ones(1), 0.0, 0.0, 0.0, 8, 0
            if prompt.std * factor >= step:
                first, one = in_cells(prompt, step / factor)
                masses, low, rounded = one, first * factor, (factor * prompt.std) ** 2
            else:
                rounded = (factor * prompt.std) ** 2
                aside = rounded / step**2 / 2
                masses, low, ahead = np.array([aside, 1 - 2 * aside, aside]), factor * prompt.mean, 1
                before += round(7 * factor * prompt.std / step)
            full, rest = divmod(int(k[row]), wave)
            if full > 256:
                width = np.hypot(width, 2 * answer.std * np.sqrt(full))
                low, before = low + 2 * full * answer.mean, before + round(7 * width / step)
            else:
                rounded += totals.summed_cumulants[row, 1]
                for size in [wave] * full + [rest] * (rest > 0):
                    first, one = in_cells(answer, step / 2, size)
                    low += 2 * first + (times is None) * per_token * prompt.mean
                    masses = np.convolve(masses, one)
            at = (np.arange(len(masses)) - ahead) * step
            noise = masses @ at**2 - (masses @ at) ** 2 - rounded
            width = np.hypot(width, np.sqrt(max(step**2 / 12 - noise, 0)))
            shift = totals.mean[row] - masses @ at
            centres = block.first[place] + step * (np.arange(CELLS) - 0.5)
            exact = band_limited(masses, at + shift, width, centres, step)
            assert_allclose(block.below[place], rising(exact[None])[0], atol=1e-12)
            start = max(totals.mean[row] - 6 * totals.std[row], low - before * step)
            assert -1e-9 <= (start - low - (centres[0] - shift)) / step < 1
    few = 16 if times is None or per_token < 40 else np.inf
    assert sorted(rows) == np.flatnonzero(totals.waves < few).tolist()


@pytest.mark.parametrize("k", [3, 4])
def test_two_waves_of_two_wide_normals_are_the_sum_of_the_larger_ones(k):
    """The last wave of three passes is one pass. Of densities that are smooth, even steps find the integral."""
    totals = Totals(PassDistribution(0.0, 2.0, length(5, 0), length(1000, 140, "normal")), 2, np.array([k]))
    y = np.linspace(-9, 9, 2_001)
    larger = 2 * stats.norm.pdf(y) * stats.norm.cdf(y) * (y[1] - y[0])
    mean = 4000 + 280 * (1 if k == 3 else 2) / np.sqrt(np.pi)
    assert totals.mean[0] == pytest.approx(mean, rel=1e-9)
    for z in (-2.6, -1.2, 0.3, 1.9):
        x = mean + 280 * z
        exact = larger @ stats.norm.cdf((x - 4000) / 280 - y) ** (k - 2)
        assert totals.cdf(x)[0] == pytest.approx(exact, abs=4e-6)
        assert totals.quantile(exact)[0] == pytest.approx(x, abs=1e-4 * 280)


def test_what_costs_nothing_is_at_most_nothing():
    free = Totals(PassDistribution(0.0, 0.0, length(5, 1), length(7, 2)), 1, np.array([1, 9]))
    assert free.cdf(0.0).tolist() == [1, 1]
    assert free.cdf(-1e-9).tolist() == [0, 0]
    assert free.quantiles(0.1, 0.9).tolist() == [[0, 0], [0, 0]]


def test_several_quantiles_of_a_prompt_alone():
    totals = Totals(
        PassDistribution(0.5, 2.0, length(300, 20, "normal"), length(7, 0)), 1, np.array([1, 4]), np.ones(2)
    )
    expected = [
        [14 + stats.norm.ppf(q, 150, 10) for q in (0.1, 0.9)],
        [56 + stats.norm.ppf(q, 150, 10) for q in (0.1, 0.9)],
    ]
    assert_allclose(totals.quantiles(0.1, 0.9), expected, rtol=1e-12)


@pytest.mark.parametrize("std", [150.0, 250.0])
def test_no_part_of_a_cell_lies_below_the_least_total(std):
    totals = gammas(std, [2])
    for x in (4.0 - 1e-6, 4.0 - 0.01 * totals.std[0], 4.0 - 0.1 * totals.std[0]):
        assert totals.cdf(x)[0] == 0
    assert totals.cdf(4.0 + 0.05 * totals.std[0])[0] > 0.05


@pytest.mark.parametrize("skewness", [0.6, -0.6])
def test_a_series_that_leaves_the_range_of_a_share_is_cut_off_there(skewness, monkeypatch):
    """Three deviations from the mean, on the side of the short tail, it says less than nothing or more than all."""
    monkeypatch.setattr(Totals, "_shape", lambda self, cumulants: (np.array([skewness]), np.array([0.2])))
    totals = gammas(60.0, [9])
    short = float((totals.mean - np.sign(skewness) * 3 * totals.std)[0])
    assert totals._edgeworth(short)[0] == (skewness < 0)


def test_transforms_of_the_largest_of_normals_have_their_digits_where_they_are_small():
    """By the sum of the density over even steps; of one it is -u^2 / 2."""
    own = Sum(((2.0, length(1000, 30, "normal")),))
    u = np.array([1.0, 2, 3, 4, 5.5])
    sizes = np.array([1, 3, 8])
    found = transforms_of(own, tuple(sizes.tolist())).logarithm(np.tile(u / 60, (3, 1)), np.arange(3))
    x = np.linspace(-9, 9, 3_001)
    for row, n in enumerate(sizes):
        density = n * stats.norm.pdf(x) * stats.norm.cdf(x) ** (n - 1) * (x[1] - x[0])
        exact = (density * np.exp(-1j * u[:, None] * (x - density @ x))).sum(axis=1)
        assert_allclose(np.exp(found[row]), exact, rtol=1e-9 if n == 1 else 1e-5)
    far = transforms_of(own, (1, 8)).logarithm(np.array([[8.0], [8.0]]) / 60, np.arange(2))
    density = 8 * stats.norm.pdf(x) * stats.norm.cdf(x) ** 7 * (x[1] - x[0])
    assert far[0] == -80  # too small for digits, where that of the largest of eight is not
    assert_allclose(np.exp(far[1]), (density * np.exp(-8j * (x - density @ x))).sum(), rtol=2e-5)


@pytest.mark.parametrize("most", [np.inf, 95.0, 60.0])
def test_four_cumulants_of_the_largest_of_clipped_lengths(most):
    """By Gauss's quadrature over the standard score of the largest, which is cut off at both ends."""
    own = Sum(((0.5, length(60, 0)), (2.0, CLIPPED)))
    mu, sigma = CLIPPED.before_clipping
    start, end = (1 - mu) / sigma, min(((most - 30) / 2 - mu) / sigma, 9.0)
    nodes, weights = np.polynomial.legendre.leggauss(120)
    z, width = (start + end) / 2 + (end - start) / 2 * nodes, (end - start) / 2 * weights
    sizes = np.array([1.0, 2.0, 5.0])
    found = own.largest_up_to(sizes, most)
    for row, n in enumerate(sizes):
        inside = n * stats.norm.pdf(z) * stats.norm.cdf(z) ** (n - 1) * width
        share = np.array([stats.norm.cdf(start) ** n, *inside, -np.expm1(n * stats.norm.logcdf(end))])
        values = np.array([32.0, *(30 + 2 * (mu + sigma * z)), min(most, 1e3)])
        mean = share @ values
        second, third, fourth = (share @ (values - mean) ** j for j in (2, 3, 4))
        wanted = [mean, second, third, fourth - 3 * second**2]
        assert_allclose(found[row], wanted, rtol=1e-11 if np.isinf(most) else 2e-3)


def test_many_shares_beside_what_does_not_vary():
    own = Sum(((0.5, length(60, 0)), (2.0, CLIPPED)))
    x = np.array([31.9, 32.0, 40.0, 75.0])
    assert_allclose(own.cdf(x), np.where(x < 32, 0, stats.norm.cdf((x - 30) / 2, *CLIPPED.before_clipping)), rtol=1e-12)


def test_a_certain_total_is_met_by_what_differs_in_rounding_alone():
    """Three times 0.1 is a little more than 0.3."""
    totals = Totals(PassDistribution(0.0, 0.1, length(5, 0), length(1, 0)), 1, np.array([3]))
    assert totals.mean[0] > 0.3
    assert [totals.cdf(x)[0] for x in (0.3, 0.3 * (1 - 1e-11), 0.16)] == [1, 0, 0]


def test_one_wave_beside_a_certain_prompt_has_the_shares_of_the_largest_beyond_it():
    own = PassDistribution(0.5, 2.0, length(60, 0), CLIPPED)
    totals = Totals(own, 4, np.array([1, 3, 4]), np.array([1.0, 2.0, 0.0]))
    below = stats.norm.cdf((95.0 - 30 * np.array([1, 2, 0])) / 2, *CLIPPED.before_clipping)
    assert_allclose(totals.cdf(95.0), below ** np.array([1, 3, 4]), rtol=1e-12)
