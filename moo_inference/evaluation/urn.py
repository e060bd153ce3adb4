"""Draws from an urn: the one recurrence behind pass@k, behind the best-scored of k and behind the Beta mixture.

An urn holds `plain` balls and `marked` ones. The probability that none of k draws is marked is the product over
j = 0 ... k-1 of (plain + step j) / (plain + marked + step j): step -1 puts no ball back, and +1 puts each back with
another of its kind (Polya's urn, which is a Beta mixture of coins). Every factor is rounded but once or twice and none
of them cancels, so the product keeps its relative precision, 1e-13 for 10,000 draws, where log-gamma loses it.
"""

from collections.abc import Iterator

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray

_LEAST_BLOCK, _VALUES_AT_ONCE = 128, 1 << 17
_SMALLEST = 1e-290
"""Below this it is 0: products among denormal numbers stop falling, and are slow."""


def none_marked(
    plain: FloatArray, total: FloatArray, draws: int, step: float = -1.0
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """P(none marked) of r urns for 0, 1, ..., `draws` draws, in blocks of draws that fit a processor's cache.

    Args:
        plain: (r,) balls that are not marked; real numbers where step is 1.
        total: (r,) balls in all, at least 1 where none is put back, and at least `draws`.
        draws: the most draws.
        step: what a draw adds to its kind.

    Yields:
        j, (b,) numbers of draws; rows, (q,) the urns whose probability is not yet 0; and (q, b) probabilities. The
        values do not depend on how many draws are asked for.
    """
    rows = np.arange(len(plain))
    last = np.ones(len(plain))
    same = bool((total == total[0]).all())
    width = max(_LEAST_BLOCK, _VALUES_AT_ONCE // len(plain))
    for start in range(0, draws + 1, width):
        j = np.arange(start, min(start + width, draws + 1))
        before = step * np.maximum(j - 1.0, 0.0)
        block = plain[rows, None] + before
        block /= (total[:1] if same else total[rows])[:, None] + before
        block[:, 0] = last if start == 0 else block[:, 0] * last
        np.cumprod(block, axis=1, out=block)
        last = block[:, -1].copy()
        alive = last >= _SMALLEST
        if not alive.all():
            block[~alive] = np.where(block[~alive] >= _SMALLEST, block[~alive], 0.0)
        yield j, rows, block
        rows, last = rows[alive], last[alive]
        if not rows.size:
            return


def at_least_one(
    marked: FloatArray, plain: FloatArray, k: IntArray, step: float = -1.0
) -> tuple[FloatArray, FloatArray]:
    """P(one or more of k draws is marked), and P(none is).

    Args:
        marked: (r,) marked balls.
        plain: (r,) other balls.
        k: (n,) numbers of draws, in any order; at most marked + plain where none is put back.
        step: what a draw adds to its kind.

    Returns:
        Two (r, n) arrays, each right to about 13 digits where it exceeds 1e-290.
    """
    wanted, column = np.unique(k, return_inverse=True)
    some, none = np.zeros((2, len(marked), len(wanted)))
    total = marked + plain
    reached = np.zeros(len(marked))
    for j, rows, block in none_marked(plain, total, int(wanted[-1]), step):
        here, inside = columns(wanted, j)
        none[rows[:, None], here] = block[:, inside]
        first = first_marked(marked[rows], total[rows], j, block, step)
        successes = np.cumsum(np.hstack([reached[rows, None], first]), axis=1)
        reached[rows] = successes[:, -1]
        some[rows[:, None], here] = successes[:, inside]
    return np.where(none < 0.5, 1.0 - none, some)[:, column], none[:, column]


def columns(wanted: IntArray, j: IntArray) -> tuple[IntArray, IntArray]:
    """Which of the wanted numbers, in ascending order, lie in this block of draws, and where in it."""
    here = np.arange(np.searchsorted(wanted, j[0]), np.searchsorted(wanted, j[-1], side="right"))
    return here, wanted[here] - j[0]


def first_marked(
    marked: FloatArray, total: FloatArray, j: IntArray, block: FloatArray, step: float = -1.0
) -> FloatArray:
    """(q, b) probabilities that draw j + 1 is the first marked one; 0 where the urn is empty by then.

    Their sum over j is P(one or more): terms of one sign, so that it keeps its digits where it is small, while
    1 - P(none) keeps them where that is.

    Args:
        marked: (q,) marked balls.
        total: (q,) all balls.
        j: (b,) draws before.
        block: (q, b) probabilities that none of these was marked.
        step: by how much each draw changes the number of balls.
    """
    left = total[:, None] + step * j
    return np.asarray(np.divide(block * marked[:, None], left, out=np.zeros_like(block), where=left > 0))
