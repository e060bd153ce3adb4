"""A file by what it is to tell: its format is recognised, and its reader called."""

import inspect
import os
from collections.abc import Callable
from typing import Any

import moo_inference.readers
from moo_inference.errors import ReaderError, SettingError, did_you_mean
from moo_inference.formatting.words import with_article
from moo_inference.readers.recognition import FORMATS, Recognised, as_format, recognise
from moo_inference.readers.serving.run import trace_of


def read_as(
    path: str | os.PathLike[str],
    kind: str,
    /,
    *,
    format: str | None = None,  # noqa: A002 (what it is)
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Any:
    """What a file holds, as its reader gives it.

    Args:
        path: the file.
        kind: what it is to tell: prices, lengths, serving, outcomes or candidates.
        format: the format's id, where the file is not to be recognised by its content.
        progress: told how many bytes are read, of how many, where the reader can tell.
        options: of the format's reader.

    Raises:
        ReaderError: (a ValueError) the file tells something else (single requests of a benchmark tell lengths too), is
            in no known format, breaks the rules of its own, or holds several systems or filters of which none is
            chosen; they are listed.
        SettingError: (a ValueError) the format's reader has no such option.
    """
    known = recognise(path, kind) if format is None else as_format(path, format)
    single = kind == "lengths" and known.kind == "serving"
    if known.kind != kind and not single:
        raise ReaderError(f"{path}: must tell {kind}, and is {with_article(known.name)}, which tells {known.kind}")
    if known.systems and "correct" not in options:
        raise ReaderError(f"{path}: must have one system chosen (--system COLUMN) of: {', '.join(known.systems)}")
    reader = getattr(moo_inference.readers, FORMATS[known.format].reader)
    checked_options(known, options, options_of(reader))
    told = {"progress": progress} if tells_progress(reader) else {}
    found = reader(path, **{**known.options, **options, **told})
    return trace_of(path, found) if single else found


def options_of(reader: Callable[..., Any]) -> tuple[str, ...]:
    """The options of a reader that a user can give: all but the file and who is told of progress."""
    return tuple(name for name in inspect.signature(reader).parameters if name not in ("path", "progress"))


def checked_options(known: Recognised, options: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Refuse options that a format's reader does not have; all of them are named."""
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise SettingError(
            [
                f"{known.path}: {with_article(known.name)} has no option {name!r}{did_you_mean(name, allowed)}; "
                f"it has: {', '.join(allowed) or 'none'}"
                for name in unknown
            ]
        )


def tells_progress(reader: Callable[..., Any]) -> bool:
    """Whether a reader can tell how far it is."""
    return "progress" in inspect.signature(reader).parameters
