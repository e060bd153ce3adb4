"""Columns as text are what pandas makes of the same table."""

import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.documents.columns import columns_to_csv, columns_to_json, frame_of, records_of
from moo_inference.documents.frames import frame_to_csv, frame_to_json

texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
numbers = st.one_of(st.just(math.nan), st.floats(allow_nan=False, allow_infinity=False))
whole = st.one_of(st.none(), st.integers(-(2**53), 2**53))


@given(st.lists(st.tuples(texts, numbers, whole), min_size=1, max_size=6))
def test_csv_and_json_are_those_of_a_frame(rows):
    text, number, count = zip(*rows, strict=True)
    columns = {'a, "name"\n': text, "number": number, "k": count}
    frame = frame_of(columns, {'a, "name"\n': object, "number": "float64", "k": "Int64"})
    assert columns_to_csv(columns) == frame_to_csv(frame)
    assert columns_to_json(columns) == frame_to_json(frame)
    assert columns_to_json(columns, columns) == frame_to_json(frame, frame)


def test_columns_without_rows():
    columns = {"scenario": [], "k": [], "cost": []}
    frame = frame_of(columns, {"k": "Int64", "cost": "float64"})
    assert columns_to_csv(columns) == frame_to_csv(frame) == "scenario,k,cost\n"
    assert json.loads(columns_to_json(columns)) == []
    assert frame.dtypes.map(str).to_dict() | {"scenario": ""} == {"scenario": "", "k": "Int64", "cost": "float64"}


def test_what_a_terminal_would_obey_is_shown_in_csv_alone():
    columns = {"a\x1b": ["\x1b[2J", "two\nlines"]}
    assert columns_to_csv(columns) == "a\\x1b\n\\x1b[2J\ntwo\\nlines\n"
    assert records_of(columns) == [{"a\x1b": "\x1b[2J"}, {"a\x1b": "two\nlines"}]


def test_json_has_no_word_for_infinity():
    with pytest.raises(ValueError, match="Out of range float"):
        columns_to_json({"cost": [math.inf]})


def test_columns_must_be_of_equal_length():
    with pytest.raises(ValueError, match="shorter"):
        columns_to_csv({"a": [1, 2], "b": [1]})


def test_a_frame_has_the_types_that_are_given():
    frame = frame_of({"k": [1, None], "cost": [None, None], "name": ["a", "b"]}, {"k": "Int64", "cost": "float64"})
    assert pd.isna(frame["k"][1])
    assert frame["cost"].dtype == "float64"
    assert frame["name"].tolist() == ["a", "b"]
