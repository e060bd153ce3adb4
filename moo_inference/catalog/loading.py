"""Catalogs from and to files."""

import io
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from moo_inference.catalog import published
from moo_inference.catalog.accuracy import with_kind
from moo_inference.catalog.attempt_files import MEASURED, AttemptFiles
from moo_inference.catalog.base import Frozen
from moo_inference.catalog.catalog import Catalog, disagreements
from moo_inference.catalog.messages import place_of, sentence_of, shown
from moo_inference.catalog.model import Model
from moo_inference.catalog.pipeline import Pipeline, misfits
from moo_inference.catalog.recorded_entry import AttemptsSource, RecordedEntry, is_recorded_entry
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.resource import flattened
from moo_inference.catalog.scenario import Scenario
from moo_inference.documents.document import Document, Location
from moo_inference.documents.files import write_atomically
from moo_inference.documents.yaml_file import parse_yaml, plain_scalar, read_yaml
from moo_inference.errors import (
    CatalogError,
    MooInferenceError,
    OutputError,
    ReaderError,
    SettingError,
    did_you_mean,
    of_kind,
)
from moo_inference.formatting.visible import visible

_WIDTH = 110

BUILT_IN = {
    "paper": str(Path(__file__).with_name("paper.yaml")),
    **{name: str(MEASURED / f"{name}.yaml") for name in ("gpqa-diamond", "otis-mock-aime")},
}
"""The built-in catalogs by name."""

_NULL_IS_SET = ("c_max", "t_max", "a_min", "std")
"""Fields in which null has a meaning."""

_OF_FITS = {"prices", "serving", "lengths", "outcomes", "input_price", "output_price"}
"""Keys of a model in a fit file, and in no catalog."""

_SECTIONS: dict[str, type[Frozen]] = {"models": Model, "scenarios": Scenario, "pipelines": Pipeline}


def load_catalog(source: str | os.PathLike[str] = "paper") -> Catalog:
    """Load a catalog.

    Args:
        source: the name of a built-in catalog, or a path to YAML. `"paper"` is the nine models and three scenarios of
            the paper; `"gpqa-diamond"` and `"otis-mock-aime"` hold real attempts of real models. A file is in this
            project's schema or in that of the paper's published configuration (`c_in`, `c_out` in USD per token and so
            on; it holds no scenarios, so the paper's three are used). The files of recorded attempts stand relative to
            it.

    Raises:
        CatalogError: (a ValueError) one line for every error of the file, with the file, the line and the key.
    """
    if not isinstance(source, str | os.PathLike):
        names = ", ".join(map(repr, BUILT_IN))
        raise SettingError(f"source must be one of {names}, or the path of a catalog file, got {shown(source)}")
    path = BUILT_IN[source] if isinstance(source, str) and source in BUILT_IN else source
    try:
        document = read_yaml(path)
    except CatalogError as error:
        other = _other_file(path)
        if other is None:
            raise
        raise other from error
    if not isinstance(document.data, dict) or not any(section in document.data for section in _SECTIONS):
        other = _other_file(path)
        if other is not None:
            raise other
    if _is_fit_file(document.data):
        way = "`moo-inference fit FILE --out catalog.yaml` makes one of it"
        raise CatalogError(f"{path}: must be a catalog, got a fit file, which says what a catalog is made of: {way}")
    return _build(_named_as_now(document), [Path(path).parent])


def _is_fit_file(data: Any) -> bool:
    """Whether it names the files that models are made of."""
    models = data.get("models") if isinstance(data, dict) else None
    entries = [entry for entry in models.values() if isinstance(entry, dict)] if isinstance(models, dict) else []
    return bool(entries) and ("defaults" in data or any(_OF_FITS & entry.keys() for entry in entries))


def _other_file(path: str | os.PathLike[str]) -> CatalogError | None:
    """What to do with a file that is no catalog, where it is one of another known kind."""
    from moo_inference.readers.registry import recognise  # noqa: PLC0415 (only where a file is invalid)

    try:
        known = recognise(path)
    except ReaderError:
        return None
    if known.kind == "catalog":
        return None
    way = (
        "`moo-inference candidates FILE` chooses among its rows"
        if known.kind == "candidates"
        else "`moo-inference fit` makes a catalog of it and others"
    )
    return CatalogError(f"{path}: must be a catalog, got a file of another kind ({known.name}): {way}")


def as_catalog(catalog: object) -> Catalog:
    """A catalog as it is, or the one of a file that is named, as in `load_catalog`.

    Raises:
        SettingError: (a ValueError) it is neither.
        CatalogError: (a ValueError) the file is invalid.
    """
    if isinstance(catalog, Catalog):
        return catalog
    if isinstance(catalog, str | os.PathLike):
        return load_catalog(catalog)
    raise SettingError(f"catalog must be a Catalog or the path of a catalog file, got {shown(catalog)}")


def parse_catalog(content: bytes, name: str, folder: str | os.PathLike[str] = ".") -> Catalog:
    """The catalog in the bytes of a file.

    Args:
        content: the bytes.
        name: names the file in messages.
        folder: where the files of recorded attempts are looked for.

    Raises:
        CatalogError: (a ValueError) as `load_catalog`.
    """
    return _build(_named_as_now(parse_yaml(content, name)), [folder])


def save_catalog(catalog: Catalog, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a catalog as YAML that `load_catalog` reads back equal. The file appears whole or not at all.

    Args:
        catalog: what to write.
        path: where to. Of a catalog that is there, comments stay, and so does every entry that is as it was.
        overwrite: replace whatever is there.

    Raises:
        OutputError: (an OSError) another file is there, or a catalog with entries that this one has not; or the file
            cannot be written.
        SettingError: (a ValueError) a model has recorded attempts that came from no file.
    """
    of_kind("catalog", catalog, Catalog)
    _refuse_without_file(catalog.models)
    there = b"" if overwrite else _content(path)
    write_atomically(path, _updated(catalog, path, there) if there else catalog_to_yaml(catalog, Path(path).parent))


def _content(path: str | os.PathLike[str]) -> bytes:
    """What a file holds; nothing where there is none that could be lost."""
    try:
        return Path(path).read_bytes() if os.path.isfile(path) else b""
    except OSError as error:
        raise OutputError(f"{path}: cannot be read before it is replaced: {error.strerror or error}") from error


def _updated(catalog: Catalog, path: str | os.PathLike[str], there: bytes) -> str:
    """The text of a file that holds a catalog, with the entries that are new or other now."""
    from ruamel.yaml import YAML  # noqa: PLC0415 (only where a file is there already)

    remedy = "take another name, or --force (overwrite=True from Python) to replace it"
    try:
        document = _named_as_now(parse_yaml(there, str(path)), quietly=True)
        before = _build(document, [Path(path).parent])
    except CatalogError as error:
        raise OutputError(f"{path}: is there already and is no catalog: {remedy}") from error
    if published.is_published(document.data):
        raise OutputError(f"{path}: is a catalog in the schema of the paper's code, which is not written: {remedy}")
    now, old = (catalog_to_dict(one, Path(path).parent) for one in (catalog, before))
    lost = [key for section in old for key in old[section] if key not in now.get(section, {})]
    if lost:
        raise OutputError(f"{path}: has {', '.join(lost)}, which would be lost: {remedy}")
    yaml_with_comments = YAML()
    yaml_with_comments.preserve_quotes = True
    yaml_with_comments.width = _WIDTH
    existing = yaml_with_comments.load(there.decode("utf-8-sig"))
    for section, entries in now.items():
        for key, entry in entries.items():
            if old.get(section, {}).get(key) != entry:
                # By way of the text, whose quotes this project's reader understands.
                existing.setdefault(section, {}).update(yaml_with_comments.load(to_yaml({key: entry})))
    stream = io.StringIO()
    yaml_with_comments.dump(existing, stream)
    text = stream.getvalue()
    if _build(_named_as_now(parse_yaml(text.encode(), str(path)), quietly=True), [Path(path).parent]) != catalog:
        raise OutputError(f"{path}: cannot be changed with its comments kept: {remedy}")
    return text


def catalog_to_yaml(catalog: Catalog, folder: str | os.PathLike[str] | None = None) -> str:
    """The catalog as YAML that `parse_catalog` reads back equal; `folder` as in `catalog_to_dict`."""
    return to_yaml(catalog_to_dict(catalog, folder))


def to_yaml(values: Mapping[str, Any]) -> str:
    """Plain values as YAML that is read back equal, by this project's reader and by YAML 1.1."""
    # What is made visible stands between double quotes, where the escapes are YAML's own.
    return visible(yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH))


class _Dumper(yaml.SafeDumper):
    """PyYAML quotes by YAML 1.1, where 1e-6 is text; the reader takes that for a number."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.isprintable() and visible(text) == text and isinstance(plain_scalar(text), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _represent_list(dumper: yaml.SafeDumper, values: tuple[Any, ...]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=not isinstance(values[0], dict))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(tuple, _represent_list)


def catalog_to_dict(catalog: Catalog, folder: str | os.PathLike[str] | None = None) -> dict[str, dict[str, Any]]:
    """The catalog as the file's plain values. Flags that are not set are left out, and a section of no pipelines.

    Args:
        catalog: the catalog.
        folder: where the file will be, to which the files of recorded attempts are relative; None names these by name,
            size and sha256, wherever they are.
    """
    return {
        section: {key: _plain(entry, folder) for key, entry in getattr(catalog, section).items()}
        for section in _SECTIONS
        if section != "pipelines" or catalog.pipelines
    }


def _plain(entry: Frozen, folder: str | os.PathLike[str] | None) -> dict[str, Any]:
    values = _set_values(flattened(entry.model_dump()))
    if folder is not None and isinstance(entry, RecordedModel) and entry.entry is not None:
        values["attempts"] = _with_files(values["attempts"], entry.entry.attempts, folder)
        first = entry.entry.escalates_from
        if first is not None:
            own = values["escalates_from"]
            values["escalates_from"] = {**own, "attempts": _with_files(own["attempts"], first.attempts, folder)}
    return values


def _with_files(values: dict[str, Any], source: AttemptsSource, folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The values of a source with its files relative to a folder, in place of what identifies them anywhere."""
    named = [_as_seen_from(path, folder) for path in source.paths]
    others = {name: value for name, value in values.items() if name not in ("file", "bytes", "sha256")}
    return {"file": named[0] if len(named) == 1 else tuple(named), **others}


def _as_seen_from(path: str, folder: str | os.PathLike[str]) -> str:
    """A file relative to a folder; one of a built-in catalog by its name."""
    if Path(path).parent == MEASURED:
        return Path(path).name
    return Path(os.path.relpath(path, os.path.abspath(folder))).as_posix()


def _refuse_without_file(models: Mapping[str, Model]) -> None:
    """Refuse to write models whose attempts are in no file.

    Raises:
        SettingError: (a ValueError) every such model is named.
    """
    errors = [
        f"models.{key}: its attempts must come from a file, which the catalog then names (read_attempts); got "
        f"{len(model.attempts.cost):,} attempts from none"
        for key, model in models.items()
        if isinstance(model, RecordedModel) and model.entry is None
    ]
    if errors:
        raise SettingError(errors)


def _set_values(values: dict[str, Any]) -> dict[str, Any]:
    """What is set, of an entry and of what is inside it."""
    return {
        name: _set_inside(value) if name != "questions" else value
        for name, value in values.items()
        if (value is not None or name in _NULL_IS_SET) and value is not False and not _empty(value)
    }


def _set_inside(value: Any) -> Any:
    if isinstance(value, tuple) and isinstance(value[0], dict):
        return tuple(map(_set_values, value))
    return _set_values(value) if isinstance(value, dict) else value


def _empty(value: Any) -> bool:
    return isinstance(value, tuple | dict) and not value


def with_kinds(data: Any) -> Any:
    """The values of a catalog with `kind` in place of `law` in every accuracy; see `with_kind`."""
    models = data.get("models") if isinstance(data, Mapping) else None
    if not isinstance(models, Mapping):
        return data
    renamed = {
        key: {**values, "accuracy": accuracy}
        for key, values in models.items()
        if isinstance(values, Mapping) and (accuracy := with_kind(values.get("accuracy"))) is not values.get("accuracy")
    }
    return {**data, "models": {**models, **renamed}} if renamed else data


def _named_as_now(document: Document, *, quietly: bool = False) -> Document:
    """A document whose keys of before have their names of now, with one warning for all of it."""
    data = with_kinds(document.data)
    if data is document.data:
        return document
    if not quietly:
        warnings.warn(f"{document.path}: law of an accuracy is kind now", FutureWarning, stacklevel=3)
    lines = {(*place[:-1], "kind") if place[3:] == ("law",) else place: line for place, line in document.lines.items()}
    return replace(document, data=data, lines=lines)


def _build(document: Document, folders: Sequence[str | os.PathLike[str]]) -> Catalog:
    data = document.data
    if not isinstance(data, dict):
        raise CatalogError(document.error_at((), f"must hold the keys models and scenarios, got {shown(data)}"))
    own_location = _same
    if published.is_published(data):
        own_location = published.own_location
        data, errors = published.translate(document)
        scenarios: Mapping[str, Scenario] = {} if "scenarios" in data else load_catalog("paper").scenarios
    else:
        errors = [
            document.error_at(
                (key,), f"unknown key{did_you_mean(key, list(_SECTIONS))}; known are: {', '.join(_SECTIONS)}"
            )
            for key in data
            if key not in _SECTIONS
        ]
        scenarios = {}
    attempts = AttemptFiles(folders)
    entries: dict[str, dict[str, Any]] = {}
    for section in _SECTIONS:
        entries[section] = _entries(document, data.get(section, {}), section, own_location, attempts, errors)
    known = list(data["models"]) if isinstance(data.get("models"), dict) else []
    pipelines = data.get("pipelines")
    for key, values in pipelines.items() if isinstance(pipelines, dict) else ():
        errors += [document.error_at(("pipelines", key, *place), said) for place, said in misfits(values, known)]
    if not entries["models"] and not errors:
        errors.append(document.error_at(("models",), "must hold at least one model"))
    if not errors:
        errors += [
            document.error_at(place, why) for place, why in disagreements(entries["models"], entries["scenarios"])
        ]
    if errors:
        raise CatalogError(errors)
    return Catalog(
        models=entries["models"], scenarios=entries["scenarios"] or scenarios, pipelines=entries["pipelines"]
    )


def _same(location: Location) -> Location:
    return location


def _entries(
    document: Document,
    data: Any,
    section: str,
    own_location: Callable[[Location], Location],
    attempts: AttemptFiles,
    errors: list[str],
) -> dict[str, Any]:
    if not isinstance(data, dict):
        errors.append(document.error_at((section,), f"must map ids to {section}, got {shown(data)}"))
        return {}
    built: dict[str, Any] = {}
    for key, values in data.items():
        if not key.strip():
            errors.append(document.error_at((section, key), "an id must not be empty"))
        kind = RecordedEntry if section == "models" and is_recorded_entry(values) else _SECTIONS[section]
        try:
            entry = kind.model_validate(values)
            built[key] = attempts.model(entry) if isinstance(entry, RecordedEntry) else entry
        except ValidationError as error:
            errors.extend(
                document.error_at(own_location((section, key, *place_of(finding))), sentence_of(finding, kind))
                for finding in error.errors()
            )
        except MooInferenceError as error:
            errors.extend(document.error_at((section, key, "attempts"), sentence) for sentence in error.errors)
    return built
