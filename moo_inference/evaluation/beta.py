"""pass@k where the success probability of a question is Beta(a, b) over questions, also beyond the samples at hand.

E[(1 - p)^k] = B(a, b + k) / B(a, b) is the product over j < k of (b + j) / (a + b + j): Polya's urn. a and b are
fitted by maximum likelihood of the beta-binomial distribution to the numbers of correct samples, and with them the
share of questions that no pass solves, where the samples show it (`unsolvable`).

An extrapolation is as good as the distribution is, and the data cannot show how good that is: beyond n samples pass@k
depends on the questions that are almost never solved, of which n samples show little. Betas through the published
pass@1 and pass@10 of HumanEval foretell pass@100 too low, by 2 to 12 points over 12 models; a Beta alone is 11 to 15
points too high where 15 % of 200 questions are never solved, and its own band misses the truth nearly always
(tools/accuracy_numbers.py). So the band of a fit is not that of the Beta: see `difficulty_band`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray, IntArray, counts, passes
from moo_inference.evaluation.difficulty_band import at_passes, difficulty_band
from moo_inference.evaluation.interval import LEVEL, checked_level
from moo_inference.evaluation.pass_at_k import mean_pass_at_k
from moo_inference.evaluation.unsolvable import with_unsolvable
from moo_inference.evaluation.urn import at_least_one

_FAR = 1e-8
"""Gradient of the likelihood per question, in logarithms of a and b, at which the search has arrived."""


@dataclass(frozen=True, eq=False)
class BetaFit:
    """The distribution of difficulty that was fitted to an evaluation: Beta(a, b), beside unsolvable questions.

    Attributes:
        a: positive; a / (a + b) is the accuracy of one pass at a question that can be solved.
        b: positive.
        covariance: (2, 2) of ln a and ln b, from the observed information; zeros where it is not known. Of use only
            without samples and without a band.
        n: samples of the question that has the fewest: where extrapolation begins.
        misfit: largest absolute difference, for k = 1 ... n, between pass@k of this distribution and of the samples.
        unsolvable: share of the questions that no pass solves, in [0, 1).
        samples: (2, m) samples and correct ones of each question, behind the band; None where they are not known.
        known_band: (r, 3) numbers of passes and both ends of the 95 % band, as `band` gives it; None: not known.
    """

    a: float
    b: float
    covariance: FloatArray
    n: int
    misfit: float
    unsolvable: float = 0.0
    samples: IntArray | None = None
    known_band: FloatArray | None = None

    def pass_at_k(self, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """pass@k and its error, (n_k,) each; see `beta_pass_at_k`."""
        return beta_pass_at_k(self.a, self.b, k, self.unsolvable)

    def band(self, level: float = LEVEL, most: int | None = None) -> FloatArray | None:
        """(r, 3) some numbers of passes and both ends of the band there; None where only a and b are known.

        Args:
            level: how often such bands hold the truth, in (0, 1).
            most: the last number of passes that matters; None goes on to 1,000 times the samples.

        Raises:
            SettingError: (a ValueError) the level is out of its range, or another than that of a band without samples.
        """
        checked_level(level)
        if self.samples is not None:
            return difficulty_band(self.samples[0], self.samples[1], level, most)
        if self.known_band is not None and level != LEVEL:
            raise SettingError(
                f"level must be {LEVEL}, that of the band, where the samples are not known, got {level!r}"
            )
        return self.known_band

    def interval(self, k: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
        """Lower and upper ends of a band for pass@k, (n_k,) each, in [0, 1]; NaN where nothing is known of it.

        From the samples, or a band, whatever the distribution of difficulty; see `difficulty_band`. It is wide enough
        to hold this distribution too. With a covariance alone it is that of the Beta, by the delta method on the logit,
        which holds only where difficulty is Beta; both ends are then moved outwards by `misfit`.

        Raises:
            SettingError: (a ValueError) an argument is out of its range.
        """
        ks = passes(k)
        accuracy, _ = self.pass_at_k(ks)
        band = self.band(level, int(ks.max()))
        if band is not None:
            low, high = at_passes(band, ks)
            return np.minimum(low, accuracy), np.maximum(high, accuracy)
        if not self.covariance.any():
            return np.full(len(ks), np.nan), np.full(len(ks), np.nan)
        return self._of_covariance(ks, level)

    def _of_covariance(self, ks: IntArray, level: float) -> tuple[FloatArray, FloatArray]:
        accuracy, error = beta_pass_at_k(self.a, self.b, ks)
        a, b = self.a, self.b
        total = special.psi(a + b + ks) - special.psi(a + b)
        slope = np.stack([-a * total, b * (special.psi(b + ks) - special.psi(b) - total)], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            # d logit(1 - e) = -d ln e / (1 - e)
            spread = np.sqrt(np.einsum("ki,ij,kj->k", slope, self.covariance, slope)) / accuracy
            logit = np.log(accuracy) - np.log(error)
        z = special.normal_quantile((1 + level) / 2)
        solvable = 1 - self.unsolvable
        low = solvable * np.where(error > 0, special.expit(logit - z * spread), 1.0) - self.misfit
        high = solvable * np.where(error > 0, special.expit(logit + z * spread), 1.0) + self.misfit
        return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def beta_pass_at_k(a: float, b: float, k: ArrayLike, unsolvable: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """1 - B(a, b + k) / B(a, b), and its error B(a, b + k) / B(a, b), with questions that no pass solves among them.

    Args:
        a: positive.
        b: positive.
        k: (n,) numbers of passes; the time taken grows with the largest.
        unsolvable: share of the questions that no pass solves, in [0, 1); their error is 1.

    Returns:
        Two (n,) arrays, each right to about 12 digits for k up to 10^6. An error below 1e-290 is 0.

    Raises:
        SettingError: (a ValueError) an argument is out of its range.
    """
    errors = [f"{name} must be positive, got {x!r}" for name, x in (("a", a), ("b", b)) if not 0 < x < np.inf]
    if not 0 <= unsolvable < 1:
        errors.append(f"unsolvable must be a share of the questions, in [0, 1), got {unsolvable!r}")
    if errors:
        raise SettingError(errors)
    some, none = at_least_one(np.array([float(a)]), np.array([float(b)]), passes(k), step=1.0)
    return (1 - unsolvable) * some[0], unsolvable + (1 - unsolvable) * none[0]


def fit_beta(n: ArrayLike, c: ArrayLike, *, unsolvable: bool = True) -> BetaFit:
    """Maximum-likelihood a and b of the numbers of correct samples, and the share of questions that no pass solves.

    The share is 0 unless it raises the logarithm of the likelihood by more than 1 (Akaike's criterion): in simulations
    with 0, 5 and 15 % of such questions that errs as little as a share that is always fitted, and less without any.

    Args:
        n: (m,) samples of each question, or one number for all.
        c: (m,) correct ones among them.
        unsolvable: whether there may be questions that no pass solves; False fits the Beta alone, with the band of its
            covariance, which holds only where difficulty is Beta.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or the likelihood has no maximum: one sample per
            question, questions that are all right or all wrong throughout, or that differ by chance alone.
    """
    samples, correct = counts(n, c)
    _refuse_without_maximum(samples, correct)
    likelihood = _Likelihood.of(samples, correct)
    found = _maximise(likelihood, float(correct.sum() / samples.sum()))
    information = -likelihood.hessian(found)
    if not (np.isfinite(information).all() and np.linalg.eigvalsh(information)[0] > 0):
        raise SettingError(
            "the samples must show how the questions differ; the likelihood of a Beta distribution has no clear maximum"
        )
    a, b = np.exp(found).tolist()
    a, b, never = with_unsolvable(samples, correct, a, b) if unsolvable else (a, b, 0.0)
    fewest = int(samples.min())
    k = np.arange(1, fewest + 1)
    counted = mean_pass_at_k(samples, correct, k).mean
    misfit = float(np.abs(beta_pass_at_k(a, b, k, never)[0] - counted).max())
    covariance = np.zeros((2, 2)) if never else np.asarray(np.linalg.inv(information))
    return BetaFit(a, b, covariance, fewest, misfit, never, np.stack([samples, correct]) if unsolvable else None)


def _refuse_without_maximum(n: IntArray, c: IntArray) -> None:
    wrong = n - c
    if not c.any() or not wrong.any():
        which = "wrong" if wrong.any() else "right"
        raise SettingError(
            f"some samples must be right and some wrong for a Beta distribution to be fitted, all are {which}"
        )
    if n.max() == 1:
        raise SettingError(
            "some question must have 2 samples or more for a Beta distribution to be fitted, all have 1: "
            "that gives the mean accuracy, and not how the questions differ"
        )
    if ((c == 0) | (wrong == 0)).all():
        raise SettingError(
            "some question must have both right and wrong samples for a Beta distribution to be fitted, none has: "
            "by these samples more passes change nothing"
        )
    # The slope of the likelihood in 1 / (a + b) where that is 0, that is, where all questions are equally hard.
    p = c.sum() / n.sum()
    if (c * (c - 1) / p + wrong * (wrong - 1) / (1 - p) - n * (n - 1)).sum() <= 0:
        raise SettingError(
            "the questions must differ by more than chance for a Beta distribution to be fitted, these do not: "
            "1 - (1 - p)^k describes them, with all questions equally hard"
        )


@dataclass(frozen=True)
class _Likelihood:
    """The log-likelihood of the beta-binomial distribution: sums of ln(x + j), each as often as some question has it.

    Attributes:
        right: (j,) questions with more than j right samples.
        wrong: (j,) with more than j wrong ones.
        every: (j,) with more than j samples.
    """

    right: FloatArray
    wrong: FloatArray
    every: FloatArray

    @classmethod
    def of(cls, n: IntArray, c: IntArray) -> "_Likelihood":
        return cls(*(_more_than(values, int(n.max())) for values in (c, n - c, n)))

    def value(self, logs: FloatArray) -> float:
        a, b, j = self._at(logs)
        return float(self.right @ np.log(a + j) + self.wrong @ np.log(b + j) - self.every @ np.log(a + b + j))

    def gradient(self, logs: FloatArray) -> FloatArray:
        a, b, j = self._at(logs)
        together = (self.every / (a + b + j)).sum()
        return np.array([a * ((self.right / (a + j)).sum() - together), b * ((self.wrong / (b + j)).sum() - together)])

    def hessian(self, logs: FloatArray) -> FloatArray:
        a, b, j = self._at(logs)
        together = (self.every / (a + b + j) ** 2).sum()
        aa = together - (self.right / (a + j) ** 2).sum()
        bb = together - (self.wrong / (b + j) ** 2).sum()
        first = self.gradient(logs)
        return np.array([[a * a * aa + first[0], a * b * together], [a * b * together, b * b * bb + first[1]]])

    def _at(self, logs: FloatArray) -> tuple[float, float, FloatArray]:
        a, b = np.exp(logs).tolist()
        return a, b, np.arange(len(self.every), dtype=float)


def _more_than(values: IntArray, longest: int) -> FloatArray:
    """(longest,) how many of the values exceed j = 0, 1, ..."""
    return np.asarray(len(values) - np.cumsum(np.bincount(values, minlength=longest + 1))[:longest], dtype=float)


def _maximise(likelihood: _Likelihood, p: float) -> FloatArray:
    """(2,) ln a and ln b of the maximum."""
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy, and only a fit needs it)

    questions = likelihood.every[0]
    found: Any = minimize(  # type: ignore[call-overload]
        lambda logs: -likelihood.value(logs) / questions,
        np.log([p, 1 - p]),
        jac=lambda logs: -likelihood.gradient(logs) / questions,
        hess=lambda logs: -likelihood.hessian(logs) / questions,
        method="trust-exact",
        options={"gtol": _FAR, "maxiter": 500},
    )
    if np.abs(likelihood.gradient(found.x)).max() / questions > 1e-5:
        raise SettingError("the samples must show how the questions differ; their likelihood has no clear maximum")
    return np.asarray(found.x, dtype=float)
