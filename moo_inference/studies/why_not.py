"""Why a model was not chosen: a budget that it breaks, what dominates it, or its lower score."""

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.decision.choice import Choice
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.formatting.amounts import amount
from moo_inference.pareto.front import Front
from moo_inference.policy.scores import ALIKE

_TINY = np.finfo(float).tiny


def why_not(model: str, curve: ScalingCurve, front: Front, choice: Choice, rule: Rule) -> str:
    """Why a model was not chosen, in a sentence.

    Args:
        model: its id.
        curve: its scaling curve.
        front: across all models.
        choice: what the rule takes from it.
        rule: what chose.
    """
    own = Front.from_curve(curve, front.scenario)
    if own.infeasibility is not None:
        return str(own.infeasibility)
    rows = [row for row, name in enumerate(front.models) if name == model]
    if rows:
        return _outscored(rows, front, choice, rule)
    row = _closest_to_front(own, front)
    better = _no_worse(front.F, own.F[row])[0]
    return (
        f"dominated: {front.models[better]} with k = {front.k[better]} is no worse in anything than its "
        f"k = {own.k[row]} ({_amounts(front, better)} against {_amounts(own, row)}), and so for its other k"
    )


def _outscored(rows: list[int], front: Front, choice: Choice, rule: Rule) -> str:
    scores = choice.scores
    some = f"its k = {', '.join(str(front.k[row]) for row in rows[:5])}{', ...' if len(rows) > 5 else ''}"
    known = [row for row in rows if not np.isnan(scores[row])]
    if choice.row is None or not known or not rule.score_name:
        return f"on the front with {some}, but {rule.id} takes none of them"
    best = max(known, key=lambda row: scores[row] if rule.higher_is_better else -scores[row])
    return (
        f"on the front with {some}, but its best {rule.score_name} is {scores[best]:.4g} (k = "
        f"{front.k[best]}), where {choice.model} with k = {choice.k} has {scores[choice.row]:.4g}"
    )


def _no_worse(F: FloatArray, row: FloatArray) -> IntArray:
    """The rows of a front F (n, m) that are no worse than a row in anything but by rounding; at least one."""
    excess = ((F - row) / np.maximum(row, [*[_TINY] * (len(row) - 1), 1.0])).max(axis=1)
    return np.flatnonzero(excess <= max(ALIKE, excess.min()))


def _closest_to_front(own: Front, front: Front) -> int:
    """The row of a model's front that is outdone by the least share of the better row's own numbers."""
    gaps = []
    for row in range(len(own)):
        better = front.F[_no_worse(front.F, own.F[row])]
        scale = np.maximum(own.F[row], _TINY)
        gaps.append(float(((own.F[row] - better) / scale).sum(axis=1).min()))
    return int(np.argmin(gaps))


def _amounts(front: Front, row: int) -> str:
    amounts = map(amount, ("cost", "time", *front.resources), front.curve.means[row].tolist())
    return f"{', '.join(amounts)}, accuracy {front.curve.means[row, -1]:.4f}"
