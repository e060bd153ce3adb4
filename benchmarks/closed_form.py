"""Formulas against simulation: nine models, k = 1 ... 128.

Run: python benchmarks/closed_form.py
"""

import numpy as np
from report import show
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.max_of_k import legendre

CATALOG = mi.load_catalog("paper")
MODELS = list(CATALOG.models.values())
KS = range(1, 129)

WHY = (
    "Closed form, latency ideal: in turn on an Intel Xeon, the version of 2026-11-26 (c18f6be) takes 3.0 and 3.3 "
    "ms, and that of 2026-11-28 3.8 and 4.3: lengths may be clipped, gamma or lognormal since, and each total is "
    "asked which they are."
)
WHY_OF_TAILS = (
    "Closed form with tails: from 9.5 to 10.6 in four runs on an Intel Xeon, so that it is as large as the target."
)


def estimated_by(estimator: mi.ClosedForm | mi.MonteCarlo, latency: str = "ideal") -> Work:
    """All curves."""
    return lambda: estimator.estimate_many(MODELS, KS, latency=latency)


def wide_models(spread_in: float, spread_out: float) -> list[mi.Model]:
    """The nine models, each query with one prompt, and lengths that vary by so much of their means."""
    return [
        model.replace(
            prompt="per-query",
            input_tokens={"mean": model.input_tokens.mean, "std": spread_in * model.input_tokens.mean},
            output_tokens={"mean": model.output_tokens.mean, "std": spread_out * model.output_tokens.mean},
        )
        for model in MODELS
    ]


def tails_of(models: list[mi.Model]) -> Work:
    """All curves in waves, with budgets for the 95th percentiles and the share of queries within both."""
    scenario = mi.Scenario(name="Tails", c_max=1.0, t_max=100.0, a_min=0.5, c_quantile=0.95, t_quantile=0.95)
    return lambda: mi.ClosedForm().estimate_many(models, KS, latency="waves", scenarios=[scenario])


def exponentials() -> Work:
    """Phi^k at every node of the quadrature between the accuracies 0 and 1, which all models share."""
    nodes = len(legendre()[0]) * int(np.ceil(2 * 19.0))  # panels of half a standard deviation from -9 to 10
    logarithms = np.outer(np.arange(1.0, 129.0), np.linspace(-40.0, 0.0, nodes))
    return lambda: np.exp(logarithms)


def draw_and_sort() -> None:
    """What common draws cannot do without: three normals per pass and trial, and two sums of each model in order."""
    z = np.random.default_rng(42).standard_normal((len(KS), 3, 300))
    for _ in MODELS:
        np.sort(z[:, :2], axis=2)


def figures(quick: bool = False) -> list[Figure]:
    """Both latency rules against both ways to draw."""
    repetitions = 2 if quick else 9
    limit = "the exponentials of its quadrature"
    independent, common = "Monte Carlo, 300 independent draws for each k", "Monte Carlo, 300 common draws"
    found = []
    for latency, target in (("ideal", 1 / 50), ("waves", 1 / 8)):
        ours = f"Closed form, nine models, k to 128, latency {latency}"
        taken = take_turns(
            {
                ours: estimated_by(ClosedForm(), latency),
                independent: estimated_by(mi.MonteCarlo(draws="independent")),
                common: estimated_by(mi.MonteCarlo(), latency),
                limit: exponentials(),
            },
            repetitions,
        )
        found.append(compare(ours, taken, ours, independent, limit, target=target, why=WHY))
        found.append(compare(ours, taken, ours, common, limit))
    narrow = "lengths that vary by 6 % of their means"
    for realistic, spreads in (
        ("by 30 and 35 %", (0.3, 0.35)),
        ("as much as their means", (1.0, 1.0)),
    ):
        ours = f"Closed form with tails in waves, nine models, k to 128, lengths that vary {realistic}"
        taken = take_turns(
            {ours: tails_of(wide_models(*spreads)), narrow: tails_of(wide_models(0.06, 0.06)), limit: exponentials()},
            repetitions,
        )
        found.append(compare(ours, taken, ours, narrow, limit, target=10.0, why=WHY_OF_TAILS))
    normals = "drawing the normals, and sorting cost and time of each model for the percentiles"
    draws = take_turns(
        {
            common: estimated_by(mi.MonteCarlo()),
            independent: estimated_by(mi.MonteCarlo(draws="independent")),
            normals: draw_and_sort,
        },
        repetitions,
    )
    found.append(compare(f"{common}, nine models, k to 128", draws, common, independent, normals))
    return found


if __name__ == "__main__":
    show(figures)
