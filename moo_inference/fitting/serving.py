"""Latency of a model from a serving benchmark: as measured from end to end wherever that was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from moo_inference.errors import SettingError
from moo_inference.fitting.part import SECONDS, Part
from moo_inference.readers import ServingRun, Spread

_NORMAL_P10_TO_P90 = 2.5631031310892007
"""Standard deviations between the 10th and the 90th percentile of a normal."""


def choose_run(runs: Sequence[ServingRun], number: int | None = None) -> ServingRun:
    """One run of a benchmark, counted from 1.

    Raises:
        SettingError: (a ValueError) there are several and none is chosen, or there is none of that number.
    """
    if number is None and len(runs) == 1:
        return runs[0]
    listed = "; ".join(f"{place}: {load_text(run)}" for place, run in enumerate(runs, start=1))
    if number is None:
        raise SettingError(
            f"{runs[0].where}: must be one run of {len(runs)}, since latency depends on the load: {listed}"
        )
    if not 1 <= number <= len(runs):
        raise SettingError(f"{runs[0].where}: the run must be a number from 1 to {len(runs)}, got {number}; {listed}")
    return runs[number - 1]


def load_text(run: ServingRun) -> str:
    """The load of a run in words."""
    load = run.load
    parts = []
    if load.requested_rate is not None:
        rate = load.requested_rate
        parts.append("all requests at once" if math.isinf(rate) else f"{rate:.4g} requests/s asked for")
    if load.achieved_rate is not None:
        parts.append(f"{load.achieved_rate:.4g} requests/s served")
    if load.concurrency is not None:
        parts.append(f"{load.concurrency:.4g} at the same time")
    return ", ".join(parts) or "load unknown"


def serving_part(run: ServingRun, *, other_lengths: bool, times: bool = True) -> Part:
    """The latency of a run, and the lengths of its requests.

    Args:
        run: the run.
        other_lengths: the model's lengths come from elsewhere; then times are taken per token, such that the run's own
            lengths would take the run's own time from end to end.
        times: the run's times count. If not, they are told by hand.

    Raises:
        SettingError: (a ValueError) the run does not tell how long a request takes.
    """
    notes = [f"{run.where}: {note}" for note in run.notes]
    values = _times(run, other_lengths, notes) if times else {}
    source = f"{run.where}, {run.tool}, {load_text(run)}"
    lengths = _lengths(run, source, notes, whole=not other_lengths)
    if run.failed is not None and run.completed:
        values["failed_share"] = run.failed / (run.failed + run.completed)
    return Part({**values, **lengths.values}, {**dict.fromkeys(values, source), **lengths.sources}, tuple(notes))


def _times(run: ServingRun, other_lengths: bool, notes: list[str]) -> dict[str, Any]:
    """Seconds of a request, or of each token; what has to be said of them goes to the notes."""
    whole = run.request_seconds
    mean = None if whole is None else _centre(whole)
    if whole is None or mean is None:
        raise SettingError(
            f"{run.where}: must tell how long a request takes, or its time to first token and per token; else give "
            "--request-seconds MEAN,STD"
        )
    if not run.measured_end_to_end:
        notes.append(f"{run.where}: the time of a request is rebuilt, by the tool's own definition: {run.definition}")
    if whole.mean is None:
        notes.append(f"{run.where}: the median time of a request stands for its mean, which the file does not tell")
    per_token = _per_token(run)
    spread = _deviation(whole)
    if (other_lengths or spread is None) and per_token is not None:
        notes.append(
            f"{run.where}: the time to the first token is taken to grow with the prompt, the rest with the answer"
        )
        return dict(zip(SECONDS[1:], per_token, strict=True))
    if spread is None:
        raise SettingError(
            f"{run.where}: must tell how the time of a request varies, or its time to the first token; else give "
            "--request-seconds MEAN,STD"
        )
    if other_lengths:
        notes.append(
            f"{run.where}: the time of a request is that of the benchmark's lengths, not of the model's, since the "
            "time to the first token is unknown"
        )
    if whole.std is None:
        notes.append(f"{run.where}: the spread of times is taken from their 10th and 90th percentile")
    return {"request_seconds": {"mean": mean, "std": spread}}


def _lengths(run: ServingRun, source: str, notes: list[str], *, whole: bool) -> Part:
    """The lengths of the run's own requests, and with `whole` the passes themselves where the file has each of them."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, spread in (("input_tokens", run.input_tokens), ("output_tokens", run.output_tokens)):
        centre, deviation = (None, None) if spread is None else (_centre(spread), _deviation(spread))
        if centre is None:
            continue
        values[name] = {"mean": centre, "std": 0.0 if deviation is None else deviation}
        sources[name] = source
        if deviation is None:
            sources[name] += "; their spread is not told, and taken for 0"
            if whole:
                notes.append(
                    f"{run.where}: how {name} vary is not told, and taken for 0; else give --lengths FILE or "
                    f"--{name.replace('_', '-')} MEAN,STD"
                )
    samples = [
        None if spread is None else spread.samples
        for spread in (run.input_tokens, run.output_tokens, run.request_seconds)
    ]
    inward, outward, seconds = samples
    if (
        whole
        and inward is not None
        and outward is not None
        and seconds is not None
        and len(inward) == len(outward) == len(seconds)
        and (seconds > 0).all()
    ):
        values["passes"] = {
            "input_tokens": inward.astype(np.int64).tolist(),
            "output_tokens": outward.astype(np.int64).tolist(),
            "seconds": seconds.tolist(),
        }
        sources["passes"] = source
    return Part(values, sources)


def _per_token(run: ServingRun) -> tuple[float, float] | None:
    """Seconds for each token read and written; None where the time to the first token or the lengths are unknown."""
    spreads = (run.ttft_seconds, run.request_seconds, run.input_tokens, run.output_tokens)
    first, whole, inward, outward = (None if spread is None else _centre(spread) for spread in spreads)
    if not first or not whole or not inward or not outward or whole <= first:
        return None
    return first / inward, (whole - first) / outward


def _centre(spread: Spread) -> float | None:
    return spread.mean if spread.mean is not None else spread.percentiles.get(50.0)


def _deviation(spread: Spread) -> float | None:
    if spread.std is not None:
        return spread.std
    low, high = spread.percentiles.get(10.0), spread.percentiles.get(90.0)
    return None if low is None or high is None else (high - low) / _NORMAL_P10_TO_P90
