"""Recorded attempts of an evaluation: cost, seconds and correctness of each, and what k of them come to on average."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.accuracy_curve import question_accuracies
from moo_inference.evaluation.beta import BetaFit, fit_beta
from moo_inference.evaluation.checks import FloatArray, IntArray, distinct, passes, refuse_beyond
from moo_inference.evaluation.clusters import clusters_of_questions
from moo_inference.evaluation.kept import KeepRecorded
from moo_inference.evaluation.order_statistics import expected_largest, expected_seconds
from moo_inference.evaluation.urn import at_least_one

Beyond = Literal["refuse", "extrapolate"]
"""What is said of more passes than a question has attempts: nothing, or what `expected_seconds` and a Beta say."""


@dataclass(frozen=True)
class Block:
    """The q questions with n attempts each.

    Attributes:
        rows: (q,) places of the questions.
        attempts: (q, n) places of their attempts, those of a question in ascending order of seconds.
    """

    rows: IntArray
    attempts: IntArray


@dataclass(frozen=True, eq=False)
class QuestionAttempts:
    """s attempts at m questions, sorted by question; k passes are k of a question's attempts, without replacement.

    Attributes:
        names: (m,) the questions, ascending.
        n: (m,) attempts at each.
        cost: (s,) USD.
        seconds: (s,) from end to end.
        worth: (s,) 1 right, 0 wrong, or a score in [0, 1].
        keep: which of k passes counts.
        answer: (s,) codes, equal for equal answers to a question, -1 for none; None where they are not known.
        score: (s,) of a verifier; None unless it is what keeps a pass.
        tokens: (2, s) read and written; None where they are not known of each attempt.
        beyond: what is said of k beyond `fewest`.
        clusters: (m,) name of the cluster of each question, such as the text that it is about; None where each question
            stands for itself.
    """

    names: NDArray[Any]
    n: IntArray
    cost: FloatArray
    seconds: FloatArray
    worth: FloatArray
    keep: KeepRecorded = "oracle"
    answer: IntArray | None = None
    score: FloatArray | None = None
    tokens: FloatArray | None = None
    beyond: Beyond = "refuse"
    clusters: NDArray[Any] | None = None

    @classmethod
    def of(
        cls,
        question: ArrayLike,
        worth: ArrayLike,
        cost: ArrayLike,
        seconds: ArrayLike,
        *,
        keep: KeepRecorded = "oracle",
        answer: ArrayLike | None = None,
        score: ArrayLike | None = None,
        tokens: ArrayLike | None = None,
        cluster: ArrayLike | None = None,
    ) -> "QuestionAttempts":
        """From one entry an attempt, in any order.

        Args:
            question: (s,) whole numbers, texts or a Categorical; equal ones are the same question.
            worth: (s,) correctness as 0 or 1, or scores in [0, 1].
            cost: (s,) USD, at least 0.
            seconds: (s,) positive.
            keep: which of k passes counts. `majority` and `verifier` need a worth of 0 or 1.
            answer: (s,) codes, -1 for none; None where they are not known. `majority` needs them.
            score: (s,) of a verifier; for `verifier`.
            tokens: (2, s) read and written, for what is used by the token; None where they are not known.
            cluster: (s,) of each attempt's question; None: each question stands for itself.

        Raises:
            SettingError: (a ValueError) an argument is out of its range, lacks, or has another length.
        """
        names, place = _names(question)
        given = {
            name: np.asarray(values, dtype=float)
            for name, values in (("worth", worth), ("cost", cost), ("seconds", seconds), ("score", score))
            if values is not None
        }
        _refuse(given, place, keep, answer is None)
        order = np.argsort(place, kind="stable")
        return cls(
            names,
            np.bincount(place),
            given["cost"][order],
            given["seconds"][order],
            given["worth"][order],
            keep,
            None if answer is None else np.asarray(answer, dtype=np.int64)[order],
            given["score"][order] if keep == "verifier" else None,
            None if tokens is None else np.asarray(tokens, dtype=float)[:, order],
            clusters=None if cluster is None else clusters_of_questions(names, place, cluster),
        )

    def only(self, questions: NDArray[np.bool_]) -> "QuestionAttempts":
        """The attempts at some of the m questions."""
        rows = questions[self.place]

        def pick(values: Any) -> Any:
            return None if values is None else values[..., rows]

        return replace(
            self,
            names=self.names[questions],
            n=self.n[questions],
            cost=pick(self.cost),
            seconds=pick(self.seconds),
            worth=pick(self.worth),
            answer=pick(self.answer),
            score=pick(self.score),
            tokens=pick(self.tokens),
            clusters=None if self.clusters is None else self.clusters[questions],
        )

    @property
    def fewest(self) -> int:
        """Attempts of the question that has the fewest: the largest k that can be counted."""
        return int(self.n.min())

    @cached_property
    def graded(self) -> bool:
        """Whether some attempt is neither right nor wrong."""
        return not bool(((self.worth == 0) | (self.worth == 1)).all())

    @cached_property
    def place(self) -> IntArray:
        """(s,) place of each attempt's question."""
        return np.repeat(np.arange(len(self.n)), self.n)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The questions by their number of attempts."""
        order = np.lexsort((self.seconds, self.place))
        starts = np.cumsum(self.n) - self.n
        found = []
        for n in distinct(self.n).tolist():
            rows = np.flatnonzero(self.n == n)
            found.append(Block(rows, order[starts[rows, None] + np.arange(n)]))
        return tuple(found)

    @cached_property
    def answer_worth(self) -> FloatArray | None:
        """(s,) mean worth of the attempts at the question with the same answer; None without answers."""
        if self.answer is None:
            return None
        pairs = np.column_stack([self.place, self.answer])
        _, group = np.unique(pairs, axis=0, return_inverse=True)
        group = group.ravel()
        return np.asarray((np.bincount(group, weights=self.worth) / np.bincount(group))[group])

    @cached_property
    def _settling(self) -> IntArray:
        """(m,) attempts at each question of which one settles a query: right ones, or wrong ones where all count."""
        right = np.bincount(self.place, weights=self.worth).astype(np.int64)
        return right if self.keep == "oracle" else self.n - right

    @cached_property
    def difficulty(self) -> BetaFit:
        """The Beta distribution of how often an attempt at a question settles a query.

        Raises:
            SettingError: (a ValueError) see `fit_beta`.
        """
        return fit_beta(self.n, self._settling)

    def difficulty_band(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper ends of the band of `difficulty` for the accuracy of k passes, (n_k,) each."""
        low, high = self.difficulty.interval(k)
        return (low, high) if self.keep == "oracle" else (1 - high, 1 - low)

    def spent(self, per_token: Sequence[tuple[float, float]] = ()) -> list[FloatArray]:
        """What adds up over passes, (s,) each: USD, and what is used by the token read and by the token written.

        Raises:
            SettingError: (a ValueError) the tokens of the attempts are not known.
        """
        if per_token and self.tokens is None:
            raise SettingError("what is used by the token needs the tokens of every attempt, got attempts without them")
        return [self.cost, *(np.asarray(per_token) @ self.tokens if self.tokens is not None and per_token else ())]

    def checked_passes(self, k: ArrayLike) -> IntArray:
        """Validated numbers of passes, (n_k,).

        Raises:
            SettingError: (a ValueError) one of them is not a whole number of at least 1, or exceeds `fewest` where
                nothing is said of that.
        """
        values = passes(k)
        if self.beyond == "refuse":
            refuse_beyond(self.n, values, self.names)
        elif values.max() > self.fewest and (why := self.not_extrapolated()):
            raise SettingError(why)
        return values

    def not_extrapolated(self) -> str:
        """Why no more passes than there are attempts can be spoken of; nothing where they can."""
        if self.keep not in ("oracle", "all") or self.graded:
            got = "scores" if self.graded else f"keep {self.keep!r}"
            return (
                f"k beyond the {self.fewest} attempts of a question needs keep 'oracle' or 'all', and attempts that "
                f"are right or wrong; nothing is known of others there, got {got}"
            )
        if self.fewest == 1:
            return "k beyond the attempts of a question needs at least 2 attempts of each, got 1"
        try:
            self.difficulty  # noqa: B018 (fitted once)
        except SettingError as error:
            return str(error)
        return ""

    def expected_cost(self, k: ArrayLike) -> FloatArray:
        """(m, n_k) expected USD of k passes at each question; see `checked_passes` for errors."""
        return self.expected_sum(self.cost, k)

    def expected_sum(self, amounts: FloatArray, k: ArrayLike) -> FloatArray:
        """(m, n_k) expectation at each question of the sum over k passes, of (s,) amounts of each attempt.

        Raises:
            SettingError: (a ValueError) see `checked_passes`.
        """
        values = self.checked_passes(k)
        return np.asarray(np.bincount(self.place, weights=amounts)[:, None] / self.n[:, None] * values)

    def expected_seconds(self, k: ArrayLike, parallel: int, latency: str = "waves") -> FloatArray:
        """(m, n_k) expected seconds of k passes at each question, P at a time.

        Args:
            k: (n_k,) numbers of passes.
            parallel: P.
            latency: `waves` or `ideal`; see `moo_inference.evaluation.order_statistics`.

        Raises:
            SettingError: (a ValueError) see `checked_passes`.
        """
        values = self.checked_passes(k)
        return self._by_block(
            len(values), lambda block: expected_seconds(self.seconds[block.attempts], values, parallel, latency)
        )

    def expected_accuracy(self, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Expected worth of what is kept of k passes at each question, and one less that, (m, n_k) each.

        Beyond the attempts of a question, a query has all of them and further ones by the Beta distribution of
        difficulty, given those that are known: only what more attempts add is extrapolated.

        Raises:
            SettingError: (a ValueError) see `checked_passes`.
        """
        values = self.checked_passes(k)
        if self.keep == "oracle" or self.keep == "all":  # noqa: PLR1714 (mypy narrows no membership)
            accuracy, error = self._extreme(values)
            if values.max() > self.fewest:
                self._extrapolate(values, accuracy, error)
            return accuracy, error
        each = question_accuracies(self.place, self.worth, values, keep=self.keep, answer=self.answer, score=self.score)
        return each.accuracy, each.error

    def _extreme(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """The expected largest worth, or the least where all must be right, and one less that."""
        sign = 1 if self.keep == "oracle" else -1

        def largest(block: Block, worth: FloatArray, step: int) -> FloatArray:
            ordered = np.sort(worth[block.attempts], axis=1)[:, ::step]
            return expected_largest(ordered, np.minimum(k, ordered.shape[1]))

        # The error from its own sum, of terms of one sign: it keeps its digits where the accuracy nears 1.
        accuracy = self._by_block(len(k), lambda block: largest(block, self.worth, sign))
        return accuracy, self._by_block(len(k), lambda block: largest(block, 1.0 - self.worth, -sign))

    def _extrapolate(self, k: IntArray, accuracy: FloatArray, error: FloatArray) -> None:
        """Put in what no attempts show: (m, n_k) each, where k exceeds n."""
        settled, not_settled = (accuracy, error) if self.keep == "oracle" else (error, accuracy)
        open_questions = self._settling == 0
        fit = self.difficulty
        for n in distinct(self.n[open_questions]).tolist():
            rows, columns = np.flatnonzero(open_questions & (self.n == n)), np.flatnonzero(k > n)
            if columns.size:
                some, none = at_least_one(np.array([fit.a]), np.array([fit.b + n]), k[columns] - n, step=1.0)
                # Of the questions that no attempt has settled, those that none ever will.
                never = fit.unsolvable / float(fit.pass_at_k([n])[1][0])
                settled[rows[:, None], columns] = (1 - never) * some
                not_settled[rows[:, None], columns] = never + (1 - never) * none

    def _by_block(self, columns: int, of: Any) -> FloatArray:
        table = np.empty((len(self.n), columns))
        for block in self.blocks:
            table[block.rows] = of(block)
        return table


def _names(question: Any) -> tuple[NDArray[Any], IntArray]:
    """The questions in ascending order, and the place of each attempt's; categories of pandas have them already."""
    codes = getattr(question, "codes", None)
    if codes is None:
        names, place = np.unique(np.asarray(question), return_inverse=True)
        return names, place
    used, place = np.unique(np.asarray(codes), return_inverse=True)
    names = np.asarray(question.categories)[used].astype(str)
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return names[order], rank[place]


def _refuse(given: dict[str, FloatArray], place: IntArray, keep: str, no_answer: bool) -> None:
    errors = list(_errors(given, place, keep, no_answer))
    if errors:
        raise SettingError(errors)


def _errors(given: dict[str, FloatArray], place: IntArray, keep: str, no_answer: bool) -> Iterator[str]:
    if not place.size:
        yield "there must be at least one attempt, got none"
    if keep not in get_args(KeepRecorded):
        yield f"keep must be one of: {', '.join(get_args(KeepRecorded))}; got {keep!r}"
    rules = {
        "worth": ("0 (wrong) or 1 (right), or a score between", lambda x: (x >= 0) & (x <= 1)),
        "cost": ("USD of at least 0", lambda x: (x >= 0) & np.isfinite(x)),
        "seconds": ("positive seconds", lambda x: (x > 0) & np.isfinite(x)),
        "score": ("a number", lambda x: ~np.isnan(x)),
    }
    for name, values in given.items():
        what, good = rules[name]
        if values.shape != place.shape:
            yield f"{name} must be one number an attempt, got shape {values.shape} for {len(place)} attempts"
        elif not good(values).all():
            yield f"{name} must be {what} for every attempt, got {values[~good(values)][0]:g}"
    binary = bool(np.isin(given["worth"], (0, 1)).all())
    if keep in ("majority", "verifier") and not binary:
        yield f"keep {keep!r} needs attempts that are right or wrong (0 or 1), got scores between"
    if keep == "majority" and no_answer:
        yield "majority needs an answer for every attempt, -1 where there is none; got none"
    if keep == "verifier" and "score" not in given:
        yield "verifier needs a score for every attempt, got none"
