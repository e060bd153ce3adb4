import numpy as np
import pytest

from moo_inference.catalog import TokenLength
from moo_inference.estimators.pass_law import PassLaw
from moo_inference.estimators.totals import Totals

KS = np.array([1, 3, 4, 6, 8, 11, 40])

LAWS = {
    "as in the paper": ((1024, 64), (2048, 128)),
    "wide": ((1024, 120), (2048, 300)),
    "clipped": ((1024, 400), (2048, 900)),
    "much clipped": ((10, 12), (5, 6)),
    "near one token": ((3, 4), (2, 1.5)),
    "one length certain": ((1024, 0), (200, 60)),
}


def law_of(name):
    (m1, s1), (m2, s2) = LAWS[name]
    return PassLaw(0.0005, 0.005, TokenLength(mean=m1, std=s1), TokenLength(mean=m2, std=s2))


def simulated(name, wave, k, trials=40_000, seed=0):
    (m1, s1), (m2, s2) = LAWS[name]
    generator = np.random.default_rng(seed)
    times = 0.0005 * np.maximum(1, generator.normal(m1, s1, (trials, k)))
    times += 0.005 * np.maximum(1, generator.normal(m2, s2, (trials, k)))
    waves = [times[:, start : start + wave].max(axis=1) for start in range(0, k, wave)]
    return np.sum(waves, axis=0)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("wave", [1, 4])
def test_mean_std_and_quantiles_agree_with_simulation(name, wave):
    ks = KS if name in ("as in the paper", "clipped") else KS[:-1]
    totals = Totals(law_of(name), wave, ks)
    qs = (0.025, 0.5, 0.95, 0.975)
    quantiles = {q: totals.quantile(q) for q in qs}
    for row, k in enumerate(ks):
        sample = simulated(name, wave, int(k))
        root = np.sqrt(len(sample))
        error = sample.std() / root
        assert abs(totals.mean[row] - sample.mean()) < 4 * error
        assert abs(totals.mean[row] + 9 * error - sample.mean()) > 4 * error  # the band can fail
        kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
        assert abs(totals.std[row] / sample.std() - 1) < 4 * np.sqrt((kurtosis - 1) / 4) / root
        for q in qs:
            value = quantiles[q][row]
            band = 4 * np.sqrt(q * (1 - q)) / root
            slack = 1e-4 * totals.std[row]
            assert (sample < value - slack).mean() - band <= q <= (sample <= value + slack).mean() + band


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("wave", [1, 4, 8])
def test_quantiles_agree_with_sixteen_times_the_resolution(name, wave, monkeypatch):
    from moo_inference.estimators import totals as module

    coarse = Totals(law_of(name), wave, KS)
    fine = Totals(law_of(name), wave, KS, cells=16 * 4096)
    with monkeypatch.context() as patched:
        patched.setattr(module, "_NEARLY_NORMAL", 0.0)  # the fine one never falls back on Cornish-Fisher
        expected = {q: fine.quantile(q) for q in (0.025, 0.5, 0.95, 0.975)}
    for q, values in expected.items():
        np.testing.assert_allclose(coarse.quantile(q), values, rtol=1e-4)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("wave", [1, 4])
def test_cdf_is_the_inverse_of_the_quantile(name, wave):
    totals = Totals(law_of(name), wave, np.array([1, 6, 13]))
    for q in (0.3, 0.95):
        for row, value in enumerate(totals.quantile(q)):
            assert totals.cdf(value + 1e-9)[row] == pytest.approx(q, abs=2e-3)


def test_a_certain_pass_has_certain_totals():
    law = PassLaw(1.0, 2.0, TokenLength(mean=10, std=0), TokenLength(mean=5, std=0))
    totals = Totals(law, 4, np.array([1, 4, 5]))
    assert totals.mean.tolist() == totals.quantile(0.95).tolist() == [20, 20, 40]
    assert totals.cdf(20).tolist() == [1, 1, 0]
    assert (totals.std == 0).all()


def test_a_wave_of_one_is_a_plain_sum_and_a_free_pass_costs_nothing():
    law = law_of("as in the paper")
    assert Totals(law, 1, KS).mean == pytest.approx(KS * 10.752)
    free = PassLaw(0.0, 0.0, TokenLength(mean=3, std=4), TokenLength(mean=2, std=1.5))
    assert Totals(free, 1, KS).quantile(0.9).tolist() == [0] * len(KS)
    input_free = PassLaw(0.0, 0.005, TokenLength(mean=3, std=4), TokenLength(mean=2, std=1.5))
    assert (Totals(input_free, 1, KS).quantile(0.9) > 0).all()


@pytest.mark.parametrize("name", LAWS)
def test_the_tabled_distribution_of_a_pass_is_that_of_its_integral(name, monkeypatch):
    low, high = law_of(name).ends
    x = np.linspace(low + 1e-9 * (high - low), high, 997)
    exact = np.exp(law_of(name).log_cdf(x))
    assert law_of(name).cdf(x) == pytest.approx(exact, abs=1e-8)
    monkeypatch.setattr("moo_inference.estimators.pass_law._TABLE", 100)
    tabled = not law_of(name).normal and law_of(name).spreads.all()
    assert (abs(law_of(name).cdf(x) - exact).max() > 1e-8) == tabled  # a table can be too coarse


@pytest.mark.parametrize("name", LAWS)
def test_below_all_lengths_is_nothing_and_above_them_all(name):
    low, high = law_of(name).ends
    assert law_of(name).cdf(np.array([low - 1, high + 1])) == pytest.approx([0.0, 1.0], abs=1e-15)


@pytest.mark.parametrize(
    "law", [law_of("clipped"), law_of("as in the paper"), PassLaw(0.0, 0.0, *[TokenLength(mean=9, std=1)] * 2)]
)
def test_several_quantiles_at_once_are_those_of_one_after_the_other(law):
    totals = Totals(law, 4, KS)
    qs = (0.01, 0.5, 0.975)
    assert np.array_equal(totals.quantiles(*qs), np.column_stack([totals.quantile(q) for q in qs]))
