"""Draws the figures of real-attempts.md and prints the numbers that it quotes.

Attempts: Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0, as the built-in catalogs hold them.

Run: python tools/make_real_attempts.py [FOLDER]
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.estimators import ScalingCurve
from moo_inference.evaluation import equal_difficulty
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.formatting.amounts import usd

PAPER = ("gpt-5@high", "gpt-5-mini@high", "gpt-5-nano@high", "qwen3-max")
"""The models of the paper that are among the measured ones."""

K = range(1, 9)
SHOWN = 4
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"
CREDIT = "Attempts: Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0. GPQA Diamond, 198 questions x 8."

FloatArray = NDArray[np.float64]


def recorded_models(catalog: str) -> dict[str, RecordedModel]:
    """The models of a measured catalog that have k = 4, by id."""
    models = mi.load_catalog(catalog).models
    return {
        key: model
        for key, model in models.items()
        if isinstance(model, RecordedModel) and model.attempts.fewest >= SHOWN
    }


def passes(model: RecordedModel) -> list[int]:
    """The k of K that the attempts allow."""
    return [k for k in K if k <= model.attempts.fewest]


def independent_seconds(attempts: QuestionAttempts, k: list[int]) -> FloatArray:
    """(n_k,) expected seconds of the slowest of k attempts that are drawn from one pool, whatever the question."""
    ordered = np.sort(attempts.seconds)
    below = np.arange(len(ordered) + 1) / len(ordered)
    return np.array([float(ordered @ np.diff(below**each)) for each in k])


def recorded_seconds(attempts: QuestionAttempts, k: list[int]) -> FloatArray:
    """(n_k,) expected seconds of the slowest of k attempts at one question, all at the same time."""
    return np.asarray(attempts.expected_seconds(k, max(k)).mean(axis=0))


def wrong_over_right(attempts: QuestionAttempts) -> tuple[float, float]:
    """Mean USD of a right attempt, and of a wrong one."""
    right = attempts.worth == 1
    return float(attempts.cost[right].mean()), float(attempts.cost[~right].mean())


def between_questions(attempts: QuestionAttempts) -> float:
    """The share of the variance of log seconds that lies between questions, by one-way analysis of variance."""
    values = np.log(attempts.seconds)
    groups = len(attempts.n)
    means = np.bincount(attempts.place, weights=values) / attempts.n
    within = float(((values - means[attempts.place]) ** 2).sum() / (len(values) - groups))
    size = (len(values) - float((attempts.n.astype(float) ** 2).sum()) / len(values)) / (groups - 1)
    spread = float((attempts.n * (means - values.mean()) ** 2).sum() / (groups - 1))
    between = max(spread - within, 0.0) / size
    return between / (between + within)


def panels(title: str, y: str) -> tuple[plt.Figure, list[plt.Axes]]:
    """Four panels in a row, with the credit below."""
    figure, axes = plt.subplots(1, len(PAPER), figsize=(9.2, 2.9), layout="constrained")
    figure.suptitle(title, fontsize=10)
    figure.supxlabel(CREDIT, fontsize=7, color="0.35")
    axes[0].set_ylabel(y, fontsize=9)
    for ax in axes:
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    return figure, list(axes)


def draw_time(models: Mapping[str, RecordedModel], path: Path) -> None:
    """Expected seconds of k passes at the same time: recorded, and drawn independently."""
    figure, axes = panels("Expected time of k passes, all at the same time", "seconds per query")
    for ax, key in zip(axes, PAPER, strict=True):
        model, k = models[key], passes(models[key])
        ax.plot(k, independent_seconds(model.attempts, k), "--", color=ORANGE, label="drawn independently")
        ax.plot(k, recorded_seconds(model.attempts, k), ".-", color=BLUE, label="attempts at the same question")
        ax.set(ylim=(0, None), xticks=range(1, 9))
        ax.set_title(model.name, fontsize=9)
        ax.set_xlabel("passes k", fontsize=8)
    axes[0].legend(loc="lower right", fontsize=7, frameon=False, handlelength=1.4, borderaxespad=0.1)
    figure.savefig(path, dpi=150)


def draw_cost(models: Mapping[str, RecordedModel], path: Path) -> None:
    """Mean cost of right and of wrong attempts."""
    figure, axes = panels("Mean cost of an attempt, by whether its answer is right", "USD per attempt")
    for ax, key in zip(axes, PAPER, strict=True):
        amounts = wrong_over_right(models[key].attempts)
        bars = ax.bar(["right", "wrong"], amounts, color=[BLUE, ORANGE], width=0.6)
        ax.bar_label(bars, list(map(usd, amounts)), fontsize=8)
        ax.set_ylim(0, 1.15 * max(amounts))
        ax.set_title(f"{models[key].name}: {amounts[1] / amounts[0]:.1f} times", fontsize=9)
    figure.savefig(path, dpi=150)


def draw_accuracy(models: Mapping[str, RecordedModel], path: Path) -> None:
    """pass@k of the attempts, and what one mean accuracy makes of it."""
    figure, axes = panels("Best of k passes, as an oracle picks it", "accuracy")
    for ax, key in zip(axes, PAPER, strict=True):
        k = passes(models[key])
        curve = mi.Recorded().estimate(models[key], k)
        low, high = interval(curve)
        ax.plot(k, equal_difficulty(curve.accuracy.mean[0], k)[0], "--", color=ORANGE, label="1 - (1 - p)^k")
        ax.fill_between(k, low, high, color=BLUE, alpha=0.18, linewidth=0, label="95 % interval over questions")
        ax.plot(k, curve.accuracy.mean, ".-", color=BLUE, label="pass@k of the attempts")
        ax.set(ylim=(0.6, 1.01), xticks=range(1, 9))
        ax.set_title(models[key].name, fontsize=9)
        ax.set_xlabel("passes k", fontsize=8)
    axes[0].legend(loc="lower right", fontsize=7, frameon=False)
    figure.savefig(path, dpi=150)


def interval(curve: ScalingCurve) -> tuple[FloatArray, FloatArray]:
    """(n_k,) ends of the 95 % interval of the accuracy."""
    if curve.evidence is None:
        raise ValueError("an accuracy of recorded attempts must have evidence, got none")
    return curve.evidence.ci_low, curve.evidence.ci_high


def print_models(models: Mapping[str, RecordedModel]) -> None:
    """The numbers of the paper's own models at k = 4."""
    print(f"GPQA Diamond, k = {SHOWN}, all at the same time        recorded           independent   1 - (1 - p)^k")
    for key in PAPER:
        attempts = models[key].attempts
        curve = mi.Recorded().estimate(models[key], [1, SHOWN])
        low, high = interval(curve)
        claimed = float(equal_difficulty(curve.accuracy.mean[0], [SHOWN])[0][0])
        time, drawn = recorded_seconds(attempts, [SHOWN])[0], independent_seconds(attempts, [SHOWN])[0]
        accuracy = f"{curve.accuracy.mean[1]:.3f} ({low[1]:.3f} to {high[1]:.3f})"
        print(f"  {models[key].name:18} accuracy {accuracy:>30} {'':13} {claimed:15.3f}")
        print(f"  {'':18} time     {f'{time:.1f} s':>30} {f'{drawn:.1f} s':>13}  ({drawn / time - 1:+.0%})")
        right, wrong = wrong_over_right(attempts)
        print(f"  {'':18} a wrong attempt costs {wrong / right:.1f} times a right one")


def print_all(name: str, models: Mapping[str, RecordedModel]) -> None:
    """What holds across all settings of a catalog."""
    all_of = [model.attempts for model in models.values()]
    longer = [independent_seconds(one, [SHOWN])[0] / recorded_seconds(one, [SHOWN])[0] - 1 for one in all_of]
    ratio = [wrong / right for right, wrong in map(wrong_over_right, all_of)]
    claimed = []
    for one in all_of:
        first, best = (float(mean) for mean in one.expected_accuracy([1, SHOWN])[0].mean(axis=0))
        claimed.append(100 * (float(equal_difficulty(first, [SHOWN])[0][0]) - best))
    shares = [between_questions(one) for one in all_of]
    print(f"{name}, {len(models)} settings, k = {SHOWN}: median (least to most)")
    for what, values, form in (
        ("variance of log seconds that lies between questions", shares, ".0%"),
        ("independent draws make the time longer by", longer, ".0%"),
        ("a wrong attempt costs, times a right one", ratio, ".1f"),
        ("1 - (1 - p)^k is too high by, points", claimed, ".1f"),
    ):
        median, least, most = (f"{value:{form}}" for value in (np.median(values), min(values), max(values)))
        print(f"  {what:52} {median} ({least.replace('-0.0', '0.0')} to {most})")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    gpqa = recorded_models("gpqa-diamond")
    draw_time(gpqa, folder / "attempts_time.png")
    draw_cost(gpqa, folder / "attempts_cost.png")
    draw_accuracy(gpqa, folder / "attempts_accuracy.png")
    print_models(gpqa)
    print_all("GPQA Diamond", gpqa)
    print_all("OTIS Mock AIME", recorded_models("otis-mock-aime"))
