import pickle

import numpy as np
import pytest
from evaluated_points import evaluated_at
from pipeline_twin import Known
from pymoo.optimize import minimize
from pymoo.parallelization import StarmapParallelization

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.errors import SettingError
from moo_inference.pareto.front import Front
from moo_inference.pareto.quality import front_quality
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Parallel, Stage
from moo_inference.problems import ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, grid_size, nsga2
from moo_inference.solvers.operators import GridSampling

NAMES = ("plan", "solve", "verify")


@pytest.fixture
def some(paper):
    return {key: paper.models[key] for key in ("gpt-5-nano", "gpt-5-mini")}


@pytest.fixture
def budgets(paper):
    return paper.scenarios["medical-ai"].replace(a_min=0.8)


@pytest.fixture
def problem(some, budgets, gpt5):
    stages = [Stage("plan", some), Stage("solve", {"gpt-5": gpt5}), Stage("verify", some, k_max=3)]
    return PipelineProblem(stages, budgets, k_max=8, k_step=2)


def test_the_variables_are_models_where_there_are_several_and_k(problem):
    assert problem.variables == ("plan model", "plan k", "solve k", "verify model", "verify k")
    assert problem.axes == (range(2), range(2, 9, 2), range(2, 9, 2), range(2), range(2, 4, 2))
    assert (problem.xl.tolist(), problem.xu.tolist()) == ([0, 2, 2, 0, 2], [1, 8, 8, 1, 2])
    assert problem.names_of([[1, 4, 2, 0, 2]]) == (("gpt-5-mini", "gpt-5", "gpt-5-nano"),)


def test_a_point_is_its_stages_together(problem, some, gpt5, budgets):
    out = problem.evaluate(np.array([[1, 4, 6, 0, 2]]), return_as_dictionary=True)
    models = (some["gpt-5-mini"], gpt5, some["gpt-5-nano"])
    curves = [mi.ClosedForm().estimate(model, [k]) for model, k in zip(models, (4, 6, 2), strict=True)]
    cost, time = (sum(getattr(curve, name).mean[0] for curve in curves) for name in ("cost", "time"))
    accuracy = np.prod([curve.accuracy.mean[0] for curve in curves])
    assert out["F"][0] == pytest.approx([cost, time, 1 - accuracy], rel=1e-12)
    assert out["G"][0] == pytest.approx([cost / budgets.c_max - 1, time / budgets.t_max - 1, 0.8 - accuracy], abs=2e-9)
    assert [out[name][0] for name in ("cost", "time", "accuracy")] == pytest.approx([cost, time, accuracy])


def test_a_grid_of_k_may_start_anywhere(some, budgets):
    grid = PipelineProblem(Stage("answer", some), budgets, k_min=5, k_max=12, k_step=3)
    assert grid.axes == (range(2), range(5, 13, 3))
    X = np.array([[0, 5], [1, 8], [0, 11]])
    assert grid.evaluate(X)[0].tolist() == ModelChoiceProblem(some, budgets, k_max=12).evaluate(X)[0].tolist()
    choices = grid.choices(X)
    assert [part.tolist() for part in choices[:2]] == [[[0], [1], [0]], [[5], [8], [11]]]


def test_one_stage_is_the_choice_of_a_model(paper, budgets):
    one = PipelineProblem(Stage("answer", paper.models), budgets, k_max=8)
    other = ModelChoiceProblem(paper.models, budgets, k_max=8)
    assert one.axes == other.axes
    X = np.array([[0, 1], [3, 8], [8, 2]])
    (F, G), (F_other, G_other) = one.evaluate(X), other.evaluate(X)
    assert F.tolist() == F_other.tolist()
    assert pytest.approx(G_other, abs=1e-14) == G


def test_parallel_branches_take_the_larger_time(some, budgets):
    stages = [Stage("plan", some), Stage("solve", some)]
    series, branches = (PipelineProblem(tree, budgets, k_max=4) for tree in (stages, Parallel(stages)))
    X = np.array([[0, 4, 1, 1], [1, 3, 0, 2]])
    alone = ModelChoiceProblem(some, budgets, k_max=4)
    times = np.column_stack([alone.evaluate(X[:, :2])[0][:, 1], alone.evaluate(X[:, 2:])[0][:, 1]])
    F, F_at_once = series.evaluate(X)[0], branches.evaluate(X)[0]
    assert F_at_once[:, 1].tolist() == times.max(axis=1).tolist()
    assert F[:, 1].tolist() == times.sum(axis=1).tolist()
    assert F_at_once[:, [0, 2]].tolist() == F[:, [0, 2]].tolist()


def test_exhaustive_search_is_the_merge(problem, some, gpt5, budgets):
    result = minimize(problem, ExhaustiveSearch())
    assert result.algorithm.evaluator.n_eval == grid_size(problem) == 2 * 4 * 4 * 2
    stages = [Stage("plan", some), Stage("solve", {"gpt-5": gpt5}), Stage("verify", some, k_max=3)]
    exact = pipeline_front(stages, budgets, k_max=8, k_step=2)
    found = Front.from_result(result)
    assert found.F.tolist() == exact.F.tolist()
    assert found.models == exact.models
    assert found.k.tolist() == exact.k.tolist()
    assert decide(found, "max-cube").stages == decide(exact, "max-cube").stages


def test_an_infeasible_run_says_why(some, budgets):
    hopeless = budgets.replace(c_max=0.0001)
    stages = [Stage("plan", some), Stage("solve", some)]
    problem = PipelineProblem(stages, hopeless, k_max=4)
    result = minimize(problem, ExhaustiveSearch())
    assert result.opt is None
    found = Front.from_result(result)
    assert len(found) == 0
    assert found.infeasibility == pipeline_front(stages, hopeless, k_max=4).infeasibility
    assert "closest is plan gpt-5-nano with k = 1, solve gpt-5-nano with k = 1" in str(found.infeasibility)


def test_what_an_evaluation_does_not_tell_is_infeasible_beyond_all_others(gpt5, some, budgets):
    measured = gpt5.replace(accuracy={"kind": "outcomes", "questions": {"q1": "2/3", "q2": "1/3"}})
    stages = [Stage("plan", {"measured": measured}), Stage("solve", {"measured": measured, **some})]
    problem = PipelineProblem(stages, budgets.replace(a_min=0), k_max=8)
    assert problem.axes == (range(1, 4), range(3), range(1, 9))
    F, G = problem.evaluate(np.array([[3, 0, 3], [3, 0, 4], [3, 1, 8]]))
    assert np.isfinite(F).all(axis=1).tolist() == [True, False, True]
    assert (G[1] == np.inf).all()
    found = Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert found.F.tolist() == pipeline_front(stages, budgets.replace(a_min=0), k_max=8).F.tolist()


def test_what_is_not_a_point_is_refused(problem):
    for column, value, name in ((0, 2, "plan model"), (1, 3, "plan k"), (2, 10, "solve k"), (2, 4.5, "solve k")):
        point = [0, 2, 2, 0, 2]
        point[column] = value
        with pytest.raises(SettingError, match=rf"{name} must be a whole number in .* got {value:g}"):
            problem.evaluate(np.array([point]))
    with pytest.raises(SettingError, match="must be for means"):
        PipelineProblem([Stage("plan", {"m": problem.plan.parts[1].models["gpt-5"]})], SLOW)


SLOW = mi.Scenario(name="p95", c_max=1, t_max=60, a_min=0.5, t_quantile=0.95)


def test_pickles_and_runs_with_a_runner_of_ones_own(problem):
    X = np.array([[1, 4, 6, 0, 2], [0, 2, 2, 1, 2]])
    F, G = problem.evaluate(X)
    again = pickle.loads(pickle.dumps(problem))
    assert again.evaluate(X)[0].tolist() == F.tolist()
    again.elementwise_runner = StarmapParallelization(lambda f, rows: [f(*row) for row in rows])
    one_by_one = again.evaluate(X, return_as_dictionary=True)
    assert one_by_one["F"].tolist() == F.tolist()
    assert one_by_one["G"].tolist() == G.tolist()
    assert problem.evaluate(X[0])[0].tolist() == F[0].tolist()


def test_each_model_is_estimated_once(gpt5, budgets):
    estimator = Known({"GPT-5": ([1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7])})
    problem = PipelineProblem([Stage(name, {"gpt-5": gpt5}) for name in NAMES], budgets, estimator=estimator, k_max=3)
    problem.evaluate(np.array([[1, 2, 3], [3, 2, 1]]))
    assert estimator.asked == ["GPT-5"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nsga2_finds_the_front_of_three_stages_of_nine_models(paper, seed):
    """A grid of 191 million points, of which 8,000 are looked at."""
    stages = [Stage(name, paper.models) for name in NAMES]
    problem = PipelineProblem(stages, paper.scenarios["medical-ai"])
    assert grid_size(problem) == (9 * 64) ** 3
    result = minimize(problem, nsga2(problem, seed=seed), ("n_eval", 8000))
    exact = pipeline_front(stages, paper.scenarios["medical-ai"])
    assert front_quality(Front.from_result(result), exact)["hypervolume"] >= 0.99
    seen = result.archive.get("X")
    assert len(seen) == len(np.unique(seen, axis=0)) == 8000


def test_chance_does_not_find_it(paper):
    """The control of the test above: as many points drawn evenly."""
    stages = [Stage(name, paper.models) for name in NAMES]
    problem = PipelineProblem(stages, paper.scenarios["medical-ai"])
    generator = np.random.default_rng(1)
    X = np.column_stack([generator.integers(axis[0], axis[-1] + 1, 8000) for axis in problem.axes])
    exact = pipeline_front(stages, paper.scenarios["medical-ai"])
    drawn = Front.from_evaluated(problem, evaluated_at(problem, X))
    assert front_quality(drawn, exact)["hypervolume"] < 0.99


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_every_search_stays_on_a_grid_too_large_to_list(paper, search):
    stages = [Stage(f"stage {number}", paper.models) for number in range(8)]
    problem = PipelineProblem(stages, paper.scenarios["medical-ai"], k_max=63, k_step=3)
    seen = [minimize(problem, search(problem, seed=3, pop_size=20, n_gen=3)).archive.get("X") for _ in range(2)]
    assert seen[0].tolist() == seen[1].tolist()
    assert len(np.unique(seen[0], axis=0)) == 60
    assert all(set(column) <= set(axis) for column, axis in zip(seen[0].T.tolist(), problem.axes, strict=True))


def test_samples_of_a_grid_too_large_to_list_are_distinct_points_of_it(paper):
    problem = PipelineProblem(
        [Stage(name, paper.models) for name in NAMES], paper.scenarios["medical-ai"], k_min=5, k_max=300, k_step=5
    )
    X = GridSampling()(problem, 3000, random_state=np.random.default_rng(1)).get("X")
    assert len(np.unique(X, axis=0)) == 3000
    for column, axis in zip(X.T.tolist(), problem.axes, strict=True):
        # With 3,000 draws every value of an axis of 60 comes up but once in 1e20 times.
        assert set(column) == set(axis)
