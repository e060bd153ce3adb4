import json
import math
import tracemalloc

import pytest

from moo_inference.documents.document import Document, FileErrors
from moo_inference.documents.json_file import read_json, read_json_lines, read_json_records
from moo_inference.errors import ReaderError

STRICTLY = ("twice", "not finite")


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "a.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def errors(work):
    with pytest.raises(ReaderError) as caught:
        work()
    return [message.partition("a.json:")[2] for message in caught.value.errors]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("-0.5E2", -50.0),
        ("999999999999999999", 999999999999999999),
        ("1" * 30, float("1" * 30)),
        ('"\\u00e9\\n"', "é\n"),
        ("null", None),
        ("[true, false]", [True, False]),
        ("{}", {}),
    ],
)
def test_values_are_those_of_json(file, text, value):
    got = read_json(file(text)).data
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("text", ['\ufeff{"a": 1}', '{"a": 1}', '{"a": 1}\r\n', '\n\n{"a":\r\n1}\n'])
def test_a_byte_order_mark_line_ends_and_a_missing_last_one_are_fine(file, text):
    assert read_json(file(text)).data == {"a": 1}
    assert [record.data for record in read_json_records(file(text))] == [{"a": 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "b": {"c": 1,\n"c": 2}}', ["3: b.c: a key must stand once, but it stands on line 2 too"]),
        ('{"a": 1,\n"\\u0061": 2}', ["2: a: a key must stand once, but it stands on line 1 too"]),
        (
            '[{"a": 1}, {"a": 1,\n"b": {"a": 1}}, {"a": 2,\n"a": 3}]',
            ["3: 2.a: a key must stand once, but it stands on line 2 too"],
        ),
        ('{"a": [1,\nNaN]}', ["2: a.1: must be a finite number, got NaN"]),
        (
            '{"a": Infinity,\n"b": -Infinity}',
            ["1: a: must be a finite number, got Infinity", "2: b: must be a finite number, got -Infinity"],
        ),
        ('{"a":\n1e999}', ["2: a: must be a finite number, got 1e999"]),
        ("NaN", ["1: must be a finite number, got NaN"]),
    ],
)
def test_what_python_lets_pass_is_refused_with_all_lines(file, text, expected):
    assert errors(lambda: read_json(file(text), refused=STRICTLY)) == expected


def test_numbers_that_are_not_finite_are_values_like_others(file):
    found = read_json(file('{"rate": Infinity, "a": [NaN, -Infinity, 1e999], "b": 1}')).data
    assert found["rate"] == math.inf
    assert math.isnan(found["a"][0])
    assert found["a"][1:] == [-math.inf, math.inf]
    assert found["b"] == 1


def test_a_key_that_stands_twice_is_noted_where_it_is_not_refused(file):
    text = '{"a": 1,\n"b": {"c": 1, "c": 2}, "d": NaN}\n{"a": 1}'
    first, second = read_json_records(file(text.replace("\n", "", 1)), refused=())
    assert first.data["b"] == {"c": 2}
    assert first.odd == {("b", "c"): "a key must stand once, but it stands on line 1 too"}
    assert first.at("b").odd == first.odd
    assert second.odd == {}


def test_huge_integers_are_numbers_or_errors_and_never_a_crash(file):
    assert read_json(file("[" + "9" * 300 + "]")).data == [1e300]
    assert read_json(file("[" + "9" * 100_000 + "]")).data == [math.inf]
    assert errors(lambda: read_json(file("[" + "9" * 100_000 + "]"), refused=STRICTLY)) == [
        "1: 0: must be a finite number, got " + "9" * 37 + "..."
    ]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused(file, opening):
    for read in (read_json, lambda path: list(read_json_lines(path)), lambda path: list(read_json_records(path))):
        assert errors(lambda read=read: read(file(opening * 100_000))) == [
            "1: values must not nest as deeply as they do here"
        ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "must be valid JSON: got nothing"),
        ('{"a": 1', 1, "must be valid JSON: expecting ',' delimiter (column 8)"),
        ('{"a":\n 1,}', 2, "must be valid JSON"),
        ('{"a": 1}\n{"a": 2}', 2, "must be valid JSON: extra data"),
        ("{'a': 1}", 1, "must be valid JSON"),
    ],
)
def test_syntax_errors_have_lines(file, text, line, words):
    (message,) = errors(lambda: read_json(file(text)))
    assert message.startswith(f"{line}: {words}")


@pytest.mark.parametrize("content", ['{"a": 1}'.encode("utf-16"), b'{"a": "\xff"}', b"\xff\xfe"])
def test_other_encodings_are_refused(file, content):
    for read in (read_json, lambda path: list(read_json_lines(path))):
        with pytest.raises(ReaderError, match="must be UTF-8 text"):
            read(file(content))


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "nothing.json", tmp_path):
        for read in (read_json, lambda path: list(read_json_lines(path)), lambda path: list(read_json_records(path))):
            with pytest.raises(ReaderError, match="must be a file that can be read"):
                read(path)


def test_lines_of_all_places_are_known(file):
    text = '{"a": {"b": [1,\n  {"c": 2}],\n "d,[": "x\\"y:"},\n"e": 3}'
    document = read_json(file(text))
    assert dict(document.lines) == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", 0): 1,
        ("a", "b", 1): 2,
        ("a", "b", 1, "c"): 2,
        ("a", "d,["): 3,
        ("e",): 4,
    }
    assert len(document.lines) == 8
    inner = document.at("a", "b", 1)
    assert inner.data == {"c": 2}
    assert inner.where(("c",)).endswith("a.json:2")
    assert inner.error_at(("x",), "must be given").endswith("a.json:2: a.b.1.x: must be given")


def test_lines_agree_with_a_slow_twin(file):
    """One key a line, as json.dumps with an indent writes them: the line is counted by hand."""
    data = {f"model-{i}": {"price": [i, {"x": None}], 'odd "key": {': "a\nb"} for i in range(50)}
    text = json.dumps(data, indent=1)
    document = read_json(file(text))
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(' "model'):
            key = line.split('"')[1]
            assert document.lines[(key,)] == number
            assert document.lines[(key, "price", 1, "x")] == number + 4


def test_json_lines_are_numbered_and_empty_ones_left_out(file):
    records = list(read_json_lines(file('{"a": 1}\n\n  \r\n{"a": 2}\r\n[3]')))
    assert [record.data for record in records] == [{"a": 1}, {"a": 2}, [3]]
    assert [record.where().rpartition(":")[2] for record in records] == ["1", "4", "5"]
    assert records[1].error_at(("a",), "must be 1").endswith("a.json:4: a: must be 1")


def test_json_lines_stop_at_the_wrong_line(file):
    path = file('{"a": 1}\n{"a": 2, "a": 3}\n{"a": ')
    lines = read_json_lines(path)
    assert next(lines).data == {"a": 1}
    assert errors(lambda: next(lines)) == ["2: a: a key must stand once, but it stands on line 2 too"]
    (message,) = errors(lambda: list(read_json_lines(file('{"a": 1}\n{"a": '))))
    assert message.startswith("2: must be valid JSON: expecting value")


@pytest.mark.parametrize(
    "text", ['[{"a": 1}, {"a": 2}]', '[\n{"a": 1},\n{"a": 2}\n]', '{"a": 1}\n{"a": 2}', '{"a": 1}\n{"a": 2}\n']
)
def test_records_come_from_a_list_or_from_lines(file, text):
    assert [record.data for record in read_json_records(file(text))] == [{"a": 1}, {"a": 2}]


def test_json_lines_are_read_in_bounded_memory(tmp_path):
    path = tmp_path / "a.jsonl"
    line = json.dumps({"text": "x" * 1000})
    path.write_text("\n".join([line] * 5000))

    def peak(rows):
        tracemalloc.start()
        for place, _ in enumerate(read_json_lines(path)):
            if place == rows:
                break
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(4999) < 1.5 * peak(100) < path.stat().st_size / 10


def test_errors_beyond_twenty_are_counted():
    found = FileErrors()
    found.check()
    for number in range(1500):
        found.add(f"error {number}")
    with pytest.raises(ReaderError) as caught:
        found.check()
    assert caught.value.errors[19:] == ("error 19", "and 1,480 more errors like these")


def test_what_no_terminal_can_print_is_escaped():
    assert Document("a.json", {}).error_at(("\ud800",), "is odd") == "a.json:1: \\ud800: is odd"
