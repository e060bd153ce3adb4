"""Estimators: what k passes of a model are expected to cost, take and achieve, as a ScalingCurve over k."""

from collections.abc import Mapping
from typing import Any

from moo_inference.errors import SettingError, unknown_name
from moo_inference.estimators.base import Estimator, Progress
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.curve import OBJECTIVES, QUANTITIES, Quantity, ScalingCurve
from moo_inference.estimators.monte_carlo import MonteCarlo
from moo_inference.estimators.tabulated import Tabulated


def default_estimator() -> Estimator:
    """What estimates where nothing else is asked for."""
    return ClosedForm()


def choose_estimator(
    name: str | None = None, trials: int | None = None, seed: int | None = None, draws: str | None = None
) -> Estimator:
    """An estimator from its name and Monte Carlo's options; without a name, any of the options means Monte Carlo.

    Args:
        name: `closed-form` or `monte-carlo`.
        trials: see MonteCarlo; None means its default, as for the others.
        seed: see MonteCarlo.
        draws: see MonteCarlo.

    Raises:
        SettingError: (a ValueError) an option is out of its range, or is given to the closed form, which has none.
        UnknownNameError: (a LookupError) an unknown name.
    """
    given = {key: value for key, value in (("trials", trials), ("seed", seed), ("draws", draws)) if value is not None}
    if name not in (None, "closed-form", "monte-carlo"):
        raise unknown_name("estimator", str(name), ["closed-form", "monte-carlo"])
    if name == "closed-form" and given:
        raise SettingError(f"{', '.join(given)} must not be given: closed-form has no trials, and so no seed or draws")
    if name == "monte-carlo" or given:
        return MonteCarlo(**given)  # type: ignore[arg-type]
    return default_estimator()


def estimator_from(settings: Mapping[str, Any]) -> Estimator:
    """The estimator whose `settings()` these are.

    Raises:
        SettingError: (a ValueError) it cannot be made from its settings alone, or they are not its own.
    """
    kinds: dict[str, type[Estimator]] = {"ClosedForm": ClosedForm, "MonteCarlo": MonteCarlo}
    options = dict(settings)
    name = options.pop("estimator", None)
    if name not in kinds:
        raise SettingError(f"the estimator must be one of: {', '.join(kinds)}; got {name!r}")
    try:
        return kinds[name](**options)
    except TypeError as error:
        raise SettingError(f"{name} does not take these settings: {options}") from error


__all__ = [
    "OBJECTIVES",
    "QUANTITIES",
    "ClosedForm",
    "Estimator",
    "MonteCarlo",
    "Progress",
    "Quantity",
    "ScalingCurve",
    "Tabulated",
    "choose_estimator",
    "default_estimator",
    "estimator_from",
]
