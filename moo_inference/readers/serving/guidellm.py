"""Reports of guidellm, `benchmarks.json`: one benchmark for each load.

Schema: https://github.com/vllm-project/guidellm (src/guidellm/benchmark/schemas/metrics.py). The latency of a request
is in seconds, all others in milliseconds. Its time per output token includes the first token, its inter-token latency
does not; both means are weighed by tokens. Each metric is given for the requests that succeeded, failed, and were cut
off at the end.
"""

import math
import os

from moo_inference.documents.document import Document, FileErrors, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.serving.checked import LATENCY, MINOR, CheckedValues
from moo_inference.readers.serving.run import (
    FIRST_IS_ALL,
    LOST,
    NAMED_LEVELS,
    Load,
    ServingRun,
    Spread,
    at_least_one,
    identity_notes,
    known,
    mean_of,
    nothing_completed,
    of_one_token,
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
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    document = read_json(path, refused=())
    listed = document.data.get("benchmarks") if isinstance(document.data, dict) else None
    if not isinstance(listed, list):
        raise ReaderError(document.error_at((), 'must hold a list of "benchmarks"'))
    errors = FileErrors()
    runs = [_run(document, errors, place) for place in range(len(listed))]
    errors.check()
    return at_least_one(runs, path, "at least one benchmark")


_MODELS = (("config", "backend", "model"), ("worker", "backend_model"))
_MODELS_OF_ALL = (("args", "model"), ("config", "backend", "model"), ("metadata", "model"))


def _model(whole: CheckedValues, benchmark: CheckedValues) -> str | None:
    """The model's name, from where the versions keep it."""
    for fields, places in ((benchmark, _MODELS), (whole, _MODELS_OF_ALL)):
        for keys in places:
            found = fields.text(*keys) if fields.holder(*keys[:-1]) else None
            if found:
                return found
    return None


def _run(document: Document, errors: FileErrors, place: int) -> ServingRun:
    benchmark = CheckedValues(document, errors, "benchmarks", place)
    whole = CheckedValues(document, errors).weighed(MINOR)
    metrics = benchmark.below("metrics")
    if not metrics.holder():
        got = document.data["benchmarks"][place]
        found = got.get("metrics") if isinstance(got, dict) else got
        sentence = f"must hold the metrics, got {shown(found)}"
        raise ReaderError(document.error_at(("benchmarks", place, "metrics"), sentence))
    # Before 0.4 the totals stood beside the metrics; some reports have none.
    totals = (metrics if metrics.holder("request_totals") else benchmark).below("request_totals").weighed(MINOR)
    completed, failed, cut_off = (
        (totals.count(status) for status in ("successful", "errored", "incomplete"))
        if totals.holder()
        else (None, None, None)
    )
    if completed is None and metrics.holder("request_latency", "successful"):
        completed = metrics.weighed(MINOR).count("request_latency", "successful", "count")
    request = known(_spread(metrics.weighed(LATENCY), "request_latency", 1.0))
    ttft = _spread(metrics, "time_to_first_token_ms", _MILLISECONDS)
    without_first = known(_spread(metrics, "inter_token_latency_ms", _MILLISECONDS))
    with_first = known(_spread(metrics, "time_per_output_token_ms", _MILLISECONDS))
    inward, outward = (_spread(metrics, f"{name}_token_count", 1.0) for name in ("prompt", "output"))
    notes: tuple[str, ...] = ()
    if completed == 0:
        request = None
        notes += (nothing_completed(failed),)
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
    elif completed != 0 and of_one_token(ttft, outward):
        request, measured = ttft, True
        notes += (FIRST_IS_ALL,)
    elif completed != 0:
        request, note = _rebuilt(with_first, ttft, without_first, outward)
        notes += (note,)
    return benchmark.settled(
        ServingRun(
            "guidellm",
            _model(whole, benchmark),
            _load(benchmark.weighed(MINOR), metrics.weighed(MINOR)),
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
    )


def _spread(metrics: CheckedValues, name: str, divisor: float) -> Spread | None:
    """One metric of the requests that succeeded; None where there were none."""
    if not metrics.holder(name, "successful") or metrics.raw(name, "successful", "count") == 0:
        return None
    spread = metrics.spread(name, "successful", percentiles=NAMED_LEVELS.get, divisor=divisor, std="std_dev")
    if not metrics.holder(name, "successful", "percentiles"):
        return spread
    inner = metrics.spread(name, "successful", "percentiles", percentiles=_LEVELS.get, divisor=divisor)
    if spread is None or inner is None:
        return spread or inner
    levels = {**inner.percentiles, **spread.percentiles}
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
    return None, LOST


def _load(benchmark: CheckedValues, metrics: CheckedValues) -> Load:
    achieved, concurrency = (
        metrics.number(name, "successful", "mean") if metrics.holder(name, "successful") else None
        for name in ("requests_per_second", "request_concurrency")
    )
    requested: float | None = None
    holder = next((name for name in ("config", "args") if benchmark.holder(name, "strategy")), None)
    if holder is not None:
        strategy = benchmark.below(holder, "strategy")
        kind = strategy.text("type_")
        requested = math.inf if kind == "throughput" else strategy.rate("rate")
        most = strategy.number("streams") or strategy.number("max_concurrency")
        concurrency = 1.0 if kind == "synchronous" else most or concurrency
    return Load(requested, concurrency, achieved)


FORMAT = Format(
    "guidellm", "guidellm report", "serving", read_guidellm, json=lambda shape: shape.has("benchmarks", 0, "metrics")
)
