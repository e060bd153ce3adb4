"""Which prices of a record are others now."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

_PRICES = ("usd_per_", "price_tiers", "price_mode", "first_wave_writes_cache")


@dataclass(frozen=True)
class PriceChange:
    """A price of a model that is another than in a record.

    Attributes:
        model: its id.
        field: of the model, as `usd_per_million_output_tokens` or `servers.usd_per_hour`.
        before: what the record has; None where it had none.
        after: what holds now; None where there is none any more.
        source_before: where that came from; None where that is not recorded.
        source_after: likewise.
    """

    model: str
    field: str
    before: Any
    after: Any
    source_before: str | None = None
    source_after: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class OtherPrices:
    """The prices that are others than in a record.

    Attributes:
        changes: those of the models that choices are of.
        others: how many further models have other prices.
    """

    changes: tuple[PriceChange, ...]
    others: int

    @classmethod
    def of(cls, changes: Iterable[PriceChange], models: Collection[str]) -> "OtherPrices":
        """From all changes, and the ids of the models that choices are of."""
        found = list(changes)
        concerned = tuple(change for change in found if change.model in models)
        return cls(concerned, len({change.model for change in found} - set(models)))


def price_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PriceChange]:
    """The prices of the models of two catalogs that differ; models that only one of them has are passed over.

    Args:
        before: the catalog of a record, as plain values.
        after: that of now, likewise.
    """
    changes = []
    was, now = (json.loads(json.dumps(one.get("models") or {})) for one in (before, after))
    for key, old in was.items():
        new = now.get(key)
        if not isinstance(old, dict) or not isinstance(new, dict):
            continue
        one, other = _prices(old), _prices(new)
        for field in dict.fromkeys([*one, *other]):
            if one.get(field) != other.get(field):
                sources = ((side.get("sources") or {}).get(field.partition(".")[0]) for side in (old, new))
                changes.append(PriceChange(key, field, one.get(field), other.get(field), *sources))
    return changes


def _prices(model: Mapping[str, Any]) -> dict[str, Any]:
    """The prices of a model, and what says which of them are paid, by field."""
    found = {name: value for name, value in model.items() if name.startswith(_PRICES)}
    servers = model.get("servers")
    if isinstance(servers, dict) and "usd_per_hour" in servers:
        found["servers.usd_per_hour"] = servers["usd_per_hour"]
    return found
