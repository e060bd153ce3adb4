"""Lengths where they begin, where they are certain, and where they are exponential: in closed form."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from moo_inference.catalog import RequestSeconds, TokenLength
from moo_inference.estimators.lengths import FAR, Length, score_nodes, weights_of_largest

CERTAIN = Length("certain", 1.0, 10.0, 0.0)
PLAIN = Length("normal", 1.0, 500.0, 30.0)
CLIPPED = Length("normal", 1.0, 3.0, 4.0)
EXPONENTIAL = Length("gamma", 1.0, 4.0, 3.0)
GAMMA = Length("gamma", 1.0, 9.0, 4.0)
LOGNORMAL = Length("lognormal", 1.0, 5.0, 2.0)


def test_a_spread_of_a_catalog_keeps_its_kind_moments_and_least_value():
    tokens = Length.of(TokenLength(mean=20, std=18, kind="lognormal"))
    assert tokens == Length("lognormal", 1.0, 20.0, 18.0, True)
    assert Length.of(RequestSeconds(mean=2.5, std=3.0, kind="gamma")) == Length("gamma", 0.0, 2.5, 3.0, True)
    assert Length.of(TokenLength(mean=20, std=0)) == Length("certain", 1.0, 20.0, 0.0, True)
    assert Length.of(TokenLength(mean=20, std=None)) == Length("certain", 1.0, 20.0, 0.0, False)


def test_what_is_certain_is_its_mean_alone():
    assert CERTAIN.from_normal(np.array([-3.0, 0, 8])).tolist() == [10, 10, 10]
    assert CERTAIN.drawn(np.array([-3.0, 8])).tolist() == [10, 10]
    assert CERTAIN.cdf(np.array([9.999, 10, 10.001])).tolist() == [0, 1, 1]
    assert CERTAIN.cdf_at(np.array([9.999, 10])).tolist() == [0, 1]
    assert [CERTAIN.share_beyond(x) for x in (0.5, 9.999, 10, 11)] == [1, 1, 0, 0]
    assert (CERTAIN.line, CERTAIN.bends_below) == ((10, 0), -math.inf)
    assert (CERTAIN.before_clipping, CERTAIN.clipped_mass, CERTAIN.plain) == ((10, 0), 0, True)
    assert CERTAIN.cumulants.tolist() == [10, 0, 0, 0]


def test_a_normal_that_is_never_clipped_is_a_line():
    z = np.array([-2.0, 0.5])
    assert PLAIN.from_normal(z).tolist() == PLAIN.drawn(z).tolist() == [440, 515]
    assert (PLAIN.line, PLAIN.plain, PLAIN.first_score) == ((500, 30), True, -FAR)
    assert PLAIN.bends_below == pytest.approx(-499 / 30)
    assert PLAIN.nonlinear_part(z).tolist() == [0, 0]
    assert PLAIN.cumulants.tolist() == [500, 900, 0, 0]


def test_a_clipped_normal_begins_with_the_mass_of_its_least_value():
    mu, sigma = CLIPPED.before_clipping
    start = (1 - mu) / sigma
    assert CLIPPED.clipped_mass == pytest.approx(ndtr(start), rel=1e-12)
    assert 0.6 < CLIPPED.clipped_mass < 0.7
    assert not CLIPPED.plain
    assert CLIPPED.first_score == CLIPPED.bends_below == pytest.approx(start, rel=1e-12)
    assert_allclose(CLIPPED.cdf(np.array([0.999, 1, 5])), [0, ndtr(start), ndtr((5 - mu) / sigma)], rtol=1e-12)
    assert_allclose([CLIPPED.share_beyond(x) for x in (0.999, 1.0, 5.0)], [1, ndtr(-start), ndtr((mu - 5) / sigma)])
    z = np.array([start - 1, start + 2])
    assert_allclose(CLIPPED.from_normal(z), [1, 1 + 2 * sigma])
    assert_allclose(CLIPPED.nonlinear_part(z), [sigma, 0], atol=1e-12)


def test_the_moments_of_a_clipped_normal_are_those_of_its_two_parts():
    z = np.linspace(CLIPPED.first_score, 10, 20_001)
    mu, sigma = CLIPPED.before_clipping
    values, density = mu + sigma * z, norm.pdf(z)

    def moment(f):
        parts = f(values) * density
        return ((parts[1:] + parts[:-1]) / 2 * np.diff(z)).sum() + CLIPPED.clipped_mass * f(1.0)

    second, third, fourth = (moment(lambda x, j=j: (x - 3) ** j) for j in (2, 3, 4))
    assert moment(lambda x: x) == pytest.approx(3, rel=1e-6)
    assert_allclose(CLIPPED.cumulants, [3, second, third, fourth - 3 * second**2], rtol=1e-5)


def test_an_exponential_length_is_one_in_all_that_is_told_of_it():
    shares = np.array([0.001, 0.3, 0.5, 0.9, 0.9999])
    values = 1 - 3 * np.log1p(-shares)
    assert_allclose(EXPONENTIAL.from_normal(ndtri(shares)), values, rtol=1e-11)
    assert_allclose(EXPONENTIAL.drawn(ndtri(shares)), values, atol=3e-4)
    assert_allclose(EXPONENTIAL.cdf_at(values), shares, rtol=1e-11)
    assert_allclose(EXPONENTIAL.cdf(values), shares, atol=1e-5)
    assert_allclose([EXPONENTIAL.share_beyond(x) for x in (0.5, 1.0, 4.0, 61.0)], [1, 1, np.exp(-1), np.exp(-20)])
    assert_allclose(EXPONENTIAL.cumulants, [4, 9, 2 * 27, 6 * 81])
    assert (EXPONENTIAL.line, EXPONENTIAL.bends_below, EXPONENTIAL.first_score) == ((0, 0), math.inf, -FAR)
    assert (EXPONENTIAL.clipped_mass, EXPONENTIAL.plain) == (0, False)
    assert EXPONENTIAL.cdf_at(np.array([0.0, 1.0])).tolist() == EXPONENTIAL.cdf(np.array([0.0, 1.0])).tolist() == [0, 0]


def test_a_length_of_four_exponential_parts():
    """Beyond its least value it has the shape 4 and the scale 2: P(L > 1 + 2 x) = exp(-x) (1 + x + x^2/2 + x^3/6)."""
    x = np.array([0.1, 1.0, 4.0, 12.0])
    beyond = np.exp(-x) * (1 + x + x**2 / 2 + x**3 / 6)
    assert_allclose([GAMMA.share_beyond(value) for value in (1 + 2 * x).tolist()], beyond, rtol=1e-12)
    assert_allclose(GAMMA.cdf_at(1 + 2 * x), 1 - beyond, rtol=1e-10)
    assert_allclose(GAMMA.cdf(1 + 2 * x), 1 - beyond, atol=1e-5)
    assert_allclose(GAMMA.from_normal(-ndtri(beyond)), 1 + 2 * x, rtol=1e-9)
    assert_allclose(GAMMA.drawn(-ndtri(beyond)), 1 + 2 * x, atol=4e-4)
    # Cumulants of a gamma: shape (j - 1)! scale^j
    assert_allclose(GAMMA.cumulants, [9, 4 * 4, 4 * 2 * 8, 4 * 6 * 16], rtol=1e-12)


def test_a_lognormal_length_of_a_spread_of_half_its_excess():
    """Its logarithm has the variance ln 1.25 about ln 4 - ln 1.25 / 2."""
    s, m = np.sqrt(np.log(1.25)), np.log(4) - np.log(1.25) / 2
    z = np.array([-2.0, 0, 1.5])
    assert_allclose(LOGNORMAL.from_normal(z), 1 + np.exp(m + s * z), rtol=1e-12)
    assert_allclose(LOGNORMAL.drawn(z), 1 + np.exp(m + s * z), rtol=1e-12)
    assert_allclose(LOGNORMAL.cdf(1 + np.exp(m + s * z)), ndtr(z), rtol=1e-12)
    assert LOGNORMAL.cdf(np.array([0.0, 1.0])).tolist() == [0, 0]
    assert_allclose([LOGNORMAL.share_beyond(x) for x in (0.5, 1.0, 1 + np.exp(m + 5 * s))], [1, 1, norm.sf(5)])
    # Raw moments of the excess: 4^j 1.25^(j (j - 1) / 2)
    first, second, cube, fourth = (4.0**j * 1.25 ** (j * (j - 1) / 2) for j in (1, 2, 3, 4))
    central = cube - 3 * first * second + 2 * first**3
    fourth = fourth - 4 * first * cube + 6 * first**2 * second - 3 * first**4 - 3 * 4.0**2
    assert_allclose(LOGNORMAL.cumulants, [5, 4, central, fourth], rtol=1e-11)
    assert (LOGNORMAL.line, LOGNORMAL.bends_below) == ((0, 0), math.inf)


@pytest.mark.parametrize("start", [-9.0, -0.7, 3.2])
def test_scores_are_integrated_over_from_their_start_to_where_nothing_is_left(start):
    z, weights = score_nodes(start)
    assert start < z[0] < z[-1] < 10
    assert (np.diff(z) > 0).all()
    assert weights.sum() == pytest.approx(10 - start, rel=1e-13)
    assert weights @ norm.pdf(z) == pytest.approx(norm.sf(start), rel=1e-12)
    # Panels of at most half a standard score, twelve nodes each.
    assert len(z) == 12 * math.ceil((10 - start) / 0.5)


def test_the_largest_of_two_scores_weighs_them_by_twice_their_share_below():
    z, weights = score_nodes(-1.0)
    one, two = weights_of_largest((1.0, 2.0), -1.0)
    assert_allclose(one, weights * norm.pdf(z), rtol=1e-12)
    assert_allclose(two, 2 * weights * norm.pdf(z) * norm.cdf(z), rtol=1e-12)


def test_values_at_the_nodes_are_those_of_their_scores():
    for own in (PLAIN, CLIPPED, EXPONENTIAL, LOGNORMAL):
        assert_allclose(own.at_nodes(), own.from_normal(score_nodes(own.first_score)[0]), rtol=0)
