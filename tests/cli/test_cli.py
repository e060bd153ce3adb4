import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from command_line import run
from conftest import exact_csv

import moo_inference as mi
from moo_inference.cli import app as cli
from moo_inference.cli import run as process

COMMAND = Path(sys.executable).parent / "moo-inference"


def test_solve_without_arguments_answers_the_built_in_catalog(capsys):
    status, out, err = run(capsys, "solve", "--format", "csv")
    frame = exact_csv(io.StringIO(out))
    assert (status, err) == (0, "")
    assert len(frame) == 9 * 3 * 5


def test_formats_agree(capsys):
    options = ["solve", "-m", "gpt-5", "-m", "qwen3-max", "-s", "essay-feedback", "-d", "knee-chord", "--trials", "20"]
    csv = exact_csv(io.StringIO(run(capsys, *options, "--format", "csv")[1]))
    records = json.loads(run(capsys, *options, "--format", "json")[1])
    assert csv["k"].tolist() == [record["k"] for record in records]
    assert csv["cost"].tolist() == [record["cost"] for record in records]
    for format_ in ("table", "markdown"):
        text = run(capsys, *options, "--format", format_)[1]
        assert all(f"k={record['k']} " in text for record in records)


def test_options_reach_the_study(capsys):
    options = ["-m", "gpt-5", "-s", "essay-feedback", "-d", "accuracy-max", "--format", "json"]
    base = json.loads(run(capsys, "solve", *options)[1])[0]
    for change in (["--seed", "7"], ["--trials", "50"], ["--draws", "independent"]):
        changed = json.loads(run(capsys, "solve", *options, *change)[1])[0]
        assert changed["accuracy"] != base["accuracy"]
    on_grid = json.loads(run(capsys, "solve", *options, "--k-min", "3", "--k-step", "5", "--k-max", "14")[1])[0]
    assert on_grid["k"] == 13
    serial = json.loads(run(capsys, "solve", *options, "--parallel", "1")[1])[0]
    assert serial["k"] < base["k"]


def test_out_holds_everything(capsys, tmp_path):
    folder = tmp_path / "a folder\nwith a line"
    status, _, _ = run(capsys, "solve", "-m", "gpt-5", "--out", str(folder))
    assert status == 0
    assert json.loads((folder / "settings.json").read_text())["estimator"] == {"estimator": "ClosedForm"}
    assert run(capsys, "reproduce", "--out", str(tmp_path / "other"))[0] == 0
    assert (tmp_path / "other" / "claims.csv").exists()


def test_one_infeasible_cell_ends_with_status_3_and_a_study_with_0(capsys, tmp_path, paper):
    from moo_inference import save_catalog

    tight = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.01)})
    save_catalog(tight, tmp_path / "tight.yaml")
    status, out, _ = run(capsys, "solve", "--catalog", str(tmp_path / "tight.yaml"), "-m", "gpt-5", "--format", "json")
    assert status == 3
    assert {record["status"] for record in json.loads(out)} == {"infeasible"}
    assert run(capsys, "solve", "--catalog", str(tmp_path / "tight.yaml"))[0] == 0


def test_reproduce_prints_choices_alone_as_csv_and_json(capsys):
    status, out, err = run(capsys, "reproduce", "--format", "csv")
    frame = exact_csv(io.StringIO(out))
    assert (status, err, len(frame)) == (0, "", 108)
    assert list(frame.columns[:5]) == ["scenario", "model", "decision", "status", "k"]
    assert len(json.loads(run(capsys, "reproduce", "--format", "json")[1])) == 108


def test_reproduce_shows_tables_differences_and_claims(capsys):
    for format_ in ("table", "markdown"):
        status, out, _ = run(capsys, "reproduce", "--format", format_)
        text = out.replace("\\", "")
        assert status == 0
        for words in ("Table 4", "Table 6", "k=16 / 0.98 / 0.35 / 43.1", "k is as printed in 105", "Aggregate Trends"):
            assert words in text


def test_reproduce_ends_with_status_1_if_the_tables_ever_change(capsys, monkeypatch):
    from moo_inference.paper import reproduce

    monkeypatch.setattr(reproduce, "KNOWN_DIFFERENCES", {})
    assert run(capsys, "reproduce", "--format", "csv")[0] == 1


def test_assess_and_its_siblings(capsys, tmp_path):
    options = ["-m", "gpt-5-nano", "-s", "medical-ai", "-d", "knee-chord", "--k-step", "8", "--format", "json"]
    status, out, _ = run(capsys, "assess", *options, "--replications", "5", "--trials", "50", "--out", str(tmp_path))
    [record] = json.loads(out)
    assert status == 0
    assert {"pcs", "pgs", "eoc_usd", "exact_k", "selection_frequency"} <= set(record)
    assert (tmp_path / "assessments.csv").exists()
    assert "How sure a choice is" in run(capsys, "assess", *options[:-2], "--replications", "3")[1]
    solved = json.loads(run(capsys, "solve", *options, "--baseline", "fixed-16", "--assess")[1])
    assert [record["decision"] for record in solved] == ["knee-chord", "fixed-16"]
    assert solved[0]["pgs"] is None
    table = run(capsys, "solve", "-m", "gpt-5-nano", "-s", "essay-feedback", "--baseline", "accuracy-within-cost")[1]
    assert "over budget" in table
    assert "breaks t_max" in table


MEASURED = ("--catalog", "gpqa-diamond", "-m", "gpt-5.2@low", "-s", "standard", "-d", "accuracy-max", "--k-max", "8")


def test_what_was_measured_is_assessed_by_resampling(capsys):
    text = run(capsys, "assess", *MEASURED)[1]
    assert "over 1,000 resamples" in text
    assert "Resampled: 198 questions." in text
    assert "are taken as certain" in text
    assert "seeds" not in text
    [record] = json.loads(run(capsys, "assess", *MEASURED, "--format", "json")[1])
    assert (record["questions"], record["seeds"], record["replications"]) == (198, 0, 1000)
    assert f"corrected {record['accuracy_corrected']:.3f}" in text
    # The same draws, wherever the same choice is shown.
    solved = run(capsys, "solve", *MEASURED)[1]
    assert f"{record['pgs']:.0%} sure  {record['accuracy_corrected']:.3f}" in solved
    [asked] = json.loads(run(capsys, "solve", *MEASURED, "--assess", "--format", "json")[1])
    assert asked["pgs"] == record["pgs"]
    # With one simulation on top, its seeds are repeated too.
    [both] = json.loads(run(capsys, "assess", *MEASURED, "--draws", "common", "--trials", "20", "--format", "json")[1])
    assert (both["questions"], both["seeds"]) == (198, 200)


def test_models_of_both_kinds_are_each_assessed_by_what_they_rest_on(capsys, tmp_path, paper):
    counted = {"kind": "outcomes", "keep": "oracle", "questions": {"a": "2/4", "b": "4/4", "c": "1/4"}}
    models = {"counted": paper.models["gpt-5"].replace(accuracy=counted), "numbers": paper.models["gpt-5-nano"]}
    budgets = paper.scenarios["essay-feedback"].replace(a_min=0.1)
    mi.save_catalog(mi.Catalog(models=models, scenarios={"s": budgets}), tmp_path / "both.yaml")
    words = ("--catalog", str(tmp_path / "both.yaml"), "-d", "accuracy-max", "--k-max", "4")
    text = run(capsys, "assess", *words, "--replications", "9")[1]
    assert "counted: Resampled: 3 questions." in text
    assert "numbers: All of this is of seeds alone" in text
    _, out, err = run(capsys, "solve", *words, "--assess", "--format", "json")
    assert err == ""
    assert [record["pgs"] is None for record in json.loads(out)] == [False, True]
    _, out, err = run(capsys, "solve", *words, "-m", "numbers", "--assess")
    assert "--assess does not apply: nothing was measured that could be resampled" in err
    assert "sure" not in out


def test_tails_and_waves_reach_the_study(capsys):
    options = ["solve", "-m", "gpt-5", "-s", "essay-feedback", "-d", "accuracy-max", "--format", "json"]
    base = json.loads(run(capsys, *options)[1])[0]["k"]
    for change in (["--t-quantile", "0.95"], ["--c-quantile", "0.99999"], ["--latency", "waves"]):
        assert json.loads(run(capsys, *options, *change)[1])[0]["k"] < base
    cube = [option.replace("accuracy-max", "max-cube") for option in options]
    assert json.loads(run(capsys, *cube)[1])[0]["k"] == 1
    assert json.loads(run(capsys, *cube, "--a-quantile", "0.05")[1])[0]["k"] > 1  # 95 of 100 queries, not the mean
    assert "for 95% of queries" in run(capsys, *options[:-2], "--t-quantile", "0.95")[1]


def test_compare_has_a_row_a_run(capsys, tmp_path):
    options = ["compare", "-m", "gpt-5", "-s", "essay-feedback", "--solver", "exhaustive", "--solver", "nsga2"]
    status, out, _ = run(capsys, *options, "--seeds", "2", "--format", "csv", "--out", str(tmp_path))
    frame = exact_csv(io.StringIO(out))
    assert status == 0
    assert list(frame.columns[:9]) == [
        "problem", "solver", "seed", "found", "hypervolume", "igd_plus", "evaluations", "distinct", "seconds",
    ]  # fmt: skip
    assert len(frame) == 4
    assert (tmp_path / "summary.csv").exists()
    across = ["compare", "--across-models", "-s", "medical-ai", "--k-max", "120", "--solver", "nsga2", "--seeds", "1"]
    status, out, _ = run(capsys, *across)
    assert status == 0
    assert "of the front found" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "--solver", "nsga"], "unknown solver 'nsga' (did you mean"),
        (["compare", "--seeds", "0"], "seeds must be a whole number of at least 1, got 0"),
        (["compare", "--evaluations", "0"], "evaluations must be a whole number of at least 1, got 0"),
        (["compare", "-m", "x"], "unknown model 'x'"),
        (["solve", "--catalog", "nowhere.yaml"], "nowhere.yaml: must be a file that can be read"),
        (["solve", "-m", "gpt5"], "unknown model 'gpt5' (did you mean 'gpt-5'?); it must be one of: gpt-5, gpt-5-mini"),
        (["solve", "-s", "essay"], "unknown scenario 'essay'"),
        (["solve", "-d", "knee"], "unknown rule 'knee'"),
        (["solve", "--k-step", "0"], "k_step must be a whole number of at least 1, got 0"),
        (["solve", "--k-min", "9", "--k-max", "4"], "k_min <= k_max must hold, got k_min=9, k_max=4"),
        (["solve", "--k-step", "200"], "k_min <= k_max must hold"),
        (["solve", "--trials", "0"], "trials must be a whole number of at least 1, got 0"),
        (["solve", "--trials", "many"], "'--trials'"),
        (["solve", "--draws", "some"], "draws must be one of: common, independent"),
        (["solve", "--estimator", "closed-form", "--seed", "1"], "seed must not be given"),
        (["solve", "--t-quantile", "95"], "t_quantile must be between 0 and 1, got 95"),
        (["solve", "--latency", "fast"], "latency must be one of: ideal, waves"),
        (["solve", "--baseline", "fixed-999"], "fixed-999 must be on the grid"),
        (["assess", "--replications", "0"], "replications must be a whole number of at least 1, got 0"),
        (["solve", "--format", "xml"], "'xml' is not one of"),
        (["solve", "--modl", "x"], "No such option: --modl"),
        (["solve", "--out", "/dev/null/x"], "/dev/null/x: must be a folder that can be written"),
        (["reproduce", "--out", "/dev/null"], "/dev/null: must be a folder that can be written"),
        (["slove"], "No such command 'slove'"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_status_2(capsys, arguments, words):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_three_errors_are_three_lines(capsys):
    status, _, err = run(capsys, "solve", "-m", "x", "-s", "y", "-d", "z")
    assert status == 2
    assert err.count("\n") == 3


def test_an_unwritable_folder_is_told_before_the_work(capsys, monkeypatch):
    from moo_inference import studies

    monkeypatch.setattr(studies, "run_study", lambda *_, **__: pytest.fail("worked first"))
    assert run(capsys, "solve", "--out", "/dev/null/x")[0] == 2


def test_help_has_an_example(capsys):
    for command in ("solve", "reproduce", "compare", "assess"):
        status, out, _ = run(capsys, command, "--help")
        assert status == 0
        assert f"moo-inference {command} " in " ".join(out.split())
    status, alone, _ = run(capsys)
    (example,) = (line for line in alone.splitlines() if line.startswith("Try:"))
    assert (status, run(capsys, *example.split()[2:])[0]) == (0, 0)


def test_interruption_ends_with_130(capsys, monkeypatch):
    from moo_inference import studies

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(studies, "run_study", interrupted)
    status, out, err = run(capsys, "solve")
    assert (status, out) == (130, "")
    assert err == "moo-inference: interrupted; nothing was saved (with --out DIR, finished tasks are)\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    # The second holds more than a pipe does, so that it breaks while the command is at work.
    for command, words in (("solve --format csv", "scenario,model"), ("solve --format json", "[")):
        pipe = f"set -o pipefail; '{COMMAND}' {command} | head -1"
        done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(words)


class Closed(io.StringIO):
    """A pipe at whose end nobody reads."""

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


class ClosedLater(io.StringIO):
    """The same, of which one learns when it is flushed."""

    def flush(self):
        raise BrokenPipeError(32, "Broken pipe")


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("stream", "status", "said"),
    [
        (Closed, 0, ""),
        (ClosedLater, 0, ""),
        (Full, 2, "moo-inference: the results cannot be written: No space left on device\n"),
    ],
)
def test_an_output_that_takes_nothing_is_let_go(stream, status, said, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream())
    assert process.run(cli.app, ["solve", "-m", "gpt-5", "-s", "essay-feedback", "--format", "csv"]) == status
    # Else Python would flush to it at exit, and tell of an error that is none, or twice.
    assert sys.stdout is None
    assert capsys.readouterr().err == said


def test_any_stream_can_stand_for_an_output(monkeypatch):
    """One that is not of a file has no characters that it cannot show."""
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert process.run(cli.app, ["solve", "-m", "gpt-5", "-s", "essay-feedback", "--format", "json"]) == 0
    assert {record["model"] for record in json.loads(out.getvalue())} == {"gpt-5"}
    assert process.run(cli.app, ["solve", "-m", "\u00df\x07"]) == 2
    assert "unknown model '\u00df\\x07'" in err.getvalue()


def test_long_work_reports_on_stderr_alone():
    options = ["solve", "-m", "gpt-5", "-s", "medical-ai", "--trials", "200000", "--format", "json"]
    done = subprocess.run([COMMAND, *options], capture_output=True, text=True, check=True)
    assert "estimating" in done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize(
    "command", ["import moo_inference", "from moo_inference.cli.app import main; main(['--help'])"]
)
def test_start_up_loads_none_of_the_heavy_packages(command):
    heavy = {"numpy", "scipy", "pandas", "pymoo", "pydantic", "matplotlib", "moocore"}
    code = f"import sys, atexit\natexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n{command}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert not heavy & set(done.stderr.split())


def test_a_report_is_written_replayed_and_found_out(capsys, tmp_path):
    path = tmp_path / "new" / "my report.html"
    options = ["-m", "gpt-5", "-s", "essay-feedback", "-d", "max-cube", "--trials", "20", "--t-quantile", "0.9"]
    status, out, err = run(capsys, "report", *options, "--out", str(path))
    assert (status, out) == (0, "")
    assert f"wrote {path}" in err
    html = path.read_text(encoding="utf-8")
    assert f"moo-inference report {' '.join(options)} --out &#39;{path}&#39;" in html
    status, out, _ = run(capsys, "replay", str(path))
    assert status == 0
    assert out.startswith("nothing changed: 1 choice,")
    k = json.loads(run(capsys, "solve", *options, "--format", "json")[1])[0]["k"]
    path.write_text(
        html.replace(f'"decision":"max-cube","status":"ok","k":{k}', '"decision":"max-cube","status":"ok","k":99')
    )
    status, out, _ = run(capsys, "replay", str(path))
    assert status == 1
    assert f"essay-feedback, gpt-5, max-cube: k was 99, is {k}" in out


needs_streamlit = pytest.mark.skipif(find_spec("streamlit") is None, reason="needs the extra: explore")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "--out", "{folder}"], "--out must be a file"),
        (["report", "--out", "{file}/x.html"], "must be a folder that can be written"),
        (["report", "-m", "gpt5"], "did you mean 'gpt-5'?"),
        (["replay", "{file}"], "must be a report"),
        (["replay", "{folder}/none.html"], "No such file"),
        (["replay"], "Missing argument"),
        (["reproduce", "--figures", "{file}"], "must be a folder"),
        pytest.param(["explore", "--catalog", "{file}"], "models", marks=needs_streamlit),
    ],
)
def test_errors_of_showing_are_one_line(capsys, tmp_path, arguments, words):
    (tmp_path / "file").write_text("x: 1\n")
    places = {"folder": str(tmp_path), "file": str(tmp_path / "file")}
    status, out, err = run(capsys, *(argument.format(**places) for argument in arguments))
    assert (status, out) == (2, "")
    assert words in err
    assert all(line.startswith("moo-inference: ") for line in err.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_reproduce_writes_all_of_the_paper_s_figures(capsys, tmp_path, monkeypatch):
    def drawn(jobs, progress):
        yield from ((job.name, dict.fromkeys(job.formats, b"drawn")) for job in jobs)

    monkeypatch.setattr("moo_inference.paper.figures.render_all", drawn)
    status, _, err = run(capsys, "reproduce", "--format", "csv", "--figures", str(tmp_path / "figures"))
    assert status == 0
    assert "wrote 36 files" in err
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names[0] == "figure_04_gpt-5_cubes.pdf"
    assert names[-1] == "figure_21_qwen3-30b-a3b_accuracy.png"
    assert len(names) == 36


def test_the_version_names_all_that_shapes_the_numbers(capsys):
    status, out, _ = run(capsys, "--version")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == f"moo-inference {version('moo-inference')}"
    assert [line.split()[0] for line in lines[1:]] == ["python", "numpy", "scipy", "pandas", "pymoo", "moocore"]


def test_the_shell_completes_commands_and_options():
    def completed(*words):
        values = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        environment = {**os.environ, "_MOO_INFERENCE_COMPLETE": "complete_bash", **values}
        done = subprocess.run([COMMAND], capture_output=True, text=True, env=environment, check=False)
        return done.stdout.split()

    assert "solve" in completed("moo-inference", "so")
    assert "--scenario" in completed("moo-inference", "route", "--sc")
