"""Tables as columns of plain values, as CSV and JSON: the same text as that of a frame, without pandas.

Columns are lists of equal length by name, of texts, whole numbers and floats. What is missing is None or NaN.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Sequence[Any]]


def columns_to_csv(columns: Columns) -> str:
    """Columns as CSV with full precision, a line a row: what a terminal would obey is shown as escapes."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(one_line, columns))
    shown = [list(map(_cell, values)) for values in columns.values()]
    writer.writerows(zip(*shown, strict=True))
    return stream.getvalue()


def columns_to_json(*tables: Columns) -> str:
    """Tables as one JSON list of records, one a line, with null where a value is missing."""
    return "[\n" + ",\n".join(json.dumps(record, allow_nan=False) for record in records_of(*tables)) + "\n]\n"


def records_of(*tables: Columns) -> list[dict[str, Any]]:
    """Tables as plain records, one a row, with None where a value is missing."""
    rows = [
        (tuple(table), row)
        for table in tables
        for row in zip(*(map(_known, values) for values in table.values()), strict=True)
    ]
    return [dict(zip(names, row, strict=True)) for names, row in rows]


def frame_of(columns: Columns, types: Mapping[str, str]) -> "pd.DataFrame":
    """Columns as a DataFrame.

    Args:
        columns: the columns.
        types: of pandas, of those that do not follow from their values where some or all are missing.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    return pd.DataFrame({name: list(values) for name, values in columns.items()}).astype(dict(types))


def _known(value: Any) -> Any:
    # Nothing but NaN differs from itself.
    return None if value != value else value  # noqa: PLR0124


def _cell(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else _known(value)
