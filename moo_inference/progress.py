"""Progress on stderr, for work that takes more than a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


class _Lines:
    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()
        self.next = self.started + _QUIET_SECONDS

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self.next and done < total:
            left = (now - self.started) / done * (total - done)
            sys.stderr.write(f"moo-inference: {self.what}: {done} of {total}, about {left:.0f} s left\n")
            sys.stderr.flush()
            self.next = now + _SECONDS_BETWEEN_LINES

    def close(self) -> None:
        """Nothing is left open."""


class _Bar:
    def __init__(self, what: str) -> None:
        from rich.console import Console  # noqa: PLC0415 (only in a terminal)
        from rich.progress import Progress  # noqa: PLC0415

        self.started = time.monotonic()
        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task(what)
        self.shown = False

    def __call__(self, done: int, total: int) -> None:
        if not self.shown and time.monotonic() - self.started >= _QUIET_SECONDS:
            self.bar.start()
            self.shown = True
        self.bar.update(self.task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self.shown:
            self.bar.stop()
