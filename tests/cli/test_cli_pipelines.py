import io
import json

import pytest
from command_line import run
from conftest import ROOT, exact_csv

import moo_inference as mi
from moo_inference.catalog import save_catalog

CATALOG = ROOT / "examples" / "pipeline.yaml"
BRIEF = ["--catalog", str(CATALOG), "--k-max", "8", "-d", "accuracy-max"]


def test_solve_tells_of_pipelines_behind_the_models(capsys, tmp_path):
    status, out, err = run(capsys, "solve", *BRIEF, "--format", "csv", "--out", str(tmp_path / "out"))
    models, pipelines = (exact_csv(io.StringIO(part)) for part in out.split("\n\n"))
    assert (status, err) == (0, "")
    assert models["model"].tolist() == ["large", "medium", "small"]
    assert pipelines["pipeline"].tolist() == ["plan-solve-verify", "two-halves"]
    assert pipelines.columns.tolist() == [
        "scenario",
        "pipeline",
        "decision",
        "status",
        "stages",
        "cost",
        "time",
        "accuracy",
        "warning",
        "keep",
    ]
    records = json.loads(run(capsys, "solve", *BRIEF, "--format", "json")[1])
    assert [record["stages"] for record in records if "pipeline" in record] == pipelines["stages"].tolist()
    assert (tmp_path / "out" / "choices.csv").read_text() == out.split("\n\n")[0] + "\n"
    assert (tmp_path / "out" / "pipelines.csv").read_text() == out.split("\n\n")[1]
    assert json.loads((tmp_path / "out" / "choices.json").read_text()) == records
    fronts = exact_csv(tmp_path / "out" / "pipeline_fronts.csv")
    assert fronts["accuracy"].max() == pytest.approx(pipelines["accuracy"].max())
    for format_ in ("table", "markdown"):
        text = run(capsys, "solve", *BRIEF, "--format", format_)[1]
        assert "Plan, then two halves at once (two-halves), Coding assistant (coding)" in text
        assert "lower bound of the mean time of the slowest" in text


def test_pipelines_can_be_chosen_and_left_out(capsys):
    chosen = json.loads(run(capsys, "solve", *BRIEF, "-p", "two-halves", "--format", "json")[1])
    assert {record["pipeline"] for record in chosen if "pipeline" in record} == {"two-halves"}
    none = run(capsys, "solve", *BRIEF, "--no-pipelines", "--format", "csv")[1]
    assert len(none.split("\n\n")) == 1
    status, out, err = run(capsys, "solve", *BRIEF, "-m", "large", "--format", "csv")
    assert (status, len(out.split("\n\n"))) == (0, 1)
    assert "pipeline plan-solve-verify is left out, since it may also use medium, small" in err
    status, _, err = run(capsys, "solve", *BRIEF, "-m", "large", "-p", "two-halves")
    assert (status, err) == (
        2,
        "moo-inference: pipeline 'two-halves' may use medium, small, which must then be chosen too\n",
    )
    status, _, err = run(capsys, "solve", *BRIEF, "-p", "two-halfs")
    assert (status, "did you mean 'two-halves'" in err) == (2, True)
    status, _, err = run(capsys, "solve", *BRIEF, "-p", "two-halves", "--no-pipelines")
    assert (status, err) == (2, "moo-inference: --pipeline must not be given with --no-pipelines\n")


def test_one_infeasible_pipeline_ends_with_status_3(capsys, tmp_path):
    catalog = mi.load_catalog(CATALOG)
    tight = catalog.replace(scenarios={"s": catalog.scenarios["coding"].replace(t_max=9)})
    save_catalog(tight, tmp_path / "tight.yaml")
    options = ["--catalog", str(tmp_path / "tight.yaml"), "--k-max", "8", "-d", "accuracy-max"]
    status, out, _ = run(capsys, "solve", *options, "-p", "two-halves")
    assert status == 3
    assert "no choice meets all budgets; closest is plan large" in " ".join(out.split())
    assert run(capsys, "solve", *options)[0] == 0


def test_check_and_replay_know_pipelines(capsys, tmp_path):
    assert run(capsys, "solve", *BRIEF, "--out", str(tmp_path))[0] == 0
    baseline = ["--baseline", str(tmp_path / "choices.json")]
    status, out, _ = run(capsys, "check", *BRIEF, *baseline)
    assert (status, out) == (0, "5 choices, 0 failures (changed)\n")
    status, out, _ = run(capsys, "check", *BRIEF, *baseline, "--no-pipelines")
    assert status == 4
    assert "changed: coding, pipeline two-halves, accuracy-max: is gone, and was in the baseline" in out
    assert run(capsys, "report", *BRIEF, "-p", "two-halves", "-o", str(tmp_path / "r.html"))[0] == 0
    status, out, _ = run(capsys, "replay", str(tmp_path / "r.html"))
    assert (status, out.splitlines()[0].split(",")[0]) == (0, "nothing changed: 4 choices")
    html = (tmp_path / "r.html").read_text()
    for said in (
        "Pipeline: Plan, then two halves at once (two-halves)",
        "Of parallel branches the larger mean time counts",
        'role="group" aria-label="at the same time"',
        "Front of the pipeline: Plan, then two halves at once, Coding assistant",
        "k = 1 to 2",
    ):
        assert said in html
    [text] = exact_csv(tmp_path / "pipelines.csv")["stages"][1:]
    for part in text.split(", "):
        assert f"k&nbsp;=&nbsp;{part.split(' = ')[1]}</td>" in html


def test_doctor_and_fit_keep_the_section(capsys, tmp_path):
    catalog = mi.load_catalog(CATALOG)
    assert "3 models, 1 scenario and 2 pipelines, all valid" in run(capsys, "doctor", str(CATALOG))[1]
    out = tmp_path / "catalog.yaml"
    save_catalog(catalog, out)
    by_hand = "--input-price 1 --output-price 2 --input-tokens 100,10 --output-tokens 100,10 --request-seconds 2,0.1"
    given = [*by_hand.split(), "--accuracy", "0.5,0.1"]
    status, _, err = run(capsys, "fit", "--name", "new", *given, "--out", str(out))
    assert status == 0, err
    again = mi.load_catalog(out)
    assert again.pipelines == catalog.pipelines
    assert list(again.models) == [*catalog.models, "new"]


def test_compare_looks_at_pipelines_by_name(capsys):
    options = ["--catalog", str(CATALOG), "-p", "two-halves", "--k-max", "4", "--seeds", "1", "--evaluations", "400"]
    records = json.loads(run(capsys, "compare", *options, "--format", "json")[1])
    assert [(record["problem"], record["solver"]) for record in records] == [
        ("coding/pipeline two-halves", "merge"),
        ("coding/pipeline two-halves", "nsga2"),
    ]
    assert "merge is exact" in run(capsys, "compare", *options)[1]
