"""Attempts from any table with one row an attempt: CSV, JSON lines or Parquet, plain or packed by gzip."""

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from moo_inference.documents.document import shown, unreadable
from moo_inference.documents.files import open_to_read
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.attempts.columns import MEASURED, AttemptTable, checked, first_bytes, own_names
from moo_inference.readers.column_names import PARQUET
from moo_inference.readers.format import Format

if TYPE_CHECKING:
    import pandas as pd

_BLANK = ["", "NA", "N/A", "null", "None"]
"""What stands for nothing; nan does not: it is what a failed computation leaves."""


def read_attempt_table(
    path: str | os.PathLike[str], columns: dict[str, str] | None = None, scorer: str | None = None
) -> AttemptTable:
    """Read a table of attempts; what kind of file it is, its content shows.

    Args:
        path: a CSV with a header, JSON lines (or a list of objects), or Parquet.
        columns: the file's own names of columns, by ours; see `moo_inference.readers.attempts.columns.COLUMNS`.
        scorer: must be None: a table has one score.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, lacks a column, or a value is invalid; all at once.
        SettingError: (a ValueError) `columns` has a name that is none of ours.
    """
    names = own_names(columns)
    if scorer is not None:
        raise ReaderError(f"{path}: is a table, which has no scorers; got scorer={scorer!r}")
    frame = _frame(path, set(names.values()))
    absent = [own for own in (columns or {}).values() if own not in frame]
    if absent:
        there = ", ".join(map(repr, map(str, frame.columns[:40])))
        raise ReaderError([f"{path}: must have a column {own!r}; it has: {there}" for own in absent])
    ours = {own: name for name, own in names.items()}
    chosen = {own: ours[own] for own in frame if own in ours}
    return AttemptTable(checked(frame[list(chosen)].rename(columns=chosen), str(path)))


def _frame(path: str | os.PathLike[str], wanted: set[str]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 (slow to load)

    try:
        with open_to_read(path) as stream:
            beginning = first_bytes(stream)
            if beginning.startswith(PARQUET):
                return _parquet(stream, wanted)
            start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
            if start.startswith((b"{", b"[")):
                return pd.DataFrame(_json_rows(path, wanted))
            return pd.read_csv(
                stream,
                encoding="utf-8-sig",
                low_memory=False,
                keep_default_na=False,
                na_values=_BLANK,
            )
    except ReaderError:
        raise
    except (OSError, ValueError, EOFError, ImportError, OverflowError) as error:
        raise ReaderError(unreadable(str(path), error)) from error


def _json_rows(path: str | os.PathLike[str], wanted: set[str]) -> list[dict[str, Any]]:
    """The wanted keys of each record, or all of them where none is wanted; a number that is not finite as a text."""
    rows = []
    for record in read_json_records(path):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must be an attempt, got {shown(record.data)}"))
        row = {name: value for name, value in record.data.items() if name in wanted} or record.data
        rows.append({name: str(value) if value != value else value for name, value in row.items()})  # noqa: PLR0124
    return rows


def _parquet(stream: Any, wanted: set[str]) -> "pd.DataFrame":
    from pyarrow import parquet  # noqa: PLC0415 (an extra)

    file = parquet.ParquetFile(stream)
    there = [name for name in file.schema_arrow.names if name in wanted]
    found: pd.DataFrame = file.read(columns=there or None).to_pandas()
    return found


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
