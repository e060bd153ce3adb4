"""Questions that no pass solves, beside those whose difficulty is Beta(a, b): the zero-inflated beta-binomial.

A question without a right sample is unsolvable, as a share of all questions is, or has been unlucky; the others count
as in the beta-binomial distribution. Source of the mass at zero: D. Lambert, Zero-Inflated Poisson Regression,
Technometrics 34 (1992) 1-14.
"""

from dataclasses import dataclass

import numpy as np

from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray, IntArray

_SMALLEST, _LARGEST = 1e-4, 1e4
"""Of a and b: questions that are all alike have neither end."""

_WORTH = 1.0
"""By so much the likelihood's logarithm must rise for one more parameter (Akaike's information criterion)."""


@dataclass(frozen=True)
class _Counts:
    """Kinds of questions: n samples, c of them right, as often as there are such questions; (r,) each."""

    n: IntArray
    c: IntArray
    often: IntArray

    def log_likelihood(self, a: float, b: float, unsolvable: float) -> float:
        """Of all questions, less what does not depend on the parameters."""
        logs = special.betaln(a + self.c, b + self.n - self.c) - special.betaln(a, b)
        solvable = np.log1p(-unsolvable) + logs
        each = np.where(self.c > 0, solvable, np.log(unsolvable + (1 - unsolvable) * np.exp(logs)))
        return float(each @ self.often)


def with_unsolvable(n: IntArray, c: IntArray, a: float, b: float) -> tuple[float, float, float]:
    """Maximum-likelihood a, b and share of unsolvable questions; the given ones and 0 where a share adds too little.

    Args:
        n: (m,) samples of each question.
        c: (m,) correct ones among them.
        a: of the Beta distribution without unsolvable questions, at its maximum.
        b: of the same.
    """
    none = float(np.mean(c == 0))
    if not none:
        return a, b, 0.0
    pairs, often = np.unique(np.column_stack([n, c]), axis=0, return_counts=True)
    counts = _Counts(pairs[:, 0], pairs[:, 1], often)
    least = counts.log_likelihood(a, b, 0.0) + _WORTH
    found, reached = _climb(counts, n, c, 0.7 * none)
    return found if reached > least else (a, b, 0.0)


def _climb(counts: _Counts, n: IntArray, c: IntArray, share: float) -> tuple[tuple[float, float, float], float]:
    """The parameters of a maximum near some share of unsolvable questions, and its log-likelihood."""
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy, and only a fit needs it)

    p = float(np.clip(c.sum() / n.sum() / (1 - share), 0.05, 0.95))

    def fall(at: FloatArray) -> float:
        a, b = np.exp(at[:2]).tolist()
        return -counts.log_likelihood(a, b, float(at[2])) / len(n)

    size = (np.log(_SMALLEST), np.log(_LARGEST))
    found = minimize(
        fall,
        [np.log(2 * p), np.log(2 * (1 - p)), share],
        method="Nelder-Mead",
        bounds=[size, size, (0.0, 1 - 1e-6)],
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000},
    )
    a, b = np.exp(found.x[:2]).tolist()
    return (a, b, float(found.x[2])), -float(found.fun) * len(n)
