import os

import pytest

from moo_inference.errors import OutputError
from moo_inference.files import prepare_folder, write_atomically


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    target = tmp_path / "out.txt"
    write_atomically(target, "old")
    write_atomically(target, "new\r\n")
    assert target.read_bytes() == b"new\r\n"
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_file_survives_a_failure(tmp_path, monkeypatch):
    target = tmp_path / "out.txt"
    write_atomically(target, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_made_and_a_file_in_its_place_is_refused(tmp_path):
    assert prepare_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="must be a folder that can be written"):
        prepare_folder(tmp_path / "file")
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / "nowhere" / "x", "")
