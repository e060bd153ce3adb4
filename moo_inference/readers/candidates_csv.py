"""Candidates that were measured already: accuracy and USD per query of each, from a CSV."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.errors import ReaderError
from moo_inference.readers.csv_file import read_csv
from moo_inference.readers.document import Faults


@dataclass(frozen=True, eq=False)
class Candidates:
    """n candidates in the order of their file.

    Attributes:
        names: of each; one that comes several times (a cascade under several budgets) is not made one.
        accuracy: (n,) share of queries that were answered well, in [0, 1].
        usd_per_query: (n,) mean cost of a query.
        where: the file.
    """

    names: tuple[str, ...]
    accuracy: NDArray[np.float64]
    usd_per_query: NDArray[np.float64]
    where: str

    def __len__(self) -> int:
        return len(self.names)


def read_candidates(
    path: str | os.PathLike[str],
    *,
    name: str = "Method",
    accuracy: str = "Test_acc",
    usd_per_query: str = "Test_cost",
) -> Candidates:
    """Read measured candidates.

    Args:
        path: a CSV with a header. The default columns are those of FrugalGPT's summaries,
            https://github.com/stanford-futuredata/FrugalGPT (summary/summary_*_full_2024.csv).
        name: the column of the names.
        accuracy: the column of the accuracies, in [0, 1].
        usd_per_query: the column of the costs, in USD a query.

    Raises:
        ReaderError: (a ValueError) a column is missing, or a cell is at fault: each named with its line.
    """
    faults = Faults()
    names: list[str] = []
    accuracies, costs = [], []
    for chunk in read_csv(path, (name, accuracy, usd_per_query)):
        names.extend(cell.strip() for cell in chunk.columns[name])
        accuracies.append(chunk.numbers(accuracy, faults, least=0))
        costs.append(chunk.numbers(usd_per_query, faults, least=0))
        for row in np.flatnonzero(accuracies[-1] > 1).tolist():
            got = chunk.columns[accuracy][row]
            faults.add(chunk.fault(row, accuracy, f"must be a share of at most 1 (not in per cent), got {got}"))
    faults.check()
    if not names:
        raise ReaderError(f"{path}: must hold at least one candidate")
    return Candidates(tuple(names), np.concatenate(accuracies), np.concatenate(costs), str(path))
