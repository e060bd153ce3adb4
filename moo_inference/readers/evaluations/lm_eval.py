"""Samples of lm-evaluation-harness, `samples_<task>_<date>.jsonl`: one row for each document and filter.

Schema: https://github.com/EleutherAI/lm-evaluation-harness (lm_eval/loggers/evaluation_tracker.py): doc_id, doc,
target, arguments, resps (of each request the list of its repeats), filtered_resps, filter, metrics (names), and one key
for each metric. A task with three filters writes each document three times: together they would count it three times.
Versions before November 2024 write neither `filter` nor `metrics`: a row with the document and the responses of an
earlier one is then that of the next filter. `[invalid]` is what a filter leaves where it finds no answer.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from moo_inference.documents.document import Document, FileErrors, finite, printable, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.evaluations.outcomes import (
    Outcomes,
    OutcomesBuilder,
    answer_of,
    each_of,
    must_be_truth,
    name_of,
    of_several,
    passes_of,
    truth,
)
from moo_inference.readers.format import Alternatives, Format

_FIELDS = ("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics")
_INVALID = "[invalid]"
_ONLY = "none"
"""lm-eval's name of the one filter of a task that has none."""


def read_lm_eval(path: str | os.PathLike[str], *, filter: str | None = None, metric: str | None = None) -> Outcomes:  # noqa: A002 (the field's word)
    """Read the samples of one task.

    Args:
        path: the file.
        filter: which filter's rows; must be said where there are several. Where the file does not name them they are
            "1", "2" and so on, in the order of the file.
        metric: which metric states whether a sample is correct, e.g. `exact_match`; must be said where there are
            several.

    Returns:
        One sample for each row, with the filtered response as its answer. Of repeats the file contains only how the
        filtered response fared, not each of them: a vote or the best of several has their number as its `passes`.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON lines; there are several filters or metrics and none is
            named, which lists them; a row lacks what it must hold; or one doc_id stands for several documents.
    """
    filters, tasks = _gather(path, filter, metric)
    names = filters.known()
    if filter is None and len(names) > 1:
        raise ReaderError(
            printable(
                f"{path}: filter must be named (--filter NAME), since each document stands once for each of: "
                f"{', '.join(names)}{filters.unnamed()}"
            )
        )
    return _only(tasks, metric).build(path, names[0] if filter is None else filter)


def _read_each(path: str | os.PathLike[str], _: tuple[str, ...], options: Mapping[str, Any]) -> Any:
    """Every filter, or else every metric, where several are there and none is chosen, in one pass over the file."""
    filter, metric = options.get("filter"), options.get("metric")  # noqa: A001 (the field's word)
    filters, tasks = _gather(path, filter, metric, each=True)
    names = filters.known()
    if filter is None and len(names) > 1:
        makes = {name: partial(tasks[name, metric].build, path, name) for name in names}
        return Alternatives("filter", "--filter", "filters, each in rows of its own", each_of(makes))
    label = names[0] if filter is None else filter
    makes = {one: partial(task.build, path, label) for (_, one), task in tasks.items() if one != metric and one}
    if makes:
        return Alternatives("metric", "--metric", "metrics", each_of(makes))
    return _only(tasks, metric).build(path, label)


def _gather(
    path: str | os.PathLike[str],
    filter: str | None,  # noqa: A002 (the field's word)
    metric: str | None,
    *,
    each: bool = False,
) -> "tuple[_Filters, dict[tuple[str, str | None], _Task]]":
    """The samples by filter and metric.

    Args:
        path: the file.
        filter: the only one whose rows count; None for all.
        metric: the only one; None for that of each row.
        each: samples are kept for each filter too where there are several; where there is one, for each metric.
    """
    filters = _Filters()
    tasks: dict[tuple[str, str | None], _Task] = {}
    metrics: list[str | None] = []
    for record in read_json_records(path):
        name = filters.of(record)
        if not metrics:
            listed = _metrics(record) if each and metric is None else []
            metrics = [metric, *(listed if len(listed) > 1 else ())]
        if filter is None and len(filters.names) > 1:
            metrics = [metric]
            if not each:
                continue
        if filter is None or name == filter or (filter == _ONLY and not filters.named):
            for one in metrics:
                key = (filter or name, one)
                if key not in tasks:
                    tasks[key] = _Task(one)
                tasks[key].add(record)
                if not each:
                    tasks[key].check()
    names = filters.known()
    if not names:
        raise ReaderError(f"{path}: must hold at least one sample")
    if filter is not None and filter not in names:
        near = did_you_mean(filter, list(names))
        raise ReaderError(printable(f"{path}: has no filter {filter!r}{near}; it has: {', '.join(names)}"))
    return filters, tasks


def _only(tasks: "Mapping[tuple[str, str | None], _Task]", metric: str | None) -> "_Task":
    return next(task for (_, one), task in tasks.items() if one == metric)


def _model_of(path: object) -> str | None:
    """The model after which lm-evaluation-harness calls the folder of its samples: Qwen__Qwen3-8B; else None."""
    folder = os.path.basename(os.path.dirname(os.path.abspath(str(path))))
    return folder.replace("__", "/", 1) if "__" in folder.strip("_") else None


class _Filters:
    """Which filter each row is of."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.named = False
        self.seen: dict[tuple[str, bytes], int] = {}
        self.documents: dict[str, str] = {}

    def of(self, record: Document) -> str:
        data = record.data
        if not isinstance(data, dict) or "doc_id" not in data:
            raise ReaderError(record.error_at((), f"must be a sample with a doc_id, got {shown(data)}"))
        name = data.get("filter")
        if name is None and "filter" not in data:
            row = (str(data["doc_id"]), _digest(data.get("resps")))
            self.seen[row] = self.seen.get(row, 0) + 1
            name = str(self.seen[row])
        elif not isinstance(name, str):
            raise ReaderError(record.error_at(("filter",), f"must be a name, got {shown(name)}"))
        else:
            self.named = True
        self._one_document(record)
        self.names[name] = None
        return name

    def known(self) -> tuple[str, ...]:
        """The names; one that the file does not contain is lm-eval's own for the only one."""
        return (_ONLY,) if not self.named and len(self.names) == 1 else tuple(self.names)

    def unnamed(self) -> str:
        """What has to be said where the file has no names."""
        return "" if self.named else " (the file does not name them; they are counted in its order)"

    def _one_document(self, record: Document) -> None:
        """Two tasks in one file have the same numbers of documents."""
        key, digest = str(record.data["doc_id"]), record.data.get("doc_hash")
        if isinstance(digest, str) and self.documents.setdefault(key, digest) != digest:
            raise ReaderError(
                record.error_at(
                    ("doc_hash",),
                    f"must be that of the other rows with doc_id {key}, but this is another document: give one file a "
                    "task",
                )
            )


class _Task:
    """The samples of one filter, by one metric: the one that each row has where none is named."""

    def __init__(self, metric: str | None) -> None:
        self.asked = metric
        self.refused: ReaderError | None = None
        self.errors, self.built = FileErrors(), OutcomesBuilder()
        self.rows: dict[tuple[str | None, bytes], int] = {}
        self.repeats = 0
        self.invalid = 0
        self.several = 0
        self.from_first = True
        self.metric = ""

    def check(self) -> None:
        """Refuse rows of which no metric is the only one."""
        if self.refused is not None:
            raise self.refused

    def add(self, record: Document) -> None:
        """Take one row."""
        if self.refused is None:
            try:
                self._add(record, self.asked or _only_metric(record))
            except ReaderError as error:
                self.refused = error

    def _add(self, record: Document, metric: str) -> None:
        data = record.data
        document, correct = name_of(data["doc_id"]), truth(data.get(metric))
        if document is None:
            self.errors.add(record.error_at(("doc_id",), f"must name a document, got {shown(data['doc_id'])}"))
        if correct is None:
            self.errors.add(record.error_at((metric,), must_be_truth(data.get(metric))))
        left = data.get("filtered_resps")
        while isinstance(left, list) and len(left) == 1:
            left = left[0]
        self.invalid += left == _INVALID
        self.several += isinstance(left, list) and len(left) > 1
        answer = None if isinstance(left, list) or left == _INVALID else answer_of(left)
        if document is not None and correct is not None:
            self.built.add(document, correct, answer)
        resps = _repeated(data.get("resps"))
        self.repeats, self.metric = max(self.repeats, len(resps)), metric
        self.from_first &= isinstance(left, list) or answer is None or _plain(answer) in _plain(resps[0])
        row = (document, _digest(data.get("resps")))
        self.rows[row] = self.rows.get(row, 0) + 1

    def build(self, path: object, name: str) -> Outcomes:
        """All of them, under the name of the filter."""
        self.check()
        self.errors.check()
        notes = []
        named = max((passes_of(label) or 0 for label in (name, self.metric)), default=0)
        votes = passes_of(name) == 0 or not self.from_first
        passes = named or (self.repeats if votes else 1)
        if passes > 1:
            notes.append(of_several(passes, f"filter {name}, metric {self.metric}"))
        elif self.repeats > 1:
            notes.append(
                f"Each question was answered up to {self.repeats:,} times, but the file contains only how the filtered "
                "response fared: it counts as one sample."
            )
        if self.invalid:
            notes.append(f"Responses that are {_INVALID}, in which the filter found no answer: {self.invalid:,}.")
        if self.several:
            notes.append(
                f"Samples of which several responses or likelihoods are left, and no answer: {self.several:,}."
            )
        again = sum(count - 1 for count in self.rows.values())
        if again:
            notes.append(
                f"Rows with the document and the responses of an earlier one, which count again: {again:,}. Was a file "
                "joined with itself?"
            )
        return replace(self.built.build(path, tuple(notes), passes), model=_model_of(path))


def _metrics(record: Document) -> list[str]:
    listed = record.data.get("metrics")
    if listed is None:
        return [
            name
            for name, value in record.data.items()
            if name not in _FIELDS and (isinstance(value, bool) or finite(value) is not None)
        ]
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ReaderError(record.error_at(("metrics",), f"must be a list of names, got {shown(listed)}"))
    return list(listed)


def _only_metric(record: Document) -> str:
    names = _metrics(record)
    if len(names) != 1:
        what = f"it has: {', '.join(names)}" if names else f"none is listed; keys: {', '.join(record.data)}"
        raise ReaderError(record.error_at((), f"metric must be named; {what} (--metric NAME)"))
    return names[0]


def _repeated(resps: Any) -> list[Any]:
    """The repeats of a document's first request."""
    return resps[0] if isinstance(resps, list) and resps and isinstance(resps[0], list) and resps[0] else [resps]


def _plain(response: Any) -> str:
    """A response without what filters strip."""
    return "".join(str(response).lower().split()).replace(",", "").replace("$", "")


def _digest(resps: Any) -> bytes:
    return hashlib.blake2b(json.dumps(resps, sort_keys=True).encode(), digest_size=8).digest()


FORMAT = Format(
    "lm_eval",
    "lm-evaluation-harness samples",
    "outcomes",
    read_lm_eval,
    json=lambda shape: "doc_id" in shape.keys and bool({"resps", "filtered_resps"} & shape.keys),
    read_each=_read_each,
)
