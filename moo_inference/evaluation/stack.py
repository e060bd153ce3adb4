"""Attempts of several models with as many questions and attempts each, in arrays over all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.kept import kept_by_score, kept_by_vote
from moo_inference.evaluation.question_attempts import QuestionAttempts


@dataclass(frozen=True)
class StackedBlock:
    """For each of g models q questions with n attempts, those of a question in ascending order of seconds.

    Attributes:
        spent: (g, q, n) of each amount that adds up over passes: USD, and further resources.
        seconds: (g, q, n) ascending.
        worth: (g, q, n) correctness, 0 or 1, or a score in [0, 1].
        answer: (g, q, n) codes; None unless a vote keeps a pass.
        answer_worth: (g, q, n) mean worth of the attempts at the question with the same answer; None with the answers.
        score: (g, q, n) of a verifier, or None.
        rows: (g, q) places of the questions among those of their model.
    """

    spent: tuple[FloatArray, ...]
    seconds: FloatArray
    worth: FloatArray
    answer: IntArray | None
    answer_worth: FloatArray | None
    score: FloatArray | None
    rows: IntArray

    def at(self, questions: IntArray) -> "StackedBlock":
        """The block of some of its questions, by their places in it."""

        def pick(table: Any) -> Any:
            return None if table is None else table[:, questions]

        return StackedBlock(
            tuple(map(pick, self.spent)),
            pick(self.seconds),
            pick(self.worth),
            pick(self.answer),
            pick(self.answer_worth),
            pick(self.score),
            pick(self.rows),
        )


def stack_key(attempts: QuestionAttempts) -> tuple[object, ...]:
    """What must be the same of all attempts in a stack."""
    clusters = None if attempts.clusters is None else tuple(attempts.clusters.tolist())
    shapes = (block.attempts.shape for block in attempts.blocks)
    return attempts.keep, attempts.graded, attempts.beyond, clusters, *shapes


def stacked(attempts: Sequence[QuestionAttempts], spent: Sequence[Sequence[FloatArray]]) -> list[StackedBlock]:
    """The blocks of some models with one `stack_key`, and what adds up over passes: (s,) amounts of each model."""
    found = []
    for blocks in zip(*(each.blocks for each in attempts), strict=True):

        def pick(columns: Sequence[Any], blocks: Sequence[Any] = blocks) -> Any:
            if columns[0] is None:
                return None
            return np.array([column[block.attempts] for column, block in zip(columns, blocks, strict=True)])

        found.append(
            StackedBlock(
                tuple(pick(amounts) for amounts in zip(*spent, strict=True)),
                pick([each.seconds for each in attempts]),
                pick([each.worth for each in attempts]),
                pick([each.answer if each.keep == "majority" else None for each in attempts]),
                pick([each.answer_worth if each.keep == "majority" else None for each in attempts]),
                pick([each.score for each in attempts]),
                np.array([block.rows for block in blocks]),
            )
        )
    return found


def kept_worth(keep: str, block: StackedBlock, pick: Callable[[Any], Any]) -> FloatArray:
    """(g, q, s) worth of the kept pass, from (g, q, s, k) values that `pick` takes from those of all attempts."""
    if block.answer is not None and block.answer_worth is not None:
        return kept_by_vote(pick(block.answer), pick(block.answer_worth))
    if block.score is not None:
        return kept_by_score(pick(block.score), pick(block.worth))
    extreme = np.max if keep == "oracle" else np.min
    return np.asarray(extreme(pick(block.worth), axis=-1))
