import pickle

import numpy as np
import pytest
from pymoo.algorithms.moo.nsga3 import comp_by_cv_then_random
from pymoo.constraints.eps import AdaptiveEpsilonConstraintHandling
from pymoo.core.population import Population
from pymoo.core.problem import ElementwiseProblem, Problem
from pymoo.core.termination import TerminateIfAll, TerminateIfAny
from pymoo.optimize import minimize
from pymoo.termination.collection import TerminationCollection
from pymoo.termination.default import DefaultMultiObjectiveTermination
from pymoo.termination.max_eval import MaximumFunctionCallTermination
from pymoo.termination.max_gen import MaximumGenerationTermination
from pymoo.termination.max_time import TimeBasedTermination as MaximumTime
from pymoo.termination.robust import RobustTermination
from pymoo.util.archive import MultiObjectiveArchive

import moo_inference as mi
from moo_inference.errors import EnumerationWarning, SettingError
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, grid_size, nsga2, nsga3, sms_emoa

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


def test_reference_directions_are_never_more_than_individuals(problem, capsys):
    for size, directions in ((2, 1), (3, 3), (5, 3), (6, 6), (19, 15)):
        algorithm = nsga3(problem, pop_size=size)
        assert len(algorithm.ref_dirs) == directions
        assert len(minimize(problem, algorithm, ("n_eval", 20)).archive) == 20
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("options", [{"pop_size": 1}, {"n_gen": 0}, {"seed": -1}, {"seed": None}])
def test_bad_options_are_refused(problem, options):
    with pytest.raises(SettingError):
        nsga2(problem, **options)


def test_numpy_s_global_generator_is_left_alone(problem):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    minimize(problem, nsga2(problem, pop_size=5, n_gen=2))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


class OneObjective(ElementwiseProblem):
    def __init__(self):
        super().__init__(n_var=1, n_obj=1, n_ieq_constr=1, xl=0, xu=199, vtype=int)

    def _evaluate(self, x, out, *args, **kwargs):
        out["F"], out["G"] = [(x[0] - 57.0) ** 2], [30.0 - x[0]]


@pytest.mark.parametrize("name", ["nsga2", "nsga3", "u-nsga3", "spea2"])
def test_one_objective_is_searched_too(name):
    result = minimize(OneObjective(), SEARCHES[name](OneObjective(), pop_size=10, n_gen=20))
    assert result.X.tolist() == [57]


def test_sms_emoa_refuses_one_objective_and_says_what_to_take():
    with pytest.raises(SettingError, match=r"two objectives or more, .* got 1: use nsga2"):
        sms_emoa(OneObjective())


class Forbidden:
    """A generator without a seed, of which nothing may be drawn."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} of a generator that no seed governs")


@pytest.fixture
def no_chance(monkeypatch):
    real = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed=None: Forbidden() if seed is None else real(seed))


@pytest.fixture
def torn(gpt5, essay):
    """Every point breaks a budget, and many by just as much, so that ties between violations have to be broken."""
    twins = {f"twin {number}": gpt5 for number in range(16)}
    return ModelChoiceProblem(twins, essay.replace(c_max=1e-4), k_max=4)


@every_search
@pytest.mark.usefixtures("no_chance")
def test_no_chance_is_left_to_a_generator_without_a_seed(torn, problem, search):
    for each in (torn, problem):
        for seed in range(2):
            runs = [minimize(each, search(each, seed=seed, pop_size=8, n_gen=5)) for _ in range(2)]
            assert runs[0].archive.get("X").tolist() == runs[1].archive.get("X").tolist()


@pytest.mark.usefixtures("no_chance")
def test_pymoo_s_own_tournament_leaves_it_to_chance(torn):
    """The control of the test above."""
    algorithm = nsga3(torn, pop_size=8, n_gen=5)
    algorithm.mating.selection.func_comp = comp_by_cv_then_random
    with pytest.raises(AssertionError, match="no seed governs"):
        minimize(torn, algorithm)


NESTED = {
    "alone": lambda n: ("n_eval", n),
    "any": lambda n: TerminateIfAny(MaximumGenerationTermination(50), MaximumFunctionCallTermination(n)),
    "in turn": lambda n: TerminateIfAny(TerminateIfAny(MaximumFunctionCallTermination(n)), MaximumTime(600)),
    "collection": lambda n: TerminationCollection(MaximumFunctionCallTermination(n), MaximumGenerationTermination(50)),
    "default": lambda n: DefaultMultiObjectiveTermination(n_max_evals=n),
    "all": lambda n: TerminateIfAll(MaximumFunctionCallTermination(n), MaximumFunctionCallTermination(1)),
    "robust": lambda n: RobustTermination(MaximumFunctionCallTermination(n), period=1),
}


@every_search
@pytest.mark.parametrize("kind", NESTED)
def test_no_more_is_evaluated_than_is_asked_for(problem, search, kind):
    for most in (1, 3, 10, 13):
        result = minimize(problem, search(problem, pop_size=10), NESTED[kind](most))
        assert result.algorithm.evaluator.n_eval == len(result.archive) == max(1, most)


@every_search
def test_no_limit_is_no_limit(problem, search):
    for limit in (float("inf"), None):
        termination = TerminateIfAny(MaximumFunctionCallTermination(limit), MaximumGenerationTermination(3))
        assert len(minimize(problem, search(problem, pop_size=5), termination).archive) == 15
    either = TerminateIfAll(MaximumFunctionCallTermination(7), MaximumGenerationTermination(3))
    assert len(minimize(problem, search(problem, pop_size=5), either).archive) == 15
    with pytest.raises(SettingError, match="at least 1, got 0"):
        minimize(problem, search(problem, pop_size=5), ("n_eval", 0))


@every_search
def test_more_variables_than_numpy_s_dimensions(search):
    class Many(Problem):
        def __init__(self, size):
            super().__init__(n_var=100, n_obj=2, xl=np.zeros(100), xu=np.full(100, size - 1), vtype=int)
            self.axes = (range(size),) * 4 + (range(1),) * 95 + (range(size),)

        def _evaluate(self, X, out, *args, **kwargs):
            out["F"] = np.column_stack([X.sum(axis=1), -X[:, 0] * 1.0])

    for size in (3, 60):
        problem = Many(size)
        result = minimize(problem, search(problem, pop_size=12, n_gen=3))
        X = result.archive.get("X")
        assert len(np.unique(X, axis=0)) == 36
        assert set(X[:, 4:99].ravel()) == {0}
    assert len(minimize(Many(2), ExhaustiveSearch()).pop) == 32


def test_the_population_of_many_variables_is_bounded():
    class Wide(Problem):
        def __init__(self):
            super().__init__(n_var=300, n_obj=3, xl=np.zeros(300), xu=np.full(300, 99), vtype=int)

    assert grid_size(Wide()) == 100**300
    assert nsga2(Wide()).pop_size == 1024
    assert len(nsga3(Wide()).ref_dirs) == 990  # 44 * 45 / 2


def test_another_archive_is_refused_and_none_is_ours(problem):
    with pytest.raises(SettingError, match=r"archive must be left out: .* got MultiObjectiveArchive"):
        minimize(problem, nsga2(problem, pop_size=5), archive=MultiObjectiveArchive())
    plain = minimize(problem, nsga2(problem, pop_size=5, n_gen=4))
    none = minimize(problem, nsga2(problem, pop_size=5, n_gen=4), archive=None)
    assert none.archive.get("X").tolist() == plain.archive.get("X").tolist()


def test_a_front_is_of_the_archive_and_the_population(gpt5, essay):
    problem = InferenceScalingProblem(gpt5, essay.replace(c_max=None, t_max=None, a_min=0), k_max=300)
    result = minimize(problem, ExhaustiveSearch(archive=MultiObjectiveArchive(max_size=20, truncate_size=10)))
    assert len(result.archive) <= 20
    assert len(mi.Front.from_result(result)) == len(result.F) > 40


@every_search
def test_a_warm_start_evaluates_the_given_points_first(problem, search):
    X = np.array([[60], [3], [60], [9.0]])
    for sampling in (X, X.tolist(), Population.new("X", X)):
        result = minimize(problem, search(problem, seed=1, pop_size=6, n_gen=3, sampling=sampling))
        seen = result.archive.get("X")
        assert seen[:3, 0].tolist() == [60, 3, 9]
        assert seen.dtype.kind == "i"
        assert len(seen) == len(np.unique(seen)) == 15
    assert len(minimize(problem, search(problem, pop_size=6, sampling=X), ("n_eval", 2)).archive) == 2
    # What another problem made of these points is not believed.
    evaluated = minimize(problem, ExhaustiveSearch()).pop[:3]
    evaluated.set("F", np.zeros((3, 3)))
    fresh = minimize(problem, search(problem, pop_size=6, n_gen=1, sampling=evaluated))
    assert (fresh.archive.get("F") == problem.evaluate(fresh.archive.get("X"))[0]).all()
    assert (evaluated.get("F") == 0).all()


def test_a_start_off_the_grid_is_refused_with_rows_and_variables(problem, paper, essay):
    with pytest.raises(
        SettingError, match=r"row 1 of sampling: k must be a whole number in \[3, 120\] in steps of 3, got 4"
    ):
        nsga2(problem, sampling=[[3], [4]])
    across = ModelChoiceProblem(paper.models, essay, k_max=8)
    with pytest.raises(SettingError) as refused:
        nsga2(across, sampling=[[0, 8], [9, 1], [0, 2.5], [1, np.nan]])
    assert [message.split(" must")[0] for message in refused.value.errors] == [
        "row 1 of sampling: model", "row 2 of sampling: k", "row 3 of sampling: k",
    ]  # fmt: skip
    for wrong in ([], [[1, 2, 3]], [["a", "b"]], Population.empty(0)):
        with pytest.raises(SettingError, match=r"sampling must be an array \(n, 2\)"):
            nsga2(across, sampling=wrong)


@every_search
def test_constraint_handling_of_pymoo_s_wraps_them(problem, search):
    plain = minimize(problem, ExhaustiveSearch())
    wrapped = minimize(problem, AdaptiveEpsilonConstraintHandling(ExhaustiveSearch()))
    assert wrapped.X.tolist() == plain.X.tolist()
    result = minimize(problem, AdaptiveEpsilonConstraintHandling(search(problem, pop_size=6)), ("n_eval", 20))
    assert len(result.archive) == len(np.unique(result.archive.get("X"))) == 20


@every_search
@pytest.mark.parametrize("copied", [True, False])
def test_a_termination_is_honoured_by_an_algorithm_under_way(problem, search, copied):
    def under_way():
        algorithm = search(problem, seed=3, pop_size=5).setup(problem)
        algorithm.next()
        algorithm.next()
        return algorithm

    whole = minimize(problem, search(problem, seed=3, pop_size=5), ("n_eval", 22)).archive.get("X").tolist()
    for termination, size in ((("n_eval", 22), 22), (("n_gen", 4), 20), (("n_gen", 2), 10), (("n_eval", 4), 10)):
        resumed = minimize(problem, under_way(), termination, copy_algorithm=copied)
        assert resumed.archive.get("X").tolist() == whole[:size]
    done = minimize(problem, search(problem, seed=3, pop_size=5), ("n_gen", 2)).algorithm
    assert minimize(problem, done, ("n_gen", 3), copy_algorithm=copied).archive.get("X").tolist() == whole[:15]
    again = pickle.loads(pickle.dumps(under_way()))
    resumed = minimize(problem, again, ("n_eval", 13), copy_algorithm=copied).archive.get("X").tolist()
    assert (resumed[:10], len(resumed)) == (whole[:10], 13)
    with pytest.raises(SettingError, match="under way takes no new seed, verbose"):
        minimize(problem, under_way(), ("n_gen", 4), copy_algorithm=copied, seed=5, verbose=True)
    # By hand, and with the termination that it has, it goes on as before.
    by_hand = under_way()
    by_hand.termination = MaximumGenerationTermination(3)
    assert len(minimize(problem, by_hand, copy_algorithm=copied).archive) == 15
    assert len(by_hand.run().archive) == 15
