"""What benchmarks of a served model measure: seconds, tokens, and the load under which they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import ReaderError
from moo_inference.readers.traces.trace import TokenTrace

FloatArray = NDArray[np.float64]

_TOLERANCE = 1.1
"""A rebuilt latency that differs from the measured one by more than this factor is reported."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How one quantity varies over the requests of a run.

    Attributes:
        mean: of all requests that completed; None where the file has only percentiles.
        std: None where the file does not contain it.
        percentiles: the value below which so many percent lie; 0 is the smallest, 50 the median, 100 the largest.
        samples: (n,) one value for each completed request, in the order of the file, or None.
    """

    mean: float | None
    std: float | None = None
    percentiles: Mapping[float, float] = field(default_factory=dict)
    samples: FloatArray | None = None

    @classmethod
    def of(cls, samples: ArrayLike) -> "Spread | None":
        """The spread of measured values; None where there are none."""
        values = np.asarray(samples, dtype=float)
        if not values.size:
            return None
        levels = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100)
        found = np.percentile(values, levels)
        percentiles = {float(level): float(value) for level, value in zip(levels, found, strict=True)}
        return cls(float(values.mean()), float(values.std()), percentiles, values)


@dataclass(frozen=True)
class Load:
    """The load of a run. Latencies hold at this load alone.

    Attributes:
        requested_rate: requests per second that were to be sent; infinite for all at once; None where unknown.
        concurrency: requests at the same time, at most; the mean where the tool reports only that; None where unknown.
        achieved_rate: requests per second that were sent and served; None where unknown.
        served_rate: requests per second that were served, where the tool distinguishes them from those that it sent; in
            saturation they are fewer.
    """

    requested_rate: float | None = None
    concurrency: float | None = None
    achieved_rate: float | None = None
    served_rate: float | None = None


@dataclass(frozen=True, eq=False)
class ServingRun:
    """One run of a serving benchmark at one load. Failed requests are left out of every spread.

    Attributes:
        tool: the benchmark's name.
        model: the model's name, or None where the file does not contain it.
        load: see `Load`.
        completed: how many requests were served; None where the file does not contain it.
        failed: how many were not; None where the file does not contain it.
        request_seconds: from the request to its last token; None where it is neither measured nor can be rebuilt.
        ttft_seconds: from the request to its first token; None where it is unknown, as it is without streaming.
        seconds_per_output_token: as the tool defines it, see `definition`.
        definition: what the tool's seconds per output token are.
        input_tokens: of the prompts.
        output_tokens: of the answers.
        measured_end_to_end: `request_seconds` was measured; if not, it was rebuilt by the tool's own definition.
        notes: what a reader of these numbers has to know, in sentences.
        where: file and line.
    """

    tool: str
    model: str | None
    load: Load
    completed: int | None
    failed: int | None
    request_seconds: Spread | None
    ttft_seconds: Spread | None
    seconds_per_output_token: Spread | None
    definition: str
    input_tokens: Spread | None = None
    output_tokens: Spread | None = None
    measured_end_to_end: bool = False
    notes: tuple[str, ...] = ()
    where: str = ""


def spread_of(
    mean: float | None, std: float | None, levels: Mapping[float, float], divisor: float = 1.0
) -> Spread | None:
    """Statistics as a spread; None where there is neither a mean nor a percentile.

    Args:
        mean: None where it is unknown.
        std: None where it is unknown.
        levels: percentiles by their level in (0, 100).
        divisor: by which all are divided, as 1000 for milliseconds.
    """
    if mean is None and not levels:
        return None
    return Spread(
        None if mean is None else mean / divisor,
        None if std is None else std / divisor,
        {level: levels[level] / divisor for level in sorted(levels)},
    )


NAMED_LEVELS = {"min": 0.0, "median": 50.0, "max": 100.0}


def level_of(key: str) -> float | None:
    """The percentile that a key as `p99`, `p99.9`, `min`, `median` or `max` names; None where it names none."""
    if key in NAMED_LEVELS:
        return NAMED_LEVELS[key]
    digits = key[1:].replace(".", "", 1)
    if not (key.startswith("p") and digits.isdigit() and digits.isascii()):
        return None
    level = float(key[1:])
    return level if level <= 100 else None


def mean_of(spread: Spread | None) -> float | None:
    """The mean, where there is one."""
    return None if spread is None else spread.mean


def centre_of(spread: Spread | None) -> float | None:
    """The mean, or the median where there is no mean."""
    return None if spread is None else spread.percentiles.get(50.0) if spread.mean is None else spread.mean


def known(seconds: Spread | None) -> Spread | None:
    """The times of a report; None where they are 0, which is what tools write for what they did not measure."""
    if seconds is None:
        return None
    known = any(seconds.percentiles.values()) if seconds.mean is None else seconds.mean > 0
    return seconds if known else None


FIRST_IS_ALL = "Each request has one output token: its latency is its time to the first token."
LOST = "The latency was not measured, and cannot be rebuilt from what there is."


def of_one_token(ttft: Spread | None, output_tokens: Spread | None) -> bool:
    """Whether the latency is the time to the first token, since no answer is longer."""
    most = None if output_tokens is None else output_tokens.percentiles.get(100.0, output_tokens.mean)
    return known(ttft) is not None and most is not None and 0 < most <= 1


def of_requests(
    tool: str,
    definition: str,
    where: str,
    rows: Sequence[Sequence[float]],
    *,
    load: Load | None = None,
    failed: int = 0,
    notes: tuple[str, ...] = (),
) -> ServingRun:
    """A run from its single requests.

    Args:
        tool: the benchmark's name.
        definition: what its seconds per output token are.
        where: the file.
        rows: of each that completed the seconds, those to the first token, those per output token, and the tokens in
            and out; NaN where unknown, for which the whole column is.
        load: where it is known.
        failed: requests that did not complete.
        notes: what has to be said.
    """
    columns = np.array(rows, dtype=float).reshape(-1, 5).T
    seconds, ttft, per_token, inward, outward = (None if np.isnan(one).any() else Spread.of(one) for one in columns)
    return ServingRun(
        tool,
        None,
        load or Load(),
        len(rows),
        failed,
        seconds,
        ttft,
        per_token,
        definition,
        inward,
        outward,
        measured_end_to_end=bool(rows),
        notes=notes if rows else (nothing_completed(failed), *notes),
        where=where,
    )


def nothing_completed(failed: int | None, reason: str = "") -> str:
    """The note on a run without a request that completed."""
    why = f": all {failed:,} failed{f' ({reason})' if reason else ''}" if failed else ": there are no latencies"
    return f"No request completed{why}."


def rebuilt(ttft: Spread | None, between_tokens: Spread | None, output_tokens: Spread | None) -> Spread | None:
    """The mean latency from the times to the first and between the other tokens; None where one of them is unknown.

    Args:
        ttft: seconds to the first token.
        between_tokens: seconds per further token.
        output_tokens: of each answer.
    """
    first, each, n = (mean_of(spread) for spread in (ttft, between_tokens, output_tokens))
    if first is None or each is None or n is None:
        return None
    return Spread(first + each * max(n - 1, 0.0))


def off_by(per_token: Spread | None, output_tokens: Spread | None) -> str:
    """By how much a latency may be off that is rebuilt from a mean over requests of their seconds per token.

    The mean of products is the product of the means and their covariance, which is at most the product of the standard
    deviations.
    """
    n = mean_of(output_tokens)
    if per_token is None or per_token.std is None or n is None or output_tokens is None:
        return "by how much is not known"
    if output_tokens.std is not None:
        return f"by at most {per_token.std * output_tokens.std:.3g} s"
    return f"by up to {per_token.std * n:.3g} s if the lengths of answers vary as much as their mean"


def identity_notes(
    request: Spread | None, ttft: Spread | None, per_token: Spread | None, output_tokens: Spread | None
) -> tuple[str, ...]:
    """A note where the measured latency is not TTFT and n - 1 times the seconds per output token.

    Args:
        request: measured seconds from end to end.
        ttft: seconds to the first token.
        per_token: seconds per further token.
        output_tokens: of each answer.
    """
    measured, first, each, n = (mean_of(spread) for spread in (request, ttft, per_token, output_tokens))
    if measured is None or first is None or each is None or n is None or measured <= 0:
        return ()
    rebuilt = first + each * max(n - 1, 0)
    if rebuilt <= 0 or 1 / _TOLERANCE <= measured / rebuilt <= _TOLERANCE:
        return ()
    return (
        f"The measured latency of {measured:.4g} s is {measured / rebuilt:.2f} times the time to the first token and "
        f"n - 1 times the seconds per output token, which give {rebuilt:.4g} s: use the measured one.",
    )


def at_least_one(runs: Sequence[ServingRun], path: object, what: str) -> tuple[ServingRun, ...]:
    """The runs.

    Args:
        runs: what was read.
        path: the file.
        what: what it must hold, for the message.

    Raises:
        ReaderError: there are none.
    """
    if not runs:
        raise ReaderError(f"{path}: must hold {what}")
    return tuple(runs)


def trace_of(path: object, runs: Sequence[ServingRun]) -> TokenTrace:
    """The lengths of the single requests of some runs; their seconds too, if they are of one run and so of one load.

    Raises:
        ReaderError: some run does not contain its single requests.
    """
    columns: list[FloatArray] = []
    for name in ("input_tokens", "output_tokens"):
        spreads: list[Spread | None] = [getattr(run, name) for run in runs]
        samples = [spread.samples for spread in spreads if spread is not None and spread.samples is not None]
        if len(samples) < len(runs):
            raise ReaderError(f"{path}: must contain the lengths of single requests, got those of whole runs")
        columns.append(np.concatenate(samples))
    inward, outward = (column.astype(np.int64) for column in columns)
    times = None if len(runs) > 1 or runs[0].request_seconds is None else runs[0].request_seconds.samples
    return TokenTrace(inward, outward, times, None, sum(run.failed or 0 for run in runs), str(path))
