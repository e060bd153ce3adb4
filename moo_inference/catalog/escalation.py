"""Pairs of settings: passes of a first one run, and those of a second one where these do not settle a query."""

from collections.abc import Mapping

from moo_inference.catalog.model import Model
from moo_inference.catalog.recorded import at_questions, with_keep
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.stopping import pair_id
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.evaluation.stop import Stop


def escalating(first: RecordedModel, then: RecordedModel, stop: Stop) -> RecordedModel:
    """The second setting with the first one before it, at the questions that both have.

    k is the number of passes of the second setting. Both keep passes as the second one does.

    Args:
        first: the setting that runs first.
        then: the setting that runs where the passes of the first do not settle a query.
        stop: an `escalate`; the passes of its batch are those of the first setting.

    Raises:
        SettingError: (a ValueError) no question is shared, the first setting has too few attempts, or the attempts do
            not show what the policy looks at.
    """
    first, then = (model if model.stop is None else model.replace(stop=None) for model in (first, then))
    if first.keep != then.keep:
        first = with_keep(first, then.attempts.keep)
    names = [set(model.attempts.names.astype(str).tolist()) for model in (first, then)]
    shared = names[0] & names[1]
    if not shared:
        raise SettingError(f"{first.name} and {then.name} must have questions that both were asked, got none")
    first, then = (at_questions(model, shared) for model in (first, then))
    stop = stop.with_first(then.keep)
    entry = None
    if first.entry is not None and then.entry is not None:
        entry = then.entry.replace(stop=stop, escalates_from=first.entry)
    return then.replace(stop=stop, escalates_from=first, entry=entry)


def pairs_of(models: Mapping[str, Model], stop: Stop) -> tuple[dict[str, Model], dict[str, str]]:
    """All pairs of which the first setting is cheaper by the pass than the second, and why other pairs are none.

    Args:
        models: by id.
        stop: an `escalate`.
    """
    recorded = {key: model for key, model in models.items() if isinstance(model, RecordedModel)}
    without = {key: "escalate needs recorded attempts" for key in models if key not in recorded}
    usd = {key: float(model.attempts.expected_cost([1]).mean()) for key, model in recorded.items()}
    made: dict[str, Model] = {}
    for key, then in recorded.items():
        for other, first in recorded.items():
            if usd[other] < usd[key]:
                try:
                    pair = escalating(first, then, stop)
                    made[pair_id(other, key)] = pair.replace(name=f"{first.name}, then {then.name}")
                except MooInferenceError as error:
                    without[pair_id(other, key)] = str(error).removeprefix(f"{type(then).__name__}: ")
    if not made and not without:
        without |= dict.fromkeys(models, "escalate needs two settings, of which one is cheaper by the pass")
    return made, without
