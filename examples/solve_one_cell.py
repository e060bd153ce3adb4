"""How many passes of GPT-5 for essay feedback? Exhaustively, then with NSGA-II, then under four rules."""

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.decision import AccuracyMax, KneePoint, MaxCube, UtopiaClosest
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2

catalog = mi.load_catalog("paper")
model = catalog.models["gpt-5"]
scenario = catalog.scenarios["essay-feedback"]
problem = InferenceScalingProblem(model, scenario, k_max=128, k_step=1)

exact = minimize(problem, ExhaustiveSearch())
found = minimize(problem, nsga2(problem, seed=1))
front = mi.Front.from_result(found)
print(f"{model.name}, {scenario.name}: {len(exact.F)} k on the exact front, {len(front)} found by NSGA-II")

for rule in (AccuracyMax, MaxCube, UtopiaClosest, KneePoint):
    row = rule.for_scenario(scenario).do(front.F)
    if row is None:
        print(f"{rule.__name__:14} is not defined on this front")
    else:
        cost, seconds, error = front.F[row]
        print(f"{rule.__name__:14} k = {front.k[row]:3}: ${cost:.3f}, {seconds:.1f} s, accuracy {1 - error:.4f}")

row = KneePoint("chord").do(front.F)
print(f"recommended knee: k = {front.k[row]}")
