"""A choice as settings of a LiteLLM router, and the notes that go with them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from moo_inference.catalog import AnyAccuracy, Model
from moo_inference.catalog.stopping import settings_of
from moo_inference.decision.choice import Choice
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.stop import Stop

_CHOOSERS = {
    "oracle": "the caller has to recognise a right one (unit tests, a checker), as the accuracy takes for granted",
    "verifier": "the verifier of the evaluation has to score them, and the best one is kept",
    "majority": "the plurality answer has to be counted out",
}
"""What has to choose among k answers, by the `keep` of an accuracy."""


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""What LiteLLM takes for `reasoning_effort`."""


class Written(NamedTuple):
    """An entry of the model list.

    Attributes:
        name: what callers call it.
        model: its id.
        k: passes.
        effort: of the model, None where it has none.
        stop: the policy of stopping; None where all k passes run.
        parallel: passes of a batch.
    """

    name: str
    model: str
    k: int
    effort: str | None = None
    stop: Stop | None = None
    parallel: int = 1

    @property
    def served_as(self) -> str:
        """The id without the policy; of a pair that of its second setting."""
        return settings_of(self.model, self.stop)[-1]

    @property
    def may_stop(self) -> bool:
        """Whether some query may run fewer than k passes: those of one batch always run together."""
        return self.stop is not None and (self.stop.escalates or self.k > self.parallel)


def entries_of(
    chosen: Mapping[str, Choice | None], models: Mapping[str, Model], conditions: Conditions
) -> list[Written]:
    """The entries of what was chosen; none where nothing was.

    Args:
        chosen: by what callers call it.
        models: by id.
        conditions: how passes run.
    """
    found = []
    for name, choice in chosen.items():
        if choice is not None and choice.model is not None and choice.k is not None:
            model = models[choice.model]
            parallel = conditions.parallel_of(model)
            found.append(Written(name, choice.model, choice.k, model.effort, model.stop, parallel))
    return found


def litellm_settings(written: Sequence[Written], sources: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The settings as plain values; the second entry is the fallback of the first.

    Passes that may stop early have no `n`: the caller asks for each batch.

    Args:
        written: the entries.
        sources: where the numbers of each model came from, by id.
    """
    entries = [
        {
            "model_name": entry.name,
            "litellm_params": {
                "model": litellm_name(sources.get(entry.model, {})) or entry.served_as,
                **({"n": entry.k} if entry.k > 1 and not entry.may_stop else {}),
                **({"reasoning_effort": entry.effort} if entry.effort in _EFFORTS else {}),
            },
        }
        for entry in written
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
    nameless = [entry.served_as for entry in written if litellm_name(sources.get(entry.model, {})) is None]
    notes = [
        f"{model} is its id in the catalog, since its sources contain no name of LiteLLM's: put that in its place"
        for model in dict.fromkeys(nameless)
    ]
    notes += [
        f"{model}: LiteLLM's efforts are {', '.join(_EFFORTS)}: set the provider's own parameter for {entry.effort}"
        for model, entry in {entry.served_as: entry for entry in written}.items()
        if entry.effort is not None and entry.effort not in _EFFORTS
    ]
    for entry in written:
        if entry.stop is not None and entry.stop.escalates:
            first, *_, then = settings_of(entry.model, entry.stop)
            notes.append(
                f"{first}, then {then}: LiteLLM has no setting for {entry.stop}: its retries and fallbacks look at "
                f"errors alone, never at answers. Put {first} and {then} into the list, and let the caller run them: "
                "moo_inference.policy.passes.escalate does"
            )
        elif entry.may_stop:
            notes.append(
                f"{entry.served_as}: LiteLLM has no setting for {entry.stop}: n would pay for all {entry.k}, and its "
                "retries and fallbacks look at errors alone, never at answers. Write the policy (route --policy) and "
                "run it in the caller: Policy.choose(...).run(...) asks for a batch at a time"
            )
        elif entry.k > 1:
            keep = getattr(accuracies[entry.model], "keep", "oracle")
            notes.append(
                f"{entry.served_as}: n asks for {entry.k} answers, and LiteLLM hands all of them on: {_CHOOSERS[keep]}"
            )
    return tuple(notes)


_TERMS = re.compile(r"(, (batch|flex|priority))?(, \d{4}-\d{2}-\d{2})?$")
"""The mode and the day of a price, which stand behind its key."""


def litellm_name(sources: Mapping[str, str]) -> str | None:
    """What LiteLLM calls a model, from where its numbers came; None where they do not contain it.

    It is the source `litellm_model` of the catalog, else the key of the price, if that is from LiteLLM's own list:
    a file called `model_prices_and_context_window`, as LiteLLM's is, or with `litellm` in its name.
    """
    if sources.get("litellm_model"):
        return sources["litellm_model"]
    file, _, key = sources.get("usd_per_million_input_tokens", "").partition(", ")
    key = _TERMS.sub("", key)
    listed = re.search(r"(litellm|model_prices_and_context_window)[^/\\]*:\d+$", file, re.IGNORECASE)
    return key if listed and key else None
