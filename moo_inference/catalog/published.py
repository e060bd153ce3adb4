"""The schema of the paper's published configuration, translated to this project's.

Prices stand there in USD per token. The file is the metadata of a demonstration project, whose other keys
are not about models and are ignored.
"""

from typing import Any

from moo_inference.catalog.model import HIGHEST_USUAL_PRICE, LOWEST_USUAL_PRICE
from moo_inference.documents.document import Document
from moo_inference.errors import did_you_mean

_FIELDS = {
    "name": ("name",),
    "c_in": ("usd_per_million_input_tokens",),
    "c_out": ("usd_per_million_output_tokens",),
    "t_in": ("seconds_per_input_token",),
    "t_out": ("seconds_per_output_token",),
    "mu_Lin": ("input_tokens", "mean"),
    "sigma_Lin": ("input_tokens", "std"),
    "mu_Lout": ("output_tokens", "mean"),
    "sigma_Lout": ("output_tokens", "std"),
    "acc_mean": ("accuracy", "mean"),
    "acc_std": ("accuracy", "std"),
    "default_parallel": ("parallel",),
}
_PRICES = ("c_in", "c_out")
_DEFAULTS = {"parallel": 4, "latency": "ideal", "prompt": "per-pass"}
_FLAGS = ("free", "price_checked")
_HIGHEST_PRICE_PER_TOKEN = HIGHEST_USUAL_PRICE / 1e6
_LOWEST_PRICE_PER_TOKEN = LOWEST_USUAL_PRICE / 1e6
_SECTIONS = ("models", "scenarios", "pipelines")
_PROJECT_KEYS = frozenset(
    [
        "name",
        "description",
        "author",
        "date",
        "specification_version",
        "prototype_version",
        "shared_memory_limit",
        "environment_variables",
        "feature_dependencies",
        "engine_images",
        "runtimes",
        "tasks",
        "tags",
    ]
)


def is_published(data: dict[str, Any]) -> bool:
    """Whether a file uses this schema: any of its models has one of its keys (all but `name` are its own)."""
    models = data.get("models")
    entries = models.values() if isinstance(models, dict) else ()
    return any(isinstance(entry, dict) and (_FIELDS.keys() - {"name"}) & entry.keys() for entry in entries)


def translate(document: Document) -> tuple[dict[str, Any], list[str]]:
    """The file's values in this project's schema, and the errors that only this schema can have."""
    errors: list[str] = []
    for key in document.data:
        if key not in _PROJECT_KEYS and key not in _SECTIONS:
            near = did_you_mean(key, list(_SECTIONS))
            errors.append(document.error_at((key,), f"unknown key{near}; known are: {', '.join(_SECTIONS)}"))
    models = {
        model_id: _translate_model(document, model_id, values, errors) if isinstance(values, dict) else values
        for model_id, values in document.data["models"].items()
    }
    rest = {section: document.data[section] for section in _SECTIONS[1:] if section in document.data}
    return {"models": models, **rest}, errors


def own_location(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """A location in this project's schema as this file's own key, for errors that name it."""
    back: dict[tuple[str | int, ...], str] = {there: here for here, there in _FIELDS.items()}
    return (*location[:2], back[location[2:]]) if location[2:] in back else location


def _translate_model(document: Document, model_id: str, values: dict[str, Any], errors: list[str]) -> dict[str, Any]:
    own: dict[str, Any] = {"input_tokens": {}, "output_tokens": {}, "accuracy": {}, **_DEFAULTS}
    for key, value in values.items():
        if key in _FLAGS:
            own[key] = value
        elif key not in _FIELDS:
            known = [*_FIELDS, *_FLAGS]
            sentence = f"unknown key{did_you_mean(key, known)}; known are: {', '.join(known)}"
            errors.append(document.error_at(("models", model_id, key), sentence))
        elif key in _PRICES:
            own[_FIELDS[key][0]] = _per_million(document, model_id, key, values, errors)
        else:
            *outer, name = _FIELDS[key]
            (own[outer[0]] if outer else own)[name] = value
    return own


def _per_million(document: Document, model_id: str, key: str, values: dict[str, Any], errors: list[str]) -> Any:
    """The price in USD per million tokens. A price out of range is reported here, in this schema's unit."""
    price = values[key]
    if isinstance(price, bool) or not isinstance(price, int | float):
        return price
    unusual = price > _HIGHEST_PRICE_PER_TOKEN or 0 < price < _LOWEST_PRICE_PER_TOKEN
    if unusual and price < float("inf") and values.get("price_checked") is not True:
        errors.append(
            document.error_at(
                ("models", model_id, key),
                f"must be USD per token; {price:.10g} would be {price * 1e6:,.10g} USD per million tokens (a unit "
                "slip?). If it is meant, set `price_checked: true`",
            )
        )
        return 1.0
    return price * 1e6
