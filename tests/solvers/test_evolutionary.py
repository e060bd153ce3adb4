import pickle

import numpy as np
import pytest
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2


@pytest.fixture
def problem(gpt5, essay):
    return InferenceScalingProblem(gpt5, essay, estimator=mi.MonteCarlo(trials=30), k_min=3, k_max=120, k_step=3)


def test_every_point_is_on_the_grid_and_none_is_looked_at_twice(problem):
    result = minimize(problem, nsga2(problem, seed=4, pop_size=8, n_gen=4))
    seen = result.archive.get("X")[:, 0].tolist()
    assert len(seen) == result.algorithm.evaluator.n_eval == 32
    assert set(seen) <= set(range(3, 121, 3))
    assert len(set(seen)) == len(seen)
    assert all(isinstance(k, int) for k in seen)


def test_a_population_smaller_than_the_front_loses_none_of_it(problem):
    result = minimize(problem, nsga2(problem, seed=1, pop_size=4, n_gen=10))
    truth = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert len(truth) > 4
    assert mi.Front.from_result(result).k.tolist() == truth.k.tolist()


def test_ends_when_the_grid_is_exhausted(gpt5, essay):
    problem = InferenceScalingProblem(gpt5, essay, k_max=3)
    result = minimize(problem, nsga2(problem, pop_size=100, n_gen=50))
    assert sorted(result.archive.get("X")[:, 0].tolist()) == [1, 2, 3]
    assert result.algorithm.evaluator.n_eval == 3


def test_the_same_seed_gives_the_same_run(problem):
    runs = [minimize(problem, nsga2(problem, seed=seed, pop_size=6, n_gen=3)) for seed in (5, 5, 6)]
    first, same, other = (run.archive.get("X").tolist() for run in runs)
    assert first == same
    assert first != other
    again = minimize(problem, nsga2(problem, pop_size=6, n_gen=3), seed=5)
    assert again.archive.get("X").tolist() == first


def test_a_termination_of_one_s_own_takes_over(problem):
    result = minimize(problem, nsga2(problem, pop_size=5, n_gen=50), ("n_gen", 2))
    assert result.algorithm.evaluator.n_eval == 10


def test_the_algorithm_pickles_with_its_archive(problem):
    algorithm = nsga2(problem, pop_size=5).setup(problem)
    algorithm.next()
    algorithm.next()
    again = pickle.loads(pickle.dumps(algorithm))
    algorithm.next()
    again.next()
    assert len(again.archive) == 15
    assert (again.archive.get("X") == algorithm.archive.get("X")).all()


@pytest.mark.parametrize("options", [{"pop_size": 1}, {"n_gen": 0}, {"seed": -1}, {"seed": None}])
def test_bad_options_are_refused(problem, options):
    with pytest.raises(SettingError):
        nsga2(problem, **options)


def test_numpy_s_global_generator_is_left_alone(problem):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    minimize(problem, nsga2(problem, pop_size=5, n_gen=2))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
