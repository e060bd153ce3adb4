"""How much of an exact front another front has."""

import moocore
import numpy as np

from moo_inference.estimators.curve import FloatArray
from moo_inference.pareto.budgets import nadir_of
from moo_inference.pareto.front import Front


def front_quality(front: Front, exact: Front) -> dict[str, float]:
    """How much of an exact front another one has: found, hypervolume and igd_plus (see Comparison).

    Of an empty exact front all are NaN, and of one without a volume, which lies on the budgets, the hypervolume is.

    Args:
        front: of a run.
        exact: of all points of the problem.

    Returns:
        found: the share of the exact rows that the front has; hypervolume: relative to the exact one, both against
        (1, ..., 1) after scaling by the budgets; igd_plus: IGD+ (Ishibuchi et al., 2015) from the exact front, in the
        same scale, infinite for a front without rows.
    """
    if not len(exact):
        return {"found": np.nan, "hypervolume": np.nan, "igd_plus": np.nan}
    N, reference = normalised_by_budgets(front.F, exact), normalised_by_budgets(exact.F, exact)
    ones = np.ones(reference.shape[1])
    volume = moocore.hypervolume(N, ref=ones) if len(N) else 0.0
    there = {tuple(row) for row in N.tolist()}
    return {
        "found": sum(tuple(row) in there for row in reference.tolist()) / len(reference),
        "hypervolume": float(volume / total) if (total := moocore.hypervolume(reference, ref=ones)) > 0 else np.nan,
        "igd_plus": float(moocore.igd_plus(N, ref=reference)) if len(N) else float("inf"),
    }


def normalised_by_budgets(F: FloatArray, exact: Front) -> FloatArray:
    """F divided by the budgets; where a scenario has none, by the worst of the exact front.

    Args:
        F: (n, m) objectives.
        exact: the exact front, for its budgets and its worst values.

    Returns:
        (n, m) array, dimensionless; 1 is a spent budget.
    """
    nadir = nadir_of(exact.scenario, exact.resources)
    if exact.own is not None:
        nadir = np.array([np.inf if place is None else nadir[place] for place in exact.own.objectives])
    normalised: FloatArray = F / np.where(np.isfinite(nadir), nadir, exact.F.max(axis=0))
    return normalised
