"""How many passes run where queries stop early, and what is known of quantiles: joined, taken, counted."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moo_inference as mi
from moo_inference.estimators.curve import BudgetView, Evidence, ScalingCurve, TailEvidence

SCENARIO = mi.Scenario(name="S", c_max=4, t_max=8, a_min=0.0)


def curve_of(k, passes=None, views=None):
    table = np.arange(15.0) + np.array(k)[:, None]
    curve = ScalingCurve.from_table(np.array(k), table, np.array(k) / 100, views=views)
    passes = None if passes is None else np.array(passes)
    return ScalingCurve(curve.k, curve.quantities, curve.error, curve.views, passes=passes)


def tails_of(start):
    numbers = start + np.arange(6.0).reshape(2, 3)
    return TailEvidence(numbers, numbers + 0.25, numbers + 0.5)


def view_of(start, tails=None):
    return BudgetView(start + np.arange(6.0).reshape(2, 3), start + np.arange(2.0), tails)


def test_passes_that_run_are_counted_by_their_shares():
    curve = curve_of([2, 3], [[0.25, 0.75, 0], [0.5, 0.25, 0.25]])
    assert curve.mean_passes.tolist() == [1.75, 1.75]
    assert curve_of([2, 7]).mean_passes.tolist() == [2.0, 7.0]
    assert curve_of([2, 7]).mean_passes.dtype == float


@pytest.mark.parametrize(
    ("q", "first", "second"),
    [(0.25, 1, 1), (0.26, 2, 1), (0.5, 2, 1), (0.51, 2, 2), (0.75, 2, 2), (0.76, 2, 3), (1.0, 2, 3)],
)
def test_a_share_of_the_queries_runs_no_more_passes_than(q, first, second):
    curve = curve_of([2, 3], [[0.25, 0.75, 0], [0.5, 0.25, 0.25]])
    assert curve.passes_within(q).tolist() == [first, second]


def test_shares_that_miss_one_by_rounding_count_as_reached():
    tenths = curve_of([10], [[0.1] * 10])
    assert np.cumsum([0.1] * 10)[7] < 0.8
    assert tenths.passes_within(0.8).tolist() == [8]
    lacking = curve_of([4, 4], [[0.5, 0.4, 0, 0], [0.5, 0.5, 0, 0]])
    assert lacking.passes_within(1.0).tolist() == [4, 2]
    assert curve_of([3, 9]).passes_within(0.5).tolist() == [3, 9]


def test_joined_curves_keep_which_passes_run():
    stopped, plain = curve_of([2, 2], [[0.25, 0.75], [1, 0]]), curve_of([1, 3])
    joined = ScalingCurve.joined([plain, stopped])
    assert joined.passes.tolist() == [[1, 0, 0], [0, 0, 1], [0.25, 0.75, 0], [1, 0, 0]]
    assert_allclose(joined.mean_passes, np.append(plain.mean_passes, stopped.mean_passes))
    assert ScalingCurve.joined([plain, plain]).passes is None
    assert joined.take(np.array([3, 1])).passes.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_joined_curves_have_as_many_columns_as_passes_that_run():
    beyond = curve_of([2], [[0, 0, 0, 1, 0]])
    assert ScalingCurve.joined([beyond, curve_of([1])]).passes.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]
    assert ScalingCurve.joined([beyond, curve_of([6])]).passes.tolist() == [[0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]]


def test_what_is_known_of_quantiles_is_joined_row_by_row():
    joined = BudgetView.joined([view_of(0, tails_of(10)), view_of(20), view_of(30, tails_of(40))])
    unknown = np.full((2, 3), np.nan)
    assert_array_equal(joined.tails.ci_low, np.vstack([tails_of(10).ci_low, unknown, tails_of(40).ci_low]))
    assert_array_equal(joined.tails.ci_high, np.vstack([tails_of(10).ci_high, unknown, tails_of(40).ci_high]))
    assert_array_equal(joined.tails.needed, np.vstack([tails_of(10).needed, unknown, tails_of(40).needed]))
    assert joined.attainment.tolist() == [0, 1, 20, 21, 30, 31]
    assert joined.values[:, 2].tolist() == [2, 5, 22, 25, 32, 35]
    assert BudgetView.joined([view_of(0), view_of(20)]).tails is None


def test_what_is_known_of_quantiles_is_taken_with_its_rows():
    rows = np.array([1, 0])
    taken = view_of(0, tails_of(10)).take(rows)
    for name in ("ci_low", "ci_high", "needed"):
        assert_array_equal(getattr(taken.tails, name), getattr(tails_of(10), name)[rows])
    assert taken.attainment.tolist() == [1, 0]
    assert view_of(0).take(rows).tails is None
    curve = curve_of([1, 2], views={SCENARIO: view_of(0, tails_of(10))})
    assert ScalingCurve.joined([curve, curve]).take(np.array([2])).views[SCENARIO].tails.needed.tolist() == [
        [10.5, 11.5, 12.5]
    ]


def test_nothing_is_known_of_an_accuracy_without_an_evaluation():
    none = Evidence.none(2)
    assert np.isnan(none.ci_low).all()
    assert np.isnan(none.ci_high).all()
    assert (none.extrapolated.tolist(), none.last.tolist()) == ([False, False], [False, False])
    tails = TailEvidence.none(4, 3)
    assert tails.ci_low.shape == tails.ci_high.shape == tails.needed.shape == (4, 3)
    assert np.isnan([tails.ci_low, tails.ci_high, tails.needed]).all()


def test_a_flat_table_warns_where_it_is_given():
    table = np.arange(30.0).reshape(2, 15)
    with pytest.warns(DeprecationWarning, match="flat table") as told:
        curve = ScalingCurve(np.array([1, 2]), table, np.zeros(2))
    assert str(told[0].message) == (
        "a ScalingCurve takes (n, m, 5) quantities now; ScalingCurve.from_table takes a flat table"
    )
    assert told[0].filename == __file__
    assert_array_equal(curve.table, table)


def test_means_and_standard_errors_are_copies():
    curve = curve_of([1, 2])
    curve.means[:] = -1
    curve.standard_errors[:] = -1
    assert curve.means.tolist() == [[1, 6, 11], [2, 7, 12]]
    assert curve.standard_errors.tolist() == [[5, 10, 15], [6, 11, 16]]
