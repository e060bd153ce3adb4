"""The model list of models.dev, the answer of GET /api.json: USD per million tokens, providers with their models.

Schema: https://github.com/sst/models.dev: {PROVIDER: {id, models: {MODEL: {reasoning, cost: {input, output, reasoning,
cache_read, cache_write, input_audio, output_audio, context_over_200k: {input, output, ...}}, limit: {context, input,
output}}}}}. A model without `cost` has no known price.
"""

import os
from collections.abc import Collection, Iterator

from pydantic import BaseModel

from moo_inference.documents.document import Document, shown
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.prices.amounts import Tokens, UsdPerMillion, further
from moo_inference.readers.prices.price import Price, PriceList, Tier, read_price_list, same_share

_LONG, _LONG_FROM = "context_over_200k", 200_000


class _Amounts(BaseModel):
    input: UsdPerMillion
    output: UsdPerMillion
    reasoning: UsdPerMillion | None = None
    cache_read: UsdPerMillion | None = None
    cache_write: UsdPerMillion | None = None


class _Cost(_Amounts):
    context_over_200k: _Amounts | None = None


class _Limit(BaseModel):
    context: Tokens | None = None
    input: Tokens | None = None


class _Model(BaseModel):
    cost: _Cost
    limit: _Limit = _Limit()
    reasoning: bool = False


def read_models_dev(
    path: str | os.PathLike[str],
    *,
    free: bool | Collection[str] = False,
    expensive: bool | Collection[str] = False,
    date: str | None = None,
) -> PriceList:
    """Read the model list of models.dev.

    Args:
        path: the file.
        free: True, or the models whose price of 0 is meant. Others of that price count as unpriced.
        expensive: True, or the models that do cost more than USD 1,000 per million tokens.
        date: the day that the file is of, YYYY-MM-DD, which it does not contain; None: not known.

    Returns:
        Prices in USD per million tokens by `provider/model`, and the reasons of those without.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or not one object of providers.
        SettingError: (a ValueError) the day is none.
    """
    return read_price_list(path, _entries, _price, free=free, expensive=expensive, date=date)


def _entries(document: Document) -> Iterator[tuple[str, Document]]:
    if not isinstance(document.data, dict):
        raise ReaderError(document.error_at((), f"must hold an entry for each provider, got {shown(document.data)}"))
    for provider, values in document.data.items():
        models = values.get("models") if isinstance(values, dict) else None
        if not isinstance(models, dict):
            raise ReaderError(document.error_at((provider,), "must be a provider with its models"))
        yield from ((f"{provider}/{name}", document.at(provider, "models", name)) for name in models)


def _price(key: str, entry: Document) -> Price:
    model = _Model.model_validate(entry.data)
    cost, long = model.cost, model.cost.context_over_200k
    raw = entry.data["cost"]
    others = further(raw, _Cost.model_fields)
    if long is not None:
        used = ["input", "output", "reasoning"]
        used += [
            name
            for name in ("cache_read", "cache_write")
            if same_share((cost.input, getattr(cost, name)), (long.input, getattr(long, name)))
        ]
        others += tuple(f"{_LONG} {name}" for name in further(raw[_LONG], used))
    return Price(
        key,
        cost.input,
        cost.output,
        cost.cache_read,
        cost.reasoning,
        () if long is None else (Tier(_LONG_FROM, long.input, long.output, long.reasoning),),
        model.limit.context if model.limit.input is None else model.limit.input,
        reasons=model.reasoning,
        others=others,
        where=entry.where(),
        usd_per_million_cache_write_input_tokens=cost.cache_write or None,
    )


FORMAT = Format(
    "models_dev",
    "models.dev list",
    "prices",
    read_models_dev,
    json=lambda shape: shape.has("*", "models", "*", "cost") or shape.has("*", "models", "*", "limit"),
)
