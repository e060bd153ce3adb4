"""A study again from what was recorded of it, and what has changed since."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from moo_inference.catalog import Catalog
from moo_inference.decision import DEFAULT_RULES
from moo_inference.errors import SettingError
from moo_inference.estimators import Progress, estimator_from
from moo_inference.formatting.words import apart, counted
from moo_inference.studies.baselines import named_now
from moo_inference.studies.study import Study, run_study
from moo_inference.versions import versions

CLOSE = 1e-9
"""Numbers that differ by less than this share of themselves count as the same: other processors round otherwise."""

NOTHING = 1e-14
"""And numbers that differ by less than this."""


@dataclass(frozen=True)
class Replay:
    """A study run again.

    Attributes:
        study: the new run.
        changes: one sentence for each choice that is not as recorded; empty where nothing changed.
        largest_difference: the largest relative difference of any number, also of those that count as the same.
        other_versions: one sentence for each package whose version is another.
    """

    study: Study
    changes: tuple[str, ...]
    largest_difference: float
    other_versions: tuple[str, ...]

    def lines(self) -> list[str]:
        """What to tell: the verdict, the changes, the versions."""
        count = len(self.study.choices) + len(self.study.pipelines)
        if self.changes:
            verdict = f"changed: {len(self.changes)} of {counted(count, 'choice')}"
        else:
            largest = f"largest relative difference {self.largest_difference:.1g}"
            verdict = f"nothing changed: {counted(count, 'choice')}, {largest}"
        return [verdict, *self.changes, *(f"version of {text}" for text in self.other_versions)]


def replay(
    settings: Mapping[str, Any], choices: Sequence[Mapping[str, Any]], progress: Progress | None = None
) -> Replay:
    """Run a study again and compare.

    Args:
        settings: `Study.settings` of the recorded run.
        choices: the records of its `Study.to_json`.
        progress: told how far the work is.

    Raises:
        SettingError: (a ValueError) the settings are not whole, or the run had parts that settings cannot hold: a
            solver, a rule or an estimator of the user's own.
    """
    study = run_again(settings, progress)
    fresh = json.loads(study.to_json())
    changes, largest = compare_choices(choices, fresh)
    before = Recorded.model_validate(settings).versions
    now = versions()
    others = tuple(
        f"{name} {before.get(name, 'unknown')} then, {version} now"
        for name, version in now.items()
        if before.get(name) != version
    )
    return Replay(study, tuple(changes), largest, others)


def run_again(settings: Mapping[str, Any], progress: Progress | None = None) -> Study:
    """The study of some recorded settings, as `run_study` gives it now.

    Raises:
        SettingError: (a ValueError) see `replay`.
    """
    recorded, catalog = whole(settings)
    options = {name: getattr(recorded, name) for name in _OPTIONS}
    if options["decisions"] == list(DEFAULT_RULES):
        # They may have been nobody's choice, and a scenario without a budget was then asked with fewer.
        options["decisions"] = None
    return run_study(catalog, estimator=estimator_from(recorded.estimator), progress=progress, **options)


def whole(settings: Mapping[str, Any]) -> tuple["Recorded", Catalog]:
    """The settings of a study and its catalog, checked: a file may hold anything.

    Raises:
        SettingError: (a ValueError) see `replay`.
    """
    missing = [name for name in ("catalog", "estimator", *_OPTIONS) if name not in settings]
    if missing:
        raise SettingError(f"the settings must hold {', '.join(missing)}; they are not there")
    try:
        recorded = Recorded.model_validate(settings)
    except ValidationError as error:
        raise SettingError(
            [f"settings.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        ) from error
    own = [f"the rule {name}" for name in recorded.own_decisions]
    if recorded.solver is not None:
        own.append(f"the solver {recorded.solver}")
    if own:
        raise SettingError(f"this study cannot be run from its settings alone: {' and '.join(own)} came from a program")
    try:
        return recorded, Catalog.model_validate(settings["catalog"])
    except ValidationError as error:
        raise SettingError(
            [f"catalog.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        ) from error


class Recorded(BaseModel):
    """Settings of `Study.settings` but for the catalog, as they must be to be used: a file may hold anything."""

    model_config = ConfigDict(strict=True)

    estimator: dict[str, bool | str | int | float | None]
    k_min: int | None
    k_max: int
    k_step: int
    parallel: int | None
    latency: str | None
    decisions: list[str]
    baselines: list[str]
    assess: int | None
    own_decisions: list[str] = []
    solver: str | None = None
    versions: dict[str, str] = {}


_OPTIONS = ("k_min", "k_max", "k_step", "parallel", "latency", "decisions", "baselines", "assess")


def compare_choices(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> tuple[list[str], float]:
    """What differs between the records of two `Study.to_json`: a sentence a choice; and by how much at most."""
    before = {key_of(row): row for row in then}
    after = {key_of(row): row for row in now}
    changes = [f"{', '.join(map(str, key))}: is gone" for key in before if key not in after]
    largest = 0.0
    for key, row in after.items():
        if key not in before:
            changes.append(f"{', '.join(key)}: is new")
            continue
        found, difference = _differences(before[key], row)
        largest = max(largest, difference)
        if found:
            changes.append(f"{', '.join(key)}: {'; '.join(found)}")
    return changes, largest


def key_of(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """What a record of `Study.to_json` is about: scenario, model or pipeline, and rule or baseline by today's name."""
    what = f"pipeline {row['pipeline']}" if "pipeline" in row else row.get("model")
    return row.get("scenario"), what, named_now(row.get("decision", ""))


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[str], float]:
    found = []
    largest = 0.0
    for name, value in now.items():
        if name not in then:
            # An earlier version did not tell of it, which is no change.
            continue
        old = then[name]
        if isinstance(value, float) and isinstance(old, int | float):
            difference = abs(value - old)
            if difference > NOTHING:
                largest = max(largest, difference / max(abs(value), abs(old)))
            if math.isclose(value, old, rel_tol=CLOSE, abs_tol=NOTHING):
                continue
        elif value == old:
            continue
        was, now_is = apart(old, value)
        found.append(f"{name} was {was}, is {now_is}")
    return found, largest
