"""Estimators: what k passes of a model are expected to cost, take and achieve, as a ScalingCurve over k."""

from moo_inference.estimators.base import Estimator, Progress
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.curve import OBJECTIVES, QUANTITIES, Quantity, ScalingCurve
from moo_inference.estimators.monte_carlo import MonteCarlo
from moo_inference.estimators.tabulated import Tabulated

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
]
