"""Models of one family stand together, from little effort to much: in tables, figures, the report and the page."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from moo_inference.catalog import Model
from moo_inference.evaluation.stop import POLICIES

if TYPE_CHECKING:
    from moo_inference.studies.cells import Cell
    from moo_inference.studies.study import Study

_LEVELS = {
    "none": 0,
    "off": 0,
    "minimal": 1,
    "low": 2,
    "medium": 3,
    "high": 4,
    "xhigh": 5,
    "extrahigh": 5,
    "max": 6,
}

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)([km]?)(?:tokens)?\Z")

_POLICY = re.compile(rf"(\+|, )({'|'.join(POLICIES)})\S*\Z")
"""The policy of stopping at the end of a name or an id."""

_FEW = 8
"""Letters that are too few for the name before it."""

Kin = tuple[str | None, str | None]
"""Family and effort of a model."""


def effort_rank(effort: str | None) -> tuple[int, float, str]:
    """What efforts are sorted by: none given, levels from none to max, budgets of tokens by number, others by name."""
    if effort is None:
        return 0, 0.0, ""
    word = re.sub(r"[\s_,-]", "", effort.lower())
    if word in _LEVELS:
        return 1, _LEVELS[word], ""
    budget = _BUDGET.search(word)
    if budget is None:
        return 3, 0.0, word
    return 2, float(budget[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[budget[2]], word


def grouped(kin: Sequence[Kin]) -> list[list[int]]:
    """The places of the models of each family, from little effort to much; families by their first appearance.

    A model without a family is one of its own.

    Args:
        kin: family and effort of each model.
    """
    found: dict[str | int, list[int]] = {}
    for place, (family, _) in enumerate(kin):
        found.setdefault(place if family is None else family, []).append(place)
    return [sorted(places, key=lambda place: effort_rank(kin[place][1])) for places in found.values()]


def in_families(models: Mapping[str, Model]) -> list[str]:
    """The ids of the models, those of a family together; unchanged where no model has a family."""
    ids = list(models)
    return [ids[place] for places in grouped([kin_of(model) for model in models.values()]) for place in places]


def kin_of(model: Model) -> Kin:
    """Family and effort of a model."""
    return model.family, model.effort


def cells_in_families(study: "Study") -> tuple["Cell", ...]:
    """The cells of models: scenario after scenario, and within it as `in_families`."""
    order = {key: place for place, key in enumerate(in_families(study.catalog.models))}
    scenarios = {key: place for place, key in enumerate(study.catalog.scenarios)}
    return tuple(sorted(study.model_cells, key=lambda cell: (scenarios[cell.scenario], order[cell.model])))


def short_name(name: str, kin: Kin = (None, None), most: int = 28) -> str:
    """A name in so many letters at most; of one of a family its publisher goes first, its effort and its policy stay.

    Args:
        name: of a model.
        kin: its family and effort.
        most: letters.
    """
    family, effort = kin
    policy = _POLICY.search(name)
    if policy is not None and len(name) > most > len(policy[0]) + _FEW:
        return short_name(name[: policy.start()], kin, most - len(policy[0])) + policy[0]
    if len(name) > most and family is not None:
        # The batch of a policy stands behind a slash too.
        end = "" if policy is None else policy[0]
        name = name.removesuffix(end).rpartition("/")[2] + end
    if len(name) <= most:
        return name
    start = name.rfind(effort) if effort else -1
    # What separates the effort from the rest of the name stays with it, as in "@high" and " (high)".
    while start > 0 and not name[start - 1].isalnum():
        start -= 1
    end = name[start:] if start > 0 and len(name) - start <= most // 2 else ""
    return f"{name[: most - 1 - len(end)]}…{end}"
