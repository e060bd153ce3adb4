"""Token lengths of a model: their mean and spread, and the measured passes themselves."""

import numpy as np

from moo_inference.fitting.part import Part
from moo_inference.readers import TokenTrace

MOST_PASSES = 10_000
"""More are thinned out, so that a catalog stays readable."""


def length_part(trace: TokenTrace, *, most: int = MOST_PASSES, times: bool = True) -> Part:
    """The lengths of a trace.

    Of more than `most` passes so many are kept, at even distances in the order of the lengths of their answers: means
    and percentiles of answers stay where they are, those of prompts nearly so. Means and deviations are always those of
    all requests. Requests with an empty prompt or answer are kept as they are.

    Args:
        trace: requests that were served.
        most: passes that are kept.
        times: the trace's own times and failures count. If not, a benchmark tells them.
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
    values: dict[str, object] = {
        name: {"mean": float(tokens.mean()), "std": float(tokens.std())}
        for name, tokens in (("input_tokens", trace.input_tokens), ("output_tokens", trace.output_tokens))
    }
    values["passes"] = passes
    if trace.reasoning_tokens is not None and trace.reasoning_tokens.any():
        answers = trace.output_tokens - trace.reasoning_tokens
        for name, tokens in (("output_tokens", answers), ("reasoning_tokens", trace.reasoning_tokens)):
            values[name] = {"mean": float(tokens.mean()), "std": float(tokens.std())}
    notes += [f"{trace.where}: {note}" for note in trace.notes]
    if trace.seconds is not None:
        instant = int((trace.seconds <= 0).sum())
        if not times:
            notes.append(f"{trace.where}: its seconds are left out, since they are told elsewhere")
        elif instant:
            notes.append(f"{trace.where}: its seconds are left out, since {instant:,} of its requests took none")
        else:
            passes["seconds"] = trace.seconds[rows].tolist()
            values["request_seconds"] = {"mean": float(trace.seconds.mean()), "std": float(trace.seconds.std())}
    if trace.failed:
        notes.append(f"{trace.where}: failed requests, which are left out: {trace.failed:,}")
        if times:
            values["failed_share"] = trace.failed / (trace.failed + n)
    return Part.of(values, f"{trace.where}, {n:,} requests", *notes)
