"""How a figure is measured: works that take turns, processor time, and ratios within one turn."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Work = Callable[[], object]
FloatArray = NDArray[np.float64]

_LEAST_SECONDS = 0.005
"""Quicker works are repeated until they take as long, so that the clock's own time is nothing."""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: ours, in words.
        against: what it is compared with.
        limit: what cannot be done without, or the growth that is expected.
        ours: in `unit`.
        other: of what it is compared with, in `unit`.
        floor: of the limit, in `unit`; of a growth, its slope.
        ratio: ours / other, the median over repetitions; of a growth, its slope.
        low: lower quartile of the ratio over repetitions.
        high: upper quartile.
        away: ours / limit, the median over repetitions.
        target: the largest value that meets the target, or None.
        target_of: of which it is: `ratio`, or `ours`.
        unit: `s` or `MB`.
        slope: whether this is a growth.
        why: what is known of why the target is not met where it is not.
    """

    what: str
    against: str
    limit: str
    ours: float
    other: float
    floor: float
    ratio: float
    low: float
    high: float
    away: float
    target: float | None = None
    target_of: str = "ratio"
    unit: str = "s"
    slope: bool = False
    why: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return (self.ratio if self.target_of == "ratio" else self.ours) <= self.target


def seconds_of(work: Work, loops: int = 1) -> float:
    """Processor seconds of one run of a work, all threads of this process together."""
    start = time.process_time()
    for _ in range(loops):
        work()
    return (time.process_time() - start) / loops


def take_turns(works: Mapping[str, Work], repetitions: int) -> dict[str, FloatArray]:
    """(repetitions,) seconds of each work. They take turns, so that what slows the machine slows all of them."""
    loops = {}
    for name, work in works.items():
        taken = seconds_of(work)  # not counted, since the first call may load and keep things
        if taken < 1:
            taken = seconds_of(work)
        loops[name] = max(1, math.ceil(_LEAST_SECONDS / max(taken, 1e-9)))
    turns = [[seconds_of(work, loops[name]) for name, work in works.items()] for _ in range(repetitions)]
    return dict(zip(works, np.array(turns).T, strict=True))


def compare(
    what: str,
    taken: Mapping[str, FloatArray],
    ours: str,
    against: str,
    limit: str,
    *,
    target: float | None = None,
    target_of: str = "ratio",
    unit: str = "s",
    why: str = "",
) -> Figure:
    """A figure from what `take_turns` measured; `ours`, `against` and `limit` are names of works."""
    one, other, floor = taken[ours], taken[against], taken[limit]
    low, ratio, high = np.percentile(one / other, (25, 50, 75)).tolist()
    middle = (float(np.median(values)) for values in (one, other, floor))
    away = float(np.median(one / floor))
    return Figure(what, against, limit, *middle, ratio, low, high, away, target, target_of, unit=unit, why=why)


def growth(
    what: str,
    sizes: Sequence[int],
    work: Callable[[int], Work],
    repetitions: int,
    *,
    expected: float = 1.0,
    why: str = "in proportion",
) -> Figure:
    """The log-log slope of time in size, by least squares over the sizes.

    Args:
        what: what grows, in words.
        sizes: ascending.
        work: the work of each size.
        repetitions: how often each size is timed.
        expected: the slope that the formulas lead to expect at most.
        why: that in words.
    """
    turns = np.stack(list(take_turns({str(size): work(size) for size in sizes}, repetitions).values()), axis=1)
    slopes = np.array([np.polyfit(np.log(sizes), np.log(turn), 1)[0] for turn in turns])
    low, slope, high = np.percentile(slopes, (25, 50, 75)).tolist()
    first, last = np.median(turns, axis=0)[[0, -1]].tolist()
    return Figure(
        f"{what}: {sizes[0]:,} to {sizes[-1]:,}",
        f"{sizes[0]:,}",
        why,
        last,
        first,
        expected,
        slope,
        low,
        high,
        slope / expected,
        slope=True,
    )


_MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def command(*words: str) -> Callable[[], tuple[float, float]]:
    """A command whose call gives its processor seconds and its peak memory in MB."""

    def run() -> tuple[float, float]:
        # With bytecode, as of an installed package, whatever this shell says.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        # By way of a small process: a child's peak is never below what its parent held when it started.
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, *words], capture_output=True, text=True, check=True, env=environment
        )
        seconds, peak = map(float, done.stdout.split())
        return seconds, peak / (2**20 if sys.platform == "darwin" else 2**10)

    return run


def commands_take_turns(
    commands: Mapping[str, Sequence[str]], repetitions: int, *, not_counted: int = 1
) -> tuple[dict[str, FloatArray], ...]:
    """Processor seconds and peak memory in MB of each command, (repetitions,) each; the first turns are not counted."""
    runs = {name: command(*words) for name, words in commands.items()}
    turns = np.array([[run() for run in runs.values()] for _ in range(not_counted + repetitions)])[not_counted:]
    return tuple(dict(zip(runs, turns[:, :, which].T, strict=True)) for which in (0, 1))
