"""Progress on stderr, for work that takes more than a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moo_inference.formatting.lines import note
from moo_inference.formatting.visible import one_line

_QUIET_SECONDS = 1.0
_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def report_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A callback that takes the steps done and in all: a bar in a terminal, else a line every ten seconds."""
    display = _Bar(what) if sys.stderr.isatty() else _Lines(what)
    try:
        yield display
    finally:
        display.close()


class _Rate:
    """How fast it goes, from the first report of some work on: what was done before took no time of this run."""

    def __init__(self) -> None:
        self.total = self.first = self.last = 0
        self.since = 0.0

    def text(self, done: int, total: int) -> str:
        """The steps a second, or a minute where they are few, and the time left; empty while nothing is known."""
        if total != self.total or done < self.last:
            self.total, self.first, self.since = total, done, time.monotonic()
        self.last = done
        seconds = time.monotonic() - self.since
        if done == self.first or not seconds:
            return ""
        rate = (done - self.first) / seconds
        pace = f"{rate:.3g} a second" if rate >= 1 else f"{60 * rate:.3g} a minute"
        return f", {pace}, about {_span((total - done) / rate)} left"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class _Lines:
    def __init__(self, what: str) -> None:
        self.what = what
        self.rate = _Rate()
        self.next = time.monotonic() + _QUIET_SECONDS

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        pace = self.rate.text(done, total)
        if now >= self.next and done < total:
            note(f"{self.what}: {done} of {total}{pace}")
            self.next = now + _SECONDS_BETWEEN_LINES

    def close(self) -> None:
        """Nothing is left open."""


class _Bar:
    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self.started = time.monotonic()
        self.rate = _Rate()
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[told]}"))
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task(one_line(what), told="")
        self.shown = False

    def __call__(self, done: int, total: int) -> None:
        if not self.shown and time.monotonic() - self.started >= _QUIET_SECONDS:
            self.bar.start()
            self.shown = True
        told = f"{done} of {total}{self.rate.text(done, total)}"
        self.bar.update(self.task, completed=done, total=total, told=told)

    def close(self) -> None:
        """Take the bar away."""
        if self.shown:
            self.bar.stop()
