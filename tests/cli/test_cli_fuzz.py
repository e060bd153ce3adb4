"""Whatever is typed: a documented exit status, errors one a line on stderr, no traceback, nothing half-written.

Commands and options are those that the command line itself has, so that a new one is tried without a word here. The
standing test is short; `MOO_FUZZ=50 pytest tests/cli/test_cli_fuzz.py` looks longer.
"""

import json
import os
import random
import re
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import get_args

import pytest
import typer
import yaml
from conftest import ROOT
from strategies import MORE

from moo_inference.cli import app as cli

COMMANDS = typer.main.get_command(cli.app).commands
DATA = ROOT / "tests" / "data"
RUNS = 12 * MORE
IDS = ("gpt-5", "gpt-5-nano", "m", "essay-feedback", "medical-ai", "s")
ODD = (
    "",
    " ",
    "x",
    "-1",
    "0",
    "1e999",
    "nan",
    "inf",
    "0x10",
    "9" * 30,
    "a\nb",
    "\x1b[31m",
    "\udcff",
    "[red]",
    "=1+1",
    "Ω" * 400,
)
CHEAP = {
    "catalog": "{catalog}",
    "model": "gpt-5",
    "scenario": "essay-feedback",
    "k_max": "6",
    "seeds": "1",
    "evaluations": "8",
    "solver": "exhaustive",
    "replications": "2",
    "trials": "9",
}
"""What keeps a run short where nothing else is drawn; an option that is not there is left out."""

NUMBERS = ("1", "2", "3", "7", "-1", "0", "nan", "99999999999999999999", "0.5", "x")
DEAR = ("figures", "assess")
"""Options that make a run long whatever else is given: they are given what cannot be done, or nothing."""


@pytest.fixture
def places(tmp_path, paper):
    """Files to read from and to write to, by the name that stands for them in arguments."""
    folder = tmp_path / "a folder\nwith a line"
    folder.mkdir()
    (folder / "full").symlink_to("/dev/full")
    (tmp_path / "text").write_text("x: 1\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    from moo_inference import save_catalog

    save_catalog(paper, tmp_path / "catalog.yaml")
    found = {
        "catalog": tmp_path / "catalog.yaml",
        "folder": folder,
        "new": folder / "new ' file",
        "nowhere": tmp_path / "nowhere" / "x",
        "full": folder / "full",
        "device": Path("/dev/full"),
        "text": tmp_path / "text",
        "binary": tmp_path / "binary",
        "loop": tmp_path / "loop",
        "inside": tmp_path / "text" / "x",
        "long": tmp_path / ("n" * 255),
        "too long": tmp_path / ("n" * 300),
    }
    return {name: str(path) for name, path in found.items()} | {"null": "a\0b"}


def values(option, dice, places):
    """A value for an option: what it could well be, what it could not be, or anything."""
    annotation = option.type_descriptor.annotation
    kinds = {annotation, *get_args(annotation)}
    if dice.random() < 0.15:
        return dice.choice(ODD)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return str(dice.choice(list(kind)).value)
    if kinds & {int, float}:
        return dice.choice(NUMBERS)
    if str(option.metavar).upper() in ("FILE", "DIR", "REPORT", "PATH", "A", "B"):
        samples = [str(path) for path in sorted(DATA.iterdir()) if path.stat().st_size < 100_000]
        return dice.choice([*places.values(), dice.choice(samples), dice.choice(samples)])
    return dice.choice(
        [*IDS, "knee-chord", "max-cube", "fixed-3", "ideal", "waves", "common", "10,2", "0.9", "a=b", "none"]
    )


def line(command, dice, places):
    """A command line, with about four options however many there are: of many at random some do not go together."""
    words = [command.name]
    chance = min(0.2, 4 / len(command.params))
    for option in command.params:
        if option.param_type_name == "argument":
            words.append(values(option, dice, places))
            continue
        if option.name == "help":
            continue
        name = dice.choice(option.opts)
        if option.is_flag:
            words += [name] if option.name not in DEAR and dice.random() < chance else []
        elif option.name in DEAR:
            words += [name, places["inside"]] if dice.random() < chance else []
        elif dice.random() < chance:
            words += [name, values(option, dice, places)]
        elif option.name in CHEAP:
            words += [name, CHEAP[option.name].format(**places)]
        elif option.required:
            words += [name, values(option, dice, places)]
    return words


def documented(command):
    """The statuses that the help of a command tells, and those of every command."""
    _, _, told = " ".join((command.help or "").split()).partition("Exit status:")
    return {0, 2, *map(int, re.findall(r"(?:^|; | )(\d)(?= if|;|\.| \()", told))}


def files_in(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()}


def check_whole(path):
    """A file that was written is one of its kind, to its end."""
    content = path.read_text(encoding="utf-8")
    if path.name in ("settings.json", "choices.json", "assessments.json") or content.startswith(('{"format', "[\n")):
        json.loads(content)
    elif content.startswith("<!DOCTYPE"):
        assert content.rstrip().endswith("</html>")
    elif content.startswith(("model_list", "models:")):
        assert isinstance(yaml.safe_load(content), dict)
    else:
        assert content.endswith("\n")


def check_run(words, status, out, err, before, folder):
    """What must hold of every run."""
    said = f"{words}\nstatus {status}\n{out[-2000:]}\n{err[-2000:]}"
    assert status in documented(COMMANDS[words[0]]), said
    assert "Traceback" not in err, said
    if status == 2:
        assert out == "", said
        assert err, said
    assert all(text.startswith("moo-inference: ") for text in err.splitlines() if text.strip()) or status != 2, said
    after = files_in(folder)
    for path in after:
        assert not path.name.endswith(".part"), said
        # Finished pieces have sums of their own, and a lock is empty.
        if before.get(path) != after[path] and ".pieces" not in path.parts:
            check_whole(path)
    assert before.keys() <= after.keys(), said
    assert Path("/dev/full").is_char_device(), said


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_whatever_is_typed_ends_well(name, places, tmp_path, capsys, monkeypatch):
    from moo_inference.views.explore import launch

    monkeypatch.setattr(launch, "explore", lambda *_, **__: 0)
    monkeypatch.chdir(tmp_path)
    for seed in range(RUNS):
        words = line(COMMANDS[name], random.Random(f"{name} {seed}"), places)  # noqa: S311 (no secret)
        before = files_in(tmp_path)
        with pytest.raises(SystemExit) as stopped:
            cli.main(words)
        check_run(words, stopped.value.code, *capsys.readouterr(), before, tmp_path)


def test_the_fuzz_gives_answers_too(places, tmp_path, capsys, monkeypatch):
    """It would be of no use if every line failed at its first word."""
    monkeypatch.chdir(tmp_path)
    statuses = set()
    for seed in range(20):
        with pytest.raises(SystemExit) as stopped:
            cli.main(line(COMMANDS["solve"], random.Random(f"solve {seed}"), places))  # noqa: S311 (no secret)
        statuses.add(stopped.value.code)
    capsys.readouterr()
    assert {0, 2} <= statuses


def shell(command, **environment):
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


SOLVE = f"'{sys.executable}' -m moo_inference.cli solve -m gpt-5 -s essay-feedback -d accuracy-max --k-max 4"


def test_results_that_nothing_takes_are_an_error():
    done = shell(f"{SOLVE} --format csv > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "moo-inference: the results cannot be written: No space left on device\n"


def test_a_closed_output_takes_nothing():
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = shell(f"{SOLVE} {closed}")
        assert (done.returncode, done.stderr) == (0, "")


def test_an_output_without_signs_shows_escapes():
    done = shell(SOLVE, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u25cf accuracy-max" in done.stdout


@pytest.mark.parametrize("option", ["--model", "--scenario", "--decision", "--catalog", "--format", "--baseline"])
def test_bytes_that_are_no_text_are_an_error(option):
    done = shell(f"{SOLVE} {option} $'\\xff\\xfe'")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_what_does_not_fit_into_memory_is_an_error():
    done = shell(f"ulimit -v 3000000; {SOLVE} --trials 100000000", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    assert done.returncode == 2
    assert done.stderr == "moo-inference: there is not enough memory for this: ask for fewer trials, models or k\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--trials 100000001", "trials must be at most 100,000,000, got 100,000,001"),
        (f"--k-max {'9' * 30}", "k_max must be at most 1,000,000,000,000,000"),
        (f"--parallel {'9' * 30}", "parallel must be at most 1,000,000,000"),
    ],
)
def test_numbers_beyond_all_bounds_are_errors(options, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["solve", "-m", "gpt-5", *options.split()])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err
