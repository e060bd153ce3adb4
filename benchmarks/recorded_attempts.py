"""Curves from recorded attempts, against sorting their times, which any order statistic needs.

Run: python benchmarks/recorded_attempts.py
"""

import numpy as np
from report import show
from timing import Figure, compare, take_turns

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.evaluation.order_statistics import expected_largest
from moo_inference.evaluation.question_attempts import QuestionAttempts

SCENARIOS = [mi.Scenario(name=f"{t:g} s", c_max=0.001 * t, t_max=t, a_min=0.8) for t in (30.0, 60.0, 120.0)]

WHY = (
    "21 settings: the target is older than the calibrated interval of the mean, which takes 38 % of the time on "
    "an Intel Xeon; quantiles of weighted outcomes take 23 %. NumPy sorts there at 8 ns a number."
)


def models(settings: int, questions: int, attempts: int) -> list[RecordedModel]:
    """Models whose hard questions take long and often fail, as those of real evaluations do."""
    rng = np.random.default_rng(0)
    question = np.repeat(np.arange(questions), attempts)
    found = []
    for number in range(settings):
        level = rng.normal(size=questions)[question]
        seconds = 20 * np.exp(level + 0.35 * rng.normal(size=len(question)))
        right = (rng.normal(size=len(question)) < 0.6 - level).astype(float)
        found.append(
            RecordedModel(
                name=f"setting {number}",
                usd_per_million_input_tokens=1.0,
                usd_per_million_output_tokens=10.0,
                request_seconds={"mean": float(seconds.mean()), "std": float(seconds.std())},
                input_tokens={"mean": 200.0, "std": 0.0},
                output_tokens={"mean": 2000.0, "std": 0.0},
                accuracy=Accuracy(mean=float(right.mean()), std=0.0),
                parallel=8,
                attempts=QuestionAttempts.of(question, right, 0.001 * seconds * (2 - right), seconds),
            )
        )
    return found


def figures(quick: bool = False) -> list[Figure]:
    """As many settings as a leaderboard has with 8 attempts per question, and a large evaluation with 64."""
    found = []
    for settings, questions, attempts, k, target in (
        (21, 198, 8, tuple(range(1, 9)), 60.0),
        (50, 1000, 64, (1, 2, 4, 8, 16, 32, 64), None),
    ):
        size = (2, 50) if quick else (settings, questions)
        own = models(*size, attempts)
        seconds = np.concatenate([model.attempts.seconds for model in own])
        # The means of the first setting, against the definition.
        [curve] = mi.Recorded().estimate_many(own[:1], k)
        ordered = np.sort(own[0].attempts.seconds.reshape(-1, attempts), axis=1)
        waves = [max(each // 8, 1) * expected_largest(ordered, np.array([min(each, 8)])).mean() for each in k]
        np.testing.assert_allclose(curve.time.mean, waves, rtol=1e-9)
        ours = f"{size[0]} settings x {size[1]:,} questions x {attempts} attempts: curves, quantiles, three attainments"
        sort = "numpy.sort of all their seconds"
        taken = take_turns(
            {
                ours: lambda own=own, k=k: mi.Recorded().estimate_many(own, k, scenarios=SCENARIOS),
                sort: lambda seconds=seconds: np.sort(seconds),
            },
            1 if quick or attempts == 64 else 5,
        )
        found.append(compare(ours, taken, ours, sort, sort, target=target, why=WHY))
    return found


if __name__ == "__main__":
    show(figures)
