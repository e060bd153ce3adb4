"""Policy files with rows that stop early: what they hold, that others are as before, and what is refused."""

import json

import numpy as np
import pytest

from moo_inference.errors import ReaderError
from moo_inference.policy.policy import Policy, Running

RUNNING = Running((None, "first-verified", "vote-until-sure=0.9/2"), (8, 1, 4), ("oracle", "oracle", "majority"))


def policy(running=RUNNING, **options):
    F = np.array([[1.0, 30.0, 0.3], [2.0, 20.0, 0.2], [3.0, 10.0, 0.1]])
    return Policy(("a", "b@high"), np.array([0, 1, 1]), np.array([1, 4, 8]), F, {"x": 1}, running=running, **options)


TAILS = {"quantiles": {"t_max": 0.95}, "amounts": np.array([[60.0], [50.0], [40.0]])}


@pytest.mark.parametrize("tails", [{}, TAILS], ids=["means", "quantiles"])
def test_a_file_with_stops_is_read_as_it_was_written(tmp_path, tails):
    written = policy(**tails)
    written.save(tmp_path / "p.json")
    read = Policy.load(tmp_path / "p.json")
    assert read.running == RUNNING
    assert read.to_dict() == written.to_dict()
    assert written.to_dict()["format"] == "moo-inference policy 3"
    assert dict(read.quantiles) == dict(written.quantiles)


@pytest.mark.parametrize(("c_max", "row"), [(1.5, 0), (2.5, 1), (3.5, 2)])
def test_a_choice_has_the_stop_of_its_row(c_max, row):
    found = policy().choose(c_max=c_max, rule="accuracy-max")
    assert (found.model, found.k) == (["a", "b@high", "b@high"][row], [1, 4, 8][row])
    assert (found.stop, found.parallel, found.keep) == tuple(column[row] for column in RUNNING)


@pytest.mark.parametrize(("tails", "number"), [({}, 1), (TAILS, 2)], ids=["means", "quantiles"])
def test_a_file_without_stops_is_of_the_format_of_before(tmp_path, tails, number):
    written = policy(None, **tails).to_dict()
    assert written["format"] == f"moo-inference policy {number}"
    expected = ["format", "models", "model", "k", "cost", "time", "error", *(["tails"] if tails else []), "made"]
    assert list(written) == expected
    path = tmp_path / "p.json"
    path.write_text(json.dumps(written))
    read = Policy.load(path)
    assert read.running is None
    found = read.choose(rule="accuracy-max")
    assert (found.stop, found.parallel, found.keep) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stop": [None]}, "one entry per row"),
        ({"parallel": None}, "must be a policy"),
        ({"keep": 5}, "must be a policy"),
        ({"stop": [None, "first-verifed", None]}, "did you mean 'first-verified'"),
        ({"stop": [None, None, "vote-until-sure=2"]}, "the confidence of vote-until-sure must be"),
        ({"stop": [None, 3, None]}, "stop must be one of"),
        ({"stop": [None, ["first-verified"], None]}, "must be a policy"),
        ({"stop": [None, "vote-until-sure", None]}, "must come with keep 'majority'"),
        ({"keep": ["best", "oracle", "majority"]}, "keep must be one of oracle, verifier, majority, all"),
        ({"parallel": [8, 0, 4]}, "parallel at least 1"),
        ({"parallel": [8, True, 4]}, "parallel at least 1"),
        ({"parallel": [8, 1.5, 4]}, "parallel at least 1"),
        ({"tails": {}}, "tails must have quantiles"),
    ],
)
def test_damaged_stops_are_refused(tmp_path, change, words):
    path = tmp_path / "p.json"
    data = policy().to_dict()
    path.write_text(json.dumps(data))
    Policy.load(path)
    path.write_text(json.dumps({**data, **change}))
    with pytest.raises(ReaderError, match=words):
        Policy.load(path)


@pytest.mark.parametrize("column", ["stop", "parallel", "keep"])
def test_no_column_may_lack(tmp_path, column):
    data = policy().to_dict()
    del data[column]
    (tmp_path / "p.json").write_text(json.dumps(data))
    with pytest.raises(ReaderError, match=column):
        Policy.load(tmp_path / "p.json")
