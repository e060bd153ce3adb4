"""Signals in the process itself: what they become, the status they stand for, and whose handlers are back after."""

import signal
import threading

import pytest

from moo_inference.cli import signals
from moo_inference.cli.signals import stopping

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def handlers():
    """Handlers of a program around ours."""
    mine = {number: lambda *_: pytest.fail("the old handler was asked") for number in BOTH}
    before = {number: signal.signal(number, handler) for number, handler in mine.items()}
    yield mine
    for number, handler in before.items():
        signal.signal(number, handler)


def installed():
    return {number: signal.getsignal(number) for number in BOTH}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_an_interruption_with_its_own_status(number, status, handlers):
    with pytest.raises(KeyboardInterrupt), stopping() as stop:
        signal.raise_signal(number)
    assert (stop.signal, stop.status) == (number, status)
    assert installed() == handlers


def test_a_second_signal_ends_at_once_with_the_status_of_the_first(handlers, monkeypatch):
    def end(status):
        raise SystemExit(status)

    monkeypatch.setattr(signals.os, "_exit", end)
    with stopping() as stop:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        # Whatever is being put away takes too long.
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGINT)
    assert ended.value.code == 143
    assert stop.signal == signal.SIGTERM


def test_handlers_come_back_whatever_ends_the_work(handlers):
    with stopping() as stop:
        assert all(installed()[number] is not handlers[number] for number in BOTH)
    assert (installed(), stop.signal) == (handlers, None)
    with pytest.raises(OSError, match="full"), stopping():
        raise OSError("full")
    assert installed() == handlers


def test_a_thread_beside_the_main_one_leaves_the_handlers_as_they_are(handlers):
    """Python lets the main thread alone install any, and an interruption there has the usual status."""
    seen = []

    def work():
        with stopping() as stop:
            seen.extend((installed(), stop.signal, stop.status))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handlers, None, 130]
