"""Shares of queries within several budgets: against scipy's bivariate normal, plain quadrature and simulated tokens."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, norm

from moo_inference.catalog import TokenLength
from moo_inference.estimators.attainment import _loadings, all_within, both, correlation, with_largest
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals

READ, WRITTEN = (Length.of(TokenLength(mean=mean, std=std)) for mean, std in ((1000, 100), (500, 30)))
KS = np.array([1, 3, 4, 9])
TRIALS = 40_000


def distribution(per_input, per_output):
    return PassDistribution(per_input, per_output, READ, WRITTEN)


@pytest.mark.parametrize("rho", [-0.999, -0.6, -0.1, 0.2, 0.7, 0.999])
def test_two_events_have_the_probability_of_a_bivariate_normal(rho):
    shares = np.array([0.003, 0.2, 0.5, 0.6, 0.99])
    first, second = (part.ravel() for part in np.meshgrid(shares, shares))
    found = both(first, second, np.full(first.size, rho))
    distribution = multivariate_normal(cov=[[1, rho], [rho, 1]])
    expected = [distribution.cdf([norm.ppf(p), norm.ppf(q)]) for p, q in zip(first, second, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert ((found >= 0) & (found <= np.minimum(first, second) + 1e-15)).all()


def test_two_events_that_are_apart_tied_or_certain():
    p, q = np.array([0.3, 0.5, 0.8]), np.array([0.6, 0.5, 0.1])
    np.testing.assert_array_equal(both(p, q, np.zeros(3)), p * q)
    np.testing.assert_array_equal(both(p, q, np.ones(3)), np.minimum(p, q))
    np.testing.assert_array_equal(both(p, q, np.full(3, 1 - 1e-12)), np.minimum(p, q))
    for rho in (-0.9, 0.0, 0.9, 1.0):
        assert both(np.array([0.0, 1.0, 1.0]), np.array([0.4, 0.4, 1.0]), np.full(3, rho)).tolist() == [0, 0.4, 1]
    # At the medians of both: 1/4 + arcsin(rho) / (2 pi), Sheppard's formula.
    for rho in (-0.5, 0.3, 0.9):
        found = both(np.array([0.5]), np.array([0.5]), np.array([rho]))
        assert found[0] == pytest.approx(0.25 + np.arcsin(rho) / (2 * np.pi), abs=1e-12)


def tokens(k, seed=4):
    """(2, trials, k) standard normals behind the tokens read and written."""
    return np.random.default_rng(seed).standard_normal((2, TRIALS, k))


def simulated(total, k, z):
    """(trials,) one total from the normals behind its tokens, plainly."""
    a, b = total.distribution.per_input, total.distribution.per_output
    read, written = READ.mean + READ.std * z[0], WRITTEN.mean + WRITTEN.std * z[1]
    if total.prompts is not None:
        prompt = a * total.prompts[list(total.k).index(k)] * read[:, 0]
        return prompt + sum(b * written[:, start : start + total.wave].max(axis=1) for start in range(0, k, total.wave))
    waves = [(a * read + b * written)[:, start : start + total.wave] for start in range(0, k, total.wave)]
    return sum(wave.max(axis=1) for wave in waves)


KINDS = {
    "plain": Totals(distribution(0.001, 0.01), 1, KS),
    "waves of two": Totals(distribution(0.004, 0.01), 2, KS),
    "waves": Totals(distribution(0.004, 0.01), 3, KS),
    "shared prompt": Totals(distribution(0.004, 0.01), 1, KS, np.ones(4)),
    "cached prompt": Totals(distribution(0.004, 0.01), 1, KS, 1 + (KS - 1) / 4),
    "one prompt in waves": Totals(distribution(0.004, 0.01), 3, KS, -(-KS // 3).astype(float)),
    "reading": Totals(distribution(0.002, 0.0), 1, KS),
    "writing": Totals(distribution(0.0, 0.02), 1, KS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_loadings_are_the_correlations_with_the_tokens_in_all(kind):
    """A correlation from n draws has the standard error (1 - rho^2) / sqrt(n)."""
    total = KINDS[kind]
    found = _loadings(total)
    for row, k in enumerate(KS.tolist()):
        z = tokens(k)
        values = simulated(total, k, z)
        read = z[0].sum(axis=1) if total.prompts is None else z[0][:, 0]
        drawn = np.array([np.corrcoef(values, part)[0, 1] for part in (read, z[1].sum(axis=1))])
        band = 4 * (1 - found[row, :2] ** 2) / np.sqrt(TRIALS) + 1e-9
        assert (np.abs(found[row, :2] - drawn) < band).all()
        assert (np.abs(found[row, :2] + 9 * band - drawn) > band).all()  # the band can fail
    np.testing.assert_allclose((found**2).sum(axis=1), 1, atol=1e-12)
    if kind in ("plain", "reading", "writing"):
        assert (found[:, 2] == 0).all()
    assert found[0, 2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_cost_and_time_have_the_correlation_of_simulated_queries(kind):
    # A query has one prompt in all that it is asked about, or one a pass.
    one = "prompt" in kind
    cost = KINDS[kind] if one else Totals(distribution(0.001, 0.002), 1, KS)
    times = [KINDS["waves"], KINDS["waves of two"], KINDS["plain"], KINDS["reading"]]
    if one:
        times = [Totals(time.distribution, time.wave, KS, time.waves.astype(float)) for time in times]
    for time in times:
        found = correlation(cost, time)
        for row, k in enumerate(KS.tolist()):
            z = tokens(k)
            drawn = np.corrcoef(simulated(cost, k, z), simulated(time, k, z))[0, 1]
            if cost.wave == 1:
                band = 4 * (1 - found[row] ** 2) / np.sqrt(TRIALS) + 1e-9
                assert abs(found[row] - drawn) < band


@pytest.mark.parametrize("kind", ["normal", "gamma", "lognormal"])
@pytest.mark.parametrize("std", [150, 700])
def test_a_sum_varies_with_its_largest_as_draws_do(kind, std):
    """Cov(sum, largest) / Var of one, of draws through each length's own quantiles; exactly 1 for a normal alone."""
    own = Length.of(TokenLength(mean=500, std=std, kind=kind))
    total = Totals(PassDistribution(0.0, 0.01, READ, own), 4, np.array([4, 10]), np.ones(2))
    drawn = own.from_normal(np.random.default_rng(1).standard_normal((200_000, 4)))

    def covariance(size):
        sums, largest = drawn[:, :size].sum(axis=1), drawn[:, :size].max(axis=1)
        products = (sums - sums.mean()) * (largest - largest.mean()) / own.std**2
        return products.mean(), products.std() / np.sqrt(len(products))

    (four, band), (two, more) = covariance(4), covariance(2)
    found = with_largest(total)
    assert abs(found[0] - four) < 4 * band
    assert abs(found[1] - 2 * four - two) < 4 * (2 * band + more)
    if kind == "lognormal" and std == 700:
        assert abs(1 - four) > 4 * band


def test_what_does_not_vary_is_correlated_with_nothing():
    certain = PassDistribution(0.1, 0.1, *(Length.of(TokenLength(mean=mean, std=0)) for mean in (10, 5)))
    still = Totals(certain, 1, KS)
    assert correlation(still, KINDS["waves"]).tolist() == [0] * 4
    assert correlation(KINDS["plain"], Totals(certain, 3, KS)).tolist() == [0] * 4
    assert _loadings(still).tolist() == [[0, 0, 1]] * 4


def test_clipping_never_makes_a_correlation_of_more_than_one():
    short = PassDistribution(1.0, 1.0, *[Length.of(TokenLength(mean=2, std=3, kind="normal"))] * 2)
    totals = Totals(short, 1, KS)
    assert (correlation(totals, totals) == 1).all()
    found = _loadings(totals)
    np.testing.assert_allclose(found[:, :2], np.sqrt(0.5), rtol=1e-12)
    assert (found[:, 2] == 0).all()


def by_plain_quadrature(z, loadings):
    """P(all within) from the loadings (m, 3), with scipy's adaptive quadrature."""
    firm = [(level, *own) for level, own in zip(z, loadings, strict=True) if own[2] == 0]
    loose = [(level, *own) for level, own in zip(z, loadings, strict=True) if own[2] > 0]
    nodes, weights = np.polynomial.legendre.leggauss(200)

    def density(u):
        return np.exp(-u * u / 2) / np.sqrt(2 * np.pi)

    def given_read(u):
        top = min([(level - r * u) / w for level, r, w, _ in firm if w > 1e-9], default=9.0)
        if any(r * u > level for level, r, w, _ in firm if w <= 1e-9) or top <= -9:
            return 0.0
        if not loose:
            return density(u) * ndtr(top)
        v = -9 + (min(top, 9) + 9) * (nodes + 1) / 2
        share = density(v) * weights * (min(top, 9) + 9) / 2
        for level, r, w, e in loose:
            share = share * ndtr((level - r * u - w * v) / e)
        return density(u) * share.sum()

    cuts = sorted(level / r for level, r, w, _ in firm if w <= 1e-9)
    return quad(given_read, -9, 9, points=[c for c in cuts if -9 < c < 9] or None, epsabs=1e-6, limit=400)[0]


@pytest.mark.parametrize(
    "kinds",
    [
        ("plain", "reading", "writing"),
        ("plain", "writing"),
        ("reading", "writing"),
        ("plain", "waves", "reading"),
        ("waves", "shared prompt"),
        ("waves", "waves of two", "cached prompt", "writing"),
    ],
)
@pytest.mark.parametrize("shares", [(0.4, 0.6, 0.7, 0.5), (0.95, 0.8, 0.99, 0.9), (0.02, 0.5, 0.3, 0.6)])
def test_several_events_have_the_probability_of_plain_quadrature(kinds, shares):
    totals = [KINDS[kind] for kind in kinds]
    within = [np.full(len(KS), share) for share in shares[: len(kinds)]]
    found = all_within(totals, within)
    for row in (0, 3):
        loadings = [_loadings(total)[row] for total in totals]
        expected = by_plain_quadrature([ndtri(share[row]) for share in within], loadings)
        # Where another total begins to bind there is a kink, and the integral is good to the square of the spacing of
        # 64 nodes on 17 standard deviations, times the density and a twelfth.
        assert found[row] == pytest.approx(expected, abs=(17 / 64) ** 2 * 0.4 / 12)


def test_reading_and_writing_are_independent_and_a_total_is_tied_to_itself():
    p, q = np.full(4, 0.3), np.full(4, 0.8)
    np.testing.assert_allclose(all_within([KINDS["reading"], KINDS["writing"]], [p, q]), p * q, rtol=1e-9)
    np.testing.assert_allclose(all_within([KINDS["writing"], KINDS["writing"]], [p, q]), p, rtol=1e-9)
    np.testing.assert_allclose(all_within([KINDS["reading"], KINDS["reading"]], [p, q]), p, rtol=1e-9)
    rho = correlation(KINDS["plain"], KINDS["reading"])
    np.testing.assert_allclose(all_within([KINDS["plain"], KINDS["reading"]], [p, q]), both(p, q, rho), atol=2e-3)


def test_where_at_most_one_can_fail_the_others_add_nothing():
    totals = [KINDS["plain"], KINDS["reading"], KINDS["waves"]]
    sure = np.ones(4)
    some = np.array([0.0, 0.3, 0.9, 1.0])
    assert all_within(totals, [sure, some, sure]).tolist() == some.tolist()
    two = all_within(totals, [sure, np.full(4, 0.5), np.full(4, 0.6)])
    np.testing.assert_array_equal(two, all_within(totals[1:], [np.full(4, 0.5), np.full(4, 0.6)]))
    assert (two < 0.5).all()
    assert all_within(totals, [np.zeros(4), np.full(4, 0.5), np.full(4, 0.6)]).tolist() == [0] * 4
