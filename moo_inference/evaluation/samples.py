"""The samples of an evaluation: which question each belongs to, and whether it is correct."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray, IntArray, zeros_and_ones


@dataclass(frozen=True)
class Samples:
    """s samples of m questions.

    Attributes:
        names: (m,) the questions, in ascending order.
        place: (s,) the row of each sample's question in `names`.
        correct: (s,) 1.0 where the sample is right, else 0.0.
        n: (m,) samples of each question.
        c: (m,) right ones among them.
    """

    names: NDArray[Any]
    place: IntArray
    correct: FloatArray
    n: IntArray
    c: IntArray

    @classmethod
    def of(cls, question: ArrayLike, correct: ArrayLike) -> "Samples":
        """From one entry a sample, in any order.

        Args:
            question: (s,) whole numbers or texts; equal ones are the same question.
            correct: (s,) 0 or 1, or booleans.

        Raises:
            SettingError: (a ValueError) an argument is out of its range, or their lengths differ.
        """
        outcomes = zeros_and_ones("correct", correct)
        questions = np.asarray(question)
        if questions.dtype.kind == "O" and all(isinstance(name, str) for name in questions.ravel()):
            questions = questions.astype(str)
        if questions.dtype.kind not in "iuU" or questions.shape != outcomes.shape:
            raise SettingError(
                "question must name the question of every sample by a whole number or a text, got "
                f"{questions.dtype} of shape {questions.shape} for {len(outcomes)} samples"
            )
        names, place = np.unique(questions, return_inverse=True)
        n = np.bincount(place)
        c = np.bincount(place, weights=outcomes).astype(np.int64)
        return cls(names, place, outcomes, n, c)

    def per_sample(self, name: str, values: ArrayLike, kinds: str, what: str) -> NDArray[Any]:
        """Validated values that come one a sample.

        Args:
            name: of the argument, for the message.
            values: (s,) to be looked at.
            kinds: NumPy's letters of the kinds that are allowed.
            what: each value must be, in words.

        Raises:
            SettingError: (a ValueError) there is not one for each sample, or its kind is wrong.
        """
        given = np.asarray(values)
        if given.shape != self.place.shape or given.dtype.kind not in kinds:
            raise SettingError(
                f"{name} must be {what} for every sample, got {given.dtype} of shape {given.shape} "
                f"for {len(self.place)} samples"
            )
        return given
