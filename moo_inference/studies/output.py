"""Tables as text and files, and the versions that every output records."""

import json
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from moo_inference.files import Kind, refuse_to_replace, write_atomically
from moo_inference.texts.visible import one_line

if TYPE_CHECKING:
    import pandas as pd

_PACKAGES = ("moo-inference", "numpy", "scipy", "pandas", "pymoo", "moocore")


def versions() -> dict[str, str]:
    """The versions of everything that shapes the numbers."""
    own, *others = _PACKAGES
    return {own: version(own), "python": platform.python_version(), **{name: version(name) for name in others}}


def frame_to_csv(frame: "pd.DataFrame") -> str:
    """A table as CSV with full precision and no index, a line a row: what a terminal would obey is shown as escapes."""
    shown = frame.rename(columns=lambda name: one_line(str(name)))
    for name in shown.select_dtypes(exclude=["number", "bool"]):
        shown[name] = shown[name].map(lambda value: one_line(value) if isinstance(value, str) else value)
    text: str = shown.to_csv(index=False, lineterminator="\n")
    return text


def frame_to_json(*frames: "pd.DataFrame") -> str:
    """Tables as one JSON list of records, one a line, with null where a value is missing."""
    plain = [frame.astype(object).where(frame.notna(), None) for frame in frames]
    records = [json.dumps(record, allow_nan=False) for one in plain for record in one.to_dict(orient="records")]
    return "[\n" + ",\n".join(records) + "\n]\n"


def deliver(text: str, path: str | os.PathLike[str] | None, kind: Kind, *, overwrite: bool) -> str:
    """The text, written whole to `path` if one is given.

    Raises:
        OutputError: (an OSError) a file of another kind is there and must not be overwritten, or it cannot be written.
    """
    if path is not None:
        refuse_to_replace(path, kind, overwrite=overwrite)
        write_atomically(path, text)
    return text
