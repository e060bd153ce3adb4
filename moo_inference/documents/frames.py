"""Tables as CSV and JSON, and their way into a file."""

import json
import os
from typing import TYPE_CHECKING, Any

from moo_inference.documents.files import Kind, refuse_to_replace, write_atomically
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    import pandas as pd


def frame_to_csv(frame: "pd.DataFrame") -> str:
    """A table as CSV with full precision and no index, a line a row: what a terminal would obey is shown as escapes."""
    shown = frame.rename(columns=lambda name: one_line(str(name)))
    for name in shown.select_dtypes(exclude=["number", "bool"]):
        shown[name] = shown[name].map(lambda value: one_line(value) if isinstance(value, str) else value)
    text: str = shown.to_csv(index=False, lineterminator="\n")
    return text


def frame_to_json(*frames: "pd.DataFrame") -> str:
    """Tables as one JSON list of records, one a line, with null where a value is missing."""
    return "[\n" + ",\n".join(json.dumps(record, allow_nan=False) for record in frame_records(*frames)) + "\n]\n"


def frame_records(*frames: "pd.DataFrame") -> list[dict[str, Any]]:
    """Tables as plain records, one a row, with None where a value is missing."""
    plain = [frame.astype(object).where(frame.notna(), None) for frame in frames]
    return [{str(name): value for name, value in record.items()} for one in plain for record in one.to_dict("records")]


def deliver(text: str, path: str | os.PathLike[str] | None, kind: Kind, *, overwrite: bool) -> str:
    """The text, written whole to `path` if one is given.

    Args:
        text: what is written.
        path: the file; None writes nothing.
        kind: what a file that is there must be to be replaced.
        overwrite: replace a file of any kind.

    Raises:
        OutputError: (an OSError) a file of another kind is there and must not be overwritten, or it cannot be written.
    """
    if path is not None:
        refuse_to_replace(path, kind, overwrite=overwrite)
        write_atomically(path, text)
    return text
