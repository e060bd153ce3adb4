"""The columns of a table of attempts."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from moo_inference.documents.document import shown
from moo_inference.errors import ErrorCollector, SettingError, did_you_mean

if TYPE_CHECKING:
    # Slow to load, and needed only where attempts are read.
    import pandas as pd

TEXTS = ("model", "effort", "answer", "error", "run", "cluster")
NUMBERS = (
    "score",
    "tokens_in",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_out",
    "tokens_reasoning",
    "usd",
    "seconds",
)
COLUMNS = ("model", "question", "correct", "cluster", "effort", "sample", "answer", "error", *NUMBERS)
"""The names that a table may have, or that `columns` gives to names of one's own."""

MEASURED = ("tokens_in", "tokens_out", "usd", "seconds")
"""What is measured of an attempt: a table of attempts has at least one of these, and one of outcomes has none."""


@dataclass(frozen=True)
class AttemptTable:
    """A checked table of attempts, one row an attempt.

    Attributes:
        frame: the columns of COLUMNS that the file has, and `run` where runs are distinguished: texts as categories,
            numbers as floats, NaN where there is none.
        notes: what was read in another way than it may be expected to be, one sentence each.
    """

    frame: "pd.DataFrame"
    notes: tuple[str, ...] = ()


def first_bytes(stream: BinaryIO) -> bytes:
    """What a stream of `open_to_read` begins with, left in it."""
    return cast("io.BufferedReader", stream).peek(64)


def own_names(columns: dict[str, str] | None) -> dict[str, str]:
    """The column in the file for each name of ours.

    Raises:
        SettingError: (a ValueError) there is no such name, or it is no mapping.
    """
    if not isinstance(columns, Mapping | None):
        raise SettingError(f"columns must map names of ours to those of the file, got {shown(columns)}")
    given, errors = dict(columns or {}), ErrorCollector()
    for name in given:
        if name not in COLUMNS:
            errors.add(
                f"columns must name what there is in attempts, and {name!r} is none{did_you_mean(name, COLUMNS)}; it "
                f"may be one of: {', '.join(COLUMNS)}"
            )
    errors.check()
    return {name: given.get(name, name) for name in COLUMNS}
