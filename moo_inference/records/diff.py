"""Which input made the difference between two recorded studies."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from moo_inference.catalog.loading import with_kinds
from moo_inference.errors import MooInferenceError
from moo_inference.estimators import Progress
from moo_inference.records.price_changes import PriceChange, price_changes
from moo_inference.records.replay import NEEDED, Change, checked_settings, compare_choices, run_again
from moo_inference.studies.choice_record import ChoiceKey

_ABSENT = object()


@dataclass(frozen=True)
class InputChange:
    """An input that is another, and what it alone makes of the first study.

    Attributes:
        place: where it stands, such as catalog.models.gpt-5.usd_per_million_output_tokens.
        before: what was there; None where nothing was.
        after: what is there; None where nothing is.
        effects: the choices of the first study that differ with this change alone.
        errors: why the first study cannot be run with this change alone, a sentence each.
        price: where it is the price of a model, that with its sources; else None.
    """

    place: str
    before: Any
    after: Any
    effects: tuple[Change, ...]
    errors: tuple[str, ...] = ()
    price: PriceChange | None = None


@dataclass(frozen=True)
class Difference:
    """Two studies side by side.

    Attributes:
        inputs: what went in differently.
        choices: the choices that differ: first study, then second.
        unexplained: those of them that no single input makes: several together move k or the status, or the numbers.
    """

    inputs: tuple[InputChange, ...]
    choices: tuple[Change, ...]
    unexplained: tuple[Change, ...]


def difference(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    progress: Progress | None = None,
    folders: Sequence[str | os.PathLike[str]] = (".",),
) -> Difference:
    """What differs between two studies, and which input alone makes which difference.

    Both are run again from their settings, and the first once more for each input that differs.

    Args:
        first: the `Study.settings` of the one.
        second: of the other.
        progress: called with the number of finished runs, and of all.
        folders: where the files of recorded attempts are looked for.

    Raises:
        SettingError: (a ValueError) a study cannot be run from its settings; see `replay`.
    """
    for settings in (first, second):
        checked_settings(settings, folders)
    first, second = ({**settings, "catalog": with_kinds(settings["catalog"])} for settings in (first, second))
    changed = _changed_places(first, second)
    runs = len(changed) + 2
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, runs)

    before = run_again(first, folders=folders).records()
    step()
    after = run_again(second, folders=folders).records()
    step()
    choices, _ = compare_choices(before, after)
    prices = {(one.model, one.field): one for one in price_changes(first["catalog"], second["catalog"])}
    inputs = []
    explained: set[tuple[ChoiceKey, bool]] = set()
    for place in changed:
        old, new = _at(first, place), _at(second, place)
        effects: tuple[Change, ...] = ()
        errors: tuple[str, ...] = ()
        try:
            changes, _ = compare_choices(before, run_again(_with(first, place, new), folders=folders).records())
            effects = tuple(changes)
        except MooInferenceError as error:
            errors = error.errors
        step()
        explained.update((change.key, change.moves) for change in effects)
        inputs.append(
            InputChange(
                ".".join(place),
                None if old is _ABSENT else old,
                None if new is _ABSENT else new,
                effects,
                errors,
                _price_at(place, prices),
            )
        )
    unexplained = tuple(change for change in choices if (change.key, change.moves) not in explained)
    return Difference(tuple(inputs), tuple(choices), unexplained)


def _price_at(place: tuple[str, ...], prices: Mapping[tuple[str, str], PriceChange]) -> PriceChange | None:
    """The price that stands at a place, by model and field."""
    if place[:2] != ("catalog", "models") or len(place) != 4:
        return None
    model, field = place[2:]
    return prices.get((model, field), prices.get((model, f"{field}.usd_per_hour")))


def _changed_places(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Options, and fields of a catalog's entries, that are not the same; an entry where only one side has it."""
    places: list[tuple[str, ...]] = [(name,) for name in NEEDED if first.get(name) != second.get(name)]
    for section in ("models", "scenarios", "pipelines"):
        one, other = first["catalog"].get(section, {}), second["catalog"].get(section, {})
        for key in dict.fromkeys([*one, *other]):
            here = ("catalog", section, key)
            if key not in one or key not in other:
                places.append(here)
                continue
            fields = dict.fromkeys([*one[key], *other[key]])
            places += [
                (*here, field) for field in fields if one[key].get(field, _ABSENT) != other[key].get(field, _ABSENT)
            ]
    return places


def _at(settings: Mapping[str, Any], place: tuple[str, ...]) -> object:
    value: Any = settings
    for part in place:
        value = value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    return value


def _with(settings: Mapping[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = deepcopy(dict(settings))
    inner = changed
    for part in place[:-1]:
        inner = inner.setdefault(part, {})
    if value is _ABSENT:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return changed
