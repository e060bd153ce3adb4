"""Under which conditions passes are looked at: which k, how many at the same time, and how their times add up."""

from dataclasses import dataclass, replace
from functools import cached_property

from moo_inference.catalog import Model
from moo_inference.errors import ErrorCollector, SettingError, of_kind, whole_number

LATENCIES = ("ideal", "waves")

_MOST_POINTS = 1_000_000
_LARGEST = 10**15
"""A larger k is no count that floating-point numbers keep apart from its neighbours."""

_MOST_PARALLEL = 10**9


@dataclass(frozen=True)
class Conditions:
    """Which k are looked at, and how passes run. What is not possible is refused when one is made, all at once.

    Attributes:
        k_min: the smallest k; None means k_step.
        k_max: the largest k.
        k_step: the distance of the grid of k.
        parallel: passes at the same time, in place of each model's own number.
        latency: how times add up, `ideal` or `waves`, in place of each model's own rule.

    Raises:
        SettingError: (a ValueError) a number is not a whole one of at least 1, the grid is empty or has more than a
            million points, or the rule is unknown.
    """

    k_min: int | None = None
    k_max: int = 128
    k_step: int = 1
    parallel: int | None = None
    latency: str | None = None

    def __post_init__(self) -> None:
        errors = ErrorCollector()

        def settle(name: str, most: int) -> None:
            object.__setattr__(self, name, errors.attempt(whole_number, name, getattr(self, name), 1, most))

        for name in ("k_step", "k_max") if self.k_min is None else ("k_step", "k_min", "k_max"):
            settle(name, _LARGEST)
        if not errors.errors:
            errors.attempt(lambda: self.grid)
        if self.parallel is not None:
            settle("parallel", _MOST_PARALLEL)
        if self.latency is not None and self.latency not in LATENCIES:
            errors.add(f"latency must be one of: {', '.join(LATENCIES)}; got {self.latency!r}")
        errors.check()

    @cached_property
    def grid(self) -> range:
        """The numbers of passes to look at: k_min, k_min + k_step, ... <= k_max."""
        first = self.k_step if self.k_min is None else self.k_min
        if first > self.k_max:
            reason = "" if self.k_min is not None else " (k_min is k_step unless it is given)"
            raise SettingError(f"k_min <= k_max must hold, got k_min={first}, k_max={self.k_max}{reason}")
        grid = range(first, self.k_max + 1, self.k_step)
        if len(grid) > _MOST_POINTS:
            raise SettingError(
                f"the grid of k must have at most {_MOST_POINTS:,} points, got {len(grid):,}: raise k_step"
            )
        return grid

    def with_grid(self, k_min: int | None, k_max: int | None, k_step: int | None) -> "Conditions":
        """The same with another grid; None leaves a number as it is.

        Args:
            k_min: the smallest k.
            k_max: the largest k.
            k_step: the distance of the grid.

        Raises:
            SettingError: (a ValueError) a number is not a whole one of at least 1, or the grid is empty.
        """
        return replace(
            self,
            k_min=self.k_min if k_min is None else k_min,
            k_max=self.k_max if k_max is None else k_max,
            k_step=self.k_step if k_step is None else k_step,
        )

    def of(self, model: Model) -> tuple[int, str]:
        """The passes at the same time and the latency rule that hold for a model: its own where none is set here.

        A model that looks whether to stop after fewer passes runs no more at the same time.

        Raises:
            SettingError: (a ValueError) it is no Model.
        """
        of_kind("model", model, Model)
        return self.parallel_of(model), model.latency if self.latency is None else self.latency

    def parallel_of(self, model: Model) -> int:
        """The passes at the same time that hold for a model."""
        parallel = model.parallel if self.parallel is None else self.parallel
        return parallel if model.stop is None else model.stop.at_once(parallel)

    def to_dict(self) -> dict[str, int | str | None]:
        """The conditions as plain values, as settings record them; k_min is the smallest k of the grid."""
        return {
            "k_min": self.grid[0],
            "k_max": self.k_max,
            "k_step": self.k_step,
            "parallel": self.parallel,
            "latency": self.latency,
        }
