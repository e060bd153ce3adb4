"""What a pymoo run evaluated, and what of it is not what this project estimates."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Limit
from moo_inference.estimators.curve import FloatArray, IntArray, RowIndex


@dataclass(frozen=True)
class Evaluated:
    """The points that a run evaluated, and what the problem gave for them.

    Attributes:
        X: (n, n_var) points in the order of the run.
        F: (n, m) objectives.
        G: (n, c) inequality constraints.
        feasible: (n,) whether a point meets all constraints of the problem.
    """

    X: IntArray
    F: FloatArray
    G: FloatArray
    feasible: NDArray[np.bool_]

    @classmethod
    def of(cls, result: Any) -> "Evaluated":
        """What a result of pymoo's `minimize` has: its archive, and its population."""
        individuals: list[Any] = [] if result.archive is None else list(result.archive)
        known = set(map(id, individuals))
        individuals += [individual for individual in result.pop if id(individual) not in known]
        X, F, G = (np.array([getattr(individual, name) for individual in individuals]) for name in ("X", "F", "G"))
        return cls(X, F, G, np.array([individual.FEAS[0] for individual in individuals], dtype=bool))

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: RowIndex) -> "Evaluated":
        """Some rows only, in that order."""
        return Evaluated(self.X[rows], self.F[rows], self.G[rows], self.feasible[rows])

    @cached_property
    def distinct(self) -> "Evaluated":
        """Each point once, in ascending order."""
        _, first = np.unique(self.X, axis=0, return_index=True)
        return self.take(first)

    def seen(self, problem: Any) -> tuple[int, int]:
        """How many points of a problem's grid these are, and how many it has."""
        on_grid = np.ones(len(self), dtype=bool)
        size = 1
        for column, axis in enumerate(problem.axes):
            index = (self.X[:, column] - axis.start) / axis.step
            on_grid &= (index == np.rint(index)) & (index >= 0) & (index < len(axis))
            size *= len(axis)
        return int(on_grid.sum()), size

    def own(self, F: FloatArray, G: FloatArray) -> "Own | None":
        """What of this is not what is estimated; None where all of it is.

        Args:
            F: (n, m) estimated objectives, the error as the last.
            G: (n, c) constraints from the budgets.
        """
        finite = np.isfinite(F).all(axis=1) & np.isfinite(G).all(axis=1)
        objectives = _places(self.F[finite], F[finite])
        budgets = _places(self.G[finite], G[finite])
        same = objectives == tuple(range(F.shape[1])) and budgets == tuple(range(G.shape[1]))
        if same and (self.feasible == (self.G <= 0).all(axis=1)).all():
            return None
        estimates_hold = set(range(F.shape[1])) <= set(objectives) and set(range(G.shape[1])) <= set(budgets)
        return Own(self.F, self.G, objectives, budgets, estimates_hold)


@dataclass(frozen=True)
class Own:
    """What a problem of the user's gives, where it is not what this project estimates.

    Attributes:
        F: (n, m) its objectives.
        G: (n, c) its inequality constraints.
        objectives: for each column of F which of the estimated objectives it is; None where it is none of them.
        budgets: for each column of G which of the budgets it is; None where it is none of them.
        estimates_hold: all estimated objectives and all budgets are among them as they were.
    """

    F: FloatArray
    G: FloatArray
    objectives: tuple[int | None, ...]
    budgets: tuple[int | None, ...]
    estimates_hold: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What the objectives are called that are not estimated: `objective 4`, by their columns in F."""
        return tuple(f"objective {column + 1}" for column in self.columns)

    @property
    def columns(self) -> list[int]:
        """The columns of F that are not estimated."""
        return [column for column, place in enumerate(self.objectives) if place is None]

    @property
    def further(self) -> dict[str, FloatArray]:
        """The objectives that are not estimated, by name."""
        return dict(zip(self.names, self.F[:, self.columns].T, strict=True))

    def take(self, rows: RowIndex) -> "Own":
        """Some rows only, in that order."""
        return Own(self.F[rows], self.G[rows], self.objectives, self.budgets, self.estimates_hold)

    def error_last(self, m: int) -> list[int]:
        """The columns of F as rules take them: that of the error, the last of m estimated objectives, as the last."""
        width = self.F.shape[1]
        error = self.objectives.index(m - 1) if m - 1 in self.objectives else min(m, width) - 1
        return [*(column for column in range(width) if column != error), error]

    def standard_errors(self, estimated: FloatArray) -> FloatArray:
        """(n, m) standard errors of F, NaN where it is not estimated."""
        unknown = np.full(len(estimated), np.nan)
        return np.column_stack([unknown if place is None else estimated[:, place] for place in self.objectives])

    def constraints(self, values: FloatArray, limits: tuple[Limit, ...]) -> tuple[FloatArray, tuple[Limit, ...]]:
        """What each constraint looks at, and its limit; of one that is no budget itself, which has to be 0 at most."""
        looked_at, bounds = [], []
        for column, place in enumerate(self.budgets):
            name = f"constraint {column + 1}"
            looked_at.append(self.G[:, column] if place is None else values[:, place])
            bounds.append(Limit(name, name, 0.0, None) if place is None else limits[place])
        return np.column_stack(looked_at) if looked_at else values[:, :0], tuple(bounds)


def _places(own: FloatArray, estimated: FloatArray) -> tuple[int | None, ...]:
    """For each column of one table which column of the other it equals, each at most once; None where none."""
    free = list(range(estimated.shape[1]))
    places: list[int | None] = []
    for values in own.T:
        place = next((place for place in free if np.array_equal(values, estimated[:, place])), None)
        if place is not None:
            free.remove(place)
        places.append(place)
    return tuple(places)
