"""The command that writes a file to start from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moo_inference.cli.options import ForceOption
from moo_inference.documents.files import Outputs, write_atomically
from moo_inference.errors import SettingError
from moo_inference.formatting.lines import note

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog


def init(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The file to write.", show_default="catalog.yaml, or fit.yaml with --fit"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CATALOG",
            help="Write a copy of this catalog: paper, gpqa-diamond, otis-mock-aime, or a file.",
        ),
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Write a fit file in place of a catalog: which files models are made of.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write a catalog to start from, or a fit file.

    It has every usual key with its unit. --from writes a copy of a catalog.

    Example: moo-inference init

    Example: moo-inference init --from gpqa-diamond mine.yaml

    Exit status: 0; 2 if a file is there already, and --force is not given.
    """
    from moo_inference.catalog.starters import export, starter

    if fit and source is not None:
        raise SettingError("--fit must not be given with --from, which copies a catalog")
    target = file or ("fit.yaml" if fit else "catalog.yaml")
    own = {} if source is None or not os.path.isfile(source) else {"--from": [source]}
    outputs = Outputs(own, force=force)
    outputs.file("FILE", target, None)
    outputs.check()
    if source is None:
        write_atomically(target, starter("fit" if fit else "catalog"))
        more = f"fit {target} --out catalog.yaml" if fit else f"solve --catalog {target}"
    else:
        found = export(source, Path(target).parent)
        write_atomically(target, found.text)
        for path in _built_in_attempts(found.catalog):
            note(f"the attempts stay where they are, in this package: {path}")
        more = f"solve --catalog {target}"
    note(f"wrote {target}; next: moo-inference {more}")


def _built_in_attempts(catalog: "Catalog") -> list[str]:
    """The files of attempts that this package holds."""
    from moo_inference.catalog.attempt_files import MEASURED
    from moo_inference.catalog.recorded_model import RecordedModel

    entries = [model.entry for model in catalog.models.values() if isinstance(model, RecordedModel)]
    paths = [path for entry in entries if entry is not None for path in entry.attempts.paths]
    return [path for path in dict.fromkeys(paths) if Path(path).parent == MEASURED]
