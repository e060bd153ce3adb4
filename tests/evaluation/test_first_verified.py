"""Means of queries that stop at the first verified attempt, of several k and models at once, against all orders."""

import numpy as np
import pytest
from test_stopped_queries import attempts_of, enumerated, queries_of

from moo_inference.evaluation.first_verified import first_verified, mean_of_ties
from moo_inference.evaluation.stack import stacked
from moo_inference.evaluation.stop import Stop

SIZES = (4,) * 5
K = [4, 1, 3, 2]


@pytest.mark.parametrize(
    ("keep", "graded", "level"), [("oracle", False, 1.0), ("oracle", True, 0.7), ("verifier", False, 0.6)]
)
@pytest.mark.parametrize(("parallel", "ideal"), [(1, False), (2, False), (3, False), (9, False), (2, True), (1, True)])
def test_means_are_those_of_all_orders_of_each_model(keep, graded, level, parallel, ideal):
    models = [attempts_of(np.random.default_rng(seed), keep, SIZES, graded) for seed in (1, 2)]
    [block] = stacked(models, [[each.cost, each.cost * 3] for each in models])
    (cost, triple), seconds, right, wrong = first_verified(block, level, np.array(K), parallel, ideal)
    np.testing.assert_allclose(triple, 3 * cost, rtol=1e-12)
    np.testing.assert_allclose(right + wrong, 1.0, rtol=1e-9)
    for row, own in enumerate(models):
        for column, k in enumerate(K):
            expected = enumerated(own, Stop("first-verified", level), k, parallel, ideal)
            found = np.stack([table[row, :, column] for table in (cost, seconds, right)], axis=1)
            np.testing.assert_allclose(found, expected[:, :3], rtol=1e-9, atol=1e-12)


def test_of_equal_values_each_is_worth_what_they_are_worth_together():
    ranked = np.array([[[1.0, 1.0, 2.0, 3.0], [3.0, 3.0, 3.0, 4.0]]])
    worth = np.array([[[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.5, 0.25]]])
    assert mean_of_ties(ranked, worth).tolist() == [[[0.5, 0.5, 1.0, 0.0], [0.5, 0.5, 0.5, 0.25]]]


@pytest.mark.parametrize(
    ("keep", "stop"), [("oracle", Stop("first-verified")), ("majority", Stop("vote-until-sure", 0.8))]
)
def test_several_k_are_each_as_alone_whether_they_run_in_one_batch_or_more(keep, stop):
    attempts = attempts_of(np.random.default_rng(4), keep)
    queries = queries_of(attempts, stop, 2)
    k = np.array([4, 1, 3, 2])

    def tables(k):
        return queries.expected_spent(k)[0], queries.expected_seconds(k), *queries.expected_accuracy(k)

    together, alone = tables(k), [tables(np.array([one])) for one in k]
    for place, table in enumerate(together):
        assert table.shape == (1, 5, 4)
        np.testing.assert_allclose(table, np.concatenate([one[place] for one in alone], axis=2), rtol=1e-12)
