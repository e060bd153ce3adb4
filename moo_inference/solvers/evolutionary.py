"""pymoo's evolutionary algorithms, wired for problems on integer grids."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
from pymoo.algorithms.moo.nsga3 import NSGA3, comp_by_cv_then_random
from pymoo.algorithms.moo.sms import SMSEMOA, LeastHypervolumeContributionSurvival, cv_and_dom_tournament
from pymoo.algorithms.moo.spea2 import SPEA2, SPEA2Survival, spea_binary_tournament
from pymoo.algorithms.moo.unsga3 import UNSGA3, comp_by_rank_and_ref_line_dist
from pymoo.core.algorithm import Algorithm
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.termination.max_gen import MaximumGenerationTermination
from pymoo.util.ref_dirs import get_reference_directions

from moo_inference.errors import EnumerationWarning
from moo_inference.estimators.base import whole_number
from moo_inference.solvers.exhaustive import grid_size
from moo_inference.solvers.operators import Everything, GridMating, GridRepair, GridSampling

_LARGEST_POPULATION = 96
_INDIVIDUALS_A_VARIABLE = 32
_SMALLEST_POPULATION = 4


def nsga2(problem: Any, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20) -> Algorithm:
    """NSGA-II for one of this project's problems, or any pymoo problem over whole numbers.

    Args:
        problem: the problem that will be solved; its grid bounds the population.
        seed: of the run; `minimize(..., seed=...)` overrides it.
        pop_size: individuals a generation; None means an eighth of the grid, between 4 and 96; with more than three
            variables at most 32 a variable, since the front spreads over more of them.
        n_gen: generations; a termination given to `minimize` overrides it. A run ends before where the whole grid has
            been seen.

    Returns:
        An algorithm for `minimize`. No point is evaluated twice, and everything evaluated is kept in `result.archive`,
        so that a population smaller than the front loses none of it.

    Raises:
        SettingError: (a ValueError) an option is not a whole number in its range.

    Warns:
        EnumerationWarning: the population is half the grid or more.
    """
    return _wired(problem, seed, pop_size, n_gen, binary_tournament, lambda _, options: NSGA2(**options))


def nsga3(problem: Any, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20) -> Algorithm:
    """NSGA-III; options as for `nsga2`. It has at most as many reference directions as individuals.

    `result.X` holds only the rows nearest to the reference directions; the front is in `result.archive`.
    """
    return _wired(
        problem,
        seed,
        pop_size,
        n_gen,
        _by_violation,
        lambda size, options: NSGA3(_directions(problem.n_obj, size), **options),
    )


def u_nsga3(problem: Any, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20) -> Algorithm:
    """U-NSGA-III; options and result as for `nsga3`."""
    return _wired(
        problem,
        seed,
        pop_size,
        n_gen,
        _by_rank_and_line,
        lambda size, options: UNSGA3(_directions(problem.n_obj, size), **options),
    )


def sms_emoa(problem: Any, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20) -> Algorithm:
    """SMS-EMOA; options as for `nsga2`."""
    return _wired(
        problem,
        seed,
        pop_size,
        n_gen,
        _by_dominance,
        lambda _, options: SMSEMOA(survival=LeastHypervolumeContributionSurvival(), **options),
    )


def spea2(problem: Any, *, seed: int = 1, pop_size: int | None = None, n_gen: int = 20) -> Algorithm:
    """SPEA2; options as for `nsga2`."""
    # The default survival of pymoo's class is one object that all its instances share, with a memory.
    return _wired(
        problem,
        seed,
        pop_size,
        n_gen,
        spea_binary_tournament,
        lambda _, options: SPEA2(survival=_Survival(normalize=True), **options),
    )


def _wired(
    problem: Any,
    seed: int,
    pop_size: int | None,
    n_gen: int,
    tournament: Callable[..., Any],
    make: Callable[[int, dict[str, Any]], Algorithm],
) -> Algorithm:
    grid = grid_size(problem)
    if pop_size is None:
        most = max(_LARGEST_POPULATION, _INDIVIDUALS_A_VARIABLE * problem.n_var)
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
            "sampling": GridSampling(),
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


# pymoo wraps these three in functions that cannot be pickled, and with them an algorithm could not be kept in a file.
def _by_violation(*args: Any, **kwargs: Any) -> Any:
    return comp_by_cv_then_random(*args, **kwargs)


def _by_rank_and_line(*args: Any, **kwargs: Any) -> Any:
    return comp_by_rank_and_ref_line_dist(*args, **kwargs)


def _by_dominance(*args: Any, **kwargs: Any) -> Any:
    return cv_and_dom_tournament(*args, **kwargs)


class _Survival(SPEA2Survival):
    """SPEA2's survival without its warning where all survivors are equal in an objective."""

    def _do(self, *args: Any, **kwargs: Any) -> Any:
        with np.errstate(invalid="ignore", divide="ignore"):
            return super()._do(*args, **kwargs)


def _directions(objectives: int, most: int) -> Any:
    """The finest even set of reference directions of at most so many."""
    partitions = 1
    while True:
        finer = get_reference_directions("das-dennis", objectives, n_partitions=partitions + 1)
        if len(finer) > most:
            return get_reference_directions("das-dennis", objectives, n_partitions=partitions)
        partitions += 1
