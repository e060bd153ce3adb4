"""One choice: what a rule takes from a front, the evidence, and what has to be said with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.decision.registry import make_rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import Evidence, FloatArray, ScalingCurve
from moo_inference.formatting.amounts import interval_text, seconds, significant, unit_words, usd
from moo_inference.formatting.markers import markers
from moo_inference.formatting.table import Table, to_html
from moo_inference.formatting.words import counted
from moo_inference.pareto.front import Front

_SAME = 1e-9
"""Scores that differ by less do so by rounding alone."""


@dataclass(frozen=True)
class Choice:
    """What a rule chose, and why.

    Attributes:
        rule: id of the rule.
        status: `ok`, `no-knee` (the rule is not defined on this front) or `infeasible` (the front is empty).
        row: the chosen row of the front, or None.
        k: the chosen number of passes, or None.
        model: the chosen model where the front is of several, or None.
        objectives: (m,) cost in USD, time in seconds, further resources and error of the row, or None.
        normalised: (m,) the same as the rule looked at it, or None.
        scores: (n,) what the rule gave each row of the front, NaN where it is not defined.
        ties: the other rows with the same best score; the cheapest is chosen.
        warnings: what the user has to know before betting on it, one sentence each.
        reason: why this row, in a sentence.
        resources: units of the further resources among the objectives.
    """

    rule: str
    status: str
    row: int | None
    k: int | None
    model: str | None
    objectives: FloatArray | None
    normalised: FloatArray | None
    scores: FloatArray
    ties: tuple[int, ...]
    warnings: tuple[str, ...]
    reason: str
    resources: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        sign = markers([self.rule])[self.rule].symbol
        if self.objectives is None:
            return to_html([Table(f"{sign} {self.rule}: {self.status.replace('-', ' ')}", (), (), (self.reason,))])
        cost, time, *others, error = self.objectives.tolist()
        row = (f"{self.k}", f"{1 - error:.4f}", usd(cost), seconds(time), *map(significant, others))
        used = tuple(unit_words(unit) for unit in self.resources)
        model = ((), ()) if self.model is None else (("model",), (self.model,))
        return to_html(
            [
                Table(
                    f"{sign} {self.rule}",
                    (*model[0], "k", "accuracy", "cost", "time", *used),
                    ((*model[1], *row),),
                    (self.reason, *self.warnings),
                )
            ]
        )


def decide(front: Front, rule: object) -> Choice:
    """Apply a rule to a front.

    Args:
        front: what there is to choose from.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking. A rule that needs a scale and has none
            is given the scenario's budgets.

    Raises:
        UnknownNameError: (a LookupError) there is no rule of this id.
        SettingError: (a ValueError) the rule needs a budget that the scenario does not have, or answers nonsense.
    """
    judge = make_rule(rule).within(front.scenario, front.curve.resources)
    if not len(front):
        return _none(judge, "infeasible", np.empty(0), str(front.infeasibility))
    F = front.error_last
    N = judge.normalised(F)
    scores = judge.scored(N)
    best = judge.best(N, scores)
    if not best.size:
        return _none(judge, "no-knee", scores, f"no {judge.noun}: {_why_none(judge, front)}")
    row, *ties = best.tolist()
    warnings = evidence_warnings(front.curve, row)
    if front.reaches_k_max and moves_with_k_max(judge, N, front.k / front.k.max(), row, front.models):
        warnings += (k_max_warning(judge, f"k = {front.k.max()}"),)
    model = front.models[row] if front.models else None
    reason = _reason(judge, front, row, ties, scores)
    return Choice(
        judge.id,
        "ok",
        row,
        int(front.k[row]),
        model,
        F[row],
        N[row],
        scores,
        tuple(ties),
        warnings,
        reason,
        (*front.curve.resources, *(() if front.own is None else front.own.names)),
    )


def moves_with_k_max(judge: Rule, N: FloatArray, reach: FloatArray, row: int, groups: Sequence[str] = ()) -> bool:
    """Whether a choice depends on where the front ends, which is seen by letting it end elsewhere.

    The rule is asked again on the front with a further row, on the way that the last two go: if it takes another row,
    or scores the chosen one otherwise, it looks at where the front ends. A rule without scores is asked on shorter
    fronts too, and moves if it takes another row there.

    Args:
        judge: the rule.
        N: (n, m) the front as the rule looks at it.
        reach: (n,) how near the k of each row is to the end of its grid, where it is 1.
        row: the chosen row.
        groups: the model of each row where there are several.
    """
    if _other(judge, np.vstack([N, _further_row(N, reach, groups)]), row, judge.scored(N)[row]):
        return True
    if judge.score_name:
        return False
    levels = np.unique(reach[(reach > reach[row]) & (reach < 1)])
    shorter = [np.flatnonzero(reach <= level) for level in levels[[0, len(levels) // 2, -1]]] if levels.size else []
    return any(_other(judge, N[rows], int(np.searchsorted(rows, row)), 1.0) for rows in shorter)


def _further_row(N: FloatArray, reach: FloatArray, groups: Sequence[str]) -> FloatArray:
    """(m,) what a larger k might give: prices rise as much again, and the error falls by the same factor."""
    ends = np.flatnonzero(reach == 1)
    last = int(ends[N[ends, -1].argmin()])
    before = [row for row in np.flatnonzero(reach < 1).tolist() if not groups or groups[row] == groups[last]]
    nothing = np.append(np.zeros(N.shape[1] - 1), 1.0)  # no pass costs nothing and gets nothing right
    previous = N[max(before, key=lambda row: (reach[row], -N[row, -1]))] if before else nothing
    further = 2 * N[last] - previous
    further[-1] = N[last, -1] ** 2 / previous[-1] if previous[-1] > 0 else N[last, -1]
    return np.asarray(further)


def _other(judge: Rule, N: FloatArray, row: int, score: float) -> bool:
    """Whether the rule takes another row of a front, or gives the row another score."""
    try:
        scores = judge.scored(N)
    except SettingError:  # a user's rule that fails on this front tells nothing
        return False
    best = judge.best(N, scores)
    return not best.size or int(best[0]) != row or not math.isclose(scores[row], score, rel_tol=_SAME, abs_tol=_SAME)


def k_max_warning(judge: Rule, ends: str) -> str:
    """That a choice moves with k_max, in words; `ends` says where the front ends."""
    return f"this {judge.noun} moves with k_max: no budget ends the front at {ends}"


def evidence_warnings(curve: ScalingCurve, row: int) -> tuple[str, ...]:
    """What has to be said of where the accuracy of a row comes from."""
    return evidence_words(curve.evidence, int(curve.k[row]), row)


def evidence_words(evidence: Evidence | None, k: int, row: int) -> tuple[str, ...]:
    """What has to be said of where the accuracy of a row, with k passes, comes from."""
    if evidence is None:
        return ()
    if evidence.extrapolated[row]:
        known = interval_text(float(evidence.ci_low[row]), float(evidence.ci_high[row]))
        return (f"the accuracy at k = {k} is extrapolated beyond the samples, by a law ({known})",)
    if evidence.last[row]:
        return (f"nothing is known beyond k = {k}, the samples that the evaluation has of some question",)
    return ()


def _none(judge: Rule, status: str, scores: FloatArray, reason: str) -> Choice:
    return Choice(judge.id, status, None, None, None, None, None, scores, (), (reason,), reason)


def _reason(judge: Rule, front: Front, row: int, ties: list[int], scores: FloatArray) -> str:
    name = f"{front.models[row]} with k = {front.k[row]}" if front.models else f"k = {front.k[row]}"
    others = f"k = {', '.join(str(front.k[tie]) for tie in ties)}, which cost more"
    if not judge.score_name:
        return f"{judge.id} names {name}" + (f", and also {others}" if ties else "")
    extreme = "greatest" if judge.higher_is_better else "least"
    score = f"{judge.score_name}, {scores[row]:.4g}"
    reason = f"{judge.id} takes {name}: its {score}, is the {extreme} of {counted(len(front), 'row')}"
    return reason + (f", shared with {others}" if ties else "")


def _why_none(judge: Rule, front: Front) -> str:
    rows = counted(len(front), "row")
    if len(front) < judge.least_rows:
        return f"the front has {rows}, and {judge.id} needs three"
    if judge.score_name:
        return f"on this front {judge.score_name} singles no row out"
    return f"on this front of {rows} {judge.id} names none"
