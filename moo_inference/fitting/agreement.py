"""Whether the parts of a model belong together: notes where they do not seem to, and what cannot be at all."""

from typing import Any

from moo_inference.fitting.model_fields import ModelFields
from moo_inference.fitting.model_names import same_model
from moo_inference.readers import Outcomes, Price, ServingRun
from moo_inference.readers.serving.run import mean_of

_FAR = 3.0
"""Lengths that differ by more than this factor from those of the benchmark are reported."""


def too_long(price: Price | None, values: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Prompts that are longer than the model takes: errors where the mean is, notes where some are."""
    lengths = values.get("input_tokens")
    if price is None or not price.context_tokens or lengths is None:
        return [], []
    limit, mean, std = price.context_tokens, lengths["mean"], lengths["std"] or 0.0
    takes = "takes" if price.mode is None else f"has a price for {price.mode} of"
    limited = f"{price.where}: {price.key} {takes} at most {limit:,} input tokens"
    if mean > limit:
        return [
            f"{limited}, and a prompt has {mean:,.10g} on average: choose a model that takes them, or shorter prompts"
        ], []
    passes = values.get("passes")
    if passes is not None:
        beyond = sum(tokens > limit for tokens in passes["input_tokens"])
        some = f"{beyond:,} of {len(passes['input_tokens']):,} prompts have more" if beyond else ""
    else:
        some = f"prompts of {mean:,.10g} ± {std:,.10g} tokens have more now and then"
        some = some if mean + 2 * std > limit else ""
    return [], [f"{limited}, and {some}: they cannot be served"] if some else []


def doubts(
    price: Price | None,
    serving: ServingRun | None,
    outcomes: Outcomes | None,
    files: ModelFields,
    by_hand: ModelFields,
) -> list[str]:
    """Notes on parts that do not seem to belong together.

    Args:
        price: of the model.
        serving: the benchmark of its latency.
        outcomes: the evaluation of its answers.
        files: the fields from all files.
        by_hand: the fields given by hand, which replace those of files.
    """
    merged = by_hand.over(files)
    return [
        *_overridden(files, by_hand),
        *_other_models(price, serving, outcomes),
        *_stretched(serving, merged),
        *_hidden_reasoning(price, merged),
    ]


def _overridden(files: ModelFields, by_hand: ModelFields) -> list[str]:
    return [
        f"{name} from {files.sources[name]} is left out, since it is given by hand: {_text(files.values[name])} there, "
        f"{_text(value)} here"
        for name, value in by_hand.values.items()
        if name in files.values and files.values[name] != value and not _completes(value, files.values[name])
    ]


def _completes(value: object, there: object) -> bool:
    """Whether a value by hand is that of the file, with the spread that the file lacks."""
    if not isinstance(value, dict) or not isinstance(there, dict) or "mean" not in value:
        return False
    return value["mean"] == there.get("mean") and there.get("std") is None


def _text(value: object) -> str:
    if isinstance(value, dict) and "mean" in value:
        spread = value.get("std")
        return f"{value['mean']:.6g}" + ("" if spread is None else f" ± {spread:.6g}")
    return f"{value:.6g}" if isinstance(value, float) else "other values"


def _other_models(price: Price | None, serving: ServingRun | None, outcomes: Outcomes | None) -> list[str]:
    """A sentence for each two parts whose files name different models."""
    named = []
    if price is not None:
        named.append((price.where, "the price is that of", price.key))
    if serving is not None and serving.model:
        named.append((serving.where, "measured", serving.model))
    if outcomes is not None and outcomes.model:
        named.append((outcomes.where, "evaluated", outcomes.model))
    return [
        f"{where}: {what} {name}, and {other_where} {other_what} {other}: if these are different models, the result is "
        "that of neither"
        for place, (where, what, name) in enumerate(named)
        for other_where, other_what, other in named[place + 1 :]
        if not same_model(name, other)
    ]


def _stretched(serving: ServingRun | None, merged: ModelFields) -> list[str]:
    if serving is None or not any(name.startswith("seconds_per_") for name in merged.values):
        return []
    notes = []
    for name, spread in (("input_tokens", serving.input_tokens), ("output_tokens", serving.output_tokens)):
        measured, used = mean_of(spread), merged.values.get(name)
        # An invalid mean is reported where the model is validated.
        if not measured or used is None or not used["mean"] > 0:
            continue
        ratio = used["mean"] / measured
        if max(ratio, 1 / ratio) > _FAR:
            notes.append(
                f"{serving.where}: was measured with {measured:,.6g} {name} on average, and the model has "
                f"{used['mean']:,.6g}: its times are stretched by {ratio:.3g}, far from what was measured"
            )
    return notes


def _hidden_reasoning(price: Price | None, merged: ModelFields) -> list[str]:
    if price is None or not price.reasons or "reasoning_tokens" in merged.values:
        return []
    return [
        f"{price.where}: {price.key} reasons before it answers, and no tokens of reasoning are given: where "
        "output_tokens do not hold them, cost and time are too low, maybe several times; give --reasoning-tokens "
        "MEAN,STD, or a --lengths FILE with a column of them"
    ]
