"""Which samples of which questions were correct."""

import math
from array import array
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.errors import ReaderError
from moo_inference.readers.document import finite, printable, shown

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_TRUE = ("1", "true", "True", "TRUE", "1.0")
_FALSE = ("0", "false", "False", "FALSE", "0.0")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """m samples of some questions, in the order of their file.

    Attributes:
        questions: the questions' names, in the order in which they first appear.
        question: (m,) the position in `questions` of each sample's question.
        correct: (m,) whether the sample is correct.
        answer: (m,) a code for each answer, equal where the answers are; -1 where a sample has none. None where the
            file has no answers.
        score: (m,) what a verifier or reward model gave, NaN where a sample has none. None where the file has none.
        where: the file.
        notes: what a reader of these numbers has to know, in sentences.
    """

    questions: tuple[str, ...]
    question: IntArray
    correct: NDArray[np.bool_]
    answer: IntArray | None
    score: FloatArray | None
    where: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.question)

    def counts(self) -> tuple[IntArray, IntArray]:
        """(questions,) samples n and (questions,) correct samples c of each question."""
        size = len(self.questions)
        n = np.bincount(self.question, minlength=size)
        c = np.bincount(self.question[self.correct], minlength=size)
        return n.astype(np.int64), c.astype(np.int64)


class OutcomesBuilder:
    """Samples as they are read: some 30 bytes for each, and each name and answer once."""

    def __init__(self) -> None:
        self.places: dict[Hashable, int] = {}
        self.question = array("q")
        self.correct = bytearray()
        self.codes: dict[str, int] = {}
        self.answer = array("q")
        self.score = array("d")

    def add(self, question: str, correct: bool, answer: str | None = None, score: float = math.nan) -> None:
        """Take one sample."""
        self.question.append(self.places.setdefault(question, len(self.places)))
        self.correct.append(correct)
        self.answer.append(-1 if answer is None else self.codes.setdefault(answer, len(self.codes)))
        self.score.append(score)

    def build(self, path: object, notes: tuple[str, ...] = ()) -> Outcomes:
        """All of them.

        Raises:
            ReaderError: there is none.
        """
        if not self.question:
            raise ReaderError(f"{path}: must hold at least one sample")
        score = np.array(self.score)
        return Outcomes(
            tuple(printable(str(name)) for name in self.places),
            np.array(self.question, dtype=np.int64),
            np.frombuffer(bytes(self.correct), dtype=np.uint8).astype(bool),
            np.array(self.answer, dtype=np.int64) if self.codes else None,
            None if np.isnan(score).all() else score,
            str(path),
            notes,
        )


def truth(value: Any) -> bool | None:
    """Whether a value of a file says yes: true, 1 and their spellings. None where it says neither yes nor no."""
    if isinstance(value, str):
        text = value.strip()
        return True if text in _TRUE else False if text in _FALSE else None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = finite(value)
    return bool(number) if number in (0, 1) else None


def name_of(value: Any) -> str | None:
    """The name of a question or an answer: a text, or a number as it is written. None for anything else."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return str(value).lower()
    number = finite(value)
    if number is None:
        return None
    return str(int(number)) if number == math.floor(number) and abs(number) < 2**63 else repr(value)


def must_be_truth(value: Any) -> str:
    """The sentence for a value that says neither yes nor no."""
    return f"must be 0, 1, true or false, got {shown(value) if value != '' else 'nothing'}"
