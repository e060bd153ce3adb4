"""What the same k looks like exactly, and as a simulation sees it."""

import moo_inference as mi

catalog = mi.load_catalog("paper")
model, scenario = catalog.models["gpt-5"], catalog.scenarios["essay-feedback"]

estimators = {
    "closed form": mi.ClosedForm(),
    "common draws": mi.MonteCarlo(trials=300, seed=42),
    "independent draws": mi.MonteCarlo(trials=300, seed=42, draws="independent"),
}
for name, estimator in estimators.items():
    curve = estimator.estimate(model, range(1, 24), scenarios=[scenario])
    front = mi.Front.from_curve(curve, scenario)
    table = front.to_frame().set_index("k")
    for k in (6, 22):
        row = table.loc[k]
        share = front.attainment[front.k.tolist().index(k)]
        print(
            f"{name:17} k = {k:2}: accuracy {row['accuracy']:.4f} +- {row['accuracy_se']:.4f}, "
            f"{row['time']:.3f} s +- {row['time_se']:.3f}, {share:.0%} of queries meet all budgets"
        )
    steps = (curve.accuracy.mean[1:] < curve.accuracy.mean[:-1]).sum()
    print(f"{name:17} accuracy falls at {steps} of 22 steps of k")
