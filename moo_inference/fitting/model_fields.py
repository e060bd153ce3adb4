"""Some fields of a model, where they came from, and their caveats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECONDS = ("request_seconds", "seconds_per_input_token", "seconds_per_output_token")

TIMES = (*SECONDS, "servers")
"""What says how long a pass takes; one of them stands alone."""

_DISPLACED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(TIMES, TIMES),
    "input_tokens": ("passes",),
    "output_tokens": ("passes",),
    "reasoning_tokens": ("passes",),
    "usd_per_million_input_tokens": (
        "usd_per_million_cached_input_tokens",
        "usd_per_million_cache_write_input_tokens",
        "price_tiers",
    ),
    "usd_per_million_output_tokens": ("usd_per_million_reasoning_tokens", "price_tiers"),
}
"""Earlier fields that no longer hold once later ones give these."""


@dataclass(frozen=True)
class ModelFields:
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
    def of(cls, values: dict[str, Any], source: str, *notes: str) -> "ModelFields":
        """Values that all came from one place."""
        return cls(values, dict.fromkeys(values, source), notes)

    def over(self, other: "ModelFields") -> "ModelFields":
        """Both; where both have the same field, this one's counts, and what the other's rested on is left out.

        So seconds per token and seconds of a request never stand together, measured passes not with the lengths or
        seconds of another source, and prices of long or cached prompts not with another price of input.
        """
        values, notes = dict(other.values), []
        for name in self.values:
            for gone in _DISPLACED.get(name, ()):
                if gone not in values:
                    continue
                del values[gone]
                if gone not in self.values:
                    notes.append(
                        f"{gone} from {other.sources[gone]} is left out, since {name} comes from {self.sources[name]}"
                    )
        passes = values.get("passes", {})
        if "seconds" in passes and any(name in self.values for name in TIMES):
            values["passes"] = {name: numbers for name, numbers in passes.items() if name != "seconds"}
        values.update(self.values)
        sources = {**other.sources, **self.sources}
        return ModelFields(values, {name: sources[name] for name in values}, (*other.notes, *self.notes, *notes))
