"""pass@k of 1,000 questions x 10,000 samples for all k = 1 ... 10,000: ours against a plain loop over questions and k.

Run: python benchmarks/pass_at_k.py
"""

import time
from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np

from moo_inference.outcomes import mean_pass_at_k

QUESTIONS, SAMPLES = 1000, 10_000
K = np.arange(1, SAMPLES + 1)
CHECKED = (1, 2, 10, 100, 1000, 3000, 9000)


def plain_loop(c: list[int]) -> list[float]:
    """Mean error at each k, one product a question."""
    total = [0.0] * SAMPLES
    for right in c:
        error = 1.0
        for k in range(SAMPLES):
            error *= max(SAMPLES - right - k, 0) / (SAMPLES - k)
            if error < 1e-290:
                break
            total[k] += error
    return [x / len(c) for x in total]


def exact_error(c: list[int], k: int) -> Fraction:
    """Mean of C(n-c, k) / C(n, k)."""
    return Fraction(sum(comb(SAMPLES - right, k) for right in c), comb(SAMPLES, k) * len(c))


def seconds(run: Callable[[], object], times: int) -> float:
    """The fastest of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def furthest(error: np.ndarray, exact: dict[int, Fraction]) -> float:
    """Largest relative difference from the fractions."""
    return max(abs(float(Fraction(float(error[k - 1])) / value - 1)) for k, value in exact.items() if value)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    cases = {"c spread over 0 ... 10,000": SAMPLES + 1, "c below 1,001, the slowest": QUESTIONS + 1}
    for title, most in cases.items():
        c = rng.permutation(most)[:QUESTIONS]
        counts = c.tolist()
        ours = seconds(lambda c=c: mean_pass_at_k(SAMPLES, c, K), 5)
        loop = seconds(lambda counts=counts: plain_loop(counts), 1)
        exact = {k: exact_error(counts, k) for k in CHECKED}
        over = mean_pass_at_k(SAMPLES, c, K)
        looped = np.array(plain_loop(counts))
        rights = max(abs(float(Fraction(float(over.mean[k - 1])) / (1 - value) - 1)) for k, value in exact.items())
        print(f"{title}: {ours:.3f} s, plain loop / ours {loop / ours:.0f}")
        print(
            f"  largest relative difference from fractions: error {furthest(over.error, exact):.1e}, "
            f"pass@k {rights:.1e}; error of the loop {furthest(looped, exact):.1e}"
        )
