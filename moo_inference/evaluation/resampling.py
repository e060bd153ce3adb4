"""Draws of what an evaluation's questions may really be like: weights of the Bayesian bootstrap."""

import numpy as np

from moo_inference.evaluation.checks import FloatArray

PSEUDO = 1.0
"""How much of a question the two pseudo-questions of each model weigh, one with every pass right, one with none."""


def bayesian_weights(units: int, resamples: int, rng: np.random.Generator) -> FloatArray:
    """(resamples, units) weights with mean 1 of the posterior over which questions there are to be asked.

    Divided by their sum they are Dirichlet(1, ..., 1), and those of some of the units are again.

    Source: D. B. Rubin, The Bayesian Bootstrap, Annals of Statistics 9 (1981).

    Args:
        units: how many questions there are, or clusters of them.
        resamples: how many draws of the posterior.
        rng: draws.
    """
    return rng.standard_exponential((resamples, units))


def pseudo_weights(columns: int, resamples: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Weights of the pseudo-questions: (resamples, columns) of those that are met in full, and of those that are not.

    With them a share that was 0 or 1 at all questions is not taken to be that for sure: of n questions without spread
    it is Beta(n + 1, 1), the posterior under a uniform prior.

    Args:
        columns: how many shares get pseudo-questions of their own.
        resamples: how many draws of the posterior.
        rng: draws.
    """
    met, missed = rng.gamma(PSEUDO, size=(2, resamples, columns))
    return met, missed
