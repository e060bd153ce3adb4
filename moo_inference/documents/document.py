"""What a structured file holds, with the line of every value, and the errors found in it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moo_inference.errors import ReaderError

Location = tuple[str | int, ...]

_MOST_SHOWN = 20


@dataclass(frozen=True)
class Document:
    """What a YAML or JSON file holds, or one value inside it.

    Attributes:
        path: the file, as the user named it.
        data: dicts, lists, str, int, float, bool and None; dict keys are the text that stands in the file.
        lines: for locations in the file (keys and list positions from its top), the line each starts on,
            counted from 1.
        base: where in the file `data` stands; empty for the whole of it.
        odd: by location in the file, what must hold of values that cannot be relied on, as of a key that stands twice.
    """

    path: str
    data: Any
    lines: Mapping[Location, int] = field(default_factory=dict)
    base: Location = ()
    odd: Mapping[Location, str] = field(default_factory=dict)

    def at(self, *location: str | int) -> "Document":
        """The value at a location below this one, which must exist."""
        data = self.data
        for part in location:
            data = data[part]
        return Document(self.path, data, self.lines, (*self.base, *location), self.odd)

    def where(self, location: Location = ()) -> str:
        """`file:line` of a location below this one, or of the nearest one above it that exists."""
        known = (*self.base, *location)
        while known and known not in self.lines:
            known = known[:-1]
        return f"{self.path}:{self.lines.get(known, 1)}"

    def error_at(self, location: Location, sentence: str) -> str:
        """A sentence about one place of the file, with the file and the line before it."""
        key = ".".join(str(part) for part in (*self.base, *location))
        return printable(f"{self.where(location)}: {key + ': ' if key else ''}{sentence}")


def unreadable(name: str, error: Exception) -> str:
    """The sentence for a file that cannot be opened or read."""
    return f"{name}: must be a file that can be read: {getattr(error, 'strerror', None) or error}"


class FileErrors:
    """The errors of one file as they are found: the first ones whole, the others counted."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.count = 0

    def add(self, sentence: str) -> None:
        """Note one error, a sentence with file and line."""
        self.count += 1
        if len(self.shown) < _MOST_SHOWN:
            self.shown.append(sentence)

    def check(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            ReaderError: the first 20 errors, and how many more there are.
        """
        if self.count:
            more = self.count - len(self.shown)
            raise ReaderError([*self.shown, *([f"and {more:,} more errors like these"] if more else [])])


def shown(value: object) -> str:
    """A value from a file, short enough for an error message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "keys and values" if isinstance(value, dict) else f"a list of {len(value):,}"
    text = repr(value[:80] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def printable(text: str) -> str:
    """Text with lone surrogates, which JSON can smuggle in and no terminal can print, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


LARGEST = 1e15
"""No price, time or count of tokens is larger; what is would overflow in the first sum."""


def finite(value: object) -> float | None:
    """A number of the file as a float; None where it is no number, or not a finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
