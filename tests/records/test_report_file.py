import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.errors import ReaderError
from moo_inference.records.report_file import ELEMENT_ID, StudyRecord, read_report

DATA = {"settings": {"k": 1}, "choices": [], "command": None}
RECORD = StudyRecord({"k": 1}, [])


def page(data, element=ELEMENT_ID):
    return f'<!DOCTYPE html><p>x</p><script type="application/json" id="{element}">{data}</script>'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "report.html"


def test_the_data_are_found(path):
    path.write_text(page(json.dumps(DATA).replace("<", "\\u003c")))
    assert read_report(path) == RECORD
    path.write_bytes(b"\xef\xbb\xbf" + page(json.dumps({**DATA, "command": "a <b> & c"})).encode())
    assert read_report(path).command == "a <b> & c"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "got none"),
        ("<script>alert(1)</script>", "got none"),
        (page(json.dumps(DATA), "other"), "got none"),
        (page(json.dumps(DATA)) * 2, "got none"),
        (page("{"), "must be complete"),
        (page('{"settings": NaN}'), "numbers must be finite"),
        (page("[]"), "must hold settings"),
        (page('{"settings": {}, "choices": {}, "command": null}'), "must hold settings"),
        (page("[" * 100_000), "must be complete"),
    ],
)
def test_what_is_no_report_is_refused(path, content, words):
    path.write_text(content)
    with pytest.raises(ReaderError, match=words) as caught:
        read_report(path)
    assert str(path) in str(caught.value)


def test_files_that_cannot_be_read_are_named(path):
    with pytest.raises(ReaderError, match="No such file"):
        read_report(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReaderError, match="UTF-8"):
        read_report(path)


@given(st.integers(0, 300), st.binary(max_size=20))
def test_a_report_that_was_cut_or_damaged_is_read_whole_or_refused(tmp_path_factory, end, tail):
    path = tmp_path_factory.mktemp("report") / "r.html"
    path.write_bytes(page(json.dumps(DATA)).encode()[:end] + tail)
    try:
        found = read_report(path)
    except ReaderError:
        return
    assert found == RECORD
