"""Columns of a CSV by their names, in chunks, with the line of every row."""

import csv
import io
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.document import LARGEST, FileErrors, printable, shown, unreadable
from moo_inference.documents.files import bytes_read, open_to_read
from moo_inference.errors import ReaderError, did_you_mean

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""

_ROWS = 20_000
_ODD = re.compile(r"[^-+.,0-9eE \t]")
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*\Z", re.ASCII)


@dataclass(frozen=True)
class Chunk:
    """Some rows that follow each other in a file.

    Attributes:
        path: the file, as the user named it.
        lines: the line on which each row ends, counted from 1.
        columns: by name, the text of each row's cell; a column that the file lacks is not there.
    """

    path: str
    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]]

    def error_at(self, row: int, column: str, sentence: str) -> str:
        """A sentence about one cell, with the file, the line and the column before it.

        Args:
            row: of this chunk, from 0.
            column: its name.
            sentence: what must hold and what was got.
        """
        return printable(f"{self.path}:{self.lines[row]}: {column}: {sentence}")

    def numbers(self, column: str, errors: FileErrors, *, least: float = -math.inf) -> NDArray[np.float64]:
        """(rows,) finite numbers of one column; a cell that is none, or below `least`, is an error and becomes NaN.

        Args:
            column: its name.
            errors: where cells that are refused are added.
            least: the smallest number that is allowed.
        """
        cells = self.columns[column]
        values = None if _ODD.search(",".join(cells)) else _floats(cells)
        if values is None or not ((values >= least) & (np.abs(values) <= LARGEST)).all():
            values = np.array([self._number(row, column, errors, least) for row in range(len(cells))], dtype=float)
        return values

    def counts(self, column: str, errors: FileErrors, *, least: int = 0) -> NDArray[np.int64]:
        """(rows,) whole numbers of one column; a cell that is none, or is below `least`, is an error and becomes 0.

        Args:
            column: its name.
            errors: where cells that are refused are added.
            least: the smallest number that is allowed.
        """
        values = self.numbers(column, errors, least=least)
        good = values == np.floor(values)
        for row in np.flatnonzero(~good & ~np.isnan(values)).tolist():
            errors.add(self.error_at(row, column, f"must be a whole number, got {shown(self.columns[column][row])}"))
        return np.where(good, values, 0.0).astype(np.int64)

    def _number(self, row: int, column: str, errors: FileErrors, least: float) -> float:
        cell = self.columns[column][row]
        value = float(cell) if _NUMBER.match(cell) else math.nan
        if abs(value) <= LARGEST and value >= least:
            return value
        bound = "" if least == -math.inf else f", {least:g} or more"
        errors.add(self.error_at(row, column, f"must be a number{bound}, got {shown(cell) if cell else 'nothing'}"))
        return math.nan


def read_csv(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    optional: Sequence[str] = (),
    progress: Progress | None = None,
    rows: int = _ROWS,
) -> Iterator[Chunk]:
    """Read some columns of a CSV with a header; others are left out, and so are empty lines.

    Args:
        path: UTF-8 (a byte order mark is fine), comma-separated, LF or CRLF, quoted cells as usual.
        columns: names that the header must hold.
        optional: names that it may hold.
        progress: called after each chunk with the bytes done and the bytes in all.
        rows: how many rows make a chunk.

    Yields:
        The rows, chunk by chunk, so that memory does not depend on the length of the file.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, lacks a column (which ones it has is said), holds one
            twice, or has a row with fewer or more cells than its header.
    """
    name = str(path)
    try:
        with open_to_read(path) as stream:
            # Lines end at line feeds alone, as editors count them: a carriage return may stand in a quoted cell.
            table = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", newline="\n"), strict=True)
            size = os.fstat(stream.fileno()).st_size
            for chunk in _chunks(name, table, tuple(columns), tuple(optional), rows):
                yield chunk
                if progress:
                    progress(bytes_read(stream), size)
            if progress:
                progress(size, size)
    except csv.Error as error:
        raise ReaderError(f"{name}:{table.line_num}: must be valid CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise ReaderError(_no_text(name, error)) from error
    except (OSError, ValueError) as error:
        if isinstance(error, ReaderError):
            raise
        raise ReaderError(unreadable(name, error)) from error


def _no_text(name: str, error: UnicodeDecodeError) -> str:
    """The sentence for a file that is no UTF-8, with the first line that is none."""
    with open_to_read(name) as stream:
        for number, content in enumerate(stream, 1):
            try:
                content.decode()
            except UnicodeDecodeError as inner:
                return f"{name}:{number}: must be UTF-8 text: {inner}"
    return f"{name}: must be UTF-8 text: {error}"


def _chunks(name: str, table: Any, required: tuple[str, ...], optional: tuple[str, ...], size: int) -> Iterator[Chunk]:
    header = next(filter(None, table), None)
    if header is None:
        raise ReaderError(f"{name}: must begin with a row of column names, got an empty file")
    there = tuple(cell.strip() for cell in header)
    places = _places(name, there, required, optional)
    errors = FileErrors()
    before = table.line_num
    while rows := list(islice(table, size)):
        # A row stands on one line, and on one more for each line feed in its cells.
        lines: Sequence[int] = range(before + 1, table.line_num + 1)
        if len(lines) > len(rows):
            lines = tuple(accumulate((1 + "".join(row).count("\n") for row in rows), initial=before))[1:]
        before = table.line_num
        if {*map(len, rows)} != {len(there)}:
            for row, line in zip(rows, lines, strict=True):
                if row and len(row) != len(there):
                    errors.add(f"{name}:{line}: must have {len(there)} cells, as the header has, got {len(row)}")
            errors.check()
            lines = tuple(line for row, line in zip(rows, lines, strict=True) if row)
            rows = [row for row in rows if row]
        if rows:
            yield Chunk(name, lines, {column: list(map(itemgetter(at), rows)) for column, at in places.items()})


def _places(name: str, there: tuple[str, ...], required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, int]:
    errors = FileErrors()
    for column in required:
        if column not in there:
            errors.add(
                f"{name}:1: must have a column {column!r}{did_you_mean(column, there)}; it has: "
                + ", ".join(map(repr, there[:40]))
                + (f" and {len(there) - 40} more" if len(there) > 40 else "")
            )
    wanted = [column for column in dict.fromkeys((*required, *optional)) if column in there]
    for column in wanted:
        if there.count(column) > 1:
            errors.add(f"{name}:1: {column}: a column must stand once, but it stands {there.count(column)} times")
    errors.check()
    return {column: there.index(column) for column in wanted}


def _floats(cells: Sequence[str]) -> NDArray[np.float64] | None:
    try:
        return np.fromiter(map(float, cells), dtype=float, count=len(cells))
    except ValueError:
        return None
