"""The mean over questions of an accuracy, and what its interval needs of the questions."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.clusters import cluster_codes, cluster_shares, cluster_totals

Cells = tuple[FloatArray, FloatArray, FloatArray]
"""Accuracies and errors, (n, g) each, of g groups of questions that are alike, and what each group counts, (g,)."""


@dataclass(frozen=True)
class QuestionMean:
    """The mean over questions of an accuracy in [0, 1], for n values of k.

    Attributes:
        mean: (n,) mean accuracy.
        error: (n,) 1 - mean, from its own sum: it keeps its digits where the mean nears 1.
        variance: (n,) between questions, ddof = 1, or as many questions of no cluster would need for the standard
            error that clusters give; NaN for one question or cluster.
        questions: how many.
        cells: makes the values that the mean is of, since not every use needs them.
        clusters: how many; None where each question stands for itself.
    """

    mean: FloatArray
    error: FloatArray
    variance: FloatArray
    questions: int
    cells: Callable[[], Cells] = field(repr=False, compare=False)
    clusters: int | None = None

    @property
    def se(self) -> FloatArray:
        """(n,) standard error of the mean, the questions or clusters being the sample."""
        return np.asarray(np.sqrt(self.variance / self.questions))

    @classmethod
    def of(cls, values: FloatArray, errors: FloatArray, clusters: ArrayLike | None = None) -> "QuestionMean":
        """From (m, n) accuracies of m questions and their errors.

        Args:
            values: the accuracies.
            errors: 1 - values.
            clusters: (m,) name of the cluster of each question; None where each stands for itself.

        Raises:
            SettingError: (a ValueError) there is not one cluster for each question.
        """
        codes = None if clusters is None else cluster_codes(clusters, len(values))
        # Row by row: sums down a column take another order where it stands alone, and a k must not see its neighbours.
        rows, wrong = np.ascontiguousarray(values.T), np.ascontiguousarray(errors.T)
        mean, error = np.asarray(rows.mean(axis=1)), np.asarray(wrong.mean(axis=1))
        m = len(values)
        if codes is None:
            variance = rows.var(axis=1, ddof=1) if m > 1 else np.full(mean.shape, np.nan)
            return cls(mean, error, np.asarray(variance), m, lambda: (rows, wrong, np.ones(m)))
        shares = np.ascontiguousarray(cluster_shares(values, codes).T)
        c = shares.shape[1]
        variance = shares.var(axis=1, ddof=1) * m / c if c > 1 else np.full(mean.shape, np.nan)

        def cells() -> Cells:
            sizes = np.bincount(codes).astype(float)
            right, missed = (cluster_totals(each, codes).T / sizes for each in (values, errors))
            # Kish's effective number of clusters: with equal sizes each counts once.
            return np.ascontiguousarray(right), np.ascontiguousarray(missed), sizes * (sizes.sum() / (sizes**2).sum())

        return cls(mean, error, np.asarray(variance), m, cells, c)
