"""Queries of several models at once, of money and what else adds up, against a twin that tries every order."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts

N = (4, 2, 4, 3)
"""Attempts at each question; those with as many make a block, so blocks are questions 1; 3; 0 and 2."""

JOULES = (0.5, 2.0)


def model_of(seed, keep="oracle", n=N, graded=False, beyond="refuse"):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(len(n)), n)
    s = len(question)
    worth = rng.integers(0, 4, s) / 3 if graded else rng.integers(0, 2, s)
    found = QuestionAttempts.of(
        question, worth, rng.integers(1, 9, s), rng.integers(1, 9, s), keep=keep, tokens=rng.integers(1, 9, (2, s))
    )
    return replace(found, beyond=beyond)


def queries_of(attempts, parallel=2, ideal=False, draws=50, most=9):
    how = Drawing(attempts[0].keep, parallel, ideal, draws, 1)
    return Queries(attempts, how, most, [each.spent([JOULES]) for each in attempts])


def seconds_of(seconds, parallel, ideal):
    if ideal:
        return sum(seconds) / parallel
    return sum(max(seconds[start : start + parallel]) for start in range(0, len(seconds), parallel))


def every_query(attempts, k, parallel=2, ideal=False):
    """For each question an array of (cost, joules, seconds, worth) of the queries of all orders of its attempts."""
    cost, joules = attempts.spent([JOULES])
    best = max if attempts.keep == "oracle" else min
    found = []
    for place in range(len(attempts.n)):
        rows = np.flatnonzero(attempts.place == place)
        orders = [list(order) for order in itertools.permutations(rows, min(k, len(rows)))]
        found.append(
            np.array(
                [
                    (
                        cost[order].sum(),
                        joules[order].sum(),
                        seconds_of(attempts.seconds[order], parallel, ideal),
                        best(attempts.worth[order]),
                    )
                    for order in orders
                ]
            )
        )
    return found


def share_of(queries, *limits):
    """The share of each question's queries within limits of cost, joules and seconds, and worth at least the last."""
    *most, least = limits
    return [
        np.mean(
            np.logical_and.reduce(
                [own[:, column] <= limit for column, limit in enumerate(most) if limit is not None]
                + [own[:, 3] >= least]
            )
        )
        for own in queries
    ]


LIMITS = (
    (9.0, None, None, 0.0),
    (None, 14.0, None, 0.0),
    (None, None, 6.0, 0.0),
    (9.0, 14.0, 6.0, 0.0),
    (9.0, 14.0, None, 0.6),
    (None, None, None, 0.6),
    (0.0, None, None, 0.0),
)


@pytest.mark.parametrize("keep", ["oracle", "all"])
@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize(("parallel", "ideal"), [(1, False), (2, False), (5, False), (2, True)])
def test_each_model_and_question_meets_limits_as_often_as_all_orders_do(keep, graded, parallel, ideal):
    attempts = [model_of(seed, keep, graded=graded) for seed in (3, 4)]
    queries = queries_of(attempts, parallel, ideal).of(2)
    assert not queries.drawn
    assert queries.graded == graded
    assert queries.passes(4) is None
    orders = [every_query(each, 2, parallel, ideal) for each in attempts]
    for cost, joules, seconds, worth in LIMITS:
        expected = np.array([share_of(own, cost, joules, seconds, worth) for own in orders])
        found = queries.share_within(cost, seconds, worth, [joules])
        np.testing.assert_allclose(found.value, expected.mean(axis=1), rtol=1e-12, atol=1e-15)
        assert found.se.tolist() == [0.0, 0.0]
        if joules is None:
            assert queries.share_within(cost, seconds, worth).value.tolist() == found.value.tolist()
        if not worth:
            shares = queries.shares_by_question(cost, seconds, [joules])
            np.testing.assert_allclose(shares, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("parallel", "ideal"), [(1, False), (2, False), (5, False), (2, True)])
@pytest.mark.parametrize("k", [1, 2])
def test_the_distribution_of_each_quantity_is_that_of_all_orders(k, parallel, ideal):
    attempts = [model_of(seed, graded=True) for seed in (3, 4)]
    source = queries_of(attempts, parallel, ideal)
    queries = source.of(k)
    for row, each in enumerate(attempts):
        orders = every_query(each, k, parallel, ideal)
        weights = np.concatenate([np.full(len(own), 1 / len(own) / len(orders)) for own in orders])
        mixtures = (queries.spent(0), queries.spent(1), queries.seconds, queries.worth)
        for column, mixture in enumerate(mixtures):
            values = np.concatenate([own[:, column] for own in orders])
            variance = weights @ (values - weights @ values) ** 2
            np.testing.assert_allclose(mixture.variance[row], variance, rtol=1e-12)
            if column < 2:
                np.testing.assert_allclose(queries.spent_variance(column)[row], variance, rtol=1e-12)
            order = np.argsort(values)
            for q in (0.07, 0.33, 0.61, 0.97):
                least = values[order][np.searchsorted(np.cumsum(weights[order]), q - 1e-12)]
                assert mixture.quantiles([q])[row, 0] == pytest.approx(least, abs=1e-9)
        means = np.array([own.mean(axis=0) for own in orders])[source.rows[row]]
        ks = np.array([k])
        found = (*source.expected_spent(ks), source.expected_seconds(ks))
        for column, table in enumerate(found):
            np.testing.assert_allclose(table[row, :, 0], means[:, column], rtol=1e-12)
    right, wrong = source.expected_accuracy(np.array([k]))
    np.testing.assert_allclose(right + wrong, 1.0)
    expected = [[own[:, 3].mean() for own in every_query(each, k)] for each in attempts]
    np.testing.assert_allclose(right[..., 0], expected, rtol=1e-12)


def test_means_of_several_k_are_those_of_each_alone():
    queries = queries_of([model_of(3), model_of(4)])
    k = np.array([2, 1])
    for table in (
        queries.expected_seconds,
        lambda k: queries.expected_spent(k)[1],
        lambda k: queries.expected_accuracy(k)[0],
    ):
        np.testing.assert_allclose(table(k), np.concatenate([table(k[:1]), table(k[1:])], axis=2), rtol=1e-14)
        assert table(k).shape == (2, 4, 2)


def test_clusters_are_those_of_the_questions():
    attempts = QuestionAttempts.of([1, 2, 2], [1, 0, 1], [1] * 3, [1] * 3, cluster=["x", "y", "y"])
    queries = Queries([attempts], Drawing("oracle", 2, False, 50, 1), 1)
    assert queries.clusters.tolist() == ["x", "y"]


def test_blocks_are_the_questions_with_as_many_attempts():
    queries = queries_of([model_of(3), model_of(4)])
    assert queries.rows.tolist() == [[1, 3, 0, 2]] * 2
    assert (queries.questions, queries.amounts, queries.keep, queries.clusters) == (4, 2, "oracle", None)
    assert queries.most_passes(3) == 3
    alone = Queries([model_of(3)], Drawing("oracle", 2, False, 50, 1), 9)
    assert alone.amounts == 1
    assert alone.blocks[0].spent[0].tolist() == queries.blocks[0].spent[0][:1].tolist()


def test_the_error_of_shares_is_that_of_the_draws_of_each_question(monkeypatch):
    """Of q questions with shares p, from t draws each: the root of the sum of p (1 - p) / t, by q."""
    attempts = [model_of(seed, n=(4, 3, 4, 3)) for seed in (3, 4)]
    expected = np.array([share_of(every_query(each, 2), 10.0, None, 7.0, 0.0) for each in attempts])
    assert ((expected > 0) & (expected < 1)).sum() >= 6
    monkeypatch.setattr("moo_inference.evaluation.queries.ways_of", lambda *_: None)
    queries = queries_of(attempts, draws=20_000).of(2)
    assert queries.drawn
    found = queries.share_within(10.0, 7.0)
    np.testing.assert_allclose(found.se, np.sqrt((expected * (1 - expected)).sum(axis=1) / 20_000) / 4, rtol=0.03)
    assert (np.abs(found.value - expected.mean(axis=1)) < 4.5 * found.se).all()
    np.testing.assert_allclose(queries.shares_by_question(10.0, 7.0, [None]), expected, atol=0.016)


def test_where_some_question_has_fewer_attempts_the_variance_is_that_of_what_was_drawn():
    """And of the others, all whose attempts run: what they come to does not vary within the question."""
    attempts = [model_of(seed, n=(6, 3, 6, 3), beyond="extrapolate") for seed in (3, 5)]
    queries = queries_of(attempts, 2, draws=20_000).of(6)
    assert [part.drawn for part in queries.parts] == [True, False]
    for which in (0, 1):
        found = queries.spent_variance(which)
        np.testing.assert_array_equal(found, queries.spent(which).variance)
        for row, each in enumerate(attempts):
            amounts = each.spent([JOULES])[which]
            own = [amounts[each.place == place] for place in range(4)]
            # Three waves of two: of 6 attempts each once; of 3 each wave draws two of them anew.
            means = np.array([6 * values.mean() for values in own])
            # A sum of two of n without replacement has the variance 2 (n - 2) / (n - 1) of one.
            within = [0 if len(values) == 6 else 3 * 2 * (3 - 2) / (3 - 1) * values.var() for values in own]
            assert found[row] == pytest.approx(means.var() + np.mean(within), rel=0.03)


def test_drawn_amounts_have_the_quantiles_of_what_was_drawn(monkeypatch):
    attempts = [model_of(seed, n=(4, 4, 3, 3)) for seed in (3, 4)]
    exact = queries_of(attempts).of(3)
    monkeypatch.setattr("moo_inference.evaluation.queries.ways_of", lambda *_: None)
    drawn = queries_of(attempts, draws=4000).of(3)
    for which in (0, 1):
        for part in drawn.spent(which).parts:
            assert part.weights is None
        found = drawn.spent(which).quantiles([0.3, 0.8])
        assert (exact.spent(which).quantiles([0.27, 0.77]) <= found).all()
        assert (found <= exact.spent(which).quantiles([0.33, 0.83])).all()
    low, high = (exact.seconds.quantiles([q]) for q in (0.47, 0.53))
    assert ((low <= drawn.seconds.quantiles([0.5])) & (drawn.seconds.quantiles([0.5]) <= high)).all()
