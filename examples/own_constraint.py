"""A constraint and an objective of one's own: k must be even, and each pass uses energy."""

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2

JOULES_PER_PASS = 420.0


class EvenAndFrugal(InferenceScalingProblem):
    """Four objectives and four constraints, as declared where the problem is made."""

    def _evaluate(self, x, out, *args, **kwargs):
        super()._evaluate(x, out, *args, **kwargs)
        out["F"] = [*out["F"], JOULES_PER_PASS * x[0]]
        out["G"] = [*out["G"], x[0] % 2]


catalog = mi.load_catalog("paper")
scenario = catalog.scenarios["essay-feedback"]
problem = EvenAndFrugal(catalog.models["gpt-5"], scenario, k_max=64, n_obj=4, n_ieq_constr=4)

exact = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
found = mi.Front.from_result(minimize(problem, nsga2(problem, seed=1), ("n_eval", 40)))
print(f"{len(exact)} rows with {exact.F.shape[1]} objectives: k = {', '.join(map(str, exact.k))}")
print(f"nsga2 found {len(set(found.k) & set(exact.k))} of them with 40 evaluations")

for rule in ("accuracy-max", "knee-chord"):
    choice = decide(exact, rule)
    print(f"{choice.reason}; {exact.F[choice.row, 3]:,.0f} joules")
