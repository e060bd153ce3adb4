"""Writing results so that a reader never meets half of one."""

import os
import secrets
import tempfile
from pathlib import Path

from moo_inference.errors import OutputError


def write_atomically(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Write a file whole: to a temporary name beside it first, which is then renamed.

    Args:
        path: where the file goes; an existing one is replaced.
        data: text (written as UTF-8, line ends as given) or bytes.

    Raises:
        OutputError: the folder does not exist or cannot be written.
    """
    target = Path(path)
    content = data.encode() if isinstance(data, str) else data
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with open(temporary, "xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error


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
    except OSError as error:
        raise OutputError(f"{folder}: must be a folder that can be written: {error.strerror or error}") from error
    return folder
