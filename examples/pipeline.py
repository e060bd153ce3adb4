"""Plan, solve, verify: which model at each stage, and how many passes, within one total budget?"""

import math
from pathlib import Path

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.pareto.quality import front_quality
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import plan_of
from moo_inference.problems import PipelineProblem
from moo_inference.solvers import nsga2

# Two pipelines are in the catalog, with the models that their stages may use.
catalog = mi.load_catalog(Path(__file__).parent / "pipeline.yaml")
study = mi.run_study(catalog, decisions=["accuracy-max", "max-cube"])
for row in study.pipelines.to_dict(orient="records"):
    print(f"{row['pipeline']}, {row['decision']}: {row['stages']} (accuracy {row['accuracy']:.4f}, ${row['cost']:.4f})")

# The exact front of one of them, by merging the fronts of its stages, and what NSGA-II finds of it.
scenario = catalog.scenarios["coding"]
plan = plan_of(catalog.pipelines["plan-solve-verify"], catalog.models)
front = pipeline_front(plan, scenario)
print(f"{len(front)} nondominated choices; {decide(front, 'knee-chord').reason}")
problem = PipelineProblem(plan, scenario)
found = mi.Front.from_result(minimize(problem, nsga2(problem, seed=1), ("n_eval", 2000)))
lacking = 1 - front_quality(found, front)["hypervolume"]
# How much exactly depends on how a processor rounds.
print(f"NSGA-II comes within {math.ceil(100 * lacking)} % of its hypervolume with 2,000 evaluations")

# Where nothing fits, the front names what would.
print(pipeline_front(plan, scenario.replace(t_max=8)).infeasibility)
