"""What would be known of configurations if their models had answered other questions, fewer or further ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from moo_inference.estimators.curve import IntArray
from moo_inference.studies.posterior import Posterior


def with_questions(known: Posterior, answered: Sequence[IntArray], names: Sequence[IntArray]) -> Posterior:
    """What is known where each table has the answers to other questions, each of them as often as it is given.

    Args:
        known: with one table a model.
        answered: by table, (u,) places of units in it; at least one.
        names: by table, (u,) numbers that tell which question is which: equal ones, in two tables, are one question.

    Returns:
        The same configurations. A budget for a quantile counts as met, in `values`, by 0, and as broken by infinity.
    """
    F, values = known.F.copy(), known.values.copy()
    tables = []
    for table, of, own in zip(known.tables, answered, names, strict=True):
        order = np.argsort(own, kind="stable")
        places = of[order]
        part = replace(
            table,
            units=own[order],
            sizes=table.sizes[places],
            values=table.values[places],
            within=table.within[places],
        )
        place = np.ix_(part.rows, part.columns)
        F[place] = part.estimated
        values[place] = part.estimated
        values[part.rows, -1] = 1 - F[part.rows, -1]
        shares = part.within.sum(axis=0) / part.sizes.sum()
        values[np.ix_(part.rows, part.tails)] = np.where(shares >= part.least, 0.0, np.inf)
        tables.append(part)
    units = 1 + max((int(own.max()) for own in names), default=-1)
    return replace(known, F=F, values=values, tables=tuple(tables), units=units)
