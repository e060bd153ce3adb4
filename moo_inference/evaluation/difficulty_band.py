"""A band for pass@k beyond the samples of an evaluation, whatever the distribution of difficulty.

The upper end is the largest pass@k of all distributions of difficulty over questions that the numbers of right samples
do not contradict: those whose likelihood is within chi^2(1) / 2 of the largest there is (profile likelihood over the
nonparametric mixture; N. Laird, Nonparametric Maximum Likelihood Estimation of a Mixing Distribution, JASA 73 (1978)
805-811). Among them are Betas, Betas with questions that no pass solves, and a few kinds of equally hard questions. The
lower end is what the samples have shown already: that of the interval of pass@n, since questions that no sample solves
may be beyond all passes. Up to n both ends are the interval over questions of the samples themselves.

So the band grows with k towards everything between what is shown and 1. That is all that n samples know of it.

The search for the largest pass@k ends after so many steps, where it may still be too low. Beside linear programs with
constraints that touch the set of likely distributions it is so by 0.004 at most for 45 to 198 questions of 4 to 16
samples, but by 0.07 where 20 of 25 questions had none right of 2,000.
"""

import numpy as np

from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.interval import LEVEL, mean_interval
from moo_inference.evaluation.pass_at_k import mean_pass_at_k

_BEYOND = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
_WITHIN = 8
_TINY = 1e-300
_EXACT = 1000
"""The search is as exact as one part of so many; ends are rounded up to one."""

_FIRST_STEPS, _STEPS, _HALVINGS = 600, 100, 12


def difficulty_band(n: IntArray, c: IntArray, level: float = LEVEL, most: int | None = None) -> FloatArray:
    """(r, 3) some numbers of passes, ascending from 1, with the lower and the upper end of the band of pass@k.

    Args:
        n: (m,) samples of each question.
        c: (m,) correct ones among them.
        level: how often such bands hold the truth, in (0, 1).
        most: the last number of passes that matters; None goes on to 1,000 times the samples.
    """
    fewest = int(n.min())
    within = np.unique(np.round(np.geomspace(1, fewest, _WITHIN))).astype(np.int64)
    beyond = np.unique(np.round(fewest * np.array(_BEYOND))).astype(np.int64)
    beyond = beyond[beyond > fewest]
    beyond = beyond[: None if most is None else np.searchsorted(beyond, most) + 1]
    low, high = mean_interval(mean_pass_at_k(n, c, within), level)
    largest = _largest_pass_at_k(n, c, beyond, level)
    ends = np.concatenate([low, np.full(len(beyond), low[-1])]), np.concatenate([high, largest])
    return np.column_stack([np.concatenate([within, beyond]), *map(np.maximum.accumulate, ends)])


def at_passes(band: FloatArray, k: IntArray) -> tuple[FloatArray, FloatArray]:
    """Both ends of a band at some numbers of passes, (n_k,) each: straight in ln k; beyond the last k up to 1.

    Args:
        band: (r, 3) of `difficulty_band`.
        k: (n_k,) numbers of passes.
    """
    known, low, high = band.T
    inside = k <= known[-1]
    lower, upper = (np.interp(np.log(k), np.log(known), end) for end in (low, high))
    return np.asarray(lower), np.where(inside, upper, 1.0)


def _largest_pass_at_k(n: IntArray, c: IntArray, k: IntArray, level: float) -> FloatArray:
    """(n_k,) the largest pass@k of all distributions that the samples do not contradict.

    What maximises pass@k under a bound of the likelihood maximises likelihood + t pass@k for some t, which is concave
    in the distribution: t is found by halving, the distribution by expectation-maximisation on a grid.
    """
    pairs, often = np.unique(np.column_stack([n, c]), axis=0, return_counts=True)
    p = _grid(int(n.max()))
    logs = special.xlogy(pairs[:, 1], p[:, None]) + special.xlog1py(pairs[:, 0] - pairs[:, 1], -p[:, None])
    likelihood = np.exp(logs - logs.max(axis=0))
    solved = -np.expm1(special.xlog1py(k[:, None], -p))
    weights = np.full((1, len(p)), 1 / len(p))
    best = _maximised(weights, likelihood, often, np.zeros_like(solved[:1]), _FIRST_STEPS)
    least = _log_likelihood(best, likelihood, often) - special.ndtri((1 + level) / 2) ** 2 / 2
    tilted = np.repeat(best, len(k), axis=0)
    low, high = np.full(len(k), np.log(1e-3)), np.full(len(k), np.log(100.0 * len(n)))
    found = best @ solved.T
    largest = np.asarray(found[0])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        start = 0.98 * tilted + 0.02 * weights
        tilted = _maximised(start, likelihood, often, np.exp(middle)[:, None] * solved, _STEPS)
        inside = _log_likelihood(tilted, likelihood, often) >= least
        reached = np.einsum("kp,kp->k", tilted, solved)
        largest = np.where(inside, np.maximum(largest, reached), largest)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.asarray(np.minimum(np.ceil(largest * _EXACT) / _EXACT, 1.0))


def _grid(n: int) -> FloatArray:
    """(p,) probabilities from 0 to 1, as dense as n samples distinguish them, and denser towards 0."""
    steps = int(np.clip(np.ceil(np.pi / 2 * np.sqrt(n) / 0.2), 30, 300))
    even = np.sin(np.linspace(0, np.pi / 2, steps + 1)[1:]) ** 2
    return np.concatenate([[0.0], np.geomspace(1e-7, even[0], 24)[:-1], even])


def _maximised(
    weights: FloatArray, likelihood: FloatArray, often: IntArray, gain: FloatArray, steps: int
) -> FloatArray:
    """(r, p) weights that maximise log-likelihood + gain . weights, nearly.

    Args:
        weights: (r, p) to begin with, all positive.
        likelihood: (p, pairs) of each kind of question.
        often: (pairs,) how many questions are of that kind.
        gain: (r, p) not negative.
        steps: of expectation-maximisation.
    """
    for _ in range(steps):
        slope = (often / np.maximum(weights @ likelihood, _TINY)) @ likelihood.T + gain
        # To a power of 1.5 where 1 would do: below 2 the likelihood still rises, and sooner.
        weights = weights * slope * np.sqrt(slope)
        weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _log_likelihood(weights: FloatArray, likelihood: FloatArray, often: IntArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(weights @ likelihood, _TINY)) @ often)
