"""Queries that stop after the batch with the first verified attempt: their means, for any number of attempts.

Of n attempts, w of them not verified, a query that starts a batch after j passes has run j of the w. Attempt i then
takes a given place of the batch with probability C(w_i, j) / C(n - 1, j) / n, where w_i is the number of attempts that
are not verified among the others. So expected costs are exact also where failed attempts cost more than others.

In a batch of m, attempt i is the last of an order (the slowest, the best scored) with the probability
sum over a of C(u_i, a) C(v_i, m - 1 - a) C(w_i - a, j) / (C(n, m) C(n - m, j)), where of those before i in the order
u_i are not verified, and v_i are.
"""

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.stack import StackedBlock

Verified = NDArray[np.bool_]


def first_verified(
    block: StackedBlock, accept: float, k: IntArray, parallel: int, ideal: bool
) -> tuple[list[FloatArray], FloatArray, FloatArray, FloatArray]:
    """Means at each question of queries of at most k passes.

    Args:
        block: the attempts of g models at q questions each.
        accept: the least score, or correctness where there are no scores, that is verified.
        k: (n_k,) numbers of passes, at most the attempts of a question.
        parallel: P, passes of a batch.
        ideal: times add up and are divided by P; else each batch takes as long as its slowest pass.

    Returns:
        (g, q, n_k) of each amount that adds up over passes; seconds; worth of what is kept; and one less that.
    """
    value = block.worth if block.score is None else block.score
    verified = value >= accept
    spent = [_summed(amounts, verified, k, parallel) for amounts in block.spent]
    if ideal or parallel == 1:
        seconds = _summed(block.seconds, verified, k, parallel) / (parallel if ideal else 1)
    else:
        seconds = _batch_by_batch(block.seconds, verified, k, parallel)
    order = np.argsort(value, axis=2, kind="stable")
    ranked = np.take_along_axis(value, order, axis=2)
    worth = mean_of_ties(ranked, np.take_along_axis(block.worth, order, axis=2))
    right, wrong = (_kept(each, ranked >= accept, k, parallel) for each in (worth, 1.0 - worth))
    return spent, seconds, right, wrong


def _summed(amounts: FloatArray, verified: Verified, k: IntArray, parallel: int) -> FloatArray:
    """(g, q, n_k) expected sums of (g, q, n) amounts over the passes that run."""
    n = amounts.shape[2]
    unverified = np.count_nonzero(~verified, axis=2)[..., None]
    places = np.arange(int(k.max()))
    start = places - places % parallel
    total = np.zeros((*unverified.shape[:2], len(places)))
    for mine, others in ((verified, unverified), (~verified, unverified - 1)):
        still_running = _share_unverified(others, n - 1, places)[..., start]
        total += (amounts * mine).sum(axis=2, keepdims=True) * still_running
    return np.asarray(np.cumsum(total, axis=2)[..., k - 1] / n)


def _share_unverified(w: IntArray, n: int, j: IntArray) -> FloatArray:
    """(g, q, len(j)) C(w, j) / C(n, j), that none of j = 0, 1, ... of n is verified."""
    steps = j[:-1]
    factors = np.maximum(w - steps, 0) / np.maximum(n - steps, 1)
    return np.concatenate([np.ones((*w.shape[:2], 1)), np.cumprod(factors, axis=2)], axis=2)


def _batch_by_batch(ordered: FloatArray, verified: Verified, k: IntArray, parallel: int) -> FloatArray:
    """(g, q, n_k) expected sums over the batches that run of the last of each in an order (g, q, n) of values."""
    most = int(k.max())
    found = np.zeros((*ordered.shape[:2], most + 1))
    for passes in range(1, most + 1):
        start = (passes - 1) // parallel * parallel
        last = _last_of_batch(verified, start, passes - start)
        found[..., passes] = found[..., start] + (ordered * last).sum(axis=2)
    return np.asarray(found[..., k])


def _kept(worth: FloatArray, verified: Verified, k: IntArray, parallel: int) -> FloatArray:
    """(g, q, n_k) expected worth of what is kept, of (g, q, n) worths in ascending order of what keeps them."""
    # The best verified one of the batch that has any; else the best of all k.
    found = _batch_by_batch(worth * verified, verified, k, parallel)
    for column, passes in enumerate(k.tolist()):
        best_of_none = _last_of_batch(verified, 0, passes, none_verified=True)
        found[..., column] += (worth * best_of_none).sum(axis=2)
    return found


def _last_of_batch(verified: Verified, start: int, size: int, *, none_verified: bool = False) -> FloatArray:
    """(g, q, n) probability that a batch runs and an attempt is the last of it in their order.

    Args:
        verified: (g, q, n) in that order.
        start: passes before the batch.
        size: passes of the batch.
        none_verified: and that none of the batch is verified.
    """
    n = verified.shape[2]
    logs = special.gammaln(np.arange(n + 1) + 1.0)

    def ways(some: IntArray, of: IntArray) -> FloatArray:
        """The logarithm of C(of, some), minus infinity where there are none."""
        possible = (some >= 0) & (some <= of)
        own, all_of = np.where(possible, some, 0), np.where(possible, of, 0)
        return np.where(possible, logs[all_of] - logs[own] - logs[all_of - own], -np.inf)

    before: IntArray = np.cumsum(~verified, axis=2) - ~verified
    others = np.count_nonzero(~verified, axis=2)[..., None] - ~verified
    place = np.arange(n)
    total = np.zeros(verified.shape)
    all_ways = ways(np.array(size), np.array(n)) + ways(np.array(start), np.array(n - size))
    for unverified in range(size - 1 if none_verified else 0, size):
        which = np.full(verified.shape, unverified)
        log_ways = (
            ways(which, before) + ways(size - 1 - which, place - before) + ways(start + 0 * which, others - which)
        )
        total += np.exp(log_ways - all_ways)
    return np.where(verified, 0.0, total) if none_verified else total


def mean_of_ties(ranked: FloatArray, worth: FloatArray) -> FloatArray:
    """(g, q, n) worths, those of equal values in ascending order replaced by their mean: each is kept as often."""
    first = np.ones(ranked.shape, dtype=bool)
    first[..., 1:] = ranked[..., 1:] != ranked[..., :-1]
    group = np.cumsum(first.ravel()) - 1
    flat = worth.ravel()
    return np.asarray((np.bincount(group, weights=flat) / np.bincount(group))[group].reshape(worth.shape))
