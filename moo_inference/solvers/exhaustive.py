"""Exhaustive search: every point of the grid in one generation. On a grid this is the truth."""

import copy
import math
from collections.abc import Sequence
from typing import Any, Self, cast

import moocore
import numpy as np
from numpy.typing import NDArray
from pymoo.core.algorithm import Algorithm
from pymoo.core.evaluator import Evaluator
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.util.display.multi import MultiObjectiveOutput

from moo_inference.errors import SettingError

_MOST_POINTS = 10_000_000


class ExhaustiveSearch(Algorithm):
    """A pymoo algorithm that evaluates every grid point of a problem, in ascending order, and stops.

    It takes the grid from the problem's `axes`, one range a variable. A pymoo problem without them is enumerated
    over the whole numbers between its bounds, provided that it sets `vtype=int`. `result.pop` is the grid
    in the order of enumeration, and `result.X` keeps its integers. It evaluates all of it, whatever the termination.
    """

    def __init__(self, **options: Any) -> None:
        """Make the algorithm.

        Args:
            **options: those of pymoo's Algorithm: termination, output, display, callback, archive,
                return_least_infeasible, save_history, verbose, seed, evaluator.

        Raises:
            TypeError: an option is not one of these.
        """
        unknown = sorted(options.keys() - _OPTIONS)
        if unknown:
            raise TypeError(f"options must be among {', '.join(sorted(_OPTIONS))}; got {', '.join(unknown)}")
        super().__init__(**{"termination": NoTermination(), "evaluator": _WholeGridEvaluator(), **options})

    def setup(self, problem: Problem, **options: Any) -> Self:  # type: ignore[override]
        """Get ready for a problem; see pymoo's Algorithm."""
        if self.output is None and (options.get("verbose") or self.verbose):
            self.output: Any = MultiObjectiveOutput()
        super().setup(problem, **options)
        # It is terminated below, and a termination of the caller's must not stay so.
        self.termination: Any = copy.deepcopy(self.termination)
        return self

    def _initialize_infill(self) -> Population:
        return Population.new("X", grid_points(cast("Problem", self.problem)))

    def _initialize_advance(self, infills: Any = None, **kwargs: Any) -> None:
        self.termination.terminate()

    def _set_optimum(self) -> None:
        evaluated: Any = self.pop
        # What this search's own evaluator has just seen need not be collected from the individuals again.
        known = getattr(self.evaluator, "whole_grid", None)
        F, violation = known if known is not None and len(known[0]) == len(evaluated) else evaluated.get("F", "CV")
        if F.shape[1] == 1:
            super()._set_optimum()
            return
        feasible = np.flatnonzero(violation[:, 0] <= 0)
        if feasible.size:
            rows = feasible[moocore.is_nondominated(F[feasible], keep_weakly=True)]
        else:
            rows = np.array([violation[:, 0].argmin()])
        self.opt = evaluated[rows]


class _WholeGridEvaluator(Evaluator):
    """pymoo's evaluator, but one walk over the individuals and not one for each of a dozen values."""

    def _eval(self, problem: Problem, pop: Any, evaluate_values_of: list[str], **kwargs: Any) -> None:
        X = pop.get("X")
        out = problem.evaluate(X, return_values_of=evaluate_values_of, return_as_dictionary=True, **kwargs)
        if problem.n_ieq_constr and not problem.n_eq_constr:
            # The sum of violations, as pymoo would work it out itself, one individual at a time.
            out["CV"] = np.maximum(out["G"], 0).sum(axis=1, keepdims=True)
        own = [key for key in out if hasattr(pop[0], key)]
        extra = [key for key in out if key not in own]
        columns = (out[key].tolist() if out[key].ndim == 1 else out[key] for key in extra)
        rows = zip(*columns, strict=True) if extra else ((),) * len(pop)
        for individual, row, *values in zip(pop.tolist(), rows, *(out[key] for key in own), strict=True):
            for key, value in zip(own, values, strict=True):
                setattr(individual, key, value)
            individual.data.update(zip(extra, row, strict=True))
            individual.evaluated.update(out)
        self.whole_grid = (out["F"], out["CV"]) if "CV" in out else None


_OPTIONS = frozenset(
    [
        "termination",
        "output",
        "display",
        "callback",
        "archive",
        "return_least_infeasible",
        "save_history",
        "verbose",
        "seed",
        "evaluator",
    ]
)


def axes_of(problem: Problem) -> tuple[range, ...]:
    """The grid of each variable of a pymoo problem: its `axes`, or the whole numbers between its bounds.

    Raises:
        SettingError: (a ValueError) the problem is not one over whole numbers.
    """
    axes = getattr(problem, "axes", None)
    if axes is not None:
        return tuple(axes)
    if problem.vtype is not int or not problem.has_bounds():
        raise SettingError(f"{type(problem).__name__} must have `axes`, or bounds and vtype=int, to be enumerated")
    low, high = np.ceil(problem.xl).astype(int), np.floor(problem.xu).astype(int)
    return tuple(range(first, last + 1) for first, last in zip(low.tolist(), high.tolist(), strict=True))


def grid_size(problem: Problem) -> int:
    """How many points a problem's grid has."""
    return math.prod(len(axis) for axis in axes_of(problem))


def points_at(axes: Sequence[range], flat: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, n_var) points of a grid by their numbers (n,), counted with the last variable fastest."""
    points = np.empty((len(flat), len(axes)), dtype=np.int64)
    # numpy's own functions for this end at 64 dimensions.
    for column in reversed(range(len(axes))):
        axis = axes[column]
        flat, index = np.divmod(flat, len(axis))
        points[:, column] = axis.start + axis.step * index
    return points


def numbers_of(axes: Sequence[range], points: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the numbers of points (n, n_var) of a grid; see `points_at`."""
    flat = np.zeros(len(points), dtype=np.int64)
    for column, axis in enumerate(axes):
        flat = flat * len(axis) + (points[:, column] - axis.start) // axis.step
    return flat


def grid_points(problem: Problem) -> NDArray[np.int64]:
    """All points of a problem's grid: (n, n_var) integers, in ascending order, the last variable fastest.

    Raises:
        SettingError: (a ValueError) the problem has no grid, or one of no points or more than ten million.
    """
    axes, size = axes_of(problem), grid_size(problem)
    if not 0 < size <= _MOST_POINTS:
        raise SettingError(f"the grid must have 1 to {_MOST_POINTS:,} points to be enumerated, got {size:,}")
    return points_at(axes, np.arange(size))
