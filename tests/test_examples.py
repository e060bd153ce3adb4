"""Every example runs, and what README and docs show of it is what it prints."""

import subprocess
import sys

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


def test_every_output_that_is_shown_is_real():
    """README and docs/ hold what really comes out; `python docs/refresh_outputs.py` renews them."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "refresh_outputs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "all up to date\n", done.stdout + done.stderr
    assert done.returncode == 0
