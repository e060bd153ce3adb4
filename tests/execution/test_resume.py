"""Stopped at any moment and started again, a study ends with the bytes of one that was not."""

import hashlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.cli import main
from moo_inference.errors import OutputError, SettingError
from moo_inference.execution import tasks
from moo_inference.execution.checkpoint import TASKS_FOLDER, checkpoint

COMMAND = Path(sys.executable).parent / "moo-inference"
LONG = ["solve", "--trials", "17000", "--k-max", "64", "--format", "csv"]
"""Some seconds of work in nine tasks."""

PAPER = mi.load_catalog("paper")


def start(out, *options, **settings):
    command = [COMMAND, *LONG, *options, *(["--out", out] if out else [])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


def finished(out):
    return sorted((out / TASKS_FOLDER).rglob("*.piece"))


def wait_for(out, count, process):
    while len(finished(out)) < count:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def wait_for_the_end_of(group):
    """Until no process of a group is left, or the test's patience ends; the dead count until the system buries them."""
    for _ in range(6000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("a worker is left")


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    process = start(out)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return stdout, files_of(out)


def test_killed_twice_it_loses_nothing_and_ends_with_the_same_bytes(tmp_path, undisturbed):
    out = tmp_path / "out"
    for count in (2, 5):
        process = start(out)
        wait_for(out, count, process)
        process.kill()
        process.communicate()
        assert len(finished(out)) >= count
    before = {path: path.stat().st_mtime_ns for path in finished(out)}
    process = start(out)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (stdout, files_of(out)) == undisturbed


@pytest.mark.parametrize(
    ("number", "status", "options", "seconds_later"),
    [
        (signal.SIGINT, 130, [], 0),
        (signal.SIGTERM, 143, [], 0),
        (signal.SIGINT, 130, ["--workers", "2"], 0),
        # While the workers still load their modules.
        (signal.SIGINT, 130, ["--workers", "2"], 0.15),
        (signal.SIGINT, 130, ["--workers", "2"], 0.3),
    ],
)
def test_a_signal_ends_it_at_once_and_says_how_to_go_on(number, status, options, seconds_later, tmp_path, undisturbed):
    out = tmp_path / "out"
    process = start(out, *options, start_new_session=True)
    wait_for(out, 1, process)
    time.sleep(seconds_later)
    # Ctrl-C in a terminal goes to the workers as well.
    os.killpg(process.pid, number)
    stdout, stderr = process.communicate()
    assert process.returncode == status
    assert stdout == ""
    last = stderr.strip().splitlines()[-1]
    assert last.startswith("moo-inference: interrupted; ")
    assert f"saved in {out}: to go on, give the same command again" in last
    assert "Traceback" not in stderr
    wait_for_the_end_of(process.pid)
    if options and not seconds_later:
        process = start(out)
        stdout, stderr = process.communicate()
        assert (stdout, files_of(out)) == undisturbed, stderr


def test_without_a_folder_it_says_that_nothing_was_kept():
    process = start(None, "--trials", "100000")
    process.stderr.readline()  # of how far it is
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert (
        stderr.strip().splitlines()[-1].endswith("interrupted; nothing was saved (with --out DIR, finished tasks are)")
    )


def test_a_full_disk_is_told_and_what_was_kept_is_used(tmp_path, undisturbed):
    out = tmp_path / "out"
    first = start(out)
    wait_for(out, 2, first)
    first.kill()
    first.communicate()
    before = {path.name for path in finished(out)}

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    process = start(out, preexec_fn=small_files)
    stdout, stderr = process.communicate()
    assert process.returncode == 2
    assert "cannot be written: File too large" in stderr
    assert f"saved in {out}: to go on, give the same command again" in stderr
    assert {path.name for path in finished(out)} == before
    process = start(out)
    stdout, stderr = process.communicate()
    assert (stdout, files_of(out)) == undisturbed, stderr


@pytest.fixture
def small_study(tmp_path):
    """A function that runs a study into a folder, and tells how many tasks it computed."""
    computed = []
    compute = tasks._compute

    def counted(task, progress):
        computed.append(task.key)
        return compute(task, progress)

    def run(start_over=False, **options):
        computed.clear()
        with pytest.MonkeyPatch.context() as patch, checkpoint(tmp_path, start_over=start_over) as kept:
            patch.setattr(tasks, "_compute", counted)
            patch.setattr("moo_inference.execution.curves._CLOSED_FORM_VALUES", 64)
            mi.run_study(PAPER, **{"k_max": 32, "checkpoint": kept, **options}).save(tmp_path)
        return len(computed)

    return run


def test_a_finished_study_is_only_read_again(small_study, tmp_path):
    assert small_study() == 5
    before = files_of(tmp_path)
    assert small_study() == 0
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-7], lambda content: content[:20], lambda _: b"", lambda c: c[:90] + b"x" + c[91:]],
)
def test_a_damaged_piece_is_done_again_and_no_other(damage, small_study, tmp_path):
    small_study()
    before = files_of(tmp_path)
    piece = finished(tmp_path)[2]
    piece.write_bytes(damage(piece.read_bytes()))
    assert small_study() == 1
    assert files_of(tmp_path) == before


def test_a_piece_that_numpy_cannot_read_is_done_again_whatever_its_digest(tmp_path):
    with checkpoint(tmp_path) as kept:
        kept.write("one", {"x": np.arange(3)})
        [piece] = finished(tmp_path)
        kept.write("other", {"x": np.arange(4)})
        for body in (b"", b"no archive", b"PK\x03\x04 torn", pickle.dumps(1)):
            piece.write_bytes(hashlib.sha256(b"one\0" + body).digest() + body)
            assert kept.read("one", lambda arrays: True) is None
        assert kept.read("other", lambda arrays: True)["x"].tolist() == [0, 1, 2, 3]
        kept.write("one", {"x": np.arange(3)})
        assert kept.read("one", lambda arrays: True)["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("settings", [None, b"", b"{"])
def test_pieces_of_nobody_knows_which_settings_are_thrown_away(settings, small_study, tmp_path):
    assert small_study() == 5
    before = files_of(tmp_path)
    path = tmp_path / TASKS_FOLDER / "study" / "settings.json"
    path.unlink()
    if settings is not None:
        path.write_bytes(settings)
    # The results tell what they are of; without them nobody knows.
    with pytest.raises(SettingError, match="holds a run with other settings"):
        small_study(k_step=2)
    (tmp_path / "settings.json").unlink()
    for name in ("choices.csv", "choices.json", "fronts.csv", "curves.csv"):
        (tmp_path / name).unlink()
    assert small_study(k_step=2) == 3
    other = files_of(tmp_path)
    assert set(other) & {name for name in before if name.endswith(".piece")} == set()
    assert small_study(k_step=2) == 0
    assert files_of(tmp_path) == other


def test_the_larger_run_says_what_the_pieces_are_for(tmp_path):
    """A study that is a part of it says so only where nobody has."""
    with checkpoint(tmp_path) as kept:
        kept.expect_once({"seed": 1})
        kept.expect_once({"seed": 2})
        with pytest.raises(SettingError, match="seed was 1, is 2"):
            kept.expect({"seed": 2})
    with checkpoint(tmp_path) as kept, pytest.raises(SettingError, match="seed was 1, is 3"):
        kept.expect_once({"seed": 3})


def test_a_piece_does_not_stand_for_another(small_study, tmp_path):
    small_study()
    before = files_of(tmp_path)
    one, other = finished(tmp_path)[:2]
    one.write_bytes(other.read_bytes())
    assert small_study() == 1
    assert files_of(tmp_path) == before


def test_half_written_files_are_cleared_away(small_study, tmp_path):
    small_study()
    before = files_of(tmp_path)
    (tmp_path / "mine.part").write_text("mine")
    killed = (
        "import os, signal, sys; from moo_inference.documents.files import write_atomically\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(sys.argv[1], 'half')"
    )
    for path in (tmp_path / "choices.csv", finished(tmp_path)[0]):
        done = subprocess.run([sys.executable, "-c", killed, path], check=False)
        assert done.returncode == -signal.SIGKILL
    assert len(files_of(tmp_path)) == len(before) + 3
    assert small_study() == 0
    assert files_of(tmp_path) == {**before, "mine.part": b"mine"}


def test_other_settings_are_refused_by_name(small_study, tmp_path):
    small_study()
    before = files_of(tmp_path)
    other = PAPER.models["gpt-5"].replace(usd_per_million_output_tokens=11)
    with pytest.raises(SettingError) as refused:
        small_study(k_step=2, baselines=["fixed-8"], models=["gpt-5"])
    errors = refused.value.errors
    assert "holds a run with other settings" in errors[0]
    assert "k_step was 1, is 2" in errors
    assert 'baselines was [], is ["fixed-8"]' in errors
    assert any(message.startswith("catalog.models.gpt-5-mini was {") for message in errors)
    assert files_of(tmp_path) == before
    catalog = mi.Catalog(models={**PAPER.models, "gpt-5": other}, scenarios=PAPER.scenarios)
    with checkpoint(tmp_path) as kept, pytest.raises(SettingError) as refused:
        mi.run_study(catalog, k_max=32, checkpoint=kept)
    assert refused.value.errors[1:] == ("catalog.models.gpt-5.usd_per_million_output_tokens was 10.0, is 11.0",)


def test_starting_over_throws_the_other_run_away(small_study, tmp_path):
    small_study()
    assert small_study(start_over=True, k_max=16) > 0
    assert small_study(k_max=16) == 0


def test_workers_are_no_setting(small_study, tmp_path):
    small_study()
    assert small_study(workers=2) == 0


def test_two_runs_in_one_folder_are_refused_until_the_first_is_gone(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from moo_inference.execution.checkpoint import checkpoint\n"
            "with checkpoint(sys.argv[1]): print('in', flush=True); time.sleep(60)",
            tmp_path,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "in\n"
    with pytest.raises(OutputError, match="another run is at work in this folder"), checkpoint(tmp_path):
        pass
    holder.kill()
    holder.communicate()
    with checkpoint(tmp_path) as kept:
        assert kept.count == 0


def test_assessments_and_comparisons_go_on_as_well(tmp_path, capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        return subprocess.CompletedProcess(arguments, stopped.value.code, *capsys.readouterr())

    some = ["-m", "gpt-5-nano", "-s", "essay-feedback", "--k-max", "16", "--format", "csv"]
    for name, command in (
        ("a", ["assess", *some, "--replications", "5"]),
        ("c", ["compare", *some, "--solver", "nsga2", "--seeds", "2"]),
    ):
        first = run(*command, "--out", tmp_path / name)
        before = files_of(tmp_path / name)
        again = run(*command, "--out", tmp_path / name)
        assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
        assert first.stdout == again.stdout
        assert files_of(tmp_path / name) == before
    # A folder may hold both, but not two of a kind.
    both = run("solve", *some, "--out", tmp_path / "a")
    assert both.returncode == 0
    refused = run("assess", *some, "--replications", "6", "--out", tmp_path / "a")
    assert refused.returncode == 2
    assert "moo-inference: replications was 5, is 6" in refused.stderr


def test_options_that_do_not_go_together_are_refused(capsys):
    for options, text in (
        (["--workers", "2", "--dask", "tcp://127.0.0.1:8786"], "--workers and --dask must not both be given"),
        (["--start-over"], "--start-over must come with --out"),
        (["--workers", "0"], "workers must be a whole number of at least 1"),
        (["--dask", "localhost"], "must be like tcp://127.0.0.1:8786"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["solve", *options])
        out, err = capsys.readouterr()
        assert (stopped.value.code, out) == (2, "")
        assert text in err
        assert len(err.splitlines()) == 1
