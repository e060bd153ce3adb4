"""What models come to at the questions of their evaluations, and how they differ at those of both."""

from collections.abc import Mapping, Sequence

import numpy as np

from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.estimators.curve import FloatArray
from moo_inference.evaluation import paired_difference, question_accuracies


def by_question(accuracy: MeasuredAccuracy, k: int) -> dict[str, float]:
    """Expected correctness of the kept one of k passes, by question."""
    names, values = question_table(accuracy, [k])
    return dict(zip(names, values[:, 0].tolist(), strict=True))


def question_table(accuracy: MeasuredAccuracy, k: Sequence[int]) -> tuple[list[str], FloatArray]:
    """The questions of an evaluation, and (m, n) expected correctness of the kept one of k (n,) passes at each."""
    question, correct, code = accuracy.evaluation.samples()
    answer, score = (code, None) if accuracy.keep == "majority" else (None, -code)
    found = question_accuracies(
        question,
        correct,
        k,
        keep=accuracy.keep,
        answer=answer,
        score=score,
        trials=accuracy.trials,
        seed=accuracy.seed,
    )
    return sorted(accuracy.evaluation.names), found.accuracy


def clusters_of_both(one: MeasuredAccuracy, other: MeasuredAccuracy) -> dict[str, str]:
    """The cluster of each question; where the two evaluations name different ones, that of the first."""
    return {**other.clusters, **one.clusters}


def paired(
    ours: Mapping[str, float], theirs: Mapping[str, float], clusters: Mapping[str, str]
) -> tuple[float, float, float, int] | None:
    """Mean difference over the questions of both, its 95 % interval, and how many they are; None without any.

    Args:
        ours: accuracy of the one model, by question.
        theirs: of the other.
        clusters: of the questions, by name; empty where each stands for itself.
    """
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return None
    names = [clusters.get(name, name) for name in shared] if clusters else None
    mean, low, high = paired_difference(_column(ours, shared), _column(theirs, shared), clusters=names)
    return float(mean[0]), float(low[0]), float(high[0]), len(shared)


def _column(values: Mapping[str, float], names: list[str]) -> FloatArray:
    return np.array([[values[name]] for name in names])
