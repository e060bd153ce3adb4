"""How long a router waits for a choice: each rule of a policy of the nine built-in models at 1,000 random budgets.

Run: python benchmarks/policy.py
"""

import tempfile
import time
from pathlib import Path

import numpy as np

import moo_inference as mi
from moo_inference.policy import RULES, Policy
from moo_inference.studies.route import route

BUDGETS = 1000
REPETITIONS = 5


def make_policy() -> Policy:
    """What `moo-inference route -s essay-feedback --policy FILE` writes, read again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.json"
        route(mi.load_catalog("paper"), "essay-feedback").policy().save(path)
        return Policy.load(path)


def random_budgets(count: int) -> list[dict[str, float]]:
    """Budgets of which some leave all rows, and some none."""
    random = np.random.default_rng(7)
    return [
        {
            "c_max": float(np.exp(random.uniform(np.log(1e-3), np.log(2)))),
            "t_max": float(np.exp(random.uniform(0, np.log(4000)))),
            "a_min": float(random.uniform(0.85, 1)),
        }
        for _ in range(count)
    ]


def microseconds(policy: Policy, rule: str, budgets: list[dict[str, float]]) -> tuple[np.ndarray, int]:
    """The processor times of all choices, some repetitions of each, and how many of them had an answer."""
    times = np.empty((REPETITIONS, len(budgets)))
    answered = 0
    for repetition in range(REPETITIONS):
        for number, budget in enumerate(budgets):
            start = time.process_time()
            choice = policy.choose(**budget, rule=rule)
            times[repetition, number] = time.process_time() - start
            answered += repetition == 0 and choice is not None
    return 1e6 * times.ravel(), answered


if __name__ == "__main__":
    policy = make_policy()
    budgets = random_budgets(BUDGETS)
    print(f"{len(policy.k)} rows, {BUDGETS:,} random budgets; microseconds a choice (at most 50)")
    for rule in RULES:
        taken, answered = microseconds(policy, rule, budgets)
        print(
            f"{rule:16} median {np.median(taken):5.1f}, mean {taken.mean():5.1f}, 99th percentile "
            f"{np.percentile(taken, 99):5.1f}; {answered} answered"
        )
