"""When passes stop before the k-th, in words, and what that saves."""

from collections.abc import Mapping

import numpy as np

from moo_inference.catalog import Model
from moo_inference.catalog.stopping import settings_of
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.evaluation.stop import Stop
from moo_inference.formatting.amounts import amount, significant
from moo_inference.studies.route import Route

SINGLE = "one pass"

_ROUNDING = 1e-9

_MOST = 0.95
"""Share of the queries."""

_NO_POINTS = 0.005
"""Accuracy points that are shown as none."""


def until(stop: Stop) -> str:
    """What ends the passes of a query, in words."""
    if stop.policy == "vote-until-sure":
        return f"until the vote is {100 * stop.confidence:.6g} % sure"
    return "until one is verified" if stop.level is None else f"until one has at least {stop.level:.6g}"


def unsettled(model: Model) -> str:
    """What makes a query go on to the second setting, in words; of a model that escalates."""
    stop = model.stop or Stop("escalate")
    if model.keep == "majority":
        return "where they disagree"
    one = (stop.batch or 1) == 1
    if stop.level is None:
        return "where it is not verified" if one else "where none is verified"
    return f"where {'it has not' if one else 'none has'} at least {stop.level:.6g}"


def counted_passes(k: int) -> str:
    """8 passes, or one pass."""
    return SINGLE if k == 1 else f"{k} passes"


def at_most(k: int, stop: Stop | None) -> str:
    """The passes of a query: 8 passes, or at most 8 where they may stop before."""
    passes = counted_passes(k)
    return passes if stop is None or stop.escalates or k == 1 else f"at most {passes}"


def picked_from(k: int, model: Model) -> str:
    """The passes of which one is kept, in words."""
    return at_most(k, model.stop) if model.first_setting is None else "the passes of either setting"


def stopping_notes(models: Mapping[str, Model], curves: Mapping[str, ScalingCurve]) -> list[str]:
    """What k means where passes stop early, and which policies cannot stop anything; one sentence each.

    Args:
        models: by id.
        curves: of the models, by id.
    """
    stopping = {key: model for key, model in models.items() if model.stop is not None and key in curves}
    if not stopping:
        return []
    pairs = {key: stopping.pop(key) for key, model in models.items() if model.first_setting and key in stopping}
    meaning = []
    if stopping:
        policies = dict.fromkeys(f"{model.stop}: {until(model.stop)}" for model in stopping.values() if model.stop)
        meaning.append(f"Where passes stop early, k is the most of them that run ({'; '.join(policies)}).")
    if pairs:
        ways = dict.fromkeys(f"{model.stop}: {unsettled(model)}" for model in pairs.values())
        meaning.append(
            "Of a pair the second setting runs with k passes where those of the first do not settle a query "
            f"({'; '.join(ways)})."
        )
    notes = [" ".join(meaning)]
    idle = [key for key in stopping if (curves[key].mean_passes >= curves[key].k * (1 - _ROUNDING)).all()]
    if idle:
        whose = "all models" if len(idle) == len(models) > 1 else ", ".join(idle)
        notes.append(
            f"{whose}: no query stops early; a batch of fewer passes looks more often, as in --stop first-verified/1."
        )
    return notes


def saved_by_stopping(route: Route) -> str:
    """How many passes of the choice run, and what running all of them would come to; nothing where all run."""
    whole, chosen = route.unstopped, route.choice
    if whole is None or chosen.row is None or chosen.model is None or chosen.k is None:
        return ""
    curve = route.front.curve.take(np.array([chosen.row]))
    model = route.models[chosen.model]
    most = int(curve.passes_within(_MOST)[0])
    mean = significant(float(curve.mean_passes[0]), 3)
    cost, time, *_, accuracy = whole.means[0].tolist()
    points = 100 * (accuracy - float(curve.accuracy.mean[0]))
    more = (
        "the same accuracy"
        if abs(points) < _NO_POINTS
        else (f"accuracy {significant(abs(points), 2)} points {'higher' if points > 0 else 'lower'}")
    )
    if model.stop is not None and model.first_setting is not None and curve.passes is not None:
        first, *_, then = settings_of(chosen.model, model.stop)
        m = model.stop.batch or 1
        settled = significant(100 * float(curve.passes[0, m - 1]), 2)
        return (
            f"{counted_passes(m)} of {first} {'settles' if m == 1 else 'settle'} {settled} of 100 queries; {then} "
            f"alone with {counted_passes(chosen.k)}: {amount('cost', cost)} per query, {amount('time', time)} on "
            f"average, {more}."
        )
    if chosen.k == 1:
        return ""
    at_once = min(route.conditions.parallel_of(model.replace(stop=None)), chosen.k)
    how = "all at once" if at_once == chosen.k else f"{at_once} at a time" if at_once > 1 else "one by one"
    return (
        f"{mean} of {chosen.k} passes run on average, at most {most} for 95 of 100 queries; without stopping all "
        f"{chosen.k}, {how}: {amount('cost', cost)} per query, {amount('time', time)} on average, {more}."
    )


def held_out_text(route: Route) -> str:
    """What stopping early gains on questions that the choice has not seen, with intervals; nothing where all run.

    On questions that it has not seen stopping saves 31 % of the cost (25 % to 36 %), accuracy +0.0 points (-0.3 to
    +0.3), time +12 % (+8 % to +15 %).
    """
    found = route.held_out
    if found is None:
        idle = route.stop is None or np.isclose(route.mean_passes or 0.0, route.k or 0)
        return "" if idle else "what stopping gains cannot be said: it rests on too few questions to hold some out."
    how = f"from {found.splits:,} splits of {found.questions:,} questions into halves to choose on and to value on"
    met = f"all budgets are met there {found.meets:.0%} of the time, without stopping {found.meets_fixed:.0%}"
    if not found.compared:
        return (
            f"no half of the questions has a choice that stops early and one that does not, to compare; {met} ({how})."
        )
    gains = ", ".join(
        f"{name} {_change(-share.mean)} ({_change(-share.high)} to {_change(-share.low)})"
        for name, share in found.shares.items()
    )
    accuracy = found.gains["accuracy"]
    ends = f"{100 * accuracy.low:+.1f} to {100 * accuracy.high:+.1f}"
    changes = f"{gains}, accuracy {100 * accuracy.mean:+.1f} points ({ends})"
    if found.gained:
        return f"on questions that the choice has not seen, stopping gains: {changes}; {met} ({how})."
    judged = "no gain" if found.objective is None else f"no better {found.objective}"
    advice = (
        ""
        if route.passed_over is None
        else f" All passes run therefore, in place of {_stopping_choice(route.passed_over)}."
    )
    return (
        f"stopping shows {judged} on questions that the choice has not seen, since the interval includes none: "
        f"{changes}; {met} ({how}).{advice}"
    )


def _stopping_choice(route: Route) -> str:
    """A choice that stops early, in a few words."""
    return (
        f"{route.model} with {at_most(route.k or 0, route.models[route.choice.model or ''].stop)} ({route.stop}: "
        f"{amount('cost', route.cost or 0.0)} per query, {amount('time', route.time or 0.0)} on average, accuracy "
        f"{route.accuracy or 0.0:.4f})"
    )


def _change(share: float) -> str:
    """More or less of something, in percent."""
    return f"{100 * share:+.0f} %"
