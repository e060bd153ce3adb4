"""From recorded attempts to a decision, and what independent passes would have given.

The attempts are real: GPQA Diamond, from Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0; an excerpt
of 60 questions with 8 attempts each. Prices are those of the built-in catalog.
"""

from pathlib import Path

from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch

FILE = Path(__file__).parent.parent / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
PRICED_AS = {
    "openai/gpt-5-2025-08-07@high": "gpt-5",
    "openai/gpt-5-mini-2025-08-07@high": "gpt-5-mini",
    "openai/gpt-5-nano-2025-08-07@high": "gpt-5-nano",
}

attempts = mi.read_attempts(FILE, columns={"answer": "answer_group"})
print(f"{len(attempts):,} attempts; missing: {attempts.gaps or 'nothing'}")
paper = mi.load_catalog()
scenario = mi.Scenario(name="Exam", c_max=0.25, t_max=400, a_min=0.85)
for name, entry in PRICED_AS.items():
    price = paper.models[entry]
    model = attempts.model(
        name,
        usd_per_million_input_tokens=price.usd_per_million_input_tokens,
        usd_per_million_output_tokens=price.usd_per_million_output_tokens,
        parallel=8,
    )
    curve = mi.Recorded().estimate(model, [4], scenarios=[scenario])
    drawn = mi.Empirical().estimate(model, [4], scenarios=[scenario])
    accuracy, time = curve.accuracy.mean[0], curve.time.mean[0]
    print(
        f"{name}, 4 passes: right {accuracy:.3f} ({curve.evidence.ci_low[0]:.3f} to "
        f"{curve.evidence.ci_high[0]:.3f}), {time:.0f} s (independent passes: {drawn.time.mean[0]:.0f} s), "
        f"within all budgets and right {curve.views[scenario].attainment[0]:.0%}"
    )
    problem = InferenceScalingProblem(model, scenario, estimator=mi.Recorded(), k_max=model.k_limit)
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    print("  " + decide(front, "accuracy-max").reason)
