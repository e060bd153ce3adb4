"""Models whose passes stop early, made of those of a catalog: one policy for all, or several side by side."""

from collections.abc import Sequence
from typing import TypeVar, cast

from moo_inference.catalog.catalog import Catalog
from moo_inference.catalog.escalation import pairs_of
from moo_inference.catalog.model import Model
from moo_inference.catalog.recorded import with_keep
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.stopping import variant_id
from moo_inference.errors import ErrorCollector, MooInferenceError, SettingError
from moo_inference.evaluation.stop import FIXED, Stop, misfit

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
    if stop is not None:
        model = _by_vote(model) if stop.policy == "vote-until-sure" else model
        stop = stop.with_first(model.keep)
        if stop.escalates and model.first_setting is None:
            raise SettingError(misfit(stop, model.keep))
    return model if model.stop == stop else model.replace(stop=stop)


def _by_vote(model: SomeModel) -> SomeModel:
    """The model with what an oracle keeps of its attempts kept by vote."""
    if isinstance(model, RecordedModel) and model.keep == "oracle":
        return cast(SomeModel, with_keep(model, "majority"))
    return model


def with_stops(catalog: Catalog, stops: str | Stop | Sequence[str | Stop | None]) -> Catalog:
    """The models of a catalog with each of some policies of stopping, side by side.

    Where `vote-until-sure` is among the policies and `first-verified` is not, passes are kept by vote under all of
    them, so that like is compared with like. With one policy models keep their ids; with several, those that stop early
    get the policy behind their id, as in `gpt-5@high+first-verified`. A model whose attempts cannot show a policy is
    left out of it, see `without_stops`.

    `escalate` makes pairs in place of models: of each two settings the one that is cheaper by the pass runs first, as
    in `gpt-5-mini@low>gpt-5@high`.

    Args:
        catalog: the models. With several policies, or pairs, the result has no pipelines.
        stops: the policies; `fixed` or None: all k passes run.

    Raises:
        SettingError: (a ValueError) no model can have some policy, or a policy is named twice.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    policies = policies_of(stops)
    several = len(policies) > 1
    errors = ErrorCollector()
    models: dict[str, Model] = {}
    for stop in policies:
        made, without = _each_with(catalog, stop, votes=_vote(policies))
        if not made:
            reasons = "; ".join(dict.fromkeys(without.values()))
            errors.add(f"some model must be able to stop by {stop or FIXED}, got none: {reasons}")
        for key, model in made.items():
            if several and stop is not None:
                models[variant_id(key, model.stop)] = model.replace(name=f"{model.name}, {model.stop}")
            else:
                models[key] = model
    errors.check()
    other_ids = several or any(stop is not None and stop.escalates for stop in policies)
    return catalog.replace(models=models, pipelines={} if other_ids else catalog.pipelines)


def without_stops(catalog: Catalog, stops: str | Stop | Sequence[str | Stop | None]) -> tuple[str, ...]:
    """A sentence for each policy that some models cannot have, with the reasons.

    Args:
        catalog: the models.
        stops: see `with_stops`.

    Raises:
        SettingError: (a ValueError) a policy is named twice.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    policies = policies_of(stops)
    found: dict[tuple[str, str], list[str]] = {}
    for stop in policies:
        _, without = _each_with(catalog, stop, votes=_vote(policies))
        if without:
            left_out = ", ".join(without), "; ".join(dict.fromkeys(without.values()))
            found.setdefault(left_out, []).append(str(stop or FIXED))
    return tuple(f"{', '.join(own)}: left out for {models}, since {why}" for (models, why), own in found.items())


def policies_of(stops: str | Stop | Sequence[str | Stop | None]) -> list[Stop | None]:
    """The policies that are named; None for `fixed`.

    Args:
        stops: one, or several.

    Raises:
        SettingError: (a ValueError) none is named, or one twice, or a level is out of its range.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    named = [stops] if isinstance(stops, str | Stop) else list(stops)
    errors = ErrorCollector()
    policies = [errors.attempt(Stop.parse, stop) for stop in named]
    errors.check()
    if not policies or len(set(policies)) < len(policies):
        raise SettingError(f"stop must name at least one policy, each once, got {', '.join(map(str, named)) or 'none'}")
    return policies


def _vote(policies: Sequence[Stop | None]) -> bool:
    """Whether passes are kept by vote."""
    kinds = {stop.policy for stop in policies if stop is not None}
    return "vote-until-sure" in kinds and "first-verified" not in kinds


def _each_with(catalog: Catalog, stop: Stop | None, *, votes: bool) -> tuple[dict[str, Model], dict[str, str]]:
    """The models that can have a policy, with it, and why the others cannot.

    Args:
        catalog: the models.
        stop: the policy.
        votes: what an oracle keeps is kept by vote, also where all passes run.
    """
    made: dict[str, Model] = {}
    without = {key: "it is a pair already" for key, model in catalog.models.items() if model.first_setting is not None}
    for key, model in catalog.models.items():
        if key in without:
            continue
        try:
            own = _by_vote(model) if votes else model
            made[key] = own if stop is not None and stop.escalates else with_stop(own, stop)
        except MooInferenceError as error:
            without[key] = str(error).removeprefix(f"{type(model).__name__}: ")
    if stop is None or not stop.escalates:
        return made, without
    pairs, others = pairs_of(made, stop)
    return pairs, without | others
