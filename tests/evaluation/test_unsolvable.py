"""Questions that no pass solves: the share is found, and the band holds with them and without."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import betabinom

from moo_inference.errors import SettingError
from moo_inference.evaluation import beta_pass_at_k, fit_beta, mean_interval, mean_pass_at_k
from moo_inference.evaluation.difficulty_band import at_passes, difficulty_band
from moo_inference.evaluation.unsolvable import _Counts, with_unsolvable

K = np.array([20, 50, 100])


def drawn(rng, unsolvable, a=2.0, b=2.0, m=200, n=10):
    return np.full(m, n), rng.binomial(n, np.where(rng.random(m) < unsolvable, 0.0, rng.beta(a, b, m)))


def test_the_share_of_unsolvable_questions_is_that_of_scipys_likelihood():
    n, c = drawn(np.random.default_rng(2), 0.15)
    fit = fit_beta(n, c)

    def fall(at):
        a, b = np.exp(at[:2])
        p = (1 - at[2]) * betabinom.pmf(c, n, a, b) + at[2] * (c == 0)
        return -np.log(np.maximum(p, 1e-300)).sum()

    twin = minimize(fall, [0.0, 0.0, 0.1], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    np.testing.assert_allclose([fit.a, fit.b, fit.unsolvable], [*np.exp(twin.x[:2]), twin.x[2]], rtol=1e-3)
    assert 0.1 < fit.unsolvable < 0.2
    assert fit_beta(n, c, unsolvable=False).unsolvable == 0
    np.testing.assert_array_equal(fit.covariance, np.zeros((2, 2)))
    k = np.arange(1, 11)
    assert fit.misfit == np.abs(fit.pass_at_k(k)[0] - mean_pass_at_k(n, c, k).mean).max()
    accuracy, error = fit.pass_at_k(K)
    np.testing.assert_allclose(accuracy, (1 - fit.unsolvable) * beta_pass_at_k(fit.a, fit.b, K)[0])
    np.testing.assert_allclose(accuracy + error, 1)


def test_questions_that_are_all_solved_once_have_no_share():
    rng = np.random.default_rng(4)
    fit = fit_beta(20, np.maximum(1, rng.binomial(20, rng.beta(2, 2, 100))))
    assert fit.unsolvable == 0


def test_solvable_questions_that_are_alike_can_be_fitted():
    n = np.full(100, 8)
    c = np.where(np.arange(100) < 15, 0, np.random.default_rng(1).binomial(8, 0.6, 100))
    fit = fit_beta(n, c)
    assert fit.unsolvable == pytest.approx(0.15, abs=0.01)
    assert fit.a / (fit.a + fit.b) == pytest.approx(0.6, abs=0.04)
    assert np.isfinite(fit.interval([1, 8, 100])).all()


@pytest.mark.parametrize("unsolvable", [0.0, 0.15])
def test_bands_hold_with_and_without_such_questions_where_that_of_the_beta_alone_fails(unsolvable):
    rng = np.random.default_rng(7)
    runs, held, naive, more = 30, [], [], []
    truth = (1 - unsolvable) * beta_pass_at_k(2, 2, K)[0]
    for _ in range(runs):
        n, c = drawn(rng, unsolvable)
        fit, alone = fit_beta(n, c), fit_beta(n, c, unsolvable=False)
        for one, inside in ((fit, held), (alone, naive)):
            low, high = one.interval(K)
            inside.append((low <= truth) & (truth <= high))
        more.append(fit.pass_at_k(K)[0] - truth)
    assert (np.mean(held, axis=0) >= 0.9).all()
    assert (np.abs(np.mean(more, axis=0)) < 0.03).all()
    if unsolvable:
        assert (np.mean(naive, axis=0)[1:] < 0.2).all()


def test_the_band_is_that_of_the_samples_up_to_their_number_and_goes_on_to_what_is_shown_and_1():
    n, c = drawn(np.random.default_rng(3), 0.1, m=80, n=6)
    band = difficulty_band(n, c)
    low, high = mean_interval(mean_pass_at_k(n, c, [1, 6]))
    np.testing.assert_allclose(at_passes(band, np.array([1, 6])), [low, high])
    far_low, far_high = at_passes(band, np.array([6000, 10**6]))
    np.testing.assert_array_equal(far_low, low[1])
    np.testing.assert_array_equal(far_high, 1.0)
    assert (np.diff(band, axis=0) >= 0).all()
    assert (difficulty_band(n, c, 0.99)[:, 2] >= band[:, 2]).all()


def test_the_upper_end_is_that_of_the_best_of_many_distributions_within_the_likelihood():
    """Two kinds of questions and unsolvable ones, on a fine grid: none within the likelihood exceeds the band."""
    n, c = drawn(np.random.default_rng(5), 0.15, m=60, n=4)
    often = np.bincount(c, minlength=5)
    p = np.linspace(0.02, 0.98, 25)
    from_p = np.array([betabinom.pmf(np.arange(5), 4, each * 1e7, (1 - each) * 1e7) for each in p])
    nothing = np.eye(5)[0]
    logs, solved = [], []
    for share in np.linspace(0, 0.4, 21):
        for weight in np.linspace(0, 1, 21):
            mixed = weight * from_p[:, None] + (1 - weight) * from_p
            logs.append(np.log((1 - share) * mixed + share * nothing) @ often)
            of_p = 1 - (1 - p) ** 20
            solved.append((1 - share) * (weight * of_p[:, None] + (1 - weight) * of_p))
    logs, solved = np.array(logs), np.array(solved)
    largest = solved[logs >= logs.max() - 1.92].max()
    found = float(at_passes(difficulty_band(n, c), np.array([20]))[1][0])
    assert largest - 0.01 <= found <= 1


def test_a_share_out_of_range_is_refused():
    with pytest.raises(SettingError, match=r"unsolvable must be a share of the questions, in \[0, 1\), got 1"):
        beta_pass_at_k(1, 1, [1], 1.0)


@pytest.mark.parametrize(("each", "worth_it"), [(17, False), (18, True)])
def test_a_share_is_fitted_where_it_raises_the_likelihoods_logarithm_by_more_than_1(each, worth_it):
    """As many questions with 1, 2, ... 5 of 5 right, and thrice that with none: a quarter beside a uniform p."""
    c = np.append(np.zeros(3 * each, dtype=int), np.repeat(np.arange(1, 6), each))

    def fall(at):
        return -betabinom.logpmf(c, 5, *np.exp(at)).sum()

    alone = minimize(fall, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    both = 3 * each * np.log(3 / 8) + 5 * each * np.log(1 / 8)
    assert (0.9 if not worth_it else 1) < both + alone.fun < (1.1 if worth_it else 1)
    fit = fit_beta(5, c)
    expected = [1, 1, 0.25] if worth_it else [*np.exp(alone.x), 0]
    np.testing.assert_allclose([fit.a, fit.b, fit.unsolvable], expected, rtol=3e-6 if worth_it else 2e-4)


def test_the_likelihood_is_that_of_questions_some_of_which_have_a_chance_of_0():
    """But for the binomial coefficients, which do not depend on the parameters."""
    n, c, often = np.array([4, 4, 7, 7, 9]), np.array([0, 2, 0, 7, 1]), np.array([3, 1, 5, 2, 4])
    counts = _Counts(n, c, often)

    def logs(a, b, share):
        return np.log((1 - share) * betabinom.pmf(c, n, a, b) + share * (c == 0)) @ often

    first = (1.0, 1.0, 0.0)
    for at in ((0.4, 2.5, 0.0), (0.4, 2.5, 0.3), (3.0, 0.7, 0.9)):
        rise = counts.log_likelihood(*at) - counts.log_likelihood(*first)
        assert rise == pytest.approx(logs(*at) - logs(*first), rel=1e-10)


def test_questions_of_which_each_had_a_right_sample_keep_the_beta_that_they_have():
    assert with_unsolvable(np.array([3, 3]), np.array([1, 3]), 1.5, 2.5) == (1.5, 2.5, 0.0)
