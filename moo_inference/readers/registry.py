"""All formats: a file's is recognised by its content and not by its name, and its reader called."""

import codecs
import csv
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from moo_inference.documents.document import printable
from moo_inference.documents.json_file import read_bytes, steps
from moo_inference.documents.yaml_file import read_yaml
from moo_inference.errors import ReaderError, SettingError, did_you_mean, unknown_name
from moo_inference.formatting.words import with_article
from moo_inference.readers.column_names import parquet_columns
from moo_inference.readers.format import Format, Shape
from moo_inference.readers.serving.run import trace_of

MODULES = (
    "prices.litellm",
    "prices.genai_prices",
    "prices.openrouter",
    "prices.llm_prices",
    "prices.models_dev",
    "traces.azure",
    "traces.burstgpt",
    "traces.any_table",
    "serving.inference_perf",
    "serving.genai_perf",
    "serving.aiperf_records",
    "serving.vllm",
    "serving.sglang",
    "serving.inferencex",
    "serving.llmperf",
    "serving.guidellm",
    "evaluations.lm_eval",
    "evaluations.humaneval",
    "evaluations.evalplus",
    "evaluations.large_language_monkeys",
    "evaluations.livecodebench",
    "evaluations.any_table",
    "evaluations.candidates",
    "evaluations.aider",
    "evaluations.bfcl",
    "attempts.inspect_log",
    "attempts.promptfoo",
    "attempts.table",
)
"""Each has a `FORMAT`; they are listed and, where nothing else decides, tried in this order."""

_CATALOG = re.compile(r"^(models|scenarios)[ \t]*:", re.MULTILINE)
_YAML = re.compile(r"(?:\s*(?:#.*)?\n|---[ \t]*\n)*+[\w-]+[ \t]*:(?:\s|\Z)")

CATALOG = Format(
    "catalog",
    "catalog",
    "catalog",
    read_yaml,
    json=lambda shape: any(
        shape.has("models", "*", name) for name in ("usd_per_million_input_tokens", "c_in", "input_tokens")
    ),
    text=lambda text: bool(_YAML.match(text) and _CATALOG.search(text)),
)
"""This package's own; it is read and checked by `load_catalog`."""

FORMATS: Mapping[str, Format] = {
    form.id: form for form in (*(import_module(f"moo_inference.readers.{name}").FORMAT for name in MODULES), CATALOG)
}
KINDS = tuple(dict.fromkeys(form.kind for form in FORMATS.values()))

_IN_TURN = sorted(FORMATS.values(), key=lambda form: form.turn)
_BEGINNINGS = (1 << 16, 1 << 20, 1 << 24)
"""How many bytes are looked at, more only if fewer do not decide."""


@dataclass(frozen=True)
class Recognised:
    """The format of a file.

    Attributes:
        path: the file, as the user named it.
        format: the format's id, e.g. `litellm_prices`; `catalog` for a catalog.
        name: the format's name for people.
        kind: one of `KINDS`: what it contains.
        options: of the format's reader, as far as the content shows them, e.g. the names of columns.
        systems: the columns of 0 and 1 where a CSV has one for each system, else empty.
    """

    path: str
    format: str
    name: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    systems: tuple[str, ...] = ()


def recognise(path: str | os.PathLike[str], kind: str | None = None) -> Recognised:
    """Recognise the format of a file from its beginning.

    Args:
        path: the file.
        kind: what is wanted of it, of `KINDS`, where one table may contain several.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, or is in none of the known formats, which are listed.
    """
    text = ""
    for most in _BEGINNINGS:
        content = read_bytes(path, most)
        packed = [form for form in _IN_TURN if form.magic and content.startswith(form.magic)]
        if packed:
            return _recognised(path, packed[0] if len(packed) == 1 else _of_columns(path, packed, kind))
        text = _text(path, content)
        if text.lstrip()[:1] in ("{", "["):
            shape = Shape(text)
            found = _of_kind([form for form in _IN_TURN if form.json and form.json(shape)], kind)
            options = found.header(sorted(shape.keys)) if found and found.header else {}
        else:
            found = next((form for form in _IN_TURN if form.text and form.text(text)), None)
            if found is None:
                return _csv(path, text, kind, whole=len(content) < most)
            options = {}
        if found:
            return _recognised(path, found, options)
        if len(content) < most:
            break
    keys = dict.fromkeys(str(at[-1]) for at, _, _, is_key in steps(text[: _BEGINNINGS[0]], 2) if is_key)
    raise _unknown(path, f"JSON with the keys {', '.join(list(keys)[:12])}" if keys else "JSON without keys")


def read_as(
    path: str | os.PathLike[str],
    kind: str,
    /,
    *,
    format: str | None = None,  # noqa: A002 (what it is)
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Any:
    """What a file holds, as its reader gives it.

    Args:
        path: the file.
        kind: what it is to contain: prices, lengths, serving, outcomes, candidates or attempts.
        format: the format's id, where the file is not to be recognised by its content.
        progress: called with the bytes read and the bytes in all, where the reader reports them.
        options: of the format's reader.

    Raises:
        ReaderError: (a ValueError) the file contains something else (single requests of a benchmark contain lengths
            too), is in no known format, breaks the rules of its own, or holds several systems or filters of which none
            is chosen; they are listed.
        SettingError: (a ValueError) the format's reader has no such option.
    """
    known = recognise(path, kind) if format is None else as_format(path, format)
    single = kind == "lengths" and known.kind == "serving"
    if known.kind != kind and not single:
        raise ReaderError(f"{path}: expected {kind}, got {with_article(known.name)}, which contains {known.kind}")
    if known.systems and "correct" not in options:
        raise ReaderError(f"{path}: must have one system chosen (--system COLUMN) of: {', '.join(known.systems)}")
    found = FORMATS[known.format].read(path, **reader_options(known, options, progress))
    if options.get("correct") in known.systems:
        # The column of a system is all that the reader is told.
        found = replace(found, model=options["correct"])
    return trace_of(path, found) if single else found


def as_format(path: str | os.PathLike[str], name: str) -> Recognised:
    """A file as one of a format that the user named.

    Raises:
        UnknownNameError: (a LookupError) there is no such format.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, list(FORMATS))
    return _recognised(path, FORMATS[name])


def reader_options(
    known: Recognised, options: Mapping[str, Any], progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """What the reader of a recognised file is called with: what its content shows, and before it what the user gives.

    Args:
        known: the file and its format.
        options: what the user gives.
        progress: called with how many bytes are read, of how many.

    Raises:
        SettingError: (a ValueError) the reader has no such option; all of them are named.
    """
    takes = inspect.signature(FORMATS[known.format].read).parameters
    allowed = [name for name in takes if name not in ("path", "progress")]
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise SettingError(
            [
                f"{known.path}: {with_article(known.name)} has no option {name!r}{did_you_mean(name, allowed)}; "
                f"it has: {', '.join(allowed) or 'none'}"
                for name in unknown
            ]
        )
    return {**known.options, **options, **({"progress": progress} if "progress" in takes else {})}


def _recognised(
    path: str | os.PathLike[str],
    form: Format,
    options: Mapping[str, str] | None = None,
    systems: tuple[str, ...] = (),
) -> Recognised:
    return Recognised(str(path), form.id, form.name, form.kind, options or {}, systems)


def _of_columns(path: str | os.PathLike[str], forms: Sequence[Format], kind: str | None) -> Format:
    """Of tables in the same packing the one whose columns are there; the last of them where none can be seen."""
    names = parquet_columns(path)
    return _of_kind([form for form in forms if form.header and form.header(names) is not None], kind) or forms[-1]


def _of_kind(forms: Sequence[Format], kind: str | None) -> Format | None:
    """The first; of tables, which may be of several kinds at once, the first of the wanted kind."""
    wanted = next((form for form in forms if form.kind == kind), None) if forms and forms[0].turn else None
    return wanted or next(iter(forms), None)


def _text(path: str | os.PathLike[str], content: bytes) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except ValueError as error:
        raise ReaderError(f"{path}: must be UTF-8 text or Parquet: {error}") from error


def _unknown(path: str | os.PathLike[str], got: str) -> ReaderError:
    names = ", ".join(form.name for form in FORMATS.values())
    return ReaderError(printable(f"{path}: must be in a known format, got {got}; known are: {names}"))


def _csv(path: str | os.PathLike[str], text: str, kind: str | None, *, whole: bool) -> Recognised:
    lines = text.split("\n")
    if not whole and len(lines) > 1:
        del lines[-1]
    try:
        rows = [row for row in csv.reader(lines) if row]
    except csv.Error as error:
        raise _unknown(path, f"text that is no valid CSV ({error})") from error
    if not rows:
        raise _unknown(path, "an empty file")
    names = tuple(cell.strip() for cell in rows[0])
    if names[0] == "Run Info" or (text.startswith(("benchmarks:", "args:\n", "config:\n")) and "generative" in text):
        raise _unknown(path, "a report of guidellm that is no JSON: give its benchmarks.json")
    by_names = [(form, options) for form in _IN_TURN if form.header and (options := form.header(names)) is not None]
    if by_names:
        # One table may hold token counts and outcomes too.
        form, options = next((one for one in by_names if one[0].kind == kind), by_names[0])
        return _recognised(path, form, options)
    for form in _IN_TURN:
        found = form.cells(names, rows[1:]) if form.cells else None
        if found is not None:
            return _recognised(path, form, *found)
    raise _unknown(path, f"CSV with the columns {', '.join(names[:12])}" if len(names) > 1 else "text")
