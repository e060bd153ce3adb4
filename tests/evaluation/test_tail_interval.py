"""Intervals of quantiles: how often they hold, and what too few observations say."""

import numpy as np
import pytest
from scipy.stats import beta, binom

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
