"""A route as tables: the choice, why no other, who matches whom, and what would change it."""

from collections.abc import Mapping

import numpy as np

from moo_inference.decision.choice import Choice
from moo_inference.estimators.conditions import Conditions
from moo_inference.formatting.amounts import (
    amount,
    in_unit,
    interval_text,
    number,
    threshold,
    unit_words,
    usd,
)
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.formatting.table import MOST_ROWS, Table
from moo_inference.pareto.budgets import tails
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.matches import Match
from moo_inference.studies.route import Route
from moo_inference.studies.what_if import Flip, break_evens, relaxations
from moo_inference.views.confidence import CERTAIN, GOOD, corrected, doubts, probability, sure
from moo_inference.views.evidence import counted_notes, drawn_note, interpolated
from moo_inference.views.families import in_families
from moo_inference.views.markers import markers
from moo_inference.views.marks import TAIL_INTERVALS, interval_of, tail_text
from moo_inference.views.prices import sources_note
from moo_inference.views.stopping import held_out_text
from moo_inference.views.study_tables import budget_text

_NO_DIFFERENCE = 1e-12
"""USD, seconds or units of a resource per query: less than anything that is paid."""

_CONDITIONS = ("k_min", "k_max", "k_step", "parallel", "latency")

_RELAXED = {
    None: "something more accurate that did not fit, or which floor for something cheaper",
    0: "something cheaper that did not fit",
    1: "something faster that did not fit",
}


def route_tables(route: Route, *, what_if: bool = False) -> list[Table]:
    """The route; with `what_if` also what would change it."""
    tables = [_choice_table(route), _why_not_table(route), _matches_table(route)]
    if what_if:
        tables += [
            _flip_table(route, relaxing(route), "Relaxing any one budget admits nothing better.", relaxations(route)),
            _flip_table(
                route, "Where the choice flips", "No floor or price that was tried flips it.", break_evens(route)
            ),
        ]
    return [table for table in tables if table.rows or table.notes]


def relaxing(route: Route) -> str:
    """What relaxing a budget is for, by what the rule saves."""
    return f"Which budget to relax for {_RELAXED[route.rule.saves]}"


def _choice_table(route: Route) -> Table:
    symbol = markers([route.rule.id])[route.rule.id].symbol
    title = f"{route.scenario.name} ({route.scenario_id}): {budget_text(route.scenario)}; {symbol} {route.rule.id}"
    keeps = _keeps(route)
    several = len(set(keeps.values())) > 1
    rows = []
    for what, choice, front in (
        ("chosen", route.choice, route.front),
        ("runner-up", route.runner_up, route.others),
    ):
        if choice is None or choice.row is None or choice.model is None or front is None:
            continue
        keep = f"\n{keeper(keeps[choice.model])}" if several else ""
        accuracy, *spent = _amounts(choice)
        known = interval_of(front.curve, choice.row)
        if known is not None:
            accuracy += f"\n{interval_text(*known)}"
        for tail in tails(front.curve, route.scenario, choice.row):
            text = f"\n{tail_text(tail, named=False)}"
            if tail.quantity == "accuracy":
                accuracy += text
            else:
                spent[("cost", "time", *route.front.resources).index(tail.quantity)] += text
        more = _more(route.choice, choice)
        rows.append((what, f"{choice.model}{keep}", str(choice.k), accuracy, *spent, more))
    notes = [*route.choice.warnings] if route.choice.row is not None else [route.choice.reason]
    notes += route.notes
    if route.paired is not None:
        mean, low, high, questions = route.paired
        notes.append(
            f"on the {questions:,} questions of both, the runner-up's accuracy differs by {mean:+.4f} ({low:+.4f} to "
            f"{high:+.4f})"
        )
    if route.assessment is not None and rows:
        notes += assessment_notes(route.assessment)
    unseen = held_out_text(route) if rows else ""
    notes += [f"held out: {unseen.removesuffix('.')}"] if unseen else []
    if route.front.curve.evidence is not None and rows:
        notes.append("Below an accuracy: its 95 % interval over the questions of the evaluation")
    notes += _tail_notes(route) if rows else []
    used = map(unit_words, route.front.resources)
    columns = ("", "model", "k", "accuracy", "cost", "time", *used, "against the choice")
    below = [*(f"{note}." for note in notes), *evidence_notes(route), kept_of(set(keeps.values()))]
    return Table(title, columns, tuple(rows), tuple(below))


def assessment_notes(found: Assessment) -> list[str]:
    """How sure a choice is, in sentences without their full stops."""
    if not found.resamples:
        return ["how sure the choice is cannot be said: it rests on numbers that are taken as certain"]
    if not sure(found):
        return []
    within = probability(found.feasible, found.resamples)
    notes = [
        f"{sure(found)} (PGS): the probability that the choice is as good as what would be chosen if the truth were "
        f"known, {GOOD}; that it is really within all budgets: {within} (from {found.resamples:,} resamples of "
        f"{found.basis}; {CERTAIN})",
    ]
    if corrected(found):
        notes.append(f"its accuracy corrected for the optimism of having been chosen: {corrected(found)}")
    return [*notes, *([doubts(found)] if doubts(found) else [])]


def _tail_notes(route: Route) -> list[str]:
    """How often the choice meets its budgets where one is for a quantile, and what stands behind a quantile."""
    row = route.choice.row
    if row is None or not route.scenario.has_quantiles:
        return []
    share = float(route.front.attainment[row])
    notes = [] if np.isnan(share) else [f"{share:.0%} of the queries of the choice meet all budgets at once"]
    return [*notes, *([TAIL_INTERVALS] if route.front.curve.views[route.scenario].tails is not None else [])]


def evidence_notes(route: Route) -> list[str]:
    """What the rows of the choice, the runner-up and the matches rest on."""
    shown: dict[str, set[int]] = {}
    for choice in (route.choice, route.runner_up):
        if choice is not None and choice.model is not None and choice.k is not None:
            shown.setdefault(choice.model, set()).add(choice.k)
    compared = {key: route.models[key] for key in shown}
    for match in route.matches():
        shown.setdefault(match.model, set()).add(match.k)
    estimator = str(route.options["estimator"]["estimator"])
    conditions = Conditions(**{key: route.options[key] for key in _CONDITIONS})
    return [
        *drawn_note(shown, route.models, route.curves, estimator, conditions),
        *counted_notes(compared, estimator),
        *interpolated(compared),
        *([sources_note(compared)] if compared else []),
    ]


def _keeps(route: Route) -> dict[str, str]:
    """What selects the pass that counts, by id of the model."""
    return {key: model.keep for key, model in route.models.items()}


def _why_not_table(route: Route) -> Table:
    names = [key for key in in_families(route.models) if key in route.why_not]
    if len(names) > MOST_ROWS:
        on_front = {*route.front.models}
        names.sort(key=lambda name: name not in on_front)
    return Table("Why no other model", ("model", "why not"), tuple((key, route.why_not[key]) for key in names))


def _matches_table(route: Route) -> Table:
    keeps = _keeps(route)
    by = {key: f", {keeper(keep)}" if len(set(keeps.values())) > 1 else "" for key, keep in keeps.items()}
    rows = []
    order = {key: place for place, key in enumerate(in_families(route.models))}
    for match in sorted(route.matches(), key=lambda match: order[match.model]):
        own = f"{match.accuracy:.4f} for {usd(match.cost)} (k = {match.k}{by[match.model]})"
        if match.by is None:
            rows.append((match.model, own, "none", ""))
            continue
        other = f"{match.by} with k = {match.by_k}{by[match.by]}: {match.by_accuracy:.4f} for {usd(match.by_cost)}"
        rows.append((match.model, own, other, _share_of_cost(match)))
    return Table(
        "Who matches whom: the cheapest other model that is at least as accurate as each at its best within budgets",
        ("model", "at its best", "matched by", "of its cost"),
        tuple(rows),
    )


def _share_of_cost(match: Match) -> str:
    """Rounded up, so that the other model costs no more than is shown."""
    share = 100 * match.by_cost / match.cost if match.cost else np.inf if match.by_cost else 100.0
    if np.isinf(share):
        return "it is free"
    return f"{threshold(share, lambda shown: shown >= share * (1 - 1e-9), up=True, digits=3)} %"


def _flip_table(route: Route, title: str, without: str, flips: list[Flip]) -> Table:
    rows = []
    for flip in flips:
        to = "nothing" if flip.model is None else f"{flip.model} with k = {flip.k}"
        spent = {"cost": flip.usd_more, "time": flip.seconds_more, **flip.used_more}
        more = "" if np.isnan(flip.usd_more) else _difference(spent, flip.accuracy_more)
        rows.append((*_value(route, flip), to, more))
    notes = () if rows else (without,)
    return Table(title, ("what", "now", "at", "then the choice is", "against the choice"), tuple(rows), notes)


def _value(route: Route, flip: Flip) -> tuple[str, str, str]:
    if flip.what in route.curves:
        return f"price of {flip.what}", "1", f"{flip.shown} times"
    quantity = next(limit.quantity for limit in route.scenario.limits() if limit.budget == flip.what)
    now = "none" if quantity == "accuracy" and route.scenario.a_min is None else in_unit(quantity, number(flip.now))
    return flip.what, now, in_unit(quantity, flip.shown)


def _amounts(choice: Choice) -> tuple[str, ...]:
    if choice.objectives is None:
        return ("",) * (3 + len(choice.resources))
    *spent, error = choice.objectives.tolist()
    return f"{1 - error:.4f}", *map(amount, ("cost", "time", *choice.resources), spent)


def _more(first: Choice, second: Choice) -> str:
    if first is second or first.objectives is None or second.objectives is None:
        return ""
    *spent, error = (second.objectives - first.objectives).tolist()
    return _difference(dict(zip(("cost", "time", *second.resources), spent, strict=True)), -error)


def _difference(spent: Mapping[str, float], accuracy: float) -> str:
    # Where a price is what makes two costs meet, they differ by rounding alone.
    parts = [
        f"{'-' if more < -_NO_DIFFERENCE else '+'}{amount(quantity, abs(more) if abs(more) > _NO_DIFFERENCE else 0.0)}"
        for quantity, more in spent.items()
    ]
    more = f"{accuracy:+.4f}"
    if accuracy and not float(more):
        more = f"{'-' if accuracy < 0 else '+'}{number(float(f'{abs(accuracy):.1g}'))}"
    return "  ".join([*parts, f"accuracy {more}"])
