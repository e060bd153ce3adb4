"""Where tasks run: processes of this machine, or those of a Dask cluster; both through joblib."""

import functools
import os
import queue
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from moo_inference.errors import SettingError, WorkerError

_CONNECT_SECONDS = 5.0
"""With what loading Dask takes, within ten seconds."""
_GRACE_SECONDS = 0.5
_SCHEMES = ("tcp", "tls", "ucx", "ws", "wss")
_TALKERS = ("distributed", "tornado", "asyncio")
_LENGTH = struct.Struct("<Q")
_LONGEST_GREETING = 1 << 16
_LOOK_FOR_PARENT_SECONDS = 0.5


@dataclass(frozen=True)
class Team:
    """Workers that are ready.

    Attributes:
        backend: what `joblib.parallel_config` is given.
        deaths: the exceptions which say that a worker died, and not that a task failed.
        patience: so often in a row may workers die before any task is finished.
    """

    backend: dict[str, Any]
    deaths: tuple[type[BaseException], ...]
    patience: int


def check_workers(workers: int | str) -> None:
    """Refuse what is neither a number of processes nor an address.

    Raises:
        SettingError: (a ValueError) it is neither.
    """
    if isinstance(workers, str):
        scheme, host, port = _parts(workers)
        if scheme not in _SCHEMES or not host or port is None:
            raise SettingError(
                f"the address of a Dask scheduler must be like tcp://127.0.0.1:8786 (tcp://host:port), got {workers!r}"
            )
    elif isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SettingError(
            f"workers must be a whole number of at least 1, or the address of a Dask scheduler, got {workers!r}"
        )


@contextmanager
def ready_team(workers: int | str) -> Iterator[Team | None]:
    """The workers to be had; None where the work stays here. A cluster is connected to, and let go of at the end.

    Raises:
        SettingError: (a ValueError) an address is given and Dask is not installed.
        WorkerError: (a RuntimeError) no scheduler listens at the address, or the cluster has no worker.
    """
    if isinstance(workers, str):
        with _dask_team(workers) as team:
            yield team
    elif workers == 1:
        yield None
    else:
        from joblib.externals.loky.process_executor import BrokenProcessPool  # noqa: PLC0415 (slow to load)

        backend = {"backend": "loky", "n_jobs": workers, "max_nbytes": None, "initializer": follow_parent}
        yield Team(backend, (BrokenProcessPool,), patience=5)


def _parts(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address; None for what is no port."""
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    valid = host.isprintable() and not any(letter.isspace() or letter in "/?#@" for letter in host)
    return scheme, host if valid else "", number if 0 < number < 65_536 else None


@contextmanager
def _dask_team(address: str) -> Iterator[Team]:
    try:
        import distributed  # noqa: PLC0415 (slow to load, and an extra)
    except ImportError as error:
        raise SettingError(
            'a Dask cluster needs the extra `dask`, which is not installed: pip install -e ".[dask]" in a clone'
        ) from error
    import logging  # noqa: PLC0415 (only where there is a cluster)

    # The exception reports what these would log of lost connections.
    for name in (*_TALKERS, *logging.root.manager.loggerDict):
        if name.split(".")[0] in _TALKERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    client = _connected(address)
    try:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise WorkerError(f"the Dask cluster at {address} has no worker") from error
        yield Team(
            {"backend": _dask_backend(), "client": client, "n_jobs": -1},
            (distributed.scheduler.KilledWorker, distributed.CancelledError),
            # Dask itself has sent a task to four workers before it gives up.
            patience=2,
        )
    finally:
        client.close(timeout=1)


def _connected(address: str) -> Any:
    """A client of the scheduler at an address.

    Raises:
        WorkerError: (a RuntimeError) there is none, or it does not answer in time.
    """
    import distributed  # noqa: PLC0415 (slow to load, and an extra)

    class Client(distributed.Client):
        def __del__(self) -> None:
            """Do nothing: it is closed below, and Dask's own waits, and prints a traceback, if it never connected."""

    until = time.monotonic() + _CONNECT_SECONDS
    _refuse_without_setup(address)
    if address.startswith("tcp://"):
        _refuse_strangers(address, until)
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def connect() -> None:
        try:
            left = max(0.1, until - time.monotonic())
            answers.put(Client(address, timeout=left, set_as_default=False))
        except Exception as error:  # noqa: BLE001 (whatever Dask raises on another server's answer is reported below)
            answers.put(error)

    # Dask's own patience does not end with some answers, and with none of a scheduler that is frozen.
    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.1, until - time.monotonic()) + _GRACE_SECONDS)
    except queue.Empty as error:
        raise _no_scheduler(address) from error
    if isinstance(answer, Exception):
        raise _no_scheduler(address) from answer
    return answer


def _no_scheduler(address: str, why: str = "") -> WorkerError:
    return WorkerError(f"no Dask scheduler answers at {address} within {_CONNECT_SECONDS:g} seconds{why}")


def _refuse_without_setup(address: str) -> None:
    """Refuse a kind of address for which this machine has no certificates, or no package.

    Raises:
        WorkerError: (a RuntimeError) what is missing is named.
    """
    from distributed.comm.registry import get_backend  # noqa: PLC0415 (slow to load, and an extra)
    from distributed.security import Security  # noqa: PLC0415

    scheme = address.partition("://")[0]
    try:
        get_backend(scheme)
        arguments = Security().get_connection_args("client")
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise WorkerError(f"{scheme}:// cannot be used here: {error}") from error
    if scheme == "ucx" and not any(map(find_spec, ("ucxx", "ucp"))):
        raise WorkerError("ucx:// needs the package ucxx, which is not installed")
    if scheme in ("tls", "wss") and arguments.get("ssl_context") is None:
        raise WorkerError(
            f"{scheme}:// needs certificates, and Dask's configuration names none (distributed.comm.tls.client)"
        )


def _refuse_strangers(address: str, until: float) -> None:
    """Refuse a server that does not greet as a scheduler does: at once, with eight bytes for a small length.

    Raises:
        WorkerError: (a RuntimeError) no server listens, or it is no scheduler.
    """
    _, host, port = _parts(address)
    greeting = b""
    try:
        left = max(0.1, until - time.monotonic())
        with socket.create_connection((host.strip("[]"), port or 0), timeout=left) as stream:
            while len(greeting) < _LENGTH.size:
                stream.settimeout(max(0.1, until - time.monotonic()))
                part = stream.recv(_LENGTH.size - len(greeting))
                if not part:
                    break
                greeting += part
    except (OSError, ValueError) as error:
        raise _no_scheduler(address) from error
    if len(greeting) < _LENGTH.size or not 0 < _LENGTH.unpack(greeting)[0] <= _LONGEST_GREETING:
        raise _no_scheduler(address, "; the server there is none")


@functools.cache
def _dask_backend() -> str:
    """The name of joblib's backend for Dask, in which a task that Dask gave up counts as failed.

    joblib 1.6 waits for such a task forever, since its callback hears of results alone.
    """
    import asyncio  # noqa: PLC0415 (only where there is a cluster)
    import concurrent.futures  # noqa: PLC0415

    from joblib import register_parallel_backend  # noqa: PLC0415 (only where there is a cluster)
    from joblib._dask import DaskDistributedBackend  # noqa: PLC0415

    class Backend(DaskDistributedBackend):  # type: ignore[misc]
        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)

            def report_failure(done: Any) -> None:
                try:
                    error = done.exception()
                except (asyncio.CancelledError, concurrent.futures.CancelledError, OSError, RuntimeError) as lost:
                    # Raised, and not returned, where the scheduler is gone.
                    error = lost
                if error is not None:
                    callback(error)

            future.add_done_callback(report_failure)
            return future

    register_parallel_backend("moo-inference-dask", Backend)
    return "moo-inference-dask"


def follow_parent() -> None:
    """Ignore SIGINT and exit when the parent process dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
