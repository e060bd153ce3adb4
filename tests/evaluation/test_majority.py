import itertools
from fractions import Fraction
from math import comb, factorial, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from moo_inference.errors import SettingError
from moo_inference.evaluation import majority, win_probabilities, win_probabilities_of
from moo_inference.evaluation.majority import cost


def shares(counts):
    """Who wins a vote, ties split evenly."""
    winners = [answer for answer, votes in enumerate(counts) if votes == max(counts) > 0]
    return {answer: Fraction(1, len(winners)) for answer in winners}


def by_counting(votes, absent, k):
    """Exact fractions: all ways in which k draws fall on the answers."""
    won = [Fraction(0)] * len(votes)
    for drawn in itertools.product(*(range(min(v, k) + 1) for v in votes)):
        rest = k - sum(drawn)
        if 0 <= rest <= absent:
            ways = comb(absent, rest)
            for v, j in zip(votes, drawn, strict=True):
                ways *= comb(v, j)
            for answer, share in shares(drawn).items():
                won[answer] += share * ways
    return [w / comb(sum(votes) + absent, k) for w in won]


def by_multinomial(p, k):
    """Exact fractions: all ways in which k independent samples fall on answers of probability p."""
    rest = 1 - sum(p)
    won = [Fraction(0)] * len(p)
    for drawn in itertools.product(range(k + 1), repeat=len(p)):
        nobody = k - sum(drawn)
        if nobody >= 0:
            ways = Fraction(factorial(k)) / factorial(nobody) * rest**nobody
            for probability, j in zip(p, drawn, strict=True):
                ways = ways * probability**j / factorial(j)
            for answer, share in shares(drawn).items():
                won[answer] += share * ways
    return won


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 3))
def test_equals_counting_all_draws(votes, absent):
    n = sum(votes) + absent
    k = range(1, n + 1)
    won = win_probabilities(votes, k, absent=absent)
    for column, each in enumerate(k):
        np.testing.assert_allclose(won[:, column], [float(x) for x in by_counting(votes, absent, each)], atol=1e-13)


@pytest.mark.parametrize("p", [(0.4, 0.6), (0.5, 0.25, 0.125), (0.25, 0.25, 0.25, 0.25), (0.5,), (0.125, 0.125, 0.5)])
def test_equals_counting_all_independent_samples(p):
    k = range(1, 8)
    won = win_probabilities_of(p, k)
    for column, each in enumerate(k):
        exact = by_multinomial([Fraction(x).limit_denominator(1000) for x in p], each)
        np.testing.assert_allclose(won[:, column], [float(x) for x in exact], atol=1e-13)


def test_two_answers_follow_the_binomial_tail_and_voting_makes_it_worse():
    """0.4 right against one wrong answer of 0.6: with odd k, right wins with more than half of the votes."""
    k = np.array([1, 3, 11, 101, 501])
    won = win_probabilities_of([0.4, 0.6], k)[0]
    np.testing.assert_allclose(won, binom.sf(k // 2, k, 0.4), rtol=1e-10)
    assert won[1:4].round(3).tolist() == [0.352, 0.247, 0.021]
    assert (np.diff(won) < 0).all()


def test_even_k_splits_the_ties():
    k = np.array([2, 4, 10])
    won = win_probabilities_of([0.4, 0.6], k)[0]
    np.testing.assert_allclose(won, binom.sf(k // 2, k, 0.4) + binom.pmf(k // 2, k, 0.4) / 2, rtol=1e-12)


@pytest.mark.parametrize(
    "votes",
    [[100, 50, 20, 10, 5] + [1] * 71, [64] * 4, [1] * 256, [255, 1], [500, 300] + [20] * 10, list(range(1, 24))],
)
def test_some_answer_always_wins(votes):
    k = np.arange(1, sum(votes) + 1)
    won = win_probabilities(votes, k)
    np.testing.assert_allclose(won.sum(axis=0), 1, atol=2e-12)
    np.testing.assert_allclose(won[:, 0], np.array(votes) / sum(votes), rtol=1e-13)
    leaders = np.array(votes) == max(votes)
    np.testing.assert_allclose(won[:, -1], leaders / leaders.sum(), atol=2e-12)


def test_answers_with_equal_votes_win_equally_often():
    won = win_probabilities([3, 7, 3, 7], range(1, 21))
    assert (won[0] == won[2]).all()
    assert (won[1] == won[3]).all()


def test_absent_answers_never_win():
    won = win_probabilities([1], [1, 2, 5], absent=9)
    np.testing.assert_allclose(won[0], [0.1, 0.2, 0.5], rtol=1e-13)
    np.testing.assert_allclose(win_probabilities_of([0.1], [1, 2, 5])[0], 1 - 0.9 ** np.array([1, 2, 5]), rtol=1e-12)


def test_many_samples_come_near_independent_ones():
    many = win_probabilities([4000, 3500, 2500], [5, 20])
    independent = win_probabilities_of([0.4, 0.35, 0.25], [5, 20])
    np.testing.assert_allclose(many, independent, atol=2e-3)
    assert np.abs(many - win_probabilities_of([0.41, 0.34, 0.25], [5, 20])).max() > 5e-3


def test_cost_grows_with_what_has_to_be_counted():
    assert cost([100, 100], 64) < cost([100, 100], 128) < cost([100, 90, 10], 128) < cost(list(range(1, 24)), 128)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(SettingError, match="too many ways to be counted; simulate them"):
        win_probabilities([1500, 1500], 1500)
    with pytest.raises(SettingError, match="k must be at most 690"):
        win_probabilities_of([0.5], 691)
    with pytest.raises(SettingError, match="k must be at most n = 3"):
        win_probabilities([2], 4, absent=1)
    with pytest.raises(SettingError, match="absent must be a whole number of at least 0, got -1"):
        win_probabilities([2], 1, absent=-1)
    for p in ([0.6, 0.6], [0.0, 0.5], [-0.1], [float("nan")], []):
        with pytest.raises(SettingError, match="p must be positive probabilities"):
            win_probabilities_of(p, 1)


def test_an_answer_that_is_certain_always_wins_and_690_passes_can_be_counted():
    np.testing.assert_allclose(win_probabilities_of([1.0], [1, 3, 690]), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("votes", "k"),
    [([1] * 256, 64), ([1] * 8, 8), ([100, 100], 64), ([100, 100], 1), ([100, 90, 10], 128), (list(range(1, 24)), 100)],
)
def test_cost_is_of_the_size_of_the_multiplications_that_are_made(votes, k, monkeypatch):
    """Up to a factor of 6, and not below: each call for a product counts as so many of its own."""
    made, convolve = [], np.convolve

    def counted(a, b):
        made.append(len(a) * len(b) + 2e4)
        return convolve(a, b)

    majority._shared_wins.cache_clear()
    monkeypatch.setattr(np, "convolve", counted)
    win_probabilities(votes, k)
    assert sum(made) < cost(votes, k) < 6 * sum(made)


@pytest.mark.parametrize(
    ("votes", "absent"), [((2, 2, 2), 1), ((4, 4, 2, 2, 1), 0), ((5, 3, 3), 2), ((3, 1, 1, 1, 1, 1), 1), ((6,), 2)]
)
def test_some_votes_equal_counting_all_draws(votes, absent):
    k = range(1, sum(votes) + absent + 1)
    won = win_probabilities(votes, k, absent=absent)
    exact = np.array([[float(x) for x in by_counting(votes, absent, each)] for each in k]).T
    np.testing.assert_allclose(won, exact, atol=1e-13)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (9, 2), (9, 4), (9, 5), (9, 9), (10, 5), (101, 50), (400, 30)])
def test_ways_are_as_many_as_the_largest_binomial_coefficient(n, k):
    assert majority.log_ways(n, k) == pytest.approx(log(max(comb(n, j) for j in range(k + 1))), rel=1e-12, abs=1e-12)
