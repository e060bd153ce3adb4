"""Recorded attempts of an evaluation: cost, seconds and correctness of each, and what k of them come to on average."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.accuracy_curve import question_accuracies
from moo_inference.evaluation.checks import FloatArray, IntArray, passes, refuse_beyond
from moo_inference.evaluation.kept import KeepRecorded
from moo_inference.evaluation.order_statistics import expected_largest, expected_seconds


@dataclass(frozen=True)
class Block:
    """The attempts of q questions with n attempts each, those of a question in ascending order of seconds.

    Attributes:
        rows: (q,) places of the questions.
        cost: (q, n) USD.
        seconds: (q, n) ascending.
        worth: (q, n) correctness, 0 or 1, or a score in [0, 1].
        answer: (q, n) codes, or None.
        answer_worth: (q, n) mean worth of the attempts at the question with the same answer, or None.
        score: (q, n) of a verifier, or None.
    """

    rows: IntArray
    cost: FloatArray
    seconds: FloatArray
    worth: FloatArray
    answer: IntArray | None
    answer_worth: FloatArray | None
    score: FloatArray | None


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
        answer: (s,) codes, equal for equal answers to a question, -1 for none; None unless a vote needs them.
        score: (s,) of a verifier; None unless it is what keeps a pass.
    """

    names: NDArray[Any]
    n: IntArray
    cost: FloatArray
    seconds: FloatArray
    worth: FloatArray
    keep: KeepRecorded = "oracle"
    answer: IntArray | None = None
    score: FloatArray | None = None

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
    ) -> "QuestionAttempts":
        """From one entry an attempt, in any order.

        Args:
            question: (s,) whole numbers, texts or a Categorical; equal ones are the same question.
            worth: (s,) correctness as 0 or 1, or scores in [0, 1].
            cost: (s,) USD, at least 0.
            seconds: (s,) positive.
            keep: which of k passes counts. `majority` and `verifier` need a worth of 0 or 1.
            answer: (s,) codes, -1 for none; for `majority`.
            score: (s,) of a verifier; for `verifier`.

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
            np.asarray(answer, dtype=np.int64)[order] if keep == "majority" else None,
            given["score"][order] if keep == "verifier" else None,
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
        """The attempts by their number per question."""
        order = np.lexsort((self.seconds, self.place))
        starts = np.concatenate([[0], np.cumsum(self.n)[:-1]])
        shared = self._answer_worth()
        found = []
        for n in np.unique(self.n).tolist():
            rows = np.flatnonzero(self.n == n)
            mine = order[starts[rows, None] + np.arange(n)]
            found.append(
                Block(
                    rows,
                    self.cost[mine],
                    self.seconds[mine],
                    self.worth[mine],
                    None if self.answer is None else self.answer[mine],
                    None if shared is None else shared[mine],
                    None if self.score is None else self.score[mine],
                )
            )
        return tuple(found)

    def _answer_worth(self) -> FloatArray | None:
        if self.answer is None:
            return None
        pairs = np.column_stack([self.place, self.answer])
        _, group = np.unique(pairs, axis=0, return_inverse=True)
        group = group.ravel()
        return np.asarray((np.bincount(group, weights=self.worth) / np.bincount(group))[group])

    def checked_passes(self, k: ArrayLike) -> IntArray:
        """Validated numbers of passes, (n_k,).

        Raises:
            SettingError: (a ValueError) one of them is not a whole number of at least 1, or exceeds `fewest`.
        """
        values = passes(k)
        refuse_beyond(self.n, values, self.names)
        return values

    def expected_cost(self, k: ArrayLike) -> FloatArray:
        """(m, n_k) expected USD of k passes at each question; see `checked_passes` for errors."""
        values = self.checked_passes(k)
        return np.asarray(np.bincount(self.place, weights=self.cost)[:, None] / self.n[:, None] * values)

    def cost_variance(self, k: ArrayLike) -> FloatArray:
        """(n_k,) variance of the cost of one query of k passes, over questions and draws; see `checked_passes`."""
        values = self.checked_passes(k)
        within = np.zeros(len(values))
        for block in self.blocks:
            n = block.cost.shape[1]
            if n > 1:
                within += float(block.cost.var(axis=1).sum()) * values * (n - values) / (n - 1)
        between = float((np.bincount(self.place, weights=self.cost) / self.n).var())
        return np.asarray(within / len(self.n) + between * values**2.0)

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
        return self._by_block(len(values), lambda block: expected_seconds(block.seconds, values, parallel, latency))

    def expected_accuracy(self, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Expected worth of what is kept of k passes at each question, and one less that, (m, n_k) each.

        Raises:
            SettingError: (a ValueError) see `checked_passes`.
        """
        values = self.checked_passes(k)
        if self.keep == "oracle" or self.keep == "all":  # noqa: PLR1714 (mypy narrows no membership)
            sign = 1 if self.keep == "oracle" else -1
            # The error from its own sum, of terms of one sign: it keeps its digits where the accuracy nears 1.
            accuracy, error = (
                self._by_block(len(values), lambda block, of=of: expected_largest(of(block), values))
                for of in (
                    lambda block: np.sort(block.worth, axis=1)[:, ::sign],
                    lambda block: 1.0 - np.sort(block.worth, axis=1)[:, ::sign],
                )
            )
            return accuracy, error
        each = question_accuracies(self.place, self.worth, values, keep=self.keep, answer=self.answer, score=self.score)
        return each.accuracy, each.error

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
