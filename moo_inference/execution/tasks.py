"""Tasks, and what runs them. The results are the same, bit for bit, wherever they run.

Tasks are cut without regard to where they run, and each computes with one thread, so that sums have one order.
"""

import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import resource_tracker
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from moo_inference.errors import SettingError, WorkerError
from moo_inference.estimators import Progress
from moo_inference.execution.backends import Team, check_workers, ready_team
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.formatting.words import counted
from moo_inference.versions import versions

Result = TypeVar("Result")

Arrays = dict[str, NDArray[Any]]
"""A result on disk: plain arrays by name, which can be read without trusting what wrote them."""

WORTH_WORKERS = 1.0
"""Seconds of work that must be left, by the time which the tasks so far took, before workers get any: about what
starting them takes."""


@dataclass(frozen=True)
class Packing(Generic[Result]):
    """How a result gets to a disk and back.

    Attributes:
        pack: a result as arrays.
        unpack: the result of such arrays.
        fits: whether arrays could be those of the task: what is on disk may have been tampered with.
    """

    pack: Callable[[Result], Arrays]
    unpack: Callable[[Arrays], Result]
    fits: Callable[[Mapping[str, NDArray[Any]]], bool]


@dataclass(frozen=True)
class Task(Generic[Result]):
    """A part of a study that can be computed alone.

    Attributes:
        key: what it computes, in words that no other task of the same run has.
        function: of a module, so that it can be sent. What it returns can be pickled.
        arguments: for the function; they are sent as well.
        packing: how its result gets to a disk and back.
        reports_progress: whether the function takes `progress=` too, for where it is the only task.
    """

    key: str
    function: Callable[..., Result]
    arguments: tuple[Any, ...]
    packing: Packing[Result]
    reports_progress: bool = False


def has_arrays(arrays: Arrays, dtypes: Mapping[str, type], shapes: Mapping[str, Any]) -> bool:
    """Whether there are just these arrays.

    Args:
        arrays: by name.
        dtypes: of each, a type of numpy.
        shapes: of each; None stands for any length.
    """
    return arrays.keys() == dtypes.keys() and all(
        arrays[name].dtype == dtype
        and arrays[name].ndim == len(shapes[name])
        and all(wanted in (None, size) for wanted, size in zip(shapes[name], arrays[name].shape, strict=True))
        for name, dtype in dtypes.items()
    )


@dataclass(frozen=True)
class Runner:
    """Where the tasks of a study run, where finished ones are stored, and what is called on progress.

    Attributes:
        workers: how many processes of this machine, or the address of a running Dask scheduler (tcp://host:port).
        checkpoint: where finished tasks are written to, and taken from where they are there already.
        progress: called with the number of tasks that are done, and of all.

    Raises:
        SettingError: (a ValueError) workers are neither.
    """

    workers: int | str = 1
    checkpoint: Checkpoint | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers)

    def run(self, tasks: Sequence[Task[Result]]) -> list[Result]:
        """Run tasks, about alike in size; their results in the order of the tasks.

        The first task runs here. Once the time taken predicts more than a second of remaining work, the others go to
        the workers. The task of a worker that was killed runs again.

        Raises:
            SettingError: (a ValueError) Dask is not installed, or its workers have other versions.
            WorkerError: (a RuntimeError) no scheduler listens at the address, or workers die repeatedly.
            OutputError: (an OSError) a finished task cannot be written.
        """
        results = self._finished_before(tasks)
        missing = {place: task for place, task in enumerate(tasks) if place not in results}
        alone = len(tasks) == 1 and tasks[0].reports_progress

        def take(place: int, result: Result) -> None:
            if self.checkpoint is not None:
                self.checkpoint.write(missing[place].key, missing[place].packing.pack(result))
            results[place] = result
            del missing[place]
            if not alone:
                self._report(len(results), len(tasks))

        if results:
            self._report(len(results), len(tasks))
        with ready_team(self.workers) as team:
            started = time.perf_counter()
            here = 0

            def enough_here() -> bool:
                return bool(team and here) and _worth_workers(time.perf_counter() - started, here, len(missing))

            with _one_thread():
                while missing and not enough_here():
                    place = next(iter(missing))
                    take(place, _compute(missing[place], self.progress if alone else None))
                    here += 1
            if missing and team:
                with closing(_elsewhere(missing, team)) as arriving:
                    for place, result in arriving:
                        take(place, result)
        return [results[place] for place in range(len(tasks))]

    def _finished_before(self, tasks: Sequence[Task[Result]]) -> dict[int, Result]:
        """What the checkpoint holds of the tasks, by their places."""
        if self.checkpoint is None:
            return {}
        stored = ((place, task, self.checkpoint.read(task.key, task.packing.fits)) for place, task in enumerate(tasks))
        return {place: task.packing.unpack(arrays) for place, task, arrays in stored if arrays is not None}

    def _report(self, done: int, of: int) -> None:
        if self.progress is not None:
            self.progress(done, of)


def _left(missing: Mapping[int, Task[Any]]) -> str:
    return f"{counted(len(missing), 'task')} {'is' if len(missing) == 1 else 'are'} left"


def _worth_workers(seconds: float, done: int, left: int) -> bool:
    return seconds / done * left >= WORTH_WORKERS


def _elsewhere(missing: dict[int, Task[Result]], team: Team) -> Generator[tuple[int, Result], None, None]:
    """Results as they come. The caller takes each out of `missing`; what is still in there is sent again."""
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415 (only where there are workers)

    ours = versions()
    deaths = 0
    while missing:
        before = len(missing)
        try:
            with parallel_config(**team.backend):
                work = [
                    delayed(_compute_there)(place, task.function, task.arguments, ours)
                    for place, task in missing.items()
                ]
                with (
                    _interrupts_held() as release,
                    _stopped_early(Parallel(batch_size=1, return_as="generator_unordered")(work)) as arriving,
                ):
                    release()
                    yield from arriving
        except team.deaths as error:
            deaths = deaths + 1 if len(missing) == before else 0
            if deaths >= team.patience:
                raise WorkerError(
                    f"workers died {counted(deaths, 'time')} in a row before a task was finished (too little "
                    f"memory?); {_left(missing)}"
                ) from error
        except OSError as error:
            raise WorkerError(f"the connection to the workers was lost; {_left(missing)}") from error


@contextmanager
def _interrupts_held() -> Iterator[Callable[[], None]]:
    """SIGINT waits until what this yields is called, and for good in processes and threads that start before.

    A pool whose start is broken off leaves processes and semaphores behind. And Ctrl-C reaches workers as well: one
    that still loads its modules would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # as on Windows
        yield lambda: None
        return
    # Started in here, Python's own helper of worker pools would let the signal through again (until Python 3.12).
    resource_tracker.ensure_running()
    waiting: list[tuple[int, Any]] = []
    own = threading.current_thread() is threading.main_thread()
    # Another thread may receive what is blocked here, and Python would still call the handler in the main thread.
    handler = signal.signal(signal.SIGINT, lambda *received: waiting.append(received)) if own else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    held = True

    def release() -> None:
        nonlocal held
        if held:
            held = False
            if own:
                signal.signal(signal.SIGINT, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            if waiting and callable(handler):
                handler(*waiting[0])

    try:
        yield release
    finally:
        release()


@contextmanager
def _stopped_early(arriving: Any) -> Iterator[Any]:
    """A generator of joblib that may be left before its end, of which joblib would warn."""
    try:
        yield arriving
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arriving.close()


def _compute_there(
    place: int, function: Callable[..., Result], arguments: tuple[Any, ...], expected: dict[str, str]
) -> tuple[int, Result]:
    """In a worker: the result of a task, if it would come out as here."""
    ours = versions()
    if ours != expected:
        others = [f"{name} {ours[name]}, not {version}" for name, version in expected.items() if ours[name] != version]
        raise SettingError(f"a worker has other versions, and so other numbers: {'; '.join(others)}")
    with _one_thread():
        return place, function(*arguments)


def _compute(task: Task[Result], progress: Progress | None) -> Result:
    return task.function(*task.arguments, **({"progress": progress} if task.reports_progress else {}))


def _one_thread() -> Any:
    """A context in which sums are made by one thread, and so in one order."""
    return _pools(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _pools(modules: int) -> Any:
    """The pools of threads with so many modules loaded: to look for them takes longer than a small task."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 (not needed to parse options)

    return ThreadpoolController()
