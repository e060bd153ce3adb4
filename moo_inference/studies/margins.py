"""What counts as a good selection: how far from the right choice one may be."""

from collections.abc import Sequence

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import FloatArray
from moo_inference.pareto.budgets import nadir_of

DEFAULT_DELTA = (0.005, 0.05, 0.05)
"""Half an accuracy point; money and time within a twentieth of the scenario's budgets (or of the exact choice)."""

DEFAULT_RESOURCE_DELTA = 0.05
"""The same for further resources."""


def good_margins(
    scenario: Scenario,
    resources: Sequence[str],
    truth: FloatArray,
    delta: tuple[float, float, float] | None = None,
) -> FloatArray:
    """(m,) what counts as good in each objective: half a point of accuracy, a twentieth of each budget or amount.

    Args:
        scenario: the budgets.
        resources: units of the further resources.
        truth: (m,) objectives of the right choice, which stand for budgets that there are not.
        delta: accuracy, USD and seconds per query in place of these; None: they hold.
    """
    accuracy, *shares = DEFAULT_DELTA
    nadir = nadir_of(scenario, resources)
    margins = np.where(np.isfinite(nadir), nadir, truth)
    margins[:2] *= shares
    margins[2:-1] *= DEFAULT_RESOURCE_DELTA
    margins[-1] = accuracy
    if delta is not None:
        margins[[-1, 0, 1]] = delta
    return margins
