"""The leaderboard of the Berkeley Function Calling Leaderboard, `data_overall.csv`, one row a model.

Columns: https://github.com/ShishirPatil/gorilla (bfcl_eval/constants/column_headers.py; the file in branch gh-pages):
"Overall Acc" as 74.24%, "Latency Mean (s)", and "Cost ($ Per 1k Function Calls)" or, since 2025, "Total Cost ($)" of
the whole evaluation. What is not known is N/A.
"""

import os

from moo_inference.documents.csv_file import Chunk, read_csv
from moo_inference.documents.document import FileErrors, finite, shown
from moo_inference.errors import ReaderError, SettingError
from moo_inference.readers.evaluations.candidates import Candidates, candidates_of
from moo_inference.readers.format import Format, has_columns

_NAME, _ACCURACY, _SECONDS = "Model", "Overall Acc", "Latency Mean (s)"
_PER_1K, _TOTAL = "Cost ($ Per 1k Function Calls)", "Total Cost ($)"
_UNKNOWN = ("", "N/A")
_OF_A_CALL = ("Cost and time are those of a function call.",)


def read_bfcl(path: str | os.PathLike[str], *, queries: int | None = None) -> Candidates:
    """Read the leaderboard. Rows without cost are left out, and so are those without time where others have one.

    Args:
        path: the CSV.
        queries: how many queries "Total Cost ($)" was paid for, which the file does not contain.

    Raises:
        ReaderError: (a ValueError) a column is missing, a cell is invalid, each named with its line, or no row has a
            cost; or the file has total costs alone, and `queries` is not given.
        SettingError: (a ValueError) `queries` is no whole number of at least 1.
    """
    number = None if queries is None else _queries(queries)
    errors = FileErrors()
    notes: tuple[str, ...] = ()
    rows: list[tuple[str, float, float | None, float | None]] = []
    for chunk in read_csv(path, (_NAME, _ACCURACY, _SECONDS), optional=(_PER_1K, _TOTAL)):
        cost = next((column for column in (_PER_1K, _TOTAL) if column in chunk.columns), None)
        if cost is None:
            raise ReaderError(f"{path}: must have a column {_PER_1K!r} or {_TOTAL!r}, got neither")
        if cost == _TOTAL and number is None:
            raise ReaderError(
                f"{path}: {_TOTAL} is of the whole evaluation: the number of its queries must be given "
                "(--option queries=NUMBER)"
            )
        per, notes = (1000, _OF_A_CALL) if cost == _PER_1K else (number or 1, ())
        for row, name in enumerate(chunk.columns[_NAME]):
            accuracy = _number(chunk, row, _ACCURACY, errors)
            usd, seconds = _number(chunk, row, cost, errors), _number(chunk, row, _SECONDS, errors)
            if accuracy is not None and accuracy > 1:
                errors.add(chunk.error_at(row, _ACCURACY, f"must be at most 100%, got {chunk.columns[_ACCURACY][row]}"))
            if accuracy is not None:
                rows.append((name.strip(), accuracy, usd / per if usd else None, seconds or None))
    errors.check()
    return candidates_of(path, rows, notes)


def _queries(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise SettingError(f"queries must be a whole number of at least 1, got {shown(value)}")
    return int(text)


def _number(chunk: Chunk, row: int, column: str, errors: FileErrors) -> float | None:
    """A cell, a share where it ends in a per cent sign; None where it is not known."""
    cell = chunk.columns[column][row].strip()
    if cell in _UNKNOWN:
        return None
    try:
        value = finite(float(cell.removesuffix("%"))) if "_" not in cell else None
    except ValueError:
        value = None
    if value is None or value < 0 or (column == _ACCURACY) != cell.endswith("%"):
        what = "a number with a per cent sign" if column == _ACCURACY else "a number"
        errors.add(chunk.error_at(row, column, f"must be {what}, 0 or more, or N/A, got {shown(cell)}"))
        return None
    return value / 100 if column == _ACCURACY else value


FORMAT = Format(
    "bfcl",
    "leaderboard of BFCL (Berkeley Function Calling)",
    "candidates",
    read_bfcl,
    header=has_columns(_NAME, _ACCURACY, _SECONDS),
)
