"""A recorded study: a folder that `solve --out` wrote, or a report."""

import os
from pathlib import Path
from typing import Any

from moo_inference.errors import ReaderError
from moo_inference.readers.json_file import read_json
from moo_inference.readers.report_file import read_report


def read_record(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The `settings` and `choices` of a recorded study, as plain values.

    Args:
        path: a folder with settings.json and choices.json, or a report.

    Raises:
        ReaderError: (a ValueError) it is neither, or a file in it is not whole.
    """
    if not Path(path).is_dir():
        return read_report(path)
    settings = read_json(Path(path) / "settings.json", refused=("twice", "not finite")).data
    if not isinstance(settings, dict):
        raise ReaderError(f"{Path(path) / 'settings.json'}: must hold the settings of a study")
    return {"settings": settings, "choices": read_choices(Path(path) / "choices.json")}


def read_choices(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The records of a choices.json.

    Raises:
        ReaderError: (a ValueError) the file is missing, or holds no choices.
    """
    choices = read_json(path, refused=("twice", "not finite")).data
    if not isinstance(choices, list) or not all(isinstance(row, dict) and _is_choice(row) for row in choices):
        wanted = ", ".join(sorted(_OF_ALL | _OF_MODELS))
        raise ReaderError(f"{path}: must be a list of choices with {wanted}, as solve --out writes")
    return choices


_OF_ALL = {"scenario", "decision", "status"}
_OF_MODELS = {"model", "k"}
_OF_PIPELINES = {"pipeline", "stages"}


def _is_choice(row: dict[str, Any]) -> bool:
    return any(_OF_ALL | own <= row.keys() for own in (_OF_MODELS, _OF_PIPELINES))
