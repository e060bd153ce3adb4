"""Token lengths of a model: their mean and spread, and the measured passes themselves."""

import numpy as np

from moo_inference.fitting.part import Part
from moo_inference.readers import TokenTrace

MOST_PASSES = 10_000
"""More are thinned out, so that a catalog stays readable."""


def length_part(trace: TokenTrace, *, most: int = MOST_PASSES) -> Part:
    """The lengths of a trace.

    Of more than `most` passes so many are kept, at even distances in the order of their lengths: means and percentiles
    stay where they are. Requests with an empty prompt or answer are kept as they are.

    Args:
        trace: requests that were served.
        most: passes that are kept.
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
    if trace.seconds is not None and (trace.seconds > 0).all():
        passes["seconds"] = trace.seconds[rows].tolist()
    values: dict[str, object] = {
        name: {"mean": float(tokens.mean()), "std": float(tokens.std())}
        for name, tokens in (("input_tokens", trace.input_tokens), ("output_tokens", trace.output_tokens))
    }
    values["passes"] = passes
    if trace.seconds is not None and "seconds" in passes:
        values["request_seconds"] = {"mean": float(trace.seconds.mean()), "std": float(trace.seconds.std())}
    if trace.failed:
        values["failed_share"] = trace.failed / (trace.failed + n)
        notes.append(f"{trace.where}: {trace.failed:,} requests that failed are left out")
    return Part.of(values, f"{trace.where}, {n:,} requests", *notes)
