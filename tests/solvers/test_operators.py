import numpy as np
import pytest
from pymoo.core.population import Population
from pymoo.core.problem import Problem

import moo_inference as mi
from moo_inference.pipelines.plan import Stage
from moo_inference.problems import ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import nsga2
from moo_inference.solvers.operators import GridCrossover, GridMutation


class Numbers(Problem):
    """Four variables; of the first two the values have no order."""

    def __init__(self, unordered):
        super().__init__(n_var=4, n_obj=3, xl=np.zeros(4), xu=np.full(4, 99), vtype=int)
        self.axes = (range(100),) * 4
        if unordered:
            self.unordered = (True, True, False, False)


def offspring(unordered):
    parents = Population.new("X", np.array([[10.0, 20.0, 10.0, 20.0], [80.0, 90.0, 80.0, 90.0]]))
    pairs = np.tile([[0, 1]], (400, 1))
    crossover = GridCrossover(prob=1.0, eta=15, vtype=float)
    return crossover(
        Numbers(unordered), parents, parents=pairs, random_state=np.random.default_rng(1), algorithm=None
    ).get("X")


def test_values_without_order_are_inherited_whole():
    X = offspring(unordered=True)
    assert set(X[:, 0]) == {10.0, 80.0}
    assert set(X[:, 1]) == {20.0, 90.0}
    # Each comes from either parent, whatever the other does.
    assert len({tuple(row) for row in X[:, :2].tolist()}) == 4
    assert len(set(X[:, 2])) > 10


def test_values_with_order_are_crossed_in_between():
    """The control of the test above."""
    assert len(set(offspring(unordered=False)[:, 0])) > 10


def mutants(unordered):
    start = Population.new("X", np.full((4000, 4), 50.0))
    mutation = GridMutation(prob=1.0, eta=20, vtype=float)
    return mutation(Numbers(unordered), start, random_state=np.random.default_rng(2)).get("X")


def test_values_without_order_are_drawn_anew():
    X = np.rint(mutants(unordered=True))
    for column in (0, 1):
        moved = X[X[:, column] != 50, column]
        # A quarter of 4,000 is mutated; evenly drawn, a fifth of these lies within ten of where it was.
        near = np.abs(moved - 50) <= 10
        assert near.mean() == pytest.approx(20 / 99, abs=4 * np.sqrt(0.2 * 0.8 / len(moved)))
    ordered = X[X[:, 2] != 50, 2]
    assert (np.abs(ordered - 50) <= 10).mean() > 0.5


def test_a_pipeline_s_models_have_no_order_and_its_population_grows_with_its_variables(paper):
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-mini")}
    medical = paper.scenarios["medical-ai"]
    stages = [Stage("plan", {"gpt-5": models["gpt-5"]}), *(Stage(f"solve {n}", models) for n in range(3))]
    problem = PipelineProblem(stages, medical)
    assert problem.unordered == (False, True, False, True, False, True, False)
    assert nsga2(problem).pop_size == 32 * 7
    assert nsga2(problem, pop_size=50).pop_size == 50
    across = ModelChoiceProblem(paper.models, medical, estimator=mi.ClosedForm(), k_max=1280)
    assert nsga2(across).pop_size == 96
