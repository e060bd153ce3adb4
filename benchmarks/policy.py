"""How long a router waits for a choice: each rule of a policy of the nine built-in models at 1,000 random budgets.

Run: python benchmarks/policy.py
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from report import TARGET_IN_SECONDS, show
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.policy.policy import RULES, Policy
from moo_inference.studies.route import front_across, route

BUDGETS = 1000


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


def choices(policy: Policy, rule: str, budgets: list[dict[str, float]]) -> Work:
    """A choice at each of the budgets."""
    return lambda: [policy.choose(**budget, rule=rule) for budget in budgets]


def comparisons(policy: Policy, budgets: list[dict[str, float]]) -> Work:
    """The least that arrays take: all rows compared with the budgets, and the most accurate of what is left."""
    F = policy.F

    def choose(c_max: float, t_max: float, a_min: float) -> int | None:
        rows = ((F[:, 0] <= c_max) & (F[:, 1] <= t_max) & (F[:, -1] <= 1 - a_min)).nonzero()[0]
        return int(rows[F[rows, -1].argmin()]) if rows.size else None

    return lambda: [choose(**budget) for budget in budgets]


def figures(quick: bool = False) -> list[Figure]:
    """Each rule; divided by the number of budgets, so that the times are those of one choice."""
    catalog = mi.load_catalog("paper")
    policy = make_policy()
    budgets = random_budgets(20 if quick else BUDGETS)
    curves = route(catalog, "essay-feedback").curves
    essay = catalog.scenarios["essay-feedback"]
    limit = "three comparisons, then the most accurate"
    found = []
    for rule in RULES:
        what, studied = (
            f"A choice by policy, {rule}, {len(policy.k)} rows",
            "route's way: the front anew, then the rule",
        )

        def by_route(rule: str = rule) -> None:
            for budget in budgets[:20]:
                decide(front_across(curves, essay.replace(**budget)), rule)

        taken = take_turns(
            {what: choices(policy, rule, budgets), studied: by_route, limit: comparisons(policy, budgets)},
            2 if quick else 7,
        )
        taken[studied] = taken[studied] / 20 * len(budgets)
        taken = {name: seconds / len(budgets) for name, seconds in taken.items()}
        found.append(compare(what, taken, what, studied, limit, target=50e-6, target_of="ours", why=TARGET_IN_SECONDS))
    return found


def distribution(policy: Policy, rule: str, budgets: list[dict[str, float]]) -> tuple[np.ndarray, int]:
    """Microseconds of processor time of single choices, and how many of them had an answer."""
    times = []
    answered = 0
    for budget in budgets:
        start = time.process_time()
        choice = policy.choose(**budget, rule=rule)
        times.append(time.process_time() - start)
        answered += choice is not None
    return 1e6 * np.array(times), answered


if __name__ == "__main__":
    show(figures)
    embedded = make_policy()
    print(f"Single choices at {BUDGETS:,} random budgets, microseconds, the clock's own 1 or 2 among them:")
    for name in RULES:
        taken, answers = distribution(embedded, name, random_budgets(BUDGETS))
        print(
            f"{name:16} median {np.median(taken):5.1f}, mean {taken.mean():5.1f}, 99th percentile "
            f"{np.percentile(taken, 99):5.1f}; {answers} answered"
        )
