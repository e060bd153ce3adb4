"""Single requests of AIPerf, `profile_export.jsonl`: one on each line.

Schema: https://github.com/ai-dynamo/aiperf (aiperf/common/models/record_models.py, MetricRecordInfo): metadata with the
times of the request in nanoseconds, metrics with a value and a unit each, and an error or null. Requests of the warm-up
count for nothing.
"""

import math
import os

import numpy as np

from moo_inference.documents.document import Document, FileErrors, finite, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.serving.checked import CheckedValues
from moo_inference.readers.serving.genai_perf import DEFINITION, METRICS, divisor_of
from moo_inference.readers.serving.run import FloatArray, Load, ServingRun, of_requests

_IN_A_SECOND = 1e9


def read_aiperf_records(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the single requests of a run of AIPerf.

    Returns:
        One run, with the samples of each request. Its load is what was served: the file contains no other.

    Raises:
        ReaderError: (a ValueError) the file is no JSON lines, or a request lacks its time or has one that is no number.
    """
    errors = FileErrors()
    rows: list[tuple[float, ...]] = []
    spans: list[tuple[float, float]] = []
    where, failed, warming = "", 0, 0
    for record in read_json_records(path, refused=()):
        if not isinstance(record.data, dict) or not isinstance(record.data.get("metrics"), dict):
            raise ReaderError(record.error_at((), f'must be a request with "metrics", got {shown(record.data)}'))
        fields = CheckedValues(record, errors)
        where = where or record.where()
        if fields.holder("metadata") and fields.raw("metadata", "benchmark_phase") == "warmup":
            warming += 1
        elif _failed(fields):
            failed += 1
        else:
            rows.append(_row(fields, record, errors))
            spans.append(_span(fields))
    errors.check()
    if not where:
        raise ReaderError(f"{path}: must hold at least one request")
    notes = (f"Requests of the warm-up, which are left out: {warming:,}.",) if warming else ()
    load = _load(np.array([row[0] for row in rows]), np.array(spans))
    return (of_requests("AIPerf", DEFINITION, where, rows, load=load, failed=failed, notes=notes),)


def _failed(fields: CheckedValues) -> bool:
    """Whether a request failed, was given up, or brought nothing."""
    cancelled = fields.holder("metadata") and fields.raw("metadata", "was_cancelled") is True
    length = next((name for name in METRICS["output_tokens"] if fields.holder("metrics", name)), None)
    empty = length is not None and fields.raw("metrics", length, "value") == 0
    return cancelled or empty or fields.raw("error") is not None


def _row(fields: CheckedValues, record: Document, errors: FileErrors) -> tuple[float, ...]:
    """Seconds, time to the first token, seconds per further token, and tokens in and out; NaN where unknown."""
    found = [_value(fields, name) for name in ("request", "ttft", "per_token", "input_tokens", "output_tokens")]
    if math.isnan(found[0]):
        start, end = _span(fields)
        found[0] = end - start
    if not found[0] >= 0:
        doubts = dict(fields.doubts) or {("metrics", METRICS["request"][0]): ("must be given", True)}
        for location, (sentence, _) in doubts.items():
            errors.add(record.error_at(location, sentence))
    return tuple(found)


def _value(fields: CheckedValues, what: str) -> float:
    for name in METRICS[what]:
        if fields.holder("metrics", name):
            value = fields.number("metrics", name, "value")
            divisor = divisor_of(fields, "metrics", name) if what in ("request", "ttft", "per_token") else 1.0
            return math.nan if value is None or divisor is None else value / divisor
    return math.nan


def _span(fields: CheckedValues) -> tuple[float, float]:
    """When the request began and ended, in seconds; NaN where unknown."""
    if not fields.holder("metadata"):
        return math.nan, math.nan
    start, end = (finite(fields.raw("metadata", f"request_{end}_ns")) for end in ("start", "end"))
    return (math.nan, math.nan) if start is None or end is None else (start / _IN_A_SECOND, end / _IN_A_SECOND)


def _load(seconds: FloatArray, spans: FloatArray) -> Load:
    """Requests per second and, by Little's law, requests at the same time, between the first and the last of them."""
    if not len(seconds) or np.isnan(spans).any():
        return Load()
    duration = float(spans[:, 1].max() - spans[:, 0].min())
    return Load(None, float(seconds.sum()) / duration, len(seconds) / duration) if duration > 0 else Load()


FORMAT = Format(
    "aiperf_records",
    "AIPerf records of single requests",
    "serving",
    read_aiperf_records,
    json=lambda shape: shape.has("metrics", "*", "value") and bool({"metadata", "error"} & shape.keys),
)
