"""Distribution functions between the edges of cells: a cubic with the slopes of the neighbours, which never falls."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from moo_inference.estimators.blocks import Block, crossed, rising

MASSES = np.array([[1.0, 2, 4, 1, 8], [10, 1, 10, 0, 3]])
FIRST, STEP = np.array([5.0, -1]), np.array([2.0, 0.5])
BLOCK = Block(np.array([4, 7]), FIRST, STEP, rising(MASSES))
EDGES = FIRST[:, None] + STEP[:, None] * np.arange(5)


def by_hermite_s_basis(row, cell, t):
    """The share at a part t of a cell, from both ends and both slopes."""
    masses = np.concatenate([[0.0], MASSES[row] / MASSES[row].sum(), [0.0]])
    start = masses[: cell + 1].sum()
    own, before, after = masses[cell + 1], masses[cell], masses[cell + 2]
    first, last = min((own + before) / 2, 3 * own), min((own + after) / 2, 3 * own)
    rise = 3 * t**2 - 2 * t**3
    return start + own * rise + first * (t**3 - 2 * t**2 + t) + last * (t**3 - t**2)


def test_masses_add_up_between_two_zeros_and_a_one():
    assert_allclose(rising(np.array([[1.0, 2, 1], [0, 3, 9]])), [[0, 0, 0.25, 0.75, 1, 1], [0, 0, 0, 0.25, 1, 1]])


def test_waves_of_masses_never_make_a_share_fall():
    assert_allclose(
        rising(np.array([[5.0, -1, 6], [-1, 2, 1], [0, 0, 0]])),
        [[0, 0, 0.5, 0.5, 1, 1], [0, 0, 0, 0.5, 1, 1], [0, 0, 0, 0, 0, 1]],
    )


def test_shares_at_the_edges_are_the_sums_of_the_masses():
    for place in range(5):
        assert_allclose(BLOCK.cdf(EDGES[:, place]), MASSES[:, : place + 1].sum(axis=1) / MASSES.sum(axis=1), rtol=1e-14)
    assert_array_equal(BLOCK.cdf(FIRST - STEP), [0, 0])
    assert_array_equal(BLOCK.cdf(-1e9), [0, 0])
    assert_array_equal(BLOCK.cdf(1e9), [1, 1])


@pytest.mark.parametrize("t", [0.125, 0.5, 0.75])
def test_within_a_cell_a_share_is_a_cubic_with_the_slopes_of_its_neighbours(t):
    for cell in range(5):
        x = EDGES[:, cell] - STEP * (1 - t)
        assert_allclose(BLOCK.cdf(x), [by_hermite_s_basis(row, cell, t) for row in (0, 1)], rtol=1e-12, atol=1e-14)


def test_many_values_are_looked_up_at_once():
    x = np.linspace(-3, 16, 77)[:, None]
    found = BLOCK.cdf(x)
    assert found.shape == (77, 2)
    assert_array_equal(found, [BLOCK.cdf(float(value)) for value in x[:, 0]])
    assert (np.diff(found, axis=0) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("q", [1e-6, 0.05, 0.25, 0.4375, 0.45, 0.5, 0.9, 0.999])
def test_a_quantile_is_where_its_share_is_reached(q):
    part, own, first, last, low, step = BLOCK.around(q)
    assert ((part >= 0) & (part <= own)).all()
    assert_array_equal(step, STEP)
    found = crossed(part, own, first, last, low, step)
    assert_allclose(BLOCK.cdf(found), q, rtol=1e-8, atol=1e-9)
    assert (BLOCK.cdf(found - 0.01 * STEP) < q).all()


def test_the_largest_quantile_is_the_end_of_the_last_cell():
    assert_allclose(crossed(*BLOCK.around(1.0)), EDGES[:, -1], rtol=1e-8)


def test_of_cells_that_hold_nothing_the_end_counts():
    """Of a mass in the fourth cell alone everything lies in that cell."""
    alone = Block(np.array([0]), np.array([1.0]), np.array([1.0]), rising(np.array([[0.0, 0, 0, 1, 0]])))
    assert_array_equal(alone.cdf(np.array([3.0])), [0])
    assert_array_equal(alone.cdf(np.array([4.0])), [1])
    assert alone.cdf(np.array([3.5])) == pytest.approx(0.5)
    assert crossed(*alone.around(0.5)) == pytest.approx(3.5, abs=1e-8)
