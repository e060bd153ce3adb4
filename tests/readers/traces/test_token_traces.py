import csv
from datetime import datetime

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError
from moo_inference.readers import read_azure_trace, read_burstgpt_trace, read_lengths

DATA = ROOT / "tests" / "data"
AZURE = DATA / "azure_llm_code_2500.csv"


def test_azure_is_read_as_it_stands():
    with AZURE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    trace = read_azure_trace(AZURE)
    assert len(trace) == len(rows) == 2500
    assert trace.input_tokens.tolist() == [int(row["ContextTokens"]) for row in rows]
    assert trace.output_tokens.tolist() == [int(row["GeneratedTokens"]) for row in rows]
    assert trace.seconds is None
    assert trace.failed == 0
    times = [datetime.fromisoformat(row["TIMESTAMP"][:-1]) for row in rows]
    expected = [(time - times[0]).total_seconds() for time in times]
    assert trace.arrival_seconds == pytest.approx(expected, abs=2e-6)


def test_azure_has_crlf_seven_digits_and_need_not_end_its_last_line(tmp_path):
    content = AZURE.read_bytes()
    assert content.count(b"\r\n") == 2501
    assert b"18:17:03.9799600" in content
    path = tmp_path / "trace.csv"
    whole = read_azure_trace(AZURE)
    for text in (content.rstrip(), content.replace(b"\r", b""), b"\xef\xbb\xbf" + content):
        path.write_bytes(text)
        found = read_azure_trace(path)
        assert (found.input_tokens == whole.input_tokens).all()
        assert (found.arrival_seconds == whole.arrival_seconds).all()


@pytest.mark.parametrize("time", ["2024-05-10 00:00:00.009930+00:00", "2024-05-10T00:00:00Z", "2024-05-10 00:00:00"])
def test_times_of_other_spellings(tmp_path, time):
    path = tmp_path / "trace.csv"
    path.write_text(f"TIMESTAMP,ContextTokens,GeneratedTokens\n{time},1,2\n")
    assert read_azure_trace(path).arrival_seconds.tolist() == [0.0]


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2024-02-30 00:00:00", "10.05.2024 00:00", "2024-05-10 00:00:00+02:00"]
)
def test_what_is_no_time_is_named(tmp_path, time):
    path = tmp_path / "trace.csv"
    path.write_text(f"TIMESTAMP,ContextTokens,GeneratedTokens\n{time},1,2\n{time},1,x\n")
    with pytest.raises(ReaderError) as caught:
        read_azure_trace(path)
    assert [message.partition("trace.csv")[2].split(": ")[:2] for message in caught.value.errors] == [
        [":2", "TIMESTAMP"],
        [":3", "TIMESTAMP"],
        [":3", "GeneratedTokens"],
    ]


def test_burstgpt_version_1():
    trace = read_burstgpt_trace(DATA / "burstgpt_first_rows.csv")
    assert trace.input_tokens.tolist() == [472, 1087, 417]
    assert trace.output_tokens.tolist() == [18, 230, 276]
    assert trace.arrival_seconds.tolist() == [0.0, 40.0, 113.0]
    assert trace.seconds is None
    assert trace.failed == 0


def test_burstgpt_version_2_has_seconds_and_leaves_failures_out():
    path = DATA / "burstgpt_v2_rows.csv"
    trace = read_burstgpt_trace(path)
    assert trace.input_tokens.tolist() == [472, 1087, 417]
    assert trace.seconds.tolist() == [4.5, 12.25, 20.0]
    assert trace.arrival_seconds.tolist() == [0.0, 35.5, 108.0]
    assert trace.failed == 1
    one = read_burstgpt_trace(path, model="GPT-4")
    assert one.output_tokens.tolist() == [276]
    assert one.failed == 1
    assert read_burstgpt_trace(path, model="ChatGPT").failed == 0


def test_a_trace_without_an_answered_request_is_refused(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("Timestamp,Model,Request tokens,Response tokens\n1,a,2,0\n")
    with pytest.raises(ReaderError, match="at least one request that was served, got 1 that failed"):
        read_burstgpt_trace(path)
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n")
    with pytest.raises(ReaderError, match="at least one request that was served"):
        read_azure_trace(path)


def test_any_csv_with_two_columns_of_tokens():
    trace = read_lengths(
        DATA / "burstgpt_v2_rows.csv",
        input_tokens="Request tokens",
        output_tokens="Response tokens",
        seconds="Elapsed time",
    )
    assert trace.input_tokens.tolist() == [472, 1087, 300, 417]
    assert trace.output_tokens.tolist() == [18, 230, 0, 276]
    assert trace.seconds.tolist() == [4.5, 12.25, 0.5, 20.0]
    assert trace.arrival_seconds is None
    with pytest.raises(ReaderError, match="must have a column 'input_tokens'"):
        read_lengths(DATA / "burstgpt_v2_rows.csv")


def test_progress_of_a_trace_is_told():
    told = []
    read_azure_trace(AZURE, progress=lambda *step: told.append(step))
    assert told[-1] == (AZURE.stat().st_size,) * 2


def test_units_and_types_of_a_trace():
    trace = read_azure_trace(AZURE)
    assert trace.input_tokens.dtype == trace.output_tokens.dtype == np.int64
    assert trace.arrival_seconds.dtype == np.float64
