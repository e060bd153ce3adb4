"""Reading files that have an end, and writing results so that a reader never meets half of one."""

import errno
import gzip
import hashlib
import io
import mmap
import os
import re
import secrets
import stat
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_HEAD = 4096

Inputs = Mapping[str, Sequence[str | os.PathLike[str]]]
"""Files that are read, by the option that names them."""


@dataclass(frozen=True)
class Kind:
    """A kind of file that is written here, and how one is known again.

    Attributes:
        name: what it is, with its article.
        begins: what it begins with.
        holds: what stands somewhere in it.
    """

    name: str
    begins: str = ""
    holds: str = ""

    def fits(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file is of this kind; one that cannot be read is not."""
        try:
            with open(path, "rb") as stream:
                if not stream.read(_HEAD).startswith(self.begins.encode()):
                    return False
                if not self.holds:
                    return True
                with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    return content.find(self.holds.encode()) >= 0
        except (OSError, ValueError):
            return False


def in_the_way(path: str | os.PathLike[str], kind: Kind | None, inputs: Inputs | None = None) -> str | None:
    """Why a file must not be written there unless that was requested; None where it may.

    Nothing is lost where nothing is, in an empty file, or in a pipe or a device.

    Args:
        path: where the file would go; links are followed.
        kind: what it would be: a file of the same kind may be replaced; None: no file may.
        inputs: what is read: by whatever name it goes, it must not be replaced.
    """
    try:
        there = os.stat(path)
    except (OSError, ValueError):
        return None
    for option, sources in (inputs or {}).items():
        for source in sources:
            try:
                if os.path.samestat(there, os.stat(source)):
                    return f"is what {option} reads"
            except (OSError, ValueError):
                continue
    if not stat.S_ISREG(there.st_mode) or there.st_size == 0:
        return None
    if kind is None:
        return "is there already"
    if kind.fits(path):
        return None
    return f"is there already and is not {kind.name}"


def folder_in_the_way(
    path: str | os.PathLike[str],
    kinds: Mapping[str, Kind],
    marker: str | None = None,
    inputs: Inputs | None = None,
) -> str | None:
    """Why files must not be written into a folder unless that was requested; None where they may.

    Args:
        path: the folder, which need not be there.
        kinds: what would be written into it, by name.
        marker: which of these files identifies the others: where it is missing, none of them must be there.
        inputs: as for `in_the_way`.
    """
    there = [name for name in kinds if os.path.isfile(os.path.join(path, name))]
    reasons = {name: in_the_way(os.path.join(path, name), kinds[name], inputs) for name in there}
    for name, why in reasons.items():
        if why is not None:
            return f"{name} in it {why}"
    if marker is not None and there and marker not in there:
        return f"has {', '.join(there)}, and no {marker} that identifies them"
    return None


def refuse_to_replace(path: str | os.PathLike[str], kind: Kind, *, overwrite: bool) -> None:
    """Let a file be written where nothing is, or a file of its kind.

    Args:
        path: where the file would go.
        kind: what it would be.
        overwrite: anything may be replaced.

    Raises:
        OutputError: (an OSError) a file of another kind is there.
    """
    why = None if overwrite else in_the_way(path, kind)
    if why is not None:
        raise OutputError(f"{path}: {why}: take another name, or overwrite=True to replace it")


class Outputs:
    """The files that a command is to write, all of them checked before it computes anything."""

    def __init__(self, inputs: Inputs, *, force: bool) -> None:
        """Nothing is to be written yet.

        Args:
            inputs: what the command reads.
            force: whatever is there may be replaced.
        """
        self.inputs = inputs
        self.force = force
        self.errors: list[str] = []
        self.files: list[str] = []
        self.folders: list[Path] = []
        self.taken: dict[str, str] = {}

    def file(self, option: str, path: str | None, kind: Kind | None, *, makes_folder: bool = False) -> None:
        """A file that an option names, if it does.

        Args:
            option: the option.
            path: the file.
            kind: what it will be; None: it must not replace any file.
            makes_folder: whether the folder that it is in is made where it is not there.
        """
        if path is None:
            return
        if os.path.isdir(path):
            self.errors.append(f"{option} must be a file, and {path} is a folder")
            return
        try:
            other = self.taken.setdefault(os.path.realpath(path), option)
        except ValueError as error:
            self.errors.append(f"{path}: cannot be written: {error}")
            return
        if other != option:
            self.errors.append(f"{other} and {option} must not be the same file, {path}")
        why = None if self.force else in_the_way(path, kind, self.inputs)
        if why is not None:
            self.errors.append(f"{option} {path}: {why}: take another name, or --force to replace it")
        if makes_folder:
            self.folders.append(Path(path).parent)
        elif not os.path.exists(path):
            self.files.append(path)

    def folder(self, option: str, path: str | None, kinds: Mapping[str, Kind], marker: str | None = None) -> None:
        """A folder that an option names, if it does; see `folder_in_the_way`.

        Args:
            option: the name of the option.
            path: what it was given; None where it was not.
            kinds: the files of the results, and what each must be to be replaced.
            marker: the file that identifies the others.
        """
        if path is None:
            return
        why = None if self.force else folder_in_the_way(path, kinds, marker, self.inputs)
        if why is not None:
            self.errors.append(f"{option} {path}: {why}: take another folder, or --force to replace what is there")
        self.folders.append(Path(path))

    def check(self) -> None:
        """Refuse what must not be replaced, and make sure that all the others can be written.

        Raises:
            OutputError: (an OSError) all of what is wrong.
        """
        if self.errors:
            raise OutputError(self.errors)
        for path in self.files:
            try:
                with tempfile.TemporaryFile(dir=os.path.dirname(os.path.realpath(path))):
                    pass
            except (OSError, ValueError) as error:
                raise OutputError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
        for folder in self.folders:
            prepare_folder(folder)


def open_to_read(path: str | os.PathLike[str]) -> BinaryIO:
    """The bytes of a file; what gzip compressed is unpacked. A device is refused: /dev/zero has no end.

    Raises:
        OSError: the file is missing, cannot be read, or is a device. While it is read: it is damaged, or unpacks to
            more than 100 times its size and 64 MiB.
        ValueError: no file can have that name.
    """
    stream = Path(path).open("rb")  # noqa: SIM115 (the caller closes it)
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


def size_and_digest(path: str | os.PathLike[str]) -> tuple[int, str]:
    """Bytes and sha256, in hexadecimal, of a file as it is on the disk.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return stream.tell(), digest


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
    """Write a file whole: to a temporary name in its folder first, which is then renamed.

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
            # Renaming would put a file in the place of a device, and of a pipe that is being read.
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
