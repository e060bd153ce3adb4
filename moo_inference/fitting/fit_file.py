"""A fit file: one YAML file that says which files several models are made of, and under which budgets to choose."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from moo_inference.catalog import Model, Scenario
from moo_inference.catalog.catalog import disagreements
from moo_inference.catalog.messages import place_of, sentence_of, shown
from moo_inference.catalog.resource import flattened
from moo_inference.documents.document import Document, Location
from moo_inference.documents.yaml_file import read_yaml
from moo_inference.errors import CatalogError, MooInferenceError, SettingError, did_you_mean
from moo_inference.fitting.fit_entry import OF_ATTEMPTS, FitEntry, PricesSource, RecordedSource
from moo_inference.fitting.model import MISSING, Fit, Given, fit_model
from moo_inference.fitting.price_terms import PriceTerms
from moo_inference.fitting.serving import choose_run
from moo_inference.fitting.shared_files import SharedFiles

_SECTIONS = ("defaults", "models", "scenarios")

_FILES = ("prices", "serving", "loads", "lengths", "outcomes")
_GIVES = {
    "prices": ("usd_per_million_input_tokens", "usd_per_million_output_tokens"),
    "serving": ("seconds", "input_tokens", "output_tokens"),
    "loads": ("seconds", "input_tokens", "output_tokens"),
    "lengths": ("seconds", "input_tokens", "output_tokens"),
    "outcomes": ("accuracy",),
    "usd_per_hour": ("usd_per_million_input_tokens", "usd_per_million_output_tokens"),
    "input_price": ("usd_per_million_input_tokens",),
    "output_price": ("usd_per_million_output_tokens",),
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "request_seconds": ("seconds",),
    "accuracy": ("accuracy",),
}
"""What may be missing only since the value of a key was refused, which is already reported."""

_KEYS = {
    "prices": "prices.file",
    "model-key": "prices.key",
    "price-mode": "prices.mode",
    "price-factor": "prices.factor",
    "price-time": "prices.time",
    "price-date": "prices.date",
    "off-peak-share": "prices.off_peak_share",
    "serving": "serving.file",
    "run": "serving.run",
    "lengths": "lengths.file",
    "length-columns": "lengths.columns",
    "outcomes": "outcomes.file",
    "outcome-column": "outcomes.columns",
    "system": "outcomes.system",
    "filter": "outcomes.filter",
    "metric": "outcomes.metric",
    "attempts": "attempts.file",
    "attempt-column": "attempts.columns",
}
"""The keys of a fit file for options that are called otherwise; others only have their dashes turned."""

_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)( (?:[\w./@-]+=)?[A-Z]{3,}(?:,[A-Z]+)*)?(?![\w-])")


@dataclass(frozen=True)
class FittedFile:
    """What a fit file describes.

    Attributes:
        models: by id, in the order of the file.
        scenarios: by id; empty where the file has none.
        fits: how the models that have no recorded attempts were put together, by id.
        warnings: where parts do not seem to belong together, and prices of other names; each with the models.
        notes: what else has to be known, in sentences, each with the models.
        files: all that were read.
    """

    models: Mapping[str, Model]
    scenarios: Mapping[str, Scenario]
    fits: Mapping[str, Fit] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def fit_file(path: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None) -> FittedFile:
    """Put together the models that a fit file describes.

    Each file that it names, relative to itself, is read once.

    Args:
        path: the fit file, YAML.
        progress: called with how many bytes of a file are read, of how many.

    Raises:
        CatalogError: (a ValueError) one line for every error of the file and of those that it names, with the line and
            the key where it stands.
    """
    document = read_yaml(path)
    return _FileFit(document, SharedFiles(Path(path).parent, progress)).fitted()


class _FileFit:
    """The models of one file as they are put together, and all errors of it."""

    def __init__(self, document: Document, files: SharedFiles) -> None:
        self.document, self.files = document, files
        self.errors: list[str] = []
        self.models: dict[str, Model] = {}
        self.fits: dict[str, Fit] = {}
        self.said: dict[str, dict[str, list[str]]] = {"warnings": {}, "notes": {}}

    def fitted(self) -> FittedFile:
        """All of it.

        Raises:
            CatalogError: (a ValueError) every error.
        """
        data = self.document.data
        if not isinstance(data, dict):
            raise CatalogError(self.document.error_at((), f"must hold the key models, got {shown(data)}"))
        for key in data:
            if key not in _SECTIONS:
                known = f"unknown key{did_you_mean(key, _SECTIONS)}; known are: {', '.join(_SECTIONS)}"
                self.refuse((key,), known)
        defaults, models, scenarios = (self._section(data, name) for name in _SECTIONS)
        for name in ("name", "family", "effort"):
            if name in defaults:
                self.refuse(("defaults", name), "must stand in each model, not in the defaults")
                del defaults[name]
        if not models and not self.errors:
            self.refuse(("models",), "must hold at least one model")
        for key, own in models.items():
            self._add(key, own, defaults)
        found = {key: self._scenario(key, values) for key, values in scenarios.items()}
        budgets = {key: scenario for key, scenario in found.items() if scenario is not None}
        if not self.errors:
            for place, why in disagreements(self.models, budgets):
                self.refuse(place, why)
        if self.errors:
            raise CatalogError(list(dict.fromkeys(self.errors)))
        warnings, notes = (
            tuple(f"{', '.join(keys)}: {sentence}" for sentence, keys in self.said[kind].items()) for kind in self.said
        )
        return FittedFile(self.models, budgets, self.fits, warnings, notes, tuple(self.files.paths))

    def refuse(self, place: Location, *sentences: str) -> None:
        """Note what is wrong at a place of the file."""
        self.errors += [self.document.error_at(place, in_keys(sentence)) for sentence in sentences]

    def _section(self, data: Mapping[str, Any], name: str) -> dict[str, Any]:
        values = data.get(name, {})
        if values is None or not isinstance(values, dict):
            what = {"defaults": "keys of models to values"}.get(name, f"ids to {name}")
            self.refuse((name,), f"must map {what}, got {shown(values)}")
            return {}
        return dict(values)

    def _scenario(self, key: str, values: Any) -> Scenario | None:
        try:
            return Scenario.model_validate(values)
        except ValidationError as error:
            for found in error.errors():
                self.refuse(("scenarios", key, *place_of(found)), sentence_of(found, Scenario))
            return None

    def _add(self, key: str, own: Any, defaults: Mapping[str, Any]) -> None:
        """Put one model together."""
        if not key.strip():
            self.refuse(("models", key), "an id must not be empty")
        if not isinstance(own, dict):
            self.refuse(("models", key), f"must hold keys and values, got {shown(own)}")
            return
        values = _completed(own, defaults)
        if values.get("attempts") is not None:
            alone = [name for name in own if name not in OF_ATTEMPTS and name in FitEntry.model_fields]
            for name in alone:
                self.refuse(("models", key, name), "must not be given with attempts, which have all of it")
            known = FitEntry.model_fields
            values = {name: value for name, value in values.items() if name in OF_ATTEMPTS or name not in known}
        entry, refused = self._entry(key, values)
        if entry.attempts is not None:
            self._from_attempts(key, entry, entry.attempts)
        elif "attempts" not in refused:
            self._from_files(key, entry, values, refused)

    def _entry(self, key: str, values: Mapping[str, Any]) -> tuple[FitEntry, set[str]]:
        """A model as far as it is valid, so that its files are looked at too, and the keys that are not."""
        try:
            return FitEntry.model_validate(values), set()
        except ValidationError as error:
            places = [(place_of(found), sentence_of(found, FitEntry)) for found in error.errors()]
        for place, sentence in places:
            self.refuse(self._place(key, place), sentence)
        refused = {str(place[0]) for place, _ in places}
        return FitEntry.model_validate({name: value for name, value in values.items() if name not in refused}), refused

    def _place(self, key: str, location: Location) -> Location:
        """Where a value of a model stands: in the model, or else among the defaults."""
        for depth in range(len(location), 0, -1):
            for above in (("models", key), ("defaults",)):
                if (*above, *location[:depth]) in self.document.lines:
                    return (*above, *location)
        return ("models", key, *location)

    def _attempt(self, key: str, location: Location, read: Callable[[], Any]) -> Any:
        """What is read; None where it is refused, which is noted at the place that asks for it."""
        try:
            return read()
        except MooInferenceError as error:
            self.refuse(self._place(key, location), *error.errors)
            return None

    def _from_files(self, key: str, entry: FitEntry, values: Mapping[str, Any], invalid: set[str]) -> None:
        before = len(self.errors)
        if entry.keep == "all":
            self.refuse(self._place(key, ("keep",)), "must be oracle, verifier or majority, got 'all' without attempts")
        parts = {
            "price": self._price(key, entry),
            "serving": self._serving(key, entry),
            "loads": self._loads(key, entry),
            "lengths": self._lengths(key, entry),
            "outcomes": self._outcomes(key, entry),
        }
        gone = {name for name, part in zip(_FILES, parts.values(), strict=True) if part is None and values.get(name)}
        refused = invalid | gone
        unsure = {f"{key}: still missing is {MISSING[what]}" for name in refused for what in _GIVES.get(name, ())}
        options: dict[str, Any] = {}
        if "outcomes" not in refused and entry.keep != "all":
            options |= {"keep": entry.keep, "distribution": entry.distribution}
        if "prices" not in refused:
            options |= {"cached_prompt": entry.cached_prompt}
        try:
            parts["loads"] = parts["loads"] or ()
            found = fit_model(key, **parts, given=_given(entry, values, refused), **options)
        except SettingError as error:
            lacking = [sentence for sentence in error.errors if sentence not in unsure]
            self.refuse(("models", key), *(sentence.removeprefix(f"{key}: ") for sentence in lacking))
            return
        if len(self.errors) > before:
            return
        names = {name: getattr(entry, name) for name in ("name", "family", "effort")}
        own = {name: value for name, value in names.items() if value is not None}
        self.models[key] = found.model.replace(**own) if own else found.model
        self.fits[key] = found
        self._say(key, found.warnings, [note for note in found.notes if note not in found.warnings])

    def _say(self, key: str, warnings: Iterable[str], notes: Iterable[str]) -> None:
        for kind, sentences in (("warnings", warnings), ("notes", notes)):
            for sentence in sentences:
                self.said[kind].setdefault(in_keys(sentence), []).append(key)

    def _price(self, key: str, entry: FitEntry) -> Any:
        source = entry.prices
        if source is None:
            return None
        if source.key is None:
            self.refuse(self._place(key, ("prices", "key")), "must be given")
            return None
        found = self._terms_and_list(key, entry, source)
        return found and self._attempt(key, ("prices", "key"), lambda: found[0].of(found[1].price(source.key)))

    def _terms_and_list(self, key: str, entry: FitEntry, source: PricesSource) -> tuple[PriceTerms, Any] | None:
        """How queries are sent, and the price list."""
        own = (source.mode, source.factor, source.off_peak_share, source.time, source.date)
        terms = self._attempt(key, ("prices",), lambda: PriceTerms(*own))
        if terms is None:
            return None
        meant = {"free": entry.allow_free, "expensive": entry.allow_expensive, **terms.reading}
        listed = self._attempt(key, ("prices", "file"), lambda: self.files.read(source.file, "prices", **meant))
        return None if listed is None else (terms, listed)

    def _serving(self, key: str, entry: FitEntry) -> Any:
        source = entry.serving
        if source is None:
            return None
        runs = self._attempt(key, ("serving", "file"), lambda: self.files.read(source.file, "serving"))
        if runs is None:
            return None
        return self._attempt(key, ("serving", "run"), lambda: choose_run(runs, source.run))

    def _loads(self, key: str, entry: FitEntry) -> Any:
        folders = [self._attempt(key, ("loads",), partial(self.files.listed, file)) for file in entry.loads]
        files = [file for own in folders for file in own or ()]
        read = [self._attempt(key, ("loads",), partial(self.files.read, file, "serving")) for file in files]
        if None in folders:
            return None
        return None if None in read else [run for runs in read for run in runs]

    def _lengths(self, key: str, entry: FitEntry) -> Any:
        source = entry.lengths
        if source is None:
            return None
        form = "lengths_csv" if source.columns else None
        return self._attempt(key, ("lengths",), lambda: self.files.read(source.file, "lengths", form, **source.columns))

    def _outcomes(self, key: str, entry: FitEntry) -> Any:
        source = entry.outcomes
        if source is None:
            return None
        named = {"correct": source.system, "filter": source.filter, "metric": source.metric}
        options = {**source.columns, **{name: value for name, value in named.items() if value is not None}}
        # Columns that are named make a table of what is recognised as none.
        form = "outcomes_table" if {"question", "correct"} <= options.keys() else None
        return self._attempt(key, ("outcomes",), lambda: self.files.read(source.file, "outcomes", form, **options))

    def _from_attempts(self, key: str, entry: FitEntry, source: RecordedSource) -> None:
        from moo_inference.fitting.recorded_models import Priced, fit_attempts  # noqa: PLC0415 (pandas is slow to load)

        attempts = self._attempt(key, ("attempts",), lambda: self.files.attempts(source))
        priced = None if entry.prices is None else self._terms_and_list(key, entry, entry.prices)
        if attempts is None or (entry.prices is not None and priced is None):
            return
        if source.of is None and len(attempts.models) > 1:
            self.refuse(("models", key, "attempts"), f"of must be one of: {', '.join(attempts.models)}")
            return
        of = source.of or attempts.models[0]
        terms, listed = priced or (PriceTerms(), None)
        keys = {of: entry.prices.key} if entry.prices is not None and entry.prices.key is not None else {}
        found = self._attempt(
            key,
            ("attempts",),
            lambda: fit_attempts(
                attempts,
                Priced(listed, keys, terms),
                of=[of],
                keep=entry.keep,
                parallel=entry.parallel,
                latency=entry.latency,
                least_samples=source.least_samples,
            ),
        )
        if found is None:
            return
        names = {"name": entry.name or key, "family": entry.family, "effort": entry.effort}
        own = {name: value for name, value in names.items() if value is not None}
        self.models[key] = found.models[of].replace(**own)
        self._say(key, found.warnings, found.notes)


def _completed(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A model's own values over the defaults, those of a mapping key by key."""
    values = {**defaults, **own}
    for name in own.keys() & defaults.keys():
        if isinstance(own[name], dict) and isinstance(defaults[name], dict):
            values[name] = {**defaults[name], **own[name]}
    return values


def _given(entry: FitEntry, values: Mapping[str, Any], refused: set[str]) -> Given:
    """What an entry gives by hand, as it stands in the file, without what is refused."""
    by_hand = ("input_tokens", "output_tokens", "reasoning_tokens", "request_seconds", "accuracy")
    return Given(
        entry.input_price,
        entry.output_price,
        resources=flattened({"resources": entry.model_dump()["resources"]}),
        parallel=entry.parallel,
        latency=entry.latency,
        shared_prompt=entry.shared_prompt,
        free=entry.allow_free,
        price_checked=entry.allow_expensive,
        usd_per_hour=entry.usd_per_hour,
        replicas=entry.replicas,
        **{name: values.get(name) for name in by_hand if name not in refused},
    )


def in_keys(sentence: str) -> str:
    """A sentence with the keys of a fit file in the place of the options of the command line."""
    return _OPTION.sub(lambda found: _KEYS.get(found[1], found[1].replace("-", "_")), sentence)
