"""Pieces of work, and what runs them. The results are the same, bit for bit, whoever does.

Pieces are cut without regard to who runs them, and each computes with one thread, so that sums have one order.
"""

import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.errors import SettingError, WorkerError
from moo_inference.estimators import Progress
from moo_inference.execution.backends import Team, check_workers, ready_team
from moo_inference.execution.checkpoint import KeptPieces
from moo_inference.formatting.words import counted
from moo_inference.versions import versions

Arrays = dict[str, NDArray[Any]]
"""What a piece gives: plain arrays by name, which can be sent, and stored without trust in who wrote them."""

WORTH_WORKERS = 1.0
"""Seconds of work that must be left, by the time which the pieces so far took, before workers get any: about what
starting them takes."""


@dataclass(frozen=True)
class Piece:
    """A part of a study that can be computed alone.

    Attributes:
        key: what it computes, in words that no other piece of the same run has.
        function: of a module, so that it can be sent. What it returns are arrays by name.
        arguments: for the function; they are sent as well.
        fits: whether it could have returned some arrays: what is kept of it may have been tampered with.
        tells: whether the function takes `progress=` beside them, to be told of where it is the only piece.
    """

    key: str
    function: Callable[..., Arrays]
    arguments: tuple[Any, ...]
    fits: Callable[[Mapping[str, NDArray[Any]]], bool]
    tells: bool = False


def has_arrays(arrays: Mapping[str, NDArray[Any]], dtypes: Mapping[str, type], shapes: Mapping[str, Any]) -> bool:
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


def run_pieces(
    pieces: Sequence[Piece],
    *,
    workers: int | str = 1,
    kept: KeptPieces | None = None,
    progress: Progress | None = None,
) -> list[Arrays]:
    """Run pieces of work; their results in the order of the pieces.

    The first piece runs here. Once the time taken tells that more than a second of work is left, the others go to the
    workers. What a worker was at when it was killed is done again.

    Args:
        pieces: what to do, about alike in size.
        workers: how many processes of this machine, or the address of a running Dask scheduler (tcp://host:port).
        kept: where finished pieces are written to, and taken from where they are there already.
        progress: told how many pieces are done.

    Raises:
        SettingError: (a ValueError) workers are neither, Dask is not installed, or its workers have other versions.
        WorkerError: (a RuntimeError) nobody listens at the address, or workers die time and again.
        OutputError: (an OSError) a finished piece cannot be written.
    """
    check_workers(workers)
    alone = len(pieces) == 1 and pieces[0].tells
    results: dict[int, Arrays] = {}
    missing: dict[int, Piece] = {}
    for place, piece in enumerate(pieces):
        stored = None if kept is None else kept.read(piece.key, piece.fits)
        if stored is None:
            missing[place] = piece
        else:
            results[place] = stored

    def take(place: int, arrays: Arrays) -> None:
        if kept is not None:
            kept.write(missing[place].key, arrays)
        results[place] = arrays
        del missing[place]
        if progress is not None and not alone:
            progress(len(results), len(pieces))

    if progress is not None and results:
        progress(len(results), len(pieces))
    with ready_team(workers) as team:
        started = time.perf_counter()
        here = 0
        with _one_thread():
            while missing and not (team and here and _worth_workers(time.perf_counter() - started, here, len(missing))):
                place = next(iter(missing))
                take(place, _compute(missing[place], progress if alone else None))
                here += 1
        if missing and team:
            with closing(_elsewhere(missing, team)) as arriving:
                for place, arrays in arriving:
                    take(place, arrays)
    return [results[place] for place in range(len(pieces))]


def _left(missing: Mapping[int, Piece]) -> str:
    return f"{counted(len(missing), 'piece')} {'is' if len(missing) == 1 else 'are'} left"


def _worth_workers(seconds: float, done: int, left: int) -> bool:
    return seconds / done * left >= WORTH_WORKERS


def _elsewhere(missing: dict[int, Piece], team: Team) -> Generator[tuple[int, Arrays], None, None]:
    """Results as they come. The caller takes each out of `missing`; what is still in there is sent again."""
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415 (only where there are workers)

    ours = versions()
    deaths = 0
    while missing:
        before = len(missing)
        try:
            with parallel_config(**team.backend):
                work = [delayed(_compute_there)(place, piece, ours) for place, piece in missing.items()]
                with _stopped_early(Parallel(batch_size=1, return_as="generator_unordered")(work)) as arriving:
                    yield from arriving
        except team.deaths as error:
            deaths = deaths + 1 if len(missing) == before else 0
            if deaths >= team.patience:
                raise WorkerError(
                    f"workers died {counted(deaths, 'time')} in a row before a piece was finished (too little "
                    f"memory?); {_left(missing)}"
                ) from error
        except OSError as error:
            raise WorkerError(f"the connection to the workers was lost; {_left(missing)}") from error


@contextmanager
def _stopped_early(arriving: Any) -> Iterator[Any]:
    """A generator of joblib that may be left before its end, of which joblib would warn."""
    try:
        yield arriving
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arriving.close()


def _compute_there(place: int, piece: Piece, expected: dict[str, str]) -> tuple[int, Arrays]:
    """In a worker: a piece, if it would come out as here."""
    found = versions()
    if found != expected:
        others = [
            f"{name} {found[name]}, not {version}" for name, version in expected.items() if found[name] != version
        ]
        raise SettingError(f"a worker has other versions, and so other numbers: {'; '.join(others)}")
    with _one_thread():
        return place, _compute(piece)


def _compute(piece: Piece, progress: Progress | None = None) -> Arrays:
    options = {"progress": progress} if piece.tells else {}
    arrays = piece.function(*piece.arguments, **options)
    return {name: np.ascontiguousarray(values) for name, values in arrays.items()}


def _one_thread() -> Any:
    """A context in which sums are made by one thread, and so in one order."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 (not needed to parse options)

    return threadpool_limits(limits=1)
