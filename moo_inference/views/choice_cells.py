"""What the cells of a table hold of a choice, as the report and the page show it."""

import math

from moo_inference.formatting.amounts import amount, interval_text, significant
from moo_inference.studies.confidence import Assessment
from moo_inference.views.confidence import corrected
from moo_inference.views.marks import Mark, tail_text


def choice_cells(mark: Mark, found: Assessment | None = None, *, measured: bool, units: bool) -> list[tuple[str, ...]]:
    """k, accuracy, cost, time, further resources and the share of queries that meet all budgets; none without a k.

    Each is a number, and what belongs below it: the interval of an accuracy and what it is without the optimism of
    having been chosen, the quantile that a budget is for.

    Args:
        mark: the choice.
        found: how sure it is, where that is known.
        measured: whether there is an interval, known or not, below the accuracy.
        units: whether further resources have their unit.
    """
    if mark.accuracy is None or mark.attainment is None:
        return []
    below = {tail.quantity: (tail_text(tail, named=False),) for tail in mark.tails}
    interval = (interval_text(*mark.interval or (math.nan, math.nan)),) if measured else ()
    without = (f"corrected {corrected(found)}",) if corrected(found) else ()
    *spent, accuracy = mark.values
    quantities = ("cost", "time", *(unit for unit, _ in mark.used))
    return [
        (str(mark.k),),
        (f"{accuracy:.4f}", *interval, *without, *below.get("accuracy", ())),
        *(
            (amount(what, value) if units or what in ("cost", "time") else significant(value), *below.get(what, ()))
            for what, value in zip(quantities, spent, strict=True)
        ),
        ("" if math.isnan(mark.attainment) else f"{mark.attainment:.0%}",),
    ]
