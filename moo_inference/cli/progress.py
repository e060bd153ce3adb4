"""Progress on stderr, for work that takes more than a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from moo_inference.formatting.lines import note
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    from rich.progress import Progress

_QUIET_SECONDS = 1.0
_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def report_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A callback that takes the steps done and in all: a bar in a terminal, else a line every ten seconds."""
    display = _Display(what)
    try:
        yield display
    finally:
        if display.bar is not None and display.bar.live.is_started:
            display.bar.stop()


class _Display:
    def __init__(self, what: str) -> None:
        self.what = what
        self.next = time.monotonic() + _QUIET_SECONDS
        self.bar: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.bar is None:
            if now < self.next:
                return
            self.bar = _bar(self.what)
        [task] = self.bar.tasks
        if total != task.total or done < task.completed:
            # Work of its own, and what an earlier run did of it took no time of this one.
            self.bar.reset(task.id, total=total)
        self.bar.update(task.id, completed=done)
        if not sys.stderr.isatty() and now >= self.next and done < total:
            left = task.time_remaining
            note(f"{self.what}: {done} of {total}" + (f", {timedelta(seconds=left)} left" if left else ""))
            self.next = now + _SECONDS_BETWEEN_LINES


def _bar(what: str) -> "Progress":
    """A bar with the steps and the time left, open in a terminal; elsewhere it only counts."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        get_time=time.monotonic,
        # A step may take minutes: the time left rests on all steps of the run.
        speed_estimate_period=float("inf"),
    )
    bar.add_task(one_line(what))
    if sys.stderr.isatty():
        bar.start()
    return bar
