"""Outcomes from any table with one row a sample: CSV, JSON lines or Parquet.

Columns: `question`, `correct`, and where there are any `answer` and `score`; all names can be changed. A CSV in which
each system has a column of 0 and 1 is read one system at a time: `correct` is that system's column.
"""

import os
from collections.abc import Iterator
from typing import Any

from moo_inference.documents.csv_file import Progress, read_csv
from moo_inference.documents.document import Faults, finite, printable, shown
from moo_inference.documents.files import open_to_read
from moo_inference.documents.json_file import read_bytes, read_json_records
from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.evaluations.outcomes import (
    Outcomes,
    OutcomesBuilder,
    answer_of,
    must_be_truth,
    name_of,
    of_several,
    passes_of,
    truth,
)

Row = tuple[str, tuple[Any, Any, Any, Any]]
"""Where a row stands, and its question, whether it is correct, its answer and its score; None for what is absent."""

_NAMES = ("question", "correct", "answer", "score")
PARQUET = b"PAR1"

MOST_ROWS = 20_000_000
"""Of a Parquet file."""


def read_outcomes_table(
    path: str | os.PathLike[str],
    *,
    question: str = "question",
    correct: str = "correct",
    answer: str | None = None,
    score: str | None = None,
    progress: Progress | None = None,
) -> Outcomes:
    """Read a table of outcomes; the kind of file is told by its content.

    Args:
        path: a CSV with a header, JSON lines (or a list of objects), or Parquet.
        question: the column that names each sample's question.
        correct: the column that tells whether the sample is correct: 0, 1, true, false, True, False.
        answer: the column of the answers; by default `answer`, if there is one.
        score: the column of the scores; by default `score`, if there is one.
        progress: called with the bytes done and the bytes in all, for a CSV.

    Raises:
        ReaderError: (a ValueError) a column is missing (which ones there are is said), or a value is at fault, each
            with its line; a Parquet file has more than 20 million rows; or pyarrow, which Parquet needs, is not
            installed.
    """
    needed = [question, correct, *(name for name in (answer, score) if name is not None)]
    names = (question, correct, answer or "answer", score or "score")
    beginning = read_bytes(path, 64)
    if beginning.startswith(PARQUET):
        rows = _parquet_rows(path, names, needed)
    elif beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        rows = _json_rows(path, names, needed)
    else:
        rows = _csv_rows(path, names, needed, progress)
    return _gather(path, names, rows)


def _gather(path: str | os.PathLike[str], names: tuple[str, ...], rows: Iterator[Row]) -> Outcomes:
    faults, built = Faults(), OutcomesBuilder()
    for where, (question, correct, answer, score) in rows:
        name, is_correct = name_of(question), truth(correct)
        value = None if score in (None, "") else _number(score)
        if name is None:
            faults.add(f"{where}: {names[0]}: must name a question, got {shown(question) if question else 'nothing'}")
        if is_correct is None:
            faults.add(f"{where}: {names[1]}: {must_be_truth(correct)}")
        if value is None and score not in (None, ""):
            faults.add(f"{where}: {names[3]}: must be a number, got {shown(score)}")
        if not faults.count and name is not None and is_correct is not None:
            built.add(name, is_correct, answer_of(answer), float("nan") if value is None else value)
    faults.check()
    passes = max(passes_of(names[1]) or 1, 1)
    return built.build(path, (of_several(passes, names[1]),) if passes > 1 else (), passes)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return finite(float(value)) if "_" not in value else None
        except ValueError:
            return None
    return finite(value)


def _csv_rows(
    path: str | os.PathLike[str], names: tuple[str, ...], needed: list[str], progress: Progress | None
) -> Iterator[Row]:
    for chunk in read_csv(path, needed, optional=names, progress=progress):
        empty = [None] * len(chunk.lines)
        columns = (chunk.columns.get(name, empty) for name in names)
        for line, question, correct, answer, score in zip(chunk.lines, *columns, strict=True):
            yield f"{chunk.path}:{line}", (question, correct, answer, score)


def _json_rows(path: str | os.PathLike[str], names: tuple[str, ...], needed: list[str]) -> Iterator[Row]:
    for record in read_json_records(path):
        if not isinstance(record.data, dict):
            raise ReaderError(record.fault((), f"must hold {' and '.join(needed)}, got {shown(record.data)}"))
        for name in needed:
            if name not in record.data:
                raise ReaderError(record.fault((), _lacking(name, list(record.data))))
        question, correct, answer, score = (record.data.get(name) for name in names)
        yield record.where(), (question, correct, answer, score)


def _parquet_rows(path: str | os.PathLike[str], names: tuple[str, ...], needed: list[str]) -> Iterator[Row]:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ReaderError(f'{path}: to read Parquet, run: pip install -e ".[parquet]" in a clone') from error
    try:
        with open_to_read(path) as stream:
            table = parquet.ParquetFile(stream)
            # Millions of equal rows take a few bytes: the file's size does not tell.
            if table.metadata.num_rows > MOST_ROWS:
                raise ReaderError(f"{path}: must hold at most {MOST_ROWS:,} rows, got {table.metadata.num_rows:,}")
            there = table.schema_arrow.names
            for name in needed:
                if name not in there:
                    raise ReaderError(f"{path}: {_lacking(name, there)}")
            wanted = [name for name in dict.fromkeys(names) if name in there]
            first = 1
            for batch in table.iter_batches(columns=wanted):
                columns = {name: batch.column(name).to_pylist() for name in wanted}
                empty = [None] * batch.num_rows
                rows = zip(*(columns.get(name, empty) for name in names), strict=True)
                for place, (question, correct, answer, score) in enumerate(rows):
                    yield f"{path}: row {first + place}", (question, correct, answer, score)
                first += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, ReaderError):
            raise
        raise ReaderError(f"{path}: must be valid Parquet: {' '.join(str(error).split())[:200]}") from error


def _lacking(name: str, there: list[str]) -> str:
    listed = ", ".join(map(repr, there[:40])) or "none"
    return printable(f"must have a column {name!r}{did_you_mean(name, there)}; it has: {listed}")
