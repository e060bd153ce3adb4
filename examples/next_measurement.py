"""Which settings to measure further for 80 dollars, and how sure the choice is then expected to be."""

import moo_inference as mi

catalog = mi.load_catalog("gpqa-diamond")
plan = mi.next_measurement(catalog, "standard", "accuracy-max", spend=80.0, k_max=8)
now = plan.assessment
print(f"now: {now.model}, k = {now.k}, PGS {plan.pgs:.2f}; expected then: {plan.expected_pgs:.2f}")
for own in plan.purchases[:4]:
    print(f"  {own.model}: {own.questions} questions with {own.attempts} attempts each, ${own.usd:.2f}")
print(f"  and {len(plan.purchases) - 4} more settings; ${plan.usd:.2f} in all")
