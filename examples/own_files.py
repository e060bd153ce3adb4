"""From a price list, a token trace, a serving benchmark and an evaluation to a decision.

Each file is real, but they are of different models: the way is shown here, and no model recommended.
"""

from pathlib import Path

import moo_inference as mi
from moo_inference.catalog import Scenario
from moo_inference.fitting import Given, fit_model
from moo_inference.readers import read_as
from moo_inference.studies.paired_accuracy import accuracy_differences

DATA = Path(__file__).parent.parent / "tests" / "data"
SYSTEMS = {
    "large": ("gpt-4o", "gpt-4-1106-preview"),
    "small": ("gpt-4o-mini", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
}

prices = read_as(DATA / "litellm_model_prices_excerpt.json", "prices")
lengths = read_as(DATA / "azure_llm_code_2500.csv", "lengths")
[serving] = read_as(DATA / "inference_perf_stage_0.json", "serving")
models = {}
for name, (key, system) in SYSTEMS.items():
    answers = read_as(DATA / "routellm_gsm8k_correctness.csv", "outcomes", correct=system)
    fit = fit_model(
        name, price=prices.price(key), lengths=lengths, serving=serving, outcomes=answers, given=Given(parallel=4)
    )
    models[name] = fit.model

strict = Scenario(name="Grading", c_max=0.02, t_max=5, a_min=0.8, t_quantile=0.95)
catalog = mi.Catalog(models=models, scenarios={"strict": strict, "loose": strict.replace(a_min=0.5)})
study = mi.run_study(catalog, decisions=["accuracy-max"])
for cell in study.cells:
    print(f"{cell.scenario}, {cell.model}: {cell.choices[0].reason}")

for row in accuracy_differences(study).to_dict(orient="records"):
    print(
        f"On the {row['questions']:,} questions of both, {row['model']} is more accurate than {row['other_model']} by "
        f"{row['difference']:.3f} ({row['difference_ci_low']:.3f} to {row['difference_ci_high']:.3f})."
    )
