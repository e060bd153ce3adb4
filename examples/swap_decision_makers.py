"""Eight decision makers on one front: the paper's, the recommended knee, and pymoo's."""

import moo_inference as mi
from moo_inference.decision import PseudoWeights, Tchebycheff, decide

catalog = mi.load_catalog("paper")
scenario = catalog.scenarios["proposal-writing"]
curve = mi.MonteCarlo().estimate(catalog.models["qwen3-30b-a3b"], range(1, 129))
front = mi.Front.from_curve(curve, scenario)

rules = [
    "accuracy-max",
    "max-cube",
    "utopia-closest",
    "knee-point",
    "knee-chord",
    "high-tradeoff",
    PseudoWeights([1, 1, 2]),  # accuracy counts twice
    Tchebycheff([1, 1, 10]),
]
for rule in rules:
    choice = decide(front, rule)
    print(choice.reason)
    for warning in choice.warnings:
        print(f"    but {warning}")
