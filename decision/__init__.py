"""Decision makers: which point of the front. One module a rule; all of them are pymoo DecisionMaking classes."""

from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule
from moo_inference.decision.knee_point import KneePoint
from moo_inference.decision.max_cube import MaxCube
from moo_inference.decision.registry import DEFAULT_RULES, RULES, make_rule
from moo_inference.decision.utopia_closest import UtopiaClosest

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "AccuracyMax",
    "KneePoint",
    "MaxCube",
    "Rule",
    "UtopiaClosest",
    "make_rule",
]
