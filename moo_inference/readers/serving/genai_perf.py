"""Exports of genai-perf and of AIPerf, its successor: `profile_export_*.json` and `.csv`.

Schema: https://github.com/triton-inference-server/perf_analyzer (genai-perf/genai_perf/export_data) and
https://github.com/ai-dynamo/aiperf. JSON: {input_config, <metric>: {unit, avg, p50, ..., min, max, std}}, and all
metrics below `records` in AIPerf 0.1. CSV: a table of metrics with their percentiles, an empty line, a table of single
values; units stand in the metrics' names; further tables, as of the GPUs, follow. The mean inter-token latency is over
requests.
"""

import csv
import io
import os
import re
from typing import Any

from moo_inference.documents.document import Document, FileErrors, shown
from moo_inference.documents.json_file import read_bytes, read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.serving.checked import LATENCY, MINOR, CheckedValues, inside
from moo_inference.readers.serving.run import (
    FIRST_IS_ALL,
    LOST,
    Load,
    ServingRun,
    Spread,
    identity_notes,
    known,
    level_of,
    nothing_completed,
    of_one_token,
    off_by,
    rebuilt,
)

DEFINITION = "inter_token_latency: (latency - time to first token) / (output tokens - 1); excludes the first token"
METRICS = {
    "request": ("request_latency",),
    "ttft": ("time_to_first_token", "ttft"),
    "per_token": ("inter_token_latency", "itl"),
    "input_tokens": ("input_sequence_length", "isl"),
    "output_tokens": ("output_sequence_length", "osl"),
    "completed": ("request_count",),
    "failed": ("error_request_count",),
    "rate": ("request_throughput",),
}
"""What each metric is called, by version."""

_KNOWN_BY = ("request_latency", "time_to_first_token", "ttft", "inter_token_latency", "error_request_count")
_UNITS_IN_A_SECOND = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "milliseconds"), 1e3),
    **dict.fromkeys(("us", "µs", "microseconds"), 1e6),
    **dict.fromkeys(("ns", "nanoseconds"), 1e9),
}
_LABEL = re.compile(r"(.+?) \(([^()]*)\)\Z")
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][-+]?\d+)?\Z", re.ASCII)


def read_genai_perf(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read an export of genai-perf or AIPerf, in JSON or in CSV.

    Returns:
        One run.

    Raises:
        ReaderError: (a ValueError) the file cannot be parsed, or what the time of requests rests on is not what it must
            be.
    """
    beginning = read_bytes(path, 64).removeprefix(b"\xef\xbb\xbf").lstrip()
    document = read_json(path, refused=()) if beginning.startswith((b"{", b"[")) else _tables(path)
    errors = FileErrors()
    fields = CheckedValues(document, errors)
    metrics = fields.below("records") if fields.holder("records") else fields
    there = {what: next((name for name in names if metrics.holder(name)), None) for what, names in METRICS.items()}
    if not any(there[what] for what in ("request", "ttft", "per_token", "input_tokens", "failed")):
        names = [METRICS[what][0] for what in ("ttft", "per_token", "request", "input_tokens")]
        raise ReaderError(
            document.error_at((), f"must hold at least one of {', '.join(names)}, got {shown(document.data)}")
        )
    request = _seconds(metrics.weighed(LATENCY), there["request"])
    ttft, per_token = (_seconds(metrics, there[what]) for what in ("ttft", "per_token"))
    inward, outward = (
        metrics.spread(name, percentiles=level_of) if (name := there[what]) else None
        for what in ("input_tokens", "output_tokens")
    )
    completed, failed, rate = (_single(metrics.weighed(MINOR), there[what]) for what in ("completed", "failed", "rate"))
    if completed is None and there["request"]:
        completed = metrics.weighed(MINOR).number(there["request"], "count")
    if completed is None and failed and not any(there[what] for what in ("request", "ttft", "per_token")):
        completed = 0.0
    notes: tuple[str, ...] = ()
    measured = request is not None and completed != 0
    if completed == 0:
        request = None
        notes += (nothing_completed(None if failed is None else int(failed), _reason(fields)),)
    elif completed is None:
        notes += ("The number of requests is not given.",)
    if measured:
        notes = (*identity_notes(request, ttft, per_token, outward), *notes)
    elif completed != 0 and of_one_token(ttft, outward):
        request, measured = ttft, True
        notes += (FIRST_IS_ALL,)
    elif completed != 0:
        request = rebuilt(ttft, per_token, outward)
        notes += (LOST if request is None else _rebuilt(per_token, outward),)
    run = ServingRun(
        "genai-perf or AIPerf",
        _model(fields),
        Load(*_requested(fields), rate),
        None if completed is None else int(completed),
        None if failed is None else int(failed),
        request,
        ttft,
        per_token,
        DEFINITION,
        inward,
        outward,
        measured_end_to_end=measured,
        notes=notes,
        where=document.where(),
    )
    settled = fields.settled(run)
    errors.check()
    return (settled,)


def _rebuilt(per_token: Spread | None, outward: Spread | None) -> str:
    return (
        "The latency was not measured: its mean is rebuilt as time to the first token + inter-token latency * (output "
        f"tokens - 1), which is exact only if that latency does not depend on the length of the answer; it may be off, "
        f"{off_by(per_token, outward)}."
    )


def _reason(fields: CheckedValues) -> str:
    """The most frequent error of a run, in its own words."""
    listed = fields.document.data.get("error_summary")
    counted = [
        error
        for error in (listed if isinstance(listed, list) else ())
        if isinstance(inside(error, "count"), int) and isinstance(inside(error, "error_details"), dict)
    ]
    if not counted:
        return ""
    details = max(counted, key=lambda error: error["count"])["error_details"]
    return ": ".join(str(details[key])[:200] for key in ("type", "message") if isinstance(details.get(key), str))


def divisor_of(fields: CheckedValues, *keys: str) -> float | None:
    """How many units of a metric are a second; None where its unit is unknown."""
    unit = fields.raw(*keys, "unit")
    if not isinstance(unit, str) or unit not in _UNITS_IN_A_SECOND:
        fields.refuse([*keys, "unit"], f"must be one of {', '.join(_UNITS_IN_A_SECOND)}, got {shown(unit)}")
        return None
    return _UNITS_IN_A_SECOND[unit]


def _seconds(metrics: CheckedValues, name: str | None) -> Spread | None:
    """A time in seconds, whatever its unit; None where it is unknown."""
    if name is None or metrics.raw(name) is None:
        return None
    divisor = divisor_of(metrics, name)
    return None if divisor is None else known(metrics.spread(name, percentiles=level_of, divisor=divisor))


def _single(metrics: CheckedValues, name: str | None) -> float | None:
    return None if name is None else metrics.number(name, "avg")


def _requested(fields: CheckedValues) -> tuple[float | None, float | None]:
    """Requested rate and concurrency, from the places where the versions keep them."""
    config = fields.raw("input_config")
    stimulus = inside(config, "perf_analyzer", "stimulus")
    phases = inside(config, "phases")
    counted = [
        phase
        for phase in (phases if isinstance(phases, list) else ())
        if isinstance(phase, dict) and phase.get("exclude_from_results") is not True
    ]
    places = [config, stimulus, inside(config, "loadgen"), *counted]
    found: list[float | None] = []
    for names in (("request_rate", "rate"), ("concurrency",)):
        values = {
            float(value)
            for place in places
            if isinstance(place, dict)
            for name in names
            if isinstance(value := place.get(name), int | float) and not isinstance(value, bool) and value > 0
        }
        # Several phases at different loads are at none.
        found.append(values.pop() if len(values) == 1 else None)
    return found[0], found[1]


def _model(fields: CheckedValues) -> str | None:
    config = fields.raw("input_config")
    items = inside(config, "models", "items")
    named = items[0] if isinstance(items, list) and items else None
    for value in (
        inside(config, "model"),
        inside(config, "model_names"),
        inside(config, "endpoint", "model_names"),
        inside(named, "name"),
    ):
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and first:
            return first
    return None


def _tables(path: str | os.PathLike[str]) -> Document:
    """The tables of a CSV that hold metrics, in the shape of the JSON; other tables and columns are left out."""
    name = str(path)
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except ValueError as error:
        raise ReaderError(f"{name}: must be UTF-8 text: {error}") from error
    data: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    odd: dict[tuple[str | int, ...], str] = {}
    columns: list[str] | None = None
    begins = True
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in table:
            if not any(row):
                begins = True
            elif begins or row[0] == "Metric":
                begins = False
                columns = _columns(row)
            elif columns is not None:
                match = _LABEL.match(row[0])
                key = (match[1] if match else row[0]).lower().replace(" ", "_")
                if key in data:
                    odd[(key,)] = f"a metric must stand once, but it stands on line {table.line_num} too"
                    continue
                lines[(key,)] = table.line_num
                if len(row) != len(columns):
                    odd[(key,)] = f"must have {len(columns)} cells, as the table's header has, got {len(row)}"
                cells = dict(zip(columns[1:], row[1:], strict=False))
                data[key] = {"unit": match[2] if match else None} | {
                    column: float(cell.replace(",", "")) if _NUMBER.match(cell) else cell
                    for column, cell in cells.items()
                    if column and cell.strip().lower() not in ("", "n/a")
                }
    except csv.Error as error:
        raise ReaderError(f"{name}:{table.line_num}: must be valid CSV: {error}") from error
    return Document(name, data, lines, odd=odd)


def _columns(header: list[str]) -> list[str] | None:
    """The statistics in a table's columns, "" for a column of something else; None where it is no table of metrics.

    A table that says what each metric is of (`Metric,GPU,avg,...`) is one of something else.
    """
    named = ["avg" if column == "Value" else column for column in header]
    known_ones = [column if column in ("avg", "std") or level_of(column) is not None else "" for column in named]
    return known_ones if header[0] == "Metric" and len(header) > 1 and known_ones[1] else None


FORMAT = Format(
    "genai_perf",
    "genai-perf or AIPerf export",
    "serving",
    read_genai_perf,
    json=lambda shape: any(shape.has(name, "unit") or shape.has("records", name, "unit") for name in _KNOWN_BY),
    header=lambda names: {} if {"Metric", "avg"} <= {*names} or {"Metric", "Value"} <= {*names} else None,
)
