"""What commands load: choosing needs no tables, no search, and of recorded attempts no special functions."""

import subprocess
import sys

import pytest

HEAVY = {"pandas", "pyarrow", "pymoo", "matplotlib", "filelock", "asyncio"}
BUDGETS = ["--cost", "0.05", "--p95", "300"]
COMMANDS = [
    ["solve"],
    ["solve", "--format", "csv"],
    ["solve", "--format", "json", "--catalog", "examples/pipeline.yaml", "--k-max", "8"],
    ["solve", "--format", "markdown", "--catalog", "otis-mock-aime", "-s", "best"],
    ["route", "-s", "medical-ai", "-d", "knee-chord", "--what-if"],
    ["choose", "--catalog", "paper", *BUDGETS],
    ["choose", "--catalog", "gpqa-diamond", *BUDGETS],
    ["choose", "--catalog", "otis-mock-aime", *BUDGETS, "--format", "json"],
    ["assess", "--catalog", "otis-mock-aime", "-m", "gpt-5@high", "-s", "best", "-d", "cheapest"],
]


def loaded(command):
    """The modules in memory after a command in a process of its own, whose status must be 0."""
    code = (
        "import sys, atexit; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"
        f"from moo_inference.cli import main; main({command!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout
    return set(done.stderr.split())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_chooses_loads_neither_pandas_nor_pymoo(command):
    assert not HEAVY & loaded(command)


def test_a_choice_among_recorded_attempts_loads_no_special_functions():
    assert "scipy" not in loaded(["choose", "--catalog", "gpqa-diamond", "--cost", "0.05", "--time", "300"])


def test_what_needs_them_loads_them():
    """The control: a rule of pymoo's is found in the same way."""
    assert "pymoo" in loaded(["solve", "-m", "gpt-5", "-s", "medical-ai", "-d", "asf"])
