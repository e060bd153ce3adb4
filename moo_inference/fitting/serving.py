"""Latency of a model from a serving benchmark: as measured from end to end wherever that was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from moo_inference.errors import SettingError
from moo_inference.fitting.distribution import distribution_of
from moo_inference.fitting.model_fields import SECONDS, ModelFields
from moo_inference.readers import ServingRun
from moo_inference.readers.serving.run import centre_of

_BY_HAND = "else give --request-seconds MEAN,STD"
_NEXT_TO_NOTHING = 1e-3


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


def serving_fields(run: ServingRun, *, other_lengths: bool, times: bool = True) -> ModelFields:
    """The latency of a run, and the lengths of its requests.

    Args:
        run: the run.
        other_lengths: the model's lengths come from elsewhere; then times are taken per token, such that the run's own
            lengths would take the run's own time from end to end, and a longer answer the time between tokens for each
            token more.
        times: the run's times count. If not, they are given by hand.

    Raises:
        SettingError: (a ValueError) the run does not contain how long a request takes.
    """
    notes = [f"{run.where}: {note}" for note in run.notes]
    values = times_of(run, other_lengths, notes) if times else {}
    source = ", ".join(filter(None, (run.where, run.tool, run.model, load_text(run))))
    lengths = lengths_of(run, source, notes, whole=not other_lengths)
    if run.failed is not None and run.completed:
        values["failed_share"] = run.failed / (run.failed + run.completed)
    return ModelFields({**values, **lengths.values}, {**dict.fromkeys(values, source), **lengths.sources}, tuple(notes))


def times_of(run: ServingRun, other_lengths: bool, notes: list[str]) -> dict[str, Any]:
    """Seconds of a request, or of each token.

    Args:
        run: the run.
        other_lengths: see `serving_fields`.
        notes: what has to be said goes there.

    Raises:
        SettingError: (a ValueError) the run does not contain how long a request takes.
    """
    if run.completed == 0:
        failed = f", {run.failed:,} failed" if run.failed else ""
        raise SettingError(f"{run.where}: must have requests that completed, got none{failed}; {_BY_HAND}")
    whole = distribution_of(run.request_seconds, "s")
    if whole is None:
        raise SettingError(
            f"{run.where}: must contain how long a request takes, or its time to first token and per token; {_BY_HAND}"
        )
    if not run.measured_end_to_end:
        notes.append(f"{run.where}: the time of a request is rebuilt, by the tool's own definition: {run.definition}")
    per_token = _per_token(run, whole.mean, notes) if other_lengths else None
    if per_token is not None:
        notes.append(
            f"{run.where}: an answer's first token takes the time to the first token, each further one the mean time "
            "between tokens; requests of the same lengths are taken to need the same time"
        )
        return dict(zip(SECONDS[1:], per_token, strict=True))
    if other_lengths:
        notes.append(
            f"{run.where}: the time of a request is that of the benchmark's lengths, not of the model's, since the "
            "time to the first token is unknown"
        )
    if whole.std is None:
        notes.append(
            f"{run.where}: how the time of a request varies is not known, so nothing is known of its percentiles; "
            f"{_BY_HAND}"
        )
    notes.extend(f"{run.where}: the time of a request: {note}" for note in whole.notes)
    return {"request_seconds": whole.values}


def lengths_of(run: ServingRun, source: str, notes: list[str], *, whole: bool, passes: bool = True) -> ModelFields:
    """The lengths of the run's own requests.

    Args:
        run: the run.
        source: where they come from.
        notes: what has to be said goes there.
        whole: they are the model's.
        passes: with `whole`, the passes themselves as well, where the file has each of them.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, spread in (("input_tokens", run.input_tokens), ("output_tokens", run.output_tokens)):
        found = distribution_of(spread, "tokens")
        if found is None:
            continue
        values[name] = found.values
        sources[name] = source
        if found.std is None:
            sources[name] += "; their spread is unknown"
        if not whole:
            continue
        if found.std is None:
            notes.append(
                f"{run.where}: how {name} vary is not known; else give --lengths FILE or "
                f"--{name.replace('_', '-')} MEAN,STD"
            )
        notes.extend(f"{run.where}: {name}: {note}" for note in found.notes)
    samples = [
        None if spread is None else spread.samples
        for spread in (run.input_tokens, run.output_tokens, run.request_seconds)
    ]
    inward, outward, seconds = samples
    if (
        whole
        and passes
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
    return ModelFields(values, sources)


def _per_token(run: ServingRun, whole: float, notes: list[str]) -> tuple[float, float] | None:
    """Seconds for each token read and written; None where the time to the first token or the lengths are unknown.

    An answer of n tokens takes the time to the first token f and n - 1 times g between tokens: (f - g) + n g. So the
    prompt takes f - g, which is exact at any n.

    Raises:
        SettingError: (a ValueError) the run's answers have one token, so that nothing is known of further ones.
    """
    first, inward, outward = map(centre_of, (run.ttft_seconds, run.input_tokens, run.output_tokens))
    if not first or not inward or not outward:
        return None
    if outward <= 1:
        raise SettingError(
            f"{run.where}: must contain the time between tokens where lengths come from elsewhere, and its answers "
            f"have one token each; {_BY_HAND}"
        )
    if whole <= first:
        return None
    between = (whole - first) / (outward - 1)
    prompt = first - between
    if prompt <= 0:
        # No model has a prompt that takes less than no time; what is left is the answer's.
        prompt = _NEXT_TO_NOTHING * first
        between = (whole - prompt) / outward
        notes.append(
            f"{run.where}: the time to the first token, {first:.4g} s, is no longer than that between tokens: prompts "
            "are taken to need next to none, so times hold for answers of about the benchmark's length alone"
        )
    return prompt / inward, between
