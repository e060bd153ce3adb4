"""`fit` from one file, and into catalogs that are there."""

import csv
import io
import json
import shutil

import pytest
from command_line import refused, run
from conftest import ROOT

from moo_inference import load_catalog

EXAMPLES = ("fit.yaml", "litellm_prices.json", "bench.jsonl", "evaluation.csv")
BY_HAND = [
    *("--input-price", "1", "--output-price", "2", "--input-tokens", "10,1", "--output-tokens", "20,2"),
    *("--request-seconds", "3,0.5", "--accuracy", "0.5,0.1"),
]
BUDGETS = ["--c-max", "0.05", "--t-max", "30", "--a-min", "0.5"]


@pytest.fixture
def folder(tmp_path):
    for name in EXAMPLES:
        shutil.copy(ROOT / "examples" / name, tmp_path)
    return tmp_path


def test_two_commands_from_files_to_the_cheapest_model(capsys, folder):
    status, out, err = run(capsys, "fit", folder / "fit.yaml", "--out", folder / "catalog.yaml")
    assert (status, err) == (0, f"moo-inference: wrote qwen3-8b, gpt-4o-mini, gpt-4o into {folder}/catalog.yaml\n")
    assert "gpt-4o-mini  0.8469    $0.000172   2.40 s  4" in out
    # One pass costs what the lengths of the benchmark cost.
    assert pytest.approx(0.0000572, abs=5e-8) == 1e-6 * (0.05 * 412.074 + 0.20 * 182.958)
    options = ["--catalog", folder / "catalog.yaml", "-s", "help-desk", "-d", "cheapest", "--format", "json"]
    status, out, _ = run(capsys, "route", *options)
    assert status == 0
    route = json.loads(out)
    assert (route["model"], route["k"]) == ("qwen3-8b", 2)


def test_without_out_the_catalog_alone_is_on_stdout_and_loads(capsys, folder):
    status, out, err = run(capsys, "fit", folder / "fit.yaml")
    assert status == 0
    assert "One pass of each model" in err
    (folder / "c.yaml").write_text(out)
    assert list(load_catalog(folder / "c.yaml").models) == ["qwen3-8b", "gpt-4o-mini", "gpt-4o"]


def test_budgets_by_options_join_those_of_the_file(capsys, folder):
    out = folder / "catalog.yaml"
    assert run(capsys, "fit", folder / "fit.yaml", *BUDGETS, "--scenario-name", "batch", "--out", out)[0] == 0
    scenarios = load_catalog(out).scenarios
    assert list(scenarios) == ["help-desk", "batch"]
    assert (scenarios["batch"].name, scenarios["batch"].c_max) == ("batch", 0.05)


def test_a_file_without_scenarios_needs_budgets(capsys, folder):
    path = folder / "fit.yaml"
    path.write_text(path.read_text().partition("scenarios:")[0])
    (line,) = refused(capsys, "fit", path)
    assert line.startswith("still missing are the budgets --c-max, --t-max and --a-min")
    assert run(capsys, "fit", path, *BUDGETS)[0] == 0


def test_what_is_wrong_leaves_nothing_half_written(capsys, folder):
    path, out = folder / "fit.yaml", folder / "catalog.yaml"
    good = path.read_text()
    wrong = good.replace("key: gpt-4o}", "key: gpt-5o}").replace("bench.jsonl}", "nowhere.jsonl}")
    path.write_text(wrong.replace("keep: oracle", "keeps: oracle"))
    lines = refused(capsys, "fit", path, "--out", out)
    assert [line.removeprefix(f"{path}:").partition(" ")[0] for line in lines] == ["10:", "8:", "25:"]
    assert "unknown key (did you mean 'keep'?)" in lines[0]
    assert "No such file" in lines[1]
    assert "has no model 'gpt-5o' (did you mean 'gpt-4o'?)" in lines[2]
    assert not out.exists()
    assert sorted(one.name for one in folder.iterdir()) == sorted(EXAMPLES)
    # Nor is a catalog that is there touched.
    path.write_text(good)
    assert run(capsys, "fit", path, "--out", out)[0] == 0
    before = out.read_bytes()
    path.write_text(wrong)
    refused(capsys, "fit", path, "--out", out, "--replace")
    assert out.read_bytes() == before


def test_the_same_models_again_need_replace(capsys, folder):
    path, out = folder / "fit.yaml", folder / "catalog.yaml"
    assert run(capsys, "fit", path, "--out", out)[0] == 0
    path.write_text(path.read_text().replace("t_max: 5 ", "t_max: 6 "))
    lines = refused(capsys, "fit", path, "--out", out)
    assert lines == [
        f"{out}: has the models qwen3-8b, gpt-4o-mini, gpt-4o already; give --replace, or another name",
        f"{out}: has a scenario 'help-desk' with other budgets already; give --replace, another name of the scenario, "
        "or no budgets",
    ]
    assert run(capsys, "fit", path, "--out", out, "--replace")[0] == 0
    assert load_catalog(out).scenarios["help-desk"].t_max == 6


def test_an_output_replaces_neither_the_file_nor_what_it_names(capsys, folder):
    for name in EXAMPLES:
        before = (folder / name).read_bytes()
        lines = refused(capsys, "fit", folder / "fit.yaml", "--out", folder / name)
        assert "reads" in lines[0]
        assert (folder / name).read_bytes() == before


def test_options_of_one_model_do_not_go_with_a_file(capsys, folder):
    (line,) = refused(
        capsys, "fit", folder / "fit.yaml", *BY_HAND, "--name", "m", "--keep", "majority", "--prices", "p.json"
    )
    assert line == (
        "--prices, --input-price, --output-price, --input-tokens, --output-tokens, --request-seconds, --accuracy, "
        f"--name, --keep must stand in {folder}/fit.yaml, which describes each model"
    )


def test_a_fit_file_given_as_a_catalog_is_told_what_to_do(capsys, folder):
    for command in (("solve", "--catalog", folder / "fit.yaml"), ("doctor", folder / "fit.yaml")):
        (line,) = refused(capsys, *command)
        assert "got a fit file" in line
        assert "`moo-inference fit FILE --out catalog.yaml`" in line


COMMENTED = """# Ours, checked on Monday.
models:
  # The first one.
  first:   # since May
    name: First
    usd_per_million_input_tokens: 0.25   # list price
    usd_per_million_output_tokens: 2.0
    request_seconds: {mean: 3, std: 0.5}
    input_tokens: {mean: 10, std: 1}
    output_tokens: {mean: 20, std: 2}
    accuracy: {mean: 0.5, std: 0.1}
scenarios:
  ours: {name: Ours, c_max: 0.04, t_max: 30, a_min: 0.5}   # per query
# The end.
"""


def test_a_catalog_keeps_its_comments_and_their_order(capsys, tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_text(COMMENTED)
    named = ["--scenario-name", "batch"]
    assert run(capsys, "fit", "--name", "second", *BY_HAND, *BUDGETS, *named, "--out", path)[0] == 0
    text = path.read_text()
    assert [line for line in COMMENTED.splitlines() if line not in text.splitlines()] == []
    comments = ["# Ours, ch", "# The first", "# since May", "# list price", "# per query"]
    assert [text.index(comment) for comment in comments] == sorted(text.index(comment) for comment in comments)
    catalog = load_catalog(path)
    assert list(catalog.models) == ["first", "second"]
    assert list(catalog.scenarios) == ["ours", "batch"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--scenario-name", "x"], "--scenario-name must come with budgets: --c-max, --t-max and --a-min"),
        ([*BUDGETS, "--scenario-name", " "], "--scenario-name must not be empty"),
    ],
)
def test_a_scenario_needs_a_name_and_budgets(capsys, options, error):
    assert refused(capsys, "fit", "--name", "m", *BY_HAND, *options) == [error]


def test_warnings_of_a_file_are_on_standard_error(capsys, folder):
    path = folder / "fit.yaml"
    path.write_text(path.read_text().replace("serving: {run: 3}", "serving: {run: 1}"))
    status, out, err = run(capsys, "fit", path, "--out", folder / "catalog.yaml")
    assert status == 0
    warnings = [line for line in err.splitlines() if line.startswith("moo-inference: warning: gpt-4o: ")]
    assert len(warnings) == 2
    assert all("Qwen/Qwen3-8B" in line for line in warnings)
    assert "different models" not in out


def test_the_choice_by_a_plain_loop_is_the_choice_of_solve(capsys, folder):
    """Of all models and k that reach the accuracy in time, one costs the least: counted here from the files alone."""
    assert run(capsys, "fit", folder / "fit.yaml", "--out", folder / "catalog.yaml")[0] == 0
    options = ["--catalog", folder / "catalog.yaml", "-d", "cheapest", "--format", "csv"]
    status, out, _ = run(capsys, "solve", *options)
    assert status == 0
    chosen = {row["model"]: row for row in csv.DictReader(io.StringIO(out))}
    samples = list(csv.DictReader(io.StringIO((folder / "evaluation.csv").read_text())))
    questions = {row["question"]: [one for one in samples if one["question"] == row["question"]] for row in samples}
    for model, system in (("qwen3-8b", "Qwen/Qwen3-8B"), ("gpt-4o-mini", "gpt-4o-mini")):
        for k in (1, 2):
            # The chance that k of 4 samples hold no right one.
            missed = 0.0
            for rows in questions.values():
                wrong = sum(row[system] == "0" for row in rows)
                missed += wrong / 4 if k == 1 else wrong * (wrong - 1) / 12
            if 1 - missed / len(questions) >= 0.8:
                break
        assert (chosen[model]["status"], int(chosen[model]["k"])) == ("ok", k)
        assert float(chosen[model]["accuracy"]) == pytest.approx(1 - missed / len(questions), abs=1e-9)
    assert chosen["gpt-4o"]["status"] == "infeasible"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--input-price", "1"], "since it is given by hand: 2.5 there, 1 here"),
        (["--serving", "bench.jsonl", "--run", "1"], "measured Qwen/Qwen3-8B: if these are different models"),
        (["--serving", "bench.jsonl", "--run", "3", "--input-tokens", "8000,10"], "far from what was measured"),
        (["--serving", "bench.jsonl", "--run", "3"], None),
        (["--outcomes", "evaluation.csv", "--system", "gpt-4o-mini"], "evaluated gpt-4o-mini: if these are different"),
        (["--outcomes", "evaluation.csv", "--system", "gpt-4o"], None),
    ],
)
def test_parts_that_do_not_belong_together_are_warned_of(capsys, folder, monkeypatch, options, words):
    monkeypatch.chdir(folder)
    known = ["--prices", "litellm_prices.json", "--model-key", "gpt-4o"]
    if "--serving" not in options:
        known += ["--input-tokens", "10,1", "--output-tokens", "20,2", "--request-seconds", "3,0.5"]
    if "--outcomes" not in options:
        known += ["--accuracy", "0.5,0.1"]
    status, _, err = run(capsys, "fit", "--name", "m", *known, *options, *BUDGETS)
    assert status == 0
    warned = [line for line in err.splitlines() if line.startswith("moo-inference: warning: ")]
    assert bool(warned) == (words is not None)
    assert words is None or any(words in line for line in warned)


def test_ids_of_others_do_not_reach_the_terminal_as_they_are(capsys, folder):
    path = folder / "fit.yaml"
    path.write_text(path.read_text().replace("  gpt-4o:\n", '  "red \\u001b[31m \\u202E":\n    paralel: 3\n'))
    (line,) = refused(capsys, "fit", path)
    assert not {"\x1b", "\u202e"} & set(line)
    path.write_text(path.read_text().replace("    paralel: 3\n", ""))
    status, out, err = run(capsys, "fit", path, "--out", folder / "c.yaml")
    assert status == 0
    assert not {"\x1b", "\u202e"} & set(out + err)
