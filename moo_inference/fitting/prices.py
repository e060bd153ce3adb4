"""Prices of a model."""

from moo_inference.fitting.model_fields import ModelFields
from moo_inference.readers import Price
from moo_inference.readers.prices.price import MOST_USD_PER_MILLION


def price_fields(price: Price, *, cached_prompt: bool = False) -> ModelFields:
    """The prices of a list as a model pays them.

    Args:
        price: of the model.
        cached_prompt: the passes of a query have the same prompt, which is paid at the price of cached input from the
            second pass on.
    """
    values: dict[str, object] = {
        "usd_per_million_input_tokens": price.usd_per_million_input_tokens,
        "usd_per_million_output_tokens": price.usd_per_million_output_tokens,
    }
    notes: list[str] = []
    if price.free:
        values["free"] = True
    # The reader lets no such price pass unless it is said to be meant.
    if max(price.amounts()) > MOST_USD_PER_MILLION:
        values["price_checked"] = True
    if price.usd_per_million_reasoning_tokens is not None:
        values["usd_per_million_reasoning_tokens"] = price.usd_per_million_reasoning_tokens
        if price.usd_per_million_reasoning_tokens != price.usd_per_million_output_tokens:
            notes.append(
                f"{price.where}: reasoning has a price of its own, USD {price.usd_per_million_reasoning_tokens:g} per "
                "million tokens, which is paid for reasoning_tokens alone"
            )
    if price.tiers:
        values["price_tiers"] = [
            {name: value for name, value in tier._asdict().items() if value is not None} for tier in price.tiers
        ]
    if cached_prompt and price.usd_per_million_cached_input_tokens is None:
        notes.append(f"{price.where}: {price.key} has no price for cached input, so every pass pays the whole prompt")
    elif cached_prompt:
        values["usd_per_million_cached_input_tokens"] = price.usd_per_million_cached_input_tokens
    notes += [f"{price.where}: {note}" for note in price.notes]
    others = list(price.others)
    if not cached_prompt and price.usd_per_million_cached_input_tokens is not None:
        others.insert(0, f"cached input {price.usd_per_million_cached_input_tokens:g} (--cached-prompt counts it)")
    if others:
        notes.append(f"{price.where}: {price.key} has further prices, which are not counted: {', '.join(others)}")
    return ModelFields.of(values, f"{price.where}, {price.key}", *notes)
