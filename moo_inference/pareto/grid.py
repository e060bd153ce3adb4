"""The grid of k."""

from moo_inference.errors import SettingError
from moo_inference.estimators.base import whole_number

_MOST_POINTS = 1_000_000
_LARGEST = 10**15
"""A larger k is no count that floating-point numbers keep apart from its neighbours."""


def pass_grid(k_min: int | None = None, k_max: int = 128, k_step: int = 1) -> range:
    """The numbers of passes to look at: k_min, k_min + k_step, ... <= k_max; k_min is k_step unless given.

    Raises:
        SettingError: (a ValueError) a setting is not a whole number of at least 1, or the grid is empty. All
            faults are told at once.
    """
    faults: list[str] = []
    numbers: list[int] = []
    for name, value in (("k_step", k_step), ("k_min", k_step if k_min is None else k_min), ("k_max", k_max)):
        try:
            numbers.append(whole_number(name, value, 1, _LARGEST))
        except SettingError as error:
            if not (name == "k_min" and k_min is None):
                faults.extend(error.faults)
    if faults:
        raise SettingError(faults)
    step, first, last = numbers
    if first > last:
        reason = "" if k_min is not None else " (k_min is k_step unless it is given)"
        raise SettingError(f"k_min <= k_max must hold, got k_min={first}, k_max={last}{reason}")
    grid = range(first, last + 1, step)
    if len(grid) > _MOST_POINTS:
        raise SettingError(f"the grid of k must have at most {_MOST_POINTS:,} points, got {len(grid):,}: raise k_step")
    return grid
