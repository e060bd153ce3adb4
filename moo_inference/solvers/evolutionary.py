"""pymoo's evolutionary algorithms, wired for problems on integer grids."""

import copy
import inspect
import math
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
from pymoo.algorithms.moo.nsga3 import NSGA3, comp_by_cv_then_random
from pymoo.algorithms.moo.sms import SMSEMOA, LeastHypervolumeContributionSurvival, cv_and_dom_tournament
from pymoo.algorithms.moo.spea2 import SPEA2, SPEA2Survival, spea_binary_tournament
from pymoo.algorithms.moo.unsga3 import UNSGA3, comp_by_rank_and_ref_line_dist
from pymoo.core.algorithm import Algorithm
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.problem import Problem
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.optimize import minimize
from pymoo.termination.max_gen import MaximumGenerationTermination
from pymoo.util.misc import termination_from_tuple
from pymoo.util.ref_dirs import get_reference_directions

from moo_inference.errors import EnumerationWarning, SettingError, whole_number
from moo_inference.estimators.curve import FloatArray
from moo_inference.solvers.exhaustive import grid_size
from moo_inference.solvers.operators import (
    Everything,
    GridMating,
    GridRepair,
    GridSampling,
    evaluations_left,
    most_evaluations,
    points_on_grid,
)

_LARGEST_POPULATION = 96
_INDIVIDUALS_A_VARIABLE = 32
_SMALLEST_POPULATION = 4
_MOST_INDIVIDUALS = 1024
"""The work of a generation grows with the square of its individuals."""


class OnGrid(Algorithm):
    """What pymoo's classes get here besides operators: a memory, an exact limit of evaluations, and resumption."""

    def setup(self, problem: Problem, **options: Any) -> Self:  # type: ignore[override]
        """Get ready for a problem; see pymoo's Algorithm."""
        super().setup(problem, **options)
        if self.archive is None:
            self.archive: Any = Everything()
        if not isinstance(self.archive, Everything):
            raise SettingError(
                "archive must be left out: everything evaluated is kept in result.archive, without which points would "
                f"be evaluated twice and rows of the front lost; got {type(self.archive).__name__}"
            )
        if (most := most_evaluations(self.termination)) < 1:
            raise SettingError(f"the number of evaluations must be at least 1, got {most:g}")
        return self

    def run(self) -> Any:
        """Run until the termination ends it; see pymoo's Algorithm."""
        if self.is_initialized:
            self._go_on(inspect.currentframe())
        return super().run()

    def _go_on(self, here: FrameType | None) -> None:
        # pymoo's `minimize` silently ignores its arguments for an algorithm under way.
        caller = here.f_back if here is not None else None
        if caller is None or caller.f_code is not minimize.__code__:
            return
        given = caller.f_locals
        if given["kwargs"]:
            raise SettingError(
                f"an algorithm under way takes no new {', '.join(given['kwargs'])} from minimize: set them on the "
                "algorithm"
            )
        if given["termination"] is not None:
            termination: Any = termination_from_tuple(copy.deepcopy(given["termination"]))
            # It is updated as after the last generation, when pymoo had not counted that one yet.
            counted = self.n_iter or 1
            self.n_iter = counted - 1
            termination.update(self)
            self.n_iter = counted
            self.termination: Any = termination

    def _initialize_infill(self) -> Any:
        own: Any = self
        left = evaluations_left(self)
        size = min(own.pop_size, left)
        return own.initialization.do(self.problem, size, algorithm=self, random_state=self.random_state)[:left]


class GridNSGA2(OnGrid, NSGA2):
    """pymoo's NSGA2 on a grid."""


class GridNSGA3(OnGrid, NSGA3):
    """pymoo's NSGA3 on a grid."""


class GridUNSGA3(OnGrid, UNSGA3):
    """pymoo's UNSGA3 on a grid."""


class GridSMSEMOA(OnGrid, SMSEMOA):
    """pymoo's SMSEMOA on a grid."""


class GridSPEA2(OnGrid, SPEA2):
    """pymoo's SPEA2 on a grid."""


def nsga2(
    problem: Problem, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20, sampling: Any = None
) -> Algorithm:
    """NSGA-II for one of this project's problems, or any pymoo problem over whole numbers.

    Args:
        problem: the problem that will be solved; its grid bounds the population.
        seed: of the run; `minimize(..., seed=...)` overrides it.
        pop_size: individuals a generation; None means an eighth of the grid, between 4 and 96; with more than three
            variables at most 32 a variable, since the front spreads over more of them, and never above 1,024.
        n_gen: generations; a termination given to `minimize` overrides it, also for an algorithm under way. A run ends
            before where all of the grid has been evaluated.
        sampling: where to start: an array X (n, n_var), or a Population, of points of the grid, which are evaluated
            first; None draws them.

    Returns:
        An algorithm for `minimize`. No point is evaluated twice, a termination after so many evaluations holds
        exactly, and everything evaluated is kept in `result.archive`, so that a population smaller than the front loses
        none of it. Another archive is refused.

    Raises:
        SettingError: (a ValueError) an option is not a whole number in its range, or a point is not on the grid.

    Warns:
        EnumerationWarning: the population is half the grid or more.
    """
    settings = (seed, pop_size, n_gen, sampling)
    return _wired(problem, settings, binary_tournament, lambda _, options: GridNSGA2(**options))


def nsga3(
    problem: Problem, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20, sampling: Any = None
) -> Algorithm:
    """NSGA-III with at most as many reference directions as individuals (Das and Dennis, 1998).

    `result.X` holds only the rows nearest to the reference directions; the front is in `result.archive`.

    Args:
        problem: see `nsga2`, like the next four.
        seed: of the run.
        pop_size: individuals per generation.
        n_gen: generations.
        sampling: where to start.
    """
    return _wired(
        problem,
        (seed, pop_size, n_gen, sampling),
        _by_violation,
        lambda size, options: GridNSGA3(_directions(problem.n_obj, size), **options),
    )


def u_nsga3(
    problem: Problem, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20, sampling: Any = None
) -> Algorithm:
    """U-NSGA-III: NSGA-III whose parents compete by rank and distance from the reference lines. See `nsga3`."""
    return _wired(
        problem,
        (seed, pop_size, n_gen, sampling),
        _by_rank_and_line,
        lambda size, options: GridUNSGA3(_directions(problem.n_obj, size), **options),
    )


def sms_emoa(
    problem: Problem, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20, sampling: Any = None
) -> Algorithm:
    """SMS-EMOA: survival by the contribution to the hypervolume. See `nsga2` for the arguments.

    Raises:
        SettingError: (a ValueError) the problem has one objective.
    """
    if problem.n_obj < 2:
        raise SettingError(
            "sms-emoa must have two objectives or more, since it measures hypervolumes, got 1: use nsga2, nsga3, "
            "u-nsga3 or spea2"
        )
    return _wired(
        problem,
        (seed, pop_size, n_gen, sampling),
        _by_dominance,
        lambda _, options: GridSMSEMOA(survival=LeastHypervolumeContributionSurvival(), **options),
    )


def spea2(
    problem: Problem, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20, sampling: Any = None
) -> Algorithm:
    """SPEA2: fitness from the strength of dominating individuals, and density. See `nsga2` for the arguments."""
    # The default survival of pymoo's class is one object that all its instances share, with a memory.
    return _wired(
        problem,
        (seed, pop_size, n_gen, sampling),
        spea_binary_tournament,
        lambda _, options: GridSPEA2(survival=_Survival(normalize=True), **options),
    )


def _wired(
    problem: Problem,
    settings: tuple[int, int | None, int, Any],
    tournament: Callable[..., Any],
    make: Callable[[int, dict[str, Any]], Algorithm],
) -> Algorithm:
    """An algorithm of pymoo's with the operators of grids.

    Args:
        problem: the problem.
        settings: seed, pop_size, n_gen and sampling of `nsga2`.
        tournament: compares parents, as pymoo's TournamentSelection calls it.
        make: the algorithm from its number of individuals and its options.
    """
    seed, pop_size, n_gen, sampling = settings
    grid = grid_size(problem)
    if pop_size is None:
        most = min(max(_LARGEST_POPULATION, _INDIVIDUALS_A_VARIABLE * problem.n_var), _MOST_INDIVIDUALS)
        size = min(max(grid // 8, _SMALLEST_POPULATION), most)
    else:
        size = whole_number("pop_size", pop_size, 2)
    generations = whole_number("n_gen", n_gen, 1)
    if 2 * size >= grid:
        warnings.warn(
            f"a population of {size} on a grid of {grid} points is enumeration: ExhaustiveSearch() does it surely",
            EnumerationWarning,
            stacklevel=3,
        )
    algorithm = make(
        size,
        {
            "pop_size": size,
            "sampling": GridSampling(None if sampling is None else points_on_grid(problem, sampling)),
            "mating": GridMating(TournamentSelection(func_comp=tournament)),
            "repair": GridRepair(),
            "eliminate_duplicates": NoDuplicateElimination(),
            "archive": Everything(),
            "seed": whole_number("seed", seed, 0),
        },
    )
    # Some of pymoo's classes replace a termination that their constructor is given by their own.
    algorithm.termination = MaximumGenerationTermination(generations)
    return algorithm


# pymoo wraps these three in functions that cannot be pickled, and with them an algorithm could not be stored in a file.
def _by_violation(pop: Any, P: Any, *, random_state: np.random.Generator, **kwargs: Any) -> Any:
    return _violations_first(comp_by_cv_then_random, pop, P, random_state, kwargs)


def _by_rank_and_line(pop: Any, P: Any, *, random_state: np.random.Generator, **kwargs: Any) -> Any:
    return _violations_first(comp_by_rank_and_ref_line_dist, pop, P, random_state, kwargs)


def _by_dominance(*args: Any, **kwargs: Any) -> Any:
    return cv_and_dom_tournament(*args, **kwargs)


def _violations_first(
    comparer: Callable[..., Any], pop: Any, pairs: Any, random_state: np.random.Generator, options: dict[str, Any]
) -> Any:
    """(n, 1) winners of pairs (n, 2): of a pair with an infeasible one the less violated, else by `comparer`.

    pymoo's comparers break ties between equal violations by a generator of their own, which cannot be seeded.
    """
    violation = pop.get("CV")[:, 0][pairs]
    infeasible = (violation > 0).any(axis=1)
    drawn = random_state.integers(0, 2, size=infeasible.sum())
    one, other = violation[infeasible].T
    place = np.where(one == other, drawn, one > other)
    winners = np.empty((len(pairs), 1), dtype=int)
    winners[infeasible, 0] = pairs[infeasible, place]
    if not infeasible.all():
        winners[~infeasible] = comparer(pop, pairs[~infeasible], random_state=random_state, **options)
    return winners


class _Survival(SPEA2Survival):
    """SPEA2's survival without its warning where all survivors are equal in an objective."""

    def _do(self, *args: Any, **kwargs: Any) -> Any:
        with np.errstate(invalid="ignore", divide="ignore"):
            return super()._do(*args, **kwargs)


def _directions(objectives: int, most: int) -> FloatArray:
    """The finest even set of reference directions of at most so many; the one in the middle where no more fit."""
    if objectives == 1:
        return np.ones((1, 1))
    partitions = 0
    while math.comb(partitions + objectives, objectives - 1) <= most:
        partitions += 1
    if not partitions:
        return np.full((1, objectives), 1 / objectives)
    return np.asarray(get_reference_directions("das-dennis", objectives, n_partitions=partitions))
