import pickle

import numpy as np
import pytest
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import EnumerationWarning, SettingError
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, nsga2, nsga3

every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


@pytest.fixture
def problem(gpt5, essay):
    return InferenceScalingProblem(gpt5, essay, estimator=mi.MonteCarlo(trials=30), k_min=3, k_max=120, k_step=3)


@every_search
def test_every_point_is_on_the_grid_and_none_is_looked_at_twice(problem, search):
    result = minimize(problem, search(problem, seed=4, pop_size=8, n_gen=4))
    seen = result.archive.get("X")[:, 0].tolist()
    assert len(seen) == result.algorithm.evaluator.n_eval == 32
    assert set(seen) <= set(range(3, 121, 3))
    assert len(set(seen)) == len(seen)
    assert all(isinstance(k, int) for k in seen)
    assert (np.rint(result.X) == result.X).all()


@every_search
def test_a_population_smaller_than_the_front_loses_none_of_it(problem, search):
    result = minimize(problem, search(problem, seed=1, pop_size=4, n_gen=10))
    truth = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert len(truth) > 4
    assert mi.Front.from_result(result).k.tolist() == truth.k.tolist()


@every_search
def test_ends_when_the_grid_is_exhausted(gpt5, essay, search):
    problem = InferenceScalingProblem(gpt5, essay, k_max=3)
    with pytest.warns(EnumerationWarning, match="a population of 100 on a grid of 3 points is enumeration"):
        algorithm = search(problem, pop_size=100, n_gen=50)
    result = minimize(problem, algorithm)
    assert sorted(result.archive.get("X")[:, 0].tolist()) == [1, 2, 3]
    assert result.algorithm.evaluator.n_eval == 3


@every_search
def test_the_same_seed_gives_the_same_run(problem, search):
    runs = [minimize(problem, search(problem, seed=seed, pop_size=6, n_gen=4)) for seed in (5, 5, 6)]
    first, same, other = (run.archive.get("X").tolist() for run in runs)
    assert first == same
    assert first != other
    again = minimize(problem, search(problem, pop_size=6, n_gen=4), seed=5)
    assert again.archive.get("X").tolist() == first


@every_search
def test_a_termination_of_one_s_own_is_kept_to_the_evaluation(problem, search):
    assert minimize(problem, search(problem, pop_size=5), ("n_gen", 2)).algorithm.evaluator.n_eval == 10
    assert minimize(problem, search(problem, pop_size=5), ("n_eval", 13)).algorithm.evaluator.n_eval == 13


@every_search
def test_the_algorithm_pickles_with_its_archive(problem, search):
    algorithm = search(problem, pop_size=5).setup(problem)
    algorithm.next()
    algorithm.next()
    again = pickle.loads(pickle.dumps(algorithm))
    algorithm.next()
    again.next()
    assert len(again.archive) == 15
    assert (again.archive.get("X") == algorithm.archive.get("X")).all()


@every_search
def test_an_infeasible_problem_and_a_front_of_one_row_are_no_obstacle(gpt5, essay, search):
    hopeless = InferenceScalingProblem(gpt5, essay.replace(c_max=0.001), k_max=60)
    result = minimize(hopeless, search(hopeless, pop_size=6, n_gen=4))
    assert result.opt is None
    assert mi.Front.from_result(result).infeasibility is not None
    level = InferenceScalingProblem(gpt5.replace(accuracy={"mean": 0.95, "std": 0}), essay, k_max=60)
    result = minimize(level, search(level, pop_size=6, n_gen=10))
    assert mi.Front.from_result(result).k.tolist() == [1]


@every_search
def test_a_search_across_models_stays_on_both_grids(paper, search):
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano", "qwen3-max")}
    problem = ModelChoiceProblem(models, paper.scenarios["medical-ai"], k_min=2, k_max=64, k_step=2)
    result = minimize(problem, search(problem, seed=2, pop_size=10, n_gen=6))
    X = result.archive.get("X")
    assert set(X[:, 0].tolist()) <= {0, 1, 2}
    assert set(X[:, 1].tolist()) <= set(range(2, 65, 2))
    assert len(np.unique(X, axis=0)) == len(X) == 60


def test_reference_directions_are_never_more_than_individuals(problem):
    for size in (2, 3, 5, 6, 20, 91):
        algorithm = nsga3(problem, pop_size=size) if size < 20 else None
        if algorithm is not None:
            assert len(algorithm.ref_dirs) <= max(size, 3)


@pytest.mark.parametrize("options", [{"pop_size": 1}, {"n_gen": 0}, {"seed": -1}, {"seed": None}])
def test_bad_options_are_refused(problem, options):
    with pytest.raises(SettingError):
        nsga2(problem, **options)


def test_numpy_s_global_generator_is_left_alone(problem):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    minimize(problem, nsga2(problem, pop_size=5, n_gen=2))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
