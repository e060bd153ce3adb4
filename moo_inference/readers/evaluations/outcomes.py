"""Which samples of which questions were correct."""

import json
import math
import re
from array import array
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.document import finite, printable, shown
from moo_inference.errors import ReaderError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_TRUE = ("1", "true", "True", "TRUE", "1.0")
_FALSE = ("0", "false", "False", "FALSE", "0.0")
BITS = {*_TRUE, *_FALSE}
"""How a cell says whether a sample is correct."""

_MEANS_NOTHING = ("none", "null", "nan", "n/a", "[invalid]")
_SHOWN = 3

_OF_SEVERAL = re.compile(
    r"(?<![a-z])(maj|majority|cons|consensus|vote|voting|self[-_ ]?consistency|pass|best|bon)(?![a-z])"
    r"(?:[-_ @^]*(?:of|at|vote|voting)(?![a-z]))*[-_ @^]*([0-9]{1,6})?",
    re.IGNORECASE,
)


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
        clusters: (questions,) the cluster of each, such as the text that it is about; None where the file has none.
        passes: how many passes make one sample: 1, or more where a sample is the vote or the best of several.
        model: what the file, or its column of a system, calls the model that gave the answers; None where it does not
            say.
    """

    questions: tuple[str, ...]
    question: IntArray
    correct: NDArray[np.bool_]
    answer: IntArray | None
    score: FloatArray | None
    where: str
    notes: tuple[str, ...] = ()
    passes: int = 1
    clusters: tuple[str, ...] | None = None
    model: str | None = None

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
        self.empty: dict[str, None] = {}
        self.clusters: dict[str, str] = {}

    def without_samples(self, question: str) -> None:
        """Note a question of which the file holds no sample."""
        self.empty[question] = None

    def in_cluster(self, question: str, cluster: str) -> bool:
        """Note the cluster of a question; whether it is in no other one."""
        return self.clusters.setdefault(question, cluster) == cluster

    def add(self, question: str, correct: bool, answer: str | None = None, score: float = math.nan) -> None:
        """Take one sample.

        Args:
            question: its name.
            correct: whether the sample is right.
            answer: None where there is none.
            score: of a verifier; NaN where there is none.
        """
        self.question.append(self.places.setdefault(question, len(self.places)))
        self.correct.append(correct)
        self.answer.append(-1 if answer is None else self.codes.setdefault(answer, len(self.codes)))
        self.score.append(score)

    def build(self, path: object, notes: tuple[str, ...] = (), passes: int = 1) -> Outcomes:
        """All of them; what was found out about questions and answers is added to the notes.

        Args:
            path: the file.
            notes: of its reader.
            passes: that make one sample.

        Raises:
            ReaderError: there is none.
        """
        empty = [name for name in self.empty if name not in self.places]
        if not self.question:
            none = f", got {len(empty):,} questions without any" if empty else ""
            raise ReaderError(f"{path}: must hold at least one sample{none}")
        score, answer = np.array(self.score), np.array(self.answer, dtype=np.int64)
        notes += (*_of_empty(empty, len(self.places)), *self._of_answers(answer))
        return Outcomes(
            tuple(printable(str(name)) for name in self.places),
            np.array(self.question, dtype=np.int64),
            np.frombuffer(bytes(self.correct), dtype=np.uint8).astype(bool),
            answer if self.codes else None,
            None if np.isnan(score).all() else score,
            str(path),
            notes,
            passes,
            tuple(printable(self.clusters[str(name)]) for name in self.places) if self.clusters else None,
        )

    def _of_answers(self, answer: IntArray) -> list[str]:
        """Notes on answers that are missing, or that look as if they were not meant to be answers."""
        notes = []
        absent = int((answer < 0).sum())
        if self.codes and absent:
            notes.append(f"Samples without an answer, which have no vote: {absent:,} of {len(answer):,}.")
        for text, code in self.codes.items():
            if text.lower() in _MEANS_NOTHING:
                notes.append(
                    f"The text {text!r} is the answer of {int((answer == code).sum()):,} samples and has their votes; "
                    "where it means that there is no answer, the cell must be empty."
                )
        return notes


def _of_empty(empty: list[str], others: int) -> list[str]:
    if not empty:
        return []
    named = ", ".join(map(repr, empty[:_SHOWN])) + (" and others" if len(empty) > _SHOWN else "")
    return [
        f"Questions without any sample, which are in no mean: {len(empty):,} of {len(empty) + others:,} "
        f"({printable(named)})."
    ]


def each_of(makes: Mapping[str, Callable[[], Outcomes]]) -> dict[str, Outcomes | str]:
    """What is made under each of the names, or the first reason why nothing is.

    Raises:
        ReaderError: (a ValueError) nothing is made at all: all reasons, each once.
    """
    found: dict[str, Outcomes | str] = {}
    refused: list[str] = []
    for name, make in makes.items():
        try:
            found[name] = make()
        except ReaderError as error:
            refused += error.errors
            found[name] = error.errors[0]
    if not any(isinstance(one, Outcomes) for one in found.values()):
        raise ReaderError(list(dict.fromkeys(refused)))
    return found


def passes_of(name: str) -> int | None:
    """Of how many passes a filter, metric or column makes one outcome, as its name says.

    Returns:
        64 for `maj@64`, `cons_64` and `best-of-64`; 1 for `pass@1`; 0 for `majority_vote`, which does not state how
        many; None for a name that does not mean several passes.
    """
    found = _OF_SEVERAL.search(name)
    if found is None or (found[2] is None and found[1].lower() in ("pass", "best")):
        return None
    return int(found[2] or 0)


def of_several(passes: int, what: str) -> str:
    """The note of outcomes that take several passes each."""
    return f"Each sample is one outcome of {passes:,} passes ({what}), not that of a single pass."


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


def answer_of(value: Any) -> str | None:
    """An answer as a text, equal where answers are: lists and objects by what is in them. None where there is none."""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, sort_keys=True, default=str)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    name = name_of(value)
    return name if name is not None or isinstance(value, str) else str(value)


def must_be_truth(value: Any) -> str:
    """The sentence for a value that says neither yes nor no."""
    return f"must be 0, 1, true or false, got {shown(value) if value != '' else 'nothing'}"
