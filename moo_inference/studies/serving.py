"""What a serving layer embeds, from the curves of a study."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.catalog.stopping import base_id
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.policy.policy import Policy, Running
from moo_inference.studies.rows import Rows, rows_of, undominated
from moo_inference.versions import versions


def policy_of(
    curves: Mapping[str, ScalingCurve],
    scenario: Scenario,
    models: Mapping[str, Model],
    conditions: Conditions,
    options: Mapping[str, Any],
) -> Policy:
    """All rows that some budgets could choose. Budgets are for what they are for in the scenario.

    Rows of one model with several policies of stopping have the id of that model, which is what a server knows. Pairs
    of settings are left out, since a row names one model: `moo_inference.policy.passes.escalate` runs them.

    Args:
        curves: by id of the model, each estimated with the scenario.
        scenario: the budgets.
        models: by id, with the policies by which their passes stop.
        conditions: how passes run.
        options: the settings of the run, as plain values.

    Raises:
        SettingError: (a ValueError) there are only pairs.
    """
    curves = {key: curve for key, curve in curves.items() if models[key].first_setting is None}
    if not curves:
        raise SettingError("a policy must have models that do not escalate, got pairs of settings alone")
    resources = next(iter(curves.values())).resources
    limits = scenario.limits(resources)
    tails = [column for column, limit in enumerate(limits) if limit.quantile is not None]
    rows = undominated(rows_of(curves, scenario), tails)
    named = [base_id(key, models[key].stop) for key in curves]
    served = tuple(dict.fromkeys(named))
    return Policy(
        served,
        np.array([served.index(name) for name in named])[rows.model],
        rows.k,
        rows.F,
        {**options, "versions": versions()},
        resources,
        {limit.budget: limit.quantile for limit in limits if limit.quantile is not None},
        rows.values[:, tails] if tails else None,
        _running([models[key] for key in curves], rows, conditions),
    )


def _running(models: Sequence[Model], rows: Rows, conditions: Conditions) -> Running | None:
    """How the rows run; None where all k passes run everywhere."""
    if all(model.stop is None for model in models):
        return None
    own = [models[place] for place in rows.model.tolist()]
    return Running(
        tuple(None if model.stop is None else str(model.stop) for model in own),
        tuple(conditions.parallel_of(model) for model in own),
        tuple(model.keep for model in own),
    )
