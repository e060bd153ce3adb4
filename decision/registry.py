"""The rules by id."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType

from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule, class_of
from moo_inference.decision.cheapest import Cheapest, Fastest
from moo_inference.decision.knee_point import KneePoint
from moo_inference.decision.max_cube import MaxCube
from moo_inference.decision.own_rule import as_rule
from moo_inference.decision.utopia_closest import UtopiaClosest
from moo_inference.errors import unknown_name


def _of_pymoo(name: str) -> Rule:
    """One of the rules that are made of pymoo's, which is slow to load."""
    made: Rule = getattr(import_module("moo_inference.decision.pymoo_rules"), name)()
    return made


RULES: Mapping[str, Callable[[], Rule]] = MappingProxyType(
    {
        "accuracy-max": AccuracyMax,
        "max-cube": MaxCube,
        "utopia-closest": UtopiaClosest,
        "knee-point": KneePoint,
        "knee-chord": lambda: KneePoint("chord"),
        "knee-published": lambda: KneePoint("published"),
        "cheapest": Cheapest,
        "fastest": Fastest,
        "pseudo-weights": partial(_of_pymoo, "PseudoWeights"),
        "high-tradeoff": partial(_of_pymoo, "HighTradeoffPoints"),
        "asf": partial(_of_pymoo, "AchievementScalarizing"),
        "aasf": partial(_of_pymoo, "AugmentedAchievementScalarizing"),
        "pbi": partial(_of_pymoo, "PenaltyBoundaryIntersection"),
        "tchebycheff": partial(_of_pymoo, "Tchebycheff"),
    }
)
"""Each id with what makes its rule: the paper's four, two more knees, the least cost and time, and pymoo's own with all
objectives alike."""

DEFAULT_RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-point", "knee-chord")
"""The paper's four, and the recommended knee."""


def make_rule(rule: object) -> Rule:
    """A rule from its id, from a rule (returned unchanged), or from a callable or a pymoo DecisionMaking.

    Raises:
        UnknownNameError: (a LookupError) there is no such id; the legal ones are listed.
        SettingError: (a ValueError) it cannot be a rule.
    """
    if not isinstance(rule, str):
        return as_rule(rule)
    if rule not in RULES:
        raise unknown_name("rule", rule, list(RULES))
    return RULES[rule]()


def is_registered_default(rule: Rule) -> bool:
    """Whether `make_rule` of its id returns an equal rule, so that the id alone defines how it decides."""
    if rule.id not in RULES or rule.ideal is not None or rule.nadir is not None:
        return False
    plain = RULES[rule.id]()
    return class_of(plain) is class_of(rule) and repr(plain.options()) == repr(rule.options())
