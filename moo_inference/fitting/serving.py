"""Latency of a model from a serving benchmark: as measured from end to end wherever that was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from moo_inference.errors import SettingError
from moo_inference.fitting.part import Part
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


def serving_part(run: ServingRun, *, other_lengths: bool) -> Part:
    """The latency of a run.

    Args:
        run: the run.
        other_lengths: the model's lengths come from elsewhere; then times are taken per token, such that the run's own
            lengths would take the run's own time from end to end.

    Raises:
        SettingError: (a ValueError) the run does not tell how long a request takes.
    """
    values: dict[str, Any] = {}
    notes = [f"{run.where}: {note}" for note in run.notes]
    whole = run.request_seconds
    if whole is None or _centre(whole) is None:
        raise SettingError(f"{run.where}: must tell how long a request takes, or its time to first token and per token")
    per_token = _per_token(run)
    spread = _deviation(whole)
    if (other_lengths or spread is None) and per_token is not None:
        values["seconds_per_input_token"], values["seconds_per_output_token"] = per_token
        notes.append(
            f"{run.where}: the time to the first token is taken to grow with the prompt, the rest with the answer"
        )
    elif spread is not None:
        values["request_seconds"] = {"mean": _centre(whole), "std": spread}
        if other_lengths:
            notes.append(
                f"{run.where}: the time of a request is that of the benchmark's lengths, not of the model's, since the "
                "time to the first token is unknown"
            )
        if whole.std is None:
            notes.append(f"{run.where}: the spread of times is taken from their 10th and 90th percentile")
    else:
        raise SettingError(f"{run.where}: must tell how the time of a request varies, or its time to the first token")
    if not run.measured_end_to_end:
        notes.append(f"{run.where}: the time of a request is rebuilt, by the tool's own definition: {run.definition}")
    if not other_lengths:
        values.update(_lengths(run))
    if run.failed is not None and run.completed:
        values["failed_share"] = run.failed / (run.failed + run.completed)
    return Part.of(values, f"{run.where}, {run.tool}, {load_text(run)}", *notes)


def _lengths(run: ServingRun) -> dict[str, Any]:
    """The lengths of the run's own requests, and the passes themselves where the file has each of them."""
    values: dict[str, Any] = {}
    for name, spread in (("input_tokens", run.input_tokens), ("output_tokens", run.output_tokens)):
        centre, deviation = (None, None) if spread is None else (_centre(spread), _deviation(spread))
        if centre is not None:
            values[name] = {"mean": centre, "std": 0.0 if deviation is None else deviation}
    samples = [
        None if spread is None else spread.samples
        for spread in (run.input_tokens, run.output_tokens, run.request_seconds)
    ]
    inward, outward, seconds = samples
    if (
        inward is not None
        and outward is not None
        and seconds is not None
        and len(inward) == len(outward) == len(seconds)
    ):
        values["passes"] = {
            "input_tokens": inward.astype(np.int64).tolist(),
            "output_tokens": outward.astype(np.int64).tolist(),
            "seconds": seconds.tolist(),
        }
    return values


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
