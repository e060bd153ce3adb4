"""What was measured of one model, in a form that is resampled: questions, or passes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Model
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.evaluation.resampling import bayesian_weights

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class QuestionTable:
    """What n configurations of one model come to at u questions, or clusters of questions.

    Attributes:
        rows: (n,) places of the configurations among all.
        units: (u,) places of the questions or clusters among all.
        sizes: (u,) how many questions each has.
        columns: (c,) the objectives that are known question by question, the error as the last; others are certain.
        values: (u, n, c) their sums over the questions of a unit.
        tails: (d,) the columns whose budget is for a quantile.
        least: (d,) what share of queries must be within it.
        within: (u, n, d) the sums of the shares of queries that are.
        base: id of the model, whatever its policy of stopping; tables of one share their pseudo-questions.
    """

    rows: IntArray
    units: IntArray
    sizes: FloatArray
    columns: IntArray
    values: FloatArray
    tails: IntArray
    least: FloatArray
    within: FloatArray
    base: str = ""

    @cached_property
    def estimated(self) -> FloatArray:
        """(n, c) the objectives where all questions count alike."""
        return np.asarray(self.means(np.ones((1, len(self.units))))[0])

    def means(self, weights: FloatArray) -> FloatArray:
        """(R, n, c) the objectives where the units of the table have other weights (R, u)."""
        u, n, c = self.values.shape
        total = (weights @ self.sizes)[:, None, None]
        return np.asarray((weights @ self.values.reshape(u, n * c)).reshape(-1, n, c) / total)

    def drawn(self, weights: FloatArray, pseudo: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, BoolArray]:
        """(R, n, c) objectives and (R, n, d) whether budgets for quantiles are met, with pseudo-questions.

        Args:
            weights: (R, u) of the units.
            pseudo: (R, 1 + d) weights of the pseudo-questions that are met in full, and of those that are not.
        """
        d = len(self.tails)
        total = weights @ self.sizes
        # A pseudo-question weighs as much as a unit of mean size does.
        met, missed = (own * self.sizes.mean() for own in pseudo)
        means = self.means(weights)
        all_of_it = total[:, None] + met + missed
        means[..., -1] = (means[..., -1] * total[:, None] + missed[:, :1]) / all_of_it[:, :1]
        if not d:
            return means, np.empty((*means.shape[:2], 0), dtype=bool)
        u, n, _ = self.within.shape
        shares = (weights @ self.within.reshape(u, n * d)).reshape(-1, n, d)
        return means, (shares + met[:, None, 1:]) / all_of_it[:, None, 1:] >= self.least


@dataclass(frozen=True)
class PassesTable:
    """Measured passes of one model, which are resampled.

    Attributes:
        rows: (n,) places of the model's configurations among all.
        model: the model.
        k: (n,) passes.
        conditions: P and latency.
    """

    rows: IntArray
    model: Model
    k: IntArray
    conditions: Conditions

    @property
    def passes(self) -> int:
        """How many were measured."""
        return 0 if self.model.passes is None else len(self.model.passes.output_tokens)

    def drawn(self, resamples: int, rng: np.random.Generator) -> FloatArray:
        """(R, n, m - 1) by what factors cost, time and further resources differ from their estimates."""
        from moo_inference.estimators.empirical import resampled_means  # noqa: PLC0415 (only for measured passes)

        weights = bayesian_weights(self.passes, resamples + 1, rng)
        weights[0] = 1.0  # the passes as they were measured
        means = resampled_means(self.model, self.k, self.conditions, weights / weights.sum(axis=1, keepdims=True))
        with np.errstate(invalid="ignore", divide="ignore"):
            factors = means[1:] / means[0]
        return np.asarray(np.moveaxis(np.where(means[0] > 0, factors, 1.0), 1, 2))
