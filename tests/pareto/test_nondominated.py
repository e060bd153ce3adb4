"""Rows that no other dominates, against moocore and the definition."""

import moocore
import numpy as np
import pytest

from moo_inference.pareto.nondominated import FEW, is_nondominated


def by_definition(F):
    def dominated(j):
        return any(
            (F[i] <= F[j]).all() and ((F[i] < F[j]).any() or i < j)  # of equal rows the first stands
            for i in range(len(F))
            if i != j
        )

    return [not dominated(j) for j in range(len(F))]


@pytest.mark.parametrize("seed", range(30))
def test_few_rows_are_compared_as_the_definition_says(seed):
    generator = np.random.default_rng(seed)
    F = generator.integers(0, 4, (int(generator.integers(1, 25)), int(generator.integers(1, 5)))).astype(float)
    found = is_nondominated(F)
    assert found.tolist() == by_definition(F)
    assert found.tolist() == moocore.is_nondominated(F).tolist()


@pytest.mark.parametrize("n", [FEW - 1, FEW, FEW + 1])
def test_many_rows_are_compared_as_few_are(n):
    F = np.random.default_rng(n).integers(0, 9, (n, 3)).astype(float)
    assert is_nondominated(F).tolist() == by_definition(F)


def test_infinite_values_and_no_rows():
    F = np.array([[np.inf, 0.0], [1.0, 1.0], [np.inf, 1.0], [np.inf, np.inf]])
    assert is_nondominated(F).tolist() == [True, True, False, False]
    assert is_nondominated(np.empty((0, 3))).tolist() == []
