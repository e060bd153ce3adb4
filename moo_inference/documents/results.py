"""What commands and studies write, and how each file is known again: a result replaces none but its own kind."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moo_inference.documents.files import Kind, folder_in_the_way, prepare_folder, write_atomically
from moo_inference.errors import OutputError, SettingError

SETTINGS = "settings.json"
TASKS_FOLDER = ".pieces"
"""The folder of finished tasks, inside the folder that results are written into."""

CHOICES_CSV = Kind("choices as CSV", "scenario,model,decision,status,k,")
CHOICES_JSON = Kind("choices as JSON", '[\n{"scenario": ')
RUNS_CSV = Kind("runs of solvers as CSV", "problem,solver,seed,")
RUNS_JSON = Kind("runs of solvers as JSON", '[\n{"problem": ')
REPORT = Kind("a report of moo-inference", "<!DOCTYPE html", 'id="moo-inference-study"')
LITELLM = Kind("a LiteLLM configuration of moo-inference", "# Written by moo-inference route")
JUNIT = Kind("a JUnit report of moo-inference", "<?xml", '<testsuite name="moo-inference check"')
FIGURE = Kind("a figure of moo-inference", holds="moo-inference")

_STUDY = {
    "choices.csv": CHOICES_CSV,
    "choices.json": CHOICES_JSON,
    "fronts.csv": Kind("fronts as CSV", "scenario,model,k,"),
    "curves.csv": Kind("curves as CSV", "model,k,"),
    "pipelines.csv": Kind("choices of pipelines as CSV", "scenario,pipeline,decision,"),
    "pipeline_fronts.csv": Kind("fronts of pipelines as CSV", "scenario,pipeline,stages,"),
}
_RUNS = {
    "study": _STUDY,
    "reproduction": {**_STUDY, "claims.csv": Kind("claims as CSV", "where,stated,computed,holds")},
    "comparison": {
        "runs.csv": RUNS_CSV,
        "runs.json": RUNS_JSON,
        "summary.csv": Kind("a summary of runs as CSV"),
    },
    "route": {"route.json": Kind("a route as JSON", '{\n "scenario": ')},
}

ASSESSMENT = {
    "assessments.csv": Kind("assessments as CSV", "scenario,model,decision,exact_k,"),
    "assessments.json": Kind("assessments as JSON", '[\n{"scenario": '),
}
"""The files of an assessment, which may lie in the folder of a study."""

_SHOWN_DIFFERENCES = 12
_ABSENT = object()

NOT_COMPARED = ("versions", "run", "asked")
"""Settings of which a run in the same folder may have others."""


def results_of(run: str) -> dict[str, Kind]:
    """The files of a run by their names, which settings.json identifies.

    Args:
        run: study, reproduction, comparison or route.
    """
    return {SETTINGS: Kind(f"the settings of a {run}", f'{{\n "run": "{run}"'), **_RUNS[run]}


def save_results(
    folder: str | os.PathLike[str],
    run: str,
    settings: Mapping[str, Any],
    texts: Mapping[str, str],
    *,
    asked: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    remedy: str = "overwrite=True",
) -> None:
    """Write the results of a run into a folder: settings.json, and texts by the names of their files.

    Args:
        folder: made if it is not there.
        run: study, reproduction, comparison or route.
        settings: what shaped the results, as plain values.
        texts: one for each file.
        asked: options of the command line.
        overwrite: replace whatever is there.
        remedy: how the user asks for that.

    Raises:
        OutputError: (an OSError) the folder holds other files by these names, or cannot be written.
        SettingError: (a ValueError) it holds a run with other settings.
    """
    plain = json.loads(json.dumps(settings, allow_nan=False))
    if not overwrite:
        why = folder_in_the_way(folder, results_of(run), SETTINGS)
        if why is not None:
            raise OutputError(f"{folder}: {why}: take another folder, or {remedy} to replace what is there")
        if not _at_work(folder, run, plain):
            refuse_other_settings(folder, run, plain, f"{remedy} to replace it")
    target = prepare_folder(folder)
    record = {"run": run, **({} if asked is None else {"asked": asked}), **plain}
    # First what identifies the others: a run that is stopped here can be resumed.
    write_atomically(target / SETTINGS, json.dumps(record, indent=1, allow_nan=False) + "\n")
    for name, text in texts.items():
        write_atomically(target / name, text)


def recorded(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The settings in a file of our own; None where there is none, or it is damaged."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8")) if os.path.isfile(path) else None
    except (OSError, ValueError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, dict) else None


def refuse_other_settings(folder: str | os.PathLike[str], run: str, settings: Mapping[str, Any], remedy: str) -> None:
    """Refuse a folder that holds results of the same kind of run with other settings.

    Args:
        folder: of the results.
        run: the kind of run.
        settings: those of the new run, as JSON has them.
        remedy: what else there is to do.

    Raises:
        SettingError: (a ValueError) it does; what differs is named.
    """
    before = recorded(Path(folder) / SETTINGS)
    if before is not None and before.get("run") == run:
        refuse_differences(folder, *_shared(before, settings), remedy)


def refuse_differences(
    folder: str | os.PathLike[str], before: Mapping[str, Any], now: Mapping[str, Any], remedy: str
) -> None:
    """Refuse settings that differ.

    Args:
        folder: where the earlier run is.
        before: its settings.
        now: the settings of this run.
        remedy: what to do other than taking another folder, for the message.

    Raises:
        SettingError: (a ValueError) they do; what differs is named.
    """
    found = list(_differences(before, now, ""))
    if found:
        more = len(found) - _SHOWN_DIFFERENCES
        raise SettingError(
            [
                f"{folder} holds a run with other settings: take another folder, or {remedy}",
                *found[:_SHOWN_DIFFERENCES],
                *([f"and {more} more differences"] if more > 0 else []),
            ]
        )


def _at_work(folder: str | os.PathLike[str], run: str, settings: Mapping[str, Any]) -> bool:
    """Whether the tasks kept in a folder are of this very run, which may have started over there."""
    kept = recorded(Path(folder) / TASKS_FOLDER / run / SETTINGS)
    if kept is None:
        return False
    before, now = _shared(kept, settings)
    return bool(now) and before == now


def _shared(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in now if name in before and name not in NOT_COMPARED]
    return {name: before[name] for name in names}, {name: now[name] for name in names}


def _differences(before: object, now: object, place: str) -> Iterator[str]:
    """A sentence for each place where two plain values differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from _differences(before.get(name, _ABSENT), now.get(name, _ABSENT), f"{place}.{name}".lstrip("."))
    elif before != now:
        yield f"{place} was {_shown(before)}, is {_shown(now)}"


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "not there"
    try:
        text = json.dumps(value)
    except RecursionError:
        return "nested too deeply to be shown"
    return text if len(text) <= 60 else f"{text[:57]}..."
