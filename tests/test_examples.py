"""Every example runs, and what the README shows of it is what it prints."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_is_short(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", path], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout
    assert done.stderr == ""
    assert len(path.read_text().splitlines()) < 60


def test_the_readme_s_outputs_are_real():
    """Each block of the README that starts with `$ ` or follows an example holds lines that really come out."""
    readme = (ROOT / "README.md").read_text()
    shown = readme.split("<!-- output of examples/solve_one_cell.py -->")[1].split("```")[1].strip().splitlines()
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "solve_one_cell.py"], capture_output=True, text=True, check=True
    )
    assert shown == done.stdout.strip().splitlines()
    command = Path(sys.executable).parent / "moo-inference"
    block = readme.split("$ moo-inference solve")[1].split("```")[0]
    options, _, output = block.partition("\n")
    done = subprocess.run([command, "solve", *options.split()], capture_output=True, text=True, check=True)
    assert [line.rstrip() for line in output.strip().splitlines()] == [
        line.rstrip() for line in done.stdout.strip().splitlines()
    ]
