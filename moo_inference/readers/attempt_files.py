"""Files that hold attempts, each read as what it is: a table, a log, or an export of an evaluation."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moo_inference.documents.document import unreadable
from moo_inference.documents.files import open_to_read
from moo_inference.errors import ReaderError, SettingError
from moo_inference.formatting.words import with_article
from moo_inference.readers.attempts.columns import AttemptTable
from moo_inference.readers.attempts.inspect_log import is_inspect_log
from moo_inference.readers.attempts.table import FORMAT as TABLE
from moo_inference.readers.attempts.table import read_attempt_table
from moo_inference.readers.format import Format
from moo_inference.readers.registry import FORMATS, recognise

_MAY_BE_TABLES = ("outcomes_table", "lengths_csv", TABLE.id)


def read_attempt_file(
    path: str | os.PathLike[str],
    columns: dict[str, str] | None = None,
    scorer: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AttemptTable:
    """Read one file with attempts. One in no known format is a table, whose columns may have names of its own.

    Args:
        path: a table, a log of Inspect or results of promptfoo.
        columns: a table's own names of columns, by ours.
        scorer: which score of a log is correctness, where it has several.
        progress: called with the bytes read and the bytes in all, where it is a table.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, holds something else or breaks a rule; all at once.
        SettingError: (a ValueError) `columns` are given for what is no table.
    """
    form = _format_of(path, own_names=bool(columns))
    if form is TABLE:
        return read_attempt_table(path, columns, scorer, progress)
    if columns:
        raise SettingError(f"{path}: is {with_article(form.name)}, which has names already; columns must be None")
    if scorer is not None and form.id != "inspect":
        raise ReaderError(f"{path}: is {with_article(form.name)}, which has no scorers; got scorer={scorer!r}")
    options: dict[str, Any] = {} if scorer is None else {"scorer": scorer}
    found: AttemptTable = form.read(path, **options)
    return found


def _format_of(path: str | os.PathLike[str], *, own_names: bool) -> Format:
    try:
        with open_to_read(path) as stream:
            beginning = stream.read(4096)
    except (OSError, ValueError, EOFError) as error:
        raise ReaderError(unreadable(str(Path(path)), error)) from error
    # By its first bytes, since one that was cut off may not hold more.
    if is_inspect_log(path, beginning):
        return FORMATS["inspect"]
    try:
        known = recognise(path, TABLE.kind)
    except ReaderError:
        return TABLE
    if known.kind == TABLE.kind:
        return FORMATS[known.format]
    if own_names or known.format in _MAY_BE_TABLES:
        return TABLE
    raise ReaderError(f"{path}: expected attempts, got {with_article(known.name)}, which contains {known.kind}")
