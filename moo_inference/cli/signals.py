"""Being stopped from outside: by Ctrl-C (SIGINT) or by the system (SIGTERM)."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """What stopped the run, if anything did."""

    signal: int | None = None

    @property
    def status(self) -> int:
        """The exit status by the shells' custom: 130 after SIGINT, 143 after SIGTERM."""
        return 128 + (self.signal or signal.SIGINT)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Turn both signals into KeyboardInterrupt, so that what is open is closed; a second one ends at once."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.signal is not None:
            os._exit(stop.status)
        stop.signal = number
        # Threads of a pool that is torn down may fail, which is of no more interest.
        threading.excepthook = lambda _: None
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    excepthook = threading.excepthook
    try:
        yield stop
    finally:
        threading.excepthook = excepthook
        for number, handler in before.items():
            signal.signal(number, handler)
