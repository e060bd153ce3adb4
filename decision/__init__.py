"""Decision makers: which point of the front. One module a rule; all of them are pymoo DecisionMaking classes.

The public names are loaded when they are first used: whoever chooses by a rule's id needs no pymoo.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moo_inference.decision.accuracy_max import AccuracyMax
    from moo_inference.decision.base import Rule
    from moo_inference.decision.cheapest import Cheapest, Fastest
    from moo_inference.decision.choice import Choice, decide
    from moo_inference.decision.for_pymoo import RULES, make_rule
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
    from moo_inference.decision.registry import DEFAULT_RULES
    from moo_inference.decision.utopia_closest import UtopiaClosest

_RULES = {
    "AccuracyMax": "accuracy_max",
    "AchievementScalarizing": "pymoo_rules",
    "AugmentedAchievementScalarizing": "pymoo_rules",
    "Cheapest": "cheapest",
    "Fastest": "cheapest",
    "HighTradeoffPoints": "pymoo_rules",
    "KneePoint": "knee_point",
    "MaxCube": "max_cube",
    "OwnRule": "own_rule",
    "PenaltyBoundaryIntersection": "pymoo_rules",
    "PseudoWeights": "pymoo_rules",
    "Rule": "base",
    "Tchebycheff": "pymoo_rules",
    "UtopiaClosest": "utopia_closest",
}
_OTHERS = {
    "DEFAULT_RULES": "registry",
    "RULES": "for_pymoo",
    "Choice": "choice",
    "decide": "choice",
    "make_rule": "for_pymoo",
}

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


def __getattr__(name: str) -> Any:
    home = _RULES.get(name) or _OTHERS.get(name)
    if home is None:
        raise AttributeError(f"module 'moo_inference.decision' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.decision.{home}"), name)
    if name in _RULES:
        value = import_module("moo_inference.decision.for_pymoo").decision_maker(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
