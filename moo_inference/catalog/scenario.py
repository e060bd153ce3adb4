"""A scenario: the budgets that a choice has to meet."""

from moo_inference.catalog.frozen import Fraction, Frozen, Name, PositiveAmount, Share

TOLERANCE = 1e-9
"""How far a budget may be exceeded, relative to it. One that equals a cost in decimal is often missed by one ulp."""


class Scenario(Frozen):
    """Budgets of one use (paper, Eq. 8), all of them inclusive.

    A budget holds for the mean over queries, as in the paper, or for a quantile where one is given.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        c_max: at most so many USD a query, or None for no budget.
        t_max: at most so many seconds a query, or None for no budget.
        a_min: at least this accuracy, in [0, 1].
        c_quantile: None, or the share of queries that must cost at most c_max (0.95: 95 of 100).
        t_quantile: None, or the share of queries that must finish within t_max (0.95 is a p95 SLO).
        a_quantile: None, or the share of queries that may be less accurate than a_min (0.05: 95 of 100 reach it).
    """

    name: Name
    c_max: PositiveAmount | None
    t_max: PositiveAmount | None
    a_min: Fraction
    c_quantile: Share | None = None
    t_quantile: Share | None = None
    a_quantile: Share | None = None

    @property
    def quantiles(self) -> tuple[float | None, float | None, float | None]:
        """The quantiles of cost, time and accuracy that the budgets look at, None for the mean."""
        return self.c_quantile, self.t_quantile, self.a_quantile
