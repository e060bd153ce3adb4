"""The band beyond the samples, against the largest pass@k that moments of difficulty allow, which is known exactly."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtri, xlogy

from moo_inference.evaluation import difficulty_band as module
from moo_inference.evaluation import fit_beta, mean_interval, mean_pass_at_k
from moo_inference.evaluation.difficulty_band import at_passes, difficulty_band

SHORT = 0.02
"""By so much the search may stay below what is possible; never above, but for the rounding to a part of 1,000."""


def drop(level):
    """chi^2(1) / 2."""
    return ndtri((1 + level) / 2) ** 2 / 2


def upper(n, c, k, level):
    return at_passes(difficulty_band(np.array(n), np.array(c), level), np.array(k))[1]


def assert_reached(found, largest):
    assert (found <= largest + 0.0011).all()
    assert (found >= largest - SHORT).all()


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("m", "right"), [(20, 5), (100, 40), (40, 1)])
def test_single_samples_tell_the_mean_and_beyond_them_all_questions_may_be_alike(m, right, level):
    """Their likelihood is that of the mean p, and of all distributions with it pass@k is largest if all have p."""

    def fallen(p):
        return xlogy(right, right / m / p) + xlogy(m - right, (1 - right / m) / (1 - p)) - drop(level)

    p = brentq(fallen, right / m, 1 - 1e-9)
    k = np.array([2, 3, 5, 10])
    assert_reached(upper([1] * m, [1] * right + [0] * (m - right), k, level), 1 - (1 - p) ** k)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("kinds", [(0, 0, 10, 5, 5), (0, 0, 30, 10, 10), (5, 10, 10, 5, 10)])
def test_two_samples_tell_two_moments_and_pass_at_k_is_largest_with_two_kinds_of_questions(kinds, level):
    """Of all q = 1 - p with moments s and t, E q^k is least for q = t / s with probability s^2 / t, and else 0."""
    n, c = (np.repeat(each, kinds) for each in ([1, 1, 2, 2, 2], [0, 1, 0, 1, 2]))
    s = np.linspace(0.001, 0.999, 500)[:, None]
    t = s**2 + (s - s**2) * np.linspace(0, 0.999, 500)
    logs = sum(map(xlogy, kinds, (s, 1 - s, t, 2 * (s - t), 1 - 2 * s + t)))
    within = logs >= logs.max() - drop(level)
    # Of 15 questions with one sample and 25 with two, two passes are the fewest that lie beyond.
    k = np.array([2, 3, 5, 10]) if kinds[0] else np.array([3, 4, 6, 10, 20])
    largest = [(1 - s**2 / t * (t / s) ** each)[within].max() for each in k]
    assert_reached(upper(n, c, k, level), np.array(largest))


def test_questions_that_are_always_solved_are_always_solved():
    np.testing.assert_array_equal(upper([3] * 20, [3] * 20, [4, 9, 10**9], 0.95), 1.0)


@pytest.mark.parametrize(("m", "n", "c"), [(20, 5, 4), (13, 9, 8), (20, 3, 2)])
def test_no_end_exceeds_1(m, n, c):
    band = difficulty_band(np.full(m, n), np.full(m, c))
    assert band[-1, 2] == 1
    assert (band[:, 1:] <= 1).all()


def test_thousands_of_samples_tell_sure_questions_from_even_ones_and_leave_the_share_of_each():
    n, c = np.full(40, 3000), np.repeat([3000, 1500], 20)
    share = brentq(lambda x: 20 * np.log(4 * x * (1 - x)) + drop(0.95), 0.5, 0.99)
    assert_reached(module._largest_pass_at_k(n, c, np.array([1]), 0.95), share + (1 - share) / 2)


def test_the_end_rises_with_right_samples_and_falls_with_questions():
    few = upper([4] * 30, [0] * 20 + [1] * 10, [8, 40], 0.9)
    assert (few < upper([4] * 30, [0] * 15 + [1] * 15, [8, 40], 0.9)).all()
    assert (few > upper([4] * 120, [0] * 80 + [1] * 40, [8, 40], 0.9)).all()


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(12)
    return np.full(60, 40), rng.binomial(40, rng.beta(0.4, 2.0, 60))


@pytest.fixture(scope="module")
def whole(evaluation):
    return difficulty_band(*evaluation)


def test_passes_go_up_from_1_to_1000_times_the_samples_and_are_few(whole):
    assert whole[[0, -1], 0].tolist() == [1, 40_000]
    assert (np.diff(whole[:, 0]) > 0).all()
    assert 40 in whole[:, 0]
    assert len(whole) < 20


def test_a_band_of_single_samples_begins_with_what_they_show():
    n, c = np.ones(20, dtype=int), np.arange(20) % 2
    low, high = mean_interval(mean_pass_at_k(n, c, [1]), 0.8)
    band = difficulty_band(n, c, 0.8)
    np.testing.assert_array_equal(band[0], [1, low[0], high[0]])
    np.testing.assert_array_equal(band[:, 1], low[0])
    assert (np.diff(band[:, 0]) > 0).all()
    assert band[-1, 0] == 1000


@pytest.mark.parametrize("most", [41, 60, 130])
def test_a_band_up_to_some_passes_is_the_beginning_of_the_whole_one_and_ends_with_the_first_that_reach_them(
    evaluation, whole, most
):
    short = difficulty_band(*evaluation, most=most)
    assert short[-2, 0] < most <= short[-1, 0]
    np.testing.assert_allclose(short, whole[: len(short)], atol=2e-3)


def test_the_band_of_a_fit_goes_as_far_as_it_is_asked_to(evaluation, whole):
    fit = fit_beta(*evaluation)
    np.testing.assert_array_equal(fit.band(most=61), difficulty_band(*evaluation, most=61))
    np.testing.assert_allclose(np.stack(fit.interval([61])), at_passes(whole, np.array([61])), atol=2e-3)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_within_the_samples_the_band_has_the_level_of_their_interval(evaluation, level):
    low, high = mean_interval(mean_pass_at_k(*evaluation, [1, 40]), level)
    band = difficulty_band(*evaluation, level)
    np.testing.assert_allclose(at_passes(band, np.array([1, 40])), [low, high], rtol=1e-12)


def test_between_two_known_passes_an_end_is_straight_in_the_logarithm_and_beyond_the_last_all_is_possible():
    band = np.array([[1.0, 0.1, 0.2], [4.0, 0.3, 0.6], [64.0, 0.5, 0.8]])
    low, high = at_passes(band, np.array([1, 2, 4, 16, 64, 65, 10**6]))
    np.testing.assert_allclose(low, [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(high, [0.2, 0.4, 0.6, 0.7, 0.8, 1.0, 1.0])


@pytest.mark.parametrize("n", [1, 50, 400, 3000, 10**6])
def test_probabilities_are_as_dense_as_samples_tell_them_apart(n):
    """The square root's arc sine has a standard deviation of 1 / (2 sqrt n), whatever the probability."""
    p = module._grid(n)
    assert p[0] == 0
    assert p[-1] == pytest.approx(1, abs=1e-15)
    assert (np.diff(p) > 0).all()
    angles = np.arcsin(np.sqrt(np.minimum(p, 1)))
    step = np.diff(angles[-20:])
    np.testing.assert_allclose(step, step[0], rtol=1e-6)
    assert step[0] <= max(0.2 / np.sqrt(n), np.pi / 600 + 1e-9)
    assert step[0] >= min(0.19 / np.sqrt(n), np.pi / 60 - 1e-9)
    # Towards 0 each is a multiple of the one before.
    even = round(np.pi / 2 / step[0])
    low = p[1 : len(p) - even + 1]
    assert low[0] == pytest.approx(1e-7)
    assert low[-1] == pytest.approx(np.sin(step[0]) ** 2)
    np.testing.assert_allclose(low[1:] / low[:-1], low[1] / low[0], rtol=1e-6)


def test_weights_of_kinds_that_are_told_apart_are_their_shares():
    found = module._maximised(np.full((1, 3), 1 / 3), np.eye(3), np.array([2, 3, 5]), np.zeros((1, 3)), 60)
    np.testing.assert_allclose(found, [[0.2, 0.3, 0.5]], atol=1e-9)


def test_no_other_distribution_raises_likelihood_and_gain_of_the_maximum():
    """The slope is the same at all weights that are not 0, and nowhere higher."""
    p = np.linspace(0.05, 0.95, 7)
    likelihood = np.column_stack([(1 - p) ** 3, p * (1 - p) ** 2, p**2 * (1 - p), p**3])
    often = np.array([9, 3, 2, 6])
    gain = np.array([np.zeros(7), 20 * p, 5 * (1 - (1 - p) ** 9)])
    start = np.tile(np.arange(1.0, 8.0) / 28, (3, 1))
    found = module._maximised(start, likelihood, often, gain, 4000)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    slope = (often / (found @ likelihood)) @ likelihood.T + gain
    common = often.sum() + (gain * found).sum(axis=1)
    assert (slope <= common[:, None] * (1 + 1e-3)).all()
    np.testing.assert_allclose((slope * found).sum(axis=1), common)
    np.testing.assert_allclose(np.where(found > 1e-3, slope, common[:, None]), np.tile(common[:, None], 7), rtol=1e-3)
    # Each is its own best: none of the three does better at another's aim.
    values = np.log(found @ likelihood) @ often + gain @ found.T
    assert (values.argmax(axis=1) == np.arange(3)).all()
