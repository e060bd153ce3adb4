"""Whoever listens at the address of a scheduler and is none is told of in a line, and soon."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from moo_inference.errors import SettingError, WorkerError
from moo_inference.execution import backends
from moo_inference.execution.backends import check_workers, ready_team

pytest.importorskip("distributed")

ANSWERS = {
    "nothing": None,
    "an end": b"",
    "HTTP, unasked": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a huge frame": struct.pack("<QQ", 2**62, 1) + b"x" * 64,
    "no frame": bytes(64),
    "half a length": b"\x10\x00",
    "a frame of nonsense": struct.pack("<QQQ", 24, 1, 8) + b"\xc1" * 8,
    "a frame that does not end": struct.pack("<QQ", 64, 1),
    "frames without an end": struct.pack("<QQ", 24, 2**40) + b"x" * 16,
}


@pytest.fixture
def stranger():
    """Starts a server that greets everybody with the same bytes; gives its address."""
    with contextlib.ExitStack() as stack:

        def start(greeting):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve():
                while True:
                    try:
                        stream, _ = server.accept()
                    except OSError:
                        return
                    stack.callback(stream.close)
                    with contextlib.suppress(OSError):
                        if greeting is not None:
                            stream.sendall(greeting)
                        if greeting == b"":
                            stream.shutdown(socket.SHUT_RDWR)

            threading.Thread(target=serve, daemon=True).start()
            return f"tcp://127.0.0.1:{server.getsockname()[1]}"

        yield start


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(backends, "_CONNECT_SECONDS", 0.5)


def refused(address):
    before = time.monotonic()
    with pytest.raises(WorkerError) as caught, ready_team(address):
        pass
    assert time.monotonic() - before < 5
    assert len(caught.value.errors) == 1
    return caught.value.errors[0]


@pytest.mark.parametrize("answer", list(ANSWERS))
def test_who_is_no_scheduler_is_told_of_in_time(answer, stranger, capfd):
    address = stranger(ANSWERS[answer])
    assert refused(address).startswith(f"no Dask scheduler answers at {address} within 0.5 seconds")
    assert capfd.readouterr().err == ""


def test_a_queue_that_nobody_serves_is_told_of_in_time():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        assert "no Dask scheduler answers" in refused(f"tcp://127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tls://127.0.0.1:8786", "tls:// needs certificates"),
        ("wss://127.0.0.1:8786", "wss:// needs certificates"),
        ("ucx://127.0.0.1:8786", "ucx:// needs the package ucxx"),
        ("ws://127.0.0.1:1", "no Dask scheduler answers at ws://127.0.0.1:1"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("tcp://no-such-host.invalid:1", "no Dask scheduler answers"),
        ("tcp://" + "a" * 300 + ":1", "no Dask scheduler answers"),
    ],
)
def test_what_cannot_be_connected_to_is_told(address, words):
    assert words in refused(address)


@pytest.mark.parametrize(
    "port", ["\u00b2", "8\u00b2", "\u0664\u0662", "0", "65536", "-1", "+1", "1_0", "0x10", " 80", "80 ", "", "9" * 400]
)
def test_a_port_is_digits_that_a_port_can_have(port):
    with pytest.raises(SettingError, match=r"must be like tcp://127\.0\.0\.1:8786"):
        check_workers(f"tcp://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "address", ["tcp://:80", "tcp:// x:80", "tcp://a/b:80", "tcp://u@h:80", "://h:80", "tcp:h:80", "http://h:80"]
)
def test_a_host_is_one(address):
    with pytest.raises(SettingError, match=r"must be like tcp://127\.0\.0\.1:8786"):
        check_workers(address)
    check_workers("tcp://[::1]:8786")
