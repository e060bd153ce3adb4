"""When passes stop, as a variable of pymoo's problems."""

import numpy as np
import pytest
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.pareto.front import Front
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2
from moo_inference.studies.rows import front_across

STOPS = ("fixed", "first-verified/1", "first-verified/2")


@pytest.fixture(scope="module")
def catalog():
    return mi.load_catalog("otis-mock-aime").select(["gpt-5@high", "gemini-3-flash"])


@pytest.fixture(scope="module")
def scenario():
    return mi.Scenario(name="own", c_max=0.5, t_max=1500.0, a_min=0.5)


def test_one_model_has_the_policy_and_k_as_variables(catalog, scenario):
    model = catalog.models["gpt-5@high"]
    problem = InferenceScalingProblem(model, scenario, k_max=8, stops=STOPS)
    assert problem.variables == ("stop", "k")
    assert problem.unordered == (True, False)
    F = problem.evaluate(np.array([[1, 8], [0, 8], [2, 3]]), return_values_of=["F"])
    for row, (stop, k) in zip(F, [("first-verified/1", 8), ("fixed", 8), ("first-verified/2", 3)], strict=True):
        np.testing.assert_allclose(row, mi.Recorded(stop=stop).estimate(model, [k]).F[0])
    assert problem.names_of([[0, 1], [1, 2]]) == ("fixed", "first-verified/1")
    np.testing.assert_allclose(problem.curve([1, 2]).F, mi.Recorded().estimate(model, [1, 2]).F)


@pytest.mark.parametrize("solver", [lambda problem: ExhaustiveSearch(), nsga2], ids=["exhaustive", "nsga2"])
def test_minimize_finds_the_front_of_all_policies(catalog, scenario, solver):
    problem = ModelChoiceProblem(catalog.models, scenario, k_max=8, stops=STOPS)
    assert problem.variables == ("model", "stop", "k")
    result = minimize(problem, solver(problem), ("n_gen", 60), seed=1)
    variants = mi.with_stops(catalog, STOPS)
    curves = {
        key: mi.Recorded().estimate(model, range(1, 9), scenarios=[scenario]) for key, model in variants.models.items()
    }
    expected = front_across(curves, scenario)
    found = Front.from_result(result)
    names = set(found.models)
    assert names <= set(variants.models)
    np.testing.assert_allclose(found.F, expected.F)
    assert any("first-verified" in name for name in names), "stopping is on the front"


def test_models_that_cannot_stop_so_are_refused(catalog, scenario):
    with pytest.raises(SettingError, match="each once"):
        ModelChoiceProblem(catalog.models, scenario, k_max=4, stops=["fixed", "fixed"])
    without = {"gpt-4": mi.load_catalog("otis-mock-aime").models["gpt-4"]}
    with pytest.raises(SettingError, match="needs answers"):
        ModelChoiceProblem(without, scenario, k_max=4, stops=["fixed", "vote-until-sure"])
