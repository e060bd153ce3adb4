"""One choice: what a rule takes from a front, the evidence, and its caveats."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.decision.registry import make_rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import Evidence, FloatArray, ScalingCurve
from moo_inference.evaluation.checks import distinct
from moo_inference.formatting.amounts import amount, interval_text, percentile, unit_words
from moo_inference.formatting.words import counted
from moo_inference.pareto.budgets import tails
from moo_inference.pareto.configurations import Configuration
from moo_inference.pareto.front import Front, stage_end

_SAME = 1e-9
"""Scores that differ by less do so by rounding alone."""


@dataclass(frozen=True)
class Choice:
    """What a rule chose, and why.

    Attributes:
        rule: id of the rule.
        status: `ok`, `no-knee` (the rule is not defined on this front), `infeasible` (the front is empty) or `refused`
            (there is no front, since means of stages cannot answer).
        row: the chosen row of the front, or None.
        configuration: the model and k of the row, or those of each stage, or None.
        objectives: (m,) cost in USD, time in seconds, further resources and error of the row, or None.
        normalised: (m,) the same as the rule looked at it, or None.
        scores: (n,) what the rule gave each row of the front, NaN where it is not defined.
        ties: the other rows with the same best score; the cheapest is chosen.
        warnings: caveats, one sentence each.
        reason: why this row, in a sentence.
        resources: units of the further resources among the objectives.
    """

    rule: str
    status: str
    row: int | None
    configuration: Configuration | None
    objectives: FloatArray | None
    normalised: FloatArray | None
    scores: FloatArray
    ties: tuple[int, ...]
    warnings: tuple[str, ...]
    reason: str
    resources: tuple[str, ...] = ()

    @property
    def k(self) -> int | None:
        """The chosen number of passes; None where there is none, or stages have one each."""
        return None if self.configuration is None else self.configuration.k

    @property
    def model(self) -> str | None:
        """The chosen model where the front is of several; None where there is none, or stages have one each."""
        return None if self.configuration is None else self.configuration.model

    @property
    def stages(self) -> Mapping[str, tuple[str, int]]:
        """The model and k of each stage, by its name; empty where nothing was chosen, or stages have no names."""
        return {} if self.configuration is None else self.configuration.stages


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
    judge = make_rule(rule).scaled_by(front.scenario, front.resources)
    if not len(front):
        status = "infeasible" if front.infeasibility is None else front.infeasibility.status
        return _none(judge, status, np.empty(0), str(front.infeasibility))
    F = front.error_last
    N = judge.normalised(F)
    scores = judge.scored(N)
    best = judge.best(N, scores)
    if not best.size:
        return _none(judge, "no-knee", scores, f"no {judge.noun}: {_why_none(judge, front)}")
    row, *ties = best.tolist()
    return Choice(
        judge.id,
        "ok",
        row,
        front.configurations[row],
        F[row],
        N[row],
        scores,
        tuple(ties),
        _warnings(judge, front, N, row),
        _reason(judge, front, row, ties, scores),
        (*front.resources, *(() if front.own is None else front.own.names)),
    )


def _warnings(judge: Rule, front: Front, N: FloatArray, row: int) -> tuple[str, ...]:
    passes = front.configurations.passes
    caveats = tuple(
        f"{name}: {words}" if name else words
        for name, evidence, k in zip(front.stages or ("",), front.evidence, passes[row].tolist(), strict=True)
        for words in evidence_words(evidence, k, row)
    )
    caveats = (*caveats, *_tail_words(front, row))
    if not front.reaches_k_max:
        return caveats
    most = passes.max(axis=0)
    ends = [stage_end(*end) in front.reaches_k_max for end in zip(front.stages or ("",), most.tolist(), strict=True)]
    reach = (passes / most)[:, ends].max(axis=1)
    if not moves_with_k_max(judge, N, reach, row, () if front.stages else front.models):
        return caveats
    return (
        *caveats,
        f"this {judge.noun} moves with k_max{_or_load(front)}: no budget ends the front at "
        f"{', '.join(front.reaches_k_max)}",
    )


def _or_load(front: Front) -> str:
    """What may end the grid besides k_max: k passes of all queries may be more than was measured."""
    return "" if front.scenario.load is None else " and the largest load that was measured"


def _tail_words(front: Front, row: int) -> tuple[str, ...]:
    """That a quantile which a budget is for rests on too few observations."""
    curve = front.estimates.curve
    if curve is None or front.scenario not in curve.views:
        return ()
    return tuple(
        f"the {percentile(tail.quantile)} of {unit_words(tail.quantity)} at k = {curve.k[row]} rests on too few "
        f"measured passes or questions to be known: {tail.needed:,} are needed"
        for tail in tails(curve, front.scenario, row)
        if tail.unknown
    )


def moves_with_k_max(judge: Rule, N: FloatArray, reach: FloatArray, row: int, groups: Sequence[str] = ()) -> bool:
    """Whether a choice depends on where the front ends, tested by moving that end.

    The rule is applied again to the front with one row more, extrapolated from the last two: if it takes another row,
    or scores the chosen one otherwise, it depends on the end. A rule without scores is applied to shorter fronts too,
    and moves if it takes another row there.

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
    levels = distinct(reach[(reach > reach[row]) & (reach < 1)])
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
    except SettingError:  # a user's rule that fails on this front gives no evidence
        return False
    best = judge.best(N, scores)
    return not best.size or int(best[0]) != row or not math.isclose(scores[row], score, rel_tol=_SAME, abs_tol=_SAME)


def evidence_warnings(curve: ScalingCurve, row: int) -> tuple[str, ...]:
    """Caveats on where the accuracy of a row comes from, one sentence each."""
    return evidence_words(curve.evidence, int(curve.k[row]), row)


def evidence_words(evidence: Evidence | None, k: int, row: int) -> tuple[str, ...]:
    """See `evidence_warnings`; k is the number of passes of the row."""
    if evidence is None:
        return ()
    if evidence.extrapolated[row]:
        known = interval_text(float(evidence.ci_low[row]), float(evidence.ci_high[row]))
        # Recorded choices hold this sentence, and are compared with it: it keeps its word for the distribution.
        return (f"the accuracy at k = {k} is extrapolated beyond the samples, by a law ({known})",)
    if evidence.last[row]:
        return (f"nothing is known beyond k = {k}, the samples that the evaluation has of some question",)
    return ()


def _none(judge: Rule, status: str, scores: FloatArray, reason: str) -> Choice:
    return Choice(judge.id, status, None, None, None, None, scores, (), (reason,), reason)


def _reason(judge: Rule, front: Front, row: int, ties: list[int], scores: FloatArray) -> str:
    rows = counted(len(front), "row")
    if front.stages:
        *spent, accuracy = front.values[row].tolist()
        amounts = ", ".join(map(amount, ("cost", "time", *front.resources), spent))
        return f"{judge.id} takes {front.describe(row)}: {amounts}, accuracy {accuracy:.4f}, of {rows}"
    others = f"k = {', '.join(str(front.k[tie]) for tie in ties)}, which cost more"
    if not judge.score_name:
        return f"{judge.id} names {front.describe(row)}" + (f", and also {others}" if ties else "")
    extreme = "greatest" if judge.higher_is_better else "least"
    score = f"{judge.score_name}, {scores[row]:.4g}"
    reason = f"{judge.id} takes {front.describe(row)}: its {score}, is the {extreme} of {rows}"
    return reason + (f", shared with {others}" if ties else "")


def _why_none(judge: Rule, front: Front) -> str:
    rows = counted(len(front), "row")
    if front.stages:
        return f"on this front of {rows} {judge.score_name or judge.id} singles none out"
    if len(front) < judge.least_rows:
        return f"the front has {rows}, and {judge.id} needs three"
    if judge.score_name:
        return f"on this front {judge.score_name} singles no row out"
    return f"on this front of {rows} {judge.id} names none"
