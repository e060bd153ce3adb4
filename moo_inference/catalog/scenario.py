"""A scenario: the budgets that a choice has to meet."""

from moo_inference.catalog.frozen import Fraction, Frozen, Name, Positive


class Scenario(Frozen):
    """Budgets of one use (paper, Eq. 8), all of them inclusive and for the mean over queries.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        c_max: at most so many USD a query, or None for no budget.
        t_max: at most so many seconds a query, or None for no budget.
        a_min: at least this accuracy, in [0, 1].
    """

    name: Name
    c_max: Positive | None
    t_max: Positive | None
    a_min: Fraction
