import pickle

import numpy as np
import pytest
from pymoo.core.problem import ElementwiseProblem

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import COLUMNS
from moo_inference.problems import InferenceScalingProblem


class Counting(mi.MonteCarlo):
    """Notes every k that it is asked to estimate."""

    asked: list

    def estimate_many(self, models, k, **options):
        self.asked.extend(k)
        return super().estimate_many(models, k, **options)


@pytest.fixture
def counting():
    estimator = Counting(trials=10)
    object.__setattr__(estimator, "asked", [])
    return estimator


@pytest.fixture
def problem(gpt5, essay):
    return InferenceScalingProblem(gpt5, essay, estimator=mi.MonteCarlo(trials=10), k_max=32, k_step=4)


def test_is_what_pymoo_expects(problem):
    assert isinstance(problem, ElementwiseProblem)
    assert (problem.n_var, problem.n_obj, problem.n_ieq_constr, problem.vtype) == (1, 3, 3, int)
    assert (problem.xl.tolist(), problem.xu.tolist()) == ([4], [32])


def test_objectives_and_constraints_are_the_curve_and_the_budgets(problem, gpt5, essay):
    X = np.array([[4], [20]])
    curve = mi.MonteCarlo(trials=10).estimate(gpt5, X[:, 0])
    F, G = problem.evaluate(X)
    assert (np.column_stack([curve.cost.mean, curve.time.mean, curve.error]) == F).all()
    np.testing.assert_allclose(G[:, 0], F[:, 0] / 0.5 - 1 - 1e-9, rtol=1e-12)
    np.testing.assert_allclose(G[:, 1], F[:, 1] / 60 - 1 - 1e-9, rtol=1e-12)
    np.testing.assert_allclose(G[:, 2], 0.93 - curve.accuracy.mean - 1e-9, rtol=1e-12)
    one_F, one_G = problem.evaluate(np.array([20]))
    assert (one_F == F[1]).all()
    assert (one_G == G[1]).all()


def test_every_row_carries_the_fifteen_columns(problem):
    out = problem.evaluate(np.array([[8], [4]]), return_as_dictionary=True)
    expected = problem.curve([8, 4]).table
    for column, values in zip(COLUMNS, expected.T, strict=True):
        assert (out[column] == values).all()


def test_a_k_is_estimated_once(gpt5, essay, counting):
    problem = InferenceScalingProblem(gpt5, essay, estimator=counting)
    for X in ([[3], [5], [3]], [[5]], [[7], [3]]):
        problem.evaluate(np.array(X))
    assert sorted(counting.asked) == [3, 5, 7]


def test_a_runner_of_one_s_own_is_used_and_gives_the_same(problem, gpt5, essay):
    calls = []

    def runner(f, X):
        calls.append(len(X))
        return [f(x) for x in X]

    X = np.array([[4], [8], [12]])
    expected = problem.evaluate(X, return_as_dictionary=True)
    problem.elementwise_runner = runner
    got = problem.evaluate(X, return_as_dictionary=True)
    assert calls == [3]
    assert all((got[key] == expected[key]).all() for key in expected)


def test_any_whole_k_in_bounds_is_priced_on_the_grid_or_not(problem):
    F, _ = problem.evaluate(np.array([[5.0], [31]]))
    assert np.isfinite(F).all()


@pytest.mark.parametrize("k", [3.7, 3, 33, -4, np.nan, np.inf])
def test_a_fraction_or_a_stranger_is_refused_with_the_way_out(problem, k):
    with pytest.raises(SettingError, match=r"whole number in \[4, 32\].*nsga2\(\)"):
        problem.evaluate(np.array([[k]]))
    with pytest.raises(SettingError):
        problem.curve([k])


def test_pickles_with_what_it_knows(problem):
    X = np.array([[4], [8]])
    F, _ = problem.evaluate(X)
    again = pickle.loads(pickle.dumps(problem))
    assert (again.evaluate(X)[0] == F).all()


def test_parallel_takes_the_place_of_the_model_s(gpt5, essay):
    slow = InferenceScalingProblem(gpt5, essay, parallel=1).evaluate(np.array([4]))[0]
    fast = InferenceScalingProblem(gpt5, essay, parallel=4).evaluate(np.array([4]))[0]
    assert slow[1] == pytest.approx(4 * fast[1], rel=1e-14)
    assert slow[0] == fast[0]


@pytest.mark.parametrize(
    "options", [{"k_step": 0}, {"k_min": 9, "k_max": 3}, {"k_max": 3, "k_step": 4}, {"parallel": 0}, {"latency": "x"}]
)
def test_bad_options_are_refused(gpt5, essay, options):
    with pytest.raises(SettingError):
        InferenceScalingProblem(gpt5, essay, **options)


def test_a_misspelt_option_is_not_swallowed(gpt5, essay):
    with pytest.raises(TypeError):
        InferenceScalingProblem(gpt5, essay, n_ieq_constrs=4)
