"""What a file holds and what it lacks for a decision, in words: the first thing to look at when a number surprises."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moo_inference.documents.document import printable
from moo_inference.readers.format import Alternatives
from moo_inference.readers.registry import FORMATS, Recognised, as_format, reader_options, recognise
from moo_inference.views.doctor.description import DESCRIBE, PARTS, SHOWN, Description, compared

_WARNINGS = 20


@dataclass(frozen=True)
class Examination:
    """A file as it is understood.

    Attributes:
        path: the file, as the user named it.
        format: the format's id, e.g. `litellm_prices`.
        name: the format's name for people.
        kind: what it contains: prices, lengths, serving, outcomes, candidates, attempts or catalog.
        holds: what is in it, in sentences with counts.
        lacks: what a decision needs besides, in sentences.
        warnings: what to be careful about, with file and line where it stands on one.
        columns: the headings of `rows`, with units.
        rows: the first ten rows as understood.
    """

    path: str
    format: str
    name: str
    kind: str
    holds: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def examine(
    path: str | os.PathLike[str],
    /,
    *,
    format: str | None = None,  # noqa: A002 (what it is)
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Examination:
    """Recognise a file, read it, and report what was understood.

    Args:
        path: a file in any format of `recognise`.
        format: the format's id, e.g. `outcomes_table`, where the file is not to be recognised by its content.
        progress: called with how many bytes are read, of how many, where that is known.
        options: of the format's reader, e.g. `filter="maj@8"` or `question="problem_idx"`.

    Raises:
        ReaderError: (a ValueError) the file is in no known format, or breaks the rules of its own.
        SettingError: (a ValueError) the format's reader has no such option.
        UnknownNameError: (a LookupError) there is no such format.
    """
    known = recognise(path) if format is None else as_format(path, format)
    form, chosen = FORMATS[known.format], reader_options(known, options, progress)
    if known.kind == "catalog":
        found = Description(["A catalog of models and scenarios; it is read and checked by load_catalog."], (), ())
        return _examination(known, found, ())
    read = form.read_each(path, known.systems, chosen) if form.read_each else form.read(path, **chosen)
    found = compared(read) if isinstance(read, Alternatives) else DESCRIBE[known.kind](read)
    if known.kind in ("outcomes", "attempts") and format is None:
        found = _with_lengths(path, found)
    return _examination(known, found, () if known.kind in ("candidates", "attempts") else _needed(found))


def _with_lengths(path: str | os.PathLike[str], found: Description) -> Description:
    """What a table of outcomes or attempts also contains, where it has token counts."""
    also = recognise(path, "lengths")
    if also.kind != "lengths":
        return found
    timed = "seconds" in also.options
    columns = f"{', '.join(map(repr, also.options.values()))}"
    sentence = f"Lengths{' and times' if timed else ''} stand in {columns}: fit --lengths takes the same file."
    provides = (*found.provides, "lengths", *(["serving"] if timed else []))
    return replace(found, holds=(*found.holds, sentence), provides=provides)


def _examination(known: Recognised, found: Description, needed: Sequence[str]) -> Examination:
    more = len(found.warnings) - _WARNINGS
    warnings = [*found.warnings[:_WARNINGS], *([f"and {more:,} more like these"] if more > 0 else [])]
    return Examination(
        known.path,
        known.format,
        known.name,
        known.kind,
        tuple(found.holds),
        (*found.lacks, *needed),
        tuple(warnings),
        tuple(found.columns),
        tuple(tuple(printable(cell) for cell in row) for row in found.rows[:SHOWN]),
    )


def _needed(found: Description) -> tuple[str, ...]:
    """What a decision needs besides what is in the file."""
    given = [PARTS[kind] for kind in found.provides if kind in PARTS]
    others = [part for part in PARTS.values() if part not in given]
    this = f"this file gives {_listed(given)} only" if given else "this file gives none of them"
    return (f"A decision needs {_listed(others)} too; {this}.",)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
