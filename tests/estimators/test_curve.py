"""The arrays of a scaling curve: which column is which, what joins and what is left, what cannot be changed."""

import dataclasses

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.estimators.curve import (
    BudgetView,
    Evidence,
    Quantity,
    ScalingCurve,
    columns_of,
    joined_evidence,
    objectives_of,
)

SUFFIXES = ("", "_std", "_low", "_high", "_se")


def numbered(n=3, resources=("grams", "joules"), **more):
    """A curve whose every number says where it stands: row + column / 100."""
    columns = len(columns_of(resources))
    table = np.arange(n)[:, None] + np.arange(columns) / 100
    return ScalingCurve.from_table(np.arange(1, n + 1), table, np.arange(n) + 0.999, resources=resources, **more)


def evidence_of(n, start=0):
    return Evidence(np.arange(n) + start, np.arange(n) + start + 0.5, np.arange(n) > 0, np.arange(n) < 1)


def test_each_quantity_has_its_own_five_columns():
    curve = numbered()
    names = [
        f"{quantity}{suffix}" for quantity in ("cost", "time", "accuracy", "grams", "joules") for suffix in SUFFIXES
    ]
    assert curve.columns == columns_of(("grams", "joules")) == tuple(names)
    quantities = (curve.cost, curve.time, curve.accuracy, curve.resource("grams"), curve.resource("joules"))
    for place, quantity in enumerate(quantities):
        for offset, field in enumerate(dataclasses.fields(Quantity)):
            np.testing.assert_array_equal(getattr(quantity, field.name), np.arange(3) + (5 * place + offset) / 100)
    np.testing.assert_array_equal(curve.table, np.arange(3)[:, None] + np.arange(25) / 100)
    plain = ScalingCurve.from_table(curve.k, curve.table[:, :15], curve.error)
    assert (plain.views, plain.resources, plain.evidence) == ({}, (), None)
    assert plain.objectives == ("cost", "time", "error")
    assert curve.objectives == objectives_of(("grams", "joules")) == ("cost", "time", "grams", "joules", "error")


def test_objectives_stand_in_their_order_and_the_error_is_its_own():
    curve = numbered()
    assert curve.quantities.shape == (3, 5, 5)
    np.testing.assert_array_equal(curve.means, curve.table[:, [0, 5, 15, 20, 10]])
    np.testing.assert_array_equal(curve.standard_errors, curve.table[:, [4, 9, 19, 24, 14]])
    np.testing.assert_array_equal(curve.F, np.column_stack([curve.table[:, [0, 5, 15, 20]], curve.error]))
    with pytest.raises(ValueError, match="read-only"):
        curve.F[0, 0] = 1


def test_a_flat_table_is_still_taken():
    curve = numbered()
    with pytest.warns(DeprecationWarning, match="ScalingCurve.from_table"):
        same = ScalingCurve(curve.k, curve.table, curve.error, resources=curve.resources)
    np.testing.assert_array_equal(same.quantities, curve.quantities)


def test_a_frame_holds_the_table_and_the_interval_where_there_is_one():
    frame = numbered().to_frame()
    assert list(frame.columns) == ["k", *columns_of(("grams", "joules"))]
    np.testing.assert_array_equal(frame.drop(columns="k"), numbered().table)
    known = numbered(evidence=evidence_of(3)).to_frame()
    assert list(known.columns[-2:]) == ["accuracy_ci_low", "accuracy_ci_high"]
    np.testing.assert_array_equal(known["accuracy_ci_high"], [0.5, 1.5, 2.5])


def test_joined_curves_are_their_rows_one_after_the_other(essay):
    views = {essay: BudgetView(np.arange(15.0).reshape(3, 5), np.array([0.1, 0.2, 0.3]))}
    first, second = numbered(views=views, evidence=evidence_of(3)), numbered(views=views)
    joined = ScalingCurve.joined([first, second])
    assert len(joined) == 6
    for rows, part in ((slice(0, 3), first), (slice(3, 6), second)):
        again = joined.take(np.arange(6)[rows])
        np.testing.assert_array_equal(again.k, part.k)
        np.testing.assert_array_equal(again.table, part.table)
        np.testing.assert_array_equal(again.error, part.error)
        np.testing.assert_array_equal(again.views[essay].values, views[essay].values)
        np.testing.assert_array_equal(again.views[essay].attainment, views[essay].attainment)
    assert joined.resources == ("grams", "joules")
    np.testing.assert_array_equal(joined.evidence.ci_low, [0, 1, 2, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(joined.evidence.ci_high, [0.5, 1.5, 2.5, np.nan, np.nan, np.nan])
    assert joined.evidence.extrapolated.tolist() == [False, True, True, False, False, False]
    assert joined.evidence.last.tolist() == [True, False, False, False, False, False]
    assert joined.evidence.extrapolated.dtype == joined.evidence.last.dtype == bool
    assert joined.evidence.ci_low.dtype == joined.evidence.ci_high.dtype == float
    assert joined_evidence([second, second]) is None
    assert ScalingCurve.joined([second]).evidence is None


def test_what_is_taken_keeps_its_order_and_its_evidence(essay):
    views = {essay: BudgetView(np.arange(15.0).reshape(3, 5), np.array([0.1, 0.2, 0.3]))}
    curve = numbered(views=views, evidence=evidence_of(3)).take(np.array([2, 0]))
    assert curve.k.tolist() == [3, 1]
    assert curve.error.tolist() == [2.999, 0.999]
    assert curve.views[essay].attainment.tolist() == [0.3, 0.1]
    assert curve.views[essay].values[:, 0].tolist() == [10, 0]
    assert (curve.evidence.ci_low.tolist(), curve.evidence.last.tolist()) == ([2, 0], [False, True])
    assert curve.resources == ("grams", "joules")


def test_nothing_that_was_estimated_or_chosen_can_be_changed(gpt5, essay):
    curve = mi.ClosedForm().estimate(gpt5.replace(accuracy={"kind": "outcomes", "questions": {"a": "1/2"}}), [1, 2])
    front = mi.Front.from_curve(curve, essay.replace(a_min=0.1))
    things = [
        (curve, "error"),
        (curve.cost, "mean"),
        (curve.evidence, "last"),
        (BudgetView(curve.means, curve.error), "values"),
        (front, "scenario"),
        (decide(front, "accuracy-max"), "k"),
        (mi.ClosedForm(), "anything"),
        (mi.MonteCarlo(), "seed"),
        (mi.Empirical(), "seed"),
        (mi.Tabulated(curve), "curve"),
    ]
    for thing, field in things:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, field, None)
