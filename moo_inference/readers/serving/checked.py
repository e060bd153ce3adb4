"""Values of a serving benchmark's file, taken out with checks that refuse no more than what matters."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from moo_inference.documents.document import LARGEST, Document, FileErrors, Location, finite, shown
from moo_inference.readers.serving.run import ServingRun, Spread, spread_of

MINOR, TIMES, LATENCY = range(3)
"""How much rests on a value: nothing of the time of requests; what that can be rebuilt from; the time itself."""


def inside(value: Any, *keys: str | int) -> Any:
    """What stands below a value; None where nothing does."""
    for key in keys:
        if isinstance(key, int) and isinstance(value, list):
            value = value[key]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


class CheckedValues:
    """Values of one place of a file, taken out with checks. What is absent or null is None.

    What is invalid is unknown, and a doubt: `settled` refuses the run if the time of its requests rests on it, and
    else notes it. So no value that does not matter refuses a file.

    Attributes:
        document: the file.
        errors: of the file.
        location: the place.
        weight: `LATENCY` where these values are the time of requests, `TIMES` where it can be rebuilt from them, else
            `MINOR`.
        doubts: by location, what must hold, and the weight of the value.
    """

    def __init__(self, document: Document, errors: FileErrors, *location: str | int) -> None:
        self.document = document
        self.errors = errors
        self.location: Location = location
        self.weight = TIMES
        self.doubts: dict[Location, tuple[str, int]] = {}

    def below(self, *location: str | int) -> "CheckedValues":
        """Values of a place below this one; their doubts are the same."""
        inner = CheckedValues(self.document, self.errors, *self.location, *location)
        inner.doubts, inner.weight = self.doubts, self.weight
        return inner

    def weighed(self, weight: int) -> "CheckedValues":
        """The same values with another weight."""
        inner = self.below()
        inner.weight = weight
        return inner

    def refuse(self, keys: Sequence[str | int], sentence: str) -> None:
        """Note a doubt about some keys below this place."""
        self._doubt((*self.location, *keys), sentence)

    def _doubt(self, location: Location, sentence: str) -> None:
        self.doubts.setdefault(location, (sentence, self.weight))

    def raw(self, *keys: str) -> Any:
        """The value that stands there, or None."""
        value = self.document.data
        places = (*self.location, *keys)
        for place, part in enumerate(places):
            if value is None:
                return None
            if isinstance(part, int) and isinstance(value, list):
                value = value[part]
            elif isinstance(value, dict):
                value = value.get(part)
            else:
                self._doubt(places[:place], f"must hold keys and values, got {shown(value)}")
                return None
        for end in range(1, len(places) + 1) if self.document.odd else ():
            odd = self.document.odd.get((*self.document.base, *places[:end]))
            if odd is not None:
                self._doubt(places[:end], odd)
                return None
        return value

    def holder(self, *keys: str) -> bool:
        """Whether keys and values stand there."""
        return isinstance(inside(self.document.data, *self.location, *keys), dict)

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

    def rate(self, *keys: str) -> float | None:
        """Requests per second, infinite for all at once, however that is written."""
        value = self.raw(*keys)
        if value in ("inf", "Infinity", math.inf):
            return math.inf
        return self.number(*keys)

    def text(self, *keys: str) -> str | None:
        """A text; anything else counts as missing."""
        value = self.raw(*keys)
        return value if isinstance(value, str) and value else None

    def spread(
        self, *keys: str, percentiles: Callable[[str], float | None], divisor: float = 1.0, std: str = "std"
    ) -> Spread | None:
        """A mapping of statistics as a spread; None where there is none, or where its mean is invalid.

        Args:
            keys: where it stands.
            percentiles: returns which percentile a key holds, or None if it holds none.
            divisor: units of the file in one of ours, e.g. 1000 for milliseconds.
            std: the key of the standard deviation.
        """
        found = self.raw(*keys)
        if found is None:
            return None
        if not isinstance(found, dict):
            self.refuse(keys, f"must hold keys and values, got {shown(found)}")
            return None
        middle = "mean" if "mean" in found else "avg"
        mean = self.number(*keys, middle)
        if mean is None and found.get(middle) is not None:
            return None
        deviation = self.number(*keys, std)
        levels = {}
        for key in found:
            level = percentiles(key)
            value = None if level is None else self.number(*keys, key)
            if level is not None and value is not None:
                levels[level] = value
        return spread_of(mean, deviation, levels, divisor)

    def settled(self, run: ServingRun) -> ServingRun:
        """The run with a note on each doubt that it does not rest on; the others are errors."""
        notes = []
        for location, (sentence, weight) in self.doubts.items():
            rests = (weight == LATENCY and not run.measured_end_to_end) or (
                weight == TIMES and run.request_seconds is None
            )
            if rests and run.completed != 0:
                self.errors.add(self.document.error_at(location, sentence))
            else:
                line = self.document.where(location).rpartition(":")[2]
                notes.append(f"{'.'.join(map(str, location))} on line {line} is left out: {sentence}.")
        return replace(run, notes=(*run.notes, *notes))
