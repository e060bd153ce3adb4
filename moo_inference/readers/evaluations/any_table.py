"""Outcomes from any table with one row a sample: CSV, JSON lines or Parquet.

Columns: `question`, `correct`, and where there are any `answer`, `score` and `cluster`; all names can be changed. A CSV
in which each system has a column of 0 and 1 is read one system at a time: `correct` is that system's column.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from moo_inference.documents.csv_file import Progress, read_csv
from moo_inference.documents.document import FileErrors, finite, printable, shown
from moo_inference.documents.files import open_to_read
from moo_inference.documents.json_file import read_bytes, read_json_records
from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.attempts.columns import NUMBERS
from moo_inference.readers.column_names import PARQUET, column_names
from moo_inference.readers.evaluations.outcomes import (
    BITS,
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
from moo_inference.readers.format import Alternatives, Format, has_columns

Row = tuple[str, Sequence[Any]]
"""Where a row stands, and its cells of the columns that were asked for; None for what is absent."""

_UNUSED = ("model", "effort", *(name for name in NUMBERS if name != "score"))
"""What a table of attempts has besides outcomes."""

MOST_ROWS = 20_000_000
"""Of a Parquet file."""


def read_outcomes_table(
    path: str | os.PathLike[str],
    *,
    question: str = "question",
    correct: str = "correct",
    answer: str | None = None,
    score: str | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> Outcomes:
    """Read a table of outcomes; the kind of file is recognised by its content.

    Args:
        path: a CSV with a header, JSON lines (or a list of objects), or Parquet.
        question: the column that names each sample's question.
        correct: the column that states whether the sample is correct: 0, 1, true, false, True, False.
        answer: the column of the answers; by default `answer`, if there is one.
        score: the column of the scores; by default `score`, if there is one.
        cluster: the column of each question's cluster, such as the text that it is about; by default `cluster`, if
            there is one. All questions have one, or none has.
        progress: called with the bytes done and the bytes in all, for a CSV.

    Raises:
        ReaderError: (a ValueError) a column is missing (which ones there are is said), or a value is invalid, each
            with its line; a Parquet file has more than 20 million rows; or pyarrow, which Parquet needs, is not
            installed.
    """
    needed = [question, correct, *(name for name in (answer, score, cluster) if name is not None)]
    names = (question, correct, answer or "answer", score or "score", cluster or "cluster", "model")
    beginning = read_bytes(path, 64)
    if beginning.startswith(PARQUET):
        rows = _parquet_rows(path, names, needed)
    elif beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        rows = _json_rows(path, names, needed)
    else:
        rows = _csv_rows(path, names, needed, progress)
    samples = _Samples(names, _of_unused(path, names[:-1]), True if cluster else None)
    for where, cells in rows:
        samples.add(where, cells)
    return samples.build(path)


def _read_each(path: str | os.PathLike[str], systems: tuple[str, ...], options: Mapping[str, Any]) -> Any:
    """Every system of a CSV that has a column for each, in one pass over it."""
    if not systems or "correct" in options:
        return read_outcomes_table(path, **options)
    shared = ("question", "answer", "score", "cluster")
    common = tuple(options.get(name) or name for name in shared)
    needed = [common[0], *systems, *(options[name] for name in shared[1:] if options.get(name) is not None)]
    clustered = True if options.get("cluster") else None
    samples = {system: _Samples((common[0], system, *common[1:]), (), clustered) for system in systems}
    for where, (name, said, judged, source, *bits) in _csv_rows(
        path, (*common, *systems), needed, options.get("progress")
    ):
        for one, bit in zip(samples.values(), bits, strict=True):
            one.add(where, (name, bit, said, judged, source))
    makes = {system: partial(one.build, path) for system, one in samples.items()}
    return Alternatives("correct", "--system", "systems, each in a column of its own", each_of(makes))


class _Samples:
    """Rows as they are read, and their errors."""

    def __init__(self, names: tuple[str, ...], notes: tuple[str, ...] = (), clustered: bool | None = None) -> None:
        self.names, self.notes, self.clustered = names, notes, clustered
        self.errors, self.built = FileErrors(), OutcomesBuilder()
        self.models: set[str | None] = set()

    def add(self, where: str, cells: Sequence[Any]) -> None:
        """Take one row."""
        question, correct, answer, score, source, *model = cells
        self.models.update(map(name_of, model))
        name, is_correct = name_of(question), truth(correct)
        value = None if score in (None, "") else _number(score)
        if name is None:
            self.refuse(where, 0, f"must name a question, got {shown(question) if question else 'nothing'}")
        if is_correct is None:
            self.refuse(where, 1, must_be_truth(correct))
        if value is None and score not in (None, ""):
            self.refuse(where, 3, f"must be a number, got {shown(score)}")
        if name is not None:
            self.take_cluster(where, name, source)
        if not self.errors.count and name is not None and is_correct is not None:
            self.built.add(name, is_correct, answer_of(answer), float("nan") if value is None else value)

    def take_cluster(self, where: str, question: str, source: Any) -> None:
        """Note the cluster of the question of one row, as the first row has one or not, or since its column is named.

        Args:
            where: file and line.
            question: its name.
            source: the cell.
        """
        cluster = name_of(source)
        if self.clustered is None:
            self.clustered = cluster is not None
        if not self.clustered and source not in (None, ""):
            self.refuse(where, 4, "must name a cluster in every row or in none, got the first one here")
        elif self.clustered and cluster is None:
            self.refuse(where, 4, f"must name a cluster, got {shown(source) if source else 'nothing'}")
        elif cluster is not None and not self.built.in_cluster(question, cluster):
            self.refuse(where, 4, f"must be one cluster for all samples of question {shown(question)}, got several")

    def refuse(self, where: str, column: int, sentence: str) -> None:
        """Note what must hold of a cell.

        Args:
            where: file and line.
            column: which of the columns, from 0.
            sentence: what must hold and what was got.
        """
        self.errors.add(f"{where}: {self.names[column]}: {sentence}")

    def build(self, path: object) -> Outcomes:
        """All of them."""
        self.errors.check()
        correct = self.names[1]
        passes = max(passes_of(correct) or 1, 1)
        several = (of_several(passes, correct),) if passes > 1 else ()
        model = next(iter(self.models)) if len(self.models) == 1 else None
        return replace(self.built.build(path, (*self.notes, *several), passes), model=model)


def _of_unused(path: str | os.PathLike[str], used: Collection[str]) -> tuple[str, ...]:
    """The note of columns that a table of attempts has and that are passed over here."""
    there = column_names(path)
    unused = [name for name in _UNUSED if name in there and name not in used]
    if not unused:
        return ()
    pooled = ", and the samples of all models count alike" if {"model", "effort"} & {*unused} else ""
    columns = f"column{'s' * (len(unused) > 1)} {', '.join(map(repr, unused))}"
    return (f"Outcomes alone are taken: the {columns} of attempts are not used{pooled}.",)


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
        for line, *cells in zip(chunk.lines, *columns, strict=True):
            yield f"{chunk.path}:{line}", cells


def _json_rows(path: str | os.PathLike[str], names: tuple[str, ...], needed: list[str]) -> Iterator[Row]:
    for record in read_json_records(path):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must hold {' and '.join(needed)}, got {shown(record.data)}"))
        for name in needed:
            if name not in record.data:
                raise ReaderError(record.error_at((), _lacking(name, list(record.data))))
        yield record.where(), [record.data.get(name) for name in names]


def _parquet_rows(path: str | os.PathLike[str], names: tuple[str, ...], needed: list[str]) -> Iterator[Row]:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ReaderError(f'{path}: to read Parquet, run: pip install -e ".[parquet]" in a clone') from error
    try:
        with open_to_read(path) as stream:
            table = parquet.ParquetFile(stream)
            # Millions of equal rows take a few bytes: the file's size does not bound them.
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
                for place, cells in enumerate(zip(*(columns.get(name, empty) for name in names), strict=True)):
                    yield f"{path}: row {first + place}", cells
                first += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, ReaderError):
            raise
        raise ReaderError(f"{path}: must be valid Parquet: {' '.join(str(error).split())[:200]}") from error


def _lacking(name: str, there: list[str]) -> str:
    listed = ", ".join(map(repr, there[:40])) or "none"
    return printable(f"must have a column {name!r}{did_you_mean(name, there)}; it has: {listed}")


def _one_column_a_system(
    names: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """All columns but the first, if there is nothing but 0 and 1 in them."""
    good = len(names) > 1 and len(set(names)) == len(names)
    if good and rows and all(len(row) == len(names) and {*map(str.strip, row[1:])} <= BITS for row in rows):
        return {"question": names[0]}, tuple(names[1:])
    return None


FORMAT = Format(
    "outcomes_table",
    "table of outcomes",
    "outcomes",
    read_outcomes_table,
    json=lambda shape: {"question", "correct"} <= shape.keys,
    header=has_columns("question", "correct"),
    cells=_one_column_a_system,
    magic=PARQUET,
    turn=2,
    read_each=_read_each,
)
