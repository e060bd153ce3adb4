"""After how many passes queries end: counted by hand from the share that is still running."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from moo_inference.errors import SettingError
from moo_inference.estimators.ends import Ends, looks_before, refuse_many_shares

K = np.array([1, 2, 3, 5, 6])


def ends():
    """Looks after 2 and 4 passes: four in ten stop at the first, three in ten at the second."""
    return Ends.of(K, 2, np.array([1.0, 0.6, 0.3]))


def test_queries_stop_at_looks_before_their_last_pass():
    found = ends()
    assert found.looks.tolist() == [2, 4]
    assert_allclose(found.stopped, [[0, 0], [0, 0], [0.4, 0], [0.4, 0.3], [0.4, 0.3]])
    assert found.full.tolist() == [1, 1, 0.6, 0.3, 0.3]
    assert_allclose(found.stopped.sum(axis=1) + found.full, 1)


def test_looks_at_which_nothing_runs_any_more_are_left_out():
    found = Ends.of(np.array([3, 9]), 2, np.array([1.0, 0.5, 1e-18, 0.0, 0.0]))
    assert found.looks.tolist() == [2, 4]
    assert found.stopped.tolist() == [[0.5, 0], [0.5, 0.5]]
    assert found.full.tolist() == [0.5, 1e-18]
    one = Ends.of(np.array([9]), 2, np.array([1.0, 0.5, 2e-17, 0.0]))
    assert one.looks.tolist() == [2, 4, 6]


def test_an_expectation_is_over_looks_and_the_last_pass():
    found = ends()
    at_k = np.array([10.0, 20, 30, 50, 60])
    assert_allclose(found.mean(np.array([2.0, 4]), at_k), [10, 20, 0.8 + 18, 0.8 + 1.2 + 15, 0.8 + 1.2 + 18])
    own = np.arange(10.0).reshape(5, 2)
    assert_allclose(found.mean(own, at_k), [10, 20, 0.4 * 4 + 18, 0.4 * 6 + 0.3 * 7 + 15, 0.4 * 8 + 0.3 * 9 + 18])
    later = Ends.of(np.array([8]), 2, np.array([1.0, 0.6, 0.3, 0.1]))
    assert_allclose(later.mean(np.array([2.0, 4, 6]), np.array([8.0])), [0.4 * 2 + 0.3 * 4 + 0.2 * 6 + 0.1 * 8])
    never = Ends.of(np.array([1, 2]), 4, np.array([1.0]))
    assert never.mean(np.empty(0), np.array([3.0, 4])).tolist() == [3, 4]


def test_shares_of_passes_are_by_the_pass_after_which_queries_end():
    assert_allclose(
        ends().passes,
        [
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, 0, 0],
            [0, 0.4, 0.6, 0, 0, 0],
            [0, 0.4, 0, 0.3, 0.3, 0],
            [0, 0.4, 0, 0.3, 0, 0.3],
        ],
    )


def test_some_values_of_k_keep_their_shares():
    found = ends().take(np.array([3, 0]))
    assert (found.k.tolist(), found.looks.tolist(), found.full.tolist()) == ([5, 1], [2, 4], [0.3, 1])
    assert_allclose(found.stopped, [[0.4, 0.3], [0, 0]])


@pytest.mark.parametrize(
    ("k", "batch", "looks"), [([1, 9, 5], 4, [4, 8]), ([8], 4, [4]), ([4], 4, []), ([3], 1, [1, 2]), ([1], 1, [])]
)
def test_queries_look_after_each_batch_before_the_largest_k(k, batch, looks):
    assert looks_before(np.array(k), batch).tolist() == looks


def test_more_shares_than_fit_into_memory_are_refused():
    refuse_many_shares(np.array([2**23, 1]))
    refuse_many_shares(np.array([2**24]))
    with pytest.raises(SettingError) as refused:
        refuse_many_shares(np.array([1, 2**23 + 1]))
    assert refused.value.errors == (
        "where passes stop early, the numbers of k times the largest k must be at most 16,777,216, got 2 times "
        "8,388,609: raise k_step",
    )
