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
from moo_inference.readers.prices.price import (
    NoPrice,
    Price,
    PriceList,
    UsdPerMillion,
    entries_of,
    further,
    read_price_list,
)


class _Amounts(BaseModel):
    """What a model costs, from one day to another."""

    input: UsdPerMillion
    output: UsdPerMillion
    input_cached: UsdPerMillion | None = None
    to_date: str | None = None


class _Model(BaseModel):
    price_history: list[_Amounts]


def read_llm_prices(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
) -> PriceList:
    """Read a price list of llm-prices.com.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.

    Returns:
        Prices in USD per million tokens by the models' ids, those that hold now, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or holds no list of models.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    data = document.data if isinstance(document.data, dict) else {}
    section = "prices" if "prices" in data else "models"
    if not isinstance(data.get(section), list):
        raise ReaderError(document.error_at((), 'must hold a list of models under "models" or "prices"'))
    return entries_of(document, data[section], "must be a model with an id and prices", section)


def _price(key: str, entry: Document) -> Price:
    raw = entry.data
    if "price_history" not in raw:
        now = [_Amounts.model_validate(raw)]
    else:
        now = [one for one in _Model.model_validate(raw).price_history if one.to_date is None]
        raw = next((one for one in raw["price_history"] if one.get("to_date") is None), {})
    if len(now) != 1:
        raise NoPrice(f"must hold one price without a to_date, the one of today, got {len(now)}", "price_history")
    names = ("id", "vendor", "name", "from_date", "to_date", "input", "output", "input_cached")
    return Price(key, now[0].input, now[0].output, now[0].input_cached, others=further(raw, names), where=entry.where())


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
