"""Solvers: exhaustive search, and pymoo's algorithms wired for integer grids."""

from moo_inference.solvers.evolutionary import nsga2
from moo_inference.solvers.exhaustive import ExhaustiveSearch

__all__ = ["ExhaustiveSearch", "nsga2"]
