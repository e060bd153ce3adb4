"""Real attempts in two halves, by attempt or by question, and evaluations drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
import moo_inference.catalog
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.evaluation.voting import ABSENT

IntArray = NDArray[np.int64]

CATALOGS = {"gpqa-diamond": "GPQA Diamond", "otis-mock-aime": "OTIS Mock AIME"}
FILES = {"gpqa-diamond": "epoch_gpqa.csv.gz", "otis-mock-aime": "epoch_otis.csv.gz"}
MEASURED = Path(moo_inference.catalog.__file__).parent / "measured"

ATTEMPTS = 8
"""Attempts at each question; those at a question that has fewer whole ones are left out."""

AT_ONCE = 4
"""Passes that run at the same time."""


@dataclass(frozen=True, eq=False)
class Setting:
    """One model at one effort, with 8 whole attempts at each question.

    Attributes:
        key: its id in the catalog.
        name: as people call it.
        prices: USD per million tokens, as arguments of `Attempts.model`.
        attempts: its attempts, 8 a question.
        question: (s,) number of each attempt's question among all of the file.
        votes: whether answers were recorded.
    """

    key: str
    name: str
    prices: dict[str, float]
    attempts: mi.Attempts
    question: IntArray
    votes: bool

    def model(self, rows: NDArray[Any] | None = None, keep: Any = "oracle") -> RecordedModel:
        """The model that some of its attempts make; None: all of them."""
        own = self.attempts if rows is None else self.attempts.take(rows)
        return own.model(**self.prices, keep=keep, parallel=AT_ONCE, name=self.name)

    def at(self, questions: IntArray) -> RecordedModel:
        """The model that its attempts at some questions make."""
        return self.model(np.flatnonzero(np.isin(self.question, questions)))


def settings(catalog: str, least: int = ATTEMPTS) -> list[Setting]:
    """The settings of a built-in catalog with so many whole attempts at some questions, in its order.

    Args:
        catalog: its id.
        least: attempts of a question; questions with fewer are left out.
    """
    attempts = mi.read_attempts(MEASURED / FILES[catalog], columns={"answer": "answer_group"})
    efforts = attempts.effort
    if attempts.model_name is None or efforts is None:
        raise ValueError(f"the attempts of {catalog} must have models and efforts, got none")
    ids = np.array(
        [
            name if effort is None else f"{name}@{effort}"
            for name, effort in zip(attempts.model_name, efforts, strict=True)
        ]
    )
    found = []
    for key, model in mi.load_catalog(catalog).models.items():
        if not isinstance(model, RecordedModel) or model.entry is None:
            raise ValueError(f"{key} must have recorded attempts, got none")
        names = ("input", "output", "cached_input")
        prices = {f"usd_per_million_{name}_tokens": getattr(model, f"usd_per_million_{name}_tokens") for name in names}
        own = attempts.take(np.flatnonzero(ids == model.entry.attempts.of))
        own = own.take(_whole(own, least))
        if len(own):
            question = np.asarray(own.question.codes, dtype=np.int64)
            votes = model.attempts.answer is not None and bool((model.attempts.answer != ABSENT).any())
            known = {name: price for name, price in prices.items() if price is not None}
            found.append(Setting(key, model.name, known, own, question, votes))
    return found


def _whole(own: mi.Attempts, least: int) -> IntArray:
    """Rows of the attempts with an outcome, tokens and seconds, at questions with enough of these."""
    columns = [own.correct, own.tokens_in, own.tokens_out, own.seconds]
    whole = ~np.isnan(np.array([column for column in columns if column is not None])).any(axis=0)
    codes = np.asarray(own.question.codes)
    counts = np.bincount(codes[whole], minlength=len(own.question.categories))
    return np.flatnonzero(whole & (counts[codes] >= least))


def split_attempts(question: IntArray, sizes: Sequence[int], rng: np.random.Generator) -> list[IntArray]:
    """Rows of attempts, in as many parts as there are sizes: of each question so many at random, none in two parts.

    Args:
        question: (s,) the question of each attempt.
        sizes: attempts of each question in each part; together at most those of any question.
        rng: draws them.

    Raises:
        ValueError: some question has fewer attempts than all parts together need.
    """
    fewest = int(np.unique(question, return_counts=True)[1].min())
    if sum(sizes) > fewest:
        raise ValueError(f"the parts must need at most the {fewest} attempts of a question, got {sum(sizes)}")
    order = np.lexsort((rng.random(len(question)), question))
    ordered = question[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(ordered)) - np.repeat(first, np.diff(np.r_[first, len(ordered)]))
    ends = np.cumsum([0, *sizes])
    return [np.sort(order[(rank >= low) & (rank < high)]) for low, high in pairwise(ends)]


def split_questions(questions: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """The questions in two halves at random; of an odd number the second has one more."""
    shuffled = rng.permutation(questions)
    half = len(questions) // 2
    return np.sort(shuffled[:half]), np.sort(shuffled[half:])


def shared_questions(own: Sequence[Setting]) -> IntArray:
    """The questions that all settings have."""
    common = set(own[0].question.tolist())
    for setting in own[1:]:
        common &= set(setting.question.tolist())
    return np.array(sorted(common))
