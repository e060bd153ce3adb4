"""The format of a reader's module: how it is recognised, and how it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moo_inference.documents.document import Location
from moo_inference.documents.json_file import steps

Options = Mapping[str, str]
"""Of a reader, as far as a file's content shows them, e.g. the names of columns."""


class Shape:
    """Where the beginning of a JSON file has keys and list items, four levels deep."""

    def __init__(self, text: str) -> None:
        self.found: set[Location] = {location for location, *_ in steps(text, 4)}
        top = 1 if (0,) in self.found else 0
        self.keys: set[str] = {
            str(at[-1]) for at in self.found if len(at) == top + 1 and all(part == 0 for part in at[:top])
        }

    def has(self, *pattern: str | int) -> bool:
        """Whether something stands at a location; `*` stands for any key."""
        return any(
            len(at) == len(pattern) and all(part in ("*", there) for part, there in zip(pattern, at, strict=True))
            for at in self.found
        )


@dataclass(frozen=True)
class Alternatives:
    """What one file holds of the same questions under several systems, filters or metrics, of which one is chosen.

    Attributes:
        option: the reader's option that chooses.
        flag: the same on the command line.
        what: what they are, in words.
        outcomes: for each what is read, or the first error for which nothing is.
    """

    option: str
    flag: str
    what: str
    outcomes: Mapping[str, Any]


@dataclass(frozen=True)
class Format:
    """A format that can be read.

    Attributes:
        id: what users call it.
        name: its name for people.
        kind: what it contains: prices, lengths, serving, outcomes, candidates, attempts or catalog.
        read: its reader, called with a path and options.
        json: whether JSON has its keys.
        text: whether other text begins as it does.
        header: the reader's options for a CSV with these columns; None where it is none. For JSON that is the
            format's, the same of its keys.
        cells: the options, and the columns of systems, by a CSV's columns and first rows, where the columns alone do
            not decide.
        magic: how a file of bytes begins.
        turn: formats of a lower one are tried before, since what this one is known by fits their files too.
        read_each: the same reading where something is still to be chosen among systems, filters or metrics, called with
            the path, the columns of systems and the options: the `Alternatives`, or what there is one of.
    """

    id: str
    name: str
    kind: str
    read: Callable[..., Any]
    json: Callable[[Shape], bool] | None = None
    text: Callable[[str], bool] | None = None
    header: Callable[[Sequence[str]], Options | None] | None = None
    cells: Callable[[Sequence[str], Sequence[Sequence[str]]], tuple[Options, tuple[str, ...]] | None] | None = None
    magic: bytes | None = None
    turn: int = 0
    read_each: Callable[[Any, tuple[str, ...], Mapping[str, Any]], Any] | None = None


def has_columns(*columns: str) -> Callable[[Sequence[str]], Options | None]:
    """The `header` of a format that is known by some columns, and whose reader needs no options."""
    return lambda names: {} if {*columns} <= {*names} else None
