"""The command that plans what to measure next, and the loop that carries it out."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command_line import refused, run

import moo_inference as mi

QUESTIONS = 60
ATTEMPTS = 3
SETTINGS = {"cheap": (0.55, 0.01), "middle": (0.6, 0.02), "strong": (0.9, 0.03)}
"""How often right, and USD an attempt."""

COLUMNS = ("model", "question", "correct", "usd", "seconds")

MEASURE = """
import csv, json, os, sys
with open(os.environ["MOO_INFERENCE_PLAN"]) as file:
    plan = json.load(file)
with open(sys.argv[1]) as file:
    rows = list(csv.DictReader(file))
with open(sys.argv[2], "a", newline="") as file:
    writer = csv.DictWriter(file, rows[0], lineterminator="\\n")
    if sys.argv[2] != "attempts.csv":
        writer.writeheader()
    for own in plan["purchases"]:
        with open("attempts.csv") as there:
            done = {row["question"] for row in csv.DictReader(there) if row["model"] == own["model"]}
        wanted = set(own["names"])
        others = [row["question"] for row in rows if row["model"] == own["model"]]
        others = [name for name in dict.fromkeys(others) if name not in done | wanted]
        wanted |= set(others[: own["new"]])
        writer.writerows(row for row in rows if row["model"] == own["model"] and row["question"] in wanted)
with open("plans.jsonl", "a") as file:
    file.write(json.dumps(plan) + "\\n")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Attempts at a few questions, all of them in a file that stands for the models, and what measures."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    rows = []
    for name, (right, cost) in SETTINGS.items():
        for question in range(QUESTIONS):
            difficulty = np.random.default_rng(question).normal(0, 0.1)
            rows += [
                (name, f"q{question:03}", int(rng.random() < right + difficulty), cost * (0.5 + rng.random()), 2.0)
                for _ in range(ATTEMPTS)
            ]
    write(tmp_path / "all.csv", rows)
    write(tmp_path / "attempts.csv", [row for row in rows if row[1] < "q006"])
    (tmp_path / "measure.py").write_text(MEASURE)
    return tmp_path


def write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def spent(path):
    with path.open() as file:
        return sum(float(row["usd"]) for row in csv.DictReader(file))


ASKED = ("next", "--attempts", "attempts.csv", "--cost", "0.2", "-d", "accuracy-max", "--k-max", "1")
COMMAND = f"{sys.executable} measure.py all.csv attempts.csv"
LOOP = (*ASKED, "--questions", QUESTIONS, "--loop", COMMAND)


def test_the_plan_is_that_of_python(capsys, folder):
    status, out, err = run(capsys, *ASKED, "--spend", "2", "--format", "json")
    assert (status, err) == (0, "")
    attempts = mi.read_attempts("attempts.csv")
    catalog = mi.Catalog(
        models={name: attempts.model(name) for name in attempts.models},
        scenarios={"my-use": mi.Scenario(name="My use", c_max=0.2, t_max=None, a_min=None)},
    )
    expected = mi.next_measurement(catalog, "my-use", "accuracy-max", spend=2.0, k_max=1)
    assert json.loads(out) == expected.to_dict()
    assert 0 < expected.usd <= 2


def test_a_table_and_csv_have_the_same_purchases(capsys, folder):
    _, table, _ = run(capsys, *ASKED, "--spend", "2")
    _, text, _ = run(capsys, *ASKED, "--spend", "2", "--format", "csv")
    rows = list(csv.DictReader(text.splitlines()))
    assert rows
    for row in rows:
        assert row["model"] in table
        assert float(row["usd"]) == pytest.approx(
            int(row["questions"]) * int(row["attempts_per_question"]) * float(row["usd_per_attempt"])
        )


def test_the_loop_ends_at_the_target_and_never_beyond_the_sum(capsys, folder):
    before = spent(folder / "attempts.csv")
    status, out, err = run(capsys, *LOOP, "--spend", "12", "--batch", "1", "--format", "json")
    found = json.loads(out)
    assert (status, found["status"]) == (0, "reached"), err
    assert found["pgs"] >= 0.9
    assert found["model"] == "strong"
    real = spent(folder / "attempts.csv") - before
    assert found["loop"]["spent"] == pytest.approx(real)
    assert real <= 12
    plans = [json.loads(line) for line in (folder / "plans.jsonl").read_text().splitlines()]
    assert len(plans) == len(found["loop"]["batches"])
    assert all(plan["usd"] <= 1 for plan in plans)


def test_the_loop_ends_with_status_3_where_the_sum_is_spent(capsys, folder):
    before = spent(folder / "attempts.csv")
    status, out, _ = run(capsys, *LOOP, "--spend", "0.5", "--target", "0.999", "--format", "json")
    found = json.loads(out)
    assert status == 3
    assert found["status"] == "sum too small"
    assert 0 < found["loop"]["spent"] <= 0.5 + 0.1
    assert found["loop"]["spent"] == pytest.approx(spent(folder / "attempts.csv") - before)
    again, out, err = run(capsys, *LOOP, "--spend", "0.5", "--target", "0.999", "--format", "json")
    assert again == 3
    assert "going on" in err
    assert json.loads(out)["loop"] == found["loop"]


def test_the_command_may_print_the_path_of_more_attempts(capsys, folder):
    (folder / "measure.sh").write_text(
        f"n=$(ls | grep -c more); {sys.executable} measure.py all.csv more$n.csv && echo more$n.csv\n"
    )
    # What stands in a file that was printed is not in attempts.csv, where the command looks for what is done.
    status, out, _ = run(
        capsys, *LOOP[:-2], "--loop", "sh measure.sh", "--spend", "1", "--batch", "1", "--format", "json"
    )
    assert status in (0, 3)
    found = json.loads(out)
    assert found["loop"]["batches"][0]["attempts"] > 0
    state = json.loads((folder / "moo-inference-next.json").read_text())
    assert state["files"] == [str(folder / "more0.csv")]


def test_a_loop_that_was_killed_goes_on_and_counts_what_it_spent(folder, capsys):
    """The command writes half a batch, and is killed with the loop; what it wrote is not spent twice."""
    before = spent(folder / "attempts.csv")
    (folder / "slow.sh").write_text(
        f"if [ -e once ]; then {COMMAND}; else touch once; {COMMAND}; touch written; sleep 60; fi\n"
    )
    words = [
        *map(str, LOOP[:-2]),
        "--loop",
        "sh slow.sh",
        "--spend",
        "4",
        "--batch",
        "1",
        "--target",
        "0.999",
        "--format",
        "json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "moo_inference.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (folder / "written").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "to go on, give the same command again" in err
    half = spent(folder / "attempts.csv") - before
    assert half > 0
    _, out, _ = run(capsys, *words)
    found = json.loads(out)["loop"]
    assert found["batches"][0]["usd"] == pytest.approx(half)
    assert found["spent"] == pytest.approx(spent(folder / "attempts.csv") - before)
    assert all(batch["planned_usd"] <= 1 for batch in found["batches"])


def running(process):
    """Whether a process is there, and is no zombie that nobody has waited for."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return bool(stat.stdout.strip()) and not stat.stdout.startswith("Z")


def test_what_the_command_started_ends_with_the_loop(folder):
    (folder / "slow.sh").write_text("sleep 61 & echo $! > child; wait\n")
    words = [*map(str, LOOP[:-2]), "--loop", "sh slow.sh", "--spend", "4"]
    process = subprocess.Popen([sys.executable, "-m", "moo_inference.cli", *words], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not ((folder / "child").exists() and (folder / "child").read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    child = int((folder / "child").read_text())
    time.sleep(0.2)
    assert not running(child)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--spend", "-1"), "spend must be a positive number of USD, got -1"),
        (("--spend", "1", "--target", "1.5"), "target must be a probability between 0 and 1, got 1.5"),
        (("--spend", "1", "--questions", "3"), "questions must be at least the 6 different questions"),
        (("--spend", "1", "--attempt-price", "cheap=x"), "--attempt-price cheap must be a number of USD, got 'x'"),
        (("--spend", "1", "--batch", "1"), "--batch must come with --loop CMD"),
        (("--spend", "1", "--loop", "exit 5"), "must end with exit status 0, got 5"),
        (("--spend", "1", "--loop", "true"), "attempts, appended to the files that are read or in files whose paths"),
        (("--spend", "1", "--loop", "echo nowhere.csv"), "must print nothing but paths of files with attempts"),
        (("--spend", "1", "--loop", "true", "--batch", "0"), "--batch must be a positive number of USD, got 0.0"),
    ],
)
def test_wrong_input_is_refused(capsys, folder, words, message):
    status, out, err = run(capsys, *ASKED, *words)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_all_that_is_wrong_is_said_at_once(capsys, folder):
    assert len(refused(capsys, *ASKED, "--spend", "0", "--target", "2", "--questions", "0")) == 3


def test_the_state_of_another_loop_and_another_file_are_not_replaced(capsys, folder):
    run(capsys, *LOOP, "--spend", "0.3")
    (complaint,) = refused(capsys, *LOOP, "--spend", "0.3", "-d", "fastest")
    assert "must be of the same loop, got another decision" in complaint
    (complaint,) = refused(capsys, *LOOP, "--spend", "0.3", "--state", "all.csv")
    assert "is not the state of moo-inference next --loop" in complaint
    (folder / "broken.json").write_text('{\n "run": "next", nothing')
    (complaint,) = refused(capsys, *LOOP, "--spend", "0.3", "--state", "broken.json")
    assert "--state broken.json must be what a loop has saved" in complaint
