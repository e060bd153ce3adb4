"""Pipelines: how long the exact front takes, how large its merges are, and how much of it NSGA-II finds.

Run: python benchmarks/pipelines.py [--seeds 10]; run_all.py measures one front against one search alone.
"""

import argparse
import resource
import time
from collections.abc import Mapping

import numpy as np
from pymoo.optimize import minimize
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.pareto.front import Front
from moo_inference.pareto.quality import front_quality
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Stage
from moo_inference.problems import PipelineProblem
from moo_inference.solvers import nsga2

CATALOG = mi.load_catalog("paper")
MEDICAL = CATALOG.scenarios["medical-ai"]
ANYTHING = mi.Scenario(name="no budgets", c_max=None, t_max=None, a_min=0)
EVALUATIONS = 20_000


def random_models(count: int, seed: int) -> dict[str, mi.Model]:
    """Models of which few are dominated, since the expensive or the slow are the more accurate, and every pass pays.

    Accuracies of k passes follow Beta distributions of difficulty, which go on rising to k = 64 and beyond.
    """
    generator = np.random.default_rng(seed)
    base = CATALOG.models["gpt-5"]
    models = {}
    for number in range(count):
        expensive, slow = generator.random(2)
        mean = 0.3 + 0.3 * expensive + 0.3 * slow
        a = 0.3 + 0.7 * generator.random()
        models[f"m{number}"] = base.replace(
            name=f"m{number}",
            usd_per_million_input_tokens=0.05 * 40**expensive,
            usd_per_million_output_tokens=0.4 * 40**expensive,
            seconds_per_output_token=0.0005 * 40**slow,
            accuracy={"kind": "beta", "a": a, "b": a * (1 - mean) / mean, "samples": 64},
        )
    return models


def stages_of(models: Mapping[str, mi.Model], count: int) -> list[Stage]:
    """So many stages that may all use the same models."""
    return [Stage(f"stage {number + 1}", models) for number in range(count)]


def timed_front(label: str, models: Mapping[str, mi.Model], count: int, scenario: mi.Scenario) -> None:
    """Print how long one exact front takes; the most memory is that of the process until then."""
    alone = pipeline_front(stages_of(models, 1), ANYTHING)
    used = len(set(alone.models))
    start = time.perf_counter()
    front = pipeline_front(stages_of(models, count), scenario)
    taken = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{label} ({used} of them in the {len(alone):,} rows of a stage alone), {count} stages, {scenario.name}: "
        f"{len(front):,} rows in {taken:.2f} s, at most {memory:.2f} GB"
    )


def searched(label: str, models: Mapping[str, mi.Model], scenario: mi.Scenario, seeds: int) -> None:
    """Print the share of the exact hypervolume that NSGA-II finds by itself, run by run."""
    stages = stages_of(models, 3)
    exact = pipeline_front(stages, scenario)
    problem = PipelineProblem(stages, scenario)
    start = time.perf_counter()
    shares = []
    for seed in range(1, seeds + 1):
        result = minimize(problem, nsga2(problem, seed=seed), ("n_eval", EVALUATIONS))
        shares.append(front_quality(Front.from_result(result), exact)["hypervolume"])
    print(
        f"NSGA-II of {nsga2(problem).pop_size}, {label}, 3 stages, {EVALUATIONS:,} evaluations: {min(shares):.4f} to "
        f"{max(shares):.4f} of the hypervolume over {seeds} seeds (at least 0.99), "
        f"{(time.perf_counter() - start) / seeds:.1f} s per run: {', '.join(f'{share:.4f}' for share in shares)}"
    )


def all_pairs(one: np.ndarray, other: np.ndarray) -> Work:
    """Adding up all pairs of two fronts, a block at a time."""
    step = max(1, 100_000 // len(other))
    return lambda: [one[start : start + step, None] + other for start in range(0, len(one), step)]


def figures(quick: bool = False) -> list[Figure]:
    """Exact fronts of three stages, each against one run of NSGA-II that finds nearly all of it."""
    evaluations = 1000 if quick else EVALUATIONS
    found = []
    for label, models in (("nine built-in models", CATALOG.models), ("30 random models", random_models(30, seed=1))):
        scenario = MEDICAL.replace(name="medical AI at 0.6", a_min=0.6)
        stages = stages_of(models, 3)
        problem = PipelineProblem(stages, scenario)
        two = pipeline_front(stages[:2], scenario)
        alone = pipeline_front(stages[:1], scenario)
        what, search = f"Exact front of three stages, {label}", f"NSGA-II, {evaluations:,} evaluations"
        pairs = f"adding up all {len(two) * len(alone):,} pairs of the last merge"

        def run(problem: PipelineProblem = problem) -> object:
            return minimize(problem, nsga2(problem, seed=1), ("n_eval", evaluations))

        works: dict[str, Work] = {
            what: lambda stages=stages, scenario=scenario: pipeline_front(stages, scenario),
            search: run,
            pairs: all_pairs(two.F, alone.F),
        }
        found.append(compare(what, take_turns(works, 1 if quick else 2), what, search, pairs))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    thirty = random_models(30, seed=1)
    medium = MEDICAL.replace(name="medical AI at 0.6", a_min=0.6)
    timed_front("30 random models", thirty, 3, medium)
    timed_front("nine built-in models", CATALOG.models, 4, MEDICAL)
    timed_front("nine built-in models", CATALOG.models, 4, ANYTHING)
    timed_front("30 random models", thirty, 3, ANYTHING)
    searched("nine built-in models", CATALOG.models, MEDICAL, options.seeds)
    searched("30 random models", thirty, medium, options.seeds)
    for seed in (2, 3):
        searched(f"30 others (seed {seed})", random_models(30, seed), medium, options.seeds)
