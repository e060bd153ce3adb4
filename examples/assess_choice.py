"""How sure is the choice of a setting, from this evaluation? Its questions are resampled."""

import moo_inference as mi

catalog = mi.load_catalog("gpqa-diamond")
route = mi.route(catalog, "standard", "accuracy-max", k_max=8, assess=1000)
print(f"{route.choice.model}, k = {route.choice.k}")
if found := route.assessment:
    print(f"accuracy {found.accuracy:.3f}, corrected for having been chosen {found.accuracy_corrected:.3f}")
    print(f"of {found.resamples:,} resamples of {found.questions} questions, {found.pcs:.0%} choose it")
    print(f"{found.pgs:.0%} choose one as good; it meets all budgets with a probability of {found.feasible:.2f}")
    for one in found.confidence_set:
        print(f"  {one.model} with k = {one.k}: {one.share:.0%}")
