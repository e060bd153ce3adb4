"""Accuracy of at most k passes of a model that stops early, and after how many of them its queries end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import Accuracy, MeasuredAccuracy, Model
from moo_inference.errors import ErrorCollector
from moo_inference.estimators.curve import Evidence, FloatArray, IntArray
from moo_inference.estimators.ends import Ends, looks_before
from moo_inference.estimators.known_accuracy import KnownAccuracy, interval_ends, known_accuracy
from moo_inference.estimators.verified_normal import VerifiedNormal
from moo_inference.evaluation.interval import mean_interval
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.question_stops import QuestionStops, question_stops


@dataclass(frozen=True)
class StoppedKnown(KnownAccuracy):
    """A `KnownAccuracy` of queries that may stop.

    Attributes:
        ends: after how many passes they end.
        right: the shares of those that are right.
        questions: both question by question; None where accuracy is not counted from an evaluation.
    """

    ends: Ends
    right: Ends
    questions: QuestionStops | None = None

    def accurate(self, least: float) -> Ends:
        """The shares of queries that end there and keep at least so much."""
        return self.ends if least <= 0 else self.right


Stopped = StoppedKnown | VerifiedNormal
"""Accuracy and ends of queries that may stop."""


def refuse_unknown_stops(models: Iterable[Model]) -> None:
    """Refuse policies that look at what a model of passes does not have.

    Raises:
        SettingError: (a ValueError) every such model is named.
    """
    errors = ErrorCollector()
    for model in models:
        stop = model.stop
        if stop is None or stop.policy != "first-verified":
            continue
        if model.keep == "verifier":
            errors.add(
                f"{model.name}: stop {str(stop)!r} with keep 'verifier' must be estimated by Recorded, from attempts "
                "with the scores of the verifier; an evaluation only ranks its samples by them"
            )
        elif not 0 < stop.accept <= 1:
            errors.add(
                f"{model.name}: the level of first-verified must be above 0 and at most 1, as accuracies are; got "
                f"{stop.accept:g}"
            )
    errors.check()


def stopped_accuracy(model: Model, k: IntArray, batch: int) -> Stopped:
    """Accuracy and ends of a model with a `stop`.

    Args:
        model: the model.
        k: (n,) the most passes.
        batch: passes between two looks, P.

    Raises:
        SettingError: (a ValueError) a k exceeds the samples of a question.
    """
    accuracy, stop = model.accuracy, model.stop
    if stop is None:
        raise TypeError(f"{model.name} does not stop early")
    if isinstance(accuracy, Accuracy):
        return VerifiedNormal(accuracy, stop.accept, batch, k)
    looks = looks_before(k, batch)
    if isinstance(accuracy, MeasuredAccuracy):
        questions = question_stops(accuracy.evaluation, stop, k, batch, accuracy.trials, accuracy.seed)
        counted = stop.policy == "first-verified"
        known = known_accuracy(accuracy, k) if counted else _voted(accuracy, questions, k)
        before = np.stack([own.sum(axis=1) for own in questions.right], axis=1)
        right = _over_questions(k, looks, questions.right, np.maximum(questions.accuracy - before, 0.0))
        return _stopped(known, _over_questions(k, looks, questions.stopped, questions.full), right, questions)
    known = known_accuracy(accuracy, k)
    running = accuracy.fit.pass_at_k(looks)[1] if looks.size else np.empty(0)
    ends = Ends.of(k, batch, np.append(1.0, running))
    return _stopped(known, ends, Ends(k, ends.looks, ends.stopped, np.maximum(ends.full - known.error, 0.0)))


def _stopped(known: KnownAccuracy, ends: Ends, right: Ends, questions: QuestionStops | None = None) -> StoppedKnown:
    return StoppedKnown(known.mean, known.error, known.se, known.evidence, ends, right, questions)


def _over_questions(k: IntArray, looks: IntArray, stopped: Sequence[FloatArray], full: FloatArray) -> Ends:
    """The ends over all questions, from what each has: for each k the (m, looks before it), and (m, n)."""
    shares = np.zeros((len(k), len(looks)))
    for row, own in zip(shares, stopped, strict=True):
        row[: own.shape[1]] = own.mean(axis=0)
    return Ends(k, looks, shares, full.mean(axis=0))


def _voted(accuracy: MeasuredAccuracy, questions: QuestionStops, k: IntArray) -> KnownAccuracy:
    clusters = accuracy.clusters
    over = QuestionMean.of(
        questions.accuracy, questions.error, [clusters[name] for name in questions.names] if clusters else None
    )
    low, high = interval_ends(*mean_interval(over))
    nothing = np.zeros(len(k), dtype=bool)
    se = np.sqrt((questions.accuracy_se**2).sum(axis=0)) / len(questions.names)
    return KnownAccuracy(over.mean, over.error, se, Evidence(low, high, nothing, k == accuracy.evaluation.fewest))
