"""Which rules a scenario has the budgets for, and what the others lack."""

from collections.abc import Sequence
from dataclasses import dataclass

from moo_inference.catalog import Catalog, Limit
from moo_inference.decision.base import Rule
from moo_inference.decision.registry import DEFAULT_RULES, make_rule
from moo_inference.formatting.amounts import unit_words


@dataclass(frozen=True)
class LeftOut:
    """Rules that divide by budgets which a scenario does not have; as a text, a sentence on them.

    Attributes:
        rules: their ids.
        spent: the quantities by whose budgets they divide: cost, time and further resources by unit.
        missing: those of them without a budget.
    """

    rules: tuple[str, ...]
    spent: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, rules: Sequence[str], limits: Sequence[Limit]) -> "LeftOut":
        """Some rules, and the budgets of the scenario that lacks what they need."""
        spent = limits[:-1]
        missing = tuple(limit.quantity for limit in spent if limit.value is None)
        return cls(tuple(rules), tuple(limit.quantity for limit in spent), missing)

    def __str__(self) -> str:
        *spent, last = map(unit_words, self.spent)
        missing = " and ".join(map(unit_words, self.missing))
        divided = f"{', '.join(spent)} and {last}"
        return f"{', '.join(self.rules)}: must divide {divided} by their budgets, and there is none for {missing}"


def applicable_rules(
    rules: Sequence[Rule], limits: Sequence[Limit], *, named: bool
) -> tuple[list[Rule], LeftOut | None]:
    """The rules that apply, and those that are left out, if any is.

    Args:
        rules: the candidates.
        limits: the budgets of a scenario.
        named: the user named them, so none is left out: one that lacks a budget is refused by itself.
    """
    applicable = [rule for rule in rules if named or applies(rule, limits)]
    others = [rule.id for rule in rules if rule not in applicable]
    return applicable, LeftOut.of(others, limits) if others else None


def left_out_by_default(catalog: Catalog) -> dict[str, LeftOut]:
    """By scenario, the default rules that it has not the budgets for, where there are any."""
    rules = [make_rule(rule) for rule in DEFAULT_RULES]
    found = {
        key: applicable_rules(rules, scenario.limits(catalog.resources), named=False)[1]
        for key, scenario in catalog.scenarios.items()
    }
    return {key: left_out for key, left_out in found.items() if left_out is not None}


def applies(rule: Rule, limits: Sequence[Limit]) -> bool:
    """Whether a rule has what it needs: a scale of its own, no need of one, or a budget for all that is spent."""
    return not rule.needs_scale or rule.nadir is not None or all(limit.value is not None for limit in limits[:-1])
