"""Measured candidates as a table: those worth a look within the budgets, and the chosen one."""

from moo_inference.decision.choice import Choice
from moo_inference.formatting.amounts import seconds, usd
from moo_inference.formatting.table import Table
from moo_inference.pareto.front import Front
from moo_inference.readers import Candidates


def candidate_table(candidates: Candidates, front: Front, choice: Choice) -> Table:
    """The front, the cheapest first, with a mark at the choice.

    Args:
        candidates: all candidates.
        front: of these candidates.
        choice: of a row of the front.
    """
    timed = candidates.seconds_per_query is not None
    rows = [
        (
            choice.rule if row == choice.row else "",
            front.models[row],
            f"{1 - error:.4f}",
            usd(cost),
            seconds(time) if timed else "-",
        )
        for row, (cost, time, error) in enumerate(front.F.tolist())
    ]
    notes = () if timed else ("No times are known, and none decides.",)
    return Table(
        f"{len(rows):,} of {len(candidates):,} candidates are on the front within the budgets: {candidates.where}",
        ("", "candidate", "accuracy", "cost per query", "time per query"),
        tuple(rows),
        (why(front, choice), *(choice.warnings if rows else ()), *notes, *candidates.notes),
    )


def why(front: Front, choice: Choice) -> str:
    """Why this candidate, or why none: each is one configuration, so that there is no number of passes."""
    reason = choice.reason if front.infeasibility is None else str(front.infeasibility)
    return reason.replace("no k meets", "no candidate meets").replace(" with k = 1", "")
