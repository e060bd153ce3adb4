"""How sure is the choice of a setting, from this evaluation? Its questions are resampled."""

import moo_inference as mi

catalog = mi.load_catalog("gpqa-diamond")
route = mi.route(catalog, "standard", "accuracy-max", k_max=8, assess=1000)
print(f"{route.choice.model}, k = {route.choice.k}")
if found := route.assessment:
    print(f"accuracy {found.accuracy:.3f}, corrected for having been chosen {found.accuracy_corrected:.3f}")
    print(f"from {found.questions} questions: the best choice with a probability of {found.pcs:.2f},")
    print(f"as good as the best with {found.pgs:.2f}, within all budgets with {found.feasible:.2f}")
    print(f"{len(found.confidence_set)} choices cannot be told apart, among them")
    for one in found.confidence_set[:4]:
        print(f"  {one.model} with k = {one.k}: best with a probability of {one.share:.2f}")
