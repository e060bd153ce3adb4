"""Runs of a search on a problem, as pieces of work."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from moo_inference.estimators.curve import IntArray
from moo_inference.fronts import Front
from moo_inference.pipelines import PipelineFront
from moo_inference.studies.pieces import Arrays, has_arrays


def search(problem: Any, make: Callable[..., Any], seed: int, evaluations: int) -> Arrays:
    """`run_search` with what `make` makes of the problem and the seed."""
    return run_search(problem, make(problem, seed=seed), evaluations)


def looked_at_by(problem: Any, solver: Any) -> IntArray:
    """X (n, n_var) of all that a solver evaluated: a pymoo algorithm, or a callable that makes one from a problem."""
    from pymoo.optimize import minimize  # noqa: PLC0415 (slow to load)

    result = minimize(problem, solver(problem) if callable(solver) else solver)
    evaluated = result.pop if result.archive is None or not len(result.archive) else result.archive
    return np.asarray(evaluated.get("X"), dtype=np.int64)


def within_axes(problem: Any, X: IntArray) -> bool:
    """Whether X has at least one point, and all of its points are on the grid of a problem."""
    return len(X) > 0 and all(
        bool(np.isin(column, np.asarray(axis)).all()) for axis, column in zip(problem.axes, X.T, strict=True)
    )


def search_fits(problem: Any, arrays: Arrays) -> bool:
    """Whether arrays could be what `run_search` gives."""
    dtypes = {"X": np.int64, "evaluations": np.int64, "seconds": np.float64}
    count = len(arrays["evaluations"]) if "evaluations" in arrays and arrays["evaluations"].ndim else 0
    shapes = {"X": (None, len(problem.axes)), "evaluations": (count,), "seconds": (count,)}
    return (
        count > 0
        and has_arrays(arrays, dtypes, shapes)
        and within_axes(problem, arrays["X"])
        and bool((np.diff(arrays["evaluations"], prepend=0) > 0).all())
    )


def run_search(problem: Any, algorithm: Any, evaluations: int) -> Arrays:
    """`X`, what was evaluated in order, and after each generation `evaluations` and `seconds`."""
    from pymoo.optimize import minimize  # noqa: PLC0415 (slow to load)

    marks: list[tuple[int, float]] = []
    start = time.perf_counter()

    def mark(running: Any) -> None:
        if not marks or running.evaluator.n_eval > marks[-1][0]:
            marks.append((running.evaluator.n_eval, time.perf_counter() - start))

    result = minimize(problem, algorithm, ("n_eval", evaluations), callback=mark)
    evaluated = result.pop if result.archive is None else result.archive
    return {
        "X": np.asarray(evaluated.get("X"), dtype=np.int64),
        "evaluations": np.array([mark[0] for mark in marks], dtype=np.int64),
        "seconds": np.array([mark[1] for mark in marks]),
    }


def told(problem: Any, exact: Front | PipelineFront) -> dict[str, Any]:
    """What a problem is, as plain values: its budgets, its grid, and a digest of its exact front."""
    digest = hashlib.sha256(np.ascontiguousarray(exact.F).tobytes()).hexdigest()[:16]
    axes = [[axis[0], axis[-1], axis.step] for axis in problem.axes]
    return {"scenario": problem.scenario.model_dump(mode="json"), "axes": axes, "exact_front": digest}
