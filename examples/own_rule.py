"""A decision rule of one's own: the cheapest row within half a point of the best accuracy."""

import numpy as np

import moo_inference as mi
from moo_inference.decision import Rule, decide


def cheap_enough(F):
    """Any callable from F (cost, time, error; all minimised) to a row will do."""
    good = np.flatnonzero(F[:, 2] <= F[:, 2].min() + 0.005)
    return int(good[F[good, 0].argmin()])


class HalfBudget(Rule):
    """A class gives a score for each row, and is scaled by each scenario's budgets."""

    id = "half-budget"
    score_name = "distance from half of both budgets"

    def score(self, N):
        """How far cost and time are from half of what is allowed."""
        return np.hypot(N[:, 0] - 0.5, N[:, 1] - 0.5)


catalog = mi.load_catalog("paper")
curve = mi.MonteCarlo().estimate(catalog.models["gpt-5"], range(1, 129))
front = mi.Front.from_curve(curve, catalog.scenarios["medical-ai"])
for rule in (cheap_enough, HalfBudget()):
    print(decide(front, rule).reason)

study = mi.run_study(catalog, models=["gpt-5", "gpt-5-nano"], decisions=[cheap_enough, HalfBudget()])
print(study.choices[["scenario", "model", "decision", "k"]].to_string(index=False))
