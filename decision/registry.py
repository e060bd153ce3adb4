"""The rules by id."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule
from moo_inference.decision.knee_point import KneePoint
from moo_inference.decision.max_cube import MaxCube
from moo_inference.decision.utopia_closest import UtopiaClosest
from moo_inference.errors import unknown_name

RULES: Mapping[str, Callable[[], Rule]] = MappingProxyType(
    {
        "accuracy-max": AccuracyMax,
        "max-cube": MaxCube,
        "utopia-closest": UtopiaClosest,
        "knee-point": KneePoint,
        "knee-chord": lambda: KneePoint("chord"),
        "knee-published": lambda: KneePoint("published"),
    }
)
"""Each id with what makes its rule."""

DEFAULT_RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-point", "knee-chord")
"""The paper's four, and the recommended knee."""


def make_rule(rule: str | Rule) -> Rule:
    """A rule from its id; a rule is returned as it is.

    Raises:
        UnknownNameError: (a LookupError) there is no such id; the legal ones are listed.
    """
    if isinstance(rule, Rule):
        return rule
    if rule not in RULES:
        raise unknown_name("rule", rule, list(RULES))
    return RULES[rule]()
