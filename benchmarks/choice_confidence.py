"""Is what an assessment says of a choice true? On real attempts, with questions drawn as evaluations of some size.

The whole file is the truth: for each repetition some of its questions are drawn with replacement, and budgets at
random. A rule chooses from the sample and says how sure it is. Whether the choice is good and feasible, and how
accurate it is, is looked up in the whole file.

Run: python benchmarks/choice_confidence.py [REPETITIONS [FIGURE]]
"""

import sys
from itertools import pairwise

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.decision import make_rule
from moo_inference.decision.many import choices_of
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.pareto.budgets import constraints, values_of
from moo_inference.studies.confidence import AssessmentSettings, assess_choices

SIZES = (30, 50, 100)
RULES = ("accuracy-max", "cheapest", "knee-chord")
PASSES = (1, 2, 3, 4)
RESAMPLES = 500
CREDIT = "Attempts: Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0."
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


def cases(repetitions: int) -> np.ndarray:
    """(n, 8) of each choice: questions, PGS said and whether it is good, P(feasible) said and whether it is feasible.

    Then by how much its accuracy is overstated as estimated and as corrected, and whether the truly best is in the
    confidence set. Where nothing is feasible in truth there is no best, and so NaN.
    """
    rows = []
    for name in ("gpqa-diamond", "otis-mock-aime"):
        catalog = mi.load_catalog(name)
        models = {key: model for key, model in catalog.models.items() if model.attempts.fewest >= max(PASSES)}
        whole = np.concatenate([mi.Recorded().estimate(model, PASSES).F for model in models.values()])
        places = [(key, k) for key in models for k in PASSES]
        rng = np.random.default_rng(1)
        for repeat in range(repetitions):
            size = SIZES[repeat % len(SIZES)]
            questions = rng.integers(0, min(len(model.attempts.n) for model in models.values()), size)
            scenario = budgets(rng, whole[:, 0], whole[:, 1], 1 - whole[:, 2])
            sample = {key: drawn(model, questions) for key, model in models.items()}
            curves = {key: mi.Recorded().estimate(model, PASSES, scenarios=[scenario]) for key, model in sample.items()}
            met = constraints(values_of(whole), scenario) <= 0
            rules = [make_rule(rule).scaled_by(scenario) for rule in RULES]
            conditions, settings = Conditions(k_max=max(PASSES)), AssessmentSettings(RESAMPLES, seed=repeat)
            found = assess_choices(sample, curves, scenario, rules, conditions, settings)
            best = choices_of(rules, whole[None], met.all(axis=1)[None])[:, 0]
            for own, there in zip(found, best.tolist(), strict=True):
                if own.model is None or own.k is None:
                    continue
                here = places.index((own.model, own.k))
                margins = np.array([own.delta[1], own.delta[2], own.delta[0]])
                good, inside = np.nan, np.nan
                if there >= 0:
                    good = (np.abs(whole[here] - whole[there]) <= margins).all()
                    inside = places[there] in [(one.model, one.k) for one in own.confidence_set]
                more, corrected = (value - (1 - whole[here, 2]) for value in (own.accuracy, own.accuracy_corrected))
                feasible = met[here].all()
                rows.append((size, own.pgs, good, own.feasible, feasible, more, corrected, inside))
    return np.array(rows, dtype=float)


def binned(said: np.ndarray, achieved: np.ndarray) -> list[tuple[int, float, float, float]]:
    """How many cases, what was said and achieved on average, and the standard error of that, in each bin."""
    known = ~np.isnan(achieved)
    said, achieved = said[known], achieved[known]
    found = []
    for low, high in pairwise(BINS):
        own = (said >= low) & ((said < high) | (high == 1.0))
        if own.any():
            error = achieved[own].std() / np.sqrt(own.sum())
            found.append((int(own.sum()), float(said[own].mean()), float(achieved[own].mean()), float(error)))
    return found


def draw(table: np.ndarray, path: str) -> None:
    """What was said against what was achieved, as a figure."""
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 3.9), sharey=True, layout="constrained")
    titles = ("PGS: as good as the best choice", "P(feasible): within all budgets")
    for ax, title, said, achieved in zip(axes, titles, (1, 3), (2, 4), strict=True):
        bins = binned(table[:, said], table[:, achieved])
        ax.plot([0, 1], [0, 1], color="#777777", linewidth=1, linestyle="--")
        x, y, error = ([own[place] for own in bins] for place in (1, 2, 3))
        ax.errorbar(x, y, yerr=2 * np.array(error), fmt="o", color="#0072B2", capsize=3)
        for own in bins:
            ax.annotate(f"{own[0]:,}", own[1:3], xytext=(7, -11), textcoords="offset points", fontsize=8)
        ax.set(xlim=(0, 1.12), ylim=(0, 1.04), title=title, xlabel="probability that was said")
    axes[0].set_ylabel("share in which it was so")
    figure.text(
        0.01, -0.05, f"{len(table):,} choices; bars: two standard errors. {CREDIT}", fontsize=7, color="#555555"
    )
    figure.savefig(path, bbox_inches="tight", dpi=150, metadata={"Software": None})


def main(repetitions: int, figure: str | None = None) -> None:
    """Print what was said and what was achieved."""
    table = cases(repetitions)
    print(f"{len(table):,} choices")
    for what, said, achieved in (("PGS", 1, 2), ("P(feasible)", 3, 4)):
        for count, mean, share, error in binned(table[:, said], table[:, achieved]):
            print(f"{what}: {count:4} cases, said {mean:.3f}, achieved {share:.3f} (standard error {error:.3f})")
    print(f"the sample taken for the truth: said 1.000 feasible, achieved {table[:, 4].mean():.3f}")
    for size in (*SIZES, None):
        own = table if size is None else table[table[:, 0] == size]
        as_estimated, corrected = 100 * own[:, 5:7].mean(axis=0)
        print(
            f"{'all' if size is None else size} questions: accuracy overstated by {as_estimated:+.2f} points, "
            f"corrected by {corrected:+.2f}; the truly best is in the confidence set in {np.nanmean(own[:, 7]):.3f}"
        )
    if figure:
        draw(table, figure)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 180, sys.argv[2] if len(sys.argv) > 2 else None)
