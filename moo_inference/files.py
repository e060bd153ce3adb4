"""Reading files that have an end, and writing results so that a reader never meets half of one."""

import errno
import gzip
import io
import os
import re
import secrets
import stat
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from moo_inference.errors import OutputError

HALF_WRITTEN = re.compile(r"\.[0-9a-f]{16}\.part")
"""The temporary names of `write_atomically`: what has one was left by a process that was killed."""


_GZIP = b"\x1f\x8b"
_ALWAYS_UNPACKED = 1 << 26
_MOST_UNPACKED = 100
"""So many times its own size a compressed file may unpack to, and 64 MiB in any case: text that was measured or written
shrinks to a fifth or a twentieth, a decompression bomb to a thousandth."""


def open_to_read(path: str | os.PathLike[str]) -> BinaryIO:
    """The bytes of a file; what gzip compressed is unpacked. A device is refused: /dev/zero has no end.

    Raises:
        OSError: the file is missing, cannot be read, or is a device. While it is read: it is damaged, or unpacks to
            more than 100 times its size and 64 MiB.
        ValueError: no file can have that name.
    """
    stream = Path(path).open("rb")  # noqa: SIM115 (whoever asked for it closes it)
    mode = os.fstat(stream.fileno()).st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        stream.close()
        raise OSError(errno.EINVAL, "Is a device")
    try:
        packed = stream.peek(len(_GZIP)).startswith(_GZIP)
    except OSError:
        stream.close()
        raise
    return cast(BinaryIO, io.BufferedReader(_Unpacked(stream))) if packed else stream


def bytes_read(stream: BinaryIO) -> int:
    """How far a file is read, in bytes of the file itself, whether it is compressed or not; 0 for a pipe."""
    try:
        return os.lseek(stream.fileno(), 0, os.SEEK_CUR)
    except OSError:
        return 0


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as far as it stays in proportion to the file."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self.packed = packed
        self.content = gzip.GzipFile(fileobj=packed, mode="rb")

    def readable(self) -> bool:
        """See RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See RawIOBase."""
        return self.packed.seekable()

    def fileno(self) -> int:
        """That of the compressed file."""
        return self.packed.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See RawIOBase."""
        if whence == os.SEEK_END:
            while self.read(1 << 20):
                pass
            offset, whence = self.content.tell() + offset, os.SEEK_SET
        return self.content.seek(offset, whence)

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """See RawIOBase."""
        try:
            count = self.content.readinto(buffer)
        except (EOFError, zlib.error) as error:
            raise OSError(errno.EINVAL, f"Is a damaged gzip file ({error})") from error
        unpacked = self.content.tell()
        if unpacked > _ALWAYS_UNPACKED and unpacked > _MOST_UNPACKED * os.fstat(self.fileno()).st_size:
            raise OSError(errno.EFBIG, f"Unpacks to more than {_MOST_UNPACKED} times its size (a decompression bomb?)")
        return count

    def close(self) -> None:
        """See RawIOBase."""
        if not self.closed:
            self.content.close()
            self.packed.close()
        super().close()


def write_atomically(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Write a file whole: to a temporary name beside it first, which is then renamed.

    Args:
        path: where the file goes; an existing one is replaced. A link stays, and what it leads to is replaced. A pipe
            or a device, such as /dev/stdout, is written to and stays what it is.
        data: text (written as UTF-8, line ends as given) or bytes.

    Raises:
        OutputError: the folder does not exist or cannot be written, or the text holds what UTF-8 cannot.
    """
    target = Path(path)
    try:
        content = data.encode() if isinstance(data, str) else data
        whole = Path(os.path.realpath(target))
        if target.exists() and not target.is_file():
            # Renaming would put a file in the place of a device, and of a pipe that somebody waits at.
            target.write_bytes(content)
            return
        # The name may be as long as a name can be, so that nothing can be added to it.
        temporary = whole.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with open(temporary, "xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, whole)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{target}: cannot be written: {getattr(error, 'strerror', None) or error}") from error


def prepare_folder(path: str | os.PathLike[str]) -> Path:
    """Make sure that results can be written into a folder, before the work that produces them.

    Raises:
        OutputError: the folder cannot be made, is a file, or is read-only.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{folder}: must be a folder that can be written: {reason}") from error
    return folder
