"""Prints how often the 95 % intervals of a p95 hold, for the table in method.md; it takes some minutes.

Run: python tools/tail_numbers.py [REPEATS]
"""

import sys
from collections.abc import Sequence

import numpy as np

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.estimators.curve import BudgetView
from moo_inference.evaluation.question_attempts import QuestionAttempts

K, AT_ONCE, Q = [1, 2, 4, 8], 4, 0.95
COLUMNS = {"time": 1, "cost": 0}
SCENARIO = mi.Scenario(name="p95", c_max=1e6, t_max=1e6, a_min=None, t_quantile=Q, c_quantile=Q)
FIELDS = {
    "name": "made up",
    "usd_per_million_input_tokens": 0.001,
    "usd_per_million_output_tokens": 1000.0,
    "request_seconds": {"mean": 1.0, "std": 0.5},
    "input_tokens": {"mean": 1.0, "std": 0.0},
    "output_tokens": {"mean": 1000.0, "std": 500.0},
    "accuracy": {"mean": 0.5, "std": 0.1},
    "parallel": AT_ONCE,
    "latency": "waves",
}


def truths(seconds: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """(2, n_k) p95 of time and cost, from (queries, passes)."""
    waves = [sum(seconds[:, :k][:, at : at + AT_ONCE].max(axis=1) for at in range(0, k, AT_ONCE)) for k in K]
    return np.array([[np.quantile(wave, Q) for wave in waves], [np.quantile(spent[:, :k].sum(axis=1), Q) for k in K]])


def report(title: str, truth: np.ndarray, views: Sequence[BudgetView]) -> None:
    """How many intervals are known, and how many of these hold the truth, for each k."""
    print(title)
    for row, (what, column) in enumerate(COLUMNS.items()):
        tails = [view.tails for view in views if view.tails is not None]
        low, high = (np.array([getattr(tail, end)[:, column] for tail in tails]) for end in ("ci_low", "ci_high"))
        values = np.array([view.values[:, column] for view in views])
        known = np.isfinite(low).mean(axis=0)
        held = ((low <= truth[row]) & (truth[row] <= high)).mean(axis=0)
        ratio = np.quantile(values / truth[row], [0.025, 0.975], axis=0)
        for place, k in enumerate(K):
            share = f"holds {held[place] / known[place]:6.1%} of them" if known[place] > 0.05 else ""
            off = f"estimates are {ratio[0, place]:.2f} to {ratio[1, place]:.2f} times the truth"
            print(f"  {what} of {k} passes: {off}; interval known {known[place]:4.0%}  {share}")


def measured(repeats: int) -> None:
    """Of n measured passes with lognormal seconds and tokens."""
    rng = np.random.default_rng(1)
    for sigma in (0.5, 1.0):
        truth = truths(*np.exp(sigma * rng.standard_normal((2, 400_000, max(K)))))
        for n in (20, 50, 200):
            views = []
            for seed in range(repeats):
                seconds, tokens = np.exp(sigma * rng.standard_normal((2, n)))
                passes = {
                    "input_tokens": [1] * n,
                    "output_tokens": np.maximum(1, np.round(1000 * tokens)).astype(int).tolist(),
                }
                model = mi.Model(**FIELDS, passes={**passes, "seconds": seconds.tolist()})
                views.append(mi.Empirical(seed=seed).estimate(model, K, scenarios=[SCENARIO]).views[SCENARIO])
            report(f"{n} measured passes, sigma {sigma}", truth, views)


def recorded(repeats: int) -> None:
    """Of m questions with 8 attempts each, whose log seconds vary between questions by 0.8 and within by 0.3."""
    rng = np.random.default_rng(2)
    seconds = np.exp(0.8 * rng.standard_normal((400_000, 1)) + 0.3 * rng.standard_normal((400_000, 8)))
    truth = truths(seconds, seconds)
    for m in (20, 50, 200):
        views = []
        question = np.repeat(np.arange(m), 8)
        for _ in range(repeats):
            own = np.exp(0.8 * rng.standard_normal(m)[question] + 0.3 * rng.standard_normal(8 * m))
            model = RecordedModel(**FIELDS, attempts=QuestionAttempts.of(question, np.ones(8 * m), own, own))
            views.append(mi.Recorded().estimate(model, K, scenarios=[SCENARIO]).views[SCENARIO])
        report(f"{m} questions with 8 attempts", truth, views)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    measured(count)
    recorded(count)
