"""Recorded attempts on the command line: fit, solve, route, check, replay and diff."""

import hashlib
import json
import shutil

import pytest
import yaml
from command_line import refused as all_refused
from command_line import run
from conftest import ROOT

import moo_inference as mi

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
LIST = ROOT / "tests" / "data" / "litellm_model_prices_excerpt.json"
BUDGETS = ["--c-max", "0.2", "--t-max", "400", "--a-min", "0.7"]
ATTEMPTS = ["--attempts", str(EXCERPT), "--prices", str(LIST), "--attempt-column", "answer=answer_group"]
KEY = ["--model-key", "alibaba/qwen3-max-2025-09-23=gpt-5-mini"]


def refused(capsys, *arguments):
    """Without the progress of reading, which a slow machine shows."""
    return [line for line in all_refused(capsys, *arguments) if "reading" not in line]


def test_fit_makes_an_entry_of_every_model_and_effort(capsys, tmp_path):
    out = tmp_path / "catalog.yaml"
    status, printed, _ = run(capsys, "fit", *ATTEMPTS, *KEY, *BUDGETS, "--parallel", "8", "--out", out)
    assert status == 0
    catalog = mi.load_catalog(out)
    assert list(catalog.models) == list(mi.read_attempts(EXCERPT).models)
    assert all(model.parallel == 8 and model.attempts.fewest == 8 for model in catalog.models.values())
    for name, model in catalog.models.items():
        line = next(line for line in printed.splitlines() if line.startswith(f"{name} "))
        assert f"{model.attempts.expected_accuracy([1])[0].mean():.4f}" in line
    # A second file joins, and the same again is refused.
    (error,) = refused(capsys, "fit", *ATTEMPTS, *KEY, "--out", out)
    assert "has the models alibaba/qwen3-max-2025-09-23, openai/gpt-5" in error
    assert run(capsys, "fit", *ATTEMPTS, *KEY, "--replace", "--keep", "majority", "--out", out)[0] == 0
    assert {model.attempts.keep for model in mi.load_catalog(out).models.values()} == {"majority"}


def test_fit_without_a_file_prints_a_catalog_that_is_read_here(capsys, tmp_path, monkeypatch):
    shutil.copy(EXCERPT, tmp_path / "attempts.csv.gz")
    monkeypatch.chdir(tmp_path)
    status, printed, _ = run(capsys, "fit", "--attempts", "attempts.csv.gz", "--prices", LIST, *BUDGETS)
    assert status == 0
    (tmp_path / "catalog.yaml").write_text(printed)
    assert yaml.safe_load(printed)["models"]["openai/gpt-5-2025-08-07@high"]["attempts"]["file"] == "attempts.csv.gz"
    assert len(mi.load_catalog("catalog.yaml").models) == 4


def test_solve_in_one_step_gives_what_the_catalog_gives(capsys, tmp_path):
    out = tmp_path / "catalog.yaml"
    run(capsys, "fit", *ATTEMPTS, *KEY, *BUDGETS, "--out", out)
    options = ["--k-max", "8", "--parallel", "8", "-d", "cheapest", "-d", "knee-chord", "-f", "csv"]
    there = run(capsys, "solve", "--catalog", out, *options)
    here = run(capsys, "solve", *ATTEMPTS, *KEY, *BUDGETS, *options)
    assert there[0] == here[0] == 0
    assert there[1] == here[1]
    assert len(here[1].splitlines()) == 1 + 5 * 2


def test_models_without_a_price_are_left_out_with_a_warning(capsys):
    status, out, err = run(capsys, "solve", *ATTEMPTS, *BUDGETS, "--k-max", "4", "-f", "json")
    assert status == 0
    assert "alibaba/qwen3-max-2025-09-23: left out, since" in err
    assert {row["model"] for row in json.loads(out)} == set(mi.read_attempts(EXCERPT).models[1:])


def test_check_repeats_it_and_a_folder_says_what_it_was_made_of(capsys, tmp_path):
    out = tmp_path / "results"
    status, *_ = run(capsys, "solve", *ATTEMPTS, *KEY, *BUDGETS, "--k-max", "4", "--out", out)
    assert status == 0
    settings = json.loads((out / "settings.json").read_text())
    source = settings["catalog"]["models"]["openai/gpt-5-2025-08-07@high"]["attempts"]
    assert source["file"] == EXCERPT.name
    assert source["bytes"] == EXCERPT.stat().st_size
    assert settings["estimator"]["estimator"] == "Recorded"
    status, printed, _ = run(capsys, "check", "--baseline", out)
    assert (status, printed.splitlines()[-1]) == (0, "25 choices, 0 failures (changed)")


def test_replay_and_diff_find_the_file_beside_the_record_or_say_what_is_missing(capsys, tmp_path, monkeypatch):
    page, folder = tmp_path / "there" / "report.html", tmp_path / "there" / "cheaper"
    page.parent.mkdir()
    what = [*ATTEMPTS, *BUDGETS, "--k-max", "4", "-m", "openai/gpt-5-mini-2025-08-07@high", "-d", "cheapest"]
    assert run(capsys, "report", *what, "--out", page)[0] == 0
    cheaper = tmp_path / "prices.json"
    content = json.loads(LIST.read_text())
    content["gpt-5-mini"]["output_cost_per_token"] /= 2
    cheaper.write_text(json.dumps(content))
    assert run(capsys, "solve", *what, "--prices", cheaper, "--out", folder)[0] == 0
    monkeypatch.chdir(tmp_path)
    assert hashlib.sha256(EXCERPT.read_bytes()).hexdigest() in page.read_text().partition("recorded attempts, which")[2]
    (error,) = refused(capsys, "replay", page)
    assert f"{EXCERPT.name} ({EXCERPT.stat().st_size:,} bytes, sha256 " in error
    shutil.copy(EXCERPT, page.parent)
    status, printed, _ = run(capsys, "replay", page)
    assert (status, printed) == (0, "nothing changed: 1 choice, largest relative difference 0\n")
    status, printed, _ = run(capsys, "diff", page, folder)
    assert status == 1
    assert (
        "input catalog.models.openai/gpt-5-mini-2025-08-07@high.usd_per_million_output_tokens: was 2.0, is" in printed
    )


def test_budgets_of_ones_own_take_the_place_of_a_catalog_s_scenarios(capsys):
    status, out, _ = run(
        capsys, "solve", "--catalog", "gpqa-diamond", *BUDGETS, "-m", "gpt-5.2@low", "--k-max", "4", "-f", "json"
    )
    assert status == 0
    assert {row["scenario"] for row in json.loads(out)} == {"my-use"}


def test_route_chooses_among_the_settings_of_a_measured_catalog(capsys):
    options = ["-s", "standard", "-d", "cheapest", "--k-max", "8", "-f", "json"]
    status, out, _ = run(capsys, "route", "--catalog", "gpqa-diamond", *options)
    assert status == 0
    chosen = json.loads(out)
    catalog = mi.load_catalog("gpqa-diamond")
    limits = catalog.scenarios["standard"]
    within = []
    for key, model in catalog.models.items():
        curve = mi.Recorded().estimate(model, range(1, model.k_limit + 1))
        met = (
            (curve.cost.mean <= limits.c_max)
            & (curve.time.mean <= limits.t_max)
            & (curve.accuracy.mean >= limits.a_min)
        )
        within += [(cost, key, k) for cost, k in zip(curve.cost.mean[met], curve.k[met], strict=True)]
    assert (chosen["model"], chosen["k"]) == min(within)[1:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["solve", *ATTEMPTS], "--attempts must come with budgets: --cost, --time or --p95, --accuracy"),
        (
            ["solve", *ATTEMPTS, *BUDGETS, "--catalog", "gpqa-diamond"],
            "--attempts and --catalog must not both be given",
        ),
        (["solve", "--prices", LIST], "--prices must come with --attempts FILE"),
        (["solve", "--attempts", EXCERPT, *BUDGETS], "tokens must come with prices"),
        (["solve", *ATTEMPTS, *BUDGETS, "--keep", "best"], "--keep must be one of: oracle, majority, verifier, all"),
        (["solve", *ATTEMPTS, *BUDGETS, "-m", "gpt-6"], "unknown model 'gpt-6'"),
        (["solve", *ATTEMPTS, *BUDGETS, "--attempt-column", "answer=nothing"], "answer must be given once"),
        (["solve", *ATTEMPTS, *BUDGETS, "--least-samples", "9"], "some question must have 9 whole attempts"),
        (["fit", *ATTEMPTS, *BUDGETS, "--name", "x", "--accuracy", "0.5,0.1"], "--accuracy, --name must not be given"),
        (["fit", *ATTEMPTS], "still missing are the budgets"),
        (["fit", "--least-samples", "3"], "--least-samples must come with --attempts FILE"),
        (["fit", *ATTEMPTS, "--model-key", "gpt-5", *BUDGETS], "--model-key must be NAME=VALUE"),
        (["fit", *ATTEMPTS, "--model-key", "gpt-5=gpt-5", *BUDGETS], "unknown model 'gpt-5'"),
        (["fit", "--attempts", "none.csv", *BUDGETS], "none.csv: "),
        (["solve", "--attempts", LIST, *BUDGETS], f"{LIST}: "),
    ],
)
def test_what_is_wrong_is_one_line(capsys, arguments, sentence):
    errors = refused(capsys, *arguments)
    assert sentence in errors[0]
    assert not any("Traceback" in error for error in errors)


def test_outputs_never_replace_the_attempts(capsys, tmp_path):
    file = tmp_path / "attempts.csv.gz"
    shutil.copy(EXCERPT, file)
    content = file.read_bytes()
    errors = refused(capsys, "fit", "--attempts", file, "--prices", LIST, *BUDGETS, "--out", file)
    assert "--attempts" in errors[0]
    assert file.read_bytes() == content
