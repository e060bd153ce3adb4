"""Lengths and times: the moments that were given, whatever the kind; against scipy's own distributions."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from moo_inference.catalog import RequestSeconds, TokenLength
from moo_inference.estimators.lengths import Length, score_nodes, weights_of_largest


def length(mean, std, kind=None):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


def seconds(mean, std, kind=None):
    return Length.of(RequestSeconds(mean=mean, std=std, kind=kind))


def scipy_s(own):
    """The distribution before clipping at the least value, in scipy's own parameters."""
    beyond = own.mean - own.least
    if own.kind == "gamma":
        return stats.gamma((beyond / own.std) ** 2, own.least, own.std**2 / beyond)
    if own.kind == "lognormal":
        s = np.sqrt(np.log1p((own.std / beyond) ** 2))
        return stats.lognorm(s, own.least, beyond * np.exp(-(s**2) / 2))
    return stats.norm(*own.before_clipping)


OWN = {
    "narrow": length(1024, 64),
    "usual": length(1024, 300),
    "skewed": length(350, 300),
    "gamma": length(50, 10, "gamma"),
    "wide gamma": length(20, 60, "gamma"),
    "lognormal": length(350, 300, "lognormal"),
    "wide lognormal": length(20, 60, "lognormal"),
    "clipped": length(20, 18, "normal"),
    "mostly clipped": length(3, 20, "normal"),
    "seconds": seconds(2.4, 3.1),
    "clipped seconds": seconds(2.4, 3.1, "normal"),
    "lognormal seconds": seconds(0.3, 0.4, "lognormal"),
}


@pytest.mark.parametrize("name", OWN)
def test_mean_and_spread_are_the_given_ones_after_clipping(name):
    """E[max(least, X)^j] by scipy's quadrature over scipy's density."""
    own, plain = OWN[name], scipy_s(OWN[name])
    far = plain.ppf(1 - 1e-15)
    points = sorted(plain.ppf([0.01, 0.5, 0.99, 0.999999]))
    at = own.least * plain.cdf(own.least) if own.kind == "normal" else 0.0
    ends = (own.least, far)
    inside = [p for p in points if own.least < p < far]

    def moment(f):
        return quad(lambda x: f(x) * plain.pdf(x), *ends, points=inside, limit=400)[0]

    rel = 2e-4 if "wide lognormal" in name else 1e-6  # what lies beyond `far` is most of a heavy tail
    mean = at + moment(lambda x: x)
    assert mean == pytest.approx(own.mean, rel=rel)
    variance = moment(lambda x: (x - own.mean) ** 2) + plain.cdf(own.least) * (own.least - own.mean) ** 2
    assert np.sqrt(variance) == pytest.approx(own.std, rel=100 * rel)
    assert own.cumulants[0] == own.mean
    assert own.cumulants[1] == own.std**2


@pytest.mark.parametrize("name", OWN)
def test_values_shares_and_scores_are_those_of_scipy(name):
    own, plain = OWN[name], scipy_s(OWN[name])
    z = np.linspace(-4, 4, 41)
    values = np.maximum(own.least, plain.ppf(stats.norm.cdf(z)))
    np.testing.assert_allclose(own.from_normal(z), values, rtol=1e-7)
    np.testing.assert_allclose(own.drawn(z), values, atol=2e-4 * own.std)
    above = values[values > own.least + 1e-9 * own.std]
    np.testing.assert_allclose(own.cdf_at(above), plain.cdf(above), rtol=1e-9)
    np.testing.assert_allclose(own.cdf(above), plain.cdf(above), atol=1e-5)
    assert own.cdf(np.array([own.least - 1.0])).tolist() == [0.0]
    for x in above[[0, -1]]:
        assert own.share_beyond(float(x)) == pytest.approx(plain.sf(x), rel=1e-6)
    assert own.share_beyond(own.least - 0.5) == 1.0


@pytest.mark.parametrize("name", [name for name in OWN if "wide" not in name])
def test_higher_cumulants_are_those_of_the_moments(name):
    """k3 = m3, k4 = m4 - 3 m2^2, central moments by quadrature over scores."""
    own = OWN[name]
    z, weights = score_nodes(own.first_score)
    density = weights * stats.norm.pdf(z)
    away, least = own.from_normal(z) - own.mean, own.least - own.mean
    m2, m3, m4 = (density @ away**j + own.clipped_mass * least**j for j in (2, 3, 4))
    np.testing.assert_allclose(own.cumulants[2:], [m3, m4 - 3 * m2**2], rtol=1e-6, atol=1e-6 * own.std**4)


def test_the_largest_of_some_has_the_weights_of_its_density():
    z, weights = score_nodes(-9.0)
    np.testing.assert_allclose(weights_of_largest((1.0, 4.0, 1e6), -9.0).sum(axis=1), 1, rtol=1e-11)
    # E[max of 4 normals], from tables of order statistics
    assert weights_of_largest((4.0,), -9.0)[0] @ z == pytest.approx(1.0293753730, abs=1e-9)
    assert len(weights) == len(z)


def test_where_clipping_has_no_mass_parameters_are_the_given_ones_to_the_bit():
    assert length(1024, 64).before_clipping == (1024, 64)
    assert length(1024, 64).plain
    mu, sigma = length(1024, 300).before_clipping
    assert 1023 < mu < 1024
    assert 300 < sigma < 301
    assert not length(1024, 300).plain


def test_a_kind_that_is_not_given_is_normal_up_to_a_third_and_gamma_beyond():
    assert [length(300, std).kind for std in (0, 100, 101)] == ["certain", "normal", "gamma"]
    assert seconds(3, 1.1).kind == "gamma"
    assert length(300, 150, "normal").kind == "normal"


def test_an_unknown_spread_is_no_spread_of_zero():
    unknown, zero = length(300, None), length(300, 0)
    assert (unknown.known, zero.known) == (False, True)
    assert unknown.cumulants.tolist() == [300, 0, 0, 0]
    assert unknown.from_normal(np.array([-2.0, 2.0])).tolist() == [300, 300]


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [(1.0, 0.5, "one token"), (0.4, 0.1, "one token"), (3.0, 100.0, "at most 30 times"), (2.0, 31.0, "`passes`")],
)
def test_moments_that_no_length_can_have_are_refused_with_the_remedy(mean, std, words):
    with pytest.raises(ValueError, match=words):
        TokenLength(mean=mean, std=std)
    for possible in (0.0, None):
        assert TokenLength(mean=mean, std=possible).mean == mean


def test_a_line_and_its_nonlinear_part_add_up():
    z = np.linspace(-5, 5, 101)
    for own in OWN.values():
        mean, std = own.line
        np.testing.assert_allclose(
            mean + std * z + own.nonlinear_part(z), own.drawn(z), rtol=1e-12, atol=1e-12 * own.std
        )
        straight = z[z > own.bends_below]
        if len(straight):
            np.testing.assert_allclose(own.nonlinear_part(straight), 0, atol=1e-9)
