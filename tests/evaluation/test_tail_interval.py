"""Intervals of quantiles: how often they hold, and what too few observations say."""

import numpy as np
import pytest
from scipy.stats import beta, binom, nct, norm

from moo_inference.evaluation.tail_interval import (
    fewest_observations,
    has_upper_end,
    lognormal_upper_end,
    quantile_interval,
    share_ends,
)

RUNS = 2000


def test_a_share_has_jeffreys_interval():
    low, high = share_ends(0.9, 50.0)
    np.testing.assert_allclose([low, high], beta(45.5, 5.5).ppf([0.025, 0.975]))


def test_the_largest_value_is_an_upper_end_where_it_is_exceeded_often_enough():
    n = np.arange(1, 200)
    np.testing.assert_array_equal(has_upper_end(0.95, n), binom(n, 0.95).pmf(n) <= 0.025)
    assert n[has_upper_end(0.95, n)][0] == 72


@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize("n", [20, 50, 200])
def test_the_p95_of_latencies_is_held_as_often_as_it_says(n, sigma):
    rng = np.random.default_rng(5)
    values = np.sort(np.exp(sigma * rng.standard_normal((RUNS, n))), axis=1)
    truth = np.exp(sigma * 1.6448536)
    low, high = np.array([quantile_interval(row, 0.95) for row in values]).T
    assert 0.92 < np.mean((low <= truth) & (truth <= high)) < 0.98
    # What simulation alone says, from 1,000 queries of these passes, is far too narrow.
    share = 1.96 * np.sqrt(0.95 * 0.05 / 1000)
    naive = np.quantile(values, [0.95 - share, 0.95 + share], axis=1)
    assert np.mean((naive[0] <= truth) & (truth <= naive[1])) < 0.7


@pytest.mark.parametrize("n", [20, 50, 200])
def test_the_median_is_held_whatever_the_distribution(n):
    values = np.sort(np.random.default_rng(6).pareto(1.5, (RUNS, n)), axis=1)
    low, high = np.array([quantile_interval(row, 0.5) for row in values]).T
    truth = 2 ** (1 / 1.5) - 1
    assert 0.92 < np.mean((low <= truth) & (truth <= high)) < 0.98


def test_the_lognormal_limit_is_missed_half_as_often_as_both_ends():
    logs = np.random.default_rng(7).standard_normal((RUNS, 25))
    ends = lognormal_upper_end(logs.mean(axis=1), logs.std(axis=1, ddof=1), 0.95, 25)
    assert np.mean(ends < np.exp(1.6448536)) == pytest.approx(0.025, abs=4 * np.sqrt(0.025 * 0.975 / RUNS))


def test_too_few_observations_say_nothing():
    assert fewest_observations(0.95) == pytest.approx(20)
    assert np.isnan(quantile_interval(np.arange(1.0, 20.0), 0.95)).all()
    assert np.isfinite(quantile_interval(np.arange(1.0, 21.0), 0.95)).all()
    assert np.isnan(quantile_interval(np.arange(1.0, 1001.0), 0.95, n=19.0)).all()
    # Without a logarithm there is no law for the upper end.
    low, high = quantile_interval(np.arange(0.0, 30.0), 0.95)
    assert low > 0
    assert np.isnan(high)


@pytest.mark.parametrize(("q", "level"), [(0.9, 0.8), (0.5, 0.95), (0.2, 0.9)])
def test_of_the_whole_numbers_up_to_99_an_end_is_a_hundred_times_that_of_the_share(q, level):
    """Value i of n stands for a share of i / (n + 1)."""
    ends = 100 * beta(99 * q + 0.5, 99 * (1 - q) + 0.5).ppf([(1 - level) / 2, (1 + level) / 2])
    np.testing.assert_allclose(quantile_interval(np.arange(1.0, 100.0), q, level=level), ends)
    worth = 100 * beta(60 * q + 0.5, 60 * (1 - q) + 0.5).ppf([(1 - level) / 2, (1 + level) / 2])
    np.testing.assert_allclose(quantile_interval(np.arange(1.0, 100.0), q, 60.0, level), worth)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_lognormal_limit_is_that_of_the_noncentral_t(level):
    found = lognormal_upper_end(2.0, 0.5, 0.9, np.array([5.0, 30.0]), level)
    for n, end in zip((5, 30), found, strict=True):
        t = nct(n - 1, norm.ppf(0.9) * np.sqrt(n)).ppf((1 + level) / 2)
        assert end == pytest.approx(np.exp(2.0 + 0.5 * t / np.sqrt(n)), rel=1e-6)


def test_an_upper_end_that_too_few_values_show_is_at_least_the_lognormal_one():
    values = np.exp(np.linspace(-1, 1, 25))
    low, high = quantile_interval(values, 0.95, level=0.9)
    logs = np.log(values)
    assert high == pytest.approx(float(lognormal_upper_end(logs.mean(), logs.std(ddof=1), 0.95, 25, 0.9)))
    assert low == pytest.approx(np.quantile(values, float(share_ends(0.95, 25, 0.9)[0]), method="weibull"))
    # Of values of which one is far beyond the others it is that one.
    assert quantile_interval(np.append(np.ones(24), 1e9), 0.95)[1] == 1e9
    # 58 are enough at a level of 0.9: 0.95^58 is just above 0.05, and 0.95^59 just below.
    assert has_upper_end(0.95, np.array([58, 59]), 0.9).tolist() == [False, True]
    many = np.exp(np.linspace(-1, 1, 59))
    assert quantile_interval(many, 0.95, level=0.9)[1] <= many[-1]


def test_two_observations_are_the_least_whatever_the_quantile():
    values = np.array([1.0, 2.0, 5.0])
    assert np.isnan(quantile_interval(values, 0.2, 1.5)).all()
    low, high = quantile_interval(values, 0.2, 2.0)
    assert low == 1
    assert high > 1
