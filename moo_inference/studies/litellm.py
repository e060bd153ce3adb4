"""A choice as settings of a LiteLLM router, and the notes that go with them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from moo_inference.catalog import AnyAccuracy

_CHOOSERS = {
    "oracle": "the caller has to recognise a right one (unit tests, a checker), as the accuracy takes for granted",
    "verifier": "the verifier of the evaluation has to score them, and the best one is kept",
    "majority": "the plurality answer has to be counted out",
}
"""What has to choose among k answers, by the `keep` of an accuracy."""


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""What LiteLLM takes for `reasoning_effort`."""


class Written(NamedTuple):
    """An entry of the model list: what callers call it, the id of the model, its passes and its effort, if any."""

    name: str
    model: str
    k: int
    effort: str | None = None


def litellm_settings(written: Sequence[Written], sources: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The settings as plain values; the second entry is the fallback of the first.

    Args:
        written: the entries.
        sources: where the numbers of each model came from, by id.
    """
    entries = [
        {
            "model_name": name,
            "litellm_params": {
                "model": litellm_name(sources.get(model, {})) or model,
                **({"n": k} if k > 1 else {}),
                **({"reasoning_effort": effort} if effort in _EFFORTS else {}),
            },
        }
        for name, model, k, effort in written
    ]
    settings: dict[str, Any] = {"model_list": entries}
    if len(entries) > 1:
        settings["router_settings"] = {"fallbacks": [{written[0].name: [written[1].name]}]}
    return settings


def litellm_notes(
    written: Sequence[Written], sources: Mapping[str, Mapping[str, str]], accuracies: Mapping[str, AnyAccuracy]
) -> tuple[str, ...]:
    """Notes on the settings, one sentence each: names to replace, and what has to choose among n answers.

    Args:
        written: the entries.
        sources: where the numbers of each model came from, by id.
        accuracies: of each model, by id; their `keep` is how an answer is chosen.
    """
    notes = [
        f"{model} is its id in the catalog, since its sources contain no name of LiteLLM's: put that in its place"
        for model in dict.fromkeys(entry.model for entry in written)
        if litellm_name(sources.get(model, {})) is None
    ]
    notes += [
        f"{model}: LiteLLM's efforts are {', '.join(_EFFORTS)}: set the provider's own parameter for {entry.effort}"
        for model, entry in {entry.model: entry for entry in written}.items()
        if entry.effort is not None and entry.effort not in _EFFORTS
    ]
    for _, model, k, _ in written:
        keep = getattr(accuracies[model], "keep", "oracle")
        if k > 1:
            notes.append(f"{model}: n asks for {k} answers, and LiteLLM hands all of them on: {_CHOOSERS[keep]}")
    return tuple(notes)


def litellm_name(sources: Mapping[str, str]) -> str | None:
    """What LiteLLM calls a model, from where its numbers came; None where they do not contain it.

    It is the source `litellm_model` of the catalog, else the key of the price, if that is from LiteLLM's own list:
    a file called `model_prices_and_context_window`, as LiteLLM's is, or with `litellm` in its name.
    """
    if sources.get("litellm_model"):
        return sources["litellm_model"]
    file, _, key = sources.get("usd_per_million_input_tokens", "").partition(", ")
    listed = re.search(r"(litellm|model_prices_and_context_window)[^/\\]*:\d+$", file, re.IGNORECASE)
    return key if listed and key else None
