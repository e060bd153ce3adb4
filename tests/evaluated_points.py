"""Points of a problem evaluated without a solver."""

import numpy as np

from moo_inference.pareto.evaluated import Evaluated


def evaluated_at(problem, X):
    """What a problem without equality constraints gives at some points X (n, n_var)."""
    X = np.asarray(X)
    F, G = problem.evaluate(X, return_values_of=["F", "G"])
    return Evaluated(X, F, G, (G <= 0).all(axis=1))
