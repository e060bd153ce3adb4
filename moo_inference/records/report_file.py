"""What a report was made from: the settings, the catalog and the choices that are embedded in its HTML."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from moo_inference.documents.json_file import read_text
from moo_inference.errors import ReaderError
from moo_inference.studies.choice_record import ChoiceRecord

_DEEPEST = 32
_LONGEST_INTEGER = 18

ELEMENT_ID = "moo-inference-study"
"""The id of the script element that holds the data."""


@dataclass(frozen=True)
class StudyRecord:
    """What is left of a study in a folder or a report.

    Attributes:
        settings: its `Study.settings`, as read from a file that may hold anything.
        choices: its choices.
        command: what made a report, as typed in a shell; None where a program did, or it is a folder.
    """

    settings: Mapping[str, Any]
    choices: list[ChoiceRecord]
    command: str | None = None


def read_report(path: str | os.PathLike[str]) -> StudyRecord:
    """The data inside a report.

    Raises:
        ReaderError: (a ValueError) the file is missing, or no report that `moo-inference report` wrote.
    """
    name = str(path)
    finder = _Finder()
    finder.feed(read_text(path))
    if len(finder.texts) != 1:
        raise ReaderError(f"{name}: must be a report written by moo-inference report, with its data inside; got none")
    try:
        data = json.loads(finder.texts[0], parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{name}: the data inside must be complete: {error}") from error
    shape = {"settings": dict, "choices": list, "command": str | None}
    if not isinstance(data, dict) or not all(isinstance(data.get(key), kind) for key, kind in shape.items()):
        raise ReaderError(f"{name}: the data inside must hold settings, choices and command")
    refuse_depth(name, data)
    if not all(map(is_choice, data["choices"])):
        raise ReaderError(f"{name}: the choices inside must be as moo-inference report writes them")
    return StudyRecord(data["settings"], [ChoiceRecord.from_dict(row) for row in data["choices"]], data["command"])


def is_choice(row: object) -> bool:
    """Whether a value is a record of a choice: of a model and k, or of a pipeline and its stages."""
    if not isinstance(row, dict) or not all(
        isinstance(row.get(name), str) for name in ("scenario", "decision", "status")
    ):
        return False
    subject, chosen = ("pipeline", "stages") if "pipeline" in row else ("model", "k")
    kind = str if chosen == "stages" else int
    return (
        {subject, chosen} <= row.keys()
        and isinstance(row[subject], str | None)
        and isinstance(row[chosen], kind | None)
        and all(isinstance(value, str | int | float | None) for value in row.values())
    )


def refuse_depth(name: str, data: object) -> None:
    """Refuse values that nest deeper than anything that is written here.

    Raises:
        ReaderError: (a ValueError) they do.
    """
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            value
            for holder in level
            if isinstance(holder, dict | list)
            for value in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not level:
            return
    raise ReaderError(f"{name}: values must not nest deeper than {_DEEPEST} levels")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError(f"whole numbers must have at most {_LONGEST_INTEGER} digits, got {len(text)}")
    return int(text)


def _refuse(constant: str) -> float:
    raise ValueError(f"numbers must be finite, got {constant}")


class _Finder(HTMLParser):
    """Collects the text of the script elements that hold a study."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.inside = tag == "script" and ("id", ELEMENT_ID) in attrs
        if self.inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        self.inside = False

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self.inside:
            self.texts[-1] += data
