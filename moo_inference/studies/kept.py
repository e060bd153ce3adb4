"""Finished pieces in a folder, so that a run that was interrupted can go on."""

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from moo_inference.errors import OutputError, SettingError
from moo_inference.files import HALF_WRITTEN, prepare_folder, write_atomically

PIECES = ".pieces"
"""The folder of finished pieces, inside the folder that results are written into."""

_SETTINGS = "settings.json"
_LOCK = "lock"
_DIGEST = hashlib.sha256().digest_size
_SHOWN_DIFFERENCES = 12
_ABSENT = object()


class KeptPieces:
    """The finished pieces of one run. Each file is written whole, and one that is damaged counts as missing."""

    def __init__(self, results: Path, run: str) -> None:
        """Made by `keep_pieces`."""
        self.results = results
        self.folder = results / PIECES / run
        self.count = 0
        self._settled = False

    def expect_once(self, settings: Mapping[str, Any]) -> None:
        """`expect`, unless a larger run has said already what the pieces are for."""
        if not self._settled:
            self.expect(settings)

    def expect(self, settings: Mapping[str, Any]) -> None:
        """Say what the pieces are for, before the first is read.

        Args:
            settings: all that shapes the results, as plain values.

        Raises:
            SettingError: (a ValueError) the folder has pieces of other settings; what differs is named.
            OutputError: (an OSError) the folder cannot be written.
        """
        self._settled = True
        path = self.folder / _SETTINGS
        text = json.dumps(settings, indent=1) + "\n"
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            before = None
        if before is None:
            for stray in self.folder.glob("*.piece"):
                stray.unlink()
            write_atomically(path, text)
            return
        differences = list(_differences(before, json.loads(text), ""))
        if differences:
            shown = differences[:_SHOWN_DIFFERENCES]
            more = len(differences) - len(shown)
            raise SettingError(
                [
                    f"{self.results} holds a run with other settings: take another folder, or --start-over to throw it "
                    "away",
                    *shown,
                    *([f"and {more} more differences"] if more else []),
                ]
            )

    def read(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a finished piece; None where there is none, or its file is damaged."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if digest != _digest(key, body):
            return None
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
                found = dict(arrays)
        except (ValueError, OSError, EOFError, zipfile.BadZipFile):
            return None
        self.count += 1
        return found

    def write(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep a finished piece.

        Raises:
            OutputError: (an OSError) it cannot be written; what was kept before stays as it is.
        """
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        body = stream.getvalue()
        write_atomically(self._path(key), _digest(key, body) + body)
        self.count += 1

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.piece"


@contextmanager
def keep_pieces(
    folder: str | os.PathLike[str], *, run: str = "study", start_over: bool = False
) -> Iterator[KeptPieces]:
    """Keep finished pieces in a folder while a run is at work, and take up those that are there.

    Hand the result to `run_study`, `assess_many` or `compare_solvers`, and save into the same folder inside the `with`.
    The pieces stay, so that a finished run is quick to do again. They are in `.pieces`, which may be deleted.

    Args:
        folder: for the results. Nobody else may be at work in it; a lock whose owner died does not count.
        run: what kind of run it is: a folder may hold a study and an assessment, but not two studies.
        start_over: throw away what a run of this kind left there.

    Raises:
        OutputError: (an OSError) the folder cannot be written, or another run is at work in it.
    """
    kept = KeptPieces(prepare_folder(folder), run)
    pieces = prepare_folder(kept.folder).parent
    lock = FileLock(pieces / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"{folder}: another run is at work in this folder") from error
    try:
        if start_over:
            shutil.rmtree(kept.folder)
            prepare_folder(kept.folder)
        for place in (kept.results, kept.folder):
            for entry in os.listdir(place):
                if HALF_WRITTEN.fullmatch(entry):
                    (place / entry).unlink(missing_ok=True)
        yield kept
    finally:
        lock.release()


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + body).digest()


def _differences(before: Any, now: Any, place: str) -> Iterator[str]:
    """A sentence for each place where two plain values differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from _differences(before.get(name, _ABSENT), now.get(name, _ABSENT), f"{place}.{name}".lstrip("."))
    elif before != now:
        yield f"{place} was {_shown(before)}, is {_shown(now)}"


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "not there"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
