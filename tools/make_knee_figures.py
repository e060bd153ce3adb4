"""Draws the figures of knee.md and prints the numbers that it quotes.

Run: python tools/make_knee_figures.py [FOLDER]
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import moo_inference as mi
from moo_inference.decision import KneePoint
from moo_inference.decision.knee_point import chord_distance, curvature
from moo_inference.studies.assessment import assess_many

CATALOG = mi.load_catalog("paper")
NANO, ESSAY = CATALOG.models["gpt-5-nano"], CATALOG.scenarios["essay-feedback"]
VARIANTS = {"published": "knee-published", "equation": "knee-point (Eq. 18)", "chord": "knee-chord"}
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
SEEDS = 60


def knees_over_seeds() -> dict[str, list[int]]:
    """The k that each variant chooses with each of the seeds: GPT-5 Nano, essay feedback, the paper's settings."""
    found: dict[str, list[int]] = {variant: [] for variant in VARIANTS}
    for seed in range(SEEDS):
        curve = mi.MonteCarlo(trials=300, seed=1000 * seed, draws="independent").estimate(NANO, range(4, 129, 4))
        front = mi.Front.from_curve(curve, ESSAY)
        for variant in VARIANTS:
            row = KneePoint.for_scenario(ESSAY, variant=variant).do(front.F)
            if row is not None:
                found[variant].append(int(front.k[row]))
    return found


def draw_seeds(found: dict[str, list[int]], path: Path) -> None:
    """One strip a variant: the chosen k of every seed."""
    figure, axes = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    for height, (variant, color) in enumerate(zip(VARIANTS, (ORANGE, BLUE, GREEN), strict=True)):
        k, counts = np.unique(found[variant], return_counts=True)
        axes.scatter(k, np.full(len(k), height), s=12 * counts, color=color, alpha=0.75, linewidths=0)
        axes.text(112, height, f"{len(k)} different k", va="center", ha="left", fontsize=8)
    axes.set_yticks(range(3), VARIANTS.values())
    axes.set_ylim(-0.6, 2.6)
    axes.set_xlim(0, 140)
    axes.set_xticks(range(0, 109, 12))
    axes.set_xlabel(f"chosen k over {SEEDS} seeds (area: how often)")
    figure.savefig(path, dpi=150)


def draw_variants(path: Path) -> None:
    """What each variant evaluates on the same front, on exact and on Monte Carlo curves."""
    figure, rows = plt.subplots(3, 2, figsize=(6.8, 5.2), sharex=True, layout="constrained")
    estimators = {
        "exact curve": mi.ClosedForm(),
        "300 independent trials, seed 42": mi.MonteCarlo(draws="independent"),
    }
    for column, (name, estimator) in enumerate(estimators.items()):
        front = mi.Front.from_curve(estimator.estimate(NANO, range(4, 129, 4)), ESSAY)
        N = front.F / [ESSAY.c_max, ESSAY.t_max, 1]
        lines = (
            ("published", curvature(N, cost_and_time_only=True), ORANGE),
            ("equation", curvature(N), BLUE),
            ("chord", chord_distance(N), GREEN),
        )
        for row, (variant, values, color) in enumerate(lines):
            axes = rows[row, column]
            inner = values if variant == "chord" else values[1:-1]
            axes.plot(front.k if variant == "chord" else front.k[1:-1], inner, ".-", color=color, linewidth=1)
            chosen = KneePoint.for_scenario(ESSAY, variant=variant).do(front.F)
            if chosen is None:
                axes.text(0.5, 0.7, "no knee", transform=axes.transAxes, ha="center", color="0.4")
                axes.set_ylim(-1, 1)
            else:
                axes.axvline(front.k[chosen], color="0.5", linewidth=0.8, linestyle="--")
                axes.text(0.97, 0.85, f"k = {front.k[chosen]}", transform=axes.transAxes, ha="right", fontsize=8)
            if column == 0:
                axes.set_ylabel(
                    f"{VARIANTS[variant]}\n" + ("distance" if variant == "chord" else "curvature"), fontsize=8
                )
        rows[0, column].set_title(name, fontsize=9)
        rows[2, column].set_xlabel("k")
    figure.savefig(path, dpi=150)


def print_numbers(found: dict[str, list[int]]) -> None:
    """The numbers that the page quotes."""
    print(f"distinct k over {SEEDS} seeds: " + ", ".join(f"{VARIANTS[v]} {len(set(k))}" for v, k in found.items()))
    rules = ["knee-published", "knee-point", "knee-chord"]
    seen = assess_many(
        {"gpt-5-nano": NANO}, {"essay-feedback": ESSAY}, rules, mi.MonteCarlo(draws="independent"), k_step=4
    )
    print("200 replications of 300 independent trials, k = 4, 8, ..., 128:")
    for (_, _, rule), a in seen.items():
        distinct = len([k for k in a.selection_frequency if k is not None])
        lost = f"{100 * a.eoc_accuracy:.2f} points, ${a.eoc_usd:.5f}, {a.eoc_seconds:.2f} s"
        lost = "not defined, there is no exact choice" if a.exact_k is None else lost
        measures = f"{distinct:2} distinct k, PCS {a.pcs:.0%}, PGS {a.pgs:.0%}, EOC {lost}"
        print(f"  {rule:15} exact k {a.exact_k!s:>4}: {measures}")
    study = mi.run_study(CATALOG, decisions=["accuracy-max", "knee-chord"], k_step=4)
    wide = study.choices.set_index(["scenario", "model", "decision"])[["cost", "time", "accuracy"]].unstack("decision")
    for what in ("cost", "time"):
        saving = 1 - wide[what]["knee-chord"] / wide[what]["accuracy-max"]
        print(f"knee-chord on exact curves against accuracy-max: {saving.mean():.0%} less {what} on average")
    lost = wide["accuracy"]["accuracy-max"] - wide["accuracy"]["knee-chord"]
    print(f"accuracy lost: {lost.mean():.1%} on average, {lost.max():.1%} at most")
    medical = CATALOG.scenarios["medical-ai"]
    moved = []
    for k_max in (128, 256, 512, 1024):
        front = mi.Front.from_curve(mi.ClosedForm().estimate(NANO, range(4, k_max + 1, 4)), medical)
        moved.append(f"{front.k[KneePoint('chord').do(front.F)]} for k_max = {k_max}")
    print("GPT-5 Nano, medical-ai, knee-chord: " + ", ".join(moved))


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    over_seeds = knees_over_seeds()
    draw_seeds(over_seeds, folder / "knee_seeds.png")
    draw_variants(folder / "knee_variants.png")
    print_numbers(over_seeds)
