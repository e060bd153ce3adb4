"""Reports of guidellm, `benchmarks.json`: one benchmark for each load.

Schema: https://github.com/vllm-project/guidellm (src/guidellm/benchmark/schemas/metrics.py). The latency of a request
is in seconds, all others in milliseconds. Its time per output token includes the first token, its inter-token latency
does not. Each metric is given for the requests that succeeded, failed, and were cut off at the end.
"""

import math
import os

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Document, Faults, shown
from moo_inference.readers.json_file import read_json
from moo_inference.readers.serving import (
    NAMED_LEVELS,
    Fields,
    Load,
    ServingRun,
    Spread,
    at_least_one,
    identity_notes,
    known,
    mean_of,
    rebuilt,
)

WITHOUT_FIRST = "inter_token_latency: (last token - first token) / (output tokens - 1); excludes the first token"
WITH_FIRST = "time_per_output_token: request latency / output tokens; includes the first token"
_MILLISECONDS = 1000.0
_LEVELS = {
    "p001": 0.1,
    "p01": 1.0,
    "p05": 5.0,
    "p10": 10.0,
    "p25": 25.0,
    "p50": 50.0,
    "p75": 75.0,
    "p90": 90.0,
    "p95": 95.0,
    "p99": 99.0,
    "p999": 99.9,
}


def read_guidellm(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read a report of guidellm.

    Returns:
        One run for each benchmark.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or its values are not what this report holds.
    """
    document = read_json(path)
    listed = document.data.get("benchmarks") if isinstance(document.data, dict) else None
    if not isinstance(listed, list):
        raise ReaderError(document.fault((), 'must hold a list of "benchmarks"'))
    faults = Faults()
    whole = Fields(document, faults)
    model = _either(whole, ("args", "model"), ("metadata", "model"))
    runs = [_run(document, faults, place, model) for place in range(len(listed))]
    faults.check()
    return at_least_one(runs, path, "at least one benchmark")


def _either(fields: Fields, *places: tuple[str, ...]) -> str | None:
    for keys in places:
        if isinstance(fields.raw(*keys[:1]), dict):
            found = fields.text(*keys)
            if found:
                return found
    return None


def _run(document: Document, faults: Faults, place: int, model: str | None) -> ServingRun:
    metrics = Fields(document, faults, "benchmarks", place, "metrics")
    if not isinstance(metrics.raw(), dict):
        metrics.refuse([], f"must hold the metrics, got {shown(metrics.raw())}")
    totals = ("request_totals",)
    completed = metrics.needed_count(*totals, "successful")
    failed = metrics.count(*totals, "errored")
    cut_off = metrics.count(*totals, "incomplete")
    request = known(_spread(metrics, "request_latency", 1.0))
    ttft = _spread(metrics, "time_to_first_token_ms", _MILLISECONDS)
    without_first = known(_spread(metrics, "inter_token_latency_ms", _MILLISECONDS))
    with_first = known(_spread(metrics, "time_per_output_token_ms", _MILLISECONDS))
    inward, outward = (_spread(metrics, f"{name}_token_count", 1.0) for name in ("prompt", "output"))
    notes: tuple[str, ...] = ()
    if cut_off:
        notes += (f"Requests cut off at the end of the run, which are left out: {cut_off:,}.",)
    if ttft is not None and known(ttft) is None:
        ttft = None
        notes += ("The time to the first token is given as 0, as without streaming: it is unknown.",)
    measured = request is not None
    if request is not None and request.mean is None:
        notes += ("The report gives medians and no means, as older versions did.",)
    if measured:
        notes += identity_notes(request, ttft, without_first, outward)
    elif completed:
        request, note = _rebuilt(with_first, ttft, without_first, outward)
        notes += (note,)
    return ServingRun(
        "guidellm",
        model,
        _load(Fields(document, faults, "benchmarks", place), metrics),
        completed,
        failed,
        request,
        ttft,
        without_first if without_first is not None else with_first,
        WITHOUT_FIRST if without_first is not None else WITH_FIRST,
        inward,
        outward,
        measured_end_to_end=measured,
        notes=notes,
        where=document.where(("benchmarks", place)),
    )


def _spread(metrics: Fields, name: str, divisor: float) -> Spread | None:
    """One metric of the requests that succeeded; None where there were none."""
    if metrics.raw(name, "successful", "count") == 0:
        return None
    spread = metrics.spread(name, "successful", percentiles=NAMED_LEVELS.get, divisor=divisor, std="std_dev")
    inner = metrics.spread(name, "successful", "percentiles", percentiles=_LEVELS.get, divisor=divisor)
    if spread is None:
        return inner
    levels = {**(inner.percentiles if inner else {}), **spread.percentiles}
    return Spread(spread.mean, spread.std, dict(sorted(levels.items())))


def _rebuilt(
    with_first: Spread | None, ttft: Spread | None, without_first: Spread | None, outward: Spread | None
) -> tuple[Spread | None, str]:
    each, n = mean_of(with_first), mean_of(outward)
    if each is not None and n is not None:
        return Spread(each * n), (
            "The latency was not measured: its mean is rebuilt as time per output token (which includes the first) "
            "times output tokens."
        )
    request = rebuilt(ttft, without_first, outward)
    if request is not None:
        return request, (
            "The latency was not measured: its mean is rebuilt as time to the first token + inter-token latency * "
            "(output tokens - 1)."
        )
    return None, "The latency was not measured, and cannot be rebuilt from what there is."


def _load(benchmark: Fields, metrics: Fields) -> Load:
    achieved = metrics.number("requests_per_second", "successful", "mean")
    concurrency = metrics.number("request_concurrency", "successful", "mean")
    requested: float | None = None
    for holder in ("config", "args"):
        if isinstance(benchmark.raw(holder), dict) and isinstance(benchmark.raw(holder, "strategy"), dict):
            kind = benchmark.text(holder, "strategy", "type_")
            rate = benchmark.number(holder, "strategy", "rate")
            streams = benchmark.number(holder, "strategy", "streams")
            requested = math.inf if kind == "throughput" else rate
            concurrency = 1.0 if kind == "synchronous" else streams or concurrency
            break
    return Load(requested, concurrency, achieved)
