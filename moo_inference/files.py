"""Reading files that have an end, and writing results so that a reader never meets half of one."""

import errno
import os
import re
import secrets
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from moo_inference.errors import OutputError

HALF_WRITTEN = re.compile(r"\.[0-9a-f]{16}\.part")
"""The temporary names of `write_atomically`: what has one was left by a process that was killed."""


def open_to_read(path: str | os.PathLike[str]) -> BinaryIO:
    """The bytes of a file. A device is refused: /dev/zero has no end.

    Raises:
        OSError: the file is missing, cannot be read, or is a device.
        ValueError: no file can have that name.
    """
    stream = Path(path).open("rb")  # noqa: SIM115 (whoever asked for it closes it)
    mode = os.fstat(stream.fileno()).st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        stream.close()
        raise OSError(errno.EINVAL, "Is a device")
    return stream


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
