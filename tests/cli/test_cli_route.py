import json

import pytest
import yaml
from command_line import run

from moo_inference.policy.policy import Policy


def test_route_says_which_model_and_why_no_other(capsys):
    status, out, err = run(capsys, "route", "-s", "essay-feedback", "-d", "max-cube", "--what-if")
    assert (status, err) == (0, "")
    record = json.loads(run(capsys, "route", "-s", "essay-feedback", "-d", "max-cube", "--format", "json")[1])
    assert f"chosen     {record['model']}  {record['k']} " in out
    for model, why in record["why_not"].items():
        assert model in out
        assert why[:30] in out
    for words in ("runner-up", "Who matches whom", "Which budget to relax", "Where the choice flips", "price of "):
        assert words in out
    assert "what-if" not in json.dumps(record)


def test_what_if_as_json_has_null_where_nothing_is_left(capsys):
    options = ("-s", "essay-feedback", "-d", "accuracy-max", "--what-if", "--format", "json")
    record = json.loads(run(capsys, "route", *options)[1])
    [floor] = [flip for flip in record["break_evens"] if flip["what"] == "a_min"]
    assert (floor["model"], floor["k"], floor["usd_more"]) == (None, None, None)
    assert [flip["what"] for flip in record["relaxations"]] == ["t_max"]


def test_policy_and_litellm_files(capsys, tmp_path):
    files = ("--policy", str(tmp_path / "p.json"), "--litellm", str(tmp_path / "l.yaml"))
    status, out, err = run(capsys, "route", "-s", "medical-ai", "-m", "gpt-5", "-m", "gpt-5-nano", "-f", "json", *files)
    assert status == 0
    first, *comments = [line for line in (tmp_path / "l.yaml").read_text().splitlines() if line.startswith("# ")]
    assert first == "# Written by moo-inference route"
    assert [f"moo-inference: {line[2:]}" for line in comments] == err.splitlines()
    record = json.loads(out)
    found = Policy.load(tmp_path / "p.json").choose(c_max=0.95, t_max=3600, a_min=0.98)
    assert (found.model, found.k) == (record["model"], record["k"])
    settings = yaml.safe_load((tmp_path / "l.yaml").read_text())
    assert settings["model_list"][0]["litellm_params"] == {"model": record["model"], "n": record["k"]}


def test_markdown_and_an_infeasible_scenario(capsys, tmp_path, paper):
    from moo_inference import save_catalog

    tight = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.0001)})
    save_catalog(tight, tmp_path / "c.yaml")
    status, out, _ = run(capsys, "route", "--catalog", str(tmp_path / "c.yaml"), "-s", "s", "--format", "markdown")
    assert status == 3
    assert "no k meets all budgets" in out
    files = ("--litellm", str(tmp_path / "l.yaml"))
    status, _, err = run(capsys, "route", "--catalog", str(tmp_path / "c.yaml"), "-s", "s", *files)
    assert (status, err) == (3, f"moo-inference: {files[1]} is not written: there is no choice to write\n")
    assert not (tmp_path / "l.yaml").exists()
    assert out.startswith("### ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--scenario must be one of: essay-feedback, medical-ai, proposal-writing; or give budgets in its place"),
        (["-s", "essay"], "unknown scenario 'essay'"),
        (["-s", "medical-ai", "-d", "best"], "unknown rule 'best'"),
        (["-s", "medical-ai", "-f", "csv"], "--format must be table, json or markdown"),
        (["-s", "medical-ai", "--policy", "{folder}/no/p.json"], "cannot be written"),
        (["-s", "medical-ai", "--k-max", "0"], "k_max"),
    ],
)
def test_errors_are_one_line(capsys, tmp_path, arguments, words):
    status, out, err = run(capsys, "route", *(argument.format(folder=tmp_path) for argument in arguments))
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_litellm_is_told_the_effort_where_it_is_one_of_its_own(capsys, tmp_path):
    path = tmp_path / "l.yaml"
    asked = ("route", "--catalog", "gpqa-diamond", "-d", "accuracy-max", "--cost", "1", "--litellm", str(path))
    for model, effort in (("gpt-5.2@low", "low"), ("claude-opus-4-6@think32000", None), ("kimi-k2.5", None)):
        status, _, err = run(capsys, *asked, "-m", model)
        assert status == 0
        (entry,) = yaml.safe_load(path.read_text())["model_list"]
        assert entry["litellm_params"].get("reasoning_effort") == effort
        assert ("set the provider's own parameter for think32000" in err) == ("@think" in model)
