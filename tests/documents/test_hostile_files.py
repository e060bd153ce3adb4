"""Files made to do harm: bombs, depth, size, tags, odd bytes, odd places. Each is read, or refused, one line per error.

The whole of a reader's answers over damaged samples is in test_reader_fuzz.py; here are whole families of files, for
every way into the package that takes one.
"""

import json
import os
import subprocess
import sys
import time

import pytest

from moo_inference import load_catalog, readers
from moo_inference.errors import CatalogError, MooInferenceError, ReaderError
from moo_inference.policy.policy import Policy
from moo_inference.records.record import read_choices, read_record
from moo_inference.records.report_file import read_report

READERS = {
    **{
        name: getattr(readers, name)
        for name in readers.__all__
        if name.startswith("read_") and name not in ("read_as", "read_csv", "read_json_lines", "read_json_records")
    },
    "examine": readers.examine,
    "recognise": readers.recognise,
    "read_json_lines": lambda path: list(readers.read_json_lines(path)),
    "read_json_records": lambda path: list(readers.read_json_records(path)),
    "read_csv": lambda path: list(readers.read_csv(path, ["a"])),
    "load_catalog": load_catalog,
    "Policy.load": Policy.load,
    "read_report": read_report,
    "read_choices": read_choices,
}
"""Everything that takes a path; a new reader is tried without a word here."""

BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (here, here, b",".join([b"*%c" % (here - 1)] * 9)) for here in range(ord("b"), ord("k"))
)
FILES = {
    "nothing": b"",
    "nuls": b"\0" * 1000,
    "utf-16": "models: {}\n".encode("utf-16"),
    "latin-1": b"models:\n  caf\xe9: {name: x}\n",
    "only a mark": b"\xef\xbb\xbf",
    "two marks": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "billion laughs": BOMB,
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep yaml": b"".join(b" " * depth + b"a:\n" for depth in range(2000)),
    "deep flow": b"models: " + b"{a: " * 50_000,
    "huge integer": b'{"a": ' + b"9" * 100_000 + b"}",
    "huge exponent": b'{"a": 1e999999999, "b": -1e999999999}',
    "huge yaml": b"models: {a: {name: " + b"9" * 100_000 + b"}}\n",
    "same key": b'{"a": 1, "a": 2}',
    "python tag": b"models: !!python/object/apply:os.system ['touch PWNED']\n",
    "python name": b"!!python/name:os.system\n",
    "include": b"models: !include /etc/passwd\n",
    "merge": b"base: &b {a: 1}\nmodels:\n  <<: *b\n",
    "binary tag": b"models: !!binary aGVsbG8=\n",
    "pickle": b"cposix\nsystem\n(S'touch PWNED'\ntR.",
    "false parquet": b"PAR1" + b"\xff" * 64 + b"PAR1",
    "quote without end": b'a,b\n"' + b"x" * 200_000,
    "long cell": b"a,b\n" + b"x" * 200_000 + b",1\n",
    "wide": b",".join([b"a%d" % number for number in range(20_000)]) + b"\n",
    "carriage returns": b"a,b\r1,2\r",
    "markup": b'<script id="moo-inference-study" type="application/json">' * 1000,
    "policy of odd numbers": json.dumps(
        {
            "format": "moo-inference policy 1",
            "models": ["m"],
            "model": [0],
            "k": [10**40],
            "cost": [1],
            "time": [1],
            "error": [1],
            "made": {},
        }
    ).encode(),
    "null": b"null",
    "surrogates": b'{"\\ud800": "\\udfff"}',
}


def said(read, path):
    """What a reader says of a file that it refuses; empty where it reads it."""
    found = ()
    try:
        read(path)
    except (ReaderError, CatalogError) as error:
        found = error.errors or ("nothing",)
    return found


@pytest.mark.parametrize("name", list(READERS))
def test_files_made_to_do_harm_are_read_or_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for what, content in FILES.items():
        path = tmp_path / "hostile"
        path.write_bytes(content)
        errors = said(READERS[name], path)
        assert len(errors) <= 25, what
        for message in errors:
            assert message.startswith((str(path), "and ")), what
            assert "\n" not in message, what
            assert message.encode(), what
    assert not (tmp_path / "PWNED").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["hostile"]


@pytest.mark.parametrize("what", ["python tag", "python name", "include", "merge", "binary tag", "billion laughs"])
def test_a_catalog_runs_nothing_reads_nothing_else_and_does_not_grow(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_bytes(FILES[what])
    with pytest.raises(CatalogError, match="must not be used"):
        load_catalog("c.yaml")
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("name", list(READERS))
def test_what_is_no_file_is_refused(name, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (tmp_path / "file").write_text("")
    for path in (
        tmp_path,
        tmp_path / "none",
        tmp_path / "file" / "x",
        loop,
        "/dev/full",
        "/dev/zero",
        "a\0b",
        tmp_path / ("x" * 300),
    ):
        with pytest.raises((ReaderError, CatalogError), match="must be"):
            READERS[name](path)


@pytest.mark.parametrize(
    "place", ["with space", "with\nline", "with ' and \"", "ünïcödé 模型", "-m", "%s{0}$x", "[red]"]
)
def test_a_file_is_read_from_any_place(place, tmp_path, paper):
    from moo_inference import save_catalog

    folder = tmp_path / place
    folder.mkdir()
    path = folder / place
    save_catalog(paper, path)
    assert load_catalog(path) == paper
    assert readers.recognise(path).format == "catalog"
    path.write_text("models: [")
    with pytest.raises(CatalogError) as caught:
        load_catalog(path)
    assert str(caught.value).startswith(str(path))
    path.write_text("input_tokens,output_tokens\n1,2\n")
    assert readers.read_lengths(path).input_tokens.tolist() == [1]


def test_a_pipe_is_read_as_a_file_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = "import sys; from moo_inference.readers import read_lengths; print(len(read_lengths(sys.argv[1])))"
    with subprocess.Popen([sys.executable, "-c", code, pipe], stdout=subprocess.PIPE, text=True) as reading:
        pipe.write_text("input_tokens,output_tokens\n1,2\n3,4\n")
        assert reading.communicate(timeout=60)[0] == "2\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="drops the rights of root")
def test_without_rights_nothing_is_read_or_written_and_that_is_said(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "c.yaml").write_text("models: {}\n")
    (closed / "c.yaml").chmod(0o600)
    for folder in (closed, *list(closed.parents)[:-1]):
        folder.chmod(folder.stat().st_mode | 0o055)
    closed.chmod(0o555)
    code = """
import os, sys
from moo_inference.errors import MooInferenceError
from moo_inference.documents.files import prepare_folder, write_atomically
from moo_inference import load_catalog, readers  # all that is needed later: the checkout may be closed to others too
os.seteuid(65534)
for act in (lambda: load_catalog("c.yaml"), lambda: write_atomically("new", "x"), lambda: prepare_folder("sub"),
            lambda: prepare_folder(".")):
    try:
        act()
        print("done")
    except MooInferenceError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=closed, capture_output=True, text=True, check=True)
    assert done.stdout.count("Permission denied") == 4, done.stdout + done.stderr
    assert [path.name for path in closed.iterdir()] == ["c.yaml"]


def test_a_record_of_odd_places_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text("[]")
    with pytest.raises(ReaderError, match="must hold the settings"):
        read_record(tmp_path)
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(MooInferenceError, match=r"choices\.json"):
        read_record(tmp_path)


MEASURE = """
import resource, sys, time
from moo_inference import readers
start = time.perf_counter()
try:
    found = getattr(readers, sys.argv[1])(sys.argv[2])
    what = type(found).__name__
except ValueError as error:
    what = "refused: " + str(error).splitlines()[0][-80:]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{what}; {time.perf_counter() - start:.1f} s; {peak:.0f} MB")
"""


@pytest.mark.skipif("MOO_FUZZ" not in os.environ, reason="files of 100 MB: set MOO_FUZZ to try them")
@pytest.mark.parametrize(
    ("reader", "head", "row", "tail"),
    [
        ("read_lengths", b"input_tokens,output_tokens\n", b"1024,2048\n", b""),
        ("read_outcomes_table", b"question,correct\n", b"q1,1\n", b""),
        ("read_json", b"[", b'{"a": 1.5, "b": [1, 2, 3]},\n', b"1]"),
        ("read_humaneval", b"", b'{"task_id": "a", "passed": true}\n', b""),
        ("read_yaml", b"models:\n", b"  - {a: 1, b: x}\n", b""),
        ("read_yaml", b"", b"#" * 99 + b"\n", b"a: 1\n"),
        ("examine", b"a,b\n", b"x" * 1000, b""),
        ("read_lengths", b"", b"9" * 1000, b""),
    ],
)
def test_a_file_of_100_mb_is_read_or_refused_in_bounded_memory(reader, head, row, tail, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.write(head)
        for _ in range(100):
            stream.write(row * (1_000_000 // len(row)))
        stream.write(tail)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", MEASURE, reader, path], capture_output=True, text=True, check=True)
    print(f"{reader} {row[:20]!r}: {done.stdout.strip()} ({time.monotonic() - started:.0f} s in all)")
    peak = float(done.stdout.rsplit("; ", 1)[1].removesuffix(" MB\n"))
    assert peak < 6000
