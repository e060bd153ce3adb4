"""What models come to at the questions of their evaluations, and how they differ at those of both."""

from collections.abc import Mapping, Sequence

import numpy as np

from moo_inference.catalog import MeasuredAccuracy, Model
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import SettingError
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.recorded import Recorded
from moo_inference.evaluation import paired_difference, question_accuracies


def by_question(model: Model, k: int, conditions: Conditions) -> dict[str, float]:
    """Expected correctness of what is kept of at most k passes, by question.

    Args:
        model: with a `MeasuredAccuracy`.
        k: the most passes.
        conditions: how passes run, which counts where they stop early.
    """
    if model.stop is not None and isinstance(model, RecordedModel):
        names = list(map(str, model.attempts.names))
        values = 1 - Recorded().means_by_question(model, np.array([k]), conditions)[2]
    elif model.stop is not None:
        found = ClosedForm().by_question(model, [k], conditions)
        names, values = list(found.names), found.accuracy
    elif isinstance(model.accuracy, MeasuredAccuracy):
        names, values = question_table(model.accuracy, [k])
    else:
        raise SettingError(f"{model.name}: must have an accuracy that is counted from an evaluation")
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
