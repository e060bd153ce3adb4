import tracemalloc

import numpy as np
import pytest

from moo_inference.documents.csv_file import read_csv
from moo_inference.documents.document import FileErrors
from moo_inference.errors import ReaderError


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "a.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def columns(path, *names, **options):
    chunks = list(read_csv(path, names, **options))
    return {name: [cell for chunk in chunks for cell in chunk.columns[name]] for name in names}


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y", "\ufeffa,b\r\n1,x\r\n2,y", 'b,"a"\n"x",1\n\n"y","2"\n', " a , b\n1,x\n2,y"],
)
def test_columns_are_found_by_name(file, text):
    assert columns(file(text), "a", "b") == {"a": ["1", "2"], "b": ["x", "y"]}


def test_quoted_cells_may_hold_commas_and_lines_and_lines_stay_right(file):
    (chunk,) = read_csv(file('a,b\n"1,\n2","say ""x"""\n\n3,4\n'), ["a", "b"])
    assert chunk.columns["a"] == ["1,\n2", "3"]
    assert chunk.columns["b"] == ['say "x"', "4"]
    assert chunk.lines == (3, 5)


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_lines_are_those_on_which_rows_end_whatever_stands_in_cells(file, rows):
    text = 'a,b\n"1\n\n",2\n\n3,"4\r\n"\r\n5,6\n"\n",8'
    chunks = list(read_csv(file(text), ["a"], rows=rows))
    assert [line for chunk in chunks for line in chunk.lines] == [4, 7, 8, 10]
    assert [cell for chunk in chunks for cell in chunk.columns["a"]] == ["1\n\n", "3", "5", "\n"]


def test_missing_columns_are_named_with_those_there_and_the_nearest(file):
    with pytest.raises(ReaderError) as caught:
        columns(file("Context Tokens,b\n1,2\n"), "ContextTokens", "zzz")
    first, second = caught.value.errors
    assert first.endswith(
        "a.csv:1: must have a column 'ContextTokens' (did you mean 'Context Tokens'?); it has: 'Context Tokens', 'b'"
    )
    assert "'zzz'" in second


def test_optional_columns_may_lack(file):
    (chunk,) = read_csv(file("a,b\n1,2\n"), ["a"], optional=["b", "c"])
    assert dict(chunk.columns) == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv: must begin with a row of column names, got an empty file"),
        ("a,b\n1,2\n1\n1,2,3\n", "a.csv:3: must have 2 cells, as the header has, got 1"),
        ("a,b,a\n1,2,3\n", "a.csv:1: a: a column must stand once, but it stands 2 times"),
        ('a,b\n1,"2\n', "a.csv:2: must be valid CSV: unexpected end of data"),
        ('a,b\n1,"2"x\n', "a.csv:2: must be valid CSV"),
        (b"a,b\n1,\xff\n", "a.csv:2: must be UTF-8 text"),
    ],
)
def test_broken_files_are_refused_with_the_line(file, text, message):
    with pytest.raises(ReaderError) as caught:
        columns(file(text), "a")
    assert message in caught.value.errors[0]


def test_short_and_long_rows_are_all_told(file):
    with pytest.raises(ReaderError) as caught:
        columns(file("a,b\n1\n1,2\n1,2,3\n"), "a")
    assert [message.partition("a.csv:")[2] for message in caught.value.errors] == [
        "2: must have 2 cells, as the header has, got 1",
        "4: must have 2 cells, as the header has, got 3",
    ]


def test_missing_files_are_refused(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(ReaderError, match="must be a file that can be read"):
            list(read_csv(path, ["a"]))


def test_numbers_are_read_strictly(file):
    (chunk,) = read_csv(file("a,b\n1,1e3\n 2 ,-.5\n+3,7.\n"), ["a", "b"])
    found = FileErrors()
    assert chunk.counts("a", found).tolist() == [1, 2, 3]
    assert chunk.numbers("b", found).tolist() == [1000.0, -0.5, 7.0]
    assert found.count == 0


@pytest.mark.parametrize(
    "cell", ["", "x", "nan", "inf", "1_000", "1e999", "１", "0x1", "1 2", '"1,000"', "-1", "1.5", "1e300"]
)
def test_wrong_cells_are_named_with_line_and_column(file, cell):
    found = FileErrors()
    for chunk in read_csv(file(f"b,a\n0,1\n0,{cell}\n0,3\n"), ["a"], rows=1):
        chunk.counts("a", found)
    assert found.count == 1
    assert "a.csv:3: a: must be a " in found.shown[0]
    with pytest.raises(ReaderError):
        found.check()


def test_chunks_join_to_the_whole_and_progress_is_told(file):
    path = file("a,b\n" + "".join(f"{i},{i * i}\n" for i in range(1000)))
    told = []
    chunks = list(read_csv(path, ["b"], rows=300, progress=lambda *step: told.append(step)))
    assert [len(chunk.lines) for chunk in chunks] == [300, 300, 300, 100]
    values = np.concatenate([chunk.counts("b", FileErrors()) for chunk in chunks])
    assert (values == np.arange(1000) ** 2).all()
    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert told == sorted(told)
    assert 0 < told[0][0] < size


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("a,b\n" + "123,456\n" * rows)
        tracemalloc.start()
        for chunk in read_csv(path, ["a", "b"], rows=500):
            chunk.counts("a", FileErrors())
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1000)
    assert peak(20_000) < 1.3 * peak(2000)
