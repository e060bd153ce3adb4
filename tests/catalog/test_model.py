import copy
import pickle

import numpy as np
import pytest
from pydantic import ValidationError

import moo_inference as mi
from moo_inference.errors import SettingError


def test_a_model_cannot_be_changed(gpt5):
    with pytest.raises(ValidationError, match="frozen"):
        gpt5.parallel = 8


def test_replace_gives_a_changed_copy_and_validates_it(gpt5):
    faster = gpt5.replace(parallel=8)
    assert (faster.parallel, gpt5.parallel) == (8, 4)
    assert faster.replace(parallel=4) == gpt5
    with pytest.raises(SettingError, match="greater than or equal to 1"):
        gpt5.replace(parallel=0)
    with pytest.raises(SettingError, match="unknown key"):
        gpt5.replace(paralel=8)


def test_numpy_numbers_are_numbers(gpt5):
    assert gpt5.replace(parallel=np.int64(8)).parallel == 8
    assert gpt5.replace(usd_per_million_output_tokens=np.float32(2.0)).usd_per_million_output_tokens == 2.0


@pytest.mark.parametrize(
    "change",
    [
        {"usd_per_million_input_tokens": -1},
        {"usd_per_million_input_tokens": float("nan")},
        {"usd_per_million_input_tokens": float("inf")},
        {"usd_per_million_input_tokens": True},
        {"usd_per_million_input_tokens": "1.25"},
        {"seconds_per_input_token": 0},
        {"input_tokens": {"mean": 0, "std": 1}},
        {"input_tokens": {"mean": 10, "std": -1}},
        {"accuracy": {"mean": 1.01, "std": 0.1}},
        {"accuracy": {"mean": 0.5, "std": float("nan")}},
        {"parallel": 1.5},
        {"parallel": True},
        {"name": ""},
        {"latency": "fast"},
    ],
)
def test_what_cannot_be_is_refused(gpt5, change):
    with pytest.raises(SettingError):
        gpt5.replace(**change)


def test_unusual_prices_need_a_word(gpt5):
    with pytest.raises(SettingError, match="looks like USD per token"):
        gpt5.replace(usd_per_million_output_tokens=1e-5)
    with pytest.raises(SettingError, match=r"more than any usual price \(a unit slip\?\)"):
        gpt5.replace(usd_per_million_output_tokens=15_000)
    assert gpt5.replace(usd_per_million_output_tokens=600).usd_per_million_output_tokens == 600
    assert (
        gpt5.replace(usd_per_million_output_tokens=15_000, price_checked=True).usd_per_million_output_tokens == 15_000
    )
    with pytest.raises(SettingError, match="`free: true` must confirm"):
        gpt5.replace(usd_per_million_input_tokens=0)
    assert gpt5.replace(usd_per_million_input_tokens=0, free=True).usd_per_million_input_tokens == 0


def test_budgets_are_positive_or_none_and_must_be_named(essay):
    assert essay.replace(c_max=None, t_max=None, a_min=None).a_min is None
    for change in ({"c_max": 0}, {"t_max": -1}, {"a_min": 1.2}):
        with pytest.raises(SettingError):
            essay.replace(**change)
    with pytest.raises(SettingError, match="t_max"):
        mi.Scenario(name="x", c_max=1, a_min=0)


def test_a_catalog_is_read_only_and_can_be_copied(paper):
    with pytest.raises(TypeError):
        paper.models["gpt-5"] = None
    for again in (pickle.loads(pickle.dumps(paper)), copy.deepcopy(paper), paper.replace()):
        assert again == paper
    assert list(paper.model_dump()["models"]) == list(paper.models)
    assert hash(paper.models["gpt-5"]) == hash(paper.models["gpt-5"].replace())


@pytest.mark.parametrize(("mean", "most"), [(0.5, 0.5), (0.9, 0.3), (0.94, 0.2374868)])
def test_no_accuracy_varies_more_than_right_or_wrong_answers_do(gpt5, mean, most):
    """The standard deviation of what lies in [0, 1] is greatest where all of it lies at the ends."""
    assert gpt5.replace(accuracy={"mean": mean, "std": most}).accuracy.std == most
    for std in (most + 1e-4, 30):
        with pytest.raises(SettingError, match=r"must be at most 0\.\d+, since nothing in \[0, 1\]"):
            gpt5.replace(accuracy={"mean": mean, "std": std})


def test_how_a_length_is_spread_is_saved_and_read(gpt5, tmp_path):
    lengths = {
        "input_tokens": {"mean": 900, "std": None},
        "output_tokens": {"mean": 300, "std": 280, "kind": "lognormal"},
        "prompt": "per-query",
    }
    model = gpt5.replace(**lengths)
    mi.save_catalog(mi.Catalog(models={"m": model, "paper": gpt5}, scenarios={}), tmp_path / "c.yaml")
    again = mi.load_catalog(tmp_path / "c.yaml").models
    assert again["m"] == model
    assert (again["m"].input_tokens.std, again["m"].output_tokens.kind) == (None, "lognormal")
    assert (again["m"].prompt, again["paper"].prompt) == ("per-query", "per-pass")
