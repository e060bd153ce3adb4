"""Plan, solve, verify: which model at each stage, and how many passes of it, within one budget for the whole?"""

import moo_inference as mi
from moo_inference.pipelines import choose, pipeline_front
from moo_inference.stages import Parallel, Stage

catalog = mi.load_catalog("paper")
scenario = mi.Scenario(name="Plan, solve, verify", c_max=0.25, t_max=60, a_min=0.9)

stages = [
    Stage("plan", {"gpt-5": catalog.models["gpt-5"]}, k_max=4),  # a fixed model
    Stage("solve", catalog.models),  # any of the nine
    Stage("verify", catalog.models, k_max=8),
]
front = pipeline_front(stages, scenario, k_max=64)
print(f"{len(front)} nondominated choices of {4 * (9 * 64) * (9 * 8):,}")
for rule in ("accuracy-max", "max-cube", "knee-chord"):
    print(choose(front, rule).reason)

# Two solvers at once, both of which must succeed: costs add, and the slower one is waited for.
both = [stages[0], Parallel([Stage("first half", catalog.models), Stage("second half", catalog.models)]), stages[2]]
print(choose(pipeline_front(both, scenario.replace(a_min=0.8), k_max=16), "max-cube").reason)

# Where nothing fits, the front says what would.
print(pipeline_front(stages, scenario.replace(t_max=8), k_max=16).infeasibility)
