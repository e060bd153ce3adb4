"""When passes stop as a variable of a pymoo problem, beside the model and k."""

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.problems import ModelChoiceProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2

catalog = mi.load_catalog("otis-mock-aime").select(["gpt-5-nano@high", "gpt-5-mini@medium", "gemini-3-flash"])
scenario = mi.Scenario(name="My use", c_max=0.1, t_max=300.0, a_min=0.85)
stops = ["fixed", "first-verified/1", "first-verified/2"]
problem = ModelChoiceProblem(catalog.models, scenario, k_max=7, stops=stops)

exact = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
found = mi.Front.from_result(minimize(problem, nsga2(problem, seed=1), ("n_eval", 40)))
print(f"{', '.join(problem.variables)}: {len(exact)} rows on the exact front, {len(found)} found with 40 evaluations")
for row in range(0, len(exact), 3):
    cost, seconds, error = exact.F[row]
    print(f"{exact.models[row]:35} k = {exact.k[row]}: ${cost:.4f}, {seconds:5.1f} s, accuracy {1 - error:.4f}")
