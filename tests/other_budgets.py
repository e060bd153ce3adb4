"""What the rule of a route takes under other budgets, from the same curves."""

from dataclasses import replace

from moo_inference.decision import decide
from moo_inference.studies.rows import front_across


def choice_at(found, scenario):
    """The choice of a route under other budgets, whose quantiles must be those of the route."""
    curves = found.curves
    if scenario.has_quantiles:
        curves = {key: replace(curve, views={scenario: curve.views[found.scenario]}) for key, curve in curves.items()}
    return decide(front_across(curves, scenario), found.unscaled)
