"""Finished tasks in a folder, so that a run that was interrupted can go on."""

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.deprecations import renamed
from moo_inference.documents.files import HALF_WRITTEN, prepare_folder, write_atomically
from moo_inference.documents.results import SETTINGS, TASKS_FOLDER, recorded, refuse_differences, refuse_other_settings
from moo_inference.errors import OutputError

_LOCK = "lock"
_PIECE = re.compile(r"[0-9a-f]{24}\.piece")
_DIGEST = hashlib.sha256().digest_size
_START_OVER = "--start-over to throw it away"


class Checkpoint:
    """The finished tasks of one run. Each file is written atomically, and a damaged one counts as missing."""

    def __init__(self, results: Path, run: str, *, start_over: bool = False, overwrite: bool = False) -> None:
        """Made by `checkpoint`."""
        self.results = results
        self.run = run
        self.folder = results / TASKS_FOLDER / run
        self.count = 0
        self.start_over = start_over
        self.overwrite = start_over or overwrite
        self._settled = False

    def expect_once(self, settings: Mapping[str, Any]) -> None:
        """`expect`, unless a larger run has set the settings of the tasks already."""
        if not self._settled:
            self.expect(settings)

    def expect(self, settings: Mapping[str, Any]) -> None:
        """Set the settings that the tasks belong to, before the first is read.

        Args:
            settings: all that shapes the results, as plain values.

        Raises:
            SettingError: (a ValueError) the folder has tasks of other settings; what differs is named.
            OutputError: (an OSError) the folder cannot be written.
        """
        self._settled = True
        path = self.folder / SETTINGS
        text = json.dumps(settings, indent=1) + "\n"
        now = json.loads(text)
        before = recorded(path)
        if before is not None and not self.overwrite:
            refuse_differences(self.results, before, now, _START_OVER)
        elif not self.overwrite:
            refuse_other_settings(self.results, self.run, now, _START_OVER)
        if self.start_over or before != now:
            self._forget()
            write_atomically(path, text)

    def _forget(self) -> None:
        """Delete the finished tasks, and no other file of the folder."""
        for entry in os.listdir(self.folder):
            if _PIECE.fullmatch(entry) or entry == SETTINGS:
                (self.folder / entry).unlink(missing_ok=True)

    def read(self, key: str, fits: Callable[[Mapping[str, NDArray[Any]]], bool]) -> dict[str, NDArray[Any]] | None:
        """The arrays of a finished task; None where there is none, or its file is damaged or was tampered with.

        Args:
            key: of the task.
            fits: whether the task could give such arrays.
        """
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            content = path.read_bytes()
            digest, body = content[:_DIGEST], content[_DIGEST:]
            arrays = _arrays(body) if digest == _digest(key, body) else None
        except Exception:  # noqa: BLE001 (numpy promises nothing of bytes that are not as they were written)
            return None
        if arrays is None or not fits(arrays):
            return None
        self.count += 1
        return arrays

    def write(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store a finished task.

        Raises:
            OutputError: (an OSError) it cannot be written; what was stored before stays unchanged.
        """
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        body = stream.getvalue()
        write_atomically(self._path(key), _digest(key, body) + body)
        self.count += 1

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.piece"


@contextmanager
def checkpoint(
    folder: str | os.PathLike[str], *, run: str = "study", start_over: bool = False, overwrite: bool = False
) -> Iterator[Checkpoint]:
    """Store finished tasks in a folder while a run is at work, and reuse those that are there.

    Hand the result to `run_study`, `assess_many` or `compare_solvers`, and save into the same folder inside the `with`.
    The tasks stay, so that a finished run is quick to do again. They are in `.pieces`, which may be deleted.

    Args:
        folder: for the results. No other run may be at work in it; the lock of a process that died does not count.
        run: what kind of run it is: a folder may hold a study and an assessment, but not two studies.
        start_over: throw away what a run of this kind left there, once the settings of the new one are known.
        overwrite: the same, if it had other settings.

    Raises:
        OutputError: (an OSError) the folder cannot be written, or another run is at work in it.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 (slow to load)

    stored = Checkpoint(prepare_folder(folder), run, start_over=start_over, overwrite=overwrite)
    lock = FileLock(prepare_folder(stored.folder).parent / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"{folder}: another run is at work in this folder") from error
    try:
        for place in (stored.results, stored.folder):
            for entry in os.listdir(place):
                if HALF_WRITTEN.fullmatch(entry):
                    (place / entry).unlink(missing_ok=True)
        yield stored
    finally:
        lock.release()


def _arrays(body: bytes) -> dict[str, NDArray[Any]] | None:
    """The arrays of an .npz that holds them uncompressed, so that none is larger than the file."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        return None
    if sum(member.file_size for member in members) > len(body):
        return None
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + body).digest()


__getattr__ = renamed(__name__, {"KeptPieces": "Checkpoint", "keep_pieces": "checkpoint"})
