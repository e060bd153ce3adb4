import math

import pytest
import yaml

from moo_inference.documents import yaml_file
from moo_inference.documents.yaml_file import read_yaml
from moo_inference.errors import CatalogError


@pytest.fixture(autouse=True, params=["SafeLoader", "CSafeLoader"])
def loader(request, monkeypatch):
    """PyYAML has two parsers, of which an installation may lack the one in C."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(yaml_file, "_LOADER", getattr(yaml, request.param))


def read(tmp_path, text):
    path = tmp_path / "a file\nwith.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("10E3", 10_000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-7", -7),
        ("+7", 7),
        ("010", 10),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("9" * 400, math.inf),
    ],
)
def test_scalars_are_read_by_the_core_schema_of_yaml_1_2(tmp_path, text, value):
    got = read(tmp_path, f"a: {text}\n").data["a"]
    assert got == value
    assert type(got) is type(value)


def test_nan_is_read_as_such(tmp_path):
    assert math.isnan(read(tmp_path, "a: .nan").data["a"])


def test_lines_are_known_for_every_key(tmp_path):
    document = read(tmp_path, "\ufeffa:\r\n  b: [1,\r\n    2]\r\nc: 3")
    assert document.data == {"a": {"b": [1, 2]}, "c": 3}
    assert document.lines[("a",)] == 1
    assert document.lines[("a", "b")] == 2
    assert document.lines[("a", "b", 1)] == 3
    assert document.error_at(("a", "b", "missing"), "must be given").endswith(":2: a.b.missing: must be given")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a: a key must stand once, but it stands on line 1 too"),
        ("a: {x: 1, x: 2}", 1, "a.x: a key must stand once"),
        ("a: &anchor 1", 1, "anchors"),
        ("a: 1\nb: *a", 2, "must"),
        ("a:\n  <<: {b: 1}", 2, "merge keys"),
        ("a: !!python/object/apply:os.system ['true']", 1, "tags"),
        ("? [1, 2]\n: 3", 1, "keys must be plain words"),
        ("a: [1\nb: 2", 2, "must be valid YAML"),
        ("a: 1\n--- \nb: 2", 2, "must be valid YAML"),
        ("a: \x07", None, "must be valid YAML"),
        ("[" * 40, 1, "must not nest deeper"),
    ],
)
def test_what_is_refused_is_named_with_its_line(tmp_path, text, line, words):
    with pytest.raises(CatalogError) as caught:
        read(tmp_path, text)
    assert words in caught.value.errors[0]
    if line is not None:
        assert f".yaml:{line}: " in caught.value.errors[0]


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path):
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    with pytest.raises(CatalogError, match="aliases"):
        read(tmp_path, "\n".join(lines))


def test_all_duplicate_keys_are_told(tmp_path):
    with pytest.raises(CatalogError) as caught:
        read(tmp_path, "a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert len(caught.value.errors) == 2


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x80"])
def test_other_encodings_are_refused(tmp_path, content):
    with pytest.raises(CatalogError, match="must be UTF-8 text"):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(CatalogError, match="must be a file that can be read"):
        read_yaml(tmp_path / "nothing.yaml")
    with pytest.raises(CatalogError, match="must be a file that can be read"):
        read_yaml(tmp_path)
