"""Solvers compared where search is pointless, and drawn: what they miss over what they looked at."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import moo_inference as mi
from moo_inference.problems import InferenceScalingProblem
from moo_inference.studies.comparison import compare_solvers

catalog = mi.load_catalog("paper")
problem = InferenceScalingProblem(catalog.models["nemotron-h-47b"], catalog.scenarios["essay-feedback"])

comparison = compare_solvers(problem, seeds=range(5))
share = comparison.settings["share_of_grid"]
print(f"every run has 0.99 of the exact hypervolume after {share:.0%} of the grid")
shown = comparison.summary[["solver", "found_median", "hypervolume_min", "distinct_median"]]
print(shown.round(4).to_string(index=False))

figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
searches = ["nsga2", "nsga3", "u-nsga3", "sms-emoa", "spea2"]
budgets = range(32, 129, 32)
for solver, marker in zip(searches, "^oDvP", strict=True):
    worst = [compare_solvers(problem, [solver], range(5), evaluations=b).runs["found"].min() for b in budgets]
    axes.plot([b / 128 for b in budgets], worst, marker=marker, markersize=4, linewidth=1, label=solver)
axes.plot(1, 1, "*", color="black", markersize=11, label="exhaustive")
axes.set_xlabel("share of the grid looked at")
axes.set_ylabel("share of the front found\n(worst of five seeds)")
axes.set_ylim(0, 1.05)
axes.legend(fontsize=8)
figure.savefig("compare_solvers.png", dpi=150)
print("drawn: compare_solvers.png")
