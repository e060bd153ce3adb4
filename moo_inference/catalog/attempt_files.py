"""The models of a catalog whose attempts are in files: these are found, checked and read, each file once."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moo_inference.catalog.recorded_entry import AttemptsSource, RecordedEntry
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.documents.files import size_and_digest
from moo_inference.errors import SettingError

if TYPE_CHECKING:
    from moo_inference.catalog.attempts import Attempts

MEASURED = Path(__file__).with_name("measured")
"""The attempts of the built-in catalogs."""

_SHOWN = 12


class AttemptFiles:
    """Reads the attempts of entries, the same files once."""

    def __init__(self, folders: Sequence[str | os.PathLike[str]]) -> None:
        """Look for files in these folders, in this order, and among those of the built-in catalogs."""
        self.folders = [*map(Path, folders), MEASURED]
        self._read: dict[AttemptsSource, Attempts] = {}

    def model(self, entry: RecordedEntry) -> RecordedModel:
        """The model of an entry, with its attempts.

        Raises:
            SettingError: (a ValueError) a file is missing or is not the one that is recorded, or the attempts lack
                what is needed.
            ReaderError: (a ValueError) a file cannot be read as attempts.
            UnknownNameError: (a LookupError) the model is not there.
        """
        if entry.escalates_from is not None and entry.stop is not None:
            from moo_inference.catalog.escalation import escalating  # noqa: PLC0415 (few catalogs have pairs)

            alone = self.model(entry.replace(stop=None, escalates_from=None))
            return escalating(self.model(entry.escalates_from), alone, entry.stop)
        source = entry.attempts
        key = source.replace(of=None, keep="oracle", least_samples=None)
        if key not in self._read:
            self._read[key] = _attempts(self._found(source), source)
        fields = {name: getattr(entry, name) for name in type(entry).model_fields if name != "attempts"}
        own = {name: value for name, value in fields.items() if value is not None}
        return self._read[key].model(source.of, keep=source.keep, least_samples=source.least_samples, **own)

    def _found(self, source: AttemptsSource) -> list[Path]:
        """Where the files of a source are.

        Raises:
            SettingError: (a ValueError) some are not there; all of them are named.
        """
        errors = []
        found = []
        for place, name in enumerate(source.file):
            size = source.bytes[place] if place < len(source.bytes) else None
            digest = source.sha256[place] if place < len(source.sha256) else None
            there = [folder / name for folder in self.folders if (folder / name).is_file()]
            right = [path for path in there if _is_it(path, size, digest)]
            found += right[:1]
            if not right:
                wanted = f"{name}{_described(size, digest)}"
                looked = ", ".join(dict.fromkeys(str(folder.resolve()) for folder in self.folders[:-1])) or "no folder"
                errors.append(
                    f"must be the file that is recorded, {wanted}; got another at {there[0]}"
                    if there
                    else f"must be there: {wanted} was looked for in {looked}"
                )
        if errors:
            raise SettingError(errors)
        return found


def _attempts(found: Sequence[Path], source: AttemptsSource) -> "Attempts":
    """The attempts in some files."""
    from moo_inference.catalog.packed_attempts import unpacked  # noqa: PLC0415 (only where attempts are in files)

    if [path.parent for path in found] == [MEASURED] and (packed := unpacked(found[0], source)) is not None:
        return packed
    from moo_inference.catalog.attempts import read_attempts  # noqa: PLC0415 (readers are slow to load)

    return read_attempts(found, columns=source.columns or None, threshold=source.threshold, scorer=source.scorer)


def _described(size: int | None, digest: str | None) -> str:
    parts = [f"{size:,} bytes"] if size is not None else []
    parts += [f"sha256 {digest[:_SHOWN]}..."] if digest is not None else []
    return f" ({', '.join(parts)})" if parts else ""


def _is_it(path: Path, size: int | None, digest: str | None) -> bool:
    if size is None and digest is None:
        return True
    found = size_and_digest(path)
    return size in (None, found[0]) and digest in (None, found[1])
