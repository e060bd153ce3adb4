"""Decision makers: which point of the front. One module a rule; all of them are pymoo DecisionMaking classes."""

from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule
from moo_inference.decision.cheapest import Cheapest, Fastest
from moo_inference.decision.choice import Choice, decide
from moo_inference.decision.knee_point import KneePoint
from moo_inference.decision.max_cube import MaxCube
from moo_inference.decision.own_rule import OwnRule
from moo_inference.decision.pymoo_rules import (
    AchievementScalarizing,
    AugmentedAchievementScalarizing,
    HighTradeoffPoints,
    PenaltyBoundaryIntersection,
    PseudoWeights,
    Tchebycheff,
)
from moo_inference.decision.registry import DEFAULT_RULES, RULES, make_rule
from moo_inference.decision.utopia_closest import UtopiaClosest

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "AccuracyMax",
    "AchievementScalarizing",
    "AugmentedAchievementScalarizing",
    "Cheapest",
    "Choice",
    "Fastest",
    "HighTradeoffPoints",
    "KneePoint",
    "MaxCube",
    "OwnRule",
    "PenaltyBoundaryIntersection",
    "PseudoWeights",
    "Rule",
    "Tchebycheff",
    "UtopiaClosest",
    "decide",
    "make_rule",
]
