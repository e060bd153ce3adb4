"""Exports of genai-perf and of AIPerf, its successor: `profile_export_*.json` and `.csv`.

Schema: https://github.com/triton-inference-server/perf_analyzer (genai-perf/genai_perf/export_data) and
https://github.com/ai-dynamo/aiperf. JSON: {input_config, <metric>: {unit, avg, p50, ..., min, max, std}}. CSV: a table
of metrics with their percentiles, an empty line, a table of single values; units stand in the metrics' names.
"""

import csv
import io
import os
import re
from typing import Any

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Document, Faults, shown
from moo_inference.readers.json_file import read_bytes, read_json
from moo_inference.readers.serving import NAMED_LEVELS, Fields, Load, ServingRun, Spread, identity_notes, known, rebuilt

DEFINITION = "inter_token_latency: (latency - time to first token) / (output tokens - 1); excludes the first token"
_REBUILT = (
    "The latency was not measured: its mean is rebuilt as time to the first token + inter-token latency * (output "
    "tokens - 1)."
)
_LOST = "The latency was not measured, and cannot be rebuilt from what there is."
_UNITS_IN_A_SECOND = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e3, "us": 1e6, "µs": 1e6, "ns": 1e9}
_LABEL = re.compile(r"(.+?) \(([^()]*)\)\Z")
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][-+]?\d+)?\Z", re.ASCII)
_NAMES = ("time_to_first_token", "inter_token_latency", "request_latency", "input_sequence_length")
_OUTPUT, _RATE, _COUNT, _ERRORS = "output_sequence_length", "request_throughput", "request_count", "error_request_count"


def read_genai_perf(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read an export of genai-perf or AIPerf, in JSON or in CSV.

    Returns:
        One run.

    Raises:
        ReaderError: (a ValueError) the file cannot be parsed, or its values are not what these exports hold.
    """
    beginning = read_bytes(path, 64).removeprefix(b"\xef\xbb\xbf").lstrip()
    document = read_json(path) if beginning.startswith((b"{", b"[")) else _tables(path)
    data = document.data
    if not isinstance(data, dict) or not any(name in data for name in _NAMES):
        raise ReaderError(document.fault((), f"must hold at least one of {', '.join(_NAMES)}, got {shown(data)}"))
    faults = Faults()
    fields = Fields(document, faults)
    ttft, per_token, request = (_seconds(fields, name) for name in _NAMES[:3])
    inward, outward = (fields.spread(name, percentiles=_level) for name in (_NAMES[3], _OUTPUT))
    completed, failed, rate = (_single(fields, name) for name in (_COUNT, _ERRORS, _RATE))
    load = Load(*_requested(fields), rate)
    faults.check()
    notes = identity_notes(request, ttft, per_token, outward)
    if completed is None:
        notes += ("The number of requests is not given.",)
    measured = request is not None
    if not measured:
        request = rebuilt(ttft, per_token, outward)
        notes += (_LOST if request is None else _REBUILT,)
    return (
        ServingRun(
            "genai-perf or AIPerf",
            _model(fields),
            load,
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
        ),
    )


def _level(key: str) -> float | None:
    if key in NAMED_LEVELS:
        return NAMED_LEVELS[key]
    match = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?|100)", key, re.ASCII)
    return float(match[1]) if match else None


def _seconds(fields: Fields, name: str) -> Spread | None:
    """A time in seconds, whatever its unit; None where it is unknown."""
    if fields.raw(name) is None:
        return None
    unit = fields.raw(name, "unit")
    if not isinstance(unit, str) or unit not in _UNITS_IN_A_SECOND:
        fields.refuse([name, "unit"], f"must be one of {', '.join(_UNITS_IN_A_SECOND)}, got {shown(unit)}")
        return None
    return known(fields.spread(name, percentiles=_level, divisor=_UNITS_IN_A_SECOND[unit]))


def _single(fields: Fields, name: str) -> float | None:
    return fields.number(name, "avg") if isinstance(fields.raw(name), dict) else fields.number(name)


def _requested(fields: Fields) -> tuple[float | None, float | None]:
    """Requested rate and concurrency, from the places where the versions keep them."""
    found: list[float | None] = []
    for name in ("request_rate", "concurrency"):
        value = None
        for keys in ((name,), ("perf_analyzer", "stimulus", name), ("loadgen", name)):
            inner: Any = fields.raw("input_config")
            for key in keys:
                inner = inner.get(key) if isinstance(inner, dict) else None
            if value is None and isinstance(inner, int | float) and not isinstance(inner, bool) and inner > 0:
                value = float(inner)
        found.append(value)
    return found[0], found[1]


def _model(fields: Fields) -> str | None:
    config = fields.raw("input_config")
    if not isinstance(config, dict):
        return None
    endpoint = config.get("endpoint")
    for value in (
        config.get("model"),
        config.get("model_names"),
        endpoint.get("model_names") if isinstance(endpoint, dict) else None,
    ):
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and first:
            return first
    return None


def _tables(path: str | os.PathLike[str]) -> Document:
    """The two tables of a CSV in the shape of the JSON."""
    name = str(path)
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except ValueError as error:
        raise ReaderError(f"{name}: must be UTF-8 text: {error}") from error
    faults = Faults()
    data: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    columns: list[str] = []
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in table:
            where = f"{name}:{table.line_num}"
            if row and row[0] == "Metric":
                columns = ["avg" if column == "Value" else column for column in row]
            elif row and len(row) != len(columns):
                faults.add(f"{where}: must have {len(columns)} cells, as the table's header has, got {len(row)}")
            elif row:
                match = _LABEL.match(row[0])
                key = (match[1] if match else row[0]).lower().replace(" ", "_")
                if key in data:
                    faults.add(
                        f"{where}: {row[0]}: a metric must stand once, but it stands on line {lines[(key,)]} too"
                    )
                    continue
                lines[(key,)] = table.line_num
                data[key] = {"unit": match[2] if match else None}
                for column, cell in zip(columns[1:], row[1:], strict=True):
                    if _NUMBER.match(cell):
                        data[key][column] = float(cell.replace(",", ""))
                    elif cell.strip().lower() not in ("", "n/a"):
                        faults.add(f"{where}: {row[0]}, {column}: must be a number, got {shown(cell)}")
    except csv.Error as error:
        raise ReaderError(f"{name}:{table.line_num}: must be valid CSV: {error}") from error
    faults.check()
    return Document(name, data, lines)
