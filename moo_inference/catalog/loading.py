"""Catalogs from and to files."""

import io
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from moo_inference.catalog import published
from moo_inference.catalog.accuracy import with_kind
from moo_inference.catalog.base import Frozen
from moo_inference.catalog.catalog import Catalog, disagreements
from moo_inference.catalog.messages import place_of, sentence_of, shown
from moo_inference.catalog.model import Model
from moo_inference.catalog.pipeline import Pipeline, misfits
from moo_inference.catalog.recorded_model import refuse_recorded
from moo_inference.catalog.resource import flattened
from moo_inference.catalog.scenario import Scenario
from moo_inference.documents.document import Document, Location
from moo_inference.documents.files import write_atomically
from moo_inference.documents.yaml_file import parse_yaml, plain_scalar, read_yaml
from moo_inference.errors import CatalogError, OutputError, ReaderError, SettingError, did_you_mean, of_kind
from moo_inference.formatting.visible import visible

_WIDTH = 110

_NULL_IS_SET = ("c_max", "t_max", "a_min", "std")
"""Fields in which null has a meaning."""

_SECTIONS: dict[str, type[Frozen]] = {"models": Model, "scenarios": Scenario, "pipelines": Pipeline}


def load_catalog(source: str | os.PathLike[str] = "paper") -> Catalog:
    """Load a catalog.

    Args:
        source: `"paper"` for the built-in nine models and three scenarios of the paper, or a path to YAML, in
            this project's schema or in that of the paper's published configuration (`c_in`, `c_out` in USD per
            token and so on; it holds no scenarios, so the paper's three are used).

    Raises:
        CatalogError: (a ValueError) one line for every error of the file, with the file, the line and the key.
    """
    if not isinstance(source, str | os.PathLike):
        raise SettingError(f"source must be 'paper' or the path of a catalog file, got {shown(source)}")
    path = str(files("moo_inference.catalog") / "paper.yaml") if source == "paper" else source
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
    return _build(_named_as_now(document))


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


def parse_catalog(content: bytes, name: str) -> Catalog:
    """The catalog in the bytes of a file; `name` names the file in messages.

    Raises:
        CatalogError: (a ValueError) as `load_catalog`.
    """
    return _build(_named_as_now(parse_yaml(content, name)))


def save_catalog(catalog: Catalog, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a catalog as YAML that `load_catalog` reads back equal. The file appears whole or not at all.

    Args:
        catalog: what to write.
        path: where to. Of a catalog that is there, comments stay, and so does every entry that is as it was.
        overwrite: replace whatever is there.

    Raises:
        OutputError: (an OSError) another file is there, or a catalog with entries that this one has not; or the file
            cannot be written.
        SettingError: (a ValueError) a model has recorded attempts, for which a catalog file has no place.
    """
    of_kind("catalog", catalog, Catalog)
    refuse_recorded(catalog.models)
    there = b"" if overwrite else _content(path)
    write_atomically(path, _updated(catalog, path, there) if there else catalog_to_yaml(catalog))


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
        before = _build(document)
    except CatalogError as error:
        raise OutputError(f"{path}: is there already and is no catalog: {remedy}") from error
    if published.is_published(document.data):
        raise OutputError(f"{path}: is a catalog in the schema of the paper's code, which is not written: {remedy}")
    now, old = catalog_to_dict(catalog), catalog_to_dict(before)
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
    if _build(_named_as_now(parse_yaml(text.encode(), str(path)), quietly=True)) != catalog:
        raise OutputError(f"{path}: cannot be changed with its comments kept: {remedy}")
    return text


def catalog_to_yaml(catalog: Catalog) -> str:
    """The catalog as YAML that `parse_catalog` reads back equal."""
    return to_yaml(catalog_to_dict(catalog))


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


def catalog_to_dict(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """The catalog as the file's plain values. Flags that are not set are left out, and a section of no pipelines."""
    return {
        section: {key: _set_values(flattened(entry.model_dump())) for key, entry in getattr(catalog, section).items()}
        for section in _SECTIONS
        if section != "pipelines" or catalog.pipelines
    }


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


def _build(document: Document) -> Catalog:
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
    entries: dict[str, dict[str, Any]] = {}
    for section, kind in _SECTIONS.items():
        entries[section] = _entries(document, data.get(section, {}), section, kind, own_location, errors)
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
    kind: type[Frozen],
    own_location: Callable[[Location], Location],
    errors: list[str],
) -> dict[str, Any]:
    if not isinstance(data, dict):
        errors.append(document.error_at((section,), f"must map ids to {section}, got {shown(data)}"))
        return {}
    built: dict[str, Any] = {}
    for key, values in data.items():
        if not key.strip():
            errors.append(document.error_at((section, key), "an id must not be empty"))
        try:
            built[key] = kind.model_validate(values)
        except ValidationError as error:
            errors.extend(
                document.error_at(own_location((section, key, *place_of(finding))), sentence_of(finding, kind))
                for finding in error.errors()
            )
    return built
