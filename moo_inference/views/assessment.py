"""Assessments as a table."""

import math
from collections.abc import Mapping, Sequence

from moo_inference.formatting.amounts import amount, seconds, unit_words, usd
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.formatting.table import Table
from moo_inference.studies.confidence import Assessment, basis_of
from moo_inference.views.confidence import CERTAIN, corrected, probability
from moo_inference.views.study_tables import spent_words

_SHOWN = 4

SEEDS_ALONE = "All of this is of seeds alone: how few questions an evaluation has is not in it."


def assessment_tables(
    assessments: Mapping[tuple[str, str, str], Assessment], keeps: Mapping[str, str] | None = None
) -> list[Table]:
    """One row a choice: its k, what else would be chosen, PCS, PGS, EOC, feasibility and the corrected accuracy.

    Args:
        assessments: by scenario, model and rule.
        keeps: what selects the best of k passes, by id of the model, where that is to be said.
    """
    seen = list(assessments.values())
    known = [own for own in seen if own.resamples]
    measured = any(not own.of_seeds_alone for own in known)
    used = [keep for key, keep in (keeps or {}).items() if any(key == model for _, model, _ in assessments)]
    names = {key: f"{key}\n{keeper(keep)}" for key, keep in (keeps or {}).items() if len(set(used)) > 1}
    rows = [
        _row(scenario, names.get(model, model), own, measured=measured)
        for (scenario, model, _), own in assessments.items()
    ]
    columns = ["scenario, model", "rule", "choice", "chosen", "PCS", "PGS", "EOC", "feasible"]
    title = "How sure a choice is"
    if known:
        how = "resamples" if measured else "replications"
        title += f", over {max(own.resamples for own in known):,} {how}"
    return [
        Table(
            title,
            (*columns, *(["accuracy"] if measured else [])),
            tuple(rows),
            (
                *(_meaning(seen[0], measured=measured) if known else []),
                *_rests_on(assessments),
                *([kept_of(set(used))] if used and measured else []),
            ),
        )
    ]


def _row(scenario: str, model: str, own: Assessment, *, measured: bool) -> tuple[str, ...]:
    head = (f"{scenario}\n{model}", own.rule, "none" if own.k is None else f"k={own.k}")
    if not own.resamples:
        return (*head, "", "", "", "", "", *(_accuracy(own) if measured else ()))
    lost = "not defined:\nnothing chosen" if not own.of_seeds_alone else "not defined:\nno exact choice"
    if not math.isnan(own.eoc_usd):
        month = "" if own.eoc_usd_per_month is None else f"  ({usd(own.eoc_usd_per_month)} a month)"
        used = "".join(f"\n{amount(unit, value)}" for unit, value in own.eoc_used.items())
        lost = f"{100 * own.eoc_accuracy:.2f} points\n{usd(own.eoc_usd)}{month}\n{seconds(own.eoc_seconds)}{used}"
    shares = (probability(value, own.resamples) for value in (own.pcs, own.pgs))
    within = probability(own.feasible, own.resamples)
    return (*head, _frequencies(own), *shares, lost, within, *(_accuracy(own) if measured else ()))


def _accuracy(own: Assessment) -> tuple[str]:
    if own.k is None:
        return ("",)
    return ("\n".join([f"{own.accuracy:.4f}", *([f"corrected {corrected(own)}"] if corrected(own) else [])]),)


def _meaning(any_seen: Assessment, *, measured: bool) -> list[str]:
    *others, last = spent_words(any_seen.eoc_used)
    lost = f"accuracy, money and time{''.join(f', {unit_words(unit)}' for unit in any_seen.eoc_used)}"
    quantities = f"accuracy, {', '.join(others)} and {last}"
    default = "(within half a point and a twentieth of each budget, by default)"
    if not measured:
        return [
            f"PCS: share of the replications that choose the exact k. PGS: share whose {quantities} are as good "
            f"{default}.",
            f"EOC: what the choices lose against the exact one on average, in {lost} per query.",
        ]
    return [
        "Each resample is a world that the measurements may come from; chosen: what the rule takes in it. PCS: share "
        f"of the resamples that take the choice. PGS: share in which its {quantities} are as good as of what is taken "
        f"{default}.",
        f"EOC: what the choice loses against what is taken on average, in {lost} per query. "
        "Feasible: how probably the choice really meets all budgets. Corrected: the accuracy without the optimism of "
        "having been chosen.",
    ]


def _rests_on(assessments: Mapping[tuple[str, str, str], Assessment]) -> list[str]:
    """What was resampled or repeated, by model where it is not the same of all, and what was not."""
    seen = list(assessments.values())
    by_basis: dict[str, dict[str, list[Assessment]]] = {}
    for (_, model, _), own in assessments.items():
        by_basis.setdefault(own.basis, {}).setdefault(model, []).append(own)
    notes = []
    for models in by_basis.values():
        sentence = _sentence([one for some in models.values() for one in some])
        notes.append(sentence if len(by_basis) == 1 else f"{', '.join(models)}: {sentence}")
    if any(not own.of_seeds_alone and own.resamples for own in seen):
        notes.append(f"{CERTAIN.capitalize()}.")
    return notes


def _sentence(own: Sequence[Assessment]) -> str:
    if not own[0].resamples:
        return "How sure these choices are cannot be said: they rest on numbers that are taken as certain."
    if own[0].of_seeds_alone:
        return SEEDS_ALONE
    return f"Resampled: {basis_of(own)}."


def _frequencies(seen: Assessment) -> str:
    shown = [
        f"{'none' if k is None else f'k={k}'} {share:.0%}"
        for k, share in list(seen.selection_frequency.items())[:_SHOWN]
    ]
    more = len(seen.selection_frequency) - _SHOWN
    return "\n".join([*shown, *([f"and {more} more"] if more > 0 else [])])
