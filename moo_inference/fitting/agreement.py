"""Whether the parts of a model belong together: notes where they do not seem to, and what cannot be at all."""

import re
from typing import Any

from moo_inference.fitting.model_fields import ModelFields
from moo_inference.readers import Price, ServingRun
from moo_inference.readers.serving.run import mean_of

_FAR = 3.0
"""Lengths that differ by more than this factor from those of the benchmark are reported."""

_NEUTRAL = re.compile(
    r"instruct|chat|it|hf|latest|preview|latency|optimized|turbo|fp\d+|int\d|awq|gptq|bf16|v\d|\d{4,}"
    r"|anthropic|meta|amazon|cohere|ai21|us|eu|apac"
)
"""Parts of a name that leave a model what it is, or that only some lists have: dates, precisions, providers."""


def too_long(price: Price | None, values: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Prompts that are longer than the model takes: errors where the mean is, notes where some are."""
    lengths = values.get("input_tokens")
    if price is None or not price.context_tokens or lengths is None:
        return [], []
    limit, mean, std = price.context_tokens, lengths["mean"], lengths["std"] or 0.0
    limited = f"{price.where}: {price.key} takes at most {limit:,} input tokens"
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


def doubts(price: Price | None, serving: ServingRun | None, files: ModelFields, by_hand: ModelFields) -> list[str]:
    """Notes on parts that do not seem to belong together.

    Args:
        price: of the model.
        serving: the benchmark of its latency.
        files: the fields from all files.
        by_hand: the fields given by hand, which replace those of files.
    """
    merged = by_hand.over(files)
    return [
        *_overridden(files, by_hand),
        *_other_model(price, serving),
        *_stretched(serving, merged),
        *_hidden_reasoning(price, merged),
    ]


def _overridden(files: ModelFields, by_hand: ModelFields) -> list[str]:
    return [
        f"{name} from {files.sources[name]} is left out, since it is given by hand: {_text(files.values[name])} there, "
        f"{_text(value)} here"
        for name, value in by_hand.values.items()
        if name in files.values and files.values[name] != value
    ]


def _text(value: object) -> str:
    if isinstance(value, dict) and "mean" in value:
        return f"{value['mean']:.6g}"
    return f"{value:.6g}" if isinstance(value, float) else "other values"


def _other_model(price: Price | None, serving: ServingRun | None) -> list[str]:
    if price is None or serving is None or not serving.model or _words(price.key) == _words(serving.model):
        return []
    return [
        f"{price.where}: the price is that of {price.key}, and {serving.where} measured {serving.model}: if these are "
        "different models, the result is that of neither"
    ]


def _words(name: str) -> set[str]:
    """What identifies a model: its name without provider, date and precision."""
    last = re.sub(r"\d{4}-\d\d(-\d\d)?|(?<=\d)\.(?=\d)|:.*", "", name.lower().rstrip("/").rpartition("/")[2])
    parts = re.split(r"[^a-z0-9]+", last)
    split = {part for name in parts for part in re.findall(r"[a-z]+\d*[a-z]*|\d+[a-z]*", name)}
    return {part for part in split if not _NEUTRAL.fullmatch(part)}


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
