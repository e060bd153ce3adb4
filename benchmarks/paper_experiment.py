"""How fast the paper's experiment is, against its own normals, pymoo, and a twin that shares nothing.

Run: python benchmarks/paper_experiment.py
"""

import sys
from pathlib import Path

import numpy as np

import moo_inference as mi
from moo_inference.solvers import ExhaustiveSearch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import slow_twin
from report import TARGET_IN_SECONDS, show
from timing import Figure, compare, take_turns

RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-published")
KS = range(4, 129, 4)
TRIALS = 300
CATALOG = mi.load_catalog("paper")


WHY = (
    "The paper's experiment: in turn on an Intel Xeon, the version of 2026-11-26 (c18f6be) takes 1.86 and 1.94 "
    "drawings as arrays, and that of 2026-11-28 2.26 and 2.28: each choice says too whether it moves with k_max, "
    "and what its quantiles and its accuracy rest on."
)


def draw_normals(seed: int = 42) -> None:
    """All the normals of the experiment, once."""
    for k in KS:
        np.random.default_rng(seed + k).standard_normal((TRIALS, 3, k))


def whole_experiment(solver: object = None) -> list[int | None]:
    """27 cells, four rules, all percentiles, as a table; the chosen k."""
    estimator = mi.MonteCarlo(trials=TRIALS, seed=42, draws="independent")
    study = mi.run_study(CATALOG, decisions=RULES, estimator=estimator, k_step=4, solver=solver)
    return study.choices["k"].astype(object).where(study.choices["k"].notna(), None).tolist()


def slow_cell(trials: int) -> None:
    """One model, one scenario, one rule, sharing nothing; the experiment is 108 of them."""
    model, scenario = CATALOG.models["gpt-5"], CATALOG.scenarios["medical-ai"]
    slow_twin.choose("knee-published", slow_twin.feasible_points(model, scenario, KS, trials, 42, 4), scenario)


def assess(replications: int) -> None:
    """How sure one choice is."""
    model, scenario = CATALOG.models["gpt-5-nano"], CATALOG.scenarios["essay-feedback"]
    mi.assess(
        model,
        scenario,
        "knee-chord",
        mi.MonteCarlo(draws="independent"),
        k_step=4,
        replications=replications,
    )


def figures(quick: bool = False) -> list[Figure]:
    """The experiment, and assessing one of its choices."""
    repetitions = 2 if quick else 15
    assert whole_experiment() == whole_experiment(ExhaustiveSearch())
    normals, arrays, through = "drawing its normals once", "as arrays", "through pymoo's minimize"
    taken = take_turns(
        {
            normals: draw_normals,
            arrays: whole_experiment,
            through: lambda: whole_experiment(ExhaustiveSearch()),
        },
        repetitions,
    )
    twin = "a twin that shares nothing (one of its 108 cells, times 108)"
    trials = TRIALS // 30 if quick else TRIALS
    works = {twin: lambda: slow_cell(trials), arrays: whole_experiment, normals: draw_normals}
    slow = take_turns(works, 1 if quick else 3)
    slow[twin] *= 108 * TRIALS / trials
    replications = 10 if quick else 200
    seeds = f"drawing the normals of {replications} seeds"
    sure = take_turns(
        {"assess": lambda: assess(replications), seeds: lambda: [draw_normals(seed) for seed in range(replications)]},
        1 if quick else 2,
    )
    what = "The paper's experiment, 108 choices"
    return [
        compare(f"{what}, {arrays}", taken, arrays, normals, normals, target=2, why=WHY),
        compare(f"{what}, {through}", taken, through, normals, normals, target=4, why=WHY),
        compare(f"{what}, {arrays}", taken, arrays, through, normals),
        compare(f"{what}, {arrays}", slow, arrays, twin, normals, target=1 / 40),
        compare(
            f"Assessing a choice, {replications} seeds",
            sure,
            "assess",
            seeds,
            seeds,
            target=8.0,
            target_of="ours",
            why=TARGET_IN_SECONDS,
        ),
    ]


if __name__ == "__main__":
    show(figures)
