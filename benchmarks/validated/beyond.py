"""From few attempts of each question, pass@k and time of more passes than were recorded."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.evaluation import accuracy_curve, equal_difficulty, mean_pass_at_k
from validated.counts import Counts, evalperf
from validated.halves import CATALOGS, Setting, settings, split_attempts
from validated.lines import Bar, Line, mean, percent, points
from validated.other_ways import EQUAL, POOLED, independent_curve

PART = "beyond"
FROM, TO = (4, 2), 8
SAMPLES, AIMED = 10, (20, 50)
BAR = Bar("mean", most=2.5)
HELD = Bar("holds", least=90)

LAST = "what was counted last"

FloatArray = NDArray[np.float64]
Row = tuple[float, ...]


def of_attempts(own: list[Setting], n: int, splits: int, seed: int = 4) -> tuple[FloatArray, FloatArray, int]:
    """From n attempts of each question to 8 passes.

    Args:
        own: the settings.
        n: attempts of each question that are known.
        splits: of each setting.
        seed: draws the attempts and the questions.

    Returns:
        (r, 6) found pass@8, ours, without extrapolation, 1 - (1 - p)^8, and both ends of the stated band; (r, 3) found
        T(8), ours and independent passes; and how many cannot be extrapolated.
    """
    rng = np.random.default_rng(seed)
    accuracy, time, refused = [], [], 0
    for setting in own:
        whole = mi.Recorded().estimate(setting.model(), [TO])
        for _ in range(splits):
            [rows] = split_attempts(setting.question, (n,), rng)
            model = setting.model(rows)
            try:
                curve = mi.Recorded(beyond="extrapolate").estimate(model, [1, n, TO], parallel=TO)
            except SettingError:
                refused += 1
                continue
            found, p = whole.accuracy.mean[0], curve.accuracy.mean[0]
            band = curve.evidence
            if band is None:
                raise ValueError("an extrapolated accuracy must state a band, got none")
            equal = float(equal_difficulty(p, [TO])[0][0])
            accuracy.append(
                (found, curve.accuracy.mean[2], curve.accuracy.mean[1], equal, band.ci_low[2], band.ci_high[2])
            )
            pooled = independent_curve(model, [TO], TO).time.mean[0]
            at_once = mi.Recorded().estimate(setting.model(), [TO], parallel=TO).time.mean[0]
            time.append((at_once, curve.time.mean[2], pooled))
    return np.array(accuracy), np.array(time), refused


def of_counts(one: Counts, splits: int, rng: np.random.Generator, questions: int | None = None) -> Iterator[list[Row]]:
    """From 10 samples of each question to pass@k of samples that are not among them.

    Args:
        one: the evaluation.
        splits: how often 10 samples are drawn.
        rng: draws them.
        questions: None, or how many questions are drawn with replacement; then what is found is of all samples and
            questions, which is the truth of them.

    Yields:
        Of each k: found, ours, pass@10, 1 - (1 - p)^k, and both ends of the band.
    """
    for _ in range(splits):
        rows = np.arange(len(one.c)) if questions is None else rng.integers(0, len(one.c), questions)
        known = rng.hypergeometric(one.c[rows], one.n - one.c[rows], SAMPLES)
        question = np.repeat(np.arange(len(rows)), SAMPLES)
        right = (np.tile(np.arange(SAMPLES), len(rows)) < np.repeat(known, SAMPLES)).astype(int)
        ours = accuracy_curve(question, right, AIMED, model="beta")
        counted = mean_pass_at_k(SAMPLES, known, [1, SAMPLES]).mean
        equal = equal_difficulty(float(counted[0]), AIMED)[0]
        rest = (one.n - SAMPLES, one.c - known) if questions is None else (one.n, one.c)
        found = mean_pass_at_k(*rest, AIMED).mean if max(AIMED) <= rest[0] else np.full(len(AIMED), np.nan)
        yield list(zip(found, ours.mean, np.full(2, counted[1]), equal, ours.ci_low, ours.ci_high, strict=True))


def on_other_questions(own: list[Setting], size: int, splits: int, seed: int = 5) -> FloatArray:
    """(r,) whether the band from four attempts of questions drawn at random holds pass@8 of all questions."""
    rng = np.random.default_rng(seed)
    held = []
    for setting in own:
        truth = mi.Recorded().estimate(setting.model(), [TO]).accuracy.mean[0]
        names = np.unique(setting.question)
        for _ in range(splits):
            [rows] = split_attempts(setting.question, (4,), rng)
            right = setting.attempts.correct[rows].reshape(len(names), 4)[rng.integers(0, len(names), size)]
            question = np.repeat(np.arange(size), 4)
            try:
                curve = accuracy_curve(question, right.ravel(), [TO], model="beta")
            except SettingError:
                continue
            held.append(curve.ci_low[0] <= truth <= curve.ci_high[0])
    return np.array(held, dtype=float)


def lines(splits: int, most: int | None = None) -> list[Line]:
    """The lines of all data sets.

    Args:
        splits: of the attempts of each setting; of the samples of each model half as many, since there are more.
        most: settings of each catalog, and models of other data; None: all.
    """
    made: list[Line] = []
    for catalog, title in CATALOGS.items():
        own = settings(catalog)[:most]
        for n in FROM:
            accuracy, time, refused = of_attempts(own, n, splits)
            made.append(
                _line(
                    title, f"pass@{TO} of all 8 attempts, from {n} of them", accuracy, BAR if n == 4 else None, refused
                )
            )
            errors, other = (percent(column, time[:, 0]) for column in time[:, 1:].T)
            what = f"T({TO}) of all 8 attempts, from {n} of them"
            made.append(Line(PART, title, what, len(time), errors, "%", others={POOLED: (mean(other),)}))
        size = 99 if catalog == "gpqa-diamond" else 45
        held = on_other_questions(own, size, splits)
        what = f"band of pass@{TO} of all questions, from 4 attempts at {size} drawn at random"
        made.append(Line(PART, title, what, len(held), holds=(100 * mean(held),), bar=HELD))
    made += _of_evalperf((splits + 1) // 2, most)
    return made


def _of_evalperf(splits: int, most: int | None) -> list[Line]:
    rng = np.random.default_rng(6)
    models = [one for one in evalperf() if one.n >= SAMPLES + max(AIMED)][:most]
    same = np.array([row for one in models for row in of_counts(one, splits, rng)])
    other = np.array([row for one in models for row in of_counts(one, splits, rng, 59)])
    made = []
    for place, k in enumerate(AIMED):
        made.append(_line("EvalPerf", f"pass@{k} of the other 90 samples, from {SAMPLES}", same[:, place], None))
        held = _inside(other[:, place])
        what = f"band of pass@{k} of all tasks, from {SAMPLES} samples at 59 drawn at random"
        made.append(Line(PART, "EvalPerf", what, len(held), holds=(100 * mean(held),), bar=HELD))
    return made


def _inside(rows: FloatArray) -> FloatArray:
    return np.asarray((rows[:, 4] <= rows[:, 0]) & (rows[:, 0] <= rows[:, 5]), dtype=float)


def _line(title: str, what: str, rows: FloatArray, bar: Bar | None, refused: int = 0) -> Line:
    ours, last, equal = (points(rows[:, place], rows[:, 0]) for place in (1, 2, 3))
    return Line(
        PART,
        title,
        what,
        len(rows),
        ours,
        holds=(100 * mean(_inside(rows)),),
        others={LAST: (mean(last),), EQUAL: (mean(equal),)},
        bias=100 * mean(rows[:, 1] - rows[:, 0]),
        bar=bar,
        refused=refused,
    )
