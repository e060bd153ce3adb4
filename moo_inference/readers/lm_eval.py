"""Samples of lm-evaluation-harness, `samples_<task>_<date>.jsonl`: one row for each document and filter.

Schema: https://github.com/EleutherAI/lm-evaluation-harness (lm_eval/loggers/evaluation_tracker.py): doc_id, doc,
target, arguments, resps (of each request the list of its repeats), filtered_resps, filter, metrics (names), and one key
for each metric. A task with three filters writes each document three times: together they would count it three times.
"""

import os
from typing import Any

from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.document import Document, Faults, printable, shown
from moo_inference.readers.json_file import read_json_records
from moo_inference.readers.outcomes import Outcomes, OutcomesBuilder, must_be_truth, name_of, truth

_KNOWN_METRICS = ("exact_match", "acc", "pass@1", "acc_norm")


def read_lm_eval(path: str | os.PathLike[str], *, filter: str | None = None, metric: str | None = None) -> Outcomes:  # noqa: A002 (the field's word)
    """Read the samples of one task.

    Args:
        path: the file.
        filter: which filter's rows; must be said where there are several.
        metric: which metric tells whether a sample is correct, e.g. `exact_match`; must be said where there are
            several.

    Returns:
        One sample for each row, with the filtered response as its answer. Of repeats the file tells only how the
        filtered response fared, not each of them.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON lines; there are several filters or metrics and none is
            named, which lists them; or a row lacks what it must hold.
    """
    faults = Faults()
    builders: dict[str, OutcomesBuilder] = {}
    repeats = 0
    for record in read_json_records(path):
        data = record.data
        if not isinstance(data, dict) or "doc_id" not in data:
            raise ReaderError(record.fault((), f"must be a sample with a doc_id, got {shown(data)}"))
        name = data.get("filter", "none")
        if not isinstance(name, str):
            raise ReaderError(record.fault(("filter",), f"must be a name, got {shown(name)}"))
        built = builders.setdefault(name, OutcomesBuilder())
        if len(builders) > 1 if filter is None else name != filter:
            continue
        key = metric or _only_metric(record)
        document, correct = name_of(data["doc_id"]), truth(data.get(key))
        if document is None:
            faults.add(record.fault(("doc_id",), f"must name a document, got {shown(data['doc_id'])}"))
        if correct is None:
            faults.add(record.fault((key,), must_be_truth(data.get(key))))
        if document is not None and correct is not None:
            built.add(document, correct, _answer(data.get("filtered_resps")))
        repeats = max(repeats, _repeats(data.get("resps")))
    if not builders:
        raise ReaderError(f"{path}: must hold at least one sample")
    if filter is None and len(builders) > 1:
        raise ReaderError(
            printable(
                f"{path}: filter must be named, since each document stands once for each of: {', '.join(builders)}"
            )
        )
    if filter is not None and filter not in builders:
        near = did_you_mean(filter, list(builders))
        raise ReaderError(printable(f"{path}: has no filter {filter!r}{near}; it has: {', '.join(builders)}"))
    faults.check()
    notes = (
        (
            f"Each question was answered up to {repeats:,} times, but the file tells only how the filtered response "
            "fared: it counts as one sample.",
        )
        if repeats > 1
        else ()
    )
    return builders[next(iter(builders)) if filter is None else filter].build(path, notes)


def lm_eval_filters(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The filters whose rows a file holds, in the order in which they first appear.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON lines.
    """
    names = (record.data.get("filter", "none") for record in read_json_records(path) if isinstance(record.data, dict))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _only_metric(record: Document) -> str:
    listed = record.data.get("metrics")
    if listed is None:
        names = [name for name in _KNOWN_METRICS if name in record.data]
    elif isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        names = listed
    else:
        raise ReaderError(record.fault(("metrics",), f"must be a list of names, got {shown(listed)}"))
    if len(names) != 1:
        what = f"it has: {', '.join(names)}" if names else f"none is listed; keys: {', '.join(record.data)}"
        raise ReaderError(record.fault((), f"metric must be named; {what}"))
    return str(names[0])


def _answer(filtered: Any) -> str | None:
    """The one response that was scored; None where several, or none, are left."""
    while isinstance(filtered, list) and len(filtered) == 1:
        filtered = filtered[0]
    return name_of(filtered)


def _repeats(resps: Any) -> int:
    if isinstance(resps, list) and resps and isinstance(resps[0], list):
        return len(resps[0])
    return 1
