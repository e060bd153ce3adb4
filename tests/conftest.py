import gc
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

import moo_inference as mi

# No test fails because a machine was slow, or because it drew what no run before it had drawn: MOO_FUZZ draws anew.
settings.register_profile("unhurried", deadline=None, derandomize="MOO_FUZZ" not in os.environ)
settings.load_profile("unhurried")

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parent.parent

SLOW = (
    "test_explore_page.py",
    "test_examples.py",
    "test_benchmarks.py",
    "test_validation.py",
    "test_figures.py",
    "test_figures_of_resources.py",
    "test_workers.py",
    "test_resume.py",
    "test_metamorphic.py",
    "test_docs.py",
    "test_route.py",
    "test_more_objectives.py",
    "test_cli_fuzz.py",
    "test_comparison.py",
    "test_tampered_files.py",
    "test_docs_snippets.py",
    "test_cli.py",
    "test_wheel.py",
    "test_untrusted_names.py",
    "test_resources_on_the_page.py",
    "test_report.py",
    "test_stopped.py",
    "test_attainment.py",
    "test_cli_gate.py",
    "test_evidence.py",
    "test_field_reports.py",
    "test_outputs.py",
    "test_study.py",
    "test_reader_fuzz.py",
    "test_cli_files.py",
    "test_evolutionary.py",
    "test_cli_pipelines.py",
    "test_confidence.py",
    "test_hostile_files.py",
    "test_cli_attempts.py",
    "test_served_policy.py",
)
"""Files with cases of seconds, the longest first: they get the marker `slow`."""


def pytest_collection_modifyitems(items):
    """Slow files come first, so that at the end no worker waits long for another."""
    place = {name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
    for item in items:
        if item.path.name in place:
            item.add_marker("slow")


def pytest_collection_finish():
    """What is loaded by now stays: that the collector looks through it time and again takes a tenth of all work."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _width_of_its_own():
    """Tables are as wide as they are when nobody says how wide; pytest's workers are told 80 columns."""
    os.environ.pop("COLUMNS", None)


def exact_csv(source, **options):
    """A table whose numbers are read to the last bit, as pandas does unasked from version 3 on."""
    if pd.__version__.startswith("2."):
        options["float_precision"] = "round_trip"
    return pd.read_csv(source, **options)


@pytest.fixture(scope="session")
def paper():
    return mi.load_catalog("paper")


@pytest.fixture(scope="session")
def gpt5(paper):
    return paper.models["gpt-5"]


@pytest.fixture(scope="session")
def essay(paper):
    return paper.scenarios["essay-feedback"]


@pytest.fixture(scope="session")
def clipping_model(gpt5):
    """A model whose lengths are often clipped at one token and whose accuracy is often clipped at both ends."""
    return gpt5.replace(
        input_tokens={"mean": 3, "std": 4, "kind": "normal"},
        output_tokens={"mean": 2, "std": 1.5, "kind": "normal"},
        accuracy={"mean": 0.5, "std": 0.5},
    )
