"""How sure a choice is, against the matrix product that every resampling of questions needs.

Run: python benchmarks/confidence.py
"""

from functools import partial

import numpy as np
from recorded_attempts import SCENARIOS, models
from report import show
from timing import Figure, compare, take_turns

import moo_inference as mi
from moo_inference.decision import make_rule
from moo_inference.estimators.conditions import Conditions
from moo_inference.studies.confidence import AssessmentSettings, assess_choices

RULES = ("accuracy-max", "cheapest", "fastest", "max-cube", "utopia-closest", "knee-chord", "knee-point")

WHY = (
    "How sure: the product takes from 2 to 8 ms from one run to the next on an Intel Xeon, and the ratio follows "
    "it: 23 to 40 for one rule, 36 to 109 for seven. Of the time of one rule the products themselves are an "
    "eighth, and drawing the posterior (studies/posterior.py) three fifths."
)


def figures(quick: bool = False) -> list[Figure]:
    """As many settings and questions as a leaderboard has, by one rule and by all."""
    settings, questions, resamples = (3, 40, 50) if quick else (21, 198, 1000)
    k = range(1, 6)
    own = {model.name: model for model in models(settings, questions, 8)}
    scenario = SCENARIOS[1]
    found = mi.Recorded().estimate_many(list(own.values()), k, scenarios=[scenario])
    curves = dict(zip(own, found, strict=True))
    rng = np.random.default_rng(0)
    weights, values = rng.random((resamples, questions)), rng.random((questions, 3 * len(own) * len(k)))
    product = f"one matrix product, {resamples:,} x {questions} x {values.shape[1]}"
    shown = []
    for names in (RULES[:1], RULES):
        rules = [make_rule(rule).scaled_by(scenario) for rule in names]
        assess = partial(
            assess_choices, own, curves, scenario, rules, Conditions(k_max=max(k)), AssessmentSettings(resamples)
        )
        words = f"How sure {len(rules)} rule{'s are' if len(rules) > 1 else ' is'}, {resamples:,} resamples, "
        ours = f"{words}{len(own) * len(k)} candidates, {questions} questions"
        taken = take_turns({ours: assess, product: lambda: weights @ values}, 1 if quick else 7)
        shown.append(compare(ours, taken, ours, product, product, target=20.0, why=WHY))
    return shown


if __name__ == "__main__":
    show(figures)
