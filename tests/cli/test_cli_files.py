"""The commands that read a user's own files: doctor and fit."""

import csv
import io
import json
import subprocess
import sys

import pytest
import yaml
from command_line import refused, run
from conftest import ROOT

from moo_inference import load_catalog
from moo_inference.catalog.loading import parse_catalog

DATA = ROOT / "tests" / "data"
REFUSED = {"ORIGIN.md", ".gitattributes", "published_numbers.csv"}
FILES = sorted(path.name for path in DATA.iterdir() if path.is_file())

PRICES = ["--prices", str(DATA / "litellm_model_prices_excerpt.json"), "--model-key", "gpt-5-mini"]
SERVING = ["--serving", str(DATA / "vllm_bench_runs.jsonl"), "--run", "1"]
LENGTHS = ["--lengths", str(DATA / "azure_llm_code_2500.csv")]
OUTCOMES = ["--outcomes", str(DATA / "outcomes_long.csv")]
FROM_FILES = [*PRICES, *SERVING, *LENGTHS, *OUTCOMES]
BUDGETS = ["--c-max", "0.05", "--t-max", "30", "--a-min", "0.5"]
BY_HAND = [
    *("--input-price", "1", "--output-price", "2", "--input-tokens", "10,1", "--output-tokens", "20,2"),
    *("--request-seconds", "3,0.5", "--accuracy", "0.5,0.1"),
]


# doctor


@pytest.mark.parametrize("name", FILES)
def test_doctor_says_of_every_file_what_it_is_or_refuses_it(capsys, name):
    if name in REFUSED:
        (line,) = refused(capsys, "doctor", DATA / name)
        assert line.startswith(f"{DATA / name}: must be in a known format, got ")
        return
    status, out, err = run(capsys, "doctor", DATA / name)
    assert (status, err) == (0, "")
    assert out.startswith("holds: ")
    assert "\nlacks: " in out
    assert f"{DATA / name}: " in out


def test_doctor_knows_as_many_files_as_there_are():
    assert len(FILES) - len(REFUSED) >= 20
    assert set(FILES) >= REFUSED


def test_doctor_reads_a_catalog_and_checks_all_of_it(capsys, tmp_path, paper):
    from moo_inference import save_catalog

    path = tmp_path / "catalog.yaml"
    save_catalog(paper, path)
    assert run(capsys, "doctor", path) == (0, "holds: 9 models and 3 scenarios, all valid.\n", "")
    path.write_text(path.read_text().replace("accuracy:", "accuracie:", 2))
    lines = refused(capsys, "doctor", path)
    assert len(lines) == 4
    assert all(line.startswith(f"{path}:") for line in lines)


def test_doctor_takes_a_format_and_options_of_its_reader(capsys):
    path = DATA / "lm_eval_samples_gsm8k.jsonl"
    whole = run(capsys, "doctor", path)[1]
    assert "(--filter NAME): score-first, maj@64, maj@2" in " ".join(whole.split())
    one = run(capsys, "doctor", path, "--option", "filter=maj@2")
    assert one[0] == 0
    assert "1 of 3 samples are correct" in one[1]
    assert run(capsys, "doctor", path, "--filter", "maj@2") == one
    assert "fit does not take those of 2 passes each" in " ".join(one[1].split())
    (line,) = refused(capsys, "doctor", path, "--filter", "maj@2", "--option", "filter=maj@2")
    assert line == "--option filter must not be given together with the option of its own"
    named = run(
        capsys,
        "doctor",
        DATA / "gsm8k_openai_correctness.csv",
        "--as",
        "outcomes_table",
        "--option",
        "question=problem_idx",
        "--option",
        "correct=175b_verification",
    )
    assert named[0] == 0
    assert "742 of 1,319 samples are correct" in named[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.json"], "nowhere.json: must be a file that can be read"),
        ([DATA], "must be a file that can be read"),
        (
            [DATA / "outcomes_long.csv", "--as", "outcome_table"],
            "unknown format 'outcome_table' (did you mean 'outcomes_table'?)",
        ),
        ([DATA / "outcomes_long.csv", "--as", "guidellm"], "outcomes_long.csv"),
        ([DATA / "outcomes_long.csv", "--option", "filter"], "--option must be NAME=VALUE, got 'filter'"),
        ([DATA / "outcomes_long.csv", "--option", "=x"], "--option must be NAME=VALUE, got '=x'"),
        (
            [DATA / "outcomes_long.csv", "--option", "filter=x"],
            "has no option 'filter' (did you mean 'cluster'?); it has: question, correct, answer, score, cluster",
        ),
        (
            [DATA / "outcomes_long.csv", "--option", "progress=x"],
            "--option must be an option of the reader, and progress is none",
        ),
        ([DATA / "outcomes_long.csv", "--option", "path=x"], "has no option 'path'"),
        (
            [DATA / "outcomes_long.csv", "--option", "format=x"],
            "--option must be an option of the reader, and format is none",
        ),
        ([DATA / "outcomes_long.csv", "--option", "correct=richtig"], "must have a column 'richtig'"),
        ([DATA / "lm_eval_samples_gsm8k.jsonl", "--option", "filter=maj@3"], "maj@3"),
    ],
)
def test_doctor_refuses_in_one_line(capsys, arguments, words):
    (line,) = refused(capsys, "doctor", *arguments)
    assert words in line


def test_doctor_tells_every_wrong_option(capsys):
    lines = refused(capsys, "doctor", DATA / "outcomes_long.csv", "--option", "a=1", "--option", "b=2")
    assert len(lines) == 2


def test_a_file_with_errors_is_refused_error_by_error(capsys, tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("question,correct\na,1\nb,perhaps\nc,2\n")
    assert [line.split(": ")[0] for line in refused(capsys, "doctor", path)] == [f"{path}:3", f"{path}:4"]


# fit


def test_fit_end_to_end_and_solve_takes_it_from_there(capsys, tmp_path):
    path = tmp_path / "catalog.yaml"
    status, out, err = run(capsys, "fit", "--name", "mine", *FROM_FILES, *BUDGETS, "--parallel", "4", "--out", path)
    assert status == 0
    first, *warnings = err.splitlines()
    assert first == f"moo-inference: wrote mine into {path}"
    assert all(line.startswith("moo-inference: warning: ") for line in warnings)
    assert any("price is that of gpt-5-mini, and" in line and "measured Qwen/Qwen3-8B" in line for line in warnings)
    assert not any(line.partition("warning: ")[2] in out for line in warnings)
    assert "k  pass@k, counted  1 - (1 - p)^k" in out
    assert "1  0.5833           0.5833" in out
    assert "2  1.0000           0.8264" in out
    assert "assumes that all questions are equally hard" in " ".join(out.split())
    catalog = load_catalog(path)
    assert list(catalog.models) == ["mine"]
    assert catalog.models["mine"].parallel == 4
    assert "10 requests/s asked for" in catalog.models["mine"].sources["seconds_per_output_token"]
    status, out, err = run(capsys, "solve", "--catalog", path, "--format", "csv")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["model"] for row in rows} == {"mine"}
    # Nothing is known beyond the two samples of a question.
    assert {int(row["k"]) for row in rows if row["k"]} <= {1, 2}
    best = next(row for row in rows if row["decision"] == "accuracy-max")
    assert (best["k"], float(best["accuracy"])) == ("2", 1.0)
    assert "nothing is known beyond k = 2" in best["warning"]
    assert run(capsys, "doctor", path)[0] == 0


def test_without_a_file_the_catalog_alone_is_on_stdout(capsys):
    status, out, err = run(capsys, "fit", "--name", "mine", *FROM_FILES, *BUDGETS, "--keep", "majority")
    assert status == 0
    assert "note: " in err
    assert "Accuracy of k passes kept by majority vote" in " ".join(err.split())
    found = parse_catalog(out.encode(), "stdout")
    assert found.models["mine"].accuracy.keep == "majority"
    assert set(yaml.safe_load(out)) == {"models", "scenarios"}
    assert set(yaml.safe_load(out)["models"]["mine"]["sources"]) >= {"accuracy", "input_tokens", "failed_share"}
    # Every number has a source.
    values = yaml.safe_load(out)["models"]["mine"]
    assert set(values) - set(values["sources"]) == {"name", "prompt", "parallel", "latency", "sources"}


def test_what_is_told_by_hand_needs_no_file_and_says_so(capsys):
    status, out, err = run(capsys, "fit", "--name", "m", *BY_HAND, "--c-max", "none", "--t-max", "none", "--a-min", "0")
    assert (status, err) == (0, "")
    values = yaml.safe_load(out)
    assert set(values["models"]["m"]["sources"].values()) == {"given by hand"}
    assert values["scenarios"] == {"my-use": {"name": "My use", "c_max": None, "t_max": None, "a_min": 0.0}}


def test_a_second_model_joins_the_catalog_and_no_name_is_taken_twice(capsys, tmp_path):
    path = tmp_path / "catalog.yaml"
    assert run(capsys, "fit", "--name", "one", *BY_HAND, *BUDGETS, "--out", path)[0] == 0
    first = path.read_bytes()
    # Without budgets, since the catalog has some.
    assert run(capsys, "fit", "--name", "two", *BY_HAND, "--out", path)[0] == 0
    assert list(load_catalog(path).models) == ["one", "two"]
    both = path.read_bytes()
    assert both != first
    cheaper = [*BY_HAND[:1], "0.5", *BY_HAND[2:]]
    assert refused(capsys, "fit", "--name", "one", *cheaper, "--out", path) == [
        f"{path}: has a model 'one' already; give --replace, or another name"
    ]
    other_budgets = ["--c-max", "9", "--t-max", "30", "--a-min", "0.5"]
    (line,) = refused(capsys, "fit", "--name", "three", *BY_HAND, *other_budgets, "--out", path)
    assert line == (
        f"{path}: has a scenario 'my-use' with other budgets already; give --replace, another name of the scenario, or "
        "no budgets"
    )
    assert path.read_bytes() == both
    assert run(capsys, "fit", "--name", "three", *BY_HAND, *BUDGETS, "--out", path)[0] == 0
    assert run(capsys, "fit", "--name", "one", *cheaper, *other_budgets, "--out", path, "--replace")[0] == 0
    catalog = load_catalog(path)
    assert list(catalog.models) == ["one", "two", "three"]
    assert catalog.models["one"].usd_per_million_input_tokens == 0.5
    assert catalog.scenarios["my-use"].c_max == 9


def test_all_that_is_missing_is_told_at_once(capsys):
    lines = refused(capsys, "fit", "--name", "m")
    assert len(lines) == 7
    assert [line for line in lines if line.startswith("m: still missing is ")] == [
        line for line in lines if "budgets" not in line
    ]
    assert "still missing are the budgets --c-max, --t-max and --a-min; none stands for no budget" in "\n".join(lines)


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (["--c-max", "1"], "--t-max, --a-min"),
        (["--c-max", "none", "--a-min", "0.5"], "--t-max"),
        (["--a-min", "0.5"], "--c-max, --t-max"),
    ],
)
def test_missing_budgets_are_named(capsys, given, lacking):
    (line,) = refused(capsys, "fit", "--name", "m", *BY_HAND, *given)
    assert line.startswith(f"still missing are the budgets {lacking}; none stands")


def test_files_that_hold_several_ask_for_one_and_list_them(capsys):
    wide = str(DATA / "gsm8k_openai_correctness.csv")
    filters = str(DATA / "lm_eval_samples_gsm8k.jsonl")
    runs = str(DATA / "vllm_bench_runs.jsonl")
    lines = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--outcomes", wide, "--serving", runs)
    assert lines == [
        f"{runs}:1: must be one run of 2, since latency depends on the load: 1: 10 requests/s asked for, 8 requests/s "
        "served; 2: all requests at once, 4.9 requests/s served, 32 at the same time",
        f"{wide}: must have one system chosen (--system COLUMN) of: 6b_finetuning, 6b_verification, 175b_finetuning, "
        "175b_verification",
    ]
    (line,) = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--outcomes", filters)
    assert line == (
        f"{filters}: filter must be named (--filter NAME), since each document stands once for each of: score-first, "
        "maj@64, maj@2"
    )
    named = [*BY_HAND[:-2], "--outcomes", wide, "--system", "6b_verification", *BUDGETS]
    status, out, _ = run(capsys, "fit", "--name", "m", *named)
    assert status == 0
    assert parse_catalog(out.encode(), "c").models["m"].accuracy.mean == pytest.approx(515 / 1319)
    chosen = [*BY_HAND[:-2], "--outcomes", filters, "--filter", "score-first", *BUDGETS]
    status, out, _ = run(capsys, "fit", "--name", "m", *chosen)
    assert status == 0
    assert parse_catalog(out.encode(), "c").models["m"].accuracy.mean == pytest.approx(1 / 3)


def test_columns_can_be_named(capsys, tmp_path):
    lengths, outcomes = tmp_path / "l.csv", tmp_path / "o.jsonl"
    lengths.write_text("in,out\n10,20\n30,40\n")
    outcomes.write_text('{"q": 1, "ok": true}\n{"q": 1, "ok": false}\n')
    status, out, _ = run(
        capsys,
        "fit",
        "--name",
        "m",
        *BY_HAND[:4],
        "--request-seconds",
        "1,0",
        *BUDGETS,
        "--lengths",
        lengths,
        "--length-columns",
        "in,out",
        "--outcomes",
        outcomes,
        "--outcome-column",
        "question=q",
        "--outcome-column",
        "correct=ok",
    )
    assert status == 0
    assert dict(parse_catalog(out.encode(), "c").models["m"].accuracy.questions) == {"1": "1/2"}
    outcomes.write_text(
        '{"question": 1, "correct": true, "vote": "x"}\n{"question": 1, "correct": false, "vote": null}\n'
    )
    status, out, _ = run(
        capsys,
        "fit",
        "--name",
        "m",
        *BY_HAND[:4],
        "--request-seconds",
        "1,0",
        *BUDGETS,
        "--lengths",
        lengths,
        "--length-columns",
        "in,out",
        "--outcomes",
        outcomes,
        "--outcome-column",
        "answer=vote",
        "--keep",
        "majority",
    )
    assert status == 0
    model = parse_catalog(out.encode(), "c").models["m"]
    assert (model.input_tokens.mean, model.output_tokens.std) == (20, 10)
    assert dict(model.accuracy.questions) == {"1": "1/1 none:1"}


def test_free_and_unusual_prices_can_be_meant(capsys):
    free = ["--input-price", "0", "--output-price", "2000", *BY_HAND[4:], *BUDGETS]
    lines = refused(capsys, "fit", "--name", "m", *free)
    assert [option in line for option, line in zip(("--allow-free", "--allow-expensive"), lines, strict=True)] == [
        True,
        True,
    ]
    status, out, _ = run(capsys, "fit", "--name", "m", *free, "--allow-free", "--allow-expensive")
    assert status == 0
    assert parse_catalog(out.encode(), "c").models["m"].free


def test_cached_and_shared_prompts_and_the_beta_distribution(capsys, tmp_path):
    status, out, _ = run(capsys, "fit", "--name", "m", *FROM_FILES, *BUDGETS, "--cached-prompt")
    assert status == 0
    assert parse_catalog(out.encode(), "c").models["m"].usd_per_million_cached_input_tokens == 0.025
    status, out, _ = run(capsys, "fit", "--name", "m", *FROM_FILES, *BUDGETS, "--shared-prompt")
    assert parse_catalog(out.encode(), "c").models["m"].shared_prompt
    path = tmp_path / "o.csv"
    right = [0, 0, 1, 1, 2, 3, 4, 4]
    path.write_text(
        "question,correct\n" + "".join(f"{q},{int(i < c)}\n" for q, c in enumerate(right) for i in range(4))
    )
    status, out, err = run(
        capsys, "fit", "--name", "m", *BY_HAND[:-2], *BUDGETS, "--outcomes", path, "--distribution", "beta"
    )
    assert status == 0
    accuracy = parse_catalog(out.encode(), "c").models["m"].accuracy
    assert (accuracy.kind, accuracy.samples) == ("beta", 4)
    assert "beyond k = 4 are extrapolated" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prices", "nowhere.json", "--model-key", "x"], ["nowhere.json: must be a file that can be read"]),
        (
            ["--prices", DATA / "outcomes_long.csv", "--model-key", "x"],
            ["expected prices, got a table of outcomes, which contains outcomes"],
        ),
        ([*PRICES[:2]], ["--prices FILE and --model-key KEY must be given together"]),
        (["--model-key", "x"], ["--prices FILE and --model-key KEY must be given together"]),
        ([*PRICES[:2], "--model-key", "gpt-5-minni"], ["has no model 'gpt-5-minni' (did you mean 'gpt-5-mini'?)"]),
        ([*PRICES[:2], "--model-key", "github_copilot/gpt-4o"], ["a missing price is not 0"]),
        (
            ["--lengths", DATA / "vllm_bench_runs.jsonl"],
            ["must contain the lengths of single requests, got those of whole runs"],
        ),
        (
            [*LENGTHS, "--length-columns", "a"],
            ["--length-columns must be two to four names, IN,OUT[,SECONDS[,REASONING]]; got 'a'"],
        ),
        (["--length-columns", "a,b"], ["--length-columns needs --lengths FILE"]),
        (["--run", "1"], ["--run needs --serving FILE"]),
        (["--system", "x"], ["--system needs --outcomes FILE"]),
        (["--filter", "x"], ["--filter needs --outcomes FILE"]),
        (["--outcome-column", "correct=x"], ["--outcome-column needs --outcomes FILE"]),
        ([*OUTCOMES, "--outcome-column", "corect=x"], ["has no option 'corect' (did you mean 'correct'?)"]),
        (
            [*OUTCOMES, "--outcome-column", "progress=x"],
            ["--outcome-column must be an option of the reader, and progress is none"],
        ),
        ([*OUTCOMES, "--outcome-column", "x"], ["--outcome-column must be NAME=VALUE, got 'x'"]),
        (
            [*OUTCOMES, "--outcome-column", "format=guidellm"],
            ["--outcome-column must be an option of the reader, and format is none"],
        ),
        (
            [*OUTCOMES, "--outcome-column", "score=a", "--outcome-column", "score=b"],
            ["--outcome-column score must be given once"],
        ),
        (
            [*OUTCOMES, "--outcome-column", "correct=a", "--system", "b"],
            ["--system names the column of what is correct"],
        ),
        ([*OUTCOMES, "--filter", "x"], ["has no option 'filter'"]),
        (
            [*OUTCOMES, "--keep", "verifier"],
            ["outcomes_long.csv: verifier needs a score for every sample, got none for 1"],
        ),
        ([*SERVING[:2], "--run", "7"], ["the run must be a number from 1 to 2, got 7"]),
        (["--keep", "best"], ["--keep must be one of: oracle, verifier, majority; got 'best'"]),
        (["--distribution", "gamma"], ["--distribution must be one of: outcomes, beta; got 'gamma'"]),
        (["--keep", "majority"], ["need outcomes: give --outcomes FILE"]),
        (["--cached-prompt"], ["a cached prompt needs its price"]),
        (["--input-tokens", "5"], ["--input-tokens must be MEAN,STD, two numbers; got '5'"]),
        (
            ["--accuracy", "0.5,x", "--request-seconds", "1,2,3"],
            ["--request-seconds must be MEAN,STD", "--accuracy must be MEAN,STD"],
        ),
        (["--accuracy", "nan,0.1"], ["m: accuracy.mean: must be a finite number, got .nan"]),
        (["--output-tokens", "-3,1"], ["m: output_tokens.mean: must be greater than 0"]),
        (["--parallel", "0"], ["m: parallel: must be greater than or equal to 1, got 0"]),
        (["--latency", "x"], ["m: latency: must be 'ideal' or 'waves', got 'x'"]),
        (["--c-max", "much"], ["--c-max must be a number, or none; got 'much'"]),
        (["--c-max", "x", "--t-max", "y"], ["--c-max must be a number", "--t-max must be a number"]),
        (["--c-max", "-1"], ["--c-max and --t-max must be positive or none, and --a-min in [0, 1]"]),
        (["--t-max", "nan"], ["--c-max and --t-max must be positive or none"]),
        (["--a-min", "95"], ["--a-min in [0, 1]"]),
        (["--a-min", "x"], ["--a-min"]),
        (["--name", "  "], ["the name of a model must not be empty"]),
        (["--name", "x" * 300], [": name: must have at most 200 characters"]),
        (
            ["--replace", "--keep", "x", "--lengths", "none.csv"],
            ["none.csv", "--keep must be one of", "--replace needs --out FILE"],
        ),
        (["--out", DATA], ["--out must be a file, and"]),
        (["--out", "/dev/null/catalog.yaml"], ["/dev/null/catalog.yaml: "]),
        (["--out", DATA / "outcomes_long.csv"], ["must be a catalog, got a file of another kind (table of outcomes)"]),
        (["--no-such-option"], ["No such option: --no-such-option"]),
    ],
)
def test_every_error_is_a_line_and_nothing_is_written(capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in DATA.rglob("*") if path.is_file()}
    lines = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, *arguments)
    assert len(lines) == len(words)
    for word, line in zip(words, lines, strict=True):
        assert word in line
    assert list(tmp_path.iterdir()) == []
    assert {path: path.read_bytes() for path in DATA.rglob("*") if path.is_file()} == before


def test_a_catalog_with_errors_is_left_as_it_is(capsys, tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_text("models:\n  a: {name: A}\n")
    lines = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--out", path)
    assert all(line.startswith(f"{path}:2: models.a.") for line in lines)
    assert path.read_text() == "models:\n  a: {name: A}\n"


@pytest.mark.parametrize("command", ["doctor", "fit"])
def test_help_has_an_example_and_loads_none_of_the_heavy_packages(command):
    heavy = {"numpy", "scipy", "pandas", "pymoo", "matplotlib", "moocore", "yaml"}
    code = (
        "import sys, atexit\natexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
        f"from moo_inference.cli.app import main; main(['{command}', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"moo-inference {command} " in " ".join(done.stdout.split())
    assert not heavy & set(done.stderr.split())
    assert "moo_inference.cli.app" in done.stderr


def test_a_report_of_the_fitted_model_can_be_read_as_json(capsys, tmp_path):
    path = tmp_path / "catalog.yaml"
    run(capsys, "fit", "--name", "mine", *FROM_FILES, *BUDGETS, "--out", path)
    status, out, _ = run(capsys, "solve", "--catalog", path, "--format", "json")
    assert status == 0
    assert {record["model"] for record in json.loads(out)} == {"mine"}


def test_an_error_stays_a_line_whatever_it_names(capsys):
    lines = refused(capsys, "fit", "--name", "two\nlines", *BUDGETS, "--lengths", "no\nfile.csv")
    assert lines == ["no\\nfile.csv: must be a file that can be read: No such file or directory"]
    assert len(refused(capsys, "fit", "--name", "two\nlines", *BUDGETS)) == 6


def test_the_spread_of_a_benchmark_decides_under_a_budget_of_a_percentile(capsys, tmp_path):
    """With SGLang's standard deviation lost, the 95th percentile would be the mean, and 4 passes at once would fit."""
    path = tmp_path / "c.yaml"
    benchmark = ["--serving", DATA / "sglang_finite.jsonl", "--accuracy", "0.5,0.2", "--parallel", 4]
    budgets = ["--c-max", "none", "--t-max", 8, "--a-min", "0.1"]
    prices = ["--input-price", 1, "--output-price", 2]
    status, out, _ = run(capsys, "fit", "--name", "m", *prices, *benchmark, *budgets, "--out", path)
    assert status == 0
    assert "99th percentile of the file 9.814 s" in out
    model = yaml.safe_load(path.read_text())["models"]["m"]
    assert model["request_seconds"] == {"mean": 2.409499004891637, "std": 2.6202703315686273, "kind": "gamma"}
    assert model["output_tokens"]["std"] is None

    def chosen(text):
        # Lengths have no part in this budget.
        path.write_text(text.replace("std: null", "std: 9.0"))
        options = ["--k-min", 1, "--k-step", 3, "--k-max", 4, "--t-quantile", "0.95", "--format", "json"]
        status, out, _ = run(capsys, "solve", "--catalog", path, "-s", "my-use", "-d", "accuracy-max", *options)
        assert status == 0
        (choice,) = json.loads(out)
        return choice["k"]

    text = path.read_text()
    assert chosen(text) == 1
    assert chosen(text.replace("std: 2.6202703315686273", "std: 0.0")) == 4


# One table for several things


ALL = "question,correct,answer,tokens_in,tokens_out,reasoning_tokens,seconds\n" + "".join(
    f"q{row % 2},{row % 3 % 2},{'ab'[row % 2]},{100 + row},{50 + row},{20 + row},{1.5 + row}\n" for row in range(6)
)


def test_one_table_gives_lengths_seconds_reasoning_and_outcomes(capsys, tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(ALL)
    prices = ["--input-price", "1", "--output-price", "2"]
    status, out, err = run(capsys, "fit", "--name", "m", *prices, "--lengths", path, "--outcomes", path, *BUDGETS)
    assert status == 0
    model = parse_catalog(out.encode(), "c").models["m"]
    assert model.passes.seconds == (1.5, 2.5, 3.5, 4.5, 5.5, 6.5)
    assert model.passes.output_tokens == (50, 51, 52, 53, 54, 55)
    assert model.reasoning_tokens.mean == pytest.approx(22.5)
    assert model.output_tokens.mean == pytest.approx(52.5 - 22.5)
    assert model.accuracy.evaluation.n.tolist() == [3, 3]
    assert "as in OpenAI's usage" in err
    named = tmp_path / "named.csv"
    named.write_text(ALL.replace("tokens_in,tokens_out,reasoning_tokens,seconds", "i,o,r,s"))
    columns = ["--lengths", named, "--length-columns", "i,o,s,r", "--outcomes", named]
    assert (
        yaml.safe_load(run(capsys, "fit", "--name", "m", *prices, *columns, *BUDGETS)[1])["models"]["m"]["passes"]
        == (yaml.safe_load(out)["models"]["m"]["passes"])
    )


def test_the_metric_is_an_option_of_fit_and_doctor(capsys):
    path = DATA / "lm_eval_acc_acc_norm.jsonl"
    told = [*BY_HAND[:-2], *BUDGETS[:-1], "0"]
    (line,) = refused(capsys, "fit", "--name", "m", *told, "--outcomes", path)
    assert line == f"{path}:1: metric must be named; it has: acc, acc_norm (--metric NAME)"
    for metric, mean in (("acc", 0.5), ("acc_norm", 0.25)):
        status, out, _ = run(capsys, "fit", "--name", "m", *told, "--outcomes", path, "--metric", metric)
        assert status == 0
        assert parse_catalog(out.encode(), "c").models["m"].accuracy.mean == mean
        assert f"({mean:.2%})" in run(capsys, "doctor", path, "--metric", metric)[1]
    (line,) = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--metric", "acc")
    assert line == "--metric needs --outcomes FILE"


def test_a_filter_that_votes_is_refused(capsys):
    path = DATA / "lm_eval_samples_gsm8k.jsonl"
    (line,) = refused(capsys, "fit", "--name", "m", *BY_HAND[:-2], *BUDGETS, "--outcomes", path, "--filter", "maj@64")
    assert line.startswith(
        f"{path}: each sample must be the outcome of one pass, and is the vote or the best of 64 passes"
    )
    assert "--filter score-first" in line


def test_reasoning_by_hand(capsys):
    status, out, _ = run(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--reasoning-tokens", "1950,100")
    assert status == 0
    assert yaml.safe_load(out)["models"]["m"]["reasoning_tokens"] == {"mean": 1950.0, "std": 100.0}
    (line,) = refused(capsys, "fit", "--name", "m", *BY_HAND, *BUDGETS, "--reasoning-tokens", "many")
    assert line == "--reasoning-tokens must be MEAN or MEAN,STD, numbers; got 'many'"


def test_a_catalog_without_scenarios_of_its_own_is_said_to_have_none(capsys, tmp_path):
    path = tmp_path / "config.yaml"
    entry = (
        "{name: M, c_in: 1e-6, c_out: 1e-6, t_in: 0.1, t_out: 0.1, mu_Lin: 9, sigma_Lin: 1, mu_Lout: 9, sigma_Lout: 1, "
    )
    path.write_text("models:\n  m: " + entry + "acc_mean: 0.5, acc_std: 0.1}\n")
    status, out, err = run(capsys, "doctor", path)
    assert (status, err) == (0, "")
    assert out == "holds: 1 model, all valid. It has no scenarios of its own; those of the paper hold.\n"


# Candidates


CANDIDATES = (
    "model,k,cost,time,accuracy\nsmall,1,0.001,1.0,0.70\nsmall,8,0.008,2.0,0.82\nlarge,1,0.02,3.0,0.85\n"
    "large,4,0.08,9.0,0.90\nbad,1,0.05,9.0,0.6\n"
)


def test_measured_candidates_are_decided_among(capsys, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(CANDIDATES)
    status, out, _ = run(capsys, "doctor", path)
    assert status == 0
    assert "5 candidates with 5 names" in out
    assert "moo-inference candidates FILE" in " ".join(out.split())
    status, out, err = run(capsys, "candidates", path, "--c-max", "0.05", "--t-max", "5", "-f", "json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert [row["name"] for row in found["front"]] == ["small, k = 1", "small, k = 8", "large, k = 1"]
    assert (found["candidate"], found["decision"]) == ("large, k = 1", "accuracy-max")
    status, out, _ = run(capsys, "candidates", path, "--t-max", "2", "-f", "markdown")
    assert status == 0
    assert "| accuracy-max | small, k = 8 | 0.8200 | $0.00800 | 2.00 s |" in out
    status, out, _ = run(capsys, "candidates", path, "--a-min", "0.95")
    assert status == 3
    assert "must be at least 0.95" in " ".join(out.split())
    assert "no candidate meets all budgets; closest is large, k = 4: accuracy 0.9" in " ".join(out.split())
    assert run(capsys, "candidates", path, "--a-min", "0.95", "-f", "json")[0] == 3


def test_candidates_without_times_have_none(capsys):
    path = DATA / "frugalgpt_summary_HEADLINES.csv"
    found = json.loads(run(capsys, "candidates", path, "--a-min", "0.845", "-f", "json")[1])
    assert {row["seconds_per_query"] for row in found["front"]} == {None}
    assert "No times are known" in " ".join(run(capsys, "candidates", path)[1].split())
    (line,) = refused(capsys, "candidates", path, "--t-max", "3")
    assert line == "t_max of scenario 'these budgets' must be none, since no times of candidates are known"
    assert refused(capsys, "candidates", path, "--a-min", "95") == [
        "--accuracy must be a share in [0, 1], or none; got 95.0 (0.95 is 95 %)"
    ]
    assert "must be table, json or markdown" in refused(capsys, "candidates", path, "-f", "csv")[0]


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("frugalgpt_summary_HEADLINES.csv", "`moo-inference candidates FILE` chooses among its rows"),
        ("litellm_tier_reasoning.json", "`moo-inference fit` makes a catalog of it and others"),
    ],
)
def test_a_file_of_another_kind_is_no_catalog_and_says_what_it_is_for(capsys, name, way):
    (line,) = refused(capsys, "solve", "--catalog", DATA / name)
    assert line.startswith(f"{DATA / name}: must be a catalog, got a file of another kind (")
    assert line.endswith(way)
