"""pymoo's own tools work on this project's classes."""

from multiprocessing.pool import ThreadPool

import matplotlib as mpl
import moocore
import numpy as np
import pytest
from pymoo.core.callback import Callback
from pymoo.indicators.hv import Hypervolume
from pymoo.optimize import minimize
from pymoo.parallelization import JoblibParallelization, StarmapParallelization
from pymoo.util.display.column import Column
from pymoo.util.display.output import Output

import moo_inference as mi
from moo_inference.estimators.curve import COLUMNS
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2


@pytest.fixture
def problem(paper):
    return InferenceScalingProblem(paper.models["gpt-5"], paper.scenarios["essay-feedback"], k_max=64)


@pytest.mark.parametrize("kind", ["scatter.Scatter", "pcp.PCP", "petal.Petal"])
def test_pymoo_s_plots_draw_a_front(problem, kind, tmp_path):
    from importlib import import_module

    module, name = kind.split(".")
    plot_class = getattr(import_module(f"pymoo.visualization.{module}"), name)
    F = minimize(problem, ExhaustiveSearch()).F
    with mpl.rc_context():
        mpl.use("Agg")
        options = {"bounds": [0, 1]} if name == "Petal" else {}
        plot = plot_class(**options).add((F / F.max(axis=0))[:3])
        plot.save(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_pymoo_s_hypervolume_is_that_of_the_budgets(problem):
    F = minimize(problem, ExhaustiveSearch()).F
    budgets = np.array([0.5, 60, 1])
    indicator = Hypervolume(ref_point=budgets, zero_to_one=True, ideal=np.zeros(3), nadir=budgets)
    assert indicator.do(F) == pytest.approx(moocore.hypervolume(F / budgets, ref=np.ones(3)))
    assert 0 < indicator.do(F) < 1


def test_a_callback_sees_every_generation(problem):
    class Best(Callback):
        def __init__(self):
            super().__init__()
            self.data["best"] = []

        def notify(self, algorithm):
            self.data["best"].append(algorithm.pop.get("F")[:, 2].min())

    result = minimize(problem, nsga2(problem, seed=1, pop_size=8, n_gen=5), callback=Best())
    best = result.algorithm.callback.data["best"]
    assert len(best) == 5


def test_a_display_of_one_s_own_prints(problem, capsys):
    class Least(Output):
        def __init__(self):
            super().__init__()
            self.least = Column("least k", width=10)
            self.columns += [self.least]

        def update(self, algorithm):
            super().update(algorithm)
            self.least.set(int(algorithm.pop.get("X").min()))

    minimize(problem, nsga2(problem, pop_size=8, n_gen=3), output=Least(), verbose=True)
    minimize(problem, ExhaustiveSearch(), verbose=True)
    out = capsys.readouterr().out
    assert "least k" in out
    assert "n_nds" in out


def test_ask_and_tell(problem):
    expected = minimize(problem, nsga2(problem, seed=3, pop_size=8, n_gen=4))
    algorithm = nsga2(problem, seed=3, pop_size=8, n_gen=4).setup(problem)
    while algorithm.has_next():
        asked = algorithm.ask()
        algorithm.evaluator.eval(problem, asked)
        algorithm.tell(infills=asked)
    assert (algorithm.result().X == expected.X).all()


def test_without_a_copy_the_algorithm_itself_is_run(problem):
    algorithm = nsga2(problem, pop_size=8, n_gen=3)
    result = minimize(problem, algorithm, copy_algorithm=False)
    assert result.algorithm is algorithm
    assert len(algorithm.archive) == 24


def test_the_least_infeasible_row_is_told_from_a_solution(paper):
    hopeless = paper.scenarios["essay-feedback"].replace(c_max=0.01)
    problem = InferenceScalingProblem(paper.models["gpt-5"], hopeless, k_max=64)
    for algorithm in (ExhaustiveSearch(return_least_infeasible=True), nsga2(problem, pop_size=8, n_gen=8)):
        algorithm.return_least_infeasible = True
        result = minimize(problem, algorithm)
        assert result.X.tolist() == [[1]]
        assert result.CV[0, 0] > 0
        assert mi.Front.from_result(result).infeasibility.k == 1


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_runners_give_the_same_bits_with_any_number_of_workers(problem, workers):
    X = np.arange(1, 65)[:, None]
    expected = problem.evaluate(X, return_as_dictionary=True)
    with ThreadPool(workers) as pool:
        for runner in (StarmapParallelization(pool.starmap), JoblibParallelization(n_jobs=workers)):
            problem.elementwise_runner = runner
            got = problem.evaluate(X, return_as_dictionary=True)
            for key in ("F", "G", *COLUMNS):
                assert got[key].tobytes() == expected[key].tobytes()


def test_a_runner_of_processes_gives_the_same_bits(problem, paper):
    fresh = InferenceScalingProblem(paper.models["gpt-5"], paper.scenarios["essay-feedback"], k_max=64)
    fresh.elementwise_runner = JoblibParallelization(n_jobs=2, backend="loky")
    X = np.arange(1, 17)[:, None]
    assert fresh.evaluate(X)[0].tobytes() == problem.evaluate(X)[0].tobytes()
