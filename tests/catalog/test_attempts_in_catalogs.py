"""Catalogs that name the files of recorded attempts, and those that are built in."""

import gzip
import hashlib
import json
import pickle
import shutil

import numpy as np
import pytest
import yaml
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog.attempt_files import MEASURED
from moo_inference.catalog.loading import BUILT_IN, catalog_to_dict
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import CatalogError, SettingError

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
HIGH = "openai/gpt-5-2025-08-07@high"

ENTRY = f"""
models:
  one:
    name: One
    usd_per_million_input_tokens: 1.25
    usd_per_million_output_tokens: 10
    attempts: {{file: data/attempts.csv.gz, of: "{HIGH}", columns: {{answer: answer_group}}}}
    parallel: 8
scenarios:
  s: {{name: S, c_max: 0.5, t_max: 900, a_min: 0.8}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copy(EXCERPT, tmp_path / "data" / "attempts.csv.gz")
    (tmp_path / "catalog.yaml").write_text(ENTRY)
    return tmp_path


def changed(folder, **changes):
    """The catalog with other fields of its entry; None takes one out."""
    content = yaml.safe_load(ENTRY)
    entry = content["models"]["one"]
    for name, value in changes.items():
        inside = entry["attempts"] if name in ("file", "of", "sha256", "bytes", "keep", "least_samples") else entry
        if value is None:
            del inside[name]
        else:
            inside[name] = value
    (folder / "catalog.yaml").write_text(yaml.safe_dump(content))
    return folder / "catalog.yaml"


def errors_of(path):
    with pytest.raises(CatalogError) as refused:
        mi.load_catalog(path)
    return refused.value.errors


def test_it_is_the_model_that_attempts_make(folder):
    model = mi.load_catalog(folder / "catalog.yaml").models["one"]
    direct = mi.read_attempts(EXCERPT, columns={"answer": "answer_group"}).model(
        HIGH, usd_per_million_input_tokens=1.25, usd_per_million_output_tokens=10.0, parallel=8
    )
    assert isinstance(model, RecordedModel)
    assert (model.family, model.effort) == ("openai/gpt-5-2025-08-07", "high")
    for name in ("cost", "seconds", "worth", "n"):
        np.testing.assert_array_equal(getattr(model.attempts, name), getattr(direct.attempts, name))
    one, other = (mi.Recorded().estimate(each, [1, 4]) for each in (model, direct))
    np.testing.assert_array_equal(one.means, other.means)


def test_it_is_written_and_read_back_equal_from_another_folder(folder):
    catalog = mi.load_catalog(folder / "catalog.yaml")
    there = folder / "elsewhere" / "deeper"
    there.mkdir(parents=True)
    mi.save_catalog(catalog, there / "catalog.yaml")
    assert yaml.safe_load((there / "catalog.yaml").read_text())["models"]["one"]["attempts"]["file"] == (
        "../../data/attempts.csv.gz"
    )
    assert mi.load_catalog(there / "catalog.yaml") == catalog
    # A model that changed is written, and others stay: a file that is there is updated.
    faster = catalog.replace(models={"one": catalog.models["one"].replace(parallel=4)})
    mi.save_catalog(faster, there / "catalog.yaml")
    assert mi.load_catalog(there / "catalog.yaml") == faster != catalog


def test_settings_name_the_file_by_size_and_digest_wherever_it_is(folder, tmp_path_factory, monkeypatch):
    catalog = mi.load_catalog(folder / "catalog.yaml")
    recorded = json.loads(json.dumps(catalog_to_dict(catalog)))
    content = EXCERPT.read_bytes()
    source = recorded["models"]["one"]["attempts"]
    assert source["file"] == "attempts.csv.gz"
    assert source["bytes"] == len(content)
    assert source["sha256"] == hashlib.sha256(content).hexdigest()
    assert mi.Catalog.model_validate(recorded, context={"folders": [folder / "data"]}) == catalog
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(empty)
    with pytest.raises(ValueError, match=r"attempts of one: must be there: attempts.csv.gz \(.* was looked for in"):
        mi.Catalog.model_validate(recorded)
    shutil.copy(EXCERPT, empty / "attempts.csv.gz")
    assert mi.Catalog.model_validate(recorded) == catalog
    (empty / "attempts.csv.gz").write_bytes(gzip.compress(gzip.decompress(content) + b"\n"))
    with pytest.raises(ValueError, match=r"must be the file that is recorded.*got another at"):
        mi.Catalog.model_validate(recorded)


def test_a_recorded_model_travels_to_workers_and_keeps_what_it_is(folder):
    catalog = mi.load_catalog(folder / "catalog.yaml")
    assert pickle.loads(pickle.dumps(catalog)) == catalog
    with pytest.raises(SettingError, match="usd_per_million_output_tokens of One must be given where its attempts"):
        catalog.models["one"].replace(usd_per_million_output_tokens=1.0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"file": "data/none.csv"}, "must be there: none.csv was looked for in"),
        ({"of": "openai/gpt-6"}, "unknown model 'openai/gpt-6'"),
        ({"of": None}, "a model must be named where there are 5"),
        ({"usd_per_million_output_tokens": None}, "must be given together, got one"),
        (
            {"usd_per_million_output_tokens": None, "usd_per_million_input_tokens": None},
            "tokens must come with prices",
        ),
        ({"keep": "best"}, "'oracle', 'verifier', 'majority' or 'all'"),
        ({"least_samples": 9}, "some question must have 9 whole attempts"),
        ({"sha256": "00"}, "must be the file that is recorded, data/attempts.csv.gz (sha256 00...)"),
        ({"input_tokens": {"mean": 1.0, "std": 0.0}}, "unknown key"),
        ({"parallel": 0}, "must be greater than or equal to 1, got 0"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(folder, changes, sentence):
    path = changed(folder, **changes)
    if changes.get("file") == "data/none.csv":
        sentence = sentence.replace("none.csv", "data/none.csv")
    (error,) = errors_of(path)
    assert error.startswith(f"{path}:")
    assert ": models.one" in error
    assert sentence in error


def test_a_file_that_is_no_attempts_is_refused(folder):
    (folder / "data" / "attempts.csv.gz").write_text("a,b\n1,2\n")
    (error,) = errors_of(folder / "catalog.yaml")
    assert "must have a column 'answer_group'; it has: 'a', 'b'" in error


def test_all_errors_of_a_catalog_at_once(folder):
    content = ENTRY.replace("parallel: 8", "parallel: 0") + "  t: {name: T, c_max: -1, t_max: 900, a_min: 0.8}\n"
    (folder / "catalog.yaml").write_text(content)
    assert len(errors_of(folder / "catalog.yaml")) == 2


# The built-in catalogs.

PRICES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")


@pytest.fixture(scope="module", params=["gpqa-diamond", "otis-mock-aime"])
def measured(request):
    return mi.load_catalog(request.param)


def test_a_measured_catalog_has_attempts_prices_and_their_sources(measured):
    assert list(measured.scenarios) == ["cheap", "standard", "best"]
    assert len(measured.models) == 20
    for key, model in measured.models.items():
        assert isinstance(model, RecordedModel)
        assert key == (f"{model.family}@{model.effort}" if model.effort else model.family)
        assert "Epoch AI" in model.sources["attempts"]
        assert "CC BY 4.0" in model.sources["attempts"]
        for price in PRICES:
            assert any(f"20{year}-" in model.sources[price] for year in (25, 26))


def test_every_scenario_of_a_measured_catalog_has_an_answer_and_keeps_some_out(measured):
    study = mi.run_study(measured, decisions=["cheapest"], k_max=8)
    for scenario in measured.scenarios:
        found = [cell.front.infeasibility is None for cell in study.cells if cell.scenario == scenario]
        assert any(found)
        assert not all(found)


def test_a_measured_catalog_holds_no_question_texts():
    for path in MEASURED.glob("*.csv.gz"):
        header, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
        place = header.split(",").index("question")
        assert "answer_group" in header
        assert all(row.split(",")[place].isdigit() for row in rows)


def test_prices_of_the_models_of_the_paper_are_those_of_the_paper(paper, measured):
    for key in ("gpt-5", "gpt-5-mini", "gpt-5-nano"):
        for model in (one for one in measured.models.values() if one.family == key):
            assert [getattr(model, price) for price in PRICES] == [
                getattr(paper.models[key], price) for price in PRICES
            ]


def test_built_in_catalogs_are_named_where_a_name_is_wrong():
    with pytest.raises(SettingError, match="'paper', 'gpqa-diamond', 'otis-mock-aime'"):
        mi.load_catalog(3)
    assert set(BUILT_IN) == {"paper", "gpqa-diamond", "otis-mock-aime"}
