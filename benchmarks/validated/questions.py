"""From some of the questions, what the others show: how often the stated 95 % intervals hold.

Two ways. Evaluations of some size are drawn with replacement from all questions of a file, whose mean is the truth of
them: a 95 % interval is to hold it in 95 % of them. And the questions are cut in half: the mean of the other half
varies as much as that of the first, so that an interval which holds 95 % of the truths holds that mean in 83 % of the
cuts (its half-width is 1.96 standard errors, and the difference of the two has the square root of 2 of one).
"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import choice_confidence
import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.evaluation import QuestionMean, mean_interval, pass_at_k
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.skewed_mean import skewed_mean
from validated.counts import Counts, evalperf, gsm8k
from validated.halves import AT_ONCE, CATALOGS, settings
from validated.lines import Bar, Line, mean, percent, points

PART = "questions"
FloatArray = NDArray[np.float64]
Ends = tuple[FloatArray, FloatArray]

K = 4
SIZES = {"gpqa-diamond": (20, 50, 99), "otis-mock-aime": (20, 45)}
OF_GSM8K, OF_EVALPERF = (20, 50, 200), (20, 50)
USUAL = "mean ± 1.96 standard errors"
BAR = Bar("holds", least=93, most=97)

Z = NormalDist().inv_cdf(0.975)
OTHER_HALF = 100 * (2 * NormalDist().cdf(Z / 2**0.5) - 1)
"""The share of other halves that an interval which holds 95 % of the truths holds, in percent."""


def tables(attempts: QuestionAttempts) -> dict[str, FloatArray]:
    """(m,) of each quantity of one setting, by question: what k passes come to there."""
    accuracy = attempts.expected_accuracy([1, K])[0]
    return {
        "accuracy": accuracy[:, 0],
        f"pass@{K}": accuracy[:, 1],
        "dollars": attempts.expected_cost([K])[:, 0],
        "seconds": attempts.expected_seconds([K], AT_ONCE)[:, 0],
    }


def stated(values: FloatArray, name: str) -> Ends:
    """The 95 % intervals of the means of (n, r) values of r evaluations, as `Recorded` states them."""
    if name in ("dollars", "seconds"):
        over = skewed_mean(values)
        return over.low, over.high
    return mean_interval(QuestionMean.of(values, 1 - values))


def usual(values: FloatArray) -> Ends:
    """The mean +- 1.96 standard errors."""
    mean, se = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return mean - Z * se, mean + Z * se


def held(ends: tuple[Any, Any], truth: Any) -> FloatArray:
    """Of each interval whether it holds the truth; one that is unknown holds nothing."""
    low, high = ends
    return np.asarray((low <= truth) & (truth <= high), dtype=float)


def drawn(values: FloatArray, size: int, repeats: int, rng: np.random.Generator) -> FloatArray:
    """(size, repeats) values of evaluations of some questions, drawn with replacement from all."""
    return values[rng.integers(0, len(values), (size, repeats))]


def coverage(
    columns: Mapping[str, Mapping[str, FloatArray]], size: int, repeats: int, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Of each quantity the share of intervals that hold the truth, in percent: ours and the usual one.

    Args:
        columns: of each model its values by quantity.
        size: questions of each evaluation.
        repeats: evaluations of each model.
        rng: draws them.
    """
    found: dict[str, list[list[float]]] = {}
    for own in columns.values():
        for name, values in own.items():
            sample, truth = drawn(values, size, repeats, rng), values.mean()
            shares = [100 * float(held(ends, truth).mean()) for ends in (stated(sample, name), usual(sample))]
            found.setdefault(name, []).append(shares)
    return {name: (float(np.mean(ours)), float(np.mean(other))) for name, (ours, other) in _columns(found)}


def _columns(found: Mapping[str, list[list[float]]]) -> list[tuple[str, Any]]:
    return [(name, zip(*shares, strict=True)) for name, shares in found.items()]


def other_half(values: FloatArray, name: str, cuts: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Of each cut the mean of one half and of the other, (2, cuts), and whether the first one's interval holds it."""
    order = np.argsort(rng.random((len(values), cuts)), axis=0)
    half = len(values) // 2
    one, other = values[order[:half]], values[order[half : 2 * half]]
    means = np.stack([one.mean(axis=0), other.mean(axis=0)])
    return means, held(stated(one, name), means[1])


def lines(repeats: int, most: int | None = None) -> list[Line]:
    """The lines of all data sets.

    Args:
        repeats: evaluations that are drawn of each setting.
        most: settings or models of each data set; None: all.
    """
    made: list[Line] = []
    rng = np.random.default_rng(2)
    for title, columns, sizes in data_sets(most):
        by_size = [coverage(columns, size, repeats, rng) for size in sizes]
        for name in by_size[0]:
            ours, other = (tuple(found[name][place] for found in by_size) for place in (0, 1))
            what = drawn_words(name, sizes)
            count = repeats * len(columns) * len(sizes)
            made.append(Line(PART, title, what, count, holds=ours, others={USUAL: other}, bar=BAR))
    made += _tails(max(2, repeats // 16), most)
    for catalog, title in CATALOGS.items():
        for name, lines_of in cuts(catalog, repeats, most).items():
            error = percent if name in ("dollars", "seconds") else points
            unit = "%" if error is percent else "points"
            means, inside = lines_of
            what = f"{WORDS[name]} of the other half of the questions (a right interval holds {OTHER_HALF:.0f} %)"
            errors = error(means[0], means[1])
            made.append(Line(PART, title, what, len(inside), errors, unit, (100 * mean(inside),)))
    return made


def tail_coverage(models: Sequence[RecordedModel], size: int, repeats: int, rng: np.random.Generator) -> FloatArray:
    """(r,) whether the stated interval of a p95 of time over queries of 4 passes holds that of all questions.

    Args:
        models: the models.
        size: questions of each evaluation.
        repeats: evaluations of each model.
        rng: draws them.
    """
    scenario = mi.Scenario(name="p95", c_max=None, t_max=1e6, a_min=None, t_quantile=0.95)
    found = []
    for model in models:
        truth = mi.Recorded().estimate(model, [K], scenarios=[scenario]).views[scenario].values[0, 1]
        for _ in range(repeats):
            sample = choice_confidence.drawn(model, rng.integers(0, len(model.attempts.n), size))
            tails = mi.Recorded().estimate(sample, [K], scenarios=[scenario]).views[scenario].tails
            if tails is None:
                raise ValueError("a quantile of recorded attempts must have an interval, got none")
            found.append(held((tails.ci_low[0, 1], tails.ci_high[0, 1]), truth))
    return np.array(found, dtype=float)


def _tails(repeats: int, most: int | None) -> list[Line]:
    made = []
    for catalog, title in CATALOGS.items():
        models = [setting.model() for setting in settings(catalog)[:most]]
        rng, sizes = np.random.default_rng(9), SIZES[catalog]
        inside = [tail_coverage(models, size, repeats, rng) for size in sizes]
        holds = tuple(100 * mean(own) for own in inside)
        what = drawn_words("p95 of the time of 4 passes", sizes)
        made.append(Line(PART, title, what, sum(map(len, inside)), holds=holds, bar=BAR))
    return made


def drawn_words(name: str, sizes: tuple[int, ...]) -> str:
    """What is predicted from evaluations of so many questions."""
    return f"{WORDS.get(name, name)}, from {', '.join(map(str, sizes[:-1]))} or {sizes[-1]} questions drawn at random"


WORDS = {
    "accuracy": "accuracy of one pass",
    f"pass@{K}": f"pass@{K}",
    "dollars": f"mean dollars of {K} passes",
    "seconds": f"T({K})",
}


def data_sets(most: int | None = None) -> list[tuple[str, dict[str, dict[str, FloatArray]], tuple[int, ...]]]:
    """Title, values by model and quantity, and the sizes that are drawn."""
    found: list[tuple[str, dict[str, dict[str, FloatArray]], tuple[int, ...]]] = []
    for catalog, title in CATALOGS.items():
        own = {setting.key: tables(setting.model().attempts) for setting in settings(catalog)[:most]}
        found.append((title, own, SIZES[catalog]))
    found.append(("GSM8K", {one.model: {"accuracy": one.c.astype(float)} for one in gsm8k()[:most]}, OF_GSM8K))
    found.append(("EvalPerf", {one.model: of_counts(one) for one in evalperf()[:most]}, OF_EVALPERF))
    return found


def of_counts(one: Counts, k: tuple[int, ...] = (1, 10)) -> dict[str, FloatArray]:
    """pass@k of each question."""
    accuracy, _ = pass_at_k(one.n, one.c, list(k))
    return {("accuracy" if each == 1 else f"pass@{each}"): accuracy[:, row] for row, each in enumerate(k)}


def cuts(catalog: str, repeats: int, most: int | None = None) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Of each quantity the means of both halves, (2, n), and whether the first one's interval holds the second."""
    rng = np.random.default_rng(3)
    found: dict[str, list[tuple[FloatArray, FloatArray]]] = {}
    for setting in settings(catalog)[:most]:
        for name, values in tables(setting.model().attempts).items():
            found.setdefault(name, []).append(other_half(values, name, max(2, repeats // 4), rng))
    return {
        name: (np.concatenate([one[0] for one in many], axis=1), np.concatenate([one[1] for one in many]))
        for name, many in found.items()
    }
