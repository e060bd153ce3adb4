"""The exhaustive search against two others on the same grid: Optuna's BruteForceSampler and `scipy.optimize.brute`.

Optuna is optional: `pip install optuna`.

Run: python benchmarks/grid_search.py
"""

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from pymoo.optimize import minimize
from report import show
from scipy.optimize import brute
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.decision import MaxCube
from moo_inference.pareto.budgets import constraints
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch

CATALOG = mi.load_catalog("paper")
MODEL, SCENARIO = CATALOG.models["gpt-5"], CATALOG.scenarios["medical-ai"]
ESTIMATOR = mi.ClosedForm()
K_MAX = 128
NADIR = np.array([SCENARIO.c_max, SCENARIO.t_max, 1.0])
NOTES = () if find_spec("optuna") else ("Optuna is not installed, and so is left out: pip install optuna.",)

Values = Callable[[int], tuple[float, float, float]]


def estimated(k: int) -> tuple[float, float, float]:
    """Cost, time and error of one k, from our own formulas."""
    cost, time, error = ESTIMATOR.estimate(MODEL, [k]).F[0].tolist()
    return cost, time, error


def looked_up() -> Values:
    """The same of a dictionary that is there already."""
    F = ESTIMATOR.estimate(MODEL, range(1, K_MAX + 1)).F.tolist()
    return {k: tuple(row) for k, row in enumerate(F, start=1)}.__getitem__


def feasible(values: tuple[float, float, float]) -> bool:
    """Whether a k meets the budgets."""
    cost, time, error = values
    return bool((constraints(np.array([[cost, time, 1 - error]]), SCENARIO) <= 0).all())


def front_by_optuna(values: Values) -> list[int]:
    """The k of the front, from a study that tries all."""
    import optuna  # noqa: PLC0415 (optional)

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: "optuna.Trial") -> tuple[float, float, float]:
        found = values(trial.suggest_int("k", 1, K_MAX))
        trial.set_user_attr("constraint", 0.0 if feasible(found) else 1.0)
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the sampler is experimental, and warns each time
        study = optuna.create_study(directions=["minimize"] * 3, sampler=optuna.samplers.BruteForceSampler(seed=1))
        study.optimize(objective)
    return sorted(trial.params["k"] for trial in study.best_trials if trial.user_attrs["constraint"] <= 0)


def best_by_brute(values: Values) -> int:
    """The k of the largest cube."""

    def objective(x: np.ndarray) -> float:
        found = values(int(x[0]) if np.ndim(x) else int(x))
        return -float(np.prod(1 - np.array(found) / NADIR)) if feasible(found) else 1.0

    return int(brute(objective, (slice(1, K_MAX + 1, 1),), finish=None))


def our_front() -> mi.Front:
    """From nothing, by the array path."""
    return mi.Front.from_curve(ESTIMATOR.estimate(MODEL, range(1, K_MAX + 1)), SCENARIO)


def our_best(front: mi.Front) -> int:
    """The k of the largest cube on a front."""
    row = MaxCube.for_scenario(SCENARIO).do(front.F)
    assert row is not None
    return int(front.k[row])


def through_pymoo() -> list[int]:
    """The k of the front, from our problem and pymoo's `minimize`."""
    problem = InferenceScalingProblem(MODEL, SCENARIO, estimator=ESTIMATOR, k_max=K_MAX)
    return sorted(int(k) for k in minimize(problem, ExhaustiveSearch()).X[:, 0])


def best_feasible() -> Work:
    """What no search can do without: compare all with the budgets, and take the largest cube."""
    F = ESTIMATOR.estimate(MODEL, range(1, K_MAX + 1)).F
    within = np.array([*NADIR[:2], 1 - SCENARIO.a_min])

    def search() -> int:
        return int(np.where((within >= F).all(axis=1), (1 - F / NADIR).prod(axis=1), -1.0).argmax()) + 1

    return search


def figures(quick: bool = False) -> list[Figure]:
    """With our estimates called one k at a time, and with all values known."""
    repetitions = 2 if quick else 9
    known = looked_up()
    curve = ESTIMATOR.estimate(MODEL, range(1, K_MAX + 1))
    assert through_pymoo() == our_front().k.tolist()
    assert best_by_brute(estimated) == best_by_brute(known) == our_best(our_front()) == best_feasible()()
    front, best = "Front of k = 1 ... 128, estimated", "Largest cube of k = 1 ... 128, estimated"
    search, known_front = "Largest cube, all values known", "Front, all values known"
    estimate, least = "the estimates of all k", "arrays: budgets, cubes, largest"
    minimized = f"{front}, through pymoo's minimize"
    brute_estimating, brute_knowing = (
        "scipy.optimize.brute, one estimate a call",
        "scipy.optimize.brute on a dictionary",
    )
    works: dict[str, Work] = {
        front: our_front,
        best: lambda: our_best(our_front()),
        minimized: through_pymoo,
        known_front: lambda: mi.Front.from_curve(curve, SCENARIO),
        search: lambda: our_best(mi.Front.from_curve(curve, SCENARIO)),
        brute_estimating: lambda: best_by_brute(estimated),
        brute_knowing: lambda: best_by_brute(known),
        estimate: lambda: ESTIMATOR.estimate(MODEL, range(1, K_MAX + 1)),
        least: best_feasible(),
    }
    optuna_estimating = "Optuna's BruteForceSampler, one estimate a trial"
    optuna_knowing = "Optuna's BruteForceSampler on a dictionary"
    if not NOTES:
        assert front_by_optuna(known) == our_front().k.tolist()
        works[optuna_estimating] = lambda: front_by_optuna(estimated)
        works[optuna_knowing] = lambda: front_by_optuna(known)
    taken = take_turns(works, repetitions)
    found = [
        compare(best, taken, best, brute_estimating, estimate),
        compare(search, taken, search, brute_knowing, least),
    ]
    if not NOTES:
        found += [
            compare(front, taken, front, optuna_estimating, estimate),
            compare(minimized, taken, minimized, optuna_estimating, estimate),
            compare(known_front, taken, known_front, optuna_knowing, least),
        ]
    return found


if __name__ == "__main__":
    show(figures)
