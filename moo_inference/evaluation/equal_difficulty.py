"""1 - (1 - p)^k, pass@k from one mean accuracy, and how far it is from pass@k of the very same samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray, IntArray, counts, passes
from moo_inference.evaluation.pass_at_k import mean_pass_at_k

ASSUMPTION = "1 - (1 - p)^k assumes that all questions are equally hard, and is too high where they are not"
"""To be shown wherever a number from `equal_difficulty` is."""


@dataclass(frozen=True)
class Audit:
    """pass@k of the same samples, question by question and from their mean alone, for n values of k.

    Attributes:
        k: (n,) numbers of passes.
        unbiased: (n,) mean over questions of 1 - C(n-c, k) / C(n, k).
        equal_difficulty: (n,) 1 - (1 - p)^k, p the mean over questions of c / n; see ASSUMPTION.
        p: mean accuracy of one pass.
    """

    k: IntArray
    unbiased: FloatArray
    equal_difficulty: FloatArray
    p: float


def equal_difficulty(p: float, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """pass@k of questions that are all equally hard: 1 - (1 - p)^k, and its error (1 - p)^k.

    Questions are not equally hard, and by Jensen's inequality this is then too high: Codex-12B has p = 0.288 on
    HumanEval, which would give 0.967 at k = 10, where 0.468 is measured.

    Args:
        p: accuracy of one pass, in [0, 1].
        k: (n,) numbers of passes.

    Returns:
        Two (n,) arrays, both exact to rounding.

    Raises:
        SettingError: (a ValueError) an argument is out of its range.
    """
    if not 0 <= p <= 1:
        raise SettingError(f"p must be an accuracy in [0, 1], got {p!r}")
    ks = passes(k)
    with np.errstate(divide="ignore"):
        log_error = ks * np.log1p(-np.float64(p))
    return np.asarray(-np.expm1(log_error)), np.asarray(np.exp(log_error))


def audit(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Audit:
    """Accuracy of k passes as counted from the samples, and as the mean accuracy alone would give.

    Args:
        n: (m,) samples of each question, or one number for all.
        c: (m,) correct ones among them.
        k: (n_k,) numbers of passes, each at most the smallest n.

    Raises:
        SettingError: (a ValueError) as `pass_at_k`.
    """
    samples, correct = counts(n, c)
    ks = passes(k)
    unbiased = mean_pass_at_k(samples, correct, ks).mean
    p = float(np.mean(correct / samples))
    return Audit(ks, unbiased, equal_difficulty(p, ks)[0], p)
