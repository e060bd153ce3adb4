"""What a front holds besides its objectives: order, ends of the grid, stages, warnings, what is refused."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import moo_inference as mi
from moo_inference.errors import NonFiniteWarning, SettingError
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.curve import Evidence
from moo_inference.pareto.configurations import Configurations
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.front import Front, warn_of_not_finite
from moo_inference.pareto.infeasibility import Infeasibility

SCENARIO = mi.Scenario(name="S", c_max=8, t_max=8, a_min=0.3)


def curve_of(k, cost, time, accuracy, **more):
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    return ScalingCurve.from_table(np.array(k), table, 1 - np.array(accuracy, dtype=float), **more)


def staged(passes, F, ids=(("a", "b"), ("c",)), number=None, resources=()):
    """Two stages, of which the first has two models."""
    passes = np.array(passes)
    number = np.zeros_like(passes) if number is None else np.array(number)
    configurations = Configurations(passes, number, ids, ("plan", "solve"))
    return Estimates(configurations, np.array(F), resources, (None, None))


def test_a_front_takes_a_curve_and_a_scenario():
    curve = curve_of([1], [1], [1], [0.5])
    with pytest.raises(SettingError, match=r"^curve must be a ScalingCurve, got \[1, 2\]$"):
        Front.from_curve([1, 2], SCENARIO)
    with pytest.raises(SettingError, match=r"^scenario must be a Scenario, got 'S'$"):
        Front.from_curve(curve, "S")


def test_rows_of_one_model_stand_in_order_of_k_whatever_they_cost():
    front = Front.from_curve(curve_of([3, 1, 2], [1, 3, 2], [3, 1, 2], [0.5, 0.7, 0.6]), SCENARIO)
    assert front.k.tolist() == [1, 2, 3]
    assert front.F[:, 0].tolist() == [3, 2, 1]


def test_rows_of_several_models_stand_in_order_of_cost_then_of_passes():
    curve = curve_of([3, 1, 2], [1, 3, 2], [3, 1, 2], [0.5, 0.7, 0.6])
    assert Front.from_curve(curve, SCENARIO, ["a", "b", "c"]).models == ("a", "c", "b")
    same = Front.from_curve(curve_of([3, 1, 2], [1] * 3, [1] * 3, [0.5] * 3), SCENARIO, ["a", "b", "c"])
    assert same.models == ("b",)


def test_values_of_a_front_are_the_means_of_its_curve_to_the_last_bit():
    curve = curve_of([1, 2], [1, 2], [1, 2], [0.1, 0.35])
    assert 1 - (1 - 0.1) != 0.1
    front = Front.from_curve(curve, SCENARIO.replace(a_min=0.0))
    assert_array_equal(front.values, curve.means)
    assert front.accuracy.tolist() == [0.1, 0.35]


def test_what_is_known_of_an_accuracy_is_known_of_the_rows_of_a_front():
    evidence = Evidence(np.array([0.3, 0.4, 0.5]), np.array([0.6, 0.7, 0.8]), np.arange(3) > 1, np.arange(3) == 1)
    curve = curve_of([1, 2, 3], [1, 9, 3], [1, 2, 3], [0.5, 0.6, 0.7], evidence=evidence)
    [found] = Front.from_curve(curve, SCENARIO).evidence
    assert (found.ci_low.tolist(), found.ci_high.tolist()) == ([0.3, 0.5], [0.6, 0.8])
    assert (found.extrapolated.tolist(), found.last.tolist()) == ([False, True], [False, False])


def test_objectives_of_a_front_cannot_be_written_to():
    front = Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6]), SCENARIO)
    with pytest.raises(ValueError, match="read-only"):
        front.F[0, 0] = 0.0


def test_a_front_tells_how_many_rows_were_compared():
    found = Estimates.of_curve(curve_of([1, 2, 3], [1, 2, 9], [1, 2, 3], [0.5, 0.6, 0.7]))
    assert Front.of(found, SCENARIO).looked_at == 3
    assert Front.of(found, SCENARIO, looked_at=50).looked_at == 50


def test_an_end_of_the_grid_may_be_stated():
    found = Estimates.of_curve(curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6]))
    assert Front.of(found, SCENARIO).reaches_k_max == ("k = 2",)
    assert Front.of(found, SCENARIO, ends=[2]).reaches_k_max == ("k = 2",)
    assert Front.of(found, SCENARIO, ends=[3]).reaches_k_max == ()
    assert Front.of(found, SCENARIO, ends=[None]).reaches_k_max == ()


def test_an_empty_front_reaches_no_end():
    alone = Front.from_curve(curve_of([1], [9], [1], [0.5]), SCENARIO)
    assert (len(alone), alone.reaches_k_max) == (0, ())
    with pytest.warns(NonFiniteWarning):
        nothing = Front.from_curve(curve_of([1], [np.nan], [1], [0.5]), SCENARIO)
    assert (len(nothing), nothing.reaches_k_max) == (0, ())
    assert str(nothing.infeasibility) == "no k has a finite estimate"


def test_each_stage_tells_its_own_end():
    F = [[1.0, 1, 0.5], [2, 1, 0.4], [3, 1, 0.3], [9, 1, 0.1]]
    front = Front.of(staged([[1, 1], [2, 1], [2, 3], [4, 3]], F), SCENARIO)
    assert front.reaches_k_max == ("solve k = 3",)
    assert Front.of(staged([[1, 1], [2, 1], [2, 3], [4, 3]], F), SCENARIO, ends=[2, None]).reaches_k_max == (
        "plan k = 2",
    )


def test_a_front_of_stages_has_a_model_and_passes_for_each():
    F = [[2.0, 1, 0.4], [1, 1, 0.5]]
    front = Front.of(staged([[2, 1], [1, 3]], F, number=[[1, 0], [0, 0]]), SCENARIO)
    assert front.models == (("a", "c"), ("b", "c"))
    assert front.k.tolist() == [[1, 3], [2, 1]]
    assert front.describe(1) == "plan b with k = 2, solve c with k = 1"
    with pytest.raises(AttributeError, match=r"^a front of the stages plan, solve has no scaling curve; see"):
        _ = front.curve
    frame = front.to_frame()
    assert list(frame.columns) == [
        "plan model",
        "plan k",
        "solve model",
        "solve k",
        "cost",
        "time",
        "accuracy",
        "error",
    ]
    assert frame.iloc[1].tolist() == ["b", 2, "c", 1, 2.0, 1.0, 0.6, 0.4]


def test_the_frame_of_stages_ends_with_their_further_resources():
    front = Front.of(staged([[2, 1]], [[2.0, 1, 30, 40, 0.4]], resources=("grams_co2", "joules")), SCENARIO)
    assert front.to_frame().iloc[0, 4:].to_dict() == {
        "cost": 2, "time": 1, "accuracy": 0.6, "error": 0.4, "grams_co2": 30, "joules": 40,
    }  # fmt: skip


def test_a_reason_that_is_given_takes_the_place_of_an_explanation():
    found = Estimates.of_curve(curve_of([1, 2], [9, 10], [1, 2], [0.5, 0.6]))
    why = Infeasibility(None, staged=True, out_of_reach=())
    assert Front.of(found, SCENARIO, out_of_reach=why).infeasibility is why
    assert Front.of(found, SCENARIO).infeasibility.k == 1


def test_a_refused_front_has_its_scenario_and_three_objectives():
    front = Front.refused(SCENARIO, ["one reason", "another"])
    assert front.k.shape == (0,)
    assert front.scenario is SCENARIO
    assert front.F.shape == (0, 3)
    assert (front.models, front.evidence, front.stages, front.resources) == ((), (), (), ())
    assert len(front.configurations) == 0
    assert str(front.infeasibility) == "one reason; another"
    assert (front.reaches_k_max, front.looked_at, front.own) == ((), 0, None)
    assert Front(front.estimates, SCENARIO).infeasibility is None


def test_the_former_name_of_standard_errors_warns_where_it_is_used():
    front = Front.from_curve(curve_of([1], [1], [1], [0.5]), SCENARIO)
    with pytest.warns(DeprecationWarning, match=r"^Front\.errors is Front\.standard_errors now$") as told:
        _ = front.errors
    assert told[0].filename == __file__


@pytest.mark.parametrize(("count", "rest"), [(10, ""), (11, " and 1 more"), (25, " and 15 more")])
def test_ten_points_that_are_left_out_are_named(count, rest):
    with pytest.warns(NonFiniteWarning) as told:
        warn_of_not_finite([f"k = {k}" for k in range(1, count + 1)], "plan: ", stacklevel=2)
    named = ", ".join(f"k = {k}" for k in range(1, 11))
    assert str(told[0].message) == f"plan: left out, since the estimate is not finite: {named}{rest}"
    assert told[0].filename == __file__


def test_a_budget_for_what_the_curve_does_not_have_is_refused():
    bound = SCENARIO.replace(joules_max=3)
    text = (
        "scenario 'S' has joules_max, so each model must have joules_per_output_token; got models that have nothing "
        "besides cost and time"
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        Front.from_curve(curve_of([1], [1], [1], [0.5]), bound)
