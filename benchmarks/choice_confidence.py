"""Is what an assessment says of a choice true? On real attempts, with questions drawn as evaluations of some size.

The whole file is the truth: for each repetition some of its questions are drawn with replacement, and budgets at
random. A rule chooses from the sample and says how sure it is. Whether the choice is good and feasible, and how
accurate it is, is looked up in the whole file.

Run: python benchmarks/choice_confidence.py [REPETITIONS]
"""

import sys
from itertools import pairwise

import numpy as np

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.evaluation.question_attempts import QuestionAttempts

SIZES = (30, 50, 100)
RULES = ("accuracy-max", "cheapest", "knee-chord")
PASSES = (1, 2, 3, 4)
RESAMPLES = 200
BINS = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])


def drawn(model: RecordedModel, questions: np.ndarray) -> RecordedModel:
    """A model with the attempts at some questions, each as often as it is drawn."""
    own = model.attempts
    starts = np.concatenate([[0], np.cumsum(own.n)])
    rows = np.concatenate([np.arange(starts[place], starts[place + 1]) for place in questions])
    names = np.repeat([f"{number:04}" for number in range(len(questions))], own.n[questions])
    sample = QuestionAttempts.of(names, own.worth[rows], own.cost[rows], own.seconds[rows])
    return RecordedModel(
        **{name: getattr(model, name) for name in type(model).model_fields if name not in ("attempts", "entry")},
        attempts=sample,
    )


def budgets(rng: np.random.Generator, cost: np.ndarray, time: np.ndarray, accuracy: np.ndarray) -> mi.Scenario:
    """Budgets that some of all configurations meet."""
    return mi.Scenario(
        name="s",
        c_max=float(np.quantile(cost, rng.uniform(0.2, 0.95))),
        t_max=float(np.quantile(time, rng.uniform(0.4, 0.99))),
        a_min=float(np.quantile(accuracy, rng.uniform(0.05, 0.6))),
    )


def main(repetitions: int) -> None:
    """Print what was said and what was achieved."""
    rows = []
    for name in ("gpqa-diamond", "otis-mock-aime"):
        catalog = mi.load_catalog(name)
        models = {key: model for key, model in catalog.models.items() if model.attempts.fewest >= max(PASSES)}
        curves = {key: mi.Recorded().estimate(model, PASSES) for key, model in models.items()}
        F = np.concatenate([curve.F for curve in curves.values()])
        place = {(key, k): number for number, (key, k) in enumerate((key, k) for key in curves for k in PASSES)}
        rng = np.random.default_rng(1)
        for repeat in range(repetitions):
            size = SIZES[repeat % len(SIZES)]
            questions = rng.integers(0, min(len(model.attempts.n) for model in models.values()), size)
            scenario = budgets(rng, F[:, 0], F[:, 1], 1 - F[:, 2])
            sample = mi.Catalog(
                models={key: drawn(model, questions) for key, model in models.items()}, scenarios={"s": scenario}
            )
            whole = mi.Catalog(models=models, scenarios={"s": scenario})
            for rule in RULES:
                route = mi.route(sample, "s", rule, k_max=max(PASSES), assess=RESAMPLES, seed=repeat)
                best = mi.route(whole, "s", rule, k_max=max(PASSES)).choice
                found = route.assessment
                if route.choice.model is None or best.model is None or found is None or route.choice.k is None:
                    continue
                here, there = place[route.choice.model, route.choice.k], place[best.model, int(best.k or 0)]
                limits = np.array([scenario.c_max, scenario.t_max, 1 - (scenario.a_min or 0.0)])
                margins = np.array([found.delta[1], found.delta[2], found.delta[0]])
                good = bool((np.abs(F[here] - F[there]) <= margins).all())
                inside = any((one.model, one.k) == (best.model, best.k) for one in found.confidence_set)
                met = bool((F[here] <= limits * (1 + 1e-9)).all())
                more, corrected = (value - (1 - F[here, 2]) for value in (found.accuracy, found.accuracy_corrected))
                rows.append((size, found.pgs, good, found.feasible, met, more, corrected, inside))
    table = np.array(rows, dtype=float)
    for what, said, achieved in (("PGS", 1, 2), ("P(feasible)", 3, 4)):
        for low, high in pairwise(BINS):
            of_bin = table[(table[:, said] >= low) & ((table[:, said] < high) | (high == 1.0))]
            if len(of_bin):
                se = of_bin[:, achieved].std() / np.sqrt(len(of_bin))
                means = of_bin[:, said].mean(), of_bin[:, achieved].mean()
                print(
                    f"{what} in [{low:.2f}, {high:.2f}): {len(of_bin)} cases, said {means[0]:.3f}, achieved "
                    f"{means[1]:.3f} (standard error {se:.3f})"
                )
    for size in SIZES:
        own = table[table[:, 0] == size]
        print(
            f"{size} questions: accuracy overstated by {100 * own[:, 5].mean():+.2f} points, corrected by "
            f"{100 * own[:, 6].mean():+.2f}; the truly best is in the confidence set in {own[:, 7].mean():.3f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
