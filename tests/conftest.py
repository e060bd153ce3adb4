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
