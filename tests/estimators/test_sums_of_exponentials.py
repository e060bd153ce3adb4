"""Sums of lengths and the largest of several where all is known in closed form: exponentials, gammas and normals.

A length that begins at 1 and has a standard deviation of its mean less 1 is exponential.
"""

import numpy as np
import pytest
from scipy import stats

from moo_inference.catalog import TokenLength
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.spectrum import Spectrum, joined
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.sums import Cells, Sum, cells, scaled_cells
from moo_inference.estimators.transforms import transforms_of

SCALE, WEIGHT, FIXED = 100.0, 2.0, 30.0


def length(mean, std, kind="gamma"):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


EXPONENTIAL = length(1 + SCALE, SCALE)
OWN = Sum(((0.5, length(60, 0)), (WEIGHT, EXPONENTIAL)))
"""30 + 2 (1 + an exponential of mean 100)."""
SPREAD, LEAST = WEIGHT * SCALE, FIXED + WEIGHT
NORMAL = Sum(((0.5, length(1000, 30, "normal")), (2.0, length(500, 20, "normal"))))


def test_the_largest_of_exponentials_is_a_sum_of_shorter_ones():
    """Its j-th cumulant is (j - 1)! times the sum of (scale / i)^j, i = 1 ... n."""
    sizes = [1, 2, 7, 50]
    found = OWN.largest_cumulants(sizes)
    for row, n in enumerate(sizes):
        i = np.arange(1, n + 1)
        expected = [factor * ((SPREAD / i) ** j).sum() for j, factor in ((1, 1), (2, 1), (3, 2), (4, 6))]
        expected[0] += LEAST
        np.testing.assert_allclose(found[row], expected, rtol=1e-6)
        for q in (0.1, 0.9):
            x = LEAST - SPREAD * np.log1p(-(q ** (1 / n)))
            assert OWN.largest_quantile(np.array([n]), q)[0] == pytest.approx(x, rel=1e-9)
    np.testing.assert_allclose(OWN.cumulants, [LEAST + SPREAD, SPREAD**2, 2 * SPREAD**3, 6 * SPREAD**4])


@pytest.mark.parametrize("most", [LEAST + 0.5 * SPREAD, LEAST + 2 * SPREAD])
def test_what_is_beyond_a_limit_counts_as_the_limit(most):
    """With b = (c - least) / scale: E[min(X, c)] = least + scale (1 - e^-b), Var = scale^2 (1 - e^-2b - 2 b e^-b).

    Of the largest of two it is twice that of one less that of a half as long one.
    """
    beyond = (most - LEAST) / SPREAD
    e = np.exp(-beyond)
    mean, variance = LEAST + SPREAD * (1 - e), SPREAD**2 * (1 - e**2 - 2 * beyond * e)
    [one, two] = OWN.largest_up_to(np.array([1.0, 2.0]), most)
    np.testing.assert_allclose(one[:2], [mean, variance], rtol=1e-3)
    half = LEAST + SPREAD / 2 * (1 - np.exp(-2 * beyond))
    assert two[0] == pytest.approx(2 * mean - half, rel=5e-4)


def test_a_sum_that_varies_by_one_length_is_that_length_shifted_and_scaled():
    x = LEAST + SPREAD * np.array([-0.1, 0.0, 0.3, 1.0, 5.0])
    below = np.where(x > LEAST, -np.expm1(-(x - LEAST) / SPREAD), 0.0)
    np.testing.assert_allclose(OWN.cdf(x), below, atol=1e-5)
    np.testing.assert_allclose(OWN.cdf_at(x), below, rtol=1e-12)
    np.testing.assert_allclose(OWN.from_normal(stats.norm.ppf(below[2:])), x[2:], rtol=1e-9)
    assert OWN.ends == pytest.approx((LEAST, LEAST - SPREAD * np.log(stats.norm.sf(9))), rel=1e-6)
    assert OWN.unscaled == Sum(((1.0, EXPONENTIAL),))
    assert OWN.scale == WEIGHT
    both = Sum(((0.5, EXPONENTIAL), (2.0, EXPONENTIAL)))
    assert both.unscaled is both
    assert both.scale == 1.0
    certain = Sum(((0.5, length(60, 0)),))
    assert certain.cdf(np.array([29.9, 30.0, 30.1])).tolist() == [0, 1, 1]
    assert certain.unscaled is certain


def test_two_exponentials_beside_what_does_not_vary():
    """P(X > x) = (b exp(-x / b) - a exp(-x / a)) / (b - a) beyond the least, of means a and b."""
    own = Sum(((0.5, length(60, 0)), (1.0, EXPONENTIAL), (3.0, EXPONENTIAL)))
    a, b, least = SCALE, 3 * SCALE, FIXED + 4.0
    x = least + SCALE * np.array([-1.0, 0.02, 0.3, 1.0, 3.0, 7.0, 20.0])
    away = np.maximum(x - least, 0.0)
    beyond = (b * np.exp(-away / b) - a * np.exp(-away / a)) / (b - a)
    np.testing.assert_allclose(own.cdf(x), 1 - beyond, atol=2e-6)
    np.testing.assert_allclose(own.from_normal(stats.norm.isf(beyond[2:])), x[2:], rtol=1e-4)
    assert own.cdf(np.array([-1e9, 1e9])).tolist() == [0, 1]
    found = own.largest_cumulants([1, 2])
    np.testing.assert_allclose(found[0], [least + a + b, a**2 + b**2, 2 * (a**3 + b**3), 6 * (a**4 + b**4)])
    # E[max] of two is 2 E[X] less the integral of P(X > x)^2.
    squared = (b**3 / 2 + a**3 / 2 - 2 * a * b * a * b / (a + b)) / (b - a) ** 2
    assert found[1, 0] == pytest.approx(2 * (a + b) - squared + least, rel=1e-5)


def test_mass_on_a_point_or_close_to_one_is_rough():
    assert not OWN.rough
    assert not Sum(((1.0, length(101, 199)),)).rough
    assert Sum(((1.0, length(101, 201)),)).rough
    assert Sum(((1.0, length(1001, 10)), (1e-3, length(101, 201)))).rough
    assert not Sum(((1.0, length(1001, 10)), (0.0, length(101, 201)))).rough
    clipped = length(3, 4, "normal")
    assert clipped.clipped_mass > 0.3
    assert Sum(((1.0, clipped),)).rough
    assert not Sum(((1.0, length(5, 4, "normal")),)).rough


def test_what_is_negligible_lies_beyond_the_end_or_forty_standard_deviations():
    low, high = OWN.ends
    assert OWN.negligible_beyond(high)
    assert OWN.negligible_beyond(OWN.mean + 40.1 * SPREAD)
    assert not OWN.negligible_beyond(OWN.mean + 39.9 * SPREAD)
    rough = Sum(((1.0, length(101, 300)),))
    assert not rough.negligible_beyond(min(rough.mean + 41 * rough.std, rough.ends[1] - 1))
    assert rough.negligible_beyond(rough.ends[1])
    assert low < OWN.mean < high


@pytest.mark.parametrize("size", [1.0, 3.0])
def test_cells_hold_what_lies_around_their_centres_and_the_last_all_beyond(size):
    step, count = SPREAD / 10, 25
    found = cells(OWN, step, count, np.array([size]))
    edges = (np.arange(count) + 0.5) * step
    below = (-np.expm1(-edges / SPREAD)) ** size
    below[-1] = 1.0
    np.testing.assert_allclose(found.masses[0], np.diff(below, prepend=0.0), atol=2e-5)
    assert found.low[0] == pytest.approx(LEAST)
    centres = LEAST + np.arange(count) * step
    assert found.mean[0] == pytest.approx(found.masses[0] @ centres)
    assert found.variance[0] == pytest.approx(found.masses[0] @ centres**2 - found.mean[0] ** 2)
    expected = OWN.largest_up_to(np.array([size]), centres[-1])[0]
    assert [found.true_mean[0], found.true_variance[0]] == pytest.approx(expected[:2])
    wide = cells(OWN, step * 20, 400, np.array([size]))
    assert wide.masses.shape == (1, 400)
    assert [wide.true_mean[0], wide.true_variance[0]] == pytest.approx(OWN.largest_cumulants([int(size)])[0, :2])


def test_cells_of_multiples_are_those_of_what_is_as_many_times_as_wide():
    step, count, times = SPREAD / 8, 400, np.array([0.5, 1.0, 4.0])
    found = scaled_cells(OWN, times, step, count)
    for row, factor in enumerate(times):
        edges = (np.arange(count) + 0.5) * step
        below = -np.expm1(-edges / (SPREAD * factor))
        below[-1] = 1.0
        np.testing.assert_allclose(found.masses[row], np.diff(below, prepend=0.0), atol=2e-5)
        assert found.low[row] == pytest.approx(LEAST * factor)
        assert found.true_mean[row] == pytest.approx(OWN.mean * factor, rel=1e-3)
        assert found.true_variance[row] == pytest.approx((SPREAD * factor) ** 2, rel=5e-3)
    cut = scaled_cells(OWN, np.array([2.0]), step, 17)
    expected = OWN.largest_up_to(np.ones(1), LEAST + step * 16 / 2)[0]
    assert [cut.true_mean[0], cut.true_variance[0]] == pytest.approx([2 * expected[0], 4 * expected[1]])


def test_noise_of_cells_is_what_rounding_can_do():
    one = np.ones(4)
    own = Cells(one * 7, np.ones((4, 2)), one * 3, np.array([5.0, 9, 1, 5.5]), one * 2, one * 5)
    found = Spectrum.of(own, 3.0, np.ones((4, 2), dtype=complex))
    np.testing.assert_array_equal(found.noise, [0, 2.25, -2.25, 0.5])
    assert [found.low[0], found.found[0], found.mean[0]] == [7, 3, 2]


@pytest.mark.parametrize("which", [[True] * 3, [False] * 3, [False, True, False]])
def test_rows_of_two_ways_stand_where_they_belong(which):
    which = np.array(which)

    def way(number):
        def made(rows):
            places = np.flatnonzero(rows) + number
            return Spectrum(places[:, None] * np.array([1, 1j]), *(places * factor for factor in (1.0, 2.0, 3.0, 4.0)))

        return made

    found = joined(which, way(10), way(100))
    places = np.arange(3) + np.where(which, 10, 100)
    np.testing.assert_array_equal(found.values, places[:, None] * np.array([1, 1j]))
    for factor, name in enumerate(("low", "noise", "found", "mean"), 1):
        np.testing.assert_array_equal(getattr(found, name), factor * places)


def test_transforms_of_the_largest_of_exponentials():
    """ln E[exp(-i u (X - E[X]))] is the sum of i u s / j - ln(1 + i u s / j); of nothing it is 0."""
    sizes = (0, 1, 4)
    table = transforms_of(Sum(((1.0, EXPONENTIAL),)), sizes)
    u = np.array([0.01, 0.3, 1.0, 2.5]) / SCALE
    found = table.logarithm(np.tile(u, (3, 1)), np.arange(3))
    for row, n in enumerate(sizes):
        v = 1j * u[:, None] * SCALE / np.arange(1, n + 1)
        np.testing.assert_allclose(found[row], (v - np.log(1 + v)).sum(axis=1), rtol=3e-4, atol=1e-9)
    assert found[0].tolist() == [0, 0, 0, 0]
    order = table.logarithm(np.tile(u, (2, 1)), np.array([2, 1]))
    np.testing.assert_array_equal(order, found[[2, 1]])


def test_transforms_of_normals_fall_to_nothing():
    table = transforms_of(NORMAL, (1,))
    u = np.array([[0.0, 0.5, 2.0, 5.0, 60.0]]) / NORMAL.std
    [found] = table.logarithm(u, np.zeros(1, dtype=int))
    np.testing.assert_allclose(found[:4], -((u[0, :4] * NORMAL.std) ** 2) / 2, rtol=1e-3, atol=1e-12)
    assert found[4] == -80


@pytest.mark.parametrize(("std", "slack", "share"), [(60.0, 2e-4, 1e-5), (100.0, 1e-3, 5e-5), (150.0, 5e-3, 2e-3)])
def test_totals_of_gammas_are_gammas(std, slack, share):
    k = np.array([1, 2, 5, 30, 300])
    totals = Totals(PassDistribution(0.0, 2.0, length(5, 0), length(101, std)), 1, k)
    exact = stats.gamma(k * (100 / std) ** 2, 2 * k, 2 * std**2 / 100)
    np.testing.assert_allclose(totals.mean, exact.mean())
    np.testing.assert_allclose(totals.std, exact.std())
    for q in (0.025, 0.3, 0.5, 0.95, 0.99):
        assert (np.abs(totals.quantile(q) - exact.ppf(q)) < slack * exact.std()).all()
    for x in (210.0, 420.0, 7_000.0):
        np.testing.assert_allclose(totals.cdf(x), exact.cdf(x), atol=share)


def test_totals_of_steep_gammas_are_gammas_to_a_cell():
    k = np.array([1, 2, 5, 40])
    totals = Totals(PassDistribution(0.0, 2.0, length(5, 0), length(101, 300)), 1, k)
    exact = stats.gamma(k / 9, 2 * k, 2 * 900)
    for q in (0.5, 0.9, 0.975):
        assert (np.abs(totals.quantile(q) - exact.ppf(q)) < 0.02 * exact.std()).all()


@pytest.mark.parametrize("wave", [1, 4])
def test_a_certain_prompt_shifts_totals(wave):
    """By as often as it counts, however long it is."""
    k = np.array([1, 4, 9])
    own = PassDistribution(0.5, 2.0, length(60, 0), EXPONENTIAL)
    bare, paid = Totals(own, wave, k, np.zeros(3)), Totals(own, wave, k, np.array([1.0, 2.0, 5.0]))
    np.testing.assert_allclose(paid.mean - bare.mean, FIXED * np.array([1, 2, 5]))
    np.testing.assert_allclose(paid.std, bare.std)
    for q in (0.1, 0.5, 0.95):
        np.testing.assert_allclose(paid.quantile(q) - bare.quantile(q), FIXED * np.array([1, 2, 5]), rtol=1e-9)
    i = np.arange(1, 5)
    if wave == 4:
        assert bare.mean[1] == pytest.approx(2 + SPREAD * (1 / i).sum(), rel=1e-6)
        assert bare.std[1] == pytest.approx(SPREAD * np.sqrt((1 / i**2).sum()), rel=1e-6)
        assert bare.mean[2] == pytest.approx(2 * (2 + SPREAD * (1 / i).sum()) + 2 + SPREAD, rel=1e-6)
