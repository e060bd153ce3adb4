"""Aider's leaderboards in YAML, one row a model: `polyglot_leaderboard.yml`, `edit_leaderboard.yml` and others.

Fields: https://github.com/Aider-AI/aider (benchmark/benchmark.py, summarize_results): pass_rate_1 and pass_rate_2 in
per cent, test_cases, total_cost in USD of all of them, seconds_per_case. A case that fails is tried once more, with the
output of its tests: the second try is no second pass, and cost and time are of both.
"""

import os
from typing import Any

from moo_inference.documents.document import Document, FileErrors, finite, shown
from moo_inference.documents.yaml_file import read_yaml
from moo_inference.errors import CatalogError, ReaderError, SettingError
from moo_inference.readers.evaluations.candidates import Candidates, candidates_of
from moo_inference.readers.evaluations.outcomes import name_of
from moo_inference.readers.format import Format

_NOTES = {
    1: "Accuracy is that of the first try; cost and time are of both tries, so that one try costs and takes no more.",
    2: "Accuracy is that after a second try, which saw what failed in the first; cost and time are of both.",
}


def read_aider(path: str | os.PathLike[str], *, tries: int = 1) -> Candidates:
    """Read a leaderboard. A cost of 0 is unknown, not free: such rows are left out, and a note names them.

    Args:
        path: the YAML file.
        tries: 1 for the accuracy of the first try, 2 for that after the second.

    Raises:
        ReaderError: (a ValueError) the file is no strict YAML, a row lacks what is needed, or none has a cost.
        SettingError: (a ValueError) `tries` is neither 1 nor 2.
    """
    if str(tries) not in ("1", "2"):
        raise SettingError(f"tries must be 1 or 2, got {shown(tries)}")
    try:
        document = read_yaml(path)
    except CatalogError as error:
        raise ReaderError(error.errors) from error
    errors = FileErrors()
    if not isinstance(document.data, list):
        raise ReaderError(document.error_at((), f"must be a list of models, got {shown(document.data)}"))
    rows = [_row(document.at(place), int(tries), errors) for place in range(len(document.data))]
    errors.check()
    return candidates_of(path, [row for row in rows if row], (_NOTES[int(tries)],))


def _row(entry: Document, tries: int, errors: FileErrors) -> tuple[str, float, float | None, float | None] | None:
    if not isinstance(entry.data, dict):
        errors.add(entry.error_at((), f"must be a model with its results, got {shown(entry.data)}"))
        return None
    before = errors.count
    name, rate = name_of(entry.data.get("model")), f"pass_rate_{tries}"
    if name is None:
        errors.add(entry.error_at(("model",), f"must name a model, got {shown(entry.data.get('model'))}"))
    percent = _number(entry, rate, errors, 100.0)
    cases = _number(entry, "test_cases", errors)
    if cases is not None and cases < 1:
        errors.add(entry.error_at(("test_cases",), f"must be at least 1, got {shown(cases)}"))
    cost = _number(entry, "total_cost", errors) if entry.data.get("total_cost") is not None else None
    seconds = _number(entry, "seconds_per_case", errors) if entry.data.get("seconds_per_case") is not None else None
    if errors.count > before or name is None or percent is None or cases is None:
        return None
    return name, percent / 100, cost / cases if cost else None, seconds or None


def _number(entry: Document, key: str, errors: FileErrors, most: float | None = None) -> float | None:
    value: Any = entry.data.get(key)
    number = finite(value)
    if number is None or number < 0 or (most is not None and number > most):
        within = "0 or more" if most is None else f"between 0 and {most:g}"
        errors.add(entry.error_at((key,), f"must be a number, {within}, got {shown(value)}"))
        return None
    return number


FORMAT = Format(
    "aider",
    "leaderboard of Aider",
    "candidates",
    read_aider,
    text=lambda text: text.startswith("- ") and "\n  pass_rate_1:" in text and "\n  test_cases:" in text,
)
