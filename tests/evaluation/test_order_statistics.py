"""Expected extremes and times of some of a question's attempts, against all subsets and all orders."""

from itertools import combinations, permutations

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation.order_statistics import (
    doublings,
    expected_largest,
    expected_seconds,
    expected_wave,
    largest_weights,
)

SECONDS = np.sort(np.random.default_rng(4).integers(1, 30, (2, 5)).astype(float), axis=1)


def test_the_expected_largest_is_the_mean_over_all_subsets():
    m = np.array([3, 0, 5, 1, 3])
    found = expected_largest(SECONDS, m)
    for row, values in enumerate(SECONDS):
        expected = [np.mean([max(some, default=0.0) for some in combinations(values, size)]) for size in m.tolist()]
        np.testing.assert_allclose(found[row], expected, rtol=1e-13)
    assert largest_weights(4, (0, 2)).tolist()[0] == [0.0] * 4
    np.testing.assert_allclose(largest_weights(4, (0, 2))[1], np.array([0, 1, 2, 3]) / 6, rtol=1e-13)
    with pytest.raises(SettingError, match="k must be at most n = 5"):
        expected_largest(SECONDS, np.array([6]))


@pytest.mark.parametrize("parallel", [1, 2, 3, 4, 7])
def test_waves_take_as_long_as_over_all_orders(parallel):
    k = np.array([5, 1, 4, 2, 3])
    found = expected_seconds(SECONDS, k, parallel, "waves")
    for row, values in enumerate(SECONDS):
        expected = [
            np.mean(
                [sum(max(o[i : i + parallel]) for i in range(0, size, parallel)) for o in permutations(values, size)]
            )
            for size in k.tolist()
        ]
        np.testing.assert_allclose(found[row], expected, rtol=1e-12)


def test_ideal_times_are_means_by_the_passes_at_the_same_time():
    found = expected_seconds(SECONDS, np.array([1, 6]), 4, "ideal")
    np.testing.assert_allclose(found, SECONDS.mean(axis=1)[:, None] * [1 / 4, 6 / 4], rtol=1e-14)


@pytest.mark.parametrize(("n", "half"), [(2, 1), (5, 2), (8, 4)])
def test_doublings_are_steps_from_half_of_the_attempts_to_all(n, half):
    step = n / half
    found = doublings(n, np.array([n, n * step, n * step**2, n * step**0.5]))
    np.testing.assert_allclose(found, [0, 1, 2, 0.5], atol=1e-12)


def test_a_wave_is_extrapolated_beyond_the_attempts_alone():
    largest = expected_largest(SECONDS, np.array([2, 5]))
    step = largest[:, 1] - largest[:, 0]
    found = expected_wave(SECONDS, np.array([2, 5, 12]))
    np.testing.assert_allclose(found[:, :2], largest, rtol=1e-13)
    np.testing.assert_allclose(found[:, 2], largest[:, 1] + step * np.log(12 / 5) / np.log(5 / 2), rtol=1e-13)
    np.testing.assert_array_equal(expected_wave(SECONDS, np.array([2, 5])), found[:, :2])
    waves = expected_seconds(SECONDS, np.array([26]), 12, "waves")
    np.testing.assert_allclose(waves[:, 0], 2 * found[:, 2] + largest[:, 0], rtol=1e-13)
