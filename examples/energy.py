"""Energy as a fourth objective: which k of each model, with joules in the budgets and without.

The catalog in energy.yaml names the sources of its numbers: one is measured, the others are for illustration.
"""

from pathlib import Path

import moo_inference as mi

RULES = ["accuracy-max", "max-cube", "knee-chord"]

catalog = mi.load_catalog(Path(__file__).with_name("energy.yaml"))
plain = catalog.without(["joules"])  # three objectives again, and no budget for energy
most = catalog.scenarios["support"].resources["joules"].max
print(f"Objectives: cost, time, {', '.join(catalog.resources)} and error; at most {most:,.0f} joules per query.")

study = mi.run_study(catalog, decisions=RULES, k_max=64)
before = mi.run_study(plain, decisions=RULES, k_max=64)
for cell, other in zip(study.cells, before.cells, strict=True):
    curve = study.model_curves[cell.model]
    joules = dict(zip(curve.k.tolist(), curve.resource("joules").mean.tolist(), strict=True))
    for choice, old in zip(cell.choices, other.choices, strict=True):
        if choice.k is None or old.k is None:
            print(f"{cell.model:10} {choice.rule:12} {choice.status}")
            continue
        change = "" if choice.k == old.k else f"; without energy k = {old.k}, {joules[old.k]:,.0f} joules"
        print(f"{cell.model:10} {choice.rule:12} k = {choice.k:2}, {joules[choice.k]:6,.0f} joules{change}")
