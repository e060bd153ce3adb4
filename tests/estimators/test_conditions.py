import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions


@pytest.mark.parametrize(
    ("options", "grid"),
    [
        ({}, range(1, 129)),
        ({"k_step": 4, "k_max": 17}, [4, 8, 12, 16]),
        ({"k_step": 4, "k_min": 1, "k_max": 17}, [1, 5, 9, 13, 17]),
        ({"k_min": 7, "k_max": 7}, [7]),
        ({"k_step": 128}, [128]),
    ],
)
def test_grid(options, grid):
    assert list(Conditions(**options).grid) == list(grid)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k_step": 0}, "k_step must be a whole number of at least 1, got 0"),
        ({"k_min": 5, "k_max": 2}, "k_min <= k_max must hold, got k_min=5, k_max=2"),
        ({"k_step": 4, "k_max": 3}, r"got k_min=4, k_max=3 \(k_min is k_step unless it is given\)"),
        ({"k_max": 2.5}, "k_max must be a whole number"),
        ({"k_min": 0}, "k_min must be a whole number of at least 1, got 0"),
        ({"k_max": 10**9}, "at most 1,000,000 points"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(options, words):
    with pytest.raises(SettingError, match=words):
        Conditions(**options)


def test_all_errors_are_told_at_once():
    with pytest.raises(SettingError) as caught:
        Conditions(-1, 0, 0, 0, "fast")
    assert [message.split(" must ")[0] for message in caught.value.errors] == [
        "k_step", "k_min", "k_max", "parallel", "latency",
    ]  # fmt: skip


def test_an_empty_grid_does_not_hide_what_else_is_wrong():
    with pytest.raises(SettingError) as caught:
        Conditions(k_min=5, k_max=2, parallel=0)
    assert [message.partition(" must ")[0] for message in caught.value.errors] == ["k_min <= k_max", "parallel"]


def test_numbers_of_numpy_become_plain_ones():
    found = Conditions(np.int64(2), np.int32(8), np.int8(2), np.int64(3))
    assert found.to_dict() == {"k_min": 2, "k_max": 8, "k_step": 2, "parallel": 3, "latency": None}
    assert {type(value) for value in found.to_dict().values()} == {int, type(None)}


def test_a_grid_of_its_own_keeps_what_it_does_not_set():
    conditions = Conditions(k_min=3, k_max=9, k_step=3, parallel=2, latency="waves")
    assert conditions.with_grid(None, None, None) == conditions
    assert conditions.with_grid(1, None, 4) == Conditions(1, 9, 4, 2, "waves")
    with pytest.raises(SettingError, match="k_min <= k_max must hold, got k_min=3, k_max=2"):
        conditions.with_grid(None, 2, None)
