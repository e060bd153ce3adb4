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
        field: of the model, as `usd_per_million_output_tokens`.
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


def is_price(field: str) -> bool:
    """Whether a field of a model is a price, or says which prices are paid."""
    return field.startswith(_PRICES)


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
        for field in dict.fromkeys([*old, *new]):
            if is_price(field) and old.get(field) != new.get(field):
                sources = ((one.get("sources") or {}).get(field) for one in (old, new))
                changes.append(PriceChange(key, field, old.get(field), new.get(field), *sources))
    return changes
