import pytest

from moo_inference.errors import SettingError
from moo_inference.pareto.grid import pass_grid


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
    assert list(pass_grid(**options)) == list(grid)


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
        pass_grid(**options)


def test_all_faults_are_told_at_once():
    with pytest.raises(SettingError) as caught:
        pass_grid(-1, 0, 0)
    assert len(caught.value.faults) == 3
