"""The zip files of Inspect, whose members are deflated or, in recent releases, packed by Zstandard."""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from moo_inference.documents.document import unreadable
from moo_inference.errors import ReaderError

ZIP = b"PK\x03\x04"
_ZSTANDARD = 93
_LOCAL_HEADER = 30
_MEMBERS = ("header.json", "summaries.json", "samples/", "_journal/", "reductions.json")
_MOST_UNPACKED, _ALWAYS_UNPACKED = 200, 1 << 28
"""So many times its packed size a member may have, and 256 MiB in any case."""


class Archive:
    """The members of a log.

    Attributes:
        names: of the members.
    """

    def __init__(self, path: str | os.PathLike[str], packed: zipfile.ZipFile) -> None:
        self._path = path
        self._zip = packed
        self.names = frozenset(packed.namelist())

    def read(self, name: str) -> bytes:
        """One member.

        Raises:
            ReaderError: (a ValueError) it is not there, as where a run was cut off; it is damaged or far too large; or
                pyarrow, which unpacks Zstandard, is not installed.
        """
        if name not in self.names:
            if not any(other.startswith(_MEMBERS) for other in self.names):
                some = ", ".join(sorted(self.names)[:3]) or "nothing in it"
                raise ReaderError(f"{self._path}: must be an Inspect log, got a zip of other files: {some}")
            raise ReaderError(f"{self._path}: must be a finished Inspect log, got one without {name} (cut off?)")
        info = self._zip.getinfo(name)
        if info.file_size > max(_MOST_UNPACKED * info.compress_size, _ALWAYS_UNPACKED):
            raise ReaderError(f"{self._path}: {name} unpacks from {info.compress_size:,} to {info.file_size:,} bytes")
        if info.compress_type == _ZSTANDARD:
            return self._unpacked(info)
        return self._zip.read(name)

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        try:
            import pyarrow as pa  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise ReaderError(
                f'{self._path}: is packed by Zstandard; to read it, run: pip install -e ".[parquet]" in a clone'
            ) from error
        stream: IO[bytes] | None = self._zip.fp
        if stream is None:
            raise ReaderError(f"{self._path}: is closed")
        stream.seek(info.header_offset)
        name_size, extra_size = struct.unpack("<26xHH", stream.read(_LOCAL_HEADER))
        stream.seek(name_size + extra_size, os.SEEK_CUR)
        packed = stream.read(info.compress_size)
        try:
            with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as unpacking:
                content = bytes(unpacking.read(info.file_size + 1))
        except (pa.ArrowException, OSError) as error:
            raise ReaderError(f"{self._path}: {info.filename} is damaged: {error}") from error
        if zlib.crc32(content) != info.CRC:
            raise ReaderError(f"{self._path}: {info.filename} is damaged: its checksum differs")
        return content


@contextmanager
def open_archive(path: str | os.PathLike[str]) -> Iterator[Archive]:
    """The archive of a `.eval` file.

    Raises:
        ReaderError: (a ValueError) it is none, or is cut off.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            yield Archive(path, packed)
    except (zipfile.BadZipFile, EOFError, zlib.error, struct.error) as error:
        raise ReaderError(
            f"{path}: must be a whole Inspect log, got a zip that is cut off or broken: {error}"
        ) from error
    except OSError as error:
        raise ReaderError(unreadable(str(path), error)) from error
