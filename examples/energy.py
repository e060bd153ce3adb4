"""Energy as a fourth objective: which model and which k, with joules in the budgets and without.

The catalog beside this file says where its numbers come from: one is measured, the others are for illustration.
"""

from pathlib import Path

import moo_inference as mi
from moo_inference.studies.route import route

catalog = mi.load_catalog(Path(__file__).with_name("energy.yaml"))
plain = catalog.without(["joules"])  # three objectives again, and no budget for energy
scenario = catalog.scenarios["support"]
print(f"Objectives: cost, time, {', '.join(catalog.resources)}, error; at most {scenario.resources['joules'].max:,.0f} J.")

RULES = ["accuracy-max", "max-cube", "knee-chord"]
with_energy, without = (mi.run_study(each, decisions=RULES, k_max=64) for each in (catalog, plain))
curves = with_energy.model_curves
for (model, rule, k), before in zip(
    with_energy.choices[["model", "decision", "k"]].itertuples(index=False), without.choices["k"], strict=True
):
    joules = dict(zip(curves[model].k.tolist(), curves[model].resource("joules").mean.tolist(), strict=True))
    change = "the same" if k == before else f"k = {before} ({joules[before]:,.0f} J) if energy did not count"
    print(f"{model:10} {rule:12} k = {k:2}: {joules[k]:6,.0f} J; {change}")

for each, words in ((catalog, "with energy"), (plain, "without")):
    print(f"Across models, {words}: {route(each, 'support', 'max-cube', k_max=64).choice.reason}.")
