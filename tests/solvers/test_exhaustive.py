import numpy as np
import pytest
from pymoo.core.problem import ElementwiseProblem, Problem
from pymoo.optimize import minimize
from pymoo.termination.max_gen import MaximumGenerationTermination

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch

KS = list(range(4, 129, 4))


@pytest.fixture
def problem(gpt5, essay):
    return InferenceScalingProblem(gpt5, essay, k_step=4)


@pytest.fixture
def expected(gpt5, essay):
    return mi.Front.from_curve(mi.ClosedForm().estimate(gpt5, KS), essay)


def test_looks_at_every_k_once_in_one_generation(problem, expected):
    result = minimize(problem, ExhaustiveSearch())
    assert result.pop.get("X")[:, 0].tolist() == KS
    assert result.algorithm.evaluator.n_eval == len(KS)
    assert result.algorithm.n_gen == 2  # pymoo counts up after the one generation
    assert result.X.dtype.kind == "i"
    assert result.X[:, 0].tolist() == expected.k.tolist()
    assert (result.F == expected.F).all()
    assert (result.opt.get("accuracy_se") == expected.standard_errors[:, 2]).all()
    assert (result.CV == 0).all()


@pytest.mark.parametrize("termination", [("n_gen", 1), ("n_gen", 50), ("n_eval", 3), ("time", 60)])
def test_a_user_s_termination_changes_nothing(problem, expected, termination):
    result = minimize(problem, ExhaustiveSearch(), termination)
    assert result.X[:, 0].tolist() == expected.k.tolist()
    assert result.algorithm.evaluator.n_eval == len(KS)


def test_a_user_s_termination_is_not_used_up(problem):
    termination = MaximumGenerationTermination(5)
    ExhaustiveSearch().setup(problem, termination=termination).run()
    assert not termination.force_termination
    assert not termination.has_terminated()


def test_can_be_used_twice_and_on_another_problem(problem, expected, paper, essay):
    algorithm = ExhaustiveSearch()
    other = InferenceScalingProblem(paper.models["gpt-5-nano"], essay, k_step=8)
    first, second, third = (minimize(p, algorithm) for p in (problem, other, problem))
    assert first.X.tolist() == third.X.tolist()
    assert second.pop.get("X")[:, 0].tolist() == list(range(8, 129, 8))


def test_ask_and_tell(problem, expected):
    algorithm = ExhaustiveSearch().setup(problem)
    while algorithm.has_next():
        asked = algorithm.ask()
        algorithm.evaluator.eval(problem, asked)
        algorithm.tell(asked)
    assert algorithm.result().X[:, 0].tolist() == expected.k.tolist()


def test_history_callback_and_display(problem, capsys):
    seen = []
    result = minimize(problem, ExhaustiveSearch(), save_history=True, verbose=True, callback=seen.append)
    assert len(result.history) == len(seen) == 1
    assert len(result.history[0].pop) == len(KS)
    assert "n_nds" in capsys.readouterr().out


def test_infeasible_problems_end_as_pymoo_s_do(gpt5, essay):
    problem = InferenceScalingProblem(gpt5, essay.replace(c_max=0.01), k_step=4)
    result = minimize(problem, ExhaustiveSearch())
    assert result.opt is None
    assert result.X is None
    assert len(result.pop) == len(KS)
    least = minimize(problem, ExhaustiveSearch(return_least_infeasible=True))
    assert least.X.tolist() == [[4]]
    assert least.CV[0, 0] == pytest.approx(least.G[0].clip(0).sum())


def test_enumerates_any_pymoo_problem_over_whole_numbers():
    class Plain(ElementwiseProblem):
        def __init__(self):
            super().__init__(n_var=2, n_obj=2, n_eq_constr=1, xl=[-1, 0.5], xu=[1, 2], vtype=int)

        def _evaluate(self, x, out, *args, **kwargs):
            out["F"] = [x[0] ** 2, x[1]]
            out["H"] = [0]

    result = minimize(Plain(), ExhaustiveSearch())
    assert result.pop.get("X").tolist() == [[a, b] for a in (-1, 0, 1) for b in (1, 2)]
    assert result.X.tolist() == [[0, 1]]


def test_what_cannot_be_enumerated_is_refused():
    with pytest.raises(SettingError, match="vtype=int"):
        minimize(Problem(n_var=1, n_obj=2, xl=0, xu=1), ExhaustiveSearch())
    with pytest.raises(SettingError, match="1 to 10,000,000 points"):
        minimize(Problem(n_var=9, n_obj=2, xl=0, xu=99, vtype=int), ExhaustiveSearch())
    with pytest.raises(SettingError, match="got 0"):
        minimize(Problem(n_var=1, n_obj=2, xl=3, xu=1, vtype=int), ExhaustiveSearch())
    with pytest.raises(TypeError, match="terminaton"):
        ExhaustiveSearch(terminaton=("n_gen", 1))


def test_a_front_with_equal_rows_keeps_the_smallest_k(gpt5, essay):
    level = gpt5.replace(accuracy={"mean": 0.95, "std": 0})
    result = minimize(InferenceScalingProblem(level, essay, k_max=10), ExhaustiveSearch())
    assert mi.Front.from_result(result).k.tolist() == [1]
    assert np.unique(result.F[:, 0]).size == len(result.F)
