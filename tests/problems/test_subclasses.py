"""What a user's subclass of a problem, or their elementwise function, makes of a point is what runs, wherever."""

import pickle
from multiprocessing import get_context
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest
from evaluated_points import evaluated_at
from pymoo.core.problem import ElementwiseEvaluationFunction, LoopedElementwiseEvaluation
from pymoo.optimize import minimize
from pymoo.parallelization import DaskParallelization, JoblibParallelization, StarmapParallelization

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.errors import SettingError
from moo_inference.pareto.front import Front
from moo_inference.pipelines.plan import Stage
from moo_inference.problems import EstimatedProblem, InferenceScalingProblem, ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, nsga2
from moo_inference.studies.comparison import compare_solvers


def even_only(x, out):
    """A constraint more: the k of the last variable is even."""
    out["G"] = [*out["G"], x[-1] % 2]


class Even(InferenceScalingProblem):
    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        even_only(x, out)
        out["note"] = 2 * x[-1]


class EvenAcross(ModelChoiceProblem):
    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        even_only(x, out)


class EvenPipeline(PipelineProblem):
    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        even_only(x, out)


class Far(InferenceScalingProblem):
    """A fourth objective: the distance from k = 10, which has nothing of the others."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.n_obj = 4

    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        out["F"] = [*out["F"], abs(x[0] - 10.0)]


class Fee(InferenceScalingProblem):
    """Above k = 4 everything costs a dollar more."""

    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        if x[0] > 4:
            out["F"][0] += 1.0


class Twice(ElementwiseEvaluationFunction):
    """An elementwise function: everything takes twice as long."""

    def __call__(self, x):
        out = super().__call__(x)
        out["F"][1] *= 2
        return out


@pytest.fixture
def budgets(essay):
    return essay.replace(a_min=0.5, c_max=0.6)


@pytest.fixture
def problems(paper, gpt5, budgets):
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano")}
    return [
        Even(gpt5, budgets, k_max=30, n_ieq_constr=4),
        EvenAcross(models, budgets, k_max=30, n_ieq_constr=4),
        EvenPipeline([Stage("plan", models), Stage("solve", models)], budgets, k_max=6, n_ieq_constr=4),
    ]


def front_of(problem, result):
    return (Front if isinstance(problem, PipelineProblem) else mi.Front).from_result(result)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["k", "across models", "pipeline"])
def test_a_constraint_more_keeps_its_points_out(problems, which):
    problem = problems[which]
    plain = type(problem).__mro__[1]
    result = minimize(problem, ExhaustiveSearch())
    assert (result.X[:, -1] % 2 == 0).all()
    assert result.pop.get("G").shape[1] == 4
    front = front_of(problem, result)
    k = front.k if which < 2 else front.k[:, -1]
    assert len(front) > 1
    assert (k % 2 == 0).all()
    assert (front.G <= 0).all()
    # Without the constraint odd ones are there, and the rest is as it was.
    both = {key: value for key, value in problem.__dict__.items() if key != "n_ieq_constr"}
    bare = plain.__new__(plain)
    bare.__dict__.update({**both, "n_ieq_constr": 3})
    without = minimize(bare, ExhaustiveSearch())
    assert (without.X[:, -1] % 2 == 1).any()
    assert (without.pop.get("F") == result.pop.get("F")).all()
    expected = [
        tuple(row) for row in without.pop.get("F")[(without.pop.get("FEAS")[:, 0]) & (problem_k(without) % 2 == 0)]
    ]
    kept = {p for p in expected if not any(dominates(q, p) for q in expected)}
    assert {tuple(row) for row in front.F.tolist()} == kept


def problem_k(result):
    return result.pop.get("X")[:, -1]


def dominates(one, other):
    """Whether one is no worse in anything and better in something by more than rounding."""
    better = [a < b * (1 - 1e-12) for a, b in zip(one, other, strict=True)]
    return any(better) and all(a <= b * (1 + 1e-12) for a, b in zip(one, other, strict=True))


class CountingRunner(LoopedElementwiseEvaluation):
    """A loop as pymoo's own, which is asked all the same."""

    asked = 0

    def __call__(self, f, X):
        self.asked += len(X)
        return super().__call__(f, X)


def test_it_is_the_same_in_a_loop_threads_processes_joblib_and_dask(problems):
    pytest.importorskip("distributed")
    from dask.distributed import Client, LocalCluster

    with (
        ThreadPool(2) as threads,
        get_context("spawn").Pool(1) as processes,
        LocalCluster(1, processes=False, threads_per_worker=2, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        runners = [
            CountingRunner(),
            StarmapParallelization(threads.starmap),
            StarmapParallelization(processes.starmap),
            JoblibParallelization(n_jobs=2, backend="loky"),
            DaskParallelization(client),
        ]
        for problem in problems:
            X = np.array([[axis[row % len(axis)] for axis in problem.axes] for row in range(6)])
            expected = problem.evaluate(X, return_as_dictionary=True)
            assert set(expected["G"][:, 3]) == {0, 1}
            for runner in runners:
                problem.elementwise_runner = runner
                got = problem.evaluate(X, return_as_dictionary=True)
                assert got.keys() == expected.keys()
                assert all(got[key].tobytes() == expected[key].tobytes() for key in got)
    assert runners[0].asked == 18


def test_all_points_are_still_estimated_in_one_call(gpt5, budgets):
    class Noting(mi.ClosedForm):
        def estimate_many(self, models, k, **options):
            asked.append(len(list(k)))
            return super().estimate_many(models, k, **options)

    asked = []
    problem = Even(gpt5, budgets, estimator=Noting(), k_max=30, n_ieq_constr=4)
    minimize(problem, ExhaustiveSearch())
    assert asked == [30]


def test_an_elementwise_function_of_one_s_own_is_called(gpt5, budgets):
    plain = InferenceScalingProblem(gpt5, budgets, k_max=10)
    slow = InferenceScalingProblem(gpt5, budgets, k_max=10, elementwise_func=Twice)
    X = np.arange(1, 11)[:, None]
    assert (slow.evaluate(X)[0][:, 1] == 2 * plain.evaluate(X)[0][:, 1]).all()
    # It wrote into what it was given, and that was nobody else's.
    assert (slow.evaluate(X)[0][:, 1] == 2 * plain.evaluate(X)[0][:, 1]).all()
    assert slow.estimates(X).time.mean.tolist() == plain.estimates(X).time.mean.tolist()


def test_a_method_set_on_the_object_alone_is_called(gpt5, budgets):
    problem = InferenceScalingProblem(gpt5, budgets, k_max=10)
    ours = problem._evaluate

    def free(x, out, *args, **kwargs):
        ours(x, out)
        out["F"][0] = 0.0

    problem._evaluate = free
    assert (problem.evaluate(np.array([[1], [2]]))[0][:, 0] == 0).all()


def test_what_is_handed_out_is_not_the_memory(gpt5, budgets):
    problem = InferenceScalingProblem(gpt5, budgets, k_max=10)
    out, again = {}, {}
    problem._evaluate(np.array([3]), out)
    kept = {key: np.copy(value) for key, value in out.items()}
    out["F"][:] = out["G"][:] = 7
    problem.estimates([[3]]).quantities[:] = 7
    problem.evaluate(np.array([[3]]))[0][:] = 7
    problem._evaluate(np.array([3]), again)
    assert all((again[key] == kept[key]).all() for key in kept)
    fee = Fee(gpt5, budgets, k_max=10)
    first = fee.evaluate(np.array([[8]]))[0]
    assert (fee.evaluate(np.array([[8]]))[0] == first).all()


@pytest.mark.parametrize("search", [ExhaustiveSearch, lambda: None], ids=["exhaustive", "nsga2"])
def test_a_fourth_objective_counts(gpt5, budgets, search):
    problem = Far(gpt5, budgets, k_max=20)
    algorithm = search() or nsga2(problem, seed=1, pop_size=5, n_gen=4)
    result = minimize(problem, algorithm)
    front = mi.Front.from_result(result)
    k = np.arange(1, 21)
    assert front.F.shape[1] == 4
    assert (front.F[:, 3] == abs(front.k - 10.0)).all()
    assert (front.F[:, :3] == front.curve.F).all()
    plain = mi.Front.from_result(minimize(InferenceScalingProblem(gpt5, budgets, k_max=20), ExhaustiveSearch()))
    assert set(plain.k) <= set(front.k)
    assert front.k.tolist() == [value for value in k if problem.evaluate(np.array([value]))[1].max() <= 0]
    assert np.isnan(front.standard_errors[:, 3]).all()
    assert (front.standard_errors[:, :3] == front.curve.standard_errors).all()
    assert front.to_frame()["objective 4"].tolist() == front.F[:, 3].tolist()
    assert "objective 4" in front._repr_html_()
    # Rules take the error for what it is, wherever it stands.
    choice = decide(front, "accuracy-max")
    assert choice.k == front.k[front.F[:, 2].argmin()]
    assert choice.objectives[-1] == front.F[:, 2].min()
    assert "objective 4" in choice._repr_html_()
    with pytest.raises(SettingError, match="3 for the 4 columns of F"):
        decide(front, "max-cube")


def test_dominated_by_the_fourth_objective_alone_is_dominated(gpt5, budgets):
    level = gpt5.replace(accuracy={"mean": 0.95, "std": 0})
    assert mi.Front.from_result(minimize(Far(level, budgets, k_max=20), ExhaustiveSearch())).k.tolist() == [
        *range(1, 11)
    ]


def test_a_changed_objective_is_what_the_front_is_made_of(gpt5, budgets):
    problem = Fee(gpt5, budgets, k_max=20)
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    late = front.k > 4
    np.testing.assert_array_equal(front.F[late, 0], front.curve.F[late, 0] + 1)
    np.testing.assert_array_equal(front.F[~late], front.curve.F[~late])
    assert np.isnan(front.standard_errors[:, 0]).all()
    assert np.isnan(front.attainment).all()  # what share meets the budgets with the fee nobody knows
    assert front.to_frame()["objective 1"].tolist() == front.F[:, 0].tolist()
    assert decide(front, "accuracy-max").objectives[0] == front.F[-1, 0]


def test_what_still_holds_is_kept(gpt5, budgets):
    plain = mi.Front.from_result(minimize(InferenceScalingProblem(gpt5, budgets, k_max=20), ExhaustiveSearch()))
    even = mi.Front.from_result(minimize(Even(gpt5, budgets, k_max=20, n_ieq_constr=4), ExhaustiveSearch()))
    assert plain.own is None
    assert even.attainment.tolist() == plain.attainment[plain.k % 2 == 0].tolist()
    assert (even.standard_errors == plain.standard_errors[plain.k % 2 == 0]).all()
    assert even.to_frame().equals(plain.to_frame()[plain.k % 2 == 0].reset_index(drop=True))


def test_a_pipeline_s_own_objective_counts_and_rules_find_the_error(paper, budgets):
    class Handover(PipelineProblem):
        def _evaluate(self, x, out, *args, **kwargs):
            super()._evaluate(x, out, *args, **kwargs)
            out["F"] = [*out["F"], abs(x[1] - x[3])]

    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano")}
    problem = Handover([Stage("plan", models), Stage("solve", models)], budgets, k_max=5, n_obj=4)
    result = minimize(problem, ExhaustiveSearch())
    front = Front.from_result(result)
    feasible = result.pop.get("F")[result.pop.get("FEAS")[:, 0]].tolist()
    assert sorted(front.F.tolist()) == sorted(
        {tuple(p): p for p in feasible if not any(dominates(q, p) for q in feasible)}.values()
    )
    assert (front.accuracy == 1 - front.F[:, 2]).all()
    assert front.to_frame()["objective 4"].tolist() == front.F[:, 3].tolist()
    assert decide(front, "accuracy-max").row == front.F[:, 2].argmin()


def test_undeclared_objectives_and_constraints_are_refused_with_the_way_to_declare_them(gpt5, budgets):
    with pytest.raises(SettingError, match=r"out\['G'\] to 3 values \(n_ieq_constr\), got 4: .*n_ieq_constr=4 as an"):
        minimize(Even(gpt5, budgets, k_max=10), ExhaustiveSearch())
    far = Far(gpt5, budgets, k_max=10)
    far.n_obj = 3
    with pytest.raises(SettingError, match=r"Far\._evaluate must set out\['F'\] to 3 values \(n_obj\), got 4"):
        minimize(far, nsga2(far, pop_size=4))
    with pytest.raises(SettingError, match=r"out\['F'\] to 4 values \(n_obj\), got 3"):
        InferenceScalingProblem(gpt5, budgets, n_obj=4).evaluate(np.array([[1]]))

    class Forgetful(InferenceScalingProblem):
        def _evaluate(self, x, out, *args, **kwargs):
            out["F"] = [x[0], 1, 1]

    with pytest.raises(SettingError, match=r"Forgetful\._evaluate must set out\['G'\] to 3 values .*, got none"):
        Forgetful(gpt5, budgets).evaluate(np.array([[1]]))
    for wrong in (0, 2.5, True):
        with pytest.raises(SettingError, match="n_obj must be a whole number"):
            InferenceScalingProblem(gpt5, budgets, n_obj=wrong)


def test_an_equality_and_no_constraint_at_all_are_kept_to(gpt5, budgets):
    class Third(InferenceScalingProblem):
        def _evaluate(self, x, out, *args, **kwargs):
            super()._evaluate(x, out, *args, **kwargs)
            out["H"] = [x[0] % 3]

    class Free(InferenceScalingProblem):
        def _evaluate(self, x, out, *args, **kwargs):
            super()._evaluate(x, out, *args, **kwargs)
            del out["G"]

    thirds = mi.Front.from_result(minimize(Third(gpt5, budgets, k_max=20, n_eq_constr=1), ExhaustiveSearch()))
    assert len(thirds) > 1
    assert (thirds.k % 3 == 0).all()
    free = mi.Front.from_result(minimize(Free(gpt5, budgets.replace(c_max=1e-9), n_ieq_constr=0), ExhaustiveSearch()))
    assert len(free) == 128
    none = mi.Front.from_result(minimize(Third(gpt5, budgets, k_max=2, n_eq_constr=1), ExhaustiveSearch()))
    assert str(none.infeasibility).endswith("an equality constraint is not met")


def test_a_constraint_of_one_s_own_that_nothing_meets_is_named(gpt5, budgets):
    class Never(InferenceScalingProblem):
        def _evaluate(self, x, out, *args, **kwargs):
            super()._evaluate(x, out, *args, **kwargs)
            out["G"] = [*out["G"], 1.0 + x[0]]

    front = mi.Front.from_result(minimize(Never(gpt5, budgets, k_max=5, n_ieq_constr=4), ExhaustiveSearch()))
    assert str(front.infeasibility) == (
        "no k meets all budgets and constraints; closest is k = 1: constraint 4 is 2, must be at most 0"
    )


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_keeps_to_it(problems, name):
    for problem in problems:
        front = front_of(problem, minimize(problem, SEARCHES[name](problem, seed=2, pop_size=6, n_gen=4)))
        assert (front.k.reshape(len(front), -1)[:, -1] % 2 == 0).all()


def test_a_comparison_is_of_what_the_subclass_says(problems):
    runs = compare_solvers(
        {"k": problems[0], "pipeline": problems[2]}, ["exhaustive", "nsga2"], [0], evaluations=200
    ).runs
    assert (runs.query("solver == 'exhaustive'")[["found", "hypervolume"]] == 1).all(axis=None)
    assert "merge" not in set(runs["solver"])  # which knows nothing of the constraint
    assert (runs["found"] == 1).all()
    assert runs.query("problem == 'pipeline'")["evaluations"].tolist() == [144]


def test_subclasses_pickle_with_what_they_are(problems):
    for problem in problems:
        again = pickle.loads(pickle.dumps(problem))
        X = np.array([[axis[-1] for axis in problem.axes]])
        assert (again.evaluate(X)[1] == problem.evaluate(X)[1]).all()
        assert again.n_ieq_constr == 4
        assert again.is_extended


def test_a_subclass_that_changes_nothing_is_as_quick_as_ours(gpt5, budgets):
    class Named(InferenceScalingProblem):
        """Only a name."""

    assert not Named(gpt5, budgets).is_extended
    assert Even(gpt5, budgets).is_extended
    assert InferenceScalingProblem(gpt5, budgets, elementwise_func=Twice).is_extended


def test_no_points_are_no_rows(problems, gpt5, budgets):
    for problem in [*problems, InferenceScalingProblem(gpt5, budgets)]:
        for nothing in (np.empty((0, problem.n_var)), [], np.array([])):
            F, G = problem.evaluate(nothing)
            assert (F.shape, G.shape) == ((0, 3), (0, problem.n_ieq_constr))
            assert len(problem.names_of(nothing)) == 0
    for problem in problems[:2]:
        assert len(problem.estimates([])) == 0
    with pytest.raises(SettingError, match=r"4 values .plan model, plan k, solve model, solve k."):
        problems[2].choices([[1, 2, 3]])


def test_an_error_names_the_variable(paper, budgets):
    problem = ModelChoiceProblem(paper.models, budgets, k_max=8)
    assert problem.variables == ("model", "k")
    assert problem.unordered == (True, False)
    with pytest.raises(SettingError, match=r"^model must be a whole number in \[0, 8\], got 9"):
        problem.evaluate(np.array([[9, 1]]))
    with pytest.raises(SettingError, match=r"^k must be a whole number in \[1, 8\], got 0"):
        problem.evaluate(np.array([[0, 0]]))
    with pytest.raises(SettingError, match=r"2 values \(model, k\), got 1"):
        problem.estimates([[1]])


def test_a_problem_of_one_s_own_may_leave_its_variables_without_names(gpt5, budgets):
    class Own(EstimatedProblem):
        def _estimate(self, points):
            return mi.ClosedForm().estimate(gpt5, [k for (k,) in points])

    problem = Own((range(1, 9),), (8,), budgets)
    ours = InferenceScalingProblem(gpt5, budgets)
    assert problem.evaluate([[3]])[0].tolist() == ours.evaluate([[3]])[0].tolist()
    with pytest.raises(SettingError, match="variable 1 must be a whole number"):
        problem.evaluate([[9]])


def test_a_front_of_points_is_that_of_a_run_that_saw_them(problems):
    problem = problems[2]
    result = minimize(problem, ExhaustiveSearch())
    points = Front.from_evaluated(problem, evaluated_at(problem, result.pop.get("X")))
    assert points.F.tolist() == Front.from_result(result).F.tolist()
