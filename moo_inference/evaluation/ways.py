"""The ways in which k of n attempts are drawn and run in waves, each with its probability.

What a query costs depends on which attempts are drawn; how long it takes depends on which of them are the slowest of
their waves. Which ones these are is counted, without trying all orders: from the slowest attempt down, each takes a
random free slot, and is the slowest of its wave where that wave is empty so far.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray

MOST_WAYS = 1000
"""Ways of one question up to which all are counted; beyond, some are drawn at random."""


@dataclass(frozen=True)
class Ways:
    """All s subsets of k of n attempts, which are in ascending order of time, and which can be the slowest of waves.

    Attributes:
        chosen: (s, k) the attempts of each subset, ascending.
        subsets: (n, s) 1.0 where an attempt is in a subset.
        slowest: (n, u) 1.0 where an attempt is in one of the u sets of slowest attempts.
        probability: (u,) of each such set, with a sum of 1.
        within: (u, s) of each such set, given the subset; None where each subset has but one.
        last: (s,) which set it then is; else empty.
    """

    chosen: IntArray
    subsets: FloatArray
    slowest: FloatArray
    probability: FloatArray
    within: FloatArray | None
    last: IntArray


@lru_cache(maxsize=512)
def ways_of(n: int, k: int, wave: int) -> Ways | None:
    """All ways in which k of n attempts run in waves of at most so many; None where there are more than MOST_WAYS.

    Args:
        n: recorded attempts of a question.
        k: passes of a query.
        wave: passes in a full wave.
    """
    if comb(n, k) > MOST_WAYS:
        return None
    sets = slowest_sets(k, wave, MOST_WAYS // comb(n, k))
    if sets is None:
        return None
    chosen = np.array(list(combinations(range(n), k)), dtype=np.int64)
    last = chosen[:, np.array(list(sets), dtype=np.int64)].reshape(len(chosen) * len(sets), -1)
    distinct, which = np.unique(last, axis=0, return_inverse=True)
    which = which.ravel()
    if len(sets) == 1:
        probability = np.bincount(which) / len(which)
        return Ways(chosen, _indicators(chosen, n), _indicators(distinct, n), probability, None, which)
    within = np.zeros((len(distinct), len(chosen)))
    subset = np.repeat(np.arange(len(chosen)), len(sets))
    np.add.at(within, (which, subset), np.tile(list(sets.values()), len(chosen)))
    within.setflags(write=False)
    return Ways(chosen, _indicators(chosen, n), _indicators(distinct, n), within.mean(axis=1), within, chosen[:0, 0])


def slowest_sets(k: int, wave: int, most: int) -> dict[tuple[int, ...], float] | None:
    """The sets of attempts that can be the slowest of their waves, with their probabilities.

    Args:
        k: attempts, numbered from 0 in ascending order of time, that are assigned to waves at random.
        wave: attempts of a full wave; the last wave has the rest.
        most: how many sets there may be.

    Returns:
        The sets, each in ascending order; None where there are more than `most`.
    """
    if k <= wave:
        return {(k - 1,): 1.0}
    # By set so far, full waves without an attempt, and whether the last, smaller wave has none.
    states: dict[tuple[tuple[int, ...], int, bool], float] = {((), k // wave, k % wave > 0): 1.0}
    for attempt in reversed(range(k)):
        following: dict[tuple[tuple[int, ...], int, bool], float] = {}
        for (found, full, rest), chance in states.items():
            free, opens_full, opens_rest = attempt + 1, full * wave, rest * (k % wave)
            for new, slots in (
                ((found, full, rest), free - opens_full - opens_rest),
                (((attempt, *found), full - 1, rest), opens_full),
                (((attempt, *found), full, False), opens_rest),
            ):
                if slots:
                    following[new] = following.get(new, 0.0) + chance * slots / free
        states = following
        if len(states) > 4 * most:
            return None
    sets: dict[tuple[int, ...], float] = {}
    for (found, _, _), chance in states.items():
        sets[found] = sets.get(found, 0.0) + chance
    return sets if len(sets) <= most else None


def _indicators(chosen: IntArray, n: int) -> FloatArray:
    """(n, w) 1.0 at the (w, k) attempts."""
    table = np.zeros((n, len(chosen)))
    table[chosen.T, np.arange(len(chosen))] = 1.0
    table.setflags(write=False)
    return table
