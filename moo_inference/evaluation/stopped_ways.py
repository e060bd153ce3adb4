"""All ways in which queries of at most k passes stop: which attempts ran, and which were the slowest of their batch.

Passes run in batches of P. After each batch a query has a random subset of a question's attempts, and only that subset
decides whether it stops. So the queries that are still running after a batch spread over its states, each to the
states of the next batch with equal shares, and what has stopped stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray

MOST_STATES = 4_200
"""States up to which all are counted: twelve attempts one by one have 4,095. Beyond, queries are drawn at random."""

_MOST_STEPS = 400_000
"""Steps from state to state up to which the states are looked for."""


@dataclass(frozen=True)
class Batch:
    """The states after one batch.

    Attributes:
        passes: how many have run by then.
        chosen: (u, passes) the attempts that ran, ascending.
        reached: (v, u) share of the v states before that goes on to each.
    """

    passes: int
    chosen: IntArray
    reached: FloatArray


@dataclass(frozen=True)
class StoppedWays:
    """All u states, batch by batch.

    Attributes:
        batches: the states of each.
        subsets: (n, u) 1.0 where an attempt has run.
        slowest: (n, u) 1.0 where an attempt was the slowest of its batch.
        passes: (u,) how many have run.
    """

    batches: tuple[Batch, ...]
    subsets: FloatArray
    slowest: FloatArray
    passes: IntArray

    def ends(self, stops: Any) -> FloatArray:
        """(g, q, u) share of the queries that stop in each state.

        Args:
            stops: (g, q, u) whether a query in that state stops; after the last batch all do.
        """
        running = np.ones((*stops.shape[:2], 1))
        found, start = [], 0
        for number, batch in enumerate(self.batches):
            here = running @ batch.reached
            stop = stops[..., start : start + here.shape[2]]
            start += here.shape[2]
            if number == len(self.batches) - 1:
                found.append(here)
            else:
                found.append(np.where(stop, here, 0.0))
                running = np.where(stop, 0.0, here)
        return np.concatenate(found, axis=2)


@lru_cache(maxsize=64)
def stopped_ways(n: int, k: int, batch: int, summed: bool) -> StoppedWays | None:
    """The ways of one question; None where there are too many.

    Args:
        n: recorded attempts of the question, in ascending order of time.
        k: the most passes of a query, at most n.
        batch: passes between two looks, P.
        summed: the times of passes add up, so that nothing depends on which were the slowest.
    """
    summed = summed or batch == 1
    sizes = [*range(batch, k, batch), k]
    if sum(comb(n, size) for size in sizes) > MOST_STATES:
        return None
    # A state is the attempts that have run, and the slowest of each batch, as two sets of bits.
    states: dict[tuple[int, int], int] = {(0, 0): 0}
    levels: list[tuple[int, dict[tuple[int, int], int], FloatArray]] = []
    before = 0
    for size in sizes:
        draws = comb(n - before, size - before)
        if draws * len(states) > _MOST_STEPS:
            return None
        following: dict[tuple[int, int], int] = {}
        steps: list[tuple[int, int]] = []
        for (ran, slow), number in states.items():
            left = [attempt for attempt in range(n) if not ran >> attempt & 1]
            for drawn in combinations(left, size - before):
                bits = sum(1 << attempt for attempt in drawn)
                state = ran | bits, 0 if summed else slow | 1 << drawn[-1]
                steps.append((number, following.setdefault(state, len(following))))
        if sum(len(own) for _, own, _ in levels) + len(following) > MOST_STATES:
            return None
        reached = np.zeros((len(states), len(following)))
        np.add.at(reached, tuple(np.array(steps).T), 1 / draws)
        levels.append((size, following, reached))
        states, before = following, size
    every = [state for _, own, _ in levels for state in own]
    subsets = _bits([ran for ran, _ in every], n)
    passes = subsets.sum(axis=0).astype(np.int64)
    batches = tuple(
        Batch(size, np.nonzero(_bits([ran for ran, _ in own], n).T)[1].reshape(-1, size), reached)
        for size, own, reached in levels
    )
    return StoppedWays(batches, subsets, subsets if summed else _bits([slow for _, slow in every], n), passes)


def _bits(numbers: Sequence[int], n: int) -> FloatArray:
    """(n, u) 1.0 where a bit of the u numbers is set, which may have more bits than a machine's integers."""
    width = -(-n // 8)
    rows = np.frombuffer(b"".join(number.to_bytes(width, "little") for number in numbers), dtype=np.uint8)
    table = np.unpackbits(rows.reshape(-1, width), axis=1, count=n, bitorder="little").T.astype(float)
    table.setflags(write=False)
    return table
