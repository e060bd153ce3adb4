"""Recorded attempts as arrays beside their file: the built-in ones load in milliseconds, and without pandas.

`tools/pack_attempts.py` writes them. Numbers are as they were read, to the last bit.
"""

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog.attempt_columns import TextColumn
from moo_inference.catalog.attempts import Attempts
from moo_inference.catalog.recorded_entry import AttemptsSource
from moo_inference.documents.files import size_and_digest

COLUMNS = {"answer": "answer_group"}
"""The names of columns that the built-in files are packed with, as the built-in catalogs have them."""

_DIGEST = "sha256"
_CODES, _CATEGORIES = ".codes", ".categories"


def packed_beside(path: str | os.PathLike[str]) -> Path:
    """Where the packed attempts of a file are: `NAME.npz` for `NAME.csv.gz`."""
    file = Path(path)
    return file.with_name(f"{file.name.partition('.')[0]}.npz")


def pack(attempts: Attempts) -> dict[str, NDArray[Any]]:
    """The columns of the attempts of one file as arrays by name, with the file's digest.

    Args:
        attempts: as `read_attempts` gives them, with COLUMNS.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(attempts):
        values = getattr(attempts, field.name)
        if isinstance(values, TextColumn):
            arrays[field.name + _CODES] = values.codes
            arrays[field.name + _CATEGORIES] = values.categories.astype(str)
        elif isinstance(values, np.ndarray):
            short = values.astype(np.float32)
            arrays[field.name] = short if np.array_equal(short, values, equal_nan=True) else values
    digests = () if attempts.found is None else attempts.found.sha256
    return {**arrays, _DIGEST: np.array(digests)}


def unpacked(path: Path, source: AttemptsSource) -> Attempts | None:
    """The attempts of a file from what is packed beside it; None where that is not there or is of another file.

    Args:
        path: the file.
        source: how it is to be read.
    """
    packed = packed_beside(path)
    if source.threshold is not None or source.scorer is not None or source.columns != COLUMNS or not packed.is_file():
        return None
    with np.load(packed) as found:
        arrays = {name: found[name] for name in found.files}
    size, digest = size_and_digest(path)
    if arrays.pop(_DIGEST).tolist() != [digest]:
        return None
    columns: dict[str, Any] = {}
    for name, values in arrays.items():
        column, dot, _ = name.partition(".")
        if not dot:
            columns[name] = values.astype(np.float64)
        elif name.endswith(_CODES):
            columns[column] = TextColumn(values, arrays[column + _CATEGORIES].astype(object))
    given = AttemptsSource(
        file=(path.name,), columns=COLUMNS, bytes=(size,), sha256=(digest,), paths=(os.path.abspath(path),)
    )
    return Attempts(**columns, source=(str(path),), found=given)
