"""Leaderboards that become candidates: Aider's YAML and BFCL's CSV, and what is not known of a row."""

import json
import re

import pytest
import yaml
from conftest import ROOT

from moo_inference.cli import app as cli
from moo_inference.errors import ReaderError, SettingError
from moo_inference.readers import read_aider, read_bfcl, recognise
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data"
AIDER, BFCL = DATA / "aider_polyglot.yml", DATA / "bfcl_data_overall.csv"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(argument) for argument in arguments])
    return stopped.value.code, *capsys.readouterr()


@pytest.mark.parametrize("tries", [1, 2])
def test_aider_has_a_rate_a_cost_and_a_time_of_each_case(tries):
    rows = [row for row in yaml.safe_load(AIDER.read_text()) if row["total_cost"]]
    found = read_aider(AIDER, tries=tries)
    assert found.names == tuple(row["model"] for row in rows)
    assert found.accuracy.tolist() == pytest.approx([row[f"pass_rate_{tries}"] / 100 for row in rows])
    # The rate is that of the cases that passed, to a tenth of a per cent.
    passed = [row[f"pass_num_{tries}"] / row["test_cases"] for row in rows]
    assert found.accuracy.tolist() == pytest.approx(passed, abs=0.0006)
    assert found.usd_per_query.tolist() == pytest.approx([row["total_cost"] / row["test_cases"] for row in rows])
    assert found.seconds_per_query.tolist() == [row["seconds_per_case"] for row in rows]


def test_a_cost_of_zero_is_unknown_and_its_row_is_left_out_and_named():
    found = read_aider(AIDER)
    assert "Gemini 2.0 Pro exp-02-05" not in found.names
    assert found.notes[0].startswith("Accuracy is that of the first try; cost and time are of both tries")
    assert found.notes[1] == (
        "Candidates without cost (N/A or 0, which is unknown and not free), which are left out: 1 "
        "('Gemini 2.0 Pro exp-02-05')."
    )
    assert examine(AIDER).warnings == tuple(f"{AIDER}: {note}" for note in found.notes)


def aider(tmp_path, *changes):
    rows = [
        {"model": "m", "pass_rate_1": 50.0, "pass_rate_2": 60, "test_cases": 10, "total_cost": 5, "seconds_per_case": 2}
        | change
        for change in changes
    ]
    path = tmp_path / "board.yml"
    path.write_text(yaml.safe_dump([{name: value for name, value in row.items() if value != "-"} for row in rows]))
    return path


def test_rows_without_a_time_are_left_out_where_others_have_one(tmp_path):
    found = read_aider(aider(tmp_path, {}, {"model": "n", "seconds_per_case": "-"}, {"model": "o", "total_cost": "-"}))
    assert found.names == ("m",)
    assert found.notes[1:] == (
        "Candidates without cost (N/A or 0, which is unknown and not free), which are left out: 1 ('o').",
        "Candidates without time, which are left out: 1 ('n').",
    )
    found = read_aider(aider(tmp_path, {"seconds_per_case": "-"}, {"model": "n", "seconds_per_case": "-"}))
    assert (found.names, found.seconds_per_query) == (("m", "n"), None)
    with pytest.raises(ReaderError, match=r"at least one candidate whose cost is known, got 2 without"):
        read_aider(aider(tmp_path, {"total_cost": 0}, {"total_cost": 0.0}))


def test_wrong_rows_of_aider_are_named_all_at_once(tmp_path):
    path = aider(
        tmp_path,
        {"pass_rate_1": 101},
        {"model": "-"},
        {"test_cases": 0},
        {"total_cost": -1},
        {"seconds_per_case": "fast"},
        {"pass_rate_1": "-"},
    )
    with pytest.raises(ReaderError) as caught:
        read_aider(path)
    words = (
        "0.pass_rate_1: must be a number, between 0 and 100, got 101",
        "1.model: must name a model, got nothing",
        "2.test_cases: must be at least 1, got 0",
        "3.total_cost: must be a number, 0 or more, got -1",
        "4.seconds_per_case: must be a number, 0 or more, got 'fast'",
        "5.pass_rate_1: must be a number, between 0 and 100, got nothing",
    )
    assert len(caught.value.errors) == len(words)
    for error, word in zip(caught.value.errors, words, strict=True):
        assert re.match(rf"{re.escape(str(path))}:\d+: ", error)
        assert word in error
    with pytest.raises(SettingError, match="tries must be 1 or 2, got 3"):
        read_aider(path, tries=3)


def test_bfcl_costs_are_per_thousand_calls_and_shares_have_a_sign():
    found = read_bfcl(BFCL)
    lines = [line.split(",") for line in BFCL.read_text().splitlines()[1:]]
    known = [line for line in lines if line[4] != "N/A"]
    assert found.names == tuple(line[2] for line in known)
    assert found.accuracy.tolist() == pytest.approx([float(line[1][:-1]) / 100 for line in known])
    assert found.usd_per_query.tolist() == pytest.approx([float(line[4]) / 1000 for line in known])
    assert found.seconds_per_query.tolist() == [float(line[5]) for line in known]
    assert found.notes[0] == "Cost and time are those of a function call."
    assert "'watt-tool-70B (FC)'" in found.notes[1]


def test_total_costs_of_bfcl_need_the_number_of_queries(tmp_path, capsys):
    path = tmp_path / "board.csv"
    path.write_text(BFCL.read_text().replace("Cost ($ Per 1k Function Calls)", "Total Cost ($)"))
    assert recognise(path).format == "bfcl"
    with pytest.raises(ReaderError, match=r"the number of its queries must be given \(--option queries=NUMBER\)"):
        read_bfcl(path)
    # One thousand queries: the numbers of the other column.
    assert read_bfcl(path, queries=1000).usd_per_query.tolist() == read_bfcl(BFCL).usd_per_query.tolist()
    for wrong in (0, "many", True, 1.5):
        with pytest.raises(SettingError, match="queries must be a whole number of at least 1"):
            read_bfcl(path, queries=wrong)
    status, _, err = run(capsys, "candidates", path)
    assert (status, err.count("\n")) == (2, 1)
    status, out, err = run(capsys, "candidates", path, "--option", "queries=1000", "--format", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["candidate"] == "gpt-4o-2024-11-20 (Prompt)"


@pytest.mark.parametrize(
    ("cell", "other", "words"),
    [
        ("72.02%", "72.02", "must be a number with a per cent sign, 0 or more, or N/A, got '72.02'"),
        ("72.02%", "172.02%", "must be at most 100%, got 172.02%"),
        ("13.54", "-1", "must be a number, 0 or more, or N/A, got '-1'"),
        ("13.54", "1_0", "got '1_0'"),
        ("0.78", "fast", "got 'fast'"),
    ],
)
def test_wrong_cells_of_bfcl_are_refused_with_their_line(tmp_path, cell, other, words):
    path = tmp_path / "board.csv"
    path.write_text(BFCL.read_text().replace(cell, other, 1))
    with pytest.raises(ReaderError) as caught:
        read_bfcl(path)
    (error,) = caught.value.errors
    assert error.startswith(f"{path}:3: ")
    assert words in error


def test_the_command_decides_and_reports_what_was_left_out(capsys):
    status, out, err = run(capsys, "candidates", AIDER, "--c-max", "0.05")
    assert (status, err) == (0, "")
    assert "accuracy-max takes gpt-4.1" in out
    assert "'Gemini 2.0 Pro exp-02-05'" in out
    status, out, _ = run(capsys, "candidates", AIDER, "--option", "tries=2", "--format", "json")
    record = json.loads(out)
    assert record["notes"][0].startswith("Accuracy is that after a second try")
    assert max(row["accuracy"] for row in record["front"]) == pytest.approx(0.524)
    assert run(capsys, "candidates", AIDER, "--option", "tries=3")[0] == 2
    assert run(capsys, "candidates", AIDER, "--option", "tires=2")[0] == 2
