"""What our problem adds to a search: NSGA-II on it against NSGA-II on the same F and G from a dictionary.

Run: python benchmarks/search_overhead.py
"""

import time
from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import nsga2

CATALOG = mi.load_catalog("paper")
OURS = InferenceScalingProblem(CATALOG.models["gpt-5"], CATALOG.scenarios["medical-ai"], k_max=1280)


class FromDictionary(ElementwiseProblem):
    """The same numbers without any estimate or extra value."""

    def __init__(self) -> None:
        super().__init__(n_var=1, n_obj=3, n_ieq_constr=3, xl=1, xu=1280, vtype=int)
        X = np.arange(1, 1281)[:, None]
        F, G = OURS.evaluate(X)
        self.known = {int(x[0]): (F[row], G[row]) for row, x in enumerate(X)}

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        out["F"], out["G"] = self.known[int(x[0])]


def seconds(problem: Any) -> float:
    """One run of NSGA-II."""
    start = time.perf_counter()
    minimize(problem, nsga2(problem, seed=1, pop_size=50, n_gen=20))
    return time.perf_counter() - start


if __name__ == "__main__":
    plain = FromDictionary()
    times = np.array([(seconds(OURS), seconds(plain)) for _ in range(15)])
    ours, theirs = times.min(axis=0)
    print(f"NSGA-II on InferenceScalingProblem / on a dictionary: {ours / theirs:.2f} (at most 1.3)")
