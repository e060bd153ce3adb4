"""Results of `vllm bench serve --save-result`, one JSON object or, with --append-result, one on each line.

Schema: https://github.com/vllm-project/vllm (vllm/benchmarks/serve.py). Statistics are in milliseconds, the lists of
--save-detailed in seconds. TPOT is (latency - TTFT) / (n - 1). The end-to-end latency is there only if asked for.
"""

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.errors import ReaderError
from moo_inference.readers.document import LARGEST, Document, Faults, finite, shown
from moo_inference.readers.json_file import read_json_records
from moo_inference.readers.serving import (
    Fields,
    FloatArray,
    Load,
    ServingRun,
    Spread,
    at_least_one,
    identity_notes,
    rebuilt,
)

DEFINITION = "tpot: (latency - time to first token) / (output tokens - 1); excludes the first token"
_MILLISECONDS = 1000.0
_REBUILT = (
    "The latency was not measured (--percentile-metrics has no e2el): its mean is rebuilt as mean TTFT + mean TPOT * "
    "(mean output tokens - 1), which is exact only if TPOT does not depend on the length of the answer."
)
_LOST = "The latency was not measured, and cannot be rebuilt without TTFT, TPOT and the output tokens."


def read_vllm_bench(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the results of vLLM's serving benchmark.

    Returns:
        One run for each object. With --save-detailed the spreads are those of the single requests, and the latency
        of each is its TTFT and all of its inter-token latencies. Without, and without a measured latency, the mean
        is rebuilt from TTFT and TPOT.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or its values are not what these results hold.
    """
    faults = Faults()
    runs = [_run(record, faults) for record in read_json_records(path)]
    faults.check()
    return at_least_one(runs, path, "at least one result")


@dataclass(frozen=True)
class _Requests:
    """What --save-detailed tells of the requests that completed."""

    request: Spread | None = None
    ttft: Spread | None = None
    per_token: Spread | None = None
    inward: Spread | None = None
    outward: Spread | None = None
    notes: tuple[str, ...] = ()


def _run(record: Document, faults: Faults) -> ServingRun:
    if not isinstance(record.data, dict) or "completed" not in record.data:
        sentence = f'must be a result with "completed" and latencies, got {shown(record.data)}'
        raise ReaderError(record.fault((), sentence))
    fields = Fields(record, faults)
    completed = fields.needed_count("completed")
    failed = fields.count("failed")
    asked = fields.count("num_prompts")
    if failed is None and asked is not None and asked >= completed:
        failed = asked - completed
    detail = _Requests()
    request = ttft = per_token = inward = outward = None
    notes: tuple[str, ...] = ()
    measured = False
    if completed:
        if record.data.get("ttfts") is not None and record.data.get("itls") is not None:
            detail = _detailed(fields, completed)
        request = detail.request or _statistics(fields, "e2el")
        ttft = detail.ttft or _statistics(fields, "ttft")
        per_token = detail.per_token or _statistics(fields, "tpot")
        inward = detail.inward or _mean(fields, "input", completed)
        outward = detail.outward or _mean(fields, "output", completed)
        measured = request is not None
        notes = (*detail.notes, *identity_notes(request, ttft, per_token, outward))
        if request is None:
            request = rebuilt(ttft, per_token, outward)
            notes += (_LOST if request is None else _REBUILT,)
    else:
        notes = ("No request completed: there are no latencies.",)
    return ServingRun(
        "vllm bench serve",
        fields.text("model_id"),
        Load(_rate(fields), fields.number("max_concurrency"), fields.number("request_throughput")),
        completed,
        failed,
        request,
        ttft,
        per_token,
        DEFINITION,
        inward,
        outward,
        measured_end_to_end=measured,
        notes=notes,
        where=record.where(),
    )


def _rate(fields: Fields) -> float | None:
    return math.inf if fields.raw("request_rate") == "inf" else fields.number("request_rate")


def _mean(fields: Fields, which: str, completed: int) -> Spread | None:
    total = fields.number(f"total_{which}_tokens")
    return None if total is None else Spread(total / completed)


def _statistics(fields: Fields, name: str) -> Spread | None:
    """A quantity in milliseconds, whose statistics stand side by side."""
    mean = fields.number(f"mean_{name}_ms")
    std = fields.number(f"std_{name}_ms")
    levels: dict[float, float] = {}
    for key in fields.document.data:
        label, _, rest = key.partition("_")
        level = 50.0 if label == "median" else _percentile(label)
        value = fields.number(key) if rest == f"{name}_ms" and level is not None else None
        if level is not None and value is not None:
            levels[level] = value / _MILLISECONDS
    # A backend that does not stream leaves zeros: the time is unknown then, and not 0.
    if not mean:
        return None
    return Spread(mean / _MILLISECONDS, None if std is None else std / _MILLISECONDS, dict(sorted(levels.items())))


def _percentile(label: str) -> float | None:
    try:
        level = float(label[1:]) if label.startswith("p") else math.nan
    except ValueError:
        return None
    return level if 0 <= level <= 100 else None


def _detailed(fields: Fields, completed: int) -> _Requests:
    lists = {name: fields.raw(name) for name in ("ttfts", "itls", "input_lens", "output_lens", "errors")}
    for name, values in lists.items():
        if values is not None and (not isinstance(values, list) or len(values) != len(lists["ttfts"] or ())):
            fields.refuse([name], f"must be a list as long as ttfts, got {shown(values)}")
            return _Requests()
    errors = lists["errors"] or [""] * len(lists["ttfts"])
    ok = [row for row, error in enumerate(errors) if error in ("", None)]
    first, rest = _numbers(fields, "ttfts", lists["ttfts"], ok), _sums(fields, lists["itls"], ok)
    inward, outward = (_numbers(fields, name, lists[name], ok) for name in ("input_lens", "output_lens"))
    if first is None or rest is None or not ok:
        return _Requests()
    streamed = first > 0
    if not streamed.any():
        unknown = "No time to the first token was measured (no streaming?): it is unknown, and not 0."
        return _Requests(inward=_of(inward), outward=_of(outward), notes=(unknown,))
    notes = ["The latency of each request is its time to the first token and the sum of its inter-token latencies."]
    if not streamed.all():
        notes.append(f"Requests without a time to the first token, which are left out: {int((~streamed).sum()):,}.")
        first, rest = first[streamed], rest[streamed]
        inward, outward = (None if values is None else values[streamed] for values in (inward, outward))
    if len(ok) != completed:
        notes.append(f"{len(ok):,} requests have no error, although {completed:,} are said to have completed.")
    per_token = None
    if outward is not None:
        several = outward > 1
        per_token = Spread.of(rest[several] / (outward[several] - 1))
    return _Requests(Spread.of(first + rest), Spread.of(first), per_token, _of(inward), _of(outward), tuple(notes))


def _of(values: FloatArray | None) -> Spread | None:
    return None if values is None else Spread.of(values)


def _numbers(fields: Fields, name: str, values: list[Any] | None, rows: list[int]) -> FloatArray | None:
    if values is None:
        return None
    found = [finite(values[row]) for row in rows]
    for row, value in zip(rows, found, strict=True):
        if value is None or not 0 <= value <= LARGEST:
            fields.refuse([name, str(row)], f"must be a number, 0 or more, got {shown(values[row])}")
            return None
    return np.array(found, dtype=float)


def _sums(fields: Fields, values: list[Any], rows: list[int]) -> FloatArray | None:
    """(n,) sum of each request's inter-token latencies."""
    sums = []
    for row in rows:
        gaps = values[row] if isinstance(values[row], list) else [values[row]]
        if any(finite(gap) is None or not 0 <= gap <= LARGEST for gap in gaps):
            fields.refuse(["itls", str(row)], "must be a list of seconds, each 0 or more")
            return None
        sums.append(math.fsum(gaps))
    return np.array(sums, dtype=float)
