"""Every example runs, and what README and docs show of it is what it prints."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
SHOWN = set(re.findall(r"<!-- run: examples/(\w+\.py) -->", "".join(path.read_text() for path in PAGES)))
"""These run where their outputs are compared with the pages."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short(path):
    assert len(path.read_text().splitlines()) < 60


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name not in SHOWN], ids=lambda path: path.name)
def test_an_example_that_no_page_shows_runs(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", path], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout
    assert done.stderr == ""


def test_every_output_that_is_shown_is_real():
    """README and docs/ hold what really comes out; `python tools/refresh_outputs.py` renews them."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "refresh_outputs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "all up to date\n", done.stdout + done.stderr
    assert done.returncode == 0


def test_the_pictures_of_the_gallery_are_drawn_small(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools" / "make_gallery.py", tmp_path], check=True, capture_output=True)
    page = (ROOT / "docs" / "reports.md").read_text()
    for path in tmp_path.iterdir():
        assert path.stat().st_size < 60_000
        assert f"(images/{path.name})" in page
        assert (ROOT / "docs" / "images" / path.name).exists()
    assert len(list(tmp_path.iterdir())) == 4
