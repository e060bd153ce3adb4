"""What to measure next, in words."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from moo_inference.formatting.amounts import usd
from moo_inference.formatting.table import Table
from moo_inference.formatting.words import counted
from moo_inference.studies.next_measurement import NextMeasurement
from moo_inference.studies.purchases import ENOUGH, FLOOR, Purchase
from moo_inference.views.confidence import CERTAIN, GOOD, probability, sure

_FIRST_NAMES = 3


def plan_table(plan: NextMeasurement) -> Table:
    """The purchases, the most expensive first, with what they are expected to change."""
    rows = tuple(
        (
            own.model,
            f"{own.answered:,}",
            f"{own.questions:,}",
            f"{own.attempts:,}",
            f"{own.questions * own.attempts:,}",
            usd(own.usd_per_attempt),
            usd(own.usd),
        )
        for own in plan.purchases
    )
    columns = ("setting", "answered", "more questions", "attempts at each", "attempts", "an attempt", "in all")
    return Table(verdict(plan), columns, rows, tuple(notes(plan)))


def verdict(plan: NextMeasurement) -> str:
    """What to do, in a sentence."""
    if plan.status == "reached":
        return f"Stop: the target is reached, {now(plan)}."
    if plan.status == "infeasible":
        return f"Stop: {now(plan)}, with a probability of {_percent(plan.assessment.nothing, plan)}."
    if plan.status == "exhausted":
        return f"Nothing is left to measure: all settings have answered all questions, {now(plan)}."
    if plan.status == "sum too small":
        return f"{usd(plan.spend)} buys nothing: the cheapest question costs {usd(plan.cheapest)}, {now(plan)}."
    many = counted(sum(own.questions for own in plan.purchases), "question")
    first = f", so that each has {FLOOR}" if plan.floor else ""
    return f"Measure {many} of {counted(len(plan.purchases), 'setting')} for {usd(plan.usd)}{first}."


def now(plan: NextMeasurement) -> str:
    """What would be chosen now, and how sure that is."""
    found = plan.assessment
    if found.k is None:
        return "nothing meets the budgets"
    how = sure(found)
    return f"{found.model} with k = {found.k}" + (f", {how}" if how else "")


def _percent(share: float, plan: NextMeasurement) -> str:
    return probability(share, plan.assessment.resamples)


def notes(plan: NextMeasurement) -> list[str]:
    """What is known now, what is to be expected, when to stop, and what to know before."""
    found = plan.assessment
    target = _percent(plan.target, plan)
    lines = []
    if plan.status == "measure":
        lines.append(f"Now: {now(plan)}. Stop where that is {target} (PGS: as good as the truly best, {GOOD}).")
    if plan.status == "measure" and plan.pgs >= plan.target and not plan.floor:
        lines.append(f"It counts once every setting that may be the best has answered {ENOUGH} questions.")
    if plan.expected is not None:
        after = f"{round(100 * plan.expected_pgs)}%"
        chance = probability(plan.reaches_target, len(plan.expected))
        enough = plan.expected_pgs >= plan.target
        words = "the target is to be expected" if enough else "the target is not to be expected for this sum"
        lines.append(f"After it: {after} is expected, and {target} with a probability of {chance}: {words}.")
    elif plan.floor:
        lines.append("What to expect of more is known when all settings have answers: ask again then.")
    if plan.purchases:
        lines.append(
            "Ask all settings the same questions, in the same order: differences on the same questions are known best."
            f" {_names(plan.purchases)}"
        )
    if plan.certain:
        lines.append(f"Taken as certain, so that nothing is bought of them: {', '.join(plan.certain)}.")
    if not math.isnan(found.pgs):
        lines.append(f"From {found.resamples:,} resamples of {found.basis}; {CERTAIN}.")
    return lines


def _names(purchases: Sequence[Purchase]) -> str:
    """Which questions come first, and how many nobody has answered yet."""
    longest = max(purchases, key=lambda own: (len(own.names), own.model))
    new = max(own.new for own in purchases)
    parts = []
    if longest.names:
        listed = ", ".join(longest.names[:_FIRST_NAMES])
        more = ", ..." if len(longest.names) > _FIRST_NAMES else ""
        parts.append(f"{longest.model} begins with {listed}{more}; --format json has all names.")
    if new:
        parts.append(f"{counted(new, 'question')} must be new.")
    return " ".join(parts)


def purchase_columns(plan: NextMeasurement) -> dict[str, list[Any]]:
    """The purchases as columns, for CSV; the names of questions apart by blanks."""
    records: list[dict[str, Any]] = [
        {**own.to_dict(), "names": " ".join(own.names), "pgs": plan.pgs, "expected_pgs": plan.expected_pgs}
        for own in plan.purchases
    ]
    keys = [
        *("model", "answered", "questions", "attempts_per_question", "attempts", "usd_per_attempt", "usd"),
        *("names", "new", "pgs", "expected_pgs"),
    ]
    return {key: [record[key] for record in records] for key in keys}


def loop_table(plan: NextMeasurement, record: Mapping[str, Any]) -> Table:
    """What a loop has measured, batch by batch, and where it ended.

    Args:
        plan: the last one.
        record: with `spent`, and `batches` with the fields of `Batch`.
    """
    rows = tuple(
        (
            f"{number}",
            "unknown" if batch["pgs"] is None else f"{round(100 * batch['pgs'])}%",
            f"{batch['attempts']:,}",
            usd(batch["usd"]),
        )
        for number, batch in enumerate(record["batches"], start=1)
    )
    spent = plan.status == "sum too small"
    title = f"The sum is spent: the cheapest further question costs {usd(plan.cheapest)}; {now(plan)}."
    return Table(
        title if spent else verdict(plan),
        ("batch", "PGS before", "attempts", "cost"),
        rows,
        (f"In all: {usd(record['spent'])}.", *notes(plan)),
    )
