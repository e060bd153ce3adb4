"""A recorded study or route: a folder that `solve --out` or `route --out` wrote, or a report."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.formatting.words import with_article
from moo_inference.records.report_file import StudyRecord, is_choice, read_report, refuse_depth
from moo_inference.studies.choice_record import ChoiceRecord

CHOOSING = ("study", "reproduction")
"""The kinds of runs whose folder holds choices."""

_OF_A_ROUTE = ("scenario", "decision", "status", "model", "k")
"""What of a route's record is its choice."""


def read_record(path: str | os.PathLike[str]) -> StudyRecord:
    """A recorded study.

    Args:
        path: a folder with settings.json and choices.json, or a report.

    Raises:
        ReaderError: (a ValueError) it is neither, or a file in it is incomplete.
    """
    if not Path(path).is_dir():
        return read_report(path)
    run, _, settings = read_settings(path)
    if run not in CHOOSING:
        raise ReaderError(
            f"{path}: must be a folder that solve --out wrote, and holds the results of {with_article(run)}"
        )
    return StudyRecord(settings, read_choices(Path(path) / "choices.json"))


def beside(*paths: str | os.PathLike[str]) -> list[Path]:
    """Where the files that recorded studies name are looked for: beside the records and in the current folder."""
    return [*(Path(path).parent for path in paths), *filter(Path.is_dir, map(Path, paths)), Path()]


def read_settings(folder: str | os.PathLike[str]) -> tuple[str, dict[str, Any] | None, dict[str, Any]]:
    """What a folder of results records: the kind of run, the options of the command line, and the settings.

    Options are None where no command line wrote it.

    Raises:
        ReaderError: (a ValueError) settings.json is missing, or is none of ours.
    """
    path = Path(folder) / "settings.json"
    settings = read_json(path).data
    refuse_depth(str(path), settings)
    if not isinstance(settings, dict):
        raise ReaderError(f"{path}: must hold the settings of a study")
    run, options = settings.pop("run", "study"), settings.pop("asked", None)
    if not isinstance(run, str) or not (options is None or isinstance(options, dict)):
        raise ReaderError(f"{path}: must hold the settings of a study, with the kind of run and the options as written")
    return run, options, settings


def read_choices(path: str | os.PathLike[str]) -> list[ChoiceRecord]:
    """The choices of a choices.json.

    Raises:
        ReaderError: (a ValueError) the file is missing, or holds no choices.
    """
    choices = read_json(path, refused=("twice", "not finite")).data
    refuse_depth(str(path), choices)
    if not isinstance(choices, list) or not all(map(is_choice, choices)):
        raise ReaderError(
            f"{path}: must be a list of choices with decision, k, model, scenario, status, as solve --out writes"
        )
    return [ChoiceRecord.from_dict(row) for row in choices]


def read_route(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """The record of a route.json.

    Raises:
        ReaderError: (a ValueError) the file is missing, or holds no route.
    """
    route: Mapping[str, Any] = read_json(path).data
    refuse_depth(str(path), route)
    choice = {name: route[name] for name in _OF_A_ROUTE if name in route} if isinstance(route, dict) else None
    if not is_choice(choice):
        raise ReaderError(f"{path}: must be a route with decision, k, model, scenario, status, as route --out writes")
    return route
