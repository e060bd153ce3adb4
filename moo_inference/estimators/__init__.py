"""Estimators: what k passes of a model are expected to cost, take and achieve, as a ScalingCurve over k."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Model
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import SettingError, unknown_name
from moo_inference.estimators.base import Estimator, Progress
from moo_inference.estimators.curve import OBJECTIVES, QUANTITIES, Quantity, ScalingCurve

if TYPE_CHECKING:
    from moo_inference.estimators.closed_form import ClosedForm
    from moo_inference.estimators.empirical import Empirical
    from moo_inference.estimators.monte_carlo import MonteCarlo
    from moo_inference.estimators.recorded import Recorded
    from moo_inference.estimators.tabulated import Tabulated

_HOME = {
    "ClosedForm": "closed_form",
    "Empirical": "empirical",
    "MonteCarlo": "monte_carlo",
    "Recorded": "recorded",
    "Tabulated": "tabulated",
}
"""The estimators, each loaded when it is first used."""

_KINDS = {"closed-form": "ClosedForm", "monte-carlo": "MonteCarlo", "empirical": "Empirical", "recorded": "Recorded"}

NAMES = tuple(_KINDS)
"""Names of estimators for `choose_estimator`."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moo_inference.estimators' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.estimators.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def _made(name: str, options: Mapping[str, Any]) -> Estimator:
    estimator: Estimator = __getattr__(name)(**options)
    return estimator


def default_estimator(models: Iterable[Model] = ()) -> Estimator:
    """The default estimator.

    It is formulas, or resampling where a model has measured passes, or counting where one has recorded attempts.
    """
    given = tuple(models)
    if any(isinstance(model, RecordedModel) for model in given):
        return _made("Recorded", {})
    measured = any(model.passes is not None for model in given)
    return _made("Empirical" if measured else "ClosedForm", {})


def choose_estimator(
    name: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    draws: str | None = None,
    models: Iterable[Model] = (),
    beyond: str | None = None,
) -> Estimator:
    """An estimator from its name and its options.

    Without a name, `draws` means Monte Carlo, and trials or seed mean what simulates these models: Recorded where one
    of them has recorded attempts, Empirical where one has measured passes, else Monte Carlo.

    Args:
        name: `closed-form`, `monte-carlo`, `empirical` or `recorded`.
        trials: of the simulation; None means its default, as for the others.
        seed: of the simulation.
        draws: of Monte Carlo.
        models: what will be estimated.
        beyond: of Recorded, see there.

    Raises:
        SettingError: (a ValueError) an option is out of its range, or is given to an estimator that has none such.
        UnknownNameError: (a LookupError) an unknown name.
    """
    options = {"trials": trials, "seed": seed, "draws": draws, "beyond": beyond}
    given = {key: value for key, value in options.items() if value is not None}
    if name is not None and name not in NAMES:
        raise unknown_name("estimator", str(name), NAMES)
    if name is None:
        default = default_estimator(models)
        if not given:
            return default
        simulated = {"Recorded": "recorded", "Empirical": "empirical"}
        name = simulated.get(type(default).__name__, "monte-carlo") if draws is None else "monte-carlo"
    if beyond is not None and name != "recorded":
        raise SettingError("beyond must come with recorded attempts: no other estimator has any")
    if name == "closed-form" and given:
        raise SettingError(f"{', '.join(given)} must not be given: closed-form has no trials, and so no seed or draws")
    if name in ("empirical", "recorded") and draws is not None:
        raise SettingError(f"draws must not be given: {name} has common draws alone")
    return _made(_KINDS[name], given)


def estimator_from(settings: Mapping[str, Any]) -> Estimator:
    """The estimator whose `settings()` these are.

    Raises:
        SettingError: (a ValueError) it cannot be made from its settings alone, or they are not its own.
    """
    kinds = list(_KINDS.values())
    options = dict(settings)
    name = options.pop("estimator", None)
    if name not in kinds:
        raise SettingError(f"the estimator must be one of: {', '.join(kinds)}; got {name!r}")
    try:
        return _made(name, options)
    except TypeError as error:
        raise SettingError(f"{name} does not take these settings: {options}") from error


__all__ = [
    "NAMES",
    "OBJECTIVES",
    "QUANTITIES",
    "ClosedForm",
    "Empirical",
    "Estimator",
    "MonteCarlo",
    "Progress",
    "Quantity",
    "Recorded",
    "ScalingCurve",
    "Tabulated",
    "choose_estimator",
    "default_estimator",
    "estimator_from",
]
