"""The rules as decision makers of pymoo: the same classes, with pymoo's DecisionMaking as a further base.

These are what `moo_inference.decision` exports.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any, TypeVar, cast

from moo_inference.decision import registry
from moo_inference.decision.base import Rule

with warnings.catch_warnings():
    # pymoo 0.6.2 imports scipy.spatial.ckdtree, which SciPy deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pymoo.core.decision_making import DecisionMaking

AnyRule = TypeVar("AnyRule", bound=Rule)


@cache
def decision_maker(rule: type[AnyRule]) -> type[AnyRule]:
    """A class of rules as one of pymoo's decision makers, which decides as it does.

    Args:
        rule: Rule, or a class on it.
    """
    if issubclass(rule, DecisionMaking):
        return rule
    further = [decision_maker(base) for base in rule.__bases__ if issubclass(base, Rule)] or [DecisionMaking]
    own = {"__doc__": rule.__doc__, "__module__": "moo_inference.decision", "decides_as": rule}
    return cast("type[AnyRule]", type(rule.__name__, (rule, *further), own))


def make_rule(rule: object) -> Rule:
    """A rule from its id, from a rule (returned unchanged), or from a callable or a pymoo DecisionMaking.

    Raises:
        UnknownNameError: (a LookupError) there is no such id; the legal ones are listed.
        SettingError: (a ValueError) it cannot be a rule.
    """
    made = registry.make_rule(rule)
    if not isinstance(made, DecisionMaking):
        scale: dict[str, Any] = {"zero_to_one": made.zero_to_one, "ideal": made.ideal, "nadir": made.nadir}
        given = {name: value for name, value in scale.items() if value is not None}
        made = decision_maker(type(made))(**made.options(), **given)
    return cast("Rule", made)


RULES: Mapping[str, Callable[[], Rule]] = MappingProxyType({key: partial(make_rule, key) for key in registry.RULES})
"""Each id with what makes its rule: the paper's four, two more knees, the least cost and time, and pymoo's own with all
objectives alike."""
