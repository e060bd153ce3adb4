"""Files that several models are made of, each read once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moo_inference.errors import MooInferenceError
from moo_inference.fitting.fit_entry import RecordedSource
from moo_inference.fitting.loads import files_of
from moo_inference.readers.registry import read_as

if TYPE_CHECKING:
    from moo_inference.catalog.attempts import Attempts


class SharedFiles:
    """Reads files with the same options once, also where they are refused.

    Attributes:
        paths: all that were read, as keys.
    """

    def __init__(self, folder: Path, progress: Callable[[int, int], None] | None) -> None:
        """Read files relative to a folder; `progress` is called with the bytes read, of how many."""
        self.folder, self.progress = folder, progress
        self.read_before: dict[tuple[Any, ...], Any] = {}
        self.paths: dict[str, None] = {}

    def path(self, file: str) -> str:
        """Where a file is that is relative to the folder."""
        found = str(self.folder / file)
        self.paths[found] = None
        return found

    def listed(self, file: str) -> list[str]:
        """The files of a folder, relative as it is; or the file itself."""
        return [str(Path(path).relative_to(self.folder)) for path in files_of(self.folder / file)]

    def read(self, file: str, kind: str, form: str | None = None, **options: Any) -> Any:
        """What `read_as` gives of a file."""
        key = (file, kind, form, *sorted(options.items()))
        read = lambda: read_as(self.path(file), kind, format=form, progress=self.progress, **options)  # noqa: E731
        return self._once(key, read)

    def attempts(self, source: RecordedSource) -> "Attempts":
        """The recorded attempts of one file or several."""
        from moo_inference.catalog.attempts import read_attempts  # noqa: PLC0415 (pandas is slow to load)

        key = source.replace(of=None, least_samples=None)
        paths = [self.path(file) for file in source.file]
        found: Attempts = self._once(
            (key,), lambda: read_attempts(paths, source.columns or None, source.threshold, source.scorer, self.progress)
        )
        return found

    def _once(self, key: tuple[Any, ...], read: Callable[[], Any]) -> Any:
        if key not in self.read_before:
            try:
                self.read_before[key] = read()
            except MooInferenceError as error:
                self.read_before[key] = error
        found = self.read_before[key]
        if isinstance(found, MooInferenceError):
            raise found
        return found
