"""The top of the report on a scenario: what to take, what it costs, how sure that is, what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import Limit
from moo_inference.decision.registry import DEFAULT_RULES
from moo_inference.formatting.amounts import amount, bound, interval_text, percentile, unit_words
from moo_inference.formatting.words import counted
from moo_inference.pareto.budgets import measured, tails
from moo_inference.studies.choose import recommended
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.route import Route
from moo_inference.studies.study import Study
from moo_inference.views.answer import answer_sentence, nearest_text, surer_text, what_binds
from moo_inference.views.confidence import corrected, probability, sure
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.load import load_text
from moo_inference.views.markers import markers
from moo_inference.views.marks import interval_of, tail_text
from moo_inference.views.report.charts import Charts, Highlight, Styles, across_models
from moo_inference.views.stopping import SINGLE, held_out_text, picked_from, saved_by_stopping
from moo_inference.views.study_tables import budget_text

CHEAPEST = "cheapest"

UNKNOWN = "cannot be said: it rests on numbers that are taken as certain"


@dataclass(frozen=True)
class Number:
    """One of the large numbers.

    Attributes:
        label: what it is.
        value: the number with its unit.
        notes: what belongs below it.
        over: whether it breaks its budget.
    """

    label: str
    value: str
    notes: tuple[str, ...]
    over: bool = False


@dataclass(frozen=True)
class Recommendation:
    """What to take in a scenario.

    Attributes:
        key: id of the scenario.
        name: what the scenario is called.
        budgets: in one line.
        sentence: the answer; or that nothing fits, and what is nearest.
        fits: whether something is taken.
        model: id of the model; of what comes closest where nothing fits, None where nothing does.
        taken: model and k in a few words, for the same.
        numbers: cost, time, accuracy and further resources.
        sure: how sure it is, in a line.
        sure_word: the same in a word or two; empty where it cannot be said.
        changes: what would change it, a heading and a sentence each.
        warnings: caveats of this choice, a sentence each.
        charts: accuracy over cost and time of all models.
    """

    key: str
    name: str
    budgets: str
    sentence: str
    fits: bool
    model: str | None
    taken: str
    numbers: tuple[Number, ...]
    sure: str
    sure_word: str
    changes: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    charts: Charts


def main_rule(study: Study) -> str:
    """The rule that recommends: `cheapest` if it is among those of the study or none was named, else the first."""
    named = study.options.decisions
    return CHEAPEST if CHEAPEST in named or tuple(named) == DEFAULT_RULES else named[0]


def recommendation(study: Study, key: str, views: Mapping[str, Trajectory], styles: Styles) -> Recommendation:
    """What to take in a scenario.

    Args:
        study: the study.
        key: id of the scenario.
        views: the trajectories of the models in it, by id.
        styles: of their lines.
    """
    route = _route(study, key)
    place = _place(route)
    fits = route.choice.row is not None
    only = None
    if place is not None:
        only = Highlight(place[0], place[1], markers([route.rule.id])[route.rule.id], closest=not fits)
    found = route.assessment if fits else None
    changes = (
        ("Nearest", nearest_text(route)),
        ("Stopping", saved_by_stopping(route)),
        ("Held out", held_out_text(route)),
        ("Load", load_text(route)),
        ("What would change it", what_binds(route)),
        ("Surer", surer_text(route) if fits else ""),
    )
    return Recommendation(
        key,
        route.scenario.name,
        budget_text(route.scenario),
        answer_sentence(route),
        fits,
        None if place is None else place[0],
        "" if place is None else f"{route.models[place[0]].name}, k = {place[1]}",
        () if place is None else _numbers(route, *place),
        _sure(found) if fits else "",
        sure(found),
        tuple((heading, text) for heading, text in changes if text),
        route.choice.warnings if fits else (),
        across_models(views, styles, only) if only is not None else across_models(views, styles),
    )


def _route(study: Study, key: str) -> Route:
    """The choice of the main rule across models; a rule of the user's own is not known by its id."""
    name = main_rule(study)
    own = [rule for rule in study.rules.get(key, ()) if rule.id == name and name in study.options.own_decisions]
    found = study.route(key, own[0] if own else name)
    # What runs all passes can be recommended, and shown, where it is among what was studied.
    return recommended(found) if any(model.stop is None for model in study.catalog.models.values()) else found


def _place(route: Route) -> tuple[str, int] | None:
    """Model and k of the choice, or of what comes closest; None where nothing does."""
    configuration = route.choice.configuration
    if configuration is None and route.front.infeasibility is not None:
        configuration = route.front.infeasibility.closest
    if configuration is None or configuration.k is None:
        return None
    # Of one model alone a front does not repeat its name.
    return configuration.model or next(iter(route.curves)), configuration.k


def _numbers(route: Route, model: str, k: int) -> tuple[Number, ...]:
    """Cost, time, accuracy and further resources; of a budget for a quantile that quantile, and the mean below it."""
    curve = route.curves[model]
    row = int(np.flatnonzero(curve.k == k)[0])
    looked_at = measured(curve, route.scenario)[row].tolist()
    quantiles = {tail.quantity: tail for tail in tails(curve, route.scenario, row)}
    limits = route.scenario.limits(curve.resources)
    shown = []
    for limit, mean, value in zip(limits, curve.means[row].tolist(), looked_at, strict=True):
        accuracy = limit.quantity == "accuracy"
        tail = quantiles.get(limit.quantity)
        notes = [_budget(limit)]
        if tail is not None:
            known_tail = [] if tail.interval is None else [tail_text(tail, named=False)]
            notes += [*known_tail, f"{_mean(limit.quantity, mean)} on average"]
        if accuracy:
            known = interval_of(curve, row)
            notes = [
                *([interval_text(*known)] if known is not None else []),
                kept_by(route.models[model].keep, picked_from(k, route.models[model])),
                *notes,
            ]
        over = limit.value is not None and (
            value < limit.value * (1 - 1e-9) if accuracy else value > limit.value * (1 + 1e-9)
        )
        shown.append(Number(_label(limit), _mean(limit.quantity, value), tuple(filter(None, notes)), over))
    cost, time, *used, accurate = shown
    return (cost, time, accurate, *used)


def _label(limit: Limit) -> str:
    word = unit_words(limit.quantity)
    if limit.quantile is not None:
        return f"{percentile(limit.quantile)} of {word}"
    return word if limit.quantity == "accuracy" else f"{word} of a query"


def _mean(quantity: str, value: float) -> str:
    return f"{value:.3f}" if quantity == "accuracy" else amount(quantity, value)


def _budget(limit: Limit) -> str:
    if limit.value is None:
        return "no budget"
    return f"{'at least' if limit.quantity == 'accuracy' else 'at most'} {bound(limit.quantity, limit.value)}"


def kept_by(keep: str, passes: str) -> str:
    """Under which condition an accuracy holds, of one pass or of several in words."""
    if passes == SINGLE:
        return "of a single pass"
    return {
        "oracle": f"if an oracle picks the best of {passes}",
        "verifier": f"if a verifier picks the best of {passes}",
        "majority": f"by a vote of {passes}",
        "all": f"if all {passes} have to be right",
    }[keep]


def _sure(found: Assessment | None) -> str:
    """How sure a choice is, in a line: the names of what cannot be told from it stand elsewhere."""
    if found is None or not sure(found):
        return UNKNOWN
    within = probability(found.feasible, found.resamples)
    alike = len(found.confidence_set)
    parts = [
        f"{sure(found)} ({found.basis})",
        *([f"within all budgets: {within}"] if within else []),
        *([f"accuracy without the optimism of having been chosen: {corrected(found)}"] if corrected(found) else []),
        *([f"{counted(alike, 'choice')} cannot be told apart"] if alike > 1 else []),
    ]
    return "; ".join(parts)
