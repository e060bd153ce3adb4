"""What gzip compressed is read as what it holds, by everything that takes a path."""

import dataclasses
import gzip
import os

import pytest
from conftest import ROOT

from moo_inference import load_catalog, readers, save_catalog
from moo_inference.documents import files
from moo_inference.documents.files import open_to_read
from moo_inference.errors import ReaderError

DATA = ROOT / "tests" / "data"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.suffix in (".csv", ".json", ".jsonl"))


def told(path):
    """What is said of a file, without its name."""
    try:
        found = dataclasses.asdict(readers.examine(path))
    except ReaderError as error:
        found = {"errors": error.errors}
    return str(found).replace(str(path), "FILE")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_compressed_sample_is_what_it_is_uncompressed(name, tmp_path):
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress((DATA / name).read_bytes()))
    assert told(path) == told(DATA / name)


def test_several_members_are_one_file(tmp_path):
    path = tmp_path / "packed.csv.gz"
    path.write_bytes(gzip.compress(b"input_tokens,output", mtime=0) + gzip.compress(b"_tokens\n1,2\n"))
    assert readers.read_lengths(path).output_tokens.tolist() == [2]


def test_a_compressed_catalog_and_parquet_are_read(tmp_path, paper):
    save_catalog(paper, tmp_path / "c.yaml")
    (tmp_path / "c.yaml.gz").write_bytes(gzip.compress((tmp_path / "c.yaml").read_bytes()))
    assert load_catalog(tmp_path / "c.yaml.gz") == paper
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.Table.from_pylist([{"question": "q", "correct": True}]), tmp_path / "t.parquet")
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert readers.read_outcomes_table(tmp_path / "t.parquet.gz").questions == ("q",)


def test_progress_is_told_in_bytes_of_the_compressed_file(tmp_path):
    path = tmp_path / "packed.csv.gz"
    rows = "".join(f"{row * 7919 % 9973},{row}\n" for row in range(60_000))
    path.write_bytes(gzip.compress(f"input_tokens,output_tokens\n{rows}".encode(), mtime=0))
    calls = []
    readers.read_lengths(path, progress=lambda done, total: calls.append((done, total)))
    assert {total for _, total in calls} == {path.stat().st_size}
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] == path.stat().st_size


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"input_tokens,output_tokens\n1,2\n", mtime=0)[:-4],
        gzip.compress(b"input_tokens,output_tokens\n1,2\n", mtime=0)[:-9] + b"xxxxxxxxx",
        b"\x1f\x8b",
        b"\x1f\x8b" + b"x" * 100,
        gzip.compress(b"{}", mtime=0) + b"trailing",
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "packed"
    path.write_bytes(content)
    for read in (readers.read_lengths, readers.read_json, readers.examine):
        with pytest.raises(ReaderError, match="must be a file that can be read") as caught:
            read(path)
        assert len(caught.value.errors) == 1


def test_a_decompression_bomb_is_refused_before_it_fills_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ALWAYS_UNPACKED", 1 << 20)
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bytes(4 << 20), compresslevel=9))
    assert path.stat().st_size < 1 << 20
    for read in (readers.read_json, readers.read_lengths, readers.read_genai_perf):
        with pytest.raises(ReaderError, match="Unpacks to more than 100 times its size"):
            read(path)
    with open_to_read(path) as stream, pytest.raises(OSError, match="Unpacks"):
        stream.seek(0, os.SEEK_END)
    # The same content is read where the file is as large as what it holds.
    path.write_bytes(gzip.compress(bytes(1 << 20), compresslevel=0, mtime=0))
    with open_to_read(path) as stream:
        assert len(stream.read()) == 1 << 20
