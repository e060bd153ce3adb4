"""Runs of a search on a problem, as tasks."""

import hashlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.errors import EnumerationWarning
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.execution.tasks import Arrays, has_arrays
from moo_inference.pareto.evaluated import Evaluated
from moo_inference.pareto.front import Front

if TYPE_CHECKING:
    from moo_inference.problems.base import GridProblem


@dataclass(frozen=True)
class SearchRun:
    """What a search evaluated, and what it used on the way.

    Attributes:
        evaluated: the points, in order.
        evaluations: (g,) how many it had used after each generation.
        seconds: (g,) how long it had taken.
    """

    evaluated: Evaluated
    evaluations: IntArray
    seconds: FloatArray

    def until(self, evaluations: float) -> "SearchRun":
        """The run cut to at most so many evaluations, but to no less than its first generation."""
        generations = max(1, int((self.evaluations <= evaluations).sum()))
        used, seconds = self.evaluations[:generations], self.seconds[:generations]
        return SearchRun(self.evaluated.take(slice(int(used[-1]))), used, seconds)


def search(problem: "GridProblem", make: Callable[..., Any], seed: int, evaluations: int) -> SearchRun:
    """`run_search` with a new algorithm.

    Args:
        problem: what is searched.
        make: an algorithm from the problem and `seed=`.
        seed: of the run.
        evaluations: at most so many.
    """
    with warnings.catch_warnings():
        # A comparison is meant to show that a search enumerates a small grid.
        warnings.simplefilter("ignore", EnumerationWarning)
        algorithm = make(problem, seed=seed)
    return run_search(problem, algorithm, evaluations)


def evaluated_points(problem: "GridProblem", solver: Any) -> Evaluated:
    """All points that a solver evaluated: a pymoo algorithm, or a callable that makes one from a problem."""
    from pymoo.optimize import minimize  # noqa: PLC0415 (slow to load)

    return Evaluated.of(minimize(problem, solver(problem) if callable(solver) else solver))


def evaluated_fits(problem: "GridProblem", arrays: Arrays, **further: tuple[type, int]) -> bool:
    """Whether arrays could be those of `arrays_of` for points on the grid of a problem.

    Args:
        problem: what was evaluated.
        arrays: by name.
        further: type and length of any other arrays.
    """
    dtypes = {"X": np.int64, "F": np.float64, "G": np.float64, "feasible": np.bool_}
    widths = {"X": (problem.n_var,), "F": (problem.n_obj,), "G": (problem.n_ieq_constr,), "feasible": ()}
    count = len(arrays["X"]) if "X" in arrays and arrays["X"].ndim else 0
    shapes: dict[str, Any] = {name: (count, *width) for name, width in widths.items()}
    shapes |= {name: (length,) for name, (_, length) in further.items()}
    return (
        count > 0
        and has_arrays(arrays, {**dtypes, **{name: dtype for name, (dtype, _) in further.items()}}, shapes)
        and all(
            np.isin(column, np.asarray(axis)).all() for axis, column in zip(problem.axes, arrays["X"].T, strict=True)
        )
    )


def search_fits(problem: "GridProblem", arrays: Arrays) -> bool:
    """Whether arrays could be a packed run of `run_search`."""
    count = len(arrays["evaluations"]) if "evaluations" in arrays and arrays["evaluations"].ndim else 0
    return (
        count > 0
        and evaluated_fits(problem, arrays, evaluations=(np.int64, count), seconds=(np.float64, count))
        and bool((np.diff(arrays["evaluations"], prepend=0) > 0).all())
    )


def run_search(problem: "GridProblem", algorithm: Any, evaluations: int) -> SearchRun:
    """Run an algorithm on a problem until it has used so many evaluations.

    Args:
        problem: what is searched.
        algorithm: of pymoo.
        evaluations: at most so many.

    Returns:
        All points that it evaluated, and evaluations and seconds after each generation.
    """
    from pymoo.optimize import minimize  # noqa: PLC0415 (slow to load)

    from moo_inference.solvers.operators import evaluations_of  # noqa: PLC0415 (slow to load)

    marks: list[tuple[int, float]] = []
    start = time.perf_counter()

    def mark(running: Any) -> None:
        used = evaluations_of(running.evaluator)
        if not marks or used > marks[-1][0]:
            marks.append((used, time.perf_counter() - start))

    result = minimize(problem, algorithm, ("n_eval", evaluations), callback=mark)
    used, seconds = zip(*marks, strict=True)
    return SearchRun(Evaluated.of(result), np.array(used, dtype=np.int64), np.array(seconds))


def packed_run(run: SearchRun) -> Arrays:
    """A run as arrays by name."""
    return {**arrays_of(run.evaluated), "evaluations": run.evaluations, "seconds": run.seconds}


def unpacked_run(arrays: Arrays) -> SearchRun:
    """The run of `packed_run`."""
    return SearchRun(evaluated_in(arrays), arrays["evaluations"], arrays["seconds"])


def arrays_of(evaluated: Evaluated) -> Arrays:
    """What was evaluated as plain arrays by name."""
    return {field.name: getattr(evaluated, field.name) for field in fields(Evaluated)}


def evaluated_in(arrays: Arrays) -> Evaluated:
    """What was evaluated, from such arrays."""
    return Evaluated(*(arrays[field.name] for field in fields(Evaluated)))


def describe_problem(problem: "GridProblem", exact: Front) -> dict[str, Any]:
    """What a problem is, as plain values: its budgets, its grid, and a digest of its exact front."""
    digest = hashlib.sha256(np.ascontiguousarray(exact.F).tobytes()).hexdigest()[:16]
    axes = [[axis[0], axis[-1], axis.step] for axis in problem.axes]
    return {"scenario": problem.scenario.model_dump(mode="json"), "axes": axes, "exact_front": digest}
