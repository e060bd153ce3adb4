"""`check` and `diff`: a gate for pipelines."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from command_line import run

import moo_inference as mi
from moo_inference.records.diff import difference
from moo_inference.records.gate import verdicts
from moo_inference.views.changes import failure_text
from moo_inference.views.confidence import how_sure
from moo_inference.views.junit import to_junit

CELL = ("-s", "essay-feedback", "-m", "gpt-5", "-m", "qwen3-max")


@pytest.fixture
def baseline(capsys, tmp_path):
    assert run(capsys, "solve", *CELL, "--out", str(tmp_path / "before"))[0] == 0
    return tmp_path / "before"


def varied(paper, tmp_path, **changes):
    models = {**paper.models, "gpt-5": paper.models["gpt-5"].replace(**changes)}
    path = tmp_path / "varied.yaml"
    mi.save_catalog(paper.replace(models=models), path)
    return str(path)


def test_nothing_changed_passes(capsys, baseline, tmp_path):
    report = tmp_path / "junit.xml"
    options = ("--baseline", str(baseline / "choices.json"), "--fail-if", "changed", "--fail-if", "infeasible")
    status, out, err = run(capsys, "check", *CELL, *options, "--junit", str(report))
    assert (status, out, err) == (0, "10 choices, 0 failures (changed, infeasible)\n", "")
    suite = ET.parse(report).getroot()  # noqa: S314 (our own)
    assert (suite.get("tests"), suite.get("failures")) == ("20", "0")
    assert len(suite.findall("testcase")) == 20


def test_each_cause_has_a_status_of_its_own(capsys, baseline, tmp_path, paper):
    options = ("--baseline", str(baseline / "choices.json"))
    dearer = varied(paper, tmp_path, usd_per_million_output_tokens=12.0)
    status, out, _ = run(capsys, "check", "--catalog", dearer, *CELL, *options)
    assert status == 4
    assert out.splitlines()[0] == "changed: essay-feedback, gpt-5, accuracy-max: was k = 22, is k = 19"
    assert run(capsys, "check", "--catalog", dearer, *CELL, *options, "--fail-if", "infeasible")[0] == 0
    far = varied(paper, tmp_path, usd_per_million_output_tokens=900.0)
    both = ("--fail-if", "infeasible", "--fail-if", "changed")
    assert run(capsys, "check", "--catalog", far, *CELL, *options, *both)[0] == 4
    status, out, _ = run(capsys, "check", "--catalog", far, *CELL, *options, "--fail-if", "infeasible")
    assert status == 5
    assert out.count("no k meets all budgets") == 5
    noisy = ("--draws", "independent", "--trials", "60", "--k-step", "8", "-d", "knee-published")
    status, out, _ = run(
        capsys, "check", "-s", "essay-feedback", "-m", "gpt-5-nano", *noisy, *options, "--fail-if", "unsure"
    )
    assert status == 6
    assert out.startswith("unsure: essay-feedback, gpt-5-nano, knee-published: with other seeds only")


def test_what_is_gone_or_new_is_a_change(paper):
    study = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], decisions=["max-cube", "knee-chord"])
    first, *others = study.records()
    records = [replace(first, decision="old-rule"), *others]
    found = {
        verdict.decision: {cause: failure_text(verdict, cause) for cause in verdict.causes}
        for verdict in verdicts(study, records, ["changed"])
    }
    assert found == {
        "max-cube": {"changed": "is not in the baseline"},
        "knee-chord": {},
        "old-rule": {"changed": "is gone, and was in the baseline"},
    }


def test_junit_holds_any_name(paper):
    model = {'<a>&"\x00': paper.models["gpt-5"]}
    catalog = mi.Catalog(models=model, scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.01)})
    study = mi.run_study(catalog, decisions=["max-cube"])
    found = verdicts(study, [], ["changed", "infeasible", "unsure"])
    suite = ET.fromstring(to_junit(found, ["changed", "infeasible", "unsure"]).partition("\n")[2])  # noqa: S314
    assert suite.get("failures") == "2"
    assert [case.find("failure") is not None for case in suite] == [True, True, False]
    assert suite[0].get("classname").startswith('s.<a>&"')


def test_diff_says_which_input_made_which_difference(capsys, baseline, tmp_path, paper):
    dearer = varied(paper, tmp_path, usd_per_million_output_tokens=12.0, accuracy={"mean": 0.94, "std": 0.021})
    after = ("--k-max", "100", "--out", str(tmp_path / "after"))
    assert run(capsys, "solve", "--catalog", dearer, *CELL, *after)[0] == 0
    status, out, err = run(capsys, "diff", str(baseline), str(tmp_path / "after"))
    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "input k_max: was 128, is 100"
    assert lines[1] == "  alone it changes nothing"
    place = "input catalog.models.gpt-5.usd_per_million_output_tokens: was 10.0, is 12.0"
    assert lines[lines.index(place) + 1].startswith(
        "  alone it makes: essay-feedback, gpt-5, accuracy-max: k was 22, is 19; cost was"
    )
    assert any(
        line.startswith("input catalog.models.gpt-5.accuracy: was {'mean': 0.94, 'std': 0.02}") for line in lines
    )
    assert not any("qwen3-max" in line for line in lines)
    assert lines[-1] == "5 choices differ"
    status, out, _ = run(capsys, "diff", str(baseline), str(baseline))
    assert (status, out) == (0, "no input differs\n0 choices differ\n")


def test_what_only_several_inputs_make_is_said(paper):
    """Two dearer prices, neither of which alone moves k past the budget."""
    essay = paper.scenarios["essay-feedback"]
    cost = paper.models["gpt-5"]
    k = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], decisions=["accuracy-max"]).choices["k"][0]
    per_pass = 1024 * 1.25e-6 + 2048 * 10e-6
    slack = essay.c_max / (int(k) * per_pass)
    settings = []
    for inward, outward in ((1.25, 10.0), (1.25 * slack**7, 10.0 * slack**0.7)):
        models = {"gpt-5": cost.replace(usd_per_million_input_tokens=inward, usd_per_million_output_tokens=outward)}
        scenarios = {"s": essay.replace(t_max=None)}
        study = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), decisions=["accuracy-max"])
        settings.append(study.settings)
    found = difference(*settings)
    assert len(found.inputs) == 2
    assert len(found.choices) == 1
    assert found.choices[0].fields[0].field == "k"
    assert found.choices[0].moves
    assert not any(effect.moves for one in found.inputs for effect in one.effects)
    assert found.unexplained == found.choices


def test_models_that_come_and_go_are_inputs(paper):
    one, other = (
        mi.run_study(paper, models=models, scenarios=["medical-ai"], decisions=["max-cube"]).settings
        for models in (["gpt-5", "qwen3-max"], ["gpt-5", "gpt-5-nano"])
    )
    found = difference(one, other)
    assert [change.place for change in found.inputs] == ["catalog.models.qwen3-max", "catalog.models.gpt-5-nano"]
    gone, new = (effect for one in found.inputs for effect in one.effects)
    assert (gone.key, gone.after) == (("medical-ai", "qwen3-max", "max-cube"), None)
    assert (new.key, new.before) == (("medical-ai", "gpt-5-nano", "max-cube"), None)
    assert found.unexplained == ()


MINE = ("--k-max", "8", "--k-step", "2", "-d", "max-cube", "--baseline", "fixed-4", "--t-quantile", "0.9")


@pytest.fixture
def own(capsys, tmp_path, paper):
    """A catalog of the user's, and a folder that `solve` wrote with options of which no default is one."""
    path = tmp_path / "mine.yaml"
    mi.save_catalog(paper, path)
    words = ("--catalog", str(path), *CELL, *MINE, "--trials", "50", "--no-pipelines")
    assert run(capsys, "solve", *words, "--out", str(tmp_path / "weekly"))[0] == 0
    return path, str(tmp_path / "weekly")


def test_a_folder_brings_its_options_and_what_is_told_goes_first(capsys, own, paper, tmp_path):
    path, folder = own
    assert run(capsys, "check", "--baseline", folder) == (0, "4 choices, 0 failures (changed)\n", "")
    # With the options of the command line alone these are other choices: the control.
    alone = run(capsys, "check", "--catalog", str(path), "--baseline", f"{folder}/choices.json")
    assert alone[0] == 4
    # The catalog is read anew, and so its changes are seen.
    models = {**paper.models, "gpt-5": paper.models["gpt-5"].replace(usd_per_million_output_tokens=90.0)}
    mi.save_catalog(paper.replace(models=models), path)
    status, out, _ = run(capsys, "check", "--baseline", folder)
    assert status == 4
    assert out.startswith("changed: essay-feedback, gpt-5, ")
    # What is told now goes before what was told then.
    status, out, _ = run(capsys, "check", "--baseline", folder, "--catalog", "paper", "-m", "qwen3-max")
    assert status == 4
    assert out.splitlines()[0].endswith("gpt-5, max-cube: is gone, and was in the baseline")
    assert run(capsys, "check", "--baseline", folder, "--catalog", "paper")[0] == 0
    path.unlink()
    status, out, err = run(capsys, "check", "--baseline", folder)
    assert (status, out) == (2, "")
    assert "mine.yaml: must be a file that can be read" in err


def test_a_route_is_gated_too(capsys, tmp_path, paper):
    path, folder = tmp_path / "mine.yaml", str(tmp_path / "route")
    mi.save_catalog(paper, path)
    words = ("-s", "medical-ai", "-d", "max-cube", "--k-max", "8", "--t-quantile", "0.9")
    assert run(capsys, "route", "--catalog", str(path), *words, "--out", folder)[0] == 0
    assert run(capsys, "check", "--baseline", folder) == (0, "1 choice, 0 failures (changed)\n", "")
    chosen = json.loads((tmp_path / "route" / "route.json").read_text())["model"]
    models = {**paper.models, chosen: paper.models[chosen].replace(usd_per_million_output_tokens=900.0)}
    mi.save_catalog(paper.replace(models=models), path)
    status, out, _ = run(capsys, "check", "--baseline", folder)
    assert status == 4
    assert out.startswith(f"changed: medical-ai, across models, max-cube: was {chosen} with k = ")
    tight = {**paper.scenarios, "medical-ai": paper.scenarios["medical-ai"].replace(c_max=1e-6)}
    mi.save_catalog(paper.replace(scenarios=tight), path)
    assert run(capsys, "check", "--baseline", folder, "--fail-if", "infeasible")[0] == 5
    assert "nothing was measured that could be" in run(capsys, "check", "--baseline", folder, "--fail-if", "unsure")[2]
    assert "must be given once for a route" in run(capsys, "check", "--baseline", folder, "-s", "a", "-s", "b")[2]


MEASURED = ("--catalog", "gpqa-diamond", "-m", "gpt-5.2@low", "-m", "kimi-k2.5", "-s", "standard", "--k-max", "8")


def test_choices_that_rest_on_an_evaluation_fail_by_its_questions(capsys, tmp_path):
    folder, rules = str(tmp_path / "measured"), ("-d", "accuracy-max", "-d", "max-cube")
    assert run(capsys, "solve", *MEASURED, *rules, "--out", folder)[0] == 0
    assert "pgs" not in (tmp_path / "measured" / "choices.csv").read_text()
    status, out, err = run(capsys, "check", "--baseline", folder, "--fail-if", "unsure")
    study = mi.run_study(mi.load_catalog("gpqa-diamond"), models=MEASURED[3:6:2], scenarios="standard", k_max=8)
    unsure = {
        f"unsure: standard, {model}, {rule}: must be at least 90% sure, and is {how_sure(found)}"
        for (_, model, rule), found in study.confidence.items()
        if rule in rules and found.pgs < 0.9
    }
    *lines, last = out.splitlines()
    assert (status, err) == (6, "")
    assert set(lines) == unsure
    assert 0 < len(unsure) < 4
    assert last == f"4 choices, {len(unsure)} failures (unsure)"


def test_a_route_that_rests_on_an_evaluation_fails_by_its_questions(capsys, tmp_path):
    folder = str(tmp_path / "routed")
    assert run(capsys, "route", *MEASURED, "-d", "accuracy-max", "--out", folder)[0] == 0
    status, out, _ = run(capsys, "check", "--baseline", folder, "--fail-if", "changed", "--fail-if", "unsure")
    found = json.loads((tmp_path / "routed" / "route.json").read_text())["assessment"]
    assert found["pgs"] < 0.9
    assert status == 6
    assert out.startswith(
        f"unsure: standard, across models, accuracy-max: must be at least 90% sure, and is {found['pgs']:.0%}"
    )
    assert "settings cannot be told apart: " in out
    # Of one model alone, whose every other k breaks a budget in nearly all resamples, it passes.
    words = ("--catalog", "gpqa-diamond", "-m", "kimi-k2.5", "--k-max", "8", "-s", "standard", "-d", "accuracy-max")
    assert run(capsys, "route", *words, "--out", str(tmp_path / "one"))[0] == 0
    assert run(capsys, "check", "--baseline", str(tmp_path / "one"), "--fail-if", "unsure")[0] == 0


def test_a_simulated_route_fails_by_other_seeds(capsys, tmp_path):
    noisy = ("-s", "essay-feedback", "-m", "gpt-5-nano", "--trials", "20", "--k-max", "16", "-d", "max-cube")
    assert run(capsys, "route", *noisy, "--out", str(tmp_path / "noisy"))[0] == 0
    status, out, _ = run(capsys, "check", "--baseline", str(tmp_path / "noisy"), "--fail-if", "unsure")
    assert status in (0, 6)
    assert "1 choice, " in out


def test_what_could_never_be_unsure_is_refused(capsys, baseline, own):
    """Formulas have no seed, and so no gate that only seeds can close."""
    words = ("check", *CELL, "--baseline", str(baseline / "choices.json"), "--fail-if", "unsure")
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert "ClosedForm has no seed that changes a choice. Give --estimator monte-carlo" in err
    # The same folder was made by Monte Carlo, and so may be asked.
    assert run(capsys, "check", "--baseline", own[1], "--fail-if", "unsure", "--catalog", "paper")[0] in (0, 6)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"run": "comparison"}, "holds the results of a comparison"),
        ({"run": 3}, "must hold the settings of a study"),
        ({"asked": [1]}, "must hold the settings of a study"),
        ({"asked": {"k_max": "many"}}, "settings.json: asked.k_max: "),
        ({"asked": {"catalog": ["paper"]}}, "settings.json: asked.catalog: "),
        ({"asked": None}, "holds no options, since a program wrote it: give --catalog"),
    ],
)
def test_options_that_are_none_are_refused(capsys, baseline, wrong, words):
    path = baseline / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    status, out, err = run(capsys, "check", "--baseline", str(baseline))
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "Missing option '--baseline'"),
        (["check", "--baseline", "{folder}/none.json"], "No such file"),
        (["check", "--baseline", "{file}"], "must be a list of choices"),
        (["check", "--baseline", "{file}", "--fail-if", "bad"], "--fail-if must be one of"),
        (["diff", "{folder}", "{folder}"], "No such file"),
        (["diff", "{file}", "{file}"], "must be a report"),
        (["diff", "{file}"], "Missing argument 'B'"),
    ],
)
def test_errors_are_one_line(capsys, tmp_path, arguments, words):
    (tmp_path / "file").write_text("[1]")
    places = {"folder": tmp_path, "file": tmp_path / "file"}
    status, out, err = run(capsys, *(argument.format(**places) for argument in arguments))
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
