"""Results of vLLM's serving benchmark and of those that came from it: statistics side by side in one object a run.

A statistic's key states what it is, of what, and in which unit: `p99_ttft_ms`, `std_e2e_latency_ms` (SGLang),
`median_e2el` (InferenceX, seconds). Requests may stand beside them in lists, which are in seconds: `ttfts`, `itls`,
`input_lens`, `output_lens`, `errors`. The mean ITL is over all gaps of all requests, the mean TPOT over requests, of
(latency - TTFT) / (n - 1).
"""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.document import LARGEST, Document, FileErrors, finite, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.serving.checked import LATENCY, MINOR, CheckedValues
from moo_inference.readers.serving.run import (
    FIRST_IS_ALL,
    LOST,
    FloatArray,
    Load,
    ServingRun,
    Spread,
    at_least_one,
    centre_of,
    identity_notes,
    known,
    level_of,
    mean_of,
    nothing_completed,
    of_one_token,
    off_by,
    rebuilt,
    spread_of,
)

DEFINITION = "tpot: (latency - time to first token) / (output tokens - 1); excludes the first token"

_STATISTIC = re.compile(r"(mean|avg|median|std|min|max|p\d+(?:\.\d+)?)_(.+?)(_ms|_us|_s|)", re.ASCII)
_UNITS_IN_A_SECOND = {"_ms": 1e3, "_us": 1e6, "_s": 1.0, "": 1.0}
_QUANTITIES = {
    **dict.fromkeys(("e2el", "e2e_latency", "e2e", "latency", "request_latency", "end_to_end_latency"), "request"),
    "ttft": "ttft",
    "tpot": "tpot",
    "itl": "itl",
}
_LIKE_A_LATENCY = re.compile(r"lat|e2e|ttl|respon|elapsed|time")
_AGREE = 0.02
"""Sums of a request's gaps whose mean is within this share of the measured mean latency are its latencies."""


def has_statistics(keys: set[str]) -> bool:
    """Whether some key is a statistic of a latency, or of the times to or between tokens."""
    matches = (_STATISTIC.fullmatch(key) for key in keys)
    return any(match is not None and match[2] in _QUANTITIES for match in matches)


def read_results(path: str | os.PathLike[str], tool: str) -> tuple[ServingRun, ...]:
    """Read the results of a serving benchmark of this family.

    Args:
        path: one object, a list of them, or one on each line.
        tool: what wrote them.

    Returns:
        One run for each object. A measured latency is taken where there is one; else it comes from the single requests,
        and else its mean is rebuilt from the times to the first and between the other tokens, with a note on how.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    errors = FileErrors()
    runs = [_run(record, errors, tool) for record in read_json_records(path, refused=())]
    errors.check()
    return at_least_one(runs, path, "at least one result")


@dataclass(frozen=True)
class _Requests:
    """What lists of single requests contain of those that completed."""

    request: Spread | None = None
    ttft: Spread | None = None
    per_token: Spread | None = None
    inward: Spread | None = None
    outward: Spread | None = None
    empty: int = 0
    notes: tuple[str, ...] = ()


def _run(record: Document, errors: FileErrors, tool: str) -> ServingRun:
    data = record.data
    if not isinstance(data, dict) or not ("completed" in data or has_statistics(set(data))):
        sentence = f'must be a result with "completed" and latencies, got {shown(data)}'
        raise ReaderError(record.error_at((), sentence))
    fields = CheckedValues(record, errors)
    minor = fields.weighed(MINOR)
    completed = fields.count("completed")
    if completed is None and "completed" in data:
        wrong, _ = fields.doubts.pop(("completed",), ("must be given", 0))
        errors.add(record.error_at(("completed",), wrong))
    failed, asked = minor.count("failed"), minor.count("num_prompts")
    if failed is None and asked is not None and completed is not None and asked >= completed:
        failed = asked - completed
    load = Load(
        minor.rate("request_rate"),
        next(
            (value for key in ("max_concurrency", "conc", "concurrency") if (value := minor.number(key)) is not None),
            None,
        ),
        minor.number("request_throughput"),
    )
    run = ServingRun(
        tool,
        fields.text("model_id") or fields.text("model"),
        load,
        completed,
        failed,
        None,
        None,
        None,
        DEFINITION,
        notes=(nothing_completed(failed),),
        where=record.where(),
    )
    return fields.settled(run if completed == 0 else _timed(run, fields))


def _timed(run: ServingRun, fields: CheckedValues) -> ServingRun:
    """A run in which requests completed, with its times and lengths."""
    stated = _statistics(fields)
    detail = _Requests()
    if fields.raw("ttfts") is not None and fields.raw("itls") is not None:
        detail = _detailed(fields, run.completed, mean_of(stated["request"]))
    ttft = detail.ttft or stated["ttft"]
    per_token = detail.per_token or known(stated["tpot"])
    inward, outward = (
        of_requests or _mean(fields, which, run.completed)
        for which, of_requests in (("input", detail.inward), ("output", detail.outward))
    )
    request = _together(stated["request"], detail.request)
    notes = detail.notes
    measured = request is not None
    if request is None and of_one_token(ttft, outward):
        request, measured = ttft, True
        notes += (FIRST_IS_ALL,)
    elif request is None:
        request, note = _rebuilt(stated, ttft, per_token, outward)
        notes += (note,)
        if request is None:
            notes += _unknown_latencies(fields)
    elif request.mean is None:
        notes += ("The result gives the median of the latency and no mean.",)
    if measured and detail.request is None:
        notes += identity_notes(request, ttft, known(stated["itl"]) or per_token, outward)
    return replace(
        run,
        completed=None if run.completed is None else run.completed - detail.empty,
        failed=run.failed if not detail.empty else (run.failed or 0) + detail.empty,
        request_seconds=request,
        ttft_seconds=ttft,
        seconds_per_output_token=per_token,
        input_tokens=inward,
        output_tokens=outward,
        measured_end_to_end=measured,
        notes=notes,
    )


def _statistics(fields: CheckedValues) -> dict[str, Spread | None]:
    """By quantity, what stands side by side of it; in milliseconds where it stands in several units."""
    keys: dict[str, dict[str, dict[str, str]]] = {}
    for key in fields.document.data:
        match = _STATISTIC.fullmatch(key)
        if match and match[2] in _QUANTITIES:
            keys.setdefault(_QUANTITIES[match[2]], {}).setdefault(match[3], {}).setdefault(match[1], key)
    found: dict[str, Spread | None] = dict.fromkeys(("request", "ttft", "tpot", "itl"))
    for quantity, by_unit in keys.items():
        unit = next(unit for unit in _UNITS_IN_A_SECOND if unit in by_unit)
        inner = fields.weighed(LATENCY) if quantity == "request" else fields
        spread = _side_by_side(inner, by_unit[unit], _UNITS_IN_A_SECOND[unit])
        # A backend that does not stream leaves zeros: the time is unknown then, and not 0.
        found[quantity] = spread if quantity in ("tpot", "itl") else known(spread)
    return found


def _side_by_side(fields: CheckedValues, keys: Mapping[str, str], divisor: float) -> Spread | None:
    middle = keys.get("mean", keys.get("avg"))
    mean = None if middle is None else fields.number(middle)
    if mean is None and middle is not None:
        return None
    std = fields.number(keys["std"]) if "std" in keys else None
    levels: dict[float, float] = {}
    for name, key in keys.items():
        level = level_of(name)
        value = None if level is None else fields.number(key)
        if level is not None and value is not None:
            levels[level] = value
    longest = fields.weighed(MINOR).number("duration")
    centre = levels.get(50.0) if mean is None else mean
    if longest and centre is not None and centre / divisor > longest:
        fields.refuse(
            [middle or keys["median"]],
            f"must be at most the duration of {longest:.4g} s, got {centre / divisor:.4g} s (another unit?)",
        )
        return None
    return spread_of(mean, std, levels, divisor)


def _together(stated: Spread | None, of_requests: Spread | None) -> Spread | None:
    """The statistics that are stated, and single requests that agree with them."""
    if stated is None or of_requests is None or stated.mean is None:
        return of_requests or stated
    std = of_requests.std if stated.std is None else stated.std
    levels = {**of_requests.percentiles, **stated.percentiles}
    return Spread(stated.mean, std, dict(sorted(levels.items())), of_requests.samples)


def _unknown_latencies(fields: CheckedValues) -> tuple[str, ...]:
    """What looks like a latency, where none stands under a name that is known."""
    matches = [match for key in fields.document.data if (match := _STATISTIC.fullmatch(key))]
    like = [match[0] for match in matches if match[2] not in _QUANTITIES and _LIKE_A_LATENCY.search(match[2])]
    return (f"Keys that may hold a latency, and are not known: {', '.join(like[:8])}.",) if like else ()


def _rebuilt(
    stated: Mapping[str, Spread | None],
    ttft: Spread | None,
    per_token: Spread | None,
    outward: Spread | None,
) -> tuple[Spread | None, str]:
    by_gaps = rebuilt(ttft, known(stated["itl"]), outward)
    by_tokens = rebuilt(ttft, per_token, outward)
    if by_gaps is not None:
        other = ""
        if by_tokens is not None:
            other = f"; mean TPOT, which weighs short answers like long ones, gives {by_tokens.mean:.4g} s"
        return by_gaps, (
            "The latency was not measured: its mean is rebuilt as mean TTFT + mean ITL * (mean output tokens - 1) = "
            f"{by_gaps.mean:.4g} s, which is exact where each chunk of the stream is one token, and too much else"
            f"{other}."
        )
    if by_tokens is not None:
        return by_tokens, (
            "The latency was not measured: its mean is rebuilt as mean TTFT + mean TPOT * (mean output tokens - 1), "
            "which is exact only if TPOT does not depend on the length of the answer; it may be off, "
            f"{off_by(per_token, outward)}."
        )
    first, each = (centre_of(stated[name]) for name in ("ttft", "tpot"))
    if first and each and outward is not None and outward.mean is not None:
        return Spread(None, None, {50.0: first + each * max(outward.mean - 1, 0.0)}), (
            "The latency was not measured: its median is rebuilt as median TTFT + median TPOT * (mean output tokens - "
            "1), and by how much it may be off is not known."
        )
    return None, LOST


def _mean(fields: CheckedValues, which: str, completed: int | None) -> Spread | None:
    total = fields.number(f"total_{which}_tokens")
    if total is not None and completed:
        # No answer is shorter than a token, so that none is longer where the mean is one.
        return Spread(total / completed, 0.0 if which == "output" and total == completed else None)
    # Results that are put together from others contain the lengths that were asked for.
    length = fields.number({"input": "isl", "output": "osl"}[which])
    return None if length is None else Spread(length)


def _detailed(fields: CheckedValues, completed: int | None, stated: float | None) -> _Requests:
    """Single requests; their latencies only where they agree with the mean latency that is stated, if it is."""
    lists = {name: fields.raw(name) for name in ("ttfts", "itls", "input_lens", "output_lens", "errors")}
    size = len(lists["ttfts"]) if isinstance(lists["ttfts"], list) else None
    for name, values in lists.items():
        if values is not None and (not isinstance(values, list) or len(values) != size):
            fields.refuse([name], f"must be a list as long as ttfts, got {shown(values)}")
            return _Requests()
    errors = lists["errors"] or [""] * len(lists["ttfts"])
    ok = np.array([error in ("", None) for error in errors], dtype=bool)
    written = _numbers(fields, "output_lens", lists["output_lens"], np.flatnonzero(ok))
    empty = 0
    if written is not None:
        # What completed without a token was no answer.
        empty = int((written == 0).sum())
        ok[np.flatnonzero(ok)[written == 0]] = False
    rows = np.flatnonzero(ok)
    first, gaps = _numbers(fields, "ttfts", lists["ttfts"], rows), _gaps(fields, lists["itls"], rows)
    inward, outward = (_numbers(fields, name, lists[name], rows) for name in ("input_lens", "output_lens"))
    if first is None or gaps is None or not len(rows):
        return _Requests(empty=empty)
    counted = len(rows) + empty
    notes = []
    if empty:
        notes.append(f"Requests without an output token, which count as failed: {empty:,}.")
    if completed is not None and counted != completed:
        notes.append(f"{counted:,} requests have no error, although {completed:,} are said to have completed.")
    streamed = first > 0
    if not streamed.any():
        notes.insert(0, "No time to the first token was measured (no streaming?): it is unknown, and not 0.")
        return _Requests(inward=_of(inward), outward=_of(outward), empty=empty, notes=tuple(notes))
    if not streamed.all():
        notes.insert(0, f"Requests without a time to the first token, which are left out: {int((~streamed).sum()):,}.")
        first, gaps = first[streamed], gaps[streamed]
        inward, outward = (None if values is None else values[streamed] for values in (inward, outward))
    rest, note = _after_the_first(first, gaps, stated)
    notes.insert(0, note)
    if rest is None:
        return _Requests(None, Spread.of(first), None, _of(inward), _of(outward), empty, tuple(notes))
    per_token = None
    if outward is not None:
        several = outward > 1
        per_token = Spread.of(rest[several] / (outward[several] - 1))
    return _Requests(
        Spread.of(first + rest), Spread.of(first), per_token, _of(inward), _of(outward), empty, tuple(notes)
    )


def _after_the_first(first: FloatArray, gaps: FloatArray, stated: float | None) -> tuple[FloatArray | None, str]:
    """(n,) seconds from the first token to the last, and a sentence on them; None where they contradict what is stated.

    Some servers' lists of gaps begin with the time to the first token.
    """
    sums, begin = gaps[:, 0], gaps[:, 1]
    outside = "The latency of each request is its time to the first token and the sum of its inter-token latencies."
    inside = (
        "The latency of each request is the sum of its inter-token latencies, of which the first is the time to the "
        "first token."
    )
    if stated is None:
        if len(first) and (begin == first).all():
            return sums - first, inside
        return sums, outside
    for rest, note in ((sums, outside), (sums - first, inside)):
        if (rest >= 0).all() and abs(float((first + rest).mean()) - stated) <= _AGREE * stated:
            return rest, note
    return None, (
        f"Times to the first token and between tokens add up to {float((first + sums).mean()):.4g} s in the mean, "
        f"although {stated:.4g} s were measured: the measured statistics are used, and single latencies are not."
    )


def _of(values: FloatArray | None) -> Spread | None:
    return None if values is None else Spread.of(values)


def _numbers(fields: CheckedValues, name: str, values: list[Any] | None, rows: NDArray[np.intp]) -> FloatArray | None:
    if values is None:
        return None
    found = [finite(values[row]) for row in rows.tolist()]
    for row, value in zip(rows.tolist(), found, strict=True):
        if value is None or not 0 <= value <= LARGEST:
            fields.refuse([name, str(row)], f"must be a number, 0 or more, got {shown(values[row])}")
            return None
    return np.array(found, dtype=float)


def _gaps(fields: CheckedValues, values: list[Any], rows: NDArray[np.intp]) -> FloatArray | None:
    """(n, 2) sum of each request's inter-token latencies, and the first of them, NaN without any."""
    found = np.empty((len(rows), 2))
    for place, row in enumerate(rows.tolist()):
        gaps = values[row] if isinstance(values[row], list) else [values[row]]
        if any(finite(gap) is None or not 0 <= gap <= LARGEST for gap in gaps):
            fields.refuse(["itls", str(row)], "must be a list of seconds, each 0 or more")
            return None
        found[place] = math.fsum(gaps), gaps[0] if gaps else math.nan
    return found
