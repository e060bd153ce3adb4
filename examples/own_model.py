"""A model and a budget of one's own, varied, saved as a catalog and loaded again."""

import tempfile
from pathlib import Path

import moo_inference as mi

mine = mi.Model(
    name="My model",
    usd_per_million_input_tokens=0.30,
    usd_per_million_output_tokens=2.50,
    seconds_per_input_token=0.0001,
    seconds_per_output_token=0.004,
    input_tokens={"mean": 1800, "std": 400},
    output_tokens={"mean": 350, "std": 120},
    accuracy={"mean": 0.81, "std": 0.06},
    parallel=8,
)
catalog = mi.Catalog(
    models={"mine": mine, "mine-serial": mine.replace(name="My model, one pass at a time", parallel=1)},
    scenarios={"chat": mi.Scenario(name="Chat", c_max=0.02, t_max=6, a_min=0.88)},
)
with tempfile.TemporaryDirectory() as folder:
    mi.save_catalog(catalog, Path(folder) / "catalog.yaml")
    again = mi.load_catalog(Path(folder) / "catalog.yaml")

for choice in mi.run_study(again).choices.itertuples():
    if choice.status == "ok":
        print(f"{choice.model:12} {choice.decision:14} k = {choice.k:2}: ${choice.cost:.4f}, {choice.time:.2f} s")
    else:
        print(f"{choice.model:12} {choice.decision:14} {choice.status}")
