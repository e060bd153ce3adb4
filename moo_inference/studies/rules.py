"""Which rules a scenario has the budgets for, and a sentence on the others."""

from collections.abc import Sequence

from moo_inference.catalog import Catalog, Limit
from moo_inference.decision import DEFAULT_RULES, Rule, make_rule
from moo_inference.formatting.amounts import unit_words


def applicable_rules(rules: Sequence[Rule], limits: Sequence[Limit], *, named: bool) -> tuple[list[Rule], str]:
    """The rules that apply, and a sentence on those that are left out; empty if none is.

    Args:
        rules: the candidates.
        limits: the budgets of a scenario.
        named: the user named them, so none is left out: one that lacks a budget is refused by itself.
    """
    applicable = [rule for rule in rules if named or applies(rule, limits)]
    others = [rule.id for rule in rules if rule not in applicable]
    return applicable, left_out_text(others, limits) if others else ""


def left_out_by_default(catalog: Catalog) -> dict[str, str]:
    """By scenario, a sentence on the default rules that it has not the budgets for, where there are any."""
    rules = [make_rule(rule) for rule in DEFAULT_RULES]
    sentences = {
        key: applicable_rules(rules, scenario.limits(catalog.resources), named=False)[1]
        for key, scenario in catalog.scenarios.items()
    }
    return {key: sentence for key, sentence in sentences.items() if sentence}


def applies(rule: Rule, limits: Sequence[Limit]) -> bool:
    """Whether a rule has what it needs: a scale of its own, no need of one, or a budget for all that is spent."""
    return not rule.needs_scale or rule.nadir is not None or all(limit.value is not None for limit in limits[:-1])


def left_out_text(rules: Sequence[str], limits: Sequence[Limit]) -> str:
    """Why some rules do not apply."""
    *spent, last = (unit_words(limit.quantity) for limit in limits[:-1])
    missing = " and ".join(unit_words(limit.quantity) for limit in limits[:-1] if limit.value is None)
    divided = f"{', '.join(spent)} and {last}"
    return f"{', '.join(rules)}: must divide {divided} by their budgets, and there is none for {missing}"
