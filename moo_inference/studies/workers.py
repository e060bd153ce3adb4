"""Who does the work: processes of this machine, or those of a Dask cluster; both through joblib."""

import functools
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moo_inference.errors import SettingError, WorkerError

_CONNECT_SECONDS = 10
_LOOK_FOR_PARENT_SECONDS = 0.5


@dataclass(frozen=True)
class Team:
    """Workers that are ready.

    Attributes:
        backend: what `joblib.parallel_config` is given.
        deaths: the exceptions which say that a worker died, and not that a piece is at fault.
        patience: so often in a row may workers die before any piece is finished.
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
        scheme, _, rest = workers.partition("://")
        port = rest.rpartition(":")[2]
        if scheme not in ("tcp", "tls", "ucx", "ws", "wss") or not port.isdigit():
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
        SettingError: (a ValueError) Dask is asked for and not installed.
        WorkerError: (a RuntimeError) nobody listens at the address, or the cluster has no worker.
    """
    if isinstance(workers, str):
        with _dask_team(workers) as team:
            yield team
    elif workers == 1:
        yield None
    else:
        from joblib.externals.loky.process_executor import BrokenProcessPool  # noqa: PLC0415 (slow to load)

        backend = {"backend": "loky", "n_jobs": workers, "max_nbytes": None, "initializer": obey_parent}
        yield Team(backend, (BrokenProcessPool,), patience=5)


@contextmanager
def _dask_team(address: str) -> Iterator[Team]:
    try:
        import distributed  # noqa: PLC0415 (slow to load, and an extra)
    except ImportError as error:
        raise SettingError(
            "a Dask cluster needs the extra `dask`, which is not installed: pip install 'moo-inference[dask]'"
        ) from error
    # What it has to say on lost connections is told by the exception.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise WorkerError(f"no Dask scheduler answers at {address} within {_CONNECT_SECONDS} seconds") from error
    try:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise WorkerError(f"the Dask cluster at {address} has no worker") from error
        yield Team(
            {"backend": _dask_backend(), "client": client, "n_jobs": -1},
            (distributed.scheduler.KilledWorker, distributed.CancelledError),
            # Dask itself has sent a piece to four workers before it gives up.
            patience=2,
        )
    finally:
        client.close(timeout=1)


@functools.cache
def _dask_backend() -> str:
    """The name of joblib's backend for Dask, in which a task that Dask gave up counts as failed.

    joblib 1.6 waits for such a task forever, since its callback hears of results alone.
    """
    from joblib import register_parallel_backend  # noqa: PLC0415 (only where there is a cluster)
    from joblib._dask import DaskDistributedBackend  # noqa: PLC0415

    class Backend(DaskDistributedBackend):  # type: ignore[misc]
        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)

            def tell_failure(done: Any) -> None:
                if done.exception() is not None:
                    callback(done.exception())

            future.add_done_callback(tell_failure)
            return future

    register_parallel_backend("moo-inference-dask", Backend)
    return "moo-inference-dask"


def obey_parent() -> None:
    """Make this worker leave the keyboard to its parent, and end soon after it, also where that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
