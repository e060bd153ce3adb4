"""Totals of k passes: against simulation with each length's own scipy distribution, and against finer cells."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from moo_inference.catalog import TokenLength
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.sums import Sum

KS = np.array([1, 3, 4, 6, 8, 11, 40])
TRIALS = 200_000
QS = (0.025, 0.5, 0.95, 0.975)


def length(mean, std, kind=None):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


def distribution_of(first, second, a=0.0005, b=0.005):
    return PassDistribution(a, b, length(*first), length(*second))


DISTRIBUTIONS = {
    "as in the paper": distribution_of((1024, 64), (2048, 128)),
    "normal": distribution_of((1024, 307, "normal"), (2048, 716, "normal")),
    "gamma": distribution_of((1024, 307, "gamma"), (2048, 716, "gamma")),
    "lognormal": distribution_of((1024, 307, "lognormal"), (2048, 716, "lognormal")),
    "long prompts": distribution_of((9000, 5000), (300, 100), b=0.001),
    "wide": distribution_of((1024, 614), (2048, 1229)),
    "one length certain": distribution_of((1024, 0), (200, 60)),
}
ROUGH = {
    "clipped": distribution_of((10, 12, "normal"), (5, 6, "normal"), a=0.01),
    "heavy": distribution_of((1024, 3000, "lognormal"), (500, 1500), a=0.002),
    "steep": distribution_of((1024, 1100), (500, 600), a=0.002),
}


def drawn(own, shape, generator):
    """Draws of a length by scipy, from its mean and its standard deviation."""
    beyond = own.mean - own.least
    if own.std == 0:
        return np.full(shape, own.mean)
    if own.kind == "gamma":
        return own.least + stats.gamma((beyond / own.std) ** 2, scale=own.std**2 / beyond).rvs(shape, generator)
    if own.kind == "lognormal":
        s = np.sqrt(np.log1p((own.std / beyond) ** 2))
        return own.least + stats.lognorm(s, scale=beyond * np.exp(-(s**2) / 2)).rvs(shape, generator)
    return np.maximum(own.least, generator.normal(*own.before_clipping, shape))


def simulated(distribution, wave, k, prompts, trials=TRIALS, seed=0):
    """(trials,) totals, a pass after the other."""
    generator = np.random.default_rng(seed)
    own = prompts is None
    total = (
        np.zeros(trials)
        if own
        else distribution.per_input * prompts * drawn(distribution.input_tokens, trials, generator)
    )
    for start in range(0, k, wave):
        longest = np.zeros(trials)
        for _ in range(start, min(start + wave, k)):
            one = distribution.per_output * drawn(distribution.output_tokens, trials, generator)
            if own:
                one += distribution.per_input * drawn(distribution.input_tokens, trials, generator)
            np.maximum(longest, one, out=longest)
        total += longest
    return total


def totals_of(distribution, wave, k, own=False):
    k = np.asarray(k)
    return Totals(distribution, wave, k, None if own else -(-k // wave).astype(float))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("wave", [1, 4])
@pytest.mark.parametrize("name", [*DISTRIBUTIONS, *ROUGH])
def test_moments_quantiles_and_shares_agree_with_simulation(name, wave, own):
    distribution = {**DISTRIBUTIONS, **ROUGH}[name]
    totals = totals_of(distribution, wave, KS, own)
    quantiles = totals.quantiles(*QS)
    # What is allowed beside the band of the draws themselves
    slack = (0.15 if name in ROUGH else 1e-3) * totals.std
    for row, k in enumerate(KS.tolist()):
        sample = simulated(distribution, wave, k, None if own else -(-k // wave), trials=40_000)
        root = np.sqrt(len(sample))
        assert abs(totals.mean[row] - sample.mean()) < 4 * sample.std() / root
        assert abs(totals.mean[row] + 9 * sample.std() / root - sample.mean()) > 4 * sample.std() / root
        kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
        assert abs(totals.std[row] / sample.std() - 1) < 6 * np.sqrt((kurtosis - 1) / 4) / root
        for column, q in enumerate(QS):
            value, band = quantiles[row, column], 4 * np.sqrt(q * (1 - q)) / root + (3e-3 if name in ROUGH else 0)
            assert (sample < value - slack[row]).mean() - band <= q <= (sample <= value + slack[row]).mean() + band
            share = totals.cdf(value)[row]
            near = [(sample <= value + way * slack[row]).mean() for way in (-1, 1)]
            assert near[0] - band <= share <= near[1] + band


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("wave", [1, 4, 8])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_quantiles_and_shares_are_those_of_much_finer_cells(name, wave, own):
    """Within 1e-3 standard deviations, or 1e-4 of the value; a tenth of that is not reached everywhere."""
    k = np.array([1, 2, 3, 4, 5, 6, 8, 9, 16, 31, 64, 127, 128, 1000])
    coarse = totals_of(DISTRIBUTIONS[name], wave, k, own)
    fine = replace(coarse, cells=16 * 1024)
    found, expected = coarse.quantiles(*QS, 0.99), fine.quantiles(*QS, 0.99)
    assert (np.abs(found - expected) < np.maximum(1e-3 * coarse.std[:, None], 1e-4 * expected)).all()
    for x in (coarse.mean + coarse.std)[[0, 5, -1]]:
        np.testing.assert_allclose(coarse.cdf(float(x)), fine.cdf(float(x)), atol=5e-4)


@pytest.mark.parametrize("name", ["normal", "gamma", "lognormal"])
def test_a_million_draws_find_no_difference(name):
    distribution, k = DISTRIBUTIONS[name], 9
    totals = totals_of(distribution, 4, [k])
    sample = simulated(distribution, 4, k, 3, trials=1_000_000, seed=5)
    for q in (*QS, 0.99):
        band = 4 * np.sqrt(q * (1 - q) / len(sample))
        assert abs((sample <= totals.quantile(q)[0]).mean() - q) < band
        assert abs((sample <= totals.quantile(q)[0] + 0.1 * totals.std[0]).mean() - q) > band  # the band can fail


@pytest.mark.parametrize("name", ["as in the paper", "gamma", "clipped"])
@pytest.mark.parametrize("wave", [1, 4])
def test_shares_are_the_inverse_of_quantiles(name, wave):
    totals = totals_of({**DISTRIBUTIONS, **ROUGH}[name], wave, [1, 6, 13, 500])
    for q in (0.3, 0.95):
        for row, value in enumerate(totals.quantile(q)):
            assert totals.cdf(value + 1e-9)[row] == pytest.approx(q, abs=2e-3)


def test_a_certain_pass_has_certain_totals():
    totals = totals_of(distribution_of((10, 0), (5, 0), 1.0, 2.0), 4, [1, 4, 5])
    assert totals.mean.tolist() == totals.quantile(0.95).tolist() == [20, 20, 40]
    assert totals.cdf(20).tolist() == [1, 1, 0]
    assert (totals.std == 0).all()


def test_a_prompt_alone_has_its_own_distribution_times_as_often_as_it_counts():
    distribution = PassDistribution(0.5, 2.0, length(300, 200), length(7, 0))
    totals = Totals(distribution, 1, np.array([1, 5]), np.array([1.0, 3.0]))
    gamma = stats.gamma((299 / 200) ** 2, 1, 200**2 / 299)
    for q in QS:
        expected = [14 + 0.5 * gamma.ppf(q), 70 + 1.5 * gamma.ppf(q)]
        np.testing.assert_allclose(totals.quantile(q), expected, rtol=1e-9)
    assert totals.cdf(14 + 0.5 * 400)[0] == pytest.approx(gamma.cdf(400), rel=1e-9)


@pytest.mark.parametrize("k", [128, 300, 5000])
def test_one_prompt_paid_once_is_no_sum_of_many(k):
    """Where it is most of the bill, the total is as skewed as the prompt, however many answers there are."""
    distribution = PassDistribution(1.0, 1e-4, length(1000, 900), length(10, 2))
    totals = Totals(distribution, 1, np.array([k]), np.array([1.0]))
    gamma = stats.gamma((999 / 900) ** 2, 1, 900**2 / 999)
    for q in QS:
        assert abs(totals.quantile(q)[0] - (gamma.ppf(q) + 1e-3 * k)) < 0.03 * totals.std[0]
    normal = totals.mean[0] + totals.std[0] * stats.norm.ppf(0.025)
    assert abs(totals.quantile(0.025)[0] - normal) > 0.5 * totals.std[0]


def test_a_sum_of_normals_is_normal():
    distribution = DISTRIBUTIONS["as in the paper"]
    totals = totals_of(distribution, 1, KS)
    assert totals.plain_normal
    # One prompt, k times: its spread grows with k, that of the answers with its root.
    mean, std = KS * distribution.mean, np.hypot(KS * 0.0005 * 64, np.sqrt(KS) * 0.005 * 128)
    for q in QS:
        np.testing.assert_allclose(totals.quantile(q), stats.norm.ppf(q, mean, std), rtol=1e-12)
    x = float(mean[2] + std[2] / 2)
    np.testing.assert_allclose(totals.cdf(x), stats.norm.cdf(x, mean, std), rtol=1e-12)
    apart = totals_of(distribution, 1, KS, own=True)
    np.testing.assert_allclose(apart.std, np.sqrt(KS) * distribution.std, rtol=1e-12)
    assert not totals_of(distribution, 4, KS).plain_normal


@pytest.mark.parametrize("name", ["as in the paper", "gamma"])
def test_one_wave_has_the_quantiles_and_the_shares_of_the_largest(name):
    """F(x)^k, where there is no prompt beside it."""
    distribution = replace(DISTRIBUTIONS[name], per_input=0.0)
    totals = totals_of(distribution, 8, [1, 3, 8])
    value = totals.quantile(0.9)
    np.testing.assert_allclose(distribution.written.cdf_at(value) ** [1, 3, 8], 0.9, rtol=1e-9)
    x = distribution.mean + distribution.std
    np.testing.assert_allclose(
        totals.cdf(x), distribution.written.cdf_at(np.array([x]))[0] ** np.array([1, 3, 8]), rtol=1e-9
    )


def test_a_million_passes_are_normal_but_for_their_prompt():
    totals = Totals(DISTRIBUTIONS["gamma"], 4, np.array([10**6]), np.array([1.0]))
    expected = stats.norm.ppf(QS, totals.mean[0], totals.std[0])
    np.testing.assert_allclose(totals.quantiles(*QS)[0], expected, atol=1e-2 * totals.std[0])


@pytest.mark.parametrize("name", [*DISTRIBUTIONS, *ROUGH])
def test_what_holds_for_one_k_depends_on_no_other(name):
    distribution = {**DISTRIBUTIONS, **ROUGH}[name]
    whole = totals_of(distribution, 4, np.arange(1, 70))
    some = totals_of(distribution, 4, [13, 64, 2])
    rows = [12, 63, 1]
    assert np.array_equal(whole.quantiles(0.1, 0.95)[rows], some.quantiles(0.1, 0.95))
    x = float(whole.mean[12])
    assert np.array_equal(whole.cdf(x)[rows], some.cdf(x))


def test_more_rows_than_are_kept_are_worked_out_in_blocks():
    k = np.arange(1, 1500)
    totals = totals_of(DISTRIBUTIONS["gamma"], 1, k)
    few = totals_of(DISTRIBUTIONS["gamma"], 1, k[[3, 1200]])
    assert np.array_equal(totals.quantile(0.95)[[3, 1200]], few.quantile(0.95))


def test_several_quantiles_at_once_are_those_of_one_after_the_other():
    for distribution in (*DISTRIBUTIONS.values(), *ROUGH.values()):
        totals = totals_of(distribution, 4, KS)
        assert np.array_equal(totals.quantiles(*QS), np.column_stack([totals.quantile(q) for q in QS]))


def test_a_scaled_distribution_has_scaled_quantiles():
    for distribution in (*DISTRIBUTIONS.values(), *ROUGH.values()):
        one, other = totals_of(distribution, 4, KS), totals_of(distribution.over(1000), 4, KS)
        np.testing.assert_allclose(other.quantiles(*QS) * 1000, one.quantiles(*QS), rtol=1e-9)


@pytest.mark.parametrize("size", [0.2, 0.05])
def test_edgeworth_s_series_is_in_hermite_polynomials(size, monkeypatch):
    """F = Phi - phi (g1 He2 / 6 + g2 He3 / 24 + g1^2 He5 / 72), with skewness g1 and excess kurtosis g2."""
    monkeypatch.setattr(Totals, "_shape", lambda self, cumulants: (np.array([size]), np.array([size / 3])))
    totals = totals_of(DISTRIBUTIONS["as in the paper"], 4, [1200], own=True)
    for z in (-2.2, -0.7, 0.4, 1.3, 2.5):
        series = np.polynomial.hermite_e.hermeval(z, [0, 0, size / 6, size / 72, 0, size**2 / 72])
        found = totals._edgeworth(float((totals.mean + z * totals.std)[0]))
        assert found[0] == pytest.approx(stats.norm.cdf(z) - stats.norm.pdf(z) * series, abs=1e-9)
    for far in (-8, 8):
        assert 0 <= totals._edgeworth(float((totals.mean + far * totals.std)[0]))[0] <= 1


def test_cornish_fisher_inverts_edgeworth_to_the_third_order(monkeypatch):
    """With skewness e and kurtosis e^2, what is left of one put into the other falls with the cube of e."""
    totals = totals_of(DISTRIBUTIONS["as in the paper"], 4, [1200], own=True)
    for q in (0.03, 0.3, 0.9):
        left = []
        for e in (0.08, 0.04, 0.02):
            monkeypatch.setattr(Totals, "_shape", lambda self, cumulants, e=e: (np.array([e]), np.array([e**2])))
            left.append(abs(totals._edgeworth(float(totals._cornish_fisher(q)[0]))[0] - q))
        assert left[1] < left[0] / 6
        assert left[2] < left[1] / 6


@pytest.mark.parametrize(
    "parts",
    [((1024, 400), (500, 400)), ((10, 12, "normal"), (5, 6, "normal")), ((1024, 400, "lognormal"), (30, 300))],
)
def test_a_sum_of_two_lengths_is_the_sum(parts):
    """Against a million draws of both; its moments are those of its parts."""
    first, second = (length(*part) for part in parts)
    own = Sum(((0.5, first), (2.0, second)))
    generator = np.random.default_rng(3)
    sample = 0.5 * drawn(first, 1_000_000, generator) + 2 * drawn(second, 1_000_000, generator)
    assert own.mean == 0.5 * first.mean + 2 * second.mean
    assert own.std == pytest.approx(np.hypot(0.5 * first.std, 2 * second.std))
    for q in (0.3, 0.5, 0.95, 0.99):
        value, band = own.from_normal(stats.norm.ppf([q]))[0], 4 * np.sqrt(q * (1 - q) / 1e6)
        assert abs((sample <= value).mean() - q) < band + 1e-4
        assert abs((sample <= 1.1 * value).mean() - q) > band
        assert own.cdf(np.array([value]))[0] == pytest.approx(q, abs=1e-5)
    largest = sample.reshape(-1, 4).max(axis=1)
    found = own.largest_cumulants([1, 4])
    np.testing.assert_allclose(found[0, :2], own.cumulants[:2], rtol=0.02)
    assert abs(found[1, 0] - largest.mean()) < 4 * largest.std() / np.sqrt(len(largest))
