"""Recorded attempts: a table of what single attempts at questions cost, took and achieved, and models made of it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog.attempt_columns import AttemptColumns, TextColumn
from moo_inference.catalog.model import PriceTier
from moo_inference.catalog.recorded import Prices, as_tiers, recorded_model
from moo_inference.catalog.recorded_entry import AttemptsSource, RecordedEntry
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.documents.document import unreadable
from moo_inference.documents.files import size_and_digest
from moo_inference.errors import ReaderError, SettingError, unknown_name
from moo_inference.evaluation.kept import KeepRecorded

if TYPE_CHECKING:
    import pandas as pd

    from moo_inference import readers


@dataclass(frozen=True, eq=False, repr=False)
class Attempts(AttemptColumns):
    """Recorded attempts of one model or several, as columns of one entry each; see AttemptColumns for these."""

    @classmethod
    def of(
        cls,
        tables: Sequence["readers.AttemptTable"],
        source: Sequence[str],
        threshold: float | None = None,
    ) -> "Attempts":
        """From what readers found.

        Args:
            tables: one a file.
            source: the files.
            threshold: None, or the least score that is right; lower ones are wrong.

        Raises:
            ReaderError: (a ValueError) a sample stands there twice, or some tables have no models.
            SettingError: (a ValueError) there are no scores that the threshold could be for.
        """
        frame = _joined([table.frame for table in tables], source)
        values: dict[str, Any] = {
            str(name): _texts(column) if column.dtype == "category" else column.to_numpy(dtype=float)
            for name, column in frame.items()
        }
        if "correct" not in values:
            values["correct"] = values.pop("score")
        if threshold is not None:
            graded = values.pop("score", values["correct"])
            if not np.isfinite(threshold):
                raise SettingError(f"threshold must be a number, got {threshold!r}")
            values["correct"] = np.where(np.isnan(graded), np.nan, graded >= threshold)
        if "model" in values:
            values["model_name"] = values.pop("model")
        notes = tuple(note for table in tables for note in table.notes)
        return cls(**values, source=tuple(source), notes=notes)

    def __repr__(self) -> str:
        return f"Attempts({len(self):,} attempts, {len(self.models)} models, from {', '.join(self.source)})"

    @cached_property
    def _ids(self) -> TextColumn:
        """The model of each attempt as `model@effort`, or the model alone where it has no effort."""
        if self.model_name is None:
            return TextColumn(np.zeros(len(self), dtype=np.int64), np.array(["model"], dtype=object))
        efforts = ["", *(() if self.effort is None else (f"@{name}" for name in self.effort.categories))]
        # In the fewest bytes, where the -1 of an attempt without an effort and 1 are 0 too.
        pairs = self.model_name.codes.astype(np.min_scalar_type(len(self.model_name.categories) * len(efforts)))
        pairs *= pairs.dtype.type(len(efforts))
        if self.effort is not None:
            pairs += self.effort.codes.astype(pairs.dtype)
            pairs += pairs.dtype.type(1)
        used = np.unique(pairs)
        names = [f"{self.model_name.categories[pair // len(efforts)]}{efforts[pair % len(efforts)]}" for pair in used]
        place = np.searchsorted(used, pairs).astype(np.min_scalar_type(len(used)))
        return TextColumn(place, np.array(names, dtype=object))

    @cached_property
    def _rows(self) -> list[NDArray[np.int64] | slice]:
        """The rows of each model, found once for all of them; a slice where they stand together."""
        codes, count = self._ids.codes, len(self._ids.categories)
        order = None if (codes[1:] >= codes[:-1]).all() else np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes if order is None else codes[order], np.arange(count + 1)).tolist()
        spans = [slice(start, end) for start, end in pairwise(ends)]
        return list(spans) if order is None else [order[span] for span in spans]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The ids of the models: `model@effort`, or the model alone where it has no effort."""
        return tuple(map(str, self._ids.categories))

    def model(
        self,
        id: str | None = None,  # noqa: A002 (what it is)
        *,
        usd_per_million_input_tokens: float | None = None,
        usd_per_million_output_tokens: float | None = None,
        usd_per_million_cached_input_tokens: float | None = None,
        usd_per_million_cache_write_input_tokens: float | None = None,
        price_tiers: Sequence[PriceTier | Mapping[str, Any]] = (),
        keep: KeepRecorded = "oracle",
        parallel: int = 1,
        latency: str = "waves",
        least_samples: int | None = None,
        **options: Any,
    ) -> RecordedModel:
        """One model as `Recorded` estimates it.

        An attempt counts where it has an outcome, a cost and a time; others are gaps, which are left out, never filled,
        and counted in the model's `sources`. A question counts as often as any other, whatever its attempts.

        Args:
            id: which of `models`; None where there is only one.
            usd_per_million_input_tokens: price of what goes in. Without prices the column `usd` is the cost.
            usd_per_million_output_tokens: price of what comes out, reasoning included.
            usd_per_million_cached_input_tokens: price of what came from a cache; None: that of other input.
            usd_per_million_cache_write_input_tokens: price of what was written to a cache; None: that of other input.
            price_tiers: what attempts with long prompts pay, see Model; cached input costs there the same share of
                other input as outside.
            keep: which of k passes counts: `oracle` (the best; of 0 and 1, pass@k), `majority`, `verifier` (by
                `score`), or `all` (the worst: pass^k).
            parallel: P, how many passes run at the same time.
            latency: `waves` or `ideal`, see Model.
            least_samples: leave out questions with fewer whole attempts; None: all count, and k is at most the fewest.
            **options: further fields of Model: `name`, `family`, `effort`, `free`, `price_checked`, `price_mode`,
                `resources`, `sources`. Unless given, the name is the id; family and effort are those of the attempts.

        Raises:
            SettingError: (a ValueError) the attempts lack what is needed, prices and tokens do not go together, or an
                option is out of its range; all at once.
            UnknownNameError: (a LookupError) there is no such model.
        """
        chosen = self._chosen(id)
        prices = Prices(
            usd_per_million_input_tokens,
            usd_per_million_output_tokens,
            usd_per_million_cached_input_tokens,
            usd_per_million_cache_write_input_tokens,
            as_tiers(price_tiers),
        )
        own = {"name": chosen, **self._family(chosen), "parallel": parallel, "latency": latency, **options}
        only = self if len(self.models) == 1 else self.take(self._rows[self.models.index(chosen)])
        model = recorded_model(only, prices, keep, least_samples, own)
        if self.found is None:
            return model
        source = self.found.replace(of=chosen if len(self.models) > 1 else None, keep=keep, least_samples=least_samples)
        given = {f"usd_per_million_{what}_tokens": price for what, price in prices.by_name.items() if price is not None}
        tiers = {"price_tiers": prices.tiers} if prices.tiers else {}
        return model.replace(entry=RecordedEntry(**{**given, **tiers, **own, "attempts": source}))

    def _family(self, name: str) -> dict[str, str]:
        """Family and effort of an id, as fields of a Model."""
        family, at, effort = name.rpartition("@")
        return {"family": family, "effort": effort} if at and self.effort is not None else {"family": name}

    def _chosen(self, name: str | None) -> str:
        if name is None:
            if len(self.models) > 1:
                raise SettingError(
                    f"a model must be named where there are {len(self.models)}, got none of: {', '.join(self.models)}"
                )
            return self.models[0]
        if name not in self.models:
            raise unknown_name("model", name, self.models)
        return name


def read_attempts(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    columns: Mapping[str, str] | None = None,
    threshold: float | None = None,
    scorer: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Attempts:
    """Read recorded attempts: a table with one row an attempt, logs of Inspect, or results of promptfoo.

    Args:
        path: a CSV, JSON lines or Parquet file, plain or packed by gzip, a log of Inspect (`.eval`, `.json`, or
            `header.json` with `summaries.json`), the JSON that promptfoo exports, or several of them.
        columns: a table's own names of columns, by ours: `{"question": "task_id", "correct": "passed"}`. Ours are
            model, question, correct (or score), cluster, effort, sample, answer, tokens_in, tokens_cached,
            tokens_cache_write, tokens_out, tokens_reasoning, usd, seconds, error.
        threshold: the least score that is right, in place of scores.
        scorer: which score of a log is correctness, where it has several.
        progress: called with the bytes read and the bytes in all of each table.

    Raises:
        ReaderError: (a ValueError) a file cannot be read or breaks a rule; all errors of a file at once.
        SettingError: (a ValueError) an option is out of its range.
    """
    from moo_inference.readers.attempt_files import read_attempt_file  # noqa: PLC0415 (all readers; slow to load)

    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise SettingError("path must name at least one file, got none")
    tables = [read_attempt_file(each, dict(columns or {}), scorer, progress) for each in paths]
    try:
        digests = [size_and_digest(each) for each in paths]
    except OSError as error:
        raise ReaderError(unreadable(str(error.filename), error)) from error
    attempts = Attempts.of(tables, [str(each) for each in paths], threshold)
    found = AttemptsSource(
        file=tuple(Path(each).name for each in paths),
        columns=dict(columns or {}),
        threshold=threshold,
        scorer=scorer,
        bytes=tuple(size for size, _ in digests),
        sha256=tuple(digest for _, digest in digests),
        paths=tuple(os.path.abspath(each) for each in paths),
    )
    return replace(attempts, found=found)


def _texts(column: "pd.Series") -> TextColumn:
    return TextColumn(column.cat.codes.to_numpy(), column.cat.categories.to_numpy())


def _joined(frames: Sequence["pd.DataFrame"], source: Sequence[str]) -> "pd.DataFrame":
    """Several tables as one."""
    if len(frames) == 1:
        return frames[0]
    errors = [
        f"{where}: must have a column {name!r}, as other files have"
        for name in ("model", "correct", "cluster")
        for where, frame in zip(source, frames, strict=True)
        if name not in frame and any(name in other for other in frames) and not (name == "correct" and "score" in frame)
    ]
    if errors:
        raise ReaderError(errors)
    import pandas as pd  # noqa: PLC0415 (slow to load)

    from moo_inference.readers.attempts.checks import repeated  # noqa: PLC0415 (all readers; slow to load)

    columns: dict[str, Any] = {}
    for name in dict.fromkeys(str(name) for frame in frames for name in frame):
        own = [frame.get(name) for frame in frames]
        is_text = any(column is not None and column.dtype == "category" for column in own)
        lengths = [len(frame) for frame in frames]
        columns[name] = _joined_texts(own, lengths) if is_text else _joined_numbers(own, lengths)
    joined = pd.DataFrame(columns, copy=False)
    if "correct" in joined and "score" in joined and "run" in joined:
        # Logs with grades between right and wrong have scores, others correctness: all are grades.
        joined["correct"] = joined["correct"].fillna(joined.pop("score"))
    if "sample" in joined and (again := repeated(joined)) is not None:
        first = joined[again].iloc[0]
        raise ReaderError(
            f"{', '.join(source)}: each sample of a question must stand there once, got question "
            f"{first['question']!r}, sample {first['sample']:g} twice: the same attempts in two files?"
        )
    return joined


def _joined_numbers(columns: Sequence["pd.Series | None"], lengths: Sequence[int]) -> NDArray[np.float64]:
    """One column of the numbers of several tables, NaN where a table has none."""
    parts = [
        np.full(length, np.nan) if column is None else column for column, length in zip(columns, lengths, strict=True)
    ]
    return np.concatenate(parts)


def _joined_texts(columns: Sequence["pd.Series | None"], lengths: Sequence[int]) -> "pd.Categorical":
    """One column of the texts of several tables, whose categories are sorted unless all tables have the same."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    kinds = [() if column is None else tuple(column.cat.categories) for column in columns]
    names = list(kinds[0]) if all(set(some) == set(kinds[0]) for some in kinds) else sorted({*chain(*kinds)})
    dtype = pd.CategoricalDtype(names)
    code = pd.Categorical([], dtype=dtype).codes.dtype
    parts = [
        np.full(length, -1, dtype=code) if column is None else column.cat.set_categories(names).cat.codes.astype(code)
        for column, length in zip(columns, lengths, strict=True)
    ]
    return pd.Categorical.from_codes(np.concatenate(parts), dtype=dtype, validate=False)
