"""When the passes of a model stop before the k-th, as a field of a catalog's entries."""

from typing import Annotated

from pydantic import BeforeValidator, InstanceOf, PlainSerializer
from pydantic_core import PydanticCustomError

from moo_inference.errors import MooInferenceError
from moo_inference.evaluation.stop import Stop

_THEN = ">"
_OF_STOPPING = ("stop", "escalates_from")


def _parsed(value: object) -> Stop | None:
    try:
        return Stop.parse(value)
    except MooInferenceError as error:
        # Pydantic gathers its own errors; a LookupError would end the reading of the file.
        raise PydanticCustomError("whole", "{sentence}", {"sentence": str(error)}) from error


StopField = Annotated[
    InstanceOf[Stop] | None, BeforeValidator(_parsed), PlainSerializer(lambda stop: None if stop is None else str(stop))
]
"""`first-verified`, `vote-until-sure` or `escalate`, with a level as in `vote-until-sure=0.9`; None or `fixed`: all k
run."""


def without_unset_stop(values: dict[str, object]) -> dict[str, object]:
    """The fields of an entry as they are written: nothing is said of stopping where all passes run."""
    return {name: value for name, value in values.items() if name not in _OF_STOPPING or value is not None}


def variant_id(model: str, stop: Stop | None) -> str:
    """The id of a model with a policy, beside others of the same model."""
    return model if stop is None else f"{model}+{stop}"


def base_id(variant: str, stop: Stop | None) -> str:
    """The id of the model that a variant was made of."""
    return variant if stop is None else variant.removesuffix(f"+{stop}")


def pair_id(first: str, then: str) -> str:
    """The id of a setting that passes escalate to from another one."""
    return f"{first}{_THEN}{then}"


def settings_of(variant: str, stop: Stop | None) -> tuple[str, ...]:
    """The ids of the settings that a variant was made of: both of a pair, which its id names, else one."""
    base = base_id(variant, stop)
    return tuple(base.split(_THEN, 1)) if stop is not None and stop.escalates else (base,)
