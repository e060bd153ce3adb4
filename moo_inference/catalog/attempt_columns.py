"""Recorded attempts as columns, one entry an attempt."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog.recorded_entry import AttemptsSource

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of texts of which many are equal, by number.

    Attributes:
        codes: (s,) place of each entry's text among the categories, -1 where there is none.
        categories: (c,) the texts, each once.
    """

    codes: NDArray[Any]
    categories: NDArray[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: NDArray[Any] | slice) -> "TextColumn":
        return TextColumn(self.codes[rows], self.categories)

    def __iter__(self) -> Iterator[str | None]:
        return iter(self.texts.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.texts.astype(dtype) if dtype is not None else self.texts

    @property
    def texts(self) -> NDArray[Any]:
        """(s,) the texts, None where there is none."""
        return np.asarray(np.append(self.categories.astype(object), [None])[self.codes])


@dataclass(frozen=True, eq=False)
class AttemptColumns:
    """s recorded attempts, one entry each; what a file does not have is None, and what an attempt lacks is NaN.

    Attributes:
        question: names of the questions.
        model: names of the models, or None where the file has no such column.
        effort: effort of reasoning; missing where there is none.
        run: the run of each, where several logs were read.
        sample: number of the attempt at its question.
        correct: 1.0 right, 0.0 wrong, or a score in [0, 1].
        score: of a verifier, the higher the better.
        cluster: of each question, such as the text that it is about: its questions are right or wrong together.
        answer: texts, equal for equal answers.
        tokens_in: of the prompt, cached ones included.
        tokens_cached: those of them that came from a cache.
        tokens_cache_write: those of them that were written to a cache.
        tokens_out: all that was written and is billed, reasoning included.
        tokens_reasoning: those of them that were reasoning.
        usd: cost.
        seconds: from end to end.
        error: what ended an attempt that has no outcome.
        source: the files.
        notes: what was read in another way than it may be expected to be, one sentence each.
        found: the files and how they were read, as a catalog writes them; None for attempts from no file.
    """

    question: TextColumn
    correct: FloatArray
    model_name: TextColumn | None = None
    effort: TextColumn | None = None
    run: TextColumn | None = None
    sample: FloatArray | None = None
    score: FloatArray | None = None
    answer: TextColumn | None = None
    cluster: TextColumn | None = None
    tokens_in: FloatArray | None = None
    tokens_cached: FloatArray | None = None
    tokens_cache_write: FloatArray | None = None
    tokens_out: FloatArray | None = None
    tokens_reasoning: FloatArray | None = None
    usd: FloatArray | None = None
    seconds: FloatArray | None = None
    error: TextColumn | None = None
    source: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found: AttemptsSource | None = None

    def __len__(self) -> int:
        return len(self.correct)

    @property
    def gaps(self) -> dict[str, int]:
        """How many attempts lack what most attempts have, by column; columns without gaps are left out."""
        found = {
            name: int(np.isnan(values).sum())
            for name in ("correct", "tokens_in", "tokens_out", "usd", "seconds")
            if (values := getattr(self, name)) is not None
        }
        return {name: count for name, count in found.items() if count}

    def take(self, rows: NDArray[Any] | slice) -> Self:
        """Some attempts only."""
        kept: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            kept[field.name] = value[rows] if isinstance(value, np.ndarray | TextColumn) else value
        return type(self)(**kept)
