"""One choice: what a rule takes from a front, and what has to be said with it."""

from dataclasses import dataclass

from moo_inference.decision.base import Rule
from moo_inference.fronts import Front


@dataclass(frozen=True)
class Choice:
    """What a rule chose.

    Attributes:
        rule: id of the rule.
        status: `ok`, `no-knee` (the rule is not defined on this front) or `infeasible` (the front is empty).
        row: the chosen row of the front, or None.
        k: the chosen number of passes, or None.
        warnings: what the user has to know before betting on it, one sentence each.
    """

    rule: str
    status: str
    row: int | None
    k: int | None
    warnings: tuple[str, ...] = ()


def decide(front: Front, rule: Rule) -> Choice:
    """Apply a rule to a front."""
    if front.infeasibility is not None:
        return Choice(rule.id, "infeasible", None, None, (str(front.infeasibility),))
    row = rule.do(front.F)
    if row is None:
        return Choice(rule.id, "no-knee", None, None, (f"no knee: {_why_no_knee(front)}",))
    warnings: tuple[str, ...] = ()
    if rule.moves_with_k_max and front.reaches_k_max:
        warnings = (f"this knee moves with k_max: no budget ends the front at k = {front.k[-1]}",)
    return Choice(rule.id, "ok", row, int(front.k[row]), warnings)


def _why_no_knee(front: Front) -> str:
    if len(front) < 3:
        return f"the front has {len(front)} row{'s' if len(front) > 1 else ''}, and a knee needs three"
    return "the curvature is zero but for rounding"
