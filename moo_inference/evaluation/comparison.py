"""Two models on the same questions."""

from dataclasses import dataclass

import numpy as np

from moo_inference.errors import SettingError
from moo_inference.evaluation.accuracy_curve import QuestionAccuracies
from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.interval import LEVEL, paired_difference

_SHOWN = 5


@dataclass(frozen=True)
class AccuracyDifference:
    """How much more accurate one model is than another on the same questions, for n values of k.

    Attributes:
        k: (n,) numbers of passes.
        mean: (n,) mean over questions of one - other.
        ci_low: (n,) lower end of its interval, over questions; NaN for one question.
        ci_high: (n,) upper end.
        questions: how many.
        clusters: how many; None where each question stands for itself.
    """

    k: IntArray
    mean: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    questions: int
    clusters: int | None = None


def compare_accuracies(one: QuestionAccuracies, other: QuestionAccuracies, level: float = LEVEL) -> AccuracyDifference:
    """The paired difference of two models that answered the same questions; see `paired_difference`.

    Args:
        one: accuracies of the one model.
        other: of the other, or of the same model under another keeper.
        level: how often such intervals hold the truth, in (0, 1).

    Raises:
        SettingError: (a ValueError) the questions, their clusters or the k are not the same; what only one has is
            named.
    """
    if not np.isin(one.names, other.names).any():
        raise SettingError(f"both models must answer the same questions, got none of {len(one.names):,} in common")
    errors = []
    for first, second, whose in ((one, other, "the other"), (other, one, "the one")):
        missing = sorted(set(first.names.tolist()) - set(second.names.tolist()), key=str)
        if missing:
            shown = ", ".join(map(repr, missing[:_SHOWN])) + (", ..." if len(missing) > _SHOWN else "")
            errors.append(f"both models must answer the same questions; {whose} lacks {len(missing)}: {shown}")
    if not np.array_equal(one.k, other.k):
        errors.append(f"both models must have the same k, got {one.k.tolist()} and {other.k.tolist()}")
    if not errors and not _same_clusters(one, other):
        errors.append("both models must have the same clusters of questions, or none; got others")
    if errors:
        raise SettingError(errors)
    mean, low, high = paired_difference(one.accuracy, other.accuracy, level, clusters=one.clusters)
    clusters = None if one.clusters is None else len(np.unique(one.clusters))
    return AccuracyDifference(one.k, mean, low, high, len(one.names), clusters)


def _same_clusters(one: QuestionAccuracies, other: QuestionAccuracies) -> bool:
    if one.clusters is None or other.clusters is None:
        return one.clusters is other.clusters
    return bool(np.array_equal(one.clusters, other.clusters))
