import os
import subprocess
from pathlib import Path

import pytest

from moo_inference.documents.files import open_to_read, prepare_folder, write_atomically
from moo_inference.errors import OutputError


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


def test_a_device_and_a_pipe_are_written_to_and_stay_what_they_are(tmp_path):
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically("/dev/full", "x")
    assert Path("/dev/full").is_char_device()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reading:
        write_atomically(pipe, "whole")
        assert reading.communicate(timeout=60)[0] == b"whole"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("old")
    (tmp_path / "link").symlink_to(Path("there") / "file")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "new"
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["file"]
    (tmp_path / "to nothing").symlink_to("later")
    write_atomically(tmp_path / "to nothing", "made")
    assert (tmp_path / "later").read_text() == "made"


def test_a_name_as_long_as_a_name_can_be_is_written(tmp_path):
    write_atomically(tmp_path / ("n" * 255), "x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / ("n" * 256), "x")


@pytest.mark.parametrize("act", [lambda: write_atomically("a\0b", ""), lambda: write_atomically("x", "\ud800")])
def test_what_cannot_be_a_name_or_text_is_refused(act, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        act()
    assert list(tmp_path.iterdir()) == []


def test_a_device_has_no_end_and_is_not_read():
    with pytest.raises(OSError, match="Is a device"):
        open_to_read("/dev/zero")
