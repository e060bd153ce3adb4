"""How sure a choice is, in words."""

import math
from collections.abc import Iterable, Mapping

from moo_inference.formatting.words import counted
from moo_inference.studies.confidence import Assessment, Candidate, basis_of
from moo_inference.studies.frames import SURE_ENOUGH, Assessments

_NAMED = 5
"""So many candidates are named, and the others are counted."""

_WORTH_WORDS = 0.05
"""Smaller shares get no words."""

GOOD = "within half an accuracy point and a twentieth of each budget"
CERTAIN = "prices, and what was given as numbers, are taken as certain"


def probability(value: float, resamples: int) -> str:
    """A share of some draws in percent; never certainty, which no number of draws gives. Empty where it is unknown."""
    if math.isnan(value):
        return ""
    left = min(99, math.floor(100 * resamples / (resamples + 1)))
    percent = round(100 * value)
    return f">{left}%" if percent > left else f"<{100 - left}%" if percent < 100 - left else f"{percent}%"


def sure(found: Assessment | None) -> str:
    """PGS in a word or two: 62% sure; empty where it is not known."""
    text = "" if found is None else probability(found.pgs, found.resamples)
    return f"{text} sure" if text else ""


def corrected(found: Assessment | None) -> str:
    """The accuracy without the optimism of having been chosen, with as many digits as intervals have; empty if unknown.

    Of a simulation alone there is none: what it is compared with is exact.
    """
    if found is None or found.of_seeds_alone or math.isnan(found.accuracy_corrected):
        return ""
    return f"{found.accuracy_corrected:.3f}"


def doubts(found: Assessment) -> str:
    """What speaks against a choice: how often another would be made, and which ones; empty where next to nothing does.

    In 6 of 10 evaluations of this size another setting would be chosen; 4 settings cannot be told apart: ...
    """
    if math.isnan(found.pcs):
        return ""
    one = {candidate.model for candidate in found.selection} <= {found.model or ""}
    others, nothing = 1 - found.pcs - found.nothing, found.nothing
    parts = []
    if others >= _WORTH_WORDS:
        another = f"another {'k' if one else 'setting'} would be chosen"
        none = f", {_of_ten(nothing)} none" if nothing >= _WORTH_WORDS else ""
        parts.append(f"{_of_ten(others)} {_repeated(found)} {another}{none}")
    elif nothing >= _WORTH_WORDS:
        parts.append(f"{_of_ten(nothing)} {_repeated(found)} nothing would be chosen")
    alike = found.confidence_set
    if len(alike) > 1:
        parts.append(f"{len(alike)} {'k' if one else 'settings'} cannot be told apart: {_listed(alike, one=one)}")
    return "; ".join(parts)


def how_sure(found: Assessment) -> str:
    """All that is known of how sure a choice is, as one sentence without its full stop; empty where nothing is.

    62% sure (198 questions); within all budgets: 97%; corrected accuracy 0.916; in 6 of 10 evaluations ...
    """
    if not sure(found):
        return ""
    within = probability(found.feasible, found.resamples)
    parts = [
        f"{sure(found)} ({found.basis})",
        *([f"within all budgets: {within}"] if within else []),
        *([f"corrected accuracy {corrected(found)}"] if corrected(found) else []),
        *([doubts(found)] if doubts(found) else []),
    ]
    return "; ".join(parts)


def least_sure(assessments: Assessments, cells: Iterable[tuple[str, str]]) -> list[str]:
    """How many choices of some cells are less than 90 % sure, and why the least sure one is; nothing where none is.

    Args:
        assessments: by scenario, model and rule.
        cells: their scenario and model.
    """
    wanted = set(cells)
    here = {key: own for key, own in assessments.items() if key[:2] in wanted and not math.isnan(own.pgs)}
    unsure = {key: own for key, own in here.items() if own.pgs < SURE_ENOUGH}
    if not unsure:
        return []
    (_, model, rule), own = min(unsure.items(), key=lambda item: item[1].pgs)
    count = f"{len(unsure)} of {counted(len(here), 'choice')} {'is' if len(unsure) == 1 else 'are'} less than 90% sure"
    return [f"{count}{'' if len(unsure) == 1 else '. Least sure'}: {model}, {rule}: {doubts(own) or sure(own)}."]


def meaning(assessments: Iterable[Assessment]) -> list[str]:
    """What the numbers beside choices mean, from what they are, and what is taken as certain; nothing without any."""
    seen = [own for own in assessments if not math.isnan(own.pgs)]
    if not seen:
        return []
    if all(own.of_seeds_alone for own in seen):
        return [
            f"Sure (PGS): share of {basis_of(seen)} whose choice is as good as the exact one, {GOOD}. These are of "
            "seeds alone: how few questions an evaluation has is not in it."
        ]
    resamples = max(own.resamples for own in seen)
    return [
        f"Sure (PGS): the probability that the choice is as good as the truly best one, {GOOD}; beside it the accuracy "
        f"without the optimism of having been chosen. From {resamples:,} resamples of {basis_of(seen)}; {CERTAIN}."
    ]


def by_rule(assessments: Assessments, scenario: str, model: str) -> Mapping[str, Assessment]:
    """The assessments of one cell, by rule."""
    return {rule: own for (where, whose, rule), own in assessments.items() if (where, whose) == (scenario, model)}


def _repeated(found: Assessment) -> str:
    if found.of_seeds_alone:
        return "simulations with other seeds"
    return "measurements of this size" if found.passes and not found.questions else "evaluations of this size"


def _of_ten(share: float) -> str:
    if share > 1 - _WORTH_WORDS:
        return "in nearly all"
    return f"in {min(9, max(1, round(10 * share)))} of 10"


def _listed(candidates: tuple[Candidate, ...], *, one: bool) -> str:
    names = [f"{one_of.k}" if one else f"{one_of.model} with k = {one_of.k}" for one_of in candidates]
    texts = [f"{name} ({own.share:.0%})" for name, own in zip(names[:_NAMED], candidates, strict=False)]
    more = len(names) - _NAMED
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")
