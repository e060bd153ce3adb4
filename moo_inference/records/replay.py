"""A study again from what was recorded of it, and what has changed since."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import with_kinds
from moo_inference.decision.registry import DEFAULT_RULES
from moo_inference.errors import SettingError
from moo_inference.estimators import Progress, estimator_from
from moo_inference.studies.choice_record import ChoiceKey, ChoiceRecord, Plain
from moo_inference.studies.planning import StudySettings
from moo_inference.studies.study import Study, run_study
from moo_inference.versions import versions

CLOSE = 1e-9
"""Numbers that differ by less than this share of themselves count as the same: other processors round otherwise."""

NOTHING = 1e-14
"""And numbers that differ by less than this."""

NEEDED = ("estimator", "k_min", "k_max", "k_step", "parallel", "latency", "decisions", "baselines", "assess")
"""What recorded settings must hold; the other fields of `StudySettings` may be missing in files of before."""


@dataclass(frozen=True)
class FieldChange:
    """One value of a choice that is another.

    Attributes:
        field: the name of the value.
        before: as it was recorded; None where it was empty.
        after: as it is now.
    """

    field: str
    before: Plain
    after: Plain


@dataclass(frozen=True)
class Change:
    """A choice that is not as before.

    Attributes:
        key: what it is about.
        before: the choice as it was; None for one that is new.
        after: as it is now; None for one that is gone.
        fields: the values that are others, where there is one before and after.
    """

    key: ChoiceKey
    before: ChoiceRecord | None
    after: ChoiceRecord | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether something else is chosen, or another status came out; else other numbers alone."""
        if self.before is None or self.after is None:
            return True
        return (self.before.status, self.before.chosen) != (self.after.status, self.after.chosen)


@dataclass(frozen=True)
class VersionChange:
    """A package whose version is another.

    Attributes:
        package: its name.
        before: its version then; None where that is not recorded.
        after: its version now.
    """

    package: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Replay:
    """A study run again.

    Attributes:
        study: the new run.
        changes: the choices that are not as recorded.
        largest_difference: the largest relative difference of any number, also of those that count as the same.
        other_versions: the packages whose version is another.
    """

    study: Study
    changes: tuple[Change, ...]
    largest_difference: float
    other_versions: tuple[VersionChange, ...]


def replay(
    settings: Mapping[str, Any],
    choices: Sequence[ChoiceRecord],
    progress: Progress | None = None,
    folders: Sequence[str | os.PathLike[str]] = (".",),
) -> Replay:
    """Run a study again and compare.

    Args:
        settings: `Study.settings` of the recorded run.
        choices: its `Study.records()`.
        progress: called with the number of finished tasks, and of all.
        folders: where the files of recorded attempts are looked for, which settings name by size and sha256.

    Raises:
        SettingError: (a ValueError) the settings are incomplete, a file of attempts is not there, or the run had parts
            that settings cannot hold: a solver, a rule or an estimator of the user's own.
    """
    study = run_again(settings, progress, folders)
    changes, largest = compare_choices(choices, study.records())
    before = _validated(RecordedVersions, settings, "settings").versions
    others = tuple(
        VersionChange(name, before.get(name), version)
        for name, version in versions().items()
        if before.get(name) != version
    )
    return Replay(study, tuple(changes), largest, others)


def run_again(
    settings: Mapping[str, Any],
    progress: Progress | None = None,
    folders: Sequence[str | os.PathLike[str]] = (".",),
) -> Study:
    """The study of some recorded settings, as `run_study` gives it now.

    Args:
        settings: `Study.settings` of the recorded run.
        progress: called with the number of finished tasks, and of all.
        folders: see `replay`.

    Raises:
        SettingError: (a ValueError) see `replay`.
    """
    recorded, catalog = checked_settings(settings, folders)
    # The default rules may not have been named, and then fewer of them apply to a scenario without a budget.
    decisions = None if recorded.decisions == list(DEFAULT_RULES) else recorded.decisions
    return run_study(
        catalog,
        decisions=decisions,
        estimator=estimator_from(recorded.estimator),
        k_min=recorded.k_min,
        k_max=recorded.k_max,
        k_step=recorded.k_step,
        parallel=recorded.parallel,
        latency=recorded.latency,
        baselines=recorded.baselines,
        assess=recorded.assess,
        progress=progress,
    )


def checked_settings(
    settings: Mapping[str, Any], folders: Sequence[str | os.PathLike[str]] = (".",)
) -> tuple[StudySettings, Catalog]:
    """The settings of a study and its catalog, checked: a file may hold anything.

    Args:
        settings: as they were read.
        folders: see `replay`.

    Raises:
        SettingError: (a ValueError) see `replay`.
    """
    missing = [name for name in ("catalog", *NEEDED) if name not in settings]
    if missing:
        raise SettingError(f"the settings must hold {', '.join(missing)}; they are not there")
    recorded = _validated(StudySettings, settings, "settings")
    _validated(RecordedVersions, settings, "settings")
    own = [f"the rule {name}" for name in recorded.own_decisions]
    if recorded.solver is not None:
        own.append(f"the solver {recorded.solver}")
    if own:
        raise SettingError(f"this study cannot be run from its settings alone: {' and '.join(own)} came from a program")
    return recorded, _validated(Catalog, with_kinds(settings["catalog"]), "catalog", {"folders": tuple(folders)})


class RecordedVersions(BaseModel):
    """The versions of packages in recorded settings."""

    model_config = ConfigDict(strict=True)

    versions: dict[str, str] = {}


_Kind = TypeVar("_Kind", bound=BaseModel)


def _validated(kind: type[_Kind], value: object, place: str, context: Mapping[str, Any] | None = None) -> _Kind:
    """A value of a file as what it must be.

    Args:
        kind: what it must be.
        value: as it was read.
        place: its name in messages.
        context: what the kind's validators need to know besides.

    Raises:
        SettingError: (a ValueError) it is none; all that is wrong is named with its place.
    """
    try:
        return kind.model_validate(value, context=context)
    except ValidationError as error:
        raise SettingError(
            [
                f"{'.'.join([place, *map(str, finding['loc'])])}: {finding['msg'].removeprefix('Value error, ')}"
                for finding in error.errors()
            ]
        ) from error


def compare_choices(then: Sequence[ChoiceRecord], now: Sequence[ChoiceRecord]) -> tuple[list[Change], float]:
    """What differs between the choices of two studies.

    Args:
        then: the recorded choices.
        now: the new ones.

    Returns:
        The choices that differ beyond rounding, and the largest relative difference of any number.
    """
    before = {record.key: record for record in then}
    after = {record.key: record for record in now}
    changes = [Change(key, record, None) for key, record in before.items() if key not in after]
    largest = 0.0
    for key, record in after.items():
        if key not in before:
            changes.append(Change(key, None, record))
            continue
        fields, difference = _differences(before[key].to_dict(), record.to_dict())
        largest = max(largest, difference)
        if fields:
            changes.append(Change(key, before[key], record, fields))
    return changes, largest


def _differences(then: Mapping[str, Plain], now: Mapping[str, Plain]) -> tuple[tuple[FieldChange, ...], float]:
    fields = []
    largest = 0.0
    for name, value in now.items():
        if name not in then:
            # An earlier version did not record it, which is no change.
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
        fields.append(FieldChange(name, old, value))
    return tuple(fields), largest
