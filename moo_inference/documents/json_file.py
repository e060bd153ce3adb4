"""JSON with line numbers: whole files, one record a line, or a list of records.

NaN, Infinity and 1e999, which Python's own JSON writes, are values like others: code that needs a finite number refuses
them there. Python's parser keeps the last of two equal keys; here they are refused, or noted for the reader that uses
them. The values come from its C scanner. Lines are looked up in a second pass over the text, only when one is needed.
"""

import json
import math
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal

from moo_inference.documents.document import Document, FileErrors, Location, printable, unreadable
from moo_inference.documents.files import bytes_read, open_to_read
from moo_inference.errors import ReaderError

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_BOTTOMLESS = 1_000_000
_LONGEST_INTEGER = 18
_LINES_BETWEEN_REPORTS = 1 << 13

Oddity = Literal["twice", "not finite"]
"""A key that stands twice in one object; a number that is not finite."""

_REFUSED: tuple[Oddity, ...] = ("twice",)

Step = tuple[Location, int, str, bool]
"""A location, the offset of its key or value in the text, that token, and whether it is a key."""


def read_json(path: str | os.PathLike[str], *, refused: Collection[Oddity] = _REFUSED) -> Document:
    """Read a file that holds one JSON value.

    Args:
        path: the file.
        refused: what is refused wherever it stands. Keys that stand twice and are not refused are noted in the
            document's `odd`, and have the last of their values.

    Raises:
        ReaderError: (a ValueError) the file is missing, is not UTF-8 (a byte order mark is fine), does not parse, nests
            too deeply, or holds what is refused: all of it is named.
    """
    name = str(path)
    return _Parser(name, refused).document(read_text(path))


def read_json_lines(path: str | os.PathLike[str], *, refused: Collection[Oddity] = _REFUSED) -> Iterator[Document]:
    """Read JSON lines: one value on each line, empty lines left out, memory bounded by the longest line.

    Args:
        path: the file.
        refused: as for `read_json`.

    Yields:
        One document a line, whose line is known.

    Raises:
        ReaderError: as for `read_json`, at the first invalid line.
    """
    name = str(path)
    parser = _Parser(name, refused)
    for number, text in _text_lines(name):
        yield parser.document(text, number)


def read_json_records(
    path: str | os.PathLike[str],
    *,
    refused: Collection[Oddity] = _REFUSED,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Document]:
    """Read the records of a file that holds one of them, a list of them, or one on each line.

    Args:
        path: the file.
        refused: as for `read_json`.
        progress: called with the bytes read and the bytes in all, where there is one record a line.

    Yields:
        One document a record. With one record a line, memory is bounded by the longest line.

    Raises:
        ReaderError: as for `read_json`.
    """
    name = str(path)
    lines = _text_lines(name, progress)
    parser = _Parser(name, refused)
    first = next(lines, None)
    if first is None:
        raise ReaderError(f"{name}: must hold JSON, got an empty file")
    try:
        whole = parser.document(first[1], first[0])
    except ReaderError as error:
        if not isinstance(error.__cause__, json.JSONDecodeError):
            raise
        whole = read_json(path, refused=refused)
        lines = iter(())
    if isinstance(whole.data, list):
        for place in range(len(whole.data)):
            yield whole.at(place)
    else:
        yield whole
    for number, text in lines:
        yield parser.document(text, number)


def read_bytes(path: str | os.PathLike[str], most: int = -1) -> bytes:
    """The content of a file, or its first `most` bytes.

    Raises:
        ReaderError: the file is missing or cannot be read.
    """
    try:
        with open_to_read(path) as stream:
            return stream.read(most)
    except (OSError, ValueError) as error:
        raise ReaderError(unreadable(str(path), error)) from error


def read_text(path: str | os.PathLike[str]) -> str:
    """The content of a file of UTF-8 text, without a byte order mark.

    Raises:
        ReaderError: the file is missing, cannot be read, or is no UTF-8 text.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except ValueError as error:
        raise ReaderError(f"{path}: must be UTF-8 text: {error}") from error


def steps(text: str, deepest: int = _BOTTOMLESS) -> Iterator[Step]:
    """Keys and values of JSON text down to a depth, in order; text that is cut off or broken gives what it can."""
    objects: list[bool] = []
    location: list[Any] = []
    at_key = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        head = token[0]
        if head == ":":
            at_key = False
        elif head == ",":
            if objects and objects[-1]:
                at_key = True
            elif objects:
                location[-1] += 1
        elif head in "]}":
            if objects:
                objects.pop()
                location.pop()
            at_key = False
        else:
            if at_key:
                location[-1] = _key(token)
            if len(location) <= deepest:
                yield tuple(location), match.start(), token, at_key
            if head in "[{":
                objects.append(head == "{")
                location.append("" if head == "{" else 0)
                at_key = head == "{"


def _key(token: str) -> str:
    if "\\" not in token:
        return token.strip('"')
    try:
        return str(json.loads(token))
    except ValueError:
        return token


class _Lines(Mapping[Location, int]):
    """The line of each location, found when first needed, down to the depth that is needed."""

    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.first_line = first_line
        self.depth = 0
        self.found: dict[Location, int] = {(): first_line}

    def __getitem__(self, location: Location) -> int:
        if len(location) > self.depth:
            self._look(len(location))
        return self.found[location]

    def __iter__(self) -> Iterator[Location]:
        self._look(_BOTTOMLESS)
        return iter(self.found)

    def __len__(self) -> int:
        self._look(_BOTTOMLESS)
        return len(self.found)

    def _look(self, depth: int) -> None:
        if depth <= self.depth:
            return
        line, last = self.first_line, 0
        for location, offset, _, _ in steps(self.text, depth):
            line += self.text.count("\n", last, offset)
            last = offset
            self.found.setdefault(location, line)
        self.depth = depth


class _Parser:
    """Python's parser, which also notices what it would let pass."""

    def __init__(self, name: str, refused: Collection[Oddity]) -> None:
        self.name = name
        self.refused = refused
        self.odd: set[Oddity] = set()
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_int=self._integer,
            # Python's own is quicker; what is not finite is looked at only where it is refused.
            parse_float=self._float if "not finite" in refused else None,
            parse_constant=self._float,
        )

    def document(self, text: str, first_line: int = 1) -> Document:
        """The value of a text that begins on a line of the file."""
        self.odd.clear()
        try:
            data = self.decoder.decode(text)
        except json.JSONDecodeError as error:
            line = first_line + error.lineno - 1
            what = f"{error.msg[:1].lower()}{error.msg[1:]} (column {error.colno})" if text.strip() else "got nothing"
            raise ReaderError(f"{self.name}:{line}: must be valid JSON: {what}") from error
        except RecursionError as error:
            raise ReaderError(f"{self.name}:{first_line}: values must not nest as deeply as they do here") from error
        odd: dict[Location, str] = {}
        # Numbers are checked where they are used, unless all of them have to be finite.
        if self.odd and ("twice" in self.odd or self.odd & {*self.refused}):
            errors = FileErrors()
            for kind, location, line, sentence in _odd_values(text, first_line):
                where = ".".join(map(str, location))
                if kind in self.refused:
                    errors.add(printable(f"{self.name}:{line}: {where + ': ' if where else ''}{sentence}"))
                elif kind == "twice":
                    odd.setdefault(location, sentence)
            errors.check()
        return Document(self.name, data, _Lines(text, first_line), odd=odd)

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.odd.add("twice")
        return found

    def _float(self, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            self.odd.add("not finite")
        return value

    def _integer(self, text: str) -> int | float:
        return int(text) if len(text) <= _LONGEST_INTEGER else self._float(text)


def _odd_values(text: str, first_line: int) -> Iterator[tuple[Oddity, Location, int, str]]:
    """Keys that stand twice and numbers that are not finite: which, where, on what line, and a sentence."""
    keys: list[dict[str, int]] = []
    line, last = first_line, 0
    for location, offset, token, is_key in steps(text):
        line += text.count("\n", last, offset)
        last = offset
        if text[offset] == "{":
            del keys[len(location) :]
            keys += [{} for _ in range(len(location) + 1 - len(keys))]
        elif is_key:
            key = str(location[-1])
            first = keys[len(location) - 1].setdefault(key, offset)
            if first != offset:
                first_at = first_line + text.count("\n", 0, first)
                yield "twice", location, line, f"a key must stand once, but it stands on line {first_at} too"
        elif token[0] in "-0123456789NI" and not math.isfinite(float(token)):
            number = token if len(token) <= 40 else token[:37] + "..."
            yield "not finite", location, line, f"must be a finite number, got {number}"


def _text_lines(name: str, progress: Callable[[int, int], None] | None = None) -> Iterator[tuple[int, str]]:
    """The lines of a file that hold something, with their numbers."""
    try:
        with open_to_read(name) as stream:
            size = os.fstat(stream.fileno()).st_size
            for number, content in enumerate(stream, 1):
                if progress and number % _LINES_BETWEEN_REPORTS == 0:
                    progress(bytes_read(stream), size)
                try:
                    text = content.decode("utf-8-sig" if number == 1 else "utf-8")
                except ValueError as error:
                    raise ReaderError(f"{name}:{number}: must be UTF-8 text: {error}") from error
                if text.strip():
                    yield number, text
    except (OSError, ValueError) as error:
        if isinstance(error, ReaderError):
            raise
        raise ReaderError(unreadable(name, error)) from error
