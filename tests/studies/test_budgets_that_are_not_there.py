"""Without a budget for money, time or accuracy: every command answers, and says which rules it did not ask and why."""

import json

import pytest

import moo_inference as mi
from moo_inference.cli import app as cli
from moo_inference.decision import DEFAULT_RULES, make_rule
from moo_inference.errors import SettingError
from moo_inference.records.replay import replay
from moo_inference.studies.assessment import assess_many
from moo_inference.views.figures.chosen_k import LEFT_OUT, prepare
from moo_inference.views.study_tables import study_tables

NEED_NONE = [rule for rule in DEFAULT_RULES if not make_rule(rule).needs_scale]
WHY = "must divide cost and time by their budgets, and there is none for cost"


@pytest.fixture(scope="module")
def catalog(paper):
    free = paper.scenarios["essay-feedback"].replace(name="Free", c_max=None, a_min=None)
    return mi.Catalog(
        models={key: paper.models[key] for key in ("gpt-5-nano", "gpt-5-mini")},
        scenarios={"free": free, "whole": paper.scenarios["essay-feedback"]},
    )


@pytest.fixture
def file(catalog, tmp_path):
    mi.save_catalog(catalog, tmp_path / "catalog.yaml")
    return str(tmp_path / "catalog.yaml")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def test_default_rules_that_lack_a_budget_are_left_out_of_that_scenario_alone(catalog):
    study = mi.run_study(catalog, k_max=8)
    asked = study.choices.groupby("scenario")["decision"].agg(lambda rules: list(dict.fromkeys(rules)))
    assert asked["free"] == NEED_NONE
    assert asked["whole"] == list(DEFAULT_RULES)
    assert list(study.left_out) == ["free"]
    assert str(study.left_out["free"]).endswith(WHY)
    free, whole = study_tables(study)
    assert any(note.endswith(f"{WHY}.") for note in free.notes)
    assert not any(WHY in note for note in whole.notes)
    status = prepare(study).status
    assert [row.count(LEFT_OUT) for block in status for row in block] == [
        *[len(DEFAULT_RULES) - len(NEED_NONE)] * 2, *[0] * 2
    ]  # fmt: skip
    with pytest.raises(SettingError, match="scenario 'Free' has no c_max"):
        mi.run_study(catalog, decisions=["max-cube"], k_max=8)
    again = replay(json.loads(json.dumps(study.settings)), study.records())
    assert again.changes == ()


def test_assessments_are_of_the_rules_that_can_be_asked(catalog):
    found = assess_many(catalog.models, catalog.scenarios, estimator=mi.MonteCarlo(20), replications=2, k_max=4)
    assert [rule for scenario, model, rule in found if (scenario, model) == ("free", "gpt-5-mini")] == NEED_NONE


@pytest.mark.parametrize(
    "command",
    [
        ["solve", "--k-max", "8"],
        ["solve", "--k-max", "8", "--format", "csv"],
        ["assess", "--k-max", "4", "--replications", "2", "--trials", "20"],
        ["compare", "--k-max", "40", "--seeds", "1", "--solver", "nsga2"],
    ],
)
def test_commands_answer_and_say_what_they_left_out(capsys, file, command):
    status, out, err = run(capsys, command[0], "--catalog", file, *command[1:])
    assert status == 0
    assert "whole" in out or command[0] == "compare"
    told = err.splitlines()
    assert told
    assert all(line.endswith(WHY) and line.startswith("moo-inference: free") for line in told)


def test_a_rule_that_is_named_is_refused_in_one_line(capsys, file):
    status, out, err = run(capsys, "solve", "--catalog", file, "-s", "free", "-d", "max-cube")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "has no c_max" in err


def test_route_and_check_work_without_a_budget_or_a_floor(capsys, file, tmp_path):
    status, out, err = run(capsys, "route", "--catalog", file, "-s", "free", "--what-if", "--k-max", "8")
    assert (status, err) == (0, "")
    assert "any cost" in out
    assert "any accuracy" in out
    run(capsys, "solve", "--catalog", file, "--k-max", "8", "--out", str(tmp_path / "out"))
    baseline = str(tmp_path / "out" / "choices.json")
    assert run(capsys, "check", "--catalog", file, "--k-max", "8", "--baseline", baseline)[0] == 0
