"""The names of a table's columns, without its rows."""

import csv
import os

from moo_inference.documents.files import open_to_read
from moo_inference.documents.json_file import read_bytes
from moo_inference.readers.format import Shape

PARQUET = b"PAR1"
_BEGINNING = 1 << 16


def column_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The columns of a CSV with a header, JSON lines or Parquet, from the beginning of it; none where it has none.

    Raises:
        ReaderError: (a ValueError) the file is missing or cannot be read.
    """
    content = read_bytes(path, _BEGINNING)
    if content.startswith(PARQUET):
        return parquet_columns(path)
    text = content.decode("utf-8-sig", "ignore")
    if text.lstrip()[:1] in ("{", "["):
        return tuple(sorted(Shape(text).keys))
    try:
        return tuple(cell.strip() for cell in next(csv.reader(text.splitlines()), []))
    except csv.Error:
        return ()


def parquet_columns(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The columns of a Parquet file; none where it is damaged, or pyarrow, which reads it, is not installed.

    The reader of the table says which of both it is.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415 (an extra)
    except ImportError:
        return ()
    try:
        with open_to_read(path) as stream:
            return tuple(parquet.ParquetFile(stream).schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError):
        return ()
