"""A part of a model: some of its fields, where they came from, and what has to be said of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """Some fields of a model.

    Attributes:
        values: by field, as a catalog holds them.
        sources: by field, where the value came from.
        notes: what the user has to know, in sentences.
    """

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any], source: str, *notes: str) -> "Part":
        """Values that all came from one place."""
        return cls(values, dict.fromkeys(values, source), notes)

    def over(self, other: "Part") -> "Part":
        """Both parts; where both have a field, this one's counts."""
        return Part({**other.values, **self.values}, {**other.sources, **self.sources}, (*other.notes, *self.notes))
