"""How well quantiles of queries of measured passes are known: draws whose worth can be counted by hand."""

import math

import numpy as np
import pytest

from moo_inference.estimators.measured_tails import of_passes, of_queries
from moo_inference.evaluation.tail_interval import quantile_interval

N, TIMES, Q = 200, 5, 0.9
PASSES = np.sqrt(np.arange(1.0, N + 1))


def test_the_largest_of_k_is_known_as_a_pass_at_the_root_of_its_quantile():
    mixed = np.random.default_rng(0).permutation(PASSES)
    assert of_passes(mixed, 0.95, 1) == (*quantile_interval(PASSES, 0.95), 20)
    assert of_passes(mixed, 0.81, 2) == (*quantile_interval(PASSES, 0.9), 10)
    assert of_passes(mixed, 0.81, 2) != of_passes(mixed, 0.81, 1)


def test_one_pass_drawn_evenly_is_worth_each_pass_about_once():
    """Each pass counts once in full, less the share of the draws: n / (1 - 1 / times)."""
    drawn = np.tile(np.arange(N), TIMES)[None]
    values = PASSES[drawn[0]]
    low, high, needed = of_queries(values, Q, drawn, N)
    assert (low, high) == pytest.approx(quantile_interval(np.sort(values), Q, N / (2 - 1 / TIMES)), rel=1e-12)
    assert needed == 10


def test_queries_that_hardly_differ_by_their_passes_are_worth_at_most_twenty_for_each():
    drawn = np.tile(np.arange(N), TIMES)[None]
    values = np.repeat(np.arange(TIMES), N) + 1.0
    low, high, needed = of_queries(values, Q, drawn, N)
    assert (low, high) == pytest.approx(quantile_interval(np.sort(values), Q, N / (0.1 + 1 / TIMES)), rel=1e-12)
    assert needed == 10


def test_queries_are_worth_at_least_as_many_as_can_be_made_of_different_passes():
    """Of two passes that are always the same one each counts twice, so that their worth is n / 2."""
    drawn = np.tile(np.arange(N), TIMES)[None].repeat(2, axis=0)
    values = 2 * PASSES[drawn[0]]
    low, high, needed = of_queries(values, Q, drawn, N)
    assert (low, high) == pytest.approx(quantile_interval(np.sort(values), Q, N / (4 + 1 / TIMES)), rel=1e-12)
    assert needed == 20


def test_queries_that_are_all_alike_are_known():
    drawn = np.tile(np.arange(N), TIMES)[None]
    assert of_queries(np.full(N * TIMES, 3.0), Q, drawn, N) == (3.0, 3.0, 10)


@pytest.mark.parametrize(("k", "q", "needed"), [(1, 0.9, 10), (3, 0.9, 30), (4, 0.95, 80), (3, 0.5, 6), (5, 0.3, 10)])
def test_too_few_passes_tell_how_many_it_takes(k, q, needed):
    drawn = np.tile(np.arange(needed), 3)[None].repeat(k, axis=0)
    values = drawn.sum(axis=0) + 1.0
    low, high, told = of_queries(values, q, drawn, needed)
    assert low <= np.quantile(values, q) <= high
    assert told == needed
    few = drawn[:, drawn[0] < needed - 1]
    low, high, told = of_queries(few.sum(axis=0) + 0.0, q, few, needed - 1)
    assert math.isnan(low)
    assert math.isnan(high)
    assert told == needed


def test_a_wave_of_two_is_worth_what_its_passes_add_to_the_share():
    """Of all pairs: a pass below the quantile of one at p adds p - p^2 twice, one above it -p^2 twice."""
    n, p = 60, 0.9
    passes = np.sqrt(np.arange(1.0, n + 1))
    drawn = np.array([(a, b) for a in range(n) for b in range(n)]).T
    values = passes[drawn].max(axis=0)
    share = p**2
    most = share * (1 - share)
    worth = n * most / (4 * p**3 * (1 - p) - 2 * most / n)
    low, high, needed = of_queries(values, share, drawn, n)
    expected = quantile_interval(np.sort(values), share, 1 / (2 / worth + 1 / n**2))
    assert (low, high) == pytest.approx(expected, rel=1e-12)
    assert needed == 11


def test_queries_at_the_quantile_itself_count_as_below_it():
    drawn = np.tile(np.arange(N), TIMES)[None]
    values = np.minimum(PASSES[drawn[0]], PASSES[170])
    low, high, _ = of_queries(values, Q, drawn, N)
    assert (low, high) == pytest.approx(quantile_interval(np.sort(values), Q, N / (2 + 1 / TIMES)), rel=1e-12)
    assert low < high == PASSES[170]
