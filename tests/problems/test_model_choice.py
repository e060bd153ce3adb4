import json
import pickle

import numpy as np
import pytest
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.errors import SettingError
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import ExhaustiveSearch


@pytest.fixture
def problem(paper):
    return ModelChoiceProblem(paper.models, paper.scenarios["medical-ai"], k_max=64, k_step=4)


def test_every_point_is_that_of_its_model_alone(problem, paper):
    X = np.array([[2, 8], [0, 4], [8, 64]])
    F, G = problem.evaluate(X)
    for row, (number, k) in enumerate(X):
        model = list(paper.models.values())[number]
        alone = InferenceScalingProblem(model, paper.scenarios["medical-ai"], k_max=64, k_step=4)
        assert [F[row].tolist(), G[row].tolist()] == [part.tolist() for part in alone.evaluate(np.array([k]))]


def test_the_front_across_models_is_the_front_of_all_their_points(problem, paper):
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    scenario = paper.scenarios["medical-ai"]
    points = []
    for key, model in paper.models.items():
        single = mi.Front.from_curve(mi.ClosedForm().estimate(model, range(4, 65, 4)), scenario)
        points += [(key, k, tuple(F)) for k, F in zip(single.k.tolist(), single.F.tolist(), strict=True)]
    expected = [
        p
        for p in points
        if not any(all(a <= b for a, b in zip(q[2], p[2], strict=True)) and q[2] != p[2] for q in points)
    ]
    expected.sort(key=lambda p: p[2])
    assert list(zip(front.models, front.k.tolist(), strict=True)) == [(key, k) for key, k, _ in expected]
    assert (np.diff(front.F[:, 0]) >= 0).all()
    assert front.to_frame().columns[:2].tolist() == ["model", "k"]


def test_names_are_exact_and_plain(problem):
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert json.loads(json.dumps(front.models)) == list(front.models)
    choice = decide(front, "max-cube")
    assert choice.model in problem.models
    assert f"takes {choice.model} with k = {choice.k}" in choice.reason


def test_an_infeasible_choice_names_model_and_way_out(paper):
    hopeless = paper.scenarios["medical-ai"].replace(c_max=0.001)
    problem = ModelChoiceProblem(paper.models, hopeless, k_max=64, k_step=4)
    found = mi.Front.from_result(minimize(problem, ExhaustiveSearch())).infeasibility
    assert found.model in paper.models
    assert f"closest is {found.model} with k = {found.k}" in str(found)
    [c_max] = [shortfall for shortfall in found.shortfalls if shortfall.budget == "c_max"]
    assert f"would allow {c_max.way_out}" in str(found)


def test_what_is_not_a_point_is_refused(problem):
    for point in ([9, 4], [-1, 4], [0, 3], [0.5, 4], [0, 4.5]):
        with pytest.raises(SettingError, match="whole number in"):
            problem.evaluate(np.array([point]))
    with pytest.raises(SettingError, match="at least one model"):
        ModelChoiceProblem({}, problem.scenario)
    with pytest.raises(SettingError, match="k_step"):
        ModelChoiceProblem(problem.models, problem.scenario, k_step=0)


def test_pickles(problem):
    F, _ = problem.evaluate(np.array([[1, 8]]))
    assert (pickle.loads(pickle.dumps(problem)).evaluate(np.array([[1, 8]]))[0] == F).all()
