"""Sampling, variation, mating and memory for problems whose variables live on integer grids.

pymoo's own operators work on real numbers. Here every point that reaches the evaluator is a point of the grid,
no point is offered twice, and nothing that was evaluated is forgotten.
"""

import math
import sys
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pymoo.core.infill import InfillCriterion
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.core.sampling import Sampling
from pymoo.core.termination import TerminateIfAll, Termination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM

from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators.curve import FloatArray
from moo_inference.solvers.exhaustive import axes_of, grid_size, numbers_of, points_at

_TRIES = 10
_RESET_SHARE = 0.1
_MOST_LISTED = 10_000_000
"""As many points as ExhaustiveSearch enumerates; a search sees a small share of a larger grid."""


class Everything(Population):
    """An archive that keeps every evaluated individual once. It holds no settings, so it can be pickled."""

    def add(self, individuals: Any) -> Self:
        """The archive with more individuals, as pymoo calls it once a generation."""
        merged: Self = Population.merge(self, individuals).view(type(self))
        return merged


class GridRepair(Repair):
    """Moves each variable to the nearest point of its grid."""

    def _do(self, problem: Problem, X: FloatArray, **kwargs: Any) -> Any:  # type: ignore[override]
        first, step, last = _geometry(problem)
        index = np.clip(np.rint((np.asarray(X, dtype=float) - first) / step), 0, last)
        return (first + step * index).astype(np.int64)


class GridSampling(Sampling):
    """Distinct points of the grid: those that are given, or drawn evenly, all where fewer exist than are requested.

    Attributes:
        points: (n, n_var) integers from `points_on_grid`, or None.
    """

    def __init__(self, points: NDArray[np.int64] | None = None) -> None:
        super().__init__()
        self.points = points

    def _do(  # type: ignore[override]
        self,
        problem: Problem,
        n_samples: int,
        *args: Any,
        random_state: Generator,
        **kwargs: Any,
    ) -> Any:
        return _random_points(problem, n_samples, set(), random_state) if self.points is None else self.points


def points_on_grid(problem: Problem, sampling: Any) -> NDArray[np.int64]:
    """The distinct points of an array X (n, n_var), or of a Population, in their order.

    Raises:
        SettingError: (a ValueError) there is none, or one is not on the grid of the problem; each is named.
    """
    axes = axes_of(problem)
    X = np.atleast_2d(np.asarray(sampling.get("X") if isinstance(sampling, Population) else sampling))
    if not X.size or X.ndim != 2 or X.shape[1] != len(axes) or X.dtype.kind not in "iuf":
        raise SettingError(
            f"sampling must be an array (n, {len(axes)}) of numbers, or a Population of such points; got {X.shape} of "
            f"{X.dtype}"
        )
    names = getattr(problem, "variables", [f"variable {column}" for column in range(len(axes))])
    errors = ErrorCollector()
    for column, (name, axis) in enumerate(zip(names, axes, strict=True)):
        index = (X[:, column] - axis.start) / axis.step
        wrong = np.flatnonzero(~((index == np.rint(index)) & (index >= 0) & (index < len(axis))))
        step = f" in steps of {axis.step}" if axis.step > 1 else ""
        errors.add(
            *(
                f"row {row} of sampling: {name} must be a whole number in [{axis[0]}, {axis[-1]}]{step}, got "
                f"{X[row, column]:g}"
                for row in wrong.tolist()
            )
        )
    errors.check()
    _, first = np.unique(X, axis=0, return_index=True)
    return X[np.sort(first)].astype(np.int64)


class GridCrossover(SBX):
    """Simulated binary crossover; variables whose values have no order are inherited from either parent as they are.

    A point between the numbers of two models has nothing of either.
    """

    def _do(  # type: ignore[override]
        self,
        problem: Problem,
        X: FloatArray,
        *args: Any,
        random_state: Generator,
        **kwargs: Any,
    ) -> Any:
        crossed = super()._do(problem, X, *args, random_state=random_state, **kwargs)
        unordered = _unordered(problem)
        if not unordered.any():
            return crossed
        parents = np.asarray(X, dtype=float)
        # A swap, so that of two children one has the value of the one parent, and one that of the other.
        swapped = np.where(random_state.random(parents.shape[1:]) < 0.5, parents, parents[::-1])
        return np.where(unordered, swapped, crossed)


class GridMutation(PM):
    """Polynomial mutation, and now and then a variable drawn anew from all of its grid.

    A variable whose values have no order, such as the number of a model, has no neighbours, and is always drawn anew.
    On a grid, small polynomial steps round back to where they came from: such a variable goes to a neighbour instead.
    The resets keep far points in reach.
    """

    def _do(  # type: ignore[override]
        self,
        problem: Problem,
        X: FloatArray,
        *args: Any,
        random_state: Generator,
        **kwargs: Any,
    ) -> Any:
        mutated = super()._do(problem, X, *args, random_state=random_state, **kwargs)
        first, step, last = _geometry(problem)
        stuck = np.rint((mutated - first) / step) == np.rint((np.asarray(X, dtype=float) - first) / step)
        mutated = mutated + np.where(stuck, step * random_state.choice([-1, 1], size=mutated.shape), 0)
        fresh = first + step * random_state.integers(0, last + 1, size=mutated.shape)
        share = np.where(_unordered(problem), 1.0, _RESET_SHARE)
        mutated = np.where(random_state.random(mutated.shape) < share, fresh, mutated)
        if mutated.shape[1] <= 2 and not _unordered(problem).any():
            return mutated
        # Of many variables all would be changed at once, and little of a good point left: one of them is, on average.
        return np.where(random_state.random(mutated.shape) < 1 / mutated.shape[1], mutated, X)


class GridMating(InfillCriterion):
    """Offspring that were never evaluated before.

    Parents are crossed and mutated a bounded number of times; places that stay empty are filled with points drawn
    from what is left of the grid. So a run ends early only when all of the grid has been evaluated.
    """

    def __init__(self, selection: Any) -> None:
        super().__init__()
        self.selection = selection
        self.crossover = GridCrossover(prob=0.9, eta=15, vtype=float)
        self.mutation = GridMutation(prob=1.0, eta=20, vtype=float)
        self.repair = GridRepair()

    def do(
        self,
        problem: Problem,
        pop: Any,
        n_offsprings: int,
        random_state: Any = None,
        n_max_iterations: int | None = None,
        algorithm: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Make offspring; see pymoo's InfillCriterion."""
        # Else the last generation would exceed a termination after so many evaluations.
        n_offsprings = min(n_offsprings, evaluations_left(algorithm))
        # Each generation looks at all that came before: pymoo's `get` would take most of the time.
        seen = {tuple(np.asarray(individual.X).tolist()) for individual in (*algorithm.archive, *pop)}
        new: list[tuple[int, ...]] = []
        options = {"random_state": random_state, "algorithm": algorithm, **kwargs}
        # The nearer a search is to its end, the more children are known: to try on and on would never end.
        for _ in range(n_max_iterations or _TRIES):
            if len(new) >= n_offsprings:
                break
            pairs = -(-(n_offsprings - len(new)) // self.crossover.n_offsprings)
            parents = self.selection(problem, pop, pairs, n_parents=self.crossover.n_parents, **options)
            children = self.mutation(problem, self.crossover(problem, parents, **options), **options)
            for point in map(tuple, self.repair(problem, children).get("X").tolist()):
                if point not in seen and len(new) < n_offsprings:
                    seen.add(point)
                    new.append(point)
        filled = _random_points(problem, n_offsprings - len(new), seen, random_state).tolist()
        return Population.new("X", np.array([*new, *filled], dtype=np.int64).reshape(-1, problem.n_var))


def _geometry(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First value, step and last index of each variable."""
    axes = axes_of(problem)
    return (
        np.array([axis.start for axis in axes]),
        np.array([axis.step for axis in axes]),
        np.array([len(axis) - 1 for axis in axes]),
    )


def _unordered(problem: Problem) -> NDArray[np.bool_]:
    """(n_var,) which variables have values without an order; all have one unless the problem has `unordered`."""
    return np.asarray(getattr(problem, "unordered", (False,) * problem.n_var), dtype=bool)


def evaluations_left(algorithm: Any) -> int:
    """How many evaluations a run may still make: a termination after so many holds exactly."""
    most = most_evaluations(algorithm.termination)
    return sys.maxsize if math.isinf(most) else max(0, math.floor(most) - evaluations_of(algorithm.evaluator))


def evaluations_of(evaluator: Any) -> int:
    """How many evaluations were made; pymoo's evaluators that wrap another one do not count on."""
    wrapped = getattr(evaluator, "wrapped", None)
    own = int(evaluator.n_eval)
    return own if wrapped is None else max(own, evaluations_of(wrapped))


def most_evaluations(termination: Any) -> float:
    """After how many evaluations a termination ends a run at the latest; infinite where it does not count them."""
    parts = getattr(termination, "criteria", getattr(termination, "terminations", None))
    if parts is not None:
        of_parts = map(most_evaluations, parts)
        return (max if isinstance(termination, TerminateIfAll) else min)(of_parts, default=math.inf)
    if isinstance(getattr(termination, "termination", None), Termination):
        return most_evaluations(termination.termination)
    most = getattr(termination, "n_max_evals", None)
    return math.inf if most is None else float(most)


def _random_points(
    problem: Problem, count: int, seen: set[tuple[int, ...]], random_state: Generator
) -> NDArray[np.int64]:
    """Up to `count` distinct points of the grid outside `seen`: (m, n_var) integers."""
    axes, size = axes_of(problem), grid_size(problem)
    if not count:
        return np.empty((0, len(axes)), dtype=np.int64)
    if size > _MOST_LISTED:
        first, step, last = _geometry(problem)
        return _drawn_points(first, step, last + 1, count, seen, random_state)
    left = np.arange(size)
    if seen:
        left = np.setdiff1d(left, numbers_of(axes, np.array(sorted(seen))))
    return points_at(axes, random_state.choice(left, size=min(count, len(left)), replace=False) if len(left) else left)


def _drawn_points(
    first: NDArray[np.int64],
    step: NDArray[np.int64],
    shape: NDArray[np.int64],
    count: int,
    seen: set[tuple[int, ...]],
    random_state: Generator,
) -> NDArray[np.int64]:
    """`count` distinct points outside `seen` of a grid too large to list, where a draw is hardly ever seen before."""
    new: dict[tuple[int, ...], None] = {}
    while len(new) < count:
        drawn = first + step * random_state.integers(0, shape, size=(count - len(new), len(shape)))
        new.update((point, None) for point in map(tuple, drawn.tolist()) if point not in seen)
    return np.array(list(new), dtype=np.int64).reshape(-1, len(shape))
