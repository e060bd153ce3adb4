"""Studies, fronts and choices as a notebook shows them: importing this module gives them their HTML."""

import numpy as np

from moo_inference.decision.choice import Choice
from moo_inference.formatting.amounts import seconds, significant, unit_words, usd
from moo_inference.formatting.table import Table, to_html
from moo_inference.formatting.words import counted
from moo_inference.pareto.front import Front
from moo_inference.studies.study import Study
from moo_inference.views.markers import markers
from moo_inference.views.study_tables import study_tables

_SHOWN_ROWS = 40


def front_table(front: Front) -> Table:
    """The rows of a front, forty of them at most, or why there are none."""
    title = f"Pareto front, {front.scenario.name}"
    if front.infeasibility is not None:
        return Table(f"{title}: empty", (), (), (str(front.infeasibility),))
    further = {} if front.own is None else front.own.further
    used = (*map(unit_words, front.resources), *further)
    named = ("model", "k") if front.configurations.ids else ("k",)
    columns = (*(front.stages or named), "accuracy", "cost", "time", *used, "meet all budgets")
    rows = []
    for row, (cost, time, *others, accuracy) in enumerate(front.values.tolist()):
        share = front.attainment[row]
        others += [float(values[row]) for values in further.values()]
        chosen = front.configurations[row]
        stages = [f"{model}  k={k}" for model, k in chosen.stages.values()] or [*chosen.ids, str(chosen.k)]
        numbers = (f"{accuracy:.4f}", usd(cost), seconds(time), *map(significant, others))
        rows.append((*stages, *numbers, "" if np.isnan(share) else f"{share:.0%}"))
    shown = rows if len(rows) <= _SHOWN_ROWS else [*rows[: _SHOWN_ROWS - 2], ("...",) * len(columns), rows[-1]]
    return Table(f"{title}: {counted(len(rows), 'row')}", columns, tuple(shown))


def choice_table(choice: Choice) -> Table:
    """What a rule chose, or why it chose nothing."""
    symbol = markers([choice.rule])[choice.rule].symbol
    if choice.objectives is None or choice.configuration is None:
        return Table(f"{symbol} {choice.rule}: {choice.status.replace('-', ' ')}", (), (), (choice.reason,))
    cost, time, *others, error = choice.objectives.tolist()
    chosen = choice.configuration
    names = (*chosen.stages,) or (("model", "k") if chosen.ids else ("k",))
    stages = [f"{model}  k={k}" for model, k in chosen.stages.values()] or [*chosen.ids, str(chosen.k)]
    return Table(
        f"{symbol} {choice.rule}",
        (*names, "accuracy", "cost", "time", *map(unit_words, choice.resources)),
        ((*stages, f"{1 - error:.4f}", usd(cost), seconds(time), *map(significant, others)),),
        (choice.reason, *choice.warnings),
    )


Front._repr_html_ = lambda self: to_html([front_table(self)])  # type: ignore[attr-defined]
Choice._repr_html_ = lambda self: to_html([choice_table(self)])  # type: ignore[attr-defined]
Study._repr_html_ = lambda self: to_html(study_tables(self))  # type: ignore[attr-defined]
