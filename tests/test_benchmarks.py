"""Every figure of `benchmarks/` is produced, in small sizes; how fast it is, no test says."""

import json
import math
import re
import subprocess
import sys

import pytest
from conftest import ROOT

BY_HAND = {
    *("choice_confidence", "held_out_loads", "interval_coverage", "kill_and_resume", "large_study"),
    *("next_measurement", "scale", "stopping", "validation"),
}
"""They give no ratio: of probabilities, of errors, of coverage, of what replays choose, of what a kill leaves, of a
limit in seconds on one core, of what large files take, and of what held-out halves show, which
`test_validation.py` runs."""

SCRIPTS = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"run_all", "report", "timing"} - BY_HAND


def run_all(*options):
    command = [sys.executable, str(ROOT / "benchmarks" / "run_all.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def quick():
    done = run_all("--quick", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_script_gives_its_figures(quick):
    assert {figure["group"] for figure in quick["figures"]} == SCRIPTS
    for figure in quick["figures"]:
        for name in ("ours", "other", "floor", "ratio", "low", "high", "away"):
            assert math.isfinite(figure[name]), figure
        if not figure["slope"]:
            assert min(figure["ours"], figure["other"], figure["floor"]) > 0, figure
        assert figure["low"] <= figure["ratio"] <= figure["high"], figure


def test_no_two_figures_have_the_same_words(quick):
    words = [(figure["what"], figure["against"]) for figure in quick["figures"]]
    assert len(set(words)) == len(words)


def test_the_machine_is_named(quick):
    machine = " ".join(quick["machine"])
    for name in ("core", "Python", "numpy", "scipy", "pymoo"):
        assert name in machine


def test_quick_figures_are_not_written_into_the_documentation():
    done = run_all("--quick", "--write")
    assert done.returncode == 2
    assert "--write needs all figures" in done.stderr


@pytest.fixture
def scripts(monkeypatch):
    """The modules of the folder, as a script there imports them."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    yield
    for name in ("report", "timing"):
        sys.modules.pop(name, None)


def test_the_slope_of_a_power_is_its_exponent(scripts, monkeypatch):
    """Against a clock that is given: size squared seconds a run."""
    import timing

    monkeypatch.setattr(timing, "seconds_of", lambda work, loops=1: work())
    found = timing.growth("squares", [10, 20, 40], lambda size: lambda: 0.003 * size**2, 3, expected=2.0)
    assert found.ratio == pytest.approx(2, rel=1e-12)
    assert found.away == pytest.approx(1, rel=1e-12)
    assert (found.ours, found.other) == pytest.approx((4.8, 0.3))


def test_a_comparison_is_the_median_of_the_ratios_of_each_turn(scripts):
    import numpy as np
    import report
    import timing

    taken = {"ours": np.array([1.0, 8, 3]), "theirs": np.array([1.0, 2, 1]), "limit": np.array([0.5, 1, 1])}
    figure = timing.compare("work", taken, "ours", "theirs", "limit", target=3)
    assert (figure.ratio, figure.low, figure.high, figure.away) == (3, 2, 3.5, 3)
    assert figure.met
    assert not timing.compare("work", taken, "ours", "theirs", "limit", target=2, target_of="ours").met
    assert report.row(figure) == (
        "work",
        "3.00 s",
        "theirs",
        "1.00 s",
        "3.00 (2.00 to 3.50)",
        "at most 3.00: met",
        "limit, 1.00 s",
        "3.00",
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (9.96e-6, "s", "9.96 µs"),
        (123.4, "s", "123 s"),
        (2e-7, "s", "0.200 µs"),
        (81, "MB", "81 MB"),
    ],
)
def test_amounts_have_three_digits(scripts, value, unit, text):
    import report

    assert report.amount(value, unit) == text


def test_loads_that_are_left_out_are_predicted_better_than_by_the_nearest_one():
    command = [sys.executable, str(ROOT / "benchmarks" / "held_out_loads.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [re.split(r"\s{2,}", line) for line in done.stdout.splitlines()[1:6]]
    medians = {row[0]: [float(cell.partition("%")[0]) for cell in row[2:]] for row in rows}
    assert set(medians) >= {"time to first token", "request", "requests per second"}
    for interpolated, nearest, least in medians.values():
        assert 2 * interpolated < min(nearest, least)
