"""pymoo's evolutionary algorithms, wired for problems on integer grids."""

from typing import Any

from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.termination.max_gen import MaximumGenerationTermination

from moo_inference.estimators.base import whole_number
from moo_inference.solvers.operators import Everything, GridMating, GridRepair, GridSampling


def nsga2(problem: Any, *, seed: int = 1, pop_size: int = 20, n_gen: int = 20) -> NSGA2:
    """NSGA-II for one of this project's problems, or any pymoo problem over whole numbers.

    Args:
        problem: the problem that will be solved, whose grid bounds the population.
        seed: of the run; `minimize(..., seed=...)` overrides it.
        pop_size: individuals a generation, at most as many as the grid has points.
        n_gen: generations; a termination given to `minimize` overrides it.

    Returns:
        An algorithm for `minimize`. Everything it evaluates is kept in `result.archive`, so that a population
        smaller than the front loses none of it.

    Raises:
        SettingError: (a ValueError) an option is not a whole number in its range.
    """
    generations = whole_number("n_gen", n_gen, 1)
    algorithm = NSGA2(
        pop_size=whole_number("pop_size", pop_size, 2),
        sampling=GridSampling(),
        mating=GridMating(TournamentSelection(func_comp=binary_tournament)),
        repair=GridRepair(),
        eliminate_duplicates=NoDuplicateElimination(),
        archive=Everything(),
        seed=whole_number("seed", seed, 0),
    )
    # NSGA2 replaces a termination that its constructor is given by its own.
    algorithm.termination = MaximumGenerationTermination(generations)
    return algorithm
