"""Draws from an urn against fractions."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest

from moo_inference.evaluation import urn
from moo_inference.evaluation.urn import at_least_one, columns, first_marked, none_marked


def missed(plain, total, draws, step):
    """That none of so many draws is marked."""
    return prod((Fraction(plain + step * j, total + step * j) for j in range(draws)), start=Fraction(1))


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("totals", [(9, 9, 9), (9, 12, 30)])
def test_draws_that_miss_and_the_first_that_does_not_are_fractions(step, totals):
    plain, marked = np.array([6.0, 8.0, 0.0]), np.array(totals) - [6, 8, 0]
    seen = np.zeros((3, 9))
    for j, rows, block in none_marked(plain, np.array(totals, dtype=float), 8, float(step)):
        seen[rows[:, None], j] = block
        first = first_marked(marked[rows].astype(float), np.array(totals, dtype=float)[rows], j, block, float(step))
        for row, own in zip(rows.tolist(), first, strict=True):
            for draw, chance in zip(j.tolist(), own.tolist(), strict=True):
                both = missed(int(plain[row]), totals[row], draw, step) * int(marked[row])
                assert chance == pytest.approx(float(both / (totals[row] + step * draw)), rel=1e-13)
    exact = [[float(missed(int(p), t, j, step)) for j in range(9)] for p, t in zip(plain, totals, strict=True)]
    np.testing.assert_allclose(seen, exact, rtol=1e-13)
    k = np.array([7, 2, 2, 8, 1])
    some, none = at_least_one(marked.astype(float), plain, k, float(step))
    np.testing.assert_allclose(none, np.array(exact)[:, k], rtol=1e-13)
    np.testing.assert_allclose(some, 1 - np.array(exact)[:, k], rtol=1e-13)


def test_an_urn_that_is_empty_has_no_first_marked_one():
    j = np.arange(4)
    found = first_marked(np.array([2.0]), np.array([3.0]), j, np.array([[1, 1 / 3, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[2 / 3, 1 / 3, 0, 0]])


@pytest.mark.parametrize("at_once", [1, 300, 1 << 17])
def test_blocks_change_nothing_and_what_cannot_be_seen_is_0(monkeypatch, at_once):
    plain, total = np.array([2000.0, 1000.0, 1999.0]), np.array([2000.0, 2000.0, 2001.0])
    monkeypatch.setattr(urn, "_VALUES_AT_ONCE", at_once)
    found, rows_of_blocks = np.zeros((3, 1001)), []
    for j, rows, block in none_marked(plain, total, 1000):
        found[rows[:, None], j] = block
        rows_of_blocks.append(rows.tolist())
    k = np.array([0, 1, 127, 128, 129, 300, 1000])
    exact = np.array([[float(missed(int(p), int(t), d, -1)) for d in k] for p, t in zip(plain, total, strict=True)])
    np.testing.assert_allclose(found[:, k], np.where(exact > 1e-290, exact, 0), rtol=1e-12)
    assert (found[(found != 0)] >= 1e-290).all()
    if at_once == 1:
        assert rows_of_blocks[0] == [0, 1, 2]
        assert rows_of_blocks[-1] == [0, 2], "an urn that cannot miss is left"


@pytest.mark.parametrize("at_once", [1, 1 << 17])
def test_a_single_marked_ball_is_drawn_as_often_as_there_are_draws_however_rare_it_is(monkeypatch, at_once):
    monkeypatch.setattr(urn, "_VALUES_AT_ONCE", at_once)
    k = np.array([1, 100, 128, 129, 300, 1000])
    balls = np.array([1e12, 1e6, 1000.0])
    some, none = at_least_one(np.ones(3), balls - 1, k)
    np.testing.assert_allclose(some, k / balls[:, None], rtol=1e-13)
    np.testing.assert_allclose(none, 1 - k / balls[:, None], atol=1e-13)


def test_columns_are_where_wanted_numbers_lie_in_a_block():
    here, inside = columns(np.array([1, 4, 5, 8, 9]), np.arange(4, 9))
    assert (here.tolist(), inside.tolist()) == ([1, 2, 3], [0, 1, 4])
    here, inside = columns(np.array([1, 20]), np.arange(4, 9))
    assert (here.tolist(), inside.tolist()) == ([], [])
