"""What models come to at the questions of their evaluations, and how they differ at those of both."""

from collections.abc import Mapping, Sequence

import numpy as np

from moo_inference.catalog import Accuracy, AnyAccuracy, MeasuredAccuracy, Model
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import SettingError
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
        from moo_inference.estimators.closed_form import ClosedForm  # noqa: PLC0415 (few evaluations stop early)

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


Paired = tuple[float, float, float, int]
"""Mean difference over the questions of both, its 95 % interval, and how many they are."""


def paired_models(one: Model, k: int, other: Model, other_k: int, conditions: Conditions) -> Paired | None:
    """How much more accurate one model is than another on the questions that both were evaluated on; None without any.

    Args:
        one: the one model.
        k: its passes.
        other: the other.
        other_k: its passes; where the two name different clusters of a question, those of the other hold.
        conditions: P and latency.
    """
    ours, theirs = one.accuracy, other.accuracy
    if not (isinstance(ours, MeasuredAccuracy) and isinstance(theirs, MeasuredAccuracy) and k and other_k):
        return None
    clusters = clusters_of_both(ours, theirs)
    return paired(by_question(one, k, conditions), by_question(other, other_k, conditions), clusters)


def paired_columns(found: Paired | None) -> dict[str, float | int | None]:
    """A paired difference by the names that it has in records; None where it is not known."""
    names = ("paired_accuracy_more", "paired_ci_low", "paired_ci_high", "shared_questions")
    if found is None:
        return dict.fromkeys(names)
    return {name: None if np.isnan(value) else value for name, value in zip(names, found, strict=True)}


def paired(ours: Mapping[str, float], theirs: Mapping[str, float], clusters: Mapping[str, str]) -> Paired | None:
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


def kinds_note(accuracies: Mapping[str, AnyAccuracy]) -> tuple[str, ...]:
    """A caveat where some models have a measured accuracy, by id, and others an assumed one; one sentence or none."""
    assumed = [key for key, accuracy in accuracies.items() if isinstance(accuracy, Accuracy)]
    counted = [key for key in accuracies if key not in assumed]
    if not (assumed and counted):
        return ()
    return (
        f"accuracies of two kinds compete: that of {', '.join(assumed)} is a normal distribution, the best of "
        f"whose k draws grows with its std; that of {', '.join(counted)} is counted in an evaluation. What passes "
        "add can be compared within a kind alone",
    )
