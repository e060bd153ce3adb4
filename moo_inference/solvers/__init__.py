"""Solvers: exhaustive search, and pymoo's algorithms wired for integer grids."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pymoo.core.algorithm import Algorithm

from moo_inference.solvers.evolutionary import nsga2, nsga3, sms_emoa, spea2, u_nsga3
from moo_inference.solvers.exhaustive import ExhaustiveSearch, grid_points, grid_size

SEARCHES: Mapping[str, Callable[..., Algorithm]] = MappingProxyType(
    {"nsga2": nsga2, "nsga3": nsga3, "u-nsga3": u_nsga3, "sms-emoa": sms_emoa, "spea2": spea2}
)
"""The searches by id: each makes an algorithm from a problem and seed, pop_size, n_gen."""

__all__ = [
    "SEARCHES",
    "ExhaustiveSearch",
    "grid_points",
    "grid_size",
    "nsga2",
    "nsga3",
    "sms_emoa",
    "spea2",
    "u_nsga3",
]
