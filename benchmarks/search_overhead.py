"""What our problem adds to a search: NSGA-II on it against NSGA-II on the same F and G from a dictionary.

Run: python benchmarks/search_overhead.py
"""

from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize
from report import show
from timing import Figure, compare, take_turns

import moo_inference as mi
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import nsga2

CATALOG = mi.load_catalog("paper")


def our_problem() -> InferenceScalingProblem:
    """1,280 numbers of passes."""
    return InferenceScalingProblem(CATALOG.models["gpt-5"], CATALOG.scenarios["medical-ai"], k_max=1280)


class FromDictionary(ElementwiseProblem):
    """The same numbers without any estimate or extra value."""

    def __init__(self, ours: InferenceScalingProblem) -> None:
        super().__init__(n_var=1, n_obj=ours.n_obj, n_ieq_constr=ours.n_ieq_constr, xl=1, xu=1280, vtype=int)
        X = np.arange(1, 1281)[:, None]
        F, G = ours.evaluate(X)
        self.known = {int(x[0]): (F[row], G[row]) for row, x in enumerate(X)}

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        out["F"], out["G"] = self.known[int(x[0])]


def search(problem: Any, generations: int) -> Any:
    """One run of NSGA-II."""
    return minimize(problem, nsga2(problem, seed=1, pop_size=50, n_gen=generations))


def figures(quick: bool = False) -> list[Figure]:
    """The search on both problems, which finds the same front."""
    generations = 3 if quick else 20
    ours = our_problem()
    plain = FromDictionary(ours)
    np.testing.assert_array_equal(search(ours, 3).F, search(plain, 3).F)
    what, dictionary = f"NSGA-II, 50 x {generations}, on InferenceScalingProblem", "NSGA-II on a dictionary"
    taken = take_turns(
        {what: lambda: search(ours, generations), dictionary: lambda: search(plain, generations)}, 2 if quick else 15
    )
    return [compare(what, taken, what, dictionary, dictionary, target=1.3)]


if __name__ == "__main__":
    show(figures)
