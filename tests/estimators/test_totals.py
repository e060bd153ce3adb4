from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy.stats import norm

from moo_inference.catalog import TokenLength
from moo_inference.estimators.pass_law import PassLaw
from moo_inference.estimators.totals import PromptOnceTotals, Totals

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


def test_laws_cannot_be_changed_once_their_cumulants_are_known():
    for totals in (Totals(law_of("wide"), 4, KS), PromptOnceTotals(law_of("wide"), 1, KS, prompts=np.ones(len(KS)))):
        assert totals.std.all()
        for thing, name in ((totals, "wave"), (totals.law, "per_input")):
            with pytest.raises(FrozenInstanceError):
                setattr(thing, name, 3)


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


def naive_totals(a, b, read, written, wave, k):
    """Mean and variance of the sum over waves of the largest pass, from draws of waves alone."""
    generator = np.random.default_rng(9)

    def largest(size):
        passes = a * np.maximum(1, generator.normal(*read, (200_000, size)))
        passes += b * np.maximum(1, generator.normal(*written, (200_000, size)))
        return passes.max(axis=1)

    parts = [largest(wave)] * (k // wave) + ([largest(k % wave)] if k % wave else [])
    return sum(part.mean() for part in parts), sum(part.var() for part in parts)


@pytest.mark.parametrize("name", ["as in the paper", "much clipped"])
def test_waves_add_the_moments_of_full_ones_and_of_the_rest(name):
    totals = Totals(law_of(name), 4, np.array([1, 4, 6, 8]))
    assert totals.full.tolist() == [0, 1, 1, 2]
    assert totals.rest.tolist() == [1, 0, 2, 0]
    assert totals.waves.tolist() == [1, 1, 2, 2]
    for row, k in enumerate((1, 4, 6, 8)):
        mean, variance = naive_totals(0.0005, 0.005, *LAWS[name], 4, k)
        # Waves of one draw repeat it, so the mean of k // wave of them is that many times as far off.
        band = 4 * 2 * np.sqrt(variance / 200_000)
        assert abs(totals.mean[row] - mean) < band
        assert totals.std[row] ** 2 == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("wave", [1, 4])
@pytest.mark.parametrize("name", ["near one token", "much clipped", "wide"])
def test_no_total_is_below_the_least_or_above_the_most(name, wave):
    law = law_of(name)
    totals = Totals(law, wave, np.array([1, 6, 13]))
    low, high = law.ends
    for row, waves in enumerate(totals.waves):
        assert totals.cdf(low * waves * (1 - 1e-3))[row] == pytest.approx(0, abs=1e-9)
        assert totals.cdf(high * waves * 1.1)[row] == pytest.approx(1, abs=1e-9)


def test_a_sum_of_normal_passes_is_normal():
    law = law_of("as in the paper")
    totals = Totals(law, 1, KS)
    assert totals.plain_normal
    mean, std = KS * law.mean, np.sqrt(KS) * law.std
    for q in (0.025, 0.3, 0.975):
        np.testing.assert_allclose(totals.quantile(q), norm.ppf(q, mean, std), rtol=1e-12)
    x = float(mean[2] + std[2] / 2)
    np.testing.assert_allclose(totals.cdf(x), norm.cdf(x, mean, std), rtol=1e-12)
    assert not Totals(law, 4, KS).plain_normal


def test_one_wave_has_the_quantiles_and_the_distribution_of_the_largest():
    """F(x) = Phi((x - m) / s)^k."""
    law = law_of("as in the paper")
    totals = Totals(law, 8, np.array([1, 3, 8]))
    value = totals.quantile(0.9)
    np.testing.assert_allclose(norm.cdf((value - law.mean) / law.std) ** [1, 3, 8], 0.9, rtol=1e-9)
    x = law.mean + law.std
    np.testing.assert_allclose(totals.cdf(x), norm.cdf(1) ** [1, 3, 8], rtol=1e-9)


def test_many_waves_have_the_expansions_of_cornish_fisher_and_of_edgeworth():
    """Both are each other's inverse to their own order, and stand off from the normal law by the skewness."""
    totals = Totals(law_of("wide"), 4, np.array([4 * 300]))
    z = norm.ppf(0.95)
    plain = totals.mean + z * totals.std
    skewness = totals.cumulants[:, 2] / totals.std**3
    off = (totals.quantile(0.95) - plain) / totals.std
    np.testing.assert_allclose(off, (z**2 - 1) * skewness / 6, rtol=0.05)
    assert (np.abs(off) > 1e-4).all()
    np.testing.assert_allclose(totals.cdf(float(totals.quantile(0.95)[0])), 0.95, atol=1e-5)
    x = float((totals.mean + totals.std)[0])
    # One standard deviation away the term in the skewness is nothing.
    np.testing.assert_allclose(totals.cdf(x), norm.cdf(1), atol=1e-4)


@pytest.mark.parametrize("name", ["as in the paper", "much clipped"])
def test_a_prompt_paid_once_adds_to_the_answers(name):
    """Mean and variance: prompts m_1 + k m_2 and prompts^2 v_1 + k v_2; one pass has the law of one pass."""
    law, k = law_of(name), np.array([1, 3, 7])
    prompts = 1 + (k - 1) / 4
    totals = PromptOnceTotals(law, 1, k, prompts=prompts)
    prompt, answer = law.parts_cumulants
    np.testing.assert_allclose(totals.mean, prompts * prompt[0] + k * answer[0], rtol=1e-12)
    np.testing.assert_allclose(totals.std**2, prompts**2 * prompt[1] + k * answer[1], rtol=1e-12)
    assert not totals.plain_normal
    one = Totals(law, 1, k)
    for q in (0.1, 0.9):
        assert totals.quantile(q)[0] == pytest.approx(one.quantile(q)[0], rel=1e-4)
    least = prompts * law.per_input + k * law.per_output
    if name == "much clipped":
        for row, value in enumerate(least):
            assert totals.cdf(value * (1 - 1e-3))[row] == pytest.approx(0, abs=1e-9)
            # All tokens clipped at once: the mass of the least that can be paid
            mass = norm.cdf((1 - 10) / 12) * norm.cdf((1 - 5) / 6) ** k[row]
            assert totals.cdf(value * (1 + 1e-9))[row] == pytest.approx(mass, abs=0.02)


@pytest.mark.parametrize("size", [0.2, 0.05])
def test_edgeworth_s_series_is_in_hermite_polynomials(size, monkeypatch):
    """F = Phi - phi (g1 He2 / 6 + g2 He3 / 24 + g1^2 He5 / 72), with skewness g1 and excess kurtosis g2."""
    monkeypatch.setattr(Totals, "_shape", lambda self: (np.array([size]), np.array([size / 3])))
    totals = Totals(law_of("as in the paper"), 4, np.array([1200]))
    for z in (-2.2, -0.7, 0.4, 1.3, 2.5):
        series = np.polynomial.hermite_e.hermeval(z, [0, 0, size / 6, size / 72, 0, size**2 / 72])
        found = totals._edgeworth(float((totals.mean + z * totals.std)[0]))
        assert found[0] == pytest.approx(norm.cdf(z) - norm.pdf(z) * series, abs=1e-9)
    for far in (-8, 8):
        assert 0 <= totals._edgeworth(float((totals.mean + far * totals.std)[0]))[0] <= 1
    monkeypatch.setattr(Totals, "_shape", lambda self: (np.array([3.0]), np.array([0.0])))
    shares = [totals._edgeworth(float((totals.mean + z * totals.std)[0]))[0] for z in np.linspace(-4, 4, 41)]
    assert (min(shares), max(shares)) == (0, 1)  # a series is no distribution function, and is cut to one


def test_cornish_fisher_inverts_edgeworth_to_the_third_order(monkeypatch):
    """With skewness e and kurtosis e^2, what is left of one put into the other falls with the cube of e."""
    totals = Totals(law_of("as in the paper"), 4, np.array([1200]))
    for q in (0.03, 0.3, 0.9):
        left = []
        for e in (0.08, 0.04, 0.02):
            monkeypatch.setattr(Totals, "_shape", lambda self, e=e: (np.array([e]), np.array([e**2])))
            left.append(abs(totals._edgeworth(float(totals._cornish_fisher(q)[0]))[0] - q))
        assert left[1] < left[0] / 6
        assert left[2] < left[1] / 6


def test_a_cached_prompt_that_is_most_of_the_bill_shapes_its_law():
    """Against draws of one prompt, paid 1 + (k - 1) / 2 times, and of k answers; the q-quantile within its own band."""
    law, k = PassLaw(0.05, 0.02, *(TokenLength(mean=m, std=s) for m, s in LAWS["much clipped"])), np.array([3, 6])
    prompts = 1 + (k - 1) / 2
    totals = PromptOnceTotals(law, 1, k, prompts=prompts)
    generator = np.random.default_rng(12)
    for row in range(2):
        read, *written = (
            np.maximum(1, generator.normal(*LAWS["much clipped"][part], 40_000)) for part in (0, *[1] * k[row])
        )
        bills = 0.05 * prompts[row] * read + 0.02 * sum(written)
        for q in (0.3, 0.5, 0.9, 0.99):
            value, band = totals.quantile(q)[row], 4 * np.sqrt(q * (1 - q) / 40_000)
            assert abs((bills <= value).mean() - q) < band
            assert abs((bills <= 1.1 * value).mean() - q) > band  # the band can fail
