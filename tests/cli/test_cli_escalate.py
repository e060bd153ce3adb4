"""Pairs of settings on the command line: chosen, recorded, replayed."""

import json

import pytest
from command_line import refused, run

import moo_inference as mi
from moo_inference.policy.policy import Policy
from moo_inference.views.answer import answer_sentence

CHEAP, STRONG = "gpt-5-mini@high", "gpt-5@high"
PAIR = f"{CHEAP}>{STRONG}"
BOTH = ("--catalog", "otis-mock-aime", "-m", CHEAP, "-m", STRONG)


def test_choose_says_which_setting_runs_first_and_where_the_other_one_does(capsys):
    status, out, _ = run(capsys, "choose", *BOTH, "--stop", "escalate", "--cost", 0.5)
    out = " ".join(out.split())
    assert status == 0
    assert f"Take {CHEAP} with one pass; where it is not verified, {STRONG} with one pass, keep the best:" in out
    assert "of 100 queries; gpt-5@high alone with one pass:" in out


def test_an_answer_by_vote_says_where_passes_disagree():
    pairs = mi.with_stops(mi.load_catalog("otis-mock-aime").select([CHEAP, STRONG]), ["vote-until-sure", "escalate/3"])
    sentence = answer_sentence(mi.route(pairs.select([f"{PAIR}+escalate/3"]), "standard", "cheapest", k_max=2))
    assert sentence.startswith("Nothing fits")
    scenario = mi.Scenario(name="own", c_max=1.0, t_max=9000.0, a_min=0.9)
    alone = pairs.select([f"{PAIR}+escalate/3"]).replace(scenarios={"own": scenario})
    sentence = answer_sentence(mi.route(alone, "own", "cheapest", k_max=2))
    assert f"Take {CHEAP} with 3 passes; where they disagree, {STRONG} with " in sentence
    assert " by vote" in sentence


def test_the_answer_as_json_names_both_settings(capsys):
    _, out, _ = run(capsys, "choose", *BOTH, "--stop", "escalate", "--cost", 0.5, "--format", "json")
    found = json.loads(out)
    assert (found["model"], found["stop"], found["keep"]) == (PAIR, "escalate/1", "oracle")
    assert 1 < found["mean_passes"] < 1 + found["k"]


def test_a_study_of_pairs_is_replayed(capsys, tmp_path):
    options = (*BOTH, "--stop", "fixed", "--stop", "escalate", "-s", "standard", "--k-max", 2)
    report = tmp_path / "report.html"
    assert run(capsys, "report", *options, "--out", report)[0] == 0
    status, out, _ = run(capsys, "replay", report)
    assert (status, "nothing changed" in out) == (0, True)
    status, out, _ = run(capsys, "solve", *options, "--out", tmp_path / "study")
    assert status == 0
    assert "Of a pair the second setting runs with k passes" in " ".join(out.split())
    recorded = json.loads((tmp_path / "study" / "settings.json").read_text())
    assert '"escalates_from": {"name": "GPT-5 Mini (high)"' in json.dumps(recorded)


def test_a_policy_file_leaves_pairs_out_and_says_so(capsys, tmp_path):
    path = tmp_path / "policy.json"
    route = ("route", *BOTH, "--cost", 0.5, "--policy", path)
    status, _, err = run(capsys, *route, "--stop", "fixed", "--stop", "escalate")
    assert status == 0
    assert "pairs of settings are left out" in err
    assert set(Policy.load(path).models) <= {CHEAP, STRONG}
    assert "alone" in refused(capsys, *route, "--stop", "escalate", "--force")[0]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("-m", STRONG, "--stop", "escalate"), "both settings of a pair"),
        (("-m", "gpt-5@hihg", "--stop", "escalate"), "did you mean 'gpt-5@high'"),
        (("--stop", "escalate=2"), "escalate/2"),
        (("--stop", "escalate/9"), "at least the 9 attempts"),
    ],
)
def test_what_cannot_be_is_refused(capsys, options, what):
    assert any(what in line for line in refused(capsys, "choose", "--catalog", "otis-mock-aime", "--cost", 1, *options))
