"""Token lengths of a model: their mean and spread, and the measured passes themselves."""

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.fitting.distribution import distribution_of
from moo_inference.fitting.model_fields import ModelFields
from moo_inference.readers import Spread, TokenTrace

MOST_PASSES = 10_000
"""More are thinned out, so that a catalog stays readable."""


def length_fields(trace: TokenTrace, *, most: int = MOST_PASSES, times: bool = True) -> ModelFields:
    """The lengths of a trace.

    Of more than `most` passes so many are kept, at even distances in the order of the lengths of their answers: means
    and percentiles of answers stay where they are, those of prompts nearly so. Means and deviations are always those of
    all requests. Requests with an empty prompt or answer are kept as they are.

    Args:
        trace: requests that were served.
        most: passes that are kept.
        times: the trace's own times and failures count. If not, a benchmark has them.
    """
    n = len(trace)
    rows = np.arange(n)
    notes = []
    if n > most:
        order = np.lexsort((trace.input_tokens, trace.output_tokens))
        rows = np.sort(order[((np.arange(most) + 0.5) * n / most).astype(np.int64)])
        notes.append(f"{trace.where}: {most:,} of {n:,} requests are kept, at even distances in the order of lengths")
    passes: dict[str, list[float]] = {
        "input_tokens": trace.input_tokens[rows].tolist(),
        "output_tokens": trace.output_tokens[rows].tolist(),
    }
    columns: dict[str, ArrayLike] = {"input_tokens": trace.input_tokens, "output_tokens": trace.output_tokens}
    values: dict[str, object] = {"passes": passes}
    if trace.reasoning_tokens is not None and trace.reasoning_tokens.any():
        columns |= {
            "output_tokens": trace.output_tokens - trace.reasoning_tokens,
            "reasoning_tokens": trace.reasoning_tokens,
        }
    notes += [f"{trace.where}: {note}" for note in trace.notes]
    if trace.seconds is not None:
        instant = int((trace.seconds <= 0).sum())
        if not times:
            notes.append(f"{trace.where}: its seconds are left out, since others are given")
        elif instant:
            notes.append(f"{trace.where}: its seconds are left out, since {instant:,} of its requests took none")
        else:
            passes["seconds"] = trace.seconds[rows].tolist()
            columns["request_seconds"] = trace.seconds
    for name, samples in columns.items():
        found = distribution_of(Spread.of(samples), "s" if name == "request_seconds" else "tokens")
        if found is not None:
            values[name] = found.values
    if trace.failed:
        notes.append(f"{trace.where}: failed requests, which are left out: {trace.failed:,}")
        if times:
            values["failed_share"] = trace.failed / (trace.failed + n)
    return ModelFields.of(values, f"{trace.where}, {n:,} requests", *notes)
