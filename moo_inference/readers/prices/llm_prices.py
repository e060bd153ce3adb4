"""The price lists of llm-prices.com: USD per million tokens, the models of one vendor, or all of them.

Schema: https://github.com/simonw/llm-prices: data/VENDOR.json is {vendor, models: [{id, name, price_history: [{input,
output, input_cached, from_date, to_date}]}]}, where the price without a to_date holds now; current-v1.json is
{updated_at, prices: [{id, vendor, name, input, output, input_cached}]}.
"""

import os
from collections.abc import Collection, Iterator

from pydantic import BaseModel

from moo_inference.documents.document import Document
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.amounts import NoPrice, UsdPerMillion, further
from moo_inference.readers.prices.price import Price, PriceList, entries_of, read_price_list


class _Amounts(BaseModel):
    """What a model costs, from one day to another."""

    input: UsdPerMillion
    output: UsdPerMillion
    input_cached: UsdPerMillion | None = None
    from_date: str | None = None
    to_date: str | None = None

    def holds(self, date: str | None) -> bool:
        """Whether it holds on a day, None: now."""
        if date is None:
            return self.to_date is None
        return (self.from_date or "") <= date and (self.to_date is None or date < self.to_date)


class _Model(BaseModel):
    price_history: list[_Amounts]


def read_llm_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
    date: str | None = None,
) -> PriceList:
    """Read a price list of llm-prices.com.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day for which prices are asked, YYYY-MM-DD; None: those that hold now.

    Returns:
        Prices in USD per million tokens by the models' ids, those that hold now, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or holds no list of models.
        SettingError: (a ValueError) the day is none.
    """
    updated: list[str] = []

    def entries(document: Document) -> Iterator[tuple[str, Document]]:
        found = document.data.get("updated_at") if isinstance(document.data, dict) else None
        updated.extend([found[:10]] if isinstance(found, str) else [])
        return _entries(document)

    def price(key: str, entry: Document) -> Price:
        return _price(key, entry, date, next(iter(updated), None))

    return read_price_list(path, entries, price, free=free, expensive=expensive, date=date)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    data = document.data if isinstance(document.data, dict) else {}
    section = "prices" if "prices" in data else "models"
    if not isinstance(data.get(section), list):
        raise ReaderError(document.error_at((), 'must hold a list of models under "models" or "prices"'))
    return entries_of(document, data[section], "must be a model with an id and prices", section)


def _price(key: str, entry: Document, date: str | None, updated: str | None) -> Price:
    raw = entry.data
    if "price_history" not in raw:
        held = [_Amounts.model_validate(raw)]
    else:
        history = _Model.model_validate(raw).price_history
        places = [place for place, one in enumerate(history) if one.holds(date)]
        held = [history[place] for place in places]
        raw = raw["price_history"][places[0]] if places else {}
    if len(held) != 1:
        wanted = "without a to_date, the one of today" if date is None else f"that holds on {date}"
        raise NoPrice(f"must hold one price {wanted}, got {len(held)}", "price_history")
    names = ("id", "vendor", "name", "from_date", "to_date", "input", "output", "input_cached")
    return Price(
        key,
        held[0].input,
        held[0].output,
        held[0].input_cached,
        others=further(raw, names),
        where=entry.where(),
        date=date or held[0].from_date or updated,
    )


FORMAT = Format(
    "llm_prices",
    "llm-prices list",
    "prices",
    read_llm_prices,
    json=lambda shape: (
        shape.has("models", 0, "price_history")
        or (shape.has("prices", 0, "vendor") and shape.has("prices", 0, "input"))
    ),
)
