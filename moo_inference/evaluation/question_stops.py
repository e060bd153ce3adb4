"""When the queries of each question of an evaluation stop, and how often they are right by then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.pass_at_k import pass_at_k
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.records import Evaluation
from moo_inference.evaluation.stop import Stop
from moo_inference.evaluation.stopped_queries import StoppedQueries

_SAMPLES_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class QuestionStops:
    """Queries of at most k samples of each of m questions, for n values of k; looks are after P, 2 P, ... passes.

    Attributes:
        names: (m,) the questions, ascending.
        stopped: for each k the (m, looks before it) shares of a question's queries that stop there.
        right: for each k the (m, looks before it) shares that stop there and are right.
        full: (m, n) shares that run all k.
        accuracy: (m, n) expected correctness of what is kept.
        error: (m, n) 1 - accuracy, from its own sum.
        accuracy_se: (m, n) standard errors of accuracies that rest on queries that were drawn, else 0.
        draws: (m, n) queries of each question that were drawn; 0 where all were counted.
    """

    names: Sequence[str]
    stopped: Sequence[FloatArray]
    right: Sequence[FloatArray]
    full: FloatArray
    accuracy: FloatArray
    error: FloatArray
    accuracy_se: FloatArray
    draws: IntArray

    def mean(self, at_looks: FloatArray, at_k: FloatArray) -> FloatArray:
        """(m, n) expectations at each question of what is (J,) after the looks and (n,) after k passes."""
        sums = [own @ at_looks[: own.shape[1]] for own in self.stopped]
        return np.asarray(np.stack(sums, axis=1) + self.full * at_k)

    def se(self, at_looks: FloatArray, at_k: FloatArray) -> FloatArray:
        """(n,) standard errors by the draws of the means over all questions of the same."""
        if not self.draws.any():
            return np.zeros(len(at_k))
        variance = np.maximum(self.mean(at_looks**2, at_k**2) - self.mean(at_looks, at_k) ** 2, 0.0)
        own = np.divide(variance, self.draws, out=np.zeros_like(variance), where=self.draws > 0)
        return np.asarray(np.sqrt(own.sum(axis=0)) / len(self.names))


def question_stops(
    evaluation: Evaluation, stop: Stop, k: IntArray, batch: int, trials: int = 1000, seed: int = 42
) -> QuestionStops:
    """When the queries of each question stop.

    Samples are drawn without replacement. `first-verified` is by pass@k: a query is still running after j passes with
    probability 1 - pass@j. Votes are counted as those of recorded attempts, see `StoppedQueries`, and drawn where there
    are too many ways.

    Args:
        evaluation: keeps the oracle's pass for `first-verified`, and that of a majority for `vote-until-sure`.
        stop: the policy.
        k: (n,) the most passes, each at most the fewest samples of a question.
        batch: passes between two looks, P.
        trials: queries of each question that are drawn, where not all ways are counted.
        seed: of these.

    Raises:
        SettingError: (a ValueError) a k exceeds the samples of a question.
    """
    if stop.policy == "first-verified":
        return _first_verified(evaluation, k, batch)
    question, correct, code = evaluation.samples()
    # Of fixed size, so that what is drawn for one k does not depend on the others.
    size = max(1, _SAMPLES_AT_ONCE // (trials * int(evaluation.n.max())))
    parts = []
    for number, start in enumerate(range(0, len(evaluation.names), size)):
        some = (start <= question) & (question < start + size)
        alike = np.ones(int(some.sum()))
        attempts = QuestionAttempts.of(question[some], correct[some], alike, alike, keep="majority", answer=code[some])
        how = Drawing("majority", batch, False, trials, seed + number)
        parts.append(_votes(StoppedQueries([attempts], how, int(k.max()), None, stop), k, batch))
    stopped, right = (
        [np.concatenate(own) for own in zip(*(part[which] for part in parts), strict=True)] for which in (0, 1)
    )
    full, accuracy, error, se, draws = np.concatenate([part[2] for part in parts], axis=1)
    return QuestionStops(sorted(evaluation.names), stopped, right, full, accuracy, error, se, draws.astype(np.int64))


def _first_verified(evaluation: Evaluation, k: IntArray, batch: int) -> QuestionStops:
    order = sorted(range(len(evaluation.names)), key=evaluation.names.__getitem__)
    n, c, names = evaluation.n[order], evaluation.c[order], np.array(evaluation.names)[order]
    looks = np.arange(batch, int(k.max()), batch)
    accuracy, error = pass_at_k(n, c, k, names=names)
    running = np.ones((len(n), len(looks) + 1))
    if looks.size:
        running[:, 1:] = pass_at_k(n, c, looks, names=names)[1]
    stops = running[:, :-1] - running[:, 1:]
    before = (k - 1) // batch
    stopped = [stops[:, :own] for own in before.tolist()]
    nothing = np.zeros(accuracy.shape)
    return QuestionStops(
        names.tolist(), stopped, stopped, running[:, before], accuracy, error, nothing, nothing.astype(np.int64)
    )


def _votes(queries: StoppedQueries, k: IntArray, batch: int) -> tuple[list[FloatArray], list[FloatArray], FloatArray]:
    """For each k the shares that stop at its looks, and those that are then right; (5, m, n) all other numbers."""
    stopped: list[FloatArray] = []
    right: list[FloatArray] = []
    others = np.zeros((5, queries.questions, len(k)))
    for column, most in enumerate(k.tolist()):
        looks = (most - 1) // batch
        shares = np.zeros((2, queries.questions, looks + 1))
        for number, block in enumerate(queries.blocks):
            [rows] = block.rows
            part, ran = queries.outcomes(number, most), queries.ran(most)[number]
            [kept] = np.broadcast_to(part.kept, part.spent[0].shape)
            weights = np.full(kept.shape, 1 / kept.shape[1]) if part.weights is None else part.weights[0]
            place = np.broadcast_to((ran - 1) // batch, part.spent[0].shape)[0]
            cell = (np.arange(len(rows))[:, None] * (looks + 1) + place).ravel()
            for own, weight in zip(shares, (weights, weights * kept), strict=True):
                found = np.bincount(cell, weights=weight.ravel(), minlength=len(rows) * (looks + 1))
                own[rows] = found.reshape(len(rows), -1)
            others[1, rows, column] = (weights * kept).sum(axis=1)
            others[2, rows, column] = (weights * (1 - kept)).sum(axis=1)
            if part.drawn:
                others[3, rows, column] = kept.std(axis=1, ddof=1) / np.sqrt(kept.shape[1])
                others[4, rows, column] = kept.shape[1]
        stopped.append(shares[0, :, :-1])
        right.append(shares[1, :, :-1])
        others[0, :, column] = shares[0, :, -1]
    return stopped, right, others
