"""A choice across models as an answer: take this one; and what to know before it is taken."""

import math
from collections.abc import Mapping
from typing import Any

from moo_inference.catalog.stopping import settings_of
from moo_inference.decision.choice import Choice, decide
from moo_inference.formatting.amounts import amount, apart, in_unit, interval_text, number, percentile, significant, usd
from moo_inference.formatting.keepers import kept_of
from moo_inference.formatting.table import Table
from moo_inference.formatting.words import counted
from moo_inference.pareto.budgets import Tail, tails
from moo_inference.pareto.front import Front
from moo_inference.studies.confidence import SURE, Assessment
from moo_inference.studies.load_limit import load_limit
from moo_inference.studies.price_modes import mode_notes
from moo_inference.studies.route import Route
from moo_inference.studies.rows import front_across
from moo_inference.studies.what_if import Flip, next_floor, relaxations
from moo_inference.views.confidence import CERTAIN, GOOD, corrected, doubts, probability, sure
from moo_inference.views.load import load_record, load_text
from moo_inference.views.marks import interval_of, tail_text
from moo_inference.views.route import evidence_notes
from moo_inference.views.stopping import (
    at_most,
    counted_passes,
    held_out_text,
    saved_by_stopping,
    stopping_notes,
    unsettled,
    until,
)
from moo_inference.views.study_tables import budget_text

_NO_DIFFERENCE = 1e-12
"""USD, seconds or units of a resource per query: less than anything that is paid."""

_LITTLE_MORE = 2.0
"""Times a budget."""

_LITTLE_LESS = 0.05
"""Of accuracy."""

_ACTIONS = {
    "oracle": "keep the best",
    "verifier": "keep the one that the verifier scores highest",
    "majority": "take the most frequent answer",
    "all": "rely on all of them",
}
_CONDITIONS = {
    "oracle": " if an oracle picks the best pass",
    "verifier": " if the verifier picks the best pass",
    "majority": " by vote",
    "all": " that every pass is right",
}


def answer_sentence(route: Route) -> str:
    """What to take, what it costs and takes, and how accurate it is and by whom; or that nothing fits.

    Take gpt-5-mini@medium with 5 passes, 8 at a time, keep the best: $0.0268 per query, p95 74.0 s (65.4 s to 80.1 s),
    accuracy 0.8849 (0.838 to 0.921) if an oracle picks the best pass.
    """
    choice = route.choice
    if choice.row is None:
        if choice.status == "infeasible":
            budgets = budget_text(route.scenario)
            return f"Nothing fits: no k of {counted(len(route.models), 'model')} meets all budgets ({budgets})."
        return f"No answer: {choice.reason}."
    return f"Take {_what(route, choice)}: {_amounts(route, route.front, choice)}."


def answer_lines(route: Route, queries_per_month: float | None = None) -> list[tuple[str, str]]:
    """What to know before the choice is taken: pairs of a heading and a sentence or more.

    Args:
        route: the choice.
        queries_per_month: volume, for the bill.
    """
    binding = what_binds(route)
    if route.choice.row is None:
        nearest = nearest_text(route)
        return [*([("Nearest", nearest)] if nearest else []), *([("What binds", binding)] if binding else [])]
    lines = []
    second = route.runner_up
    if second is not None and second.row is not None and route.others is not None:
        more = _difference_of(route.choice, second)
        lines.append(("Next best", f"{_what(route, second)}: {_amounts(route, route.others, second)}; {more}."))
    else:
        lines.append(("Next best", "no other model meets all budgets."))
    saved = saved_by_stopping(route)
    lines += [("Stopping", saved)] if saved else []
    unseen = held_out_text(route)
    lines += [("Held out", unseen)] if unseen else []
    load = load_text(route)
    lines += [("Load", load)] if load else []
    lines += [("What binds", binding)] if binding else []
    floor = next_floor(route)
    if floor is not None and floor.model is not None:
        lines.append(("More accuracy", f"for at least {floor.shown}: {_then(floor)}."))
    lines += _most_accurate(route)
    if queries_per_month is not None:
        lines.append(("A month", _bill(route, queries_per_month)))
    if _picks(route, route.choice) or (second is not None and _picks(route, second)):
        keeps = {route.models[one.model].keep for one in (route.choice, second) if one is not None and one.model}
        lines.append(("Who picks", kept_of(keeps)))
    lines.append(("How sure", _how_sure(route.assessment)))
    surer = surer_text(route)
    lines += [("Surer", surer)] if surer else []
    caveats = [f"{warning}." for warning in route.choice.warnings]
    chosen = route.choice.model or ""
    caveats += stopping_notes({chosen: route.models[chosen]}, route.curves)[1:]
    of_modes = mode_notes(route.models, {route.scenario_id: route.scenario})
    caveats += [f"{note[:1].upper()}{note[1:]}." for note in of_modes]
    rests = [*evidence_notes(route), *(f"{note}." for note in route.notes if note not in of_modes)]
    lines += [("Mind", " ".join(caveats))] if caveats else []
    return lines + ([("Rests on", " ".join(rests))] if rests else [])


def answer_table(route: Route, queries_per_month: float | None = None) -> Table:
    """The sentence with the lines below it."""
    return Table(answer_sentence(route), ("", ""), tuple(answer_lines(route, queries_per_month)))


def answer_record(route: Route, queries_per_month: float | None = None) -> dict[str, Any]:
    """The answer as plain values, ready for JSON: the sentence, what is chosen, and the whole record of the route.

    Keys of its own: answer, parallel, stop, budgets, relaxations, next_floor, usd_per_month; the others are those of
    `Route.to_dict`.

    Args:
        route: the choice.
        queries_per_month: volume, for the bill.
    """
    floor = next_floor(route)
    own: dict[str, Any] = {
        "answer": answer_sentence(route),
        **{name: getattr(route, name) for name in ("model", "k", "parallel", "cost", "time", "accuracy", "keep")},
        "stop": route.stop,
        **({} if route.stop is None else {"mean_passes": route.mean_passes}),
        "budgets": [limit._asdict() for limit in route.scenario.limits(route.front.resources)],
        "relaxations": [flip.to_dict() for flip in relaxations(route)],
        "next_floor": None if floor is None else floor.to_dict(),
    }
    limit = load_limit(route)
    if limit is not None:
        own["load"] = load_record(route, limit)
    if queries_per_month is not None:
        own["queries_per_month"] = queries_per_month
        own["usd_per_month"] = None if route.cost is None else route.cost * queries_per_month
    return own | {name: value for name, value in route.to_dict().items() if name not in own}


def surer_text(route: Route) -> str:
    """What to take instead where the choice may well break a budget; empty where it surely meets them all."""
    assessed = route.assessment
    found = None if assessed is None else assessed.surer
    if assessed is None or found is None:
        return ""
    within = probability(found.feasible, assessed.resamples)
    if found.model is None:
        return f"nothing meets all budgets with {SURE:.0%}; the surest with {within}."
    curve = route.curves[found.model]
    front = front_across({found.model: curve.take(curve.k == found.k)}, route.scenario)
    choice = decide(front, "cheapest")
    what = f"{_what(route, choice)}: {_amounts(route, front, choice)}"
    return f"{what}; {within} that it really meets all budgets; {_difference_of(route.choice, choice)}."


def _what(route: Route, choice: Choice) -> str:
    """The model with its passes, and what becomes of them."""
    model = route.models[choice.model or ""]
    *first, name = settings_of(choice.model or "", model.stop)
    before = ""
    if model.stop is not None and first:
        before = f"{first[0]} with {counted_passes(model.stop.batch or 1)}; {unsettled(model)}, "
    keeps = _ACTIONS[model.keep] if _picks(route, choice) else ""
    if choice.k == 1:
        return f"{before}{name} with one pass{f', {keeps}' if keeps and model.keep != 'majority' else ''}"
    at_once = route.conditions.parallel_of(model)
    how = "all at once" if at_once >= (choice.k or 0) else f"{at_once} at a time" if at_once > 1 else "one by one"
    ends = "" if model.stop is None or first else f" {until(model.stop)}"
    return f"{before}{name} with {at_most(choice.k or 0, model.stop)}, {how}{ends}, {keeps}"


def _picks(route: Route, choice: Choice) -> bool:
    """Whether a choice runs several passes, of which one has to be picked."""
    return (choice.k or 0) > 1 or (choice.model is not None and route.models[choice.model].first_setting is not None)


def _amounts(route: Route, front: Front, choice: Choice) -> str:
    """What a choice costs, takes and reaches: means, or the quantiles that budgets are for."""
    row = choice.row or 0
    quantiles = {tail.quantity: tail for tail in tails(front.curve, route.scenario, row)}
    means = dict(zip(("cost", "time", *front.resources, "accuracy"), front.curve.means[row].tolist(), strict=True))
    parts = [_spent(name, value, quantiles.get(name)) for name, value in means.items() if name != "accuracy"]
    known = interval_of(front.curve, row)
    interval = "" if known is None else f" ({interval_text(*known)})"
    tail = f", {tail_text(quantiles['accuracy'])}" if "accuracy" in quantiles else ""
    keep = _CONDITIONS[route.models[choice.model or ""].keep] if _picks(route, choice) else ""
    return f"{', '.join(parts)}, accuracy {means['accuracy']:.4f}{interval}{keep}{tail}"


def _spent(quantity: str, mean: float, tail: Tail | None) -> str:
    per = " per query" if quantity == "cost" else " on average" if quantity == "time" else ""
    if tail is None:
        return f"{amount(quantity, mean)}{per}"
    return tail_text(tail) if quantity == "time" else f"{amount(quantity, mean)}{per}, {tail_text(tail)}"


def _how_sure(found: Assessment | None) -> str:
    """How probably the choice is good and within its budgets, and what speaks against it."""
    if found is None or not found.resamples:
        return "cannot be said: it rests on numbers that are taken as certain."
    if not sure(found):
        return "unknown."
    within = probability(found.feasible, found.resamples)
    better = f"; corrected for having been chosen, its accuracy is {corrected(found)}" if corrected(found) else ""
    good = f"{probability(found.pgs, found.resamples)} that it is as good as the truly best one ({GOOD})"
    against = doubts(found)
    return " ".join(
        [
            f"{good}, {within} that it really meets all budgets{better}.",
            *([f"{against[:1].upper()}{against[1:]}."] if against else []),
            f"From {found.resamples:,} resamples of {found.basis}; {CERTAIN}.",
        ]
    )


def _most_accurate(route: Route) -> list[tuple[str, str]]:
    """What the budgets would allow at most, where no floor was given and the rule only saves."""
    if route.rule.saves is None or route.scenario.a_min is not None:
        return []
    best = decide(route.front, "accuracy-max")
    if best.row is None or best.row == route.choice.row:
        return []
    text = (
        f"{_what(route, best)}: {_amounts(route, route.front, best)} (-d accuracy-max; no floor of accuracy is given)."
    )
    return [("Most accurate", text)]


def nearest_text(route: Route) -> str:
    """What comes closest to the budgets, and by how much it misses each; empty where something meets them."""
    found = route.front.infeasibility
    if found is None or found.closest is None:
        return ""
    broken = []
    for short in found.shortfalls:
        if short.broken:
            has, limit = apart(short.quantity, short.has, short.limit, 4)
            words = short.quantity if short.quantile is None else f"{percentile(short.quantile)} of {short.quantity}"
            broken.append(f"{words} {has}, and {'at least' if short.budget == 'a_min' else 'at most'} {limit} is asked")
    passes = "one pass" if found.closest.k == 1 else f"{found.closest.k} passes"
    return f"{found.closest.model} with {passes}: {'; '.join(broken)}."


def what_binds(route: Route) -> str:
    """Which budgets bind, and what a little more of each would buy that does not fit yet; empty without budgets."""
    limits = [limit for limit in route.scenario.limits(route.front.resources) if limit.value is not None]
    if not limits:
        return ""
    flips = relaxations(route)
    if route.choice.row is None:
        alone = "; ".join(_relaxation(flip, route) for flip in flips)
        return f"{alone or 'several budgets together: relaxing one of them alone is not enough'}."
    near = [_relaxation(flip, route) for flip in flips if _is_near(flip)]
    if near:
        return f"{'; '.join(near)}."
    better = {0: "cheaper", 1: "faster"}.get(-1 if route.rule.saves is None else route.rule.saves, "better")
    floor = "" if route.scenario.a_min is None else ", or a floor 5 points lower,"
    return f"no budget: twice of any one alone{floor} allows nothing {better}."


def _is_near(flip: Flip) -> bool:
    """Whether it takes a little more of a budget, and not another budget altogether."""
    return flip.now - flip.at <= _LITTLE_LESS if flip.what == "a_min" else flip.at <= _LITTLE_MORE * flip.now


def _relaxation(flip: Flip, route: Route) -> str:
    limit = next(one for one in route.scenario.limits(route.front.resources) if one.budget == flip.what)
    name = limit.quantity if limit.quantile is None else f"{percentile(limit.quantile)} of {limit.quantity}"
    shown, now = in_unit(limit.quantity, flip.shown), in_unit(limit.quantity, number(flip.now))
    return f"{name}: at {'least' if flip.what == 'a_min' else 'most'} {shown} in place of {now} allows {_then(flip)}"


def _then(flip: Flip) -> str:
    """The other choice, and what it costs, takes and reaches more."""
    what = f"{flip.model} with {'one pass' if flip.k == 1 else f'{flip.k} passes'}"
    if math.isnan(flip.usd_more):
        return what
    spent = {"cost": flip.usd_more, "time": flip.seconds_more, **flip.used_more}
    return f"{what} ({_difference(spent, flip.accuracy_more)})"


def _difference_of(first: Choice, second: Choice) -> str:
    if first.objectives is None or second.objectives is None:
        return ""
    *spent, error = (second.objectives - first.objectives).tolist()
    return _difference(dict(zip(("cost", "time", *second.resources), spent, strict=True)), -error)


def _difference(spent: Mapping[str, float], accuracy: float) -> str:
    """What another choice costs, takes and reaches more or less on average, in words."""
    words = {"time": ("shorter", "longer")}
    parts = [
        f"{amount(quantity, abs(more))} {words.get(quantity, ('less', 'more'))[more > 0]}"
        for quantity, more in spent.items()
        if abs(more) > _NO_DIFFERENCE
    ]
    points = significant(100 * abs(accuracy), 2)
    parts += [f"accuracy {points} points {'lower' if accuracy < 0 else 'higher'}"] if accuracy else []
    return ", ".join(parts) or "no difference"


def _bill(route: Route, queries: float) -> str:
    own = f"{usd((route.cost or 0.0) * queries)} for {_queries(queries)}"
    second = route.runner_up
    if second is None or second.objectives is None:
        return f"{own}."
    return f"{own}; the next best {usd(float(second.objectives[0]) * queries)}."


def _queries(queries: float) -> str:
    """A volume in words: 1,000,000 queries."""
    return counted(int(queries), "query", "queries") if queries == int(queries) else f"{queries:,g} queries"
