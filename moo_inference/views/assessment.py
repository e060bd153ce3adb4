"""Assessments as a table."""

import math
from collections.abc import Mapping

from moo_inference.formatting.amounts import amount, seconds, unit_words, usd
from moo_inference.formatting.table import Table
from moo_inference.formatting.words import counted
from moo_inference.studies.confidence import Assessment
from moo_inference.views.study_tables import spent_words

_SHOWN = 4

SEEDS_ALONE = "All of this is of seeds alone: how few questions an evaluation has is not in it."


def assessment_tables(assessments: Mapping[tuple[str, str, str], Assessment]) -> list[Table]:
    """One row a choice: the exact k, what the replications chose, PCS, PGS, EOC and whether it is feasible."""
    rows = []
    for (scenario, model, rule), seen in assessments.items():
        lost = "not defined:\nno exact choice"
        if not math.isnan(seen.eoc_usd):
            month = "" if seen.eoc_usd_per_month is None else f"  ({usd(seen.eoc_usd_per_month)} a month)"
            used = "".join(f"\n{amount(unit, value)}" for unit, value in seen.eoc_used.items())
            lost = (
                f"{100 * seen.eoc_accuracy:.2f} points\n{usd(seen.eoc_usd)}{month}\n{seconds(seen.eoc_seconds)}{used}"
            )
        rows.append(
            (
                f"{scenario}\n{model}",
                rule,
                "none" if seen.exact_k is None else f"k={seen.exact_k}",
                _frequencies(seen),
                _share(seen.pcs),
                _share(seen.pgs),
                lost,
                _share(seen.p_feasible),
            )
        )
    any_seen = next(iter(assessments.values()))
    *others, last = spent_words(any_seen.eoc_used)
    more = "".join(f", {unit_words(unit)}" for unit in any_seen.eoc_used)
    notes = (
        f"PCS: share of the replications that choose the exact k. PGS: share whose accuracy, {', '.join(others)} and "
        f"{last} are as good (within half a point and a twentieth of each budget, by default).",
        f"EOC: what the choices lose against the exact one on average, in accuracy, money and time{more} per query.",
        SEEDS_ALONE,
    )
    return [
        Table(
            f"How sure a choice is, over {counted(any_seen.replications, 'replication')}",
            ("scenario, model", "rule", "exact", "chosen", "PCS", "PGS", "EOC", "feasible"),
            tuple(rows),
            notes,
        )
    ]


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0%}"


def _frequencies(seen: Assessment) -> str:
    shown = [
        f"{'none' if k is None else f'k={k}'} {share:.0%}"
        for k, share in list(seen.selection_frequency.items())[:_SHOWN]
    ]
    more = len(seen.selection_frequency) - _SHOWN
    return "\n".join([*shown, *([f"and {more} more"] if more > 0 else [])])
