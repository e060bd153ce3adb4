"""Which model, and how many passes? NSGA-II on 11,520 points, a tenth of which it looks at."""

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.pareto.quality import front_quality
from moo_inference.problems import ModelChoiceProblem
from moo_inference.solvers import ExhaustiveSearch, grid_size, nsga2

catalog = mi.load_catalog("paper")
problem = ModelChoiceProblem(catalog.models, catalog.scenarios["medical-ai"], k_max=1280)

result = minimize(problem, nsga2(problem, seed=1), ("n_eval", 1152))
front = mi.Front.from_result(result)
exact = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))

quality = front_quality(front, exact)
print(f"{result.algorithm.evaluator.n_eval} evaluations of {grid_size(problem):,} points")
print(f"{quality['found']:.0%} of the exact front, {quality['hypervolume']:.4f} of its hypervolume")
for row in (0, len(front) // 2, len(front) - 1):
    cost, seconds, error = front.F[row]
    print(f"{front.models[row]:20} k = {front.k[row]:3}: ${cost:.4f}, {seconds:5.1f} s, accuracy {1 - error:.4f}")
