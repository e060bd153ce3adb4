"""The built-in attempts as arrays are those of their files."""

import shutil
from dataclasses import fields

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import attempt_files
from moo_inference.catalog.attempt_columns import TextColumn
from moo_inference.catalog.packed_attempts import COLUMNS, packed_beside, unpacked
from moo_inference.catalog.recorded_entry import AttemptsSource

FILES = sorted(attempt_files.MEASURED.glob("*.csv.gz"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_packed_attempts_are_those_of_the_file(path):
    """Written by tools/pack_attempts.py, which must run again where a file changes."""
    read = mi.read_attempts(path, columns=COLUMNS)
    packed = unpacked(path, AttemptsSource(file=(path.name,), columns=COLUMNS))
    for field in fields(mi.Attempts):
        one, other = getattr(read, field.name), getattr(packed, field.name)
        if isinstance(one, TextColumn):
            assert one.texts.tolist() == other.texts.tolist(), field.name
            assert one.categories.tolist() == other.categories.tolist(), field.name
        elif isinstance(one, np.ndarray):
            assert one.dtype == other.dtype, field.name
            assert np.array_equal(one, other, equal_nan=True), field.name
        else:
            assert one == other, field.name
    assert read.models == packed.models


@pytest.mark.parametrize(
    "other", [{"columns": {}}, {"threshold": 0.5}, {"scorer": "match"}, {"columns": {"answer": "correct"}}]
)
def test_what_is_read_in_another_way_is_not_taken_from_what_is_packed(other):
    path = FILES[0]
    given = {"file": (path.name,), "columns": COLUMNS}
    assert unpacked(path, AttemptsSource(**given)) is not None
    assert unpacked(path, AttemptsSource(**{**given, **other})) is None


def test_packed_attempts_of_another_file_are_not_taken(tmp_path):
    first, second = FILES
    path = tmp_path / first.name
    shutil.copy(first, path)
    source = AttemptsSource(file=(path.name,), columns=COLUMNS)
    assert unpacked(path, source) is None
    shutil.copy(packed_beside(first), packed_beside(path))
    assert unpacked(path, source).models == mi.read_attempts(first).models
    shutil.copy(packed_beside(second), packed_beside(path))
    assert unpacked(path, source) is None


def test_a_catalog_of_a_changed_file_reads_the_file(tmp_path, monkeypatch):
    """In the folder of the built-in ones too: what counts is what stands in the file."""
    for path in attempt_files.MEASURED.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(attempt_files, "MEASURED", tmp_path)
    shutil.copy(FILES[1], tmp_path / FILES[0].name)
    entry = mi.load_catalog("otis-mock-aime").models["gpt-5@high"].entry
    moved = entry.replace(attempts=entry.attempts.replace(file=(FILES[0].name,), bytes=(), sha256=()))
    found = attempt_files.AttemptFiles([]).model(moved)
    assert len(found.attempts.names) == 45


def test_a_column_of_texts():
    column = TextColumn(np.array([1, 0, -1, 1]), np.array(["a", "b"], dtype=object))
    assert list(column) == ["b", "a", None, "b"]
    assert len(column) == 4
    assert np.asarray(column).tolist() == ["b", "a", None, "b"]
    assert np.asarray(column, dtype=str).tolist() == ["b", "a", "None", "b"]
    assert list(column[np.array([3, 2])]) == ["b", None]
