"""pass@k of 1,000 questions x 10,000 samples for all k = 1 ... 10,000: ours against a plain loop over questions and k.

Run: python benchmarks/pass_at_k.py
"""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import numpy as np
from report import show
from timing import Figure, Work, compare, take_turns

from moo_inference.evaluation import mean_pass_at_k

CHECKED = (1, 2, 10, 100, 1000, 3000, 9000)
_SMALLEST = 1e-290


def plain_loop(samples: int, c: Sequence[int]) -> tuple[list[float], int]:
    """Mean error at each k, one product per question; and how many products there were."""
    total = [0.0] * samples
    products = 0
    for right in c:
        error = 1.0
        for k in range(samples):
            error *= max(samples - right - k, 0) / (samples - k)
            products += 1
            if error < _SMALLEST:
                break
            total[k] += error
    return [x / len(c) for x in total], products


def exact_error(samples: int, c: Sequence[int], k: int) -> Fraction:
    """Mean of C(n-c, k) / C(n, k)."""
    return Fraction(sum(comb(samples - right, k) for right in c), comb(samples, k) * len(c))


def furthest(error: Sequence[float], exact: dict[int, Fraction]) -> float:
    """Largest relative difference from the fractions."""
    return max(abs(float(Fraction(float(error[k - 1])) / value - 1)) for k, value in exact.items() if value)


def products(count: int) -> Work:
    """So many quotients and their running products, in blocks that stay in the cache."""
    block = np.linspace(0.5, 1.0, 1 << 17)
    block = block[: min(count, len(block))]
    out = np.empty_like(block)
    full, rest = divmod(count, len(block))

    def multiply() -> None:
        for size in [len(block)] * full + [rest]:
            np.divide(block[:size], 1.5, out=out[:size])
            np.cumprod(out[:size], out=out[:size])

    return multiply


def figures(quick: bool = False) -> list[Figure]:
    """Correct samples spread over all numbers, and few of them, the slowest."""
    questions, samples = (50, 500) if quick else (1000, 10_000)
    rng = np.random.default_rng(0)
    found = []
    for title, most in (("evenly spread", samples + 1), ("at most a tenth correct, the slowest", samples // 10 + 1)):
        c = rng.choice(most, size=questions, replace=most < questions)
        K = np.arange(1, samples + 1)
        over = mean_pass_at_k(samples, c, K)
        exact = {k: exact_error(samples, c.tolist(), k) for k in CHECKED if k <= samples}
        looped, count = plain_loop(samples, c.tolist())
        assert furthest(over.error, exact) < 1e-12
        assert furthest(looped, exact) < 1e-12
        ours = f"pass@k of {questions:,} questions x {samples:,} samples, all k, {title}"
        loop, limit = "a plain loop over questions and k", "a quotient and a running product for each question and k"
        taken = take_turns(
            {
                ours: lambda c=c, K=K: mean_pass_at_k(samples, c, K),
                loop: lambda c=c: plain_loop(samples, c.tolist()),
                limit: products(count),
            },
            1 if quick else 5,
        )
        found.append(compare(ours, taken, ours, loop, limit))
    return found


if __name__ == "__main__":
    show(figures)
