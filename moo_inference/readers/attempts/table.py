"""Attempts from any table with one row an attempt: CSV, JSON lines or Parquet, plain or packed by gzip.

A table is read in batches: what it takes beside its result does not grow with its rows. A list of objects in one JSON
value is read whole.
"""

import csv
import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from moo_inference.documents.document import shown, unreadable
from moo_inference.documents.files import bytes_read, open_to_read
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.attempts.columns import MEASURED, AttemptTable, first_bytes, own_names
from moo_inference.readers.attempts.gathered import (
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Batch,
    Coded,
    Gathered,
    Whole,
    coded,
    scalar,
)
from moo_inference.readers.column_names import PARQUET
from moo_inference.readers.format import Format

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 1 << 17
"""Of a batch."""
_JSON_ROWS = 1 << 13
"""As Python's own values, which take ten times as much."""

_EXACT_UNASKED = 3
"""The first version of pandas that reads floats as they are written without being told."""

_BLANK = ["", "NA", "N/A", "null", "None"]
"""What stands for nothing; nan does not: it is what a failed computation leaves."""

Progress = Callable[[int, int], None]


def read_attempt_table(
    path: str | os.PathLike[str],
    columns: dict[str, str] | None = None,
    scorer: str | None = None,
    progress: Progress | None = None,
) -> AttemptTable:
    """Read a table of attempts; what kind of file it is, its content shows.

    Args:
        path: a CSV with a header, JSON lines (or a list of objects), or Parquet.
        columns: the file's own names of columns, by ours; see `moo_inference.readers.attempts.columns.COLUMNS`.
        scorer: must be None: a table has one score.
        progress: called with the bytes read and the bytes in all.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, lacks a column, or a value is invalid; all at once.
        SettingError: (a ValueError) `columns` has a name that is none of ours.
    """
    names = own_names(columns)
    if scorer is not None:
        raise ReaderError(f"{path}: is a table, which has no scorers; got scorer={scorer!r}")
    table = Gathered()
    try:
        with open_to_read(path) as stream:
            whole, batches = _batches(path, stream, names, progress)
            for batch in batches:
                table.add(batch)
    except ReaderError:
        raise
    except (OSError, ValueError, EOFError, ImportError, OverflowError) as error:
        raise ReaderError(unreadable(str(path), error)) from error
    absent = [own for own in (columns or {}).values() if own not in table.names]
    if absent:
        there = ", ".join(map(repr, [*table.names][:40]))
        raise ReaderError([f"{path}: must have a column {own!r}; it has: {there}" for own in absent])
    return AttemptTable(table.table(str(path), whole))


def _batches(
    path: str | os.PathLike[str], stream: BinaryIO, names: Mapping[str, str], progress: Progress | None
) -> tuple[Whole, Iterator[Batch]]:
    """The rows of a file, and how it reads a column at once; see `Whole`."""
    beginning = first_bytes(stream)
    if beginning.startswith(PARQUET):
        whole, batches = _parquet(stream, names)
        return whole, _reported(batches, stream, progress)
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _whole_json, _json_batches(path, names, progress)
    return _whole_csv, _reported(_csv_batches(stream, names), stream, progress)


def _reported(batches: Iterator[Batch], stream: BinaryIO, progress: Progress | None) -> Iterator[Batch]:
    size = os.fstat(stream.fileno()).st_size
    for batch in batches:
        yield batch
        if progress:
            progress(bytes_read(stream), size)


def _csv_batches(stream: BinaryIO, names: Mapping[str, str]) -> Iterator[Batch]:
    import pandas as pd  # noqa: PLC0415 (slow to load)

    with pd.read_csv(
        stream,
        encoding="utf-8-sig",
        low_memory=False,
        keep_default_na=False,
        na_values=_BLANK,
        dtype={names[name]: "category" for name in TEXT_COLUMNS if name in names},
        chunksize=_ROWS,
        **_exact(),
    ) as chunks:
        for frame in chunks:
            texts = {name: frame[names[name]].array for name in TEXT_COLUMNS if names.get(name) in frame}
            yield Batch(
                len(frame),
                {name: Coded(found.codes, found.categories.tolist()) for name, found in texts.items()},
                {name: frame[names[name]] for name in NUMBER_COLUMNS if names[name] in frame},
                [str(name) for name in frame],
            )


def _whole_csv(_: str, values: list[Any]) -> "pd.Series":
    import pandas as pd  # noqa: PLC0415 (slow to load)

    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["column"], *([value] for value in values)])
    stream.seek(0)
    found = pd.read_csv(stream, low_memory=False, keep_default_na=False, na_values=_BLANK, **_exact())["column"]
    # Texts are better as they are than once more written and read.
    are_texts = not pd.api.types.is_numeric_dtype(found) and found.map(lambda value: isinstance(value, str)).any()
    return pd.Series(values, dtype=object) if are_texts else found


def _exact() -> dict[str, Any]:
    """What makes pandas read the number that is written, to the last bit: from pandas 3 on it does so unasked."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    return {} if int(pd.__version__.partition(".")[0]) >= _EXACT_UNASKED else {"float_precision": "round_trip"}


def _json_batches(path: str | os.PathLike[str], names: Mapping[str, str], progress: Progress | None) -> Iterator[Batch]:
    """The wanted keys of each record; a number that is not finite as a text."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    records = _json_objects(path, progress)
    while rows := list(islice(records, _JSON_ROWS)):
        there: dict[str, None] = {}
        for row in rows:
            if not row.keys() <= there.keys():
                there.update(dict.fromkeys(row))
        texts = {name: names[name] for name in TEXT_COLUMNS if names.get(name) in there}
        numbers = {name: names[name] for name in NUMBER_COLUMNS if names[name] in there}
        yield Batch(
            len(rows),
            {name: coded([row.get(own) for row in rows]) for name, own in texts.items()},
            {name: pd.Series(_finite_or_text([row.get(own) for row in rows])) for name, own in numbers.items()},
            [*there],
        )


def _json_objects(path: str | os.PathLike[str], progress: Progress | None) -> Iterator[dict[str, Any]]:
    for record in read_json_records(path, progress=progress):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must be an attempt, got {shown(record.data)}"))
        yield record.data


def _finite_or_text(values: list[Any]) -> list[Any]:
    """NaN, which is no gap in JSON but what a failed computation leaves, as a text."""
    # Nothing but NaN differs from itself.
    return [str(value) if value != value else value for value in values]  # noqa: PLR0124


def _whole_json(_: str, values: list[Any]) -> "pd.Series":
    import pandas as pd  # noqa: PLC0415 (slow to load)

    return pd.Series(values)


def _parquet(stream: BinaryIO, names: Mapping[str, str]) -> tuple[Whole, Iterator[Batch]]:
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    from pyarrow import parquet  # noqa: PLC0415 (an extra)

    file = parquet.ParquetFile(stream)
    schema = file.schema_arrow
    kinds = {name: schema.field(schema.names.index(own)).type for name, own in names.items() if own in schema.names}

    def whole(name: str, values: list[Any]) -> "pd.Series":
        kind = kinds[name]
        found: pd.Series = pa.array(values, pa.string() if pa.types.is_nested(kind) else _plain(kind)).to_pandas()
        return found

    def batches() -> Iterator[Batch]:
        for batch in file.iter_batches(_ROWS, columns=[names[name] for name in kinds]):
            columns = {name: batch.column(batch.schema.names.index(names[name])) for name in kinds}
            yield Batch(
                batch.num_rows,
                {name: _coded_arrow(columns[name]) for name in TEXT_COLUMNS if name in columns},
                {name: columns[name].to_pandas() for name in NUMBER_COLUMNS if name in columns},
                schema.names,
            )

    return whole, batches()


def _plain(kind: Any) -> Any:
    """The type of the values of a column of pyarrow, also where they are numbered."""
    import pyarrow as pa  # noqa: PLC0415 (an extra)

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _coded_arrow(column: Any) -> Coded:
    """A column of pyarrow by number."""
    import pyarrow as pa  # noqa: PLC0415 (an extra)

    if pa.types.is_nested(column.type):
        return coded([scalar(value) for value in column.to_pylist()])
    numbered = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return Coded(numbered.indices.fill_null(-1).to_numpy(zero_copy_only=False), numbered.dictionary.to_pylist())


def _is_of_attempts(names: Collection[str]) -> bool:
    return "question" in names and not {"correct", "score"}.isdisjoint(names) and not {*MEASURED}.isdisjoint(names)


FORMAT = Format(
    "attempts_table",
    "table of attempts",
    "attempts",
    read_attempt_table,
    json=lambda shape: _is_of_attempts(shape.keys),
    header=lambda names: {} if _is_of_attempts(names) else None,
    magic=PARQUET,
    turn=1,
)
