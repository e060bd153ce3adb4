"""How fast the paper's experiment is, each figure a ratio to something timed in the same process.

Run: python benchmarks/paper_experiment.py
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import moo_inference as mi
from moo_inference.solvers import ExhaustiveSearch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import slow_twin

RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-published")
KS = range(4, 129, 4)


def best_of(count: int, work: Callable[[], object]) -> float:
    """The least seconds of some runs."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def draw_normals() -> None:
    """All the normals of the experiment, once."""
    for k in KS:
        np.random.default_rng(42 + k).standard_normal((300, 3, k))


def whole_experiment(solver: object = None) -> None:
    """27 cells, four rules, all percentiles, as a table."""
    estimator = mi.MonteCarlo(trials=300, seed=42, draws="independent")
    study = mi.run_study(CATALOG, decisions=RULES, estimator=estimator, k_step=4, solver=solver)
    assert len(study.choices) == 108


def slow_cell() -> None:
    """One model, one scenario, one rule, sharing nothing; the experiment is 108 of them."""
    model, scenario = CATALOG.models["gpt-5"], CATALOG.scenarios["medical-ai"]
    slow_twin.choose("knee-published", slow_twin.feasible_points(model, scenario, KS, 300, 42, 4), scenario)


def common_draws(k_max: int) -> None:
    """Common draws of one model, 100,000 trials."""
    mi.MonteCarlo(trials=100_000).estimate(CATALOG.models["gpt-5"], range(1, k_max + 1))


def seconds_of(*command: str, count: int = 10) -> float:
    """Median wall time of a command."""
    return float(
        np.median([best_of(1, lambda: subprocess.run(command, capture_output=True, check=True)) for _ in range(count)])
    )


def report(what: str, value: float, limit: str) -> None:
    """One line of the table."""
    print(f"{what:78} {value:8.2f}   {limit}")


CATALOG = mi.load_catalog("paper")

if __name__ == "__main__":
    whole_experiment()  # imports and caches
    drawing = best_of(30, draw_normals)
    arrays = best_of(30, whole_experiment)
    report("paper's experiment, array path / drawing its normals once", arrays / drawing, "at most 2")
    through = best_of(20, lambda: whole_experiment(ExhaustiveSearch()))
    report("paper's experiment, through pymoo / drawing its normals once", through / drawing, "at most 4")
    report("slow twin sharing nothing / array path", 108 * best_of(1, slow_cell) / arrays, "at least 40")
    short, long = best_of(1, lambda: common_draws(512)), best_of(1, lambda: common_draws(1024))
    report("common draws, 100,000 trials: k_max 1,024 / k_max 512", long / short, "at most 2.2")
    models = list(CATALOG.models.values())
    independent = mi.MonteCarlo(draws="independent")
    for latency, limit in (("ideal", "at least 50"), ("waves", "at least 8")):
        drawn = best_of(5, lambda: independent.estimate_many(models, range(1, 129), latency="ideal"))
        exact = best_of(
            20, lambda latency=latency: mi.ClosedForm().estimate_many(models, range(1, 129), latency=latency)
        )
        report(
            f"nine models, k = 1 ... 128: independent Monte Carlo (ideal) / closed form ({latency})",
            drawn / exact,
            limit,
        )
    start = time.perf_counter()
    mi.assess(CATALOG.models["gpt-5-nano"], CATALOG.scenarios["essay-feedback"], "knee-chord", independent, k_step=4)
    report("assess, 200 replications of 300 independent trials, seconds", time.perf_counter() - start, "under 8")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report("peak memory of all of the above, MB", peak, "under 300")
    here = Path(sys.executable).parent
    ratio = seconds_of(str(here / "moo-inference"), "--help") / seconds_of(sys.executable, "-c", "import numpy")
    report("moo-inference --help / import numpy", ratio, "at most 2.2")
