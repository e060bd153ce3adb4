"""Models whose passes stop early, made of those of a catalog: one policy for all, or several side by side."""

from collections.abc import Sequence
from typing import TypeVar, cast

from moo_inference.catalog.catalog import Catalog
from moo_inference.catalog.model import Model
from moo_inference.catalog.recorded import with_keep
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import ErrorCollector, MooInferenceError, SettingError
from moo_inference.evaluation.stop import Stop

SomeModel = TypeVar("SomeModel", bound=Model)


def with_stop(model: SomeModel, stop: Stop | None) -> SomeModel:
    """The model with another policy of stopping.

    A vote needs answers: where an oracle keeps the best of recorded attempts, the vote keeps the most frequent answer.

    Args:
        model: the model.
        stop: the policy; None: all k passes run.

    Raises:
        SettingError: (a ValueError) the policy does not go with how passes of the model are kept, or there are no
            answers to vote.
    """
    votes = stop is not None and stop.policy == "vote-until-sure"
    if votes and isinstance(model, RecordedModel) and model.keep == "oracle":
        model = cast(SomeModel, with_keep(model, "majority"))
    return model if model.stop == stop else model.replace(stop=stop)


def variant_id(model: str, stop: Stop | None) -> str:
    """The id of a model with a policy, beside others of the same model."""
    return model if stop is None else f"{model}+{stop}"


def base_id(variant: str, stop: Stop | None) -> str:
    """The id of the model that a variant was made of."""
    return variant if stop is None else variant.removesuffix(f"+{stop}")


def with_stops(catalog: Catalog, stops: Sequence[str | Stop | None]) -> tuple[Catalog, tuple[str, ...]]:
    """The models of a catalog with each of some policies, side by side, and which policies some models cannot have.

    With one policy models keep their ids; with several, those that stop early get the policy behind their id, as in
    `gpt-5@high+first-verified`. A model whose attempts cannot show a policy is left out of it.

    Args:
        catalog: the models. Pipelines keep theirs.
        stops: the policies; `fixed` or None: all k passes run.

    Returns:
        The catalog, and a sentence for each policy that some models cannot have.

    Raises:
        SettingError: (a ValueError) no model can have some policy, or a policy is named twice.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    errors = ErrorCollector()
    policies = [errors.attempt(Stop.parse, stop) for stop in stops]
    errors.check()
    if not policies or len(set(policies)) < len(policies):
        raise SettingError(f"stop must name at least one policy, each once, got {', '.join(map(str, stops)) or 'none'}")
    models: dict[str, Model] = {}
    notes = []
    for stop in policies:
        without: dict[str, str] = {}
        for key, model in catalog.models.items():
            try:
                models[key if len(policies) == 1 else variant_id(key, stop)] = with_stop(model, stop)
            except MooInferenceError as error:
                without[key] = str(error).removeprefix(f"{type(model).__name__}: ")
        reasons = dict.fromkeys(without.values())
        if len(without) == len(catalog.models):
            errors.add(f"some model must be able to stop by {stop}, got none: {'; '.join(reasons)}")
        elif without:
            notes.append(f"{stop} is left out for {', '.join(without)}: {'; '.join(reasons)}")
    errors.check()
    return catalog.replace(models=models, pipelines={} if len(policies) > 1 else catalog.pipelines), tuple(notes)
