"""The ways of a question against all orders of its attempts."""

import itertools
from collections import Counter
from math import comb

import numpy as np
import pytest

from moo_inference.evaluation.ways import MOST_WAYS, slowest_sets, ways_of


def columns(table):
    """The attempts of each column of a table of zeros and ones."""
    return [tuple(np.flatnonzero(column).tolist()) for column in table.T]


@pytest.mark.parametrize(("n", "k", "wave"), [(5, 3, 2), (5, 4, 2), (6, 4, 3), (4, 4, 1), (5, 3, 3), (5, 2, 4)])
def test_ways_are_those_of_all_orders(n, k, wave):
    """Of each set of slowest attempts: how often it comes, and how often where the subset is known."""
    together, every = Counter(), list(itertools.permutations(range(n), k))
    for order in every:
        slowest = tuple(sorted(max(order[start : start + wave]) for start in range(0, k, wave)))
        together[slowest, tuple(sorted(order))] += 1
    found = ways_of(n, k, wave)
    subsets, sets = columns(found.subsets), columns(found.slowest)
    assert [tuple(row) for row in found.chosen.tolist()] == subsets == list(itertools.combinations(range(n), k))
    assert len(set(sets)) == len(sets)
    assert set(sets) == {slowest for slowest, _ in together}
    within = found.within
    if within is None:
        within = np.zeros((len(sets), len(subsets)))
        within[found.last, np.arange(len(subsets))] = 1
        # Then no subset has a choice.
        assert len(together) == len(subsets)
    else:
        assert found.last.shape == (0,)
    assert within.shape == (len(sets), len(subsets))
    exact = [[together[a, b] * comb(n, k) / len(every) for b in subsets] for a in sets]
    np.testing.assert_allclose(within, exact, atol=1e-14)
    np.testing.assert_allclose(found.probability, np.mean(exact, axis=1), atol=1e-14)


def test_what_questions_share_cannot_be_written_to():
    found = ways_of(6, 4, 2)
    for table in (found.subsets, found.slowest, found.within):
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 2


@pytest.mark.parametrize(("n", "k", "wave", "sets"), [(11, 4, 3, 3), (10, 5, 4, 4), (1000, 1, 1, 1), (1001, 1, 1, 1)])
def test_ways_are_counted_where_subsets_with_their_sets_are_at_most_a_thousand(n, k, wave, sets):
    assert len(slowest_sets(k, wave, 1000)) == sets
    assert (ways_of(n, k, wave) is not None) == (comb(n, k) * sets <= MOST_WAYS == 1000)


@pytest.mark.parametrize(("k", "wave"), [(6, 2), (7, 3), (8, 5)])
def test_as_many_sets_as_there_may_be_are_given_and_one_more_is_too_many(k, wave):
    every = slowest_sets(k, wave, 1000)
    assert slowest_sets(k, wave, len(every)) == every
    assert slowest_sets(k, wave, len(every) - 1) is None
