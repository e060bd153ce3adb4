"""Weights of questions in resamples of an evaluation: those of the bootstrap and of the Bayesian bootstrap."""

import numpy as np

from moo_inference.evaluation.checks import FloatArray


def bootstrap_weights(questions: int, resamples: int, rng: np.random.Generator) -> FloatArray:
    """(resamples, questions) how often each question is drawn where as many are drawn with replacement.

    Source: B. Efron, Bootstrap Methods: Another Look at the Jackknife, Annals of Statistics 7 (1979).

    Args:
        questions: how many there are.
        resamples: how often they are drawn.
        rng: draws.
    """
    return rng.multinomial(questions, np.full(questions, 1 / questions), size=resamples).astype(float)


def bayesian_weights(questions: int, resamples: int, rng: np.random.Generator) -> FloatArray:
    """(resamples, questions) weights with sum 1 of the posterior over which questions there are to be asked.

    Source: D. B. Rubin, The Bayesian Bootstrap, Annals of Statistics 9 (1981).

    Args:
        questions: how many there are.
        resamples: how many draws of the posterior.
        rng: draws.
    """
    return rng.dirichlet(np.ones(questions), size=resamples)
