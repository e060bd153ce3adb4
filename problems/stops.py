"""When passes stop as a variable of a problem: the number of a policy."""

from collections.abc import Mapping, Sequence

from moo_inference.catalog import Model
from moo_inference.catalog.variants import policies_of, with_stop
from moo_inference.errors import ErrorCollector
from moo_inference.evaluation.stop import Stop

VARIABLE = "stop"
"""What the variable is called."""


def stop_axis(stops: Sequence[str | Stop | None] | None) -> tuple[tuple[Stop | None, ...], dict[str, range]]:
    """The policies that a variable counts through from 0, and its grid by its name; neither where none are named.

    Args:
        stops: policies as in `with_stops`; None: each model stops as it does, and there is no variable.

    Raises:
        SettingError: (a ValueError) a policy is named twice.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    policies = () if stops is None else tuple(policies_of(stops))
    return policies, {VARIABLE: range(len(policies))} if policies else {}


def models_with(models: Mapping[str, Model], stops: Sequence[Stop | None]) -> list[list[Model]]:
    """Each model with each of the policies; with its own where there are none.

    Args:
        models: by id.
        stops: the policies.

    Raises:
        SettingError: (a ValueError) a model cannot have a policy; all are named.
    """
    if not stops:
        return [[model] for model in models.values()]
    errors = ErrorCollector()
    made = [[errors.attempt(with_stop, model, stop) for stop in stops] for model in models.values()]
    errors.check()
    return [[model for model in row if model is not None] for row in made]
