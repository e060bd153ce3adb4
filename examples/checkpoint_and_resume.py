"""Stop a run, keep it in a file, go on later, and end exactly where an uninterrupted run ends."""

import pickle
import tempfile
from pathlib import Path

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.problems import ModelChoiceProblem
from moo_inference.solvers import nsga2

catalog = mi.load_catalog("paper")
problem = ModelChoiceProblem(catalog.models, catalog.scenarios["essay-feedback"])

straight = minimize(problem, nsga2(problem, seed=7, pop_size=24, n_gen=12))

# Pickle between two calls of next(); inside a callback the generation would be counted twice.
algorithm = nsga2(problem, seed=7, pop_size=24).setup(problem)
for _ in range(5):
    algorithm.next()
with tempfile.TemporaryDirectory() as folder:
    checkpoint = Path(folder) / "checkpoint.pickle"
    checkpoint.write_bytes(pickle.dumps(algorithm))
    resumed = pickle.loads(checkpoint.read_bytes())

# pymoo drops a termination that minimize is given for an algorithm under way; this project's searches keep to it.
result = minimize(problem, resumed, ("n_gen", 12), copy_algorithm=False)

same = (result.archive.get("X") == straight.archive.get("X")).all()
print(f"{len(straight.archive)} evaluations without a stop, {len(result.archive)} with one; the same points: {same}")
print(f"front of {len(mi.Front.from_result(result))} rows, the same: {(result.F == straight.F).all()}")
