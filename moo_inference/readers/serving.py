"""What benchmarks of a served model measure: seconds, tokens, and the load under which they hold."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import ReaderError
from moo_inference.readers.document import LARGEST, Document, Faults, Location, finite, shown

FloatArray = NDArray[np.float64]

_TOLERANCE = 1.1
"""A rebuilt latency that differs from the measured one by more than this factor is told."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How one quantity varies over the requests of a run.

    Attributes:
        mean: of all requests that completed; None where the file has only percentiles.
        std: None where the file does not tell.
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
        requested_rate: requests a second that were to be sent; infinite for all at once; None where not told.
        concurrency: requests at the same time, at most; the mean where the tool tells only that; None where not told.
        achieved_rate: requests a second that were served; None where not told.
    """

    requested_rate: float | None = None
    concurrency: float | None = None
    achieved_rate: float | None = None


@dataclass(frozen=True, eq=False)
class ServingRun:
    """One run of a serving benchmark at one load. Failed requests are left out of every spread.

    Attributes:
        tool: the benchmark's name.
        model: the model's name, or None where the file does not tell.
        load: see `Load`.
        completed: how many requests were served; None where the file does not tell.
        failed: how many were not; None where the file does not tell.
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
    input_tokens: Spread | None
    output_tokens: Spread | None
    measured_end_to_end: bool
    notes: tuple[str, ...] = ()
    where: str = ""


class Fields:
    """Values of one place of a file, taken out with checks. What is absent or null is None; faults are gathered."""

    def __init__(self, document: Document, faults: Faults, *location: str | int) -> None:
        self.document = document
        self.faults = faults
        self.location: Location = location

    def refuse(self, keys: Sequence[str], sentence: str) -> None:
        """Note a fault at some keys below this place."""
        self.faults.add(self.document.fault((*self.location, *keys), sentence))

    def raw(self, *keys: str) -> Any:
        """The value that stands there, or None."""
        value = self.document.data
        for place, part in enumerate((*self.location, *keys)):
            if value is None:
                return None
            if isinstance(part, int) and isinstance(value, list):
                value = value[part]
            elif isinstance(value, dict):
                value = value.get(part)
            else:
                where = (*self.location, *keys)[:place]
                self.faults.add(self.document.fault(where, f"must hold keys and values, got {shown(value)}"))
                return None
        return value

    def number(self, *keys: str) -> float | None:
        """A number, 0 or more."""
        value = self.raw(*keys)
        number = finite(value)
        if value is not None and (number is None or not 0 <= number <= LARGEST):
            self.refuse(keys, f"must be a number, 0 or more, got {shown(value)}")
            return None
        return number

    def count(self, *keys: str) -> int | None:
        """A whole number."""
        number = self.number(*keys)
        if number is not None and number != math.floor(number):
            self.refuse(keys, f"must be a whole number, got {shown(number)}")
            return None
        return None if number is None else int(number)

    def needed_count(self, *keys: str) -> int:
        """A whole number that must be there."""
        value = self.count(*keys)
        if value is None and self.raw(*keys) is None:
            self.refuse(keys, "must be given")
        return value or 0

    def text(self, *keys: str) -> str | None:
        """A text; anything else counts as not told."""
        value = self.raw(*keys)
        return value if isinstance(value, str) and value else None

    def spread(
        self, *keys: str, percentiles: Callable[[str], float | None], divisor: float = 1.0, std: str = "std"
    ) -> Spread | None:
        """A mapping of statistics as a spread.

        Args:
            keys: where it stands.
            percentiles: tells which percentile a key holds, or None if it holds none.
            divisor: units of the file in one of ours, e.g. 1000 for milliseconds.
            std: the key of the standard deviation.
        """
        found = self.raw(*keys)
        if found is None:
            return None
        if not isinstance(found, dict):
            self.refuse(keys, f"must hold keys and values, got {shown(found)}")
            return None
        mean = self.number(*keys, "mean") if "mean" in found else self.number(*keys, "avg")
        deviation = self.number(*keys, std)
        levels = {}
        for key in found:
            level = percentiles(key)
            value = None if level is None else self.number(*keys, key)
            if level is not None and value is not None:
                levels[level] = value / divisor
        if mean is None and not levels:
            return None
        return Spread(
            None if mean is None else mean / divisor,
            None if deviation is None else deviation / divisor,
            dict(sorted(levels.items())),
        )


NAMED_LEVELS = {"min": 0.0, "median": 50.0, "max": 100.0}


def mean_of(spread: Spread | None) -> float | None:
    """The mean, where there is one."""
    return None if spread is None else spread.mean


def known(seconds: Spread | None) -> Spread | None:
    """The times of a report; None where all of them are 0, which is what tools write for what they did not measure."""
    if seconds is None or seconds.mean or any(seconds.percentiles.values()):
        return seconds
    return None


def rebuilt(ttft: Spread | None, between_tokens: Spread | None, output_tokens: Spread | None) -> Spread | None:
    """The mean latency from the times to the first and between the other tokens; None where one of them is unknown."""
    first, each, n = (mean_of(spread) for spread in (ttft, between_tokens, output_tokens))
    if first is None or each is None or n is None:
        return None
    return Spread(first + each * max(n - 1, 0.0))


def identity_notes(
    request: Spread | None, ttft: Spread | None, per_token: Spread | None, output_tokens: Spread | None
) -> tuple[str, ...]:
    """A note where the measured latency is not TTFT and n - 1 times the seconds per output token."""
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

    Raises:
        ReaderError: there are none.
    """
    if not runs:
        raise ReaderError(f"{path}: must hold {what}")
    return tuple(runs)
