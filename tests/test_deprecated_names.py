"""What was renamed still works by its name of before, with a warning that names the new one."""

import importlib
import json

import pytest

import moo_inference as mi
from moo_inference.cli import main
from moo_inference.deprecations import renamed_keyword
from moo_inference.errors import CatalogError, SettingError
from moo_inference.execution.checkpoint import Checkpoint, checkpoint
from moo_inference.fitting import fit_model
from moo_inference.records.diff import difference
from moo_inference.records.replay import replay
from moo_inference.studies.choice_record import ChoiceRecord


def test_names_of_a_checkpoint_are_found():
    module = importlib.import_module("moo_inference.execution.checkpoint")
    with pytest.warns(DeprecationWarning, match=r"checkpoint\.keep_pieces is checkpoint now"):
        assert module.keep_pieces is checkpoint
    with pytest.warns(DeprecationWarning, match=r"checkpoint\.KeptPieces is Checkpoint now"):
        assert module.KeptPieces is Checkpoint
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = module.nonsense


def test_a_keyword_of_before_is_taken(tmp_path, paper):
    cell = {"models": ["gpt-5"], "scenarios": ["medical-ai"], "k_max": 4}
    with checkpoint(tmp_path) as kept, pytest.warns(DeprecationWarning, match="run_study: kept= is checkpoint= now"):
        mi.run_study(paper, kept=kept, **cell)
    assert kept.count == 1


def test_a_keyword_is_not_given_by_both_names():
    @renamed_keyword("old", "new")
    def function(*, new):
        return new

    assert function(new=1) == 1
    with pytest.warns(DeprecationWarning, match="function: old= is new= now"):
        assert function(old=2) == 2
    with pytest.raises(TypeError, match="old and new are the same: give new alone"):
        function(old=1, new=2)


BETA = {"a": 0.8, "b": 0.9, "samples": 4}


@pytest.fixture
def old_catalog(gpt5, essay, tmp_path):
    catalog = mi.Catalog(
        models={key: gpt5.replace(accuracy={"kind": "beta", **BETA}) for key in "ab"}, scenarios={"s": essay}
    )
    mi.save_catalog(catalog, tmp_path / "c.yaml")
    path = tmp_path / "old.yaml"
    path.write_text((tmp_path / "c.yaml").read_text().replace("kind: beta", "law: beta"))
    assert path.read_text().count("law: beta") == 2
    return path, catalog


def test_the_law_of_an_accuracy_is_read_as_its_kind_with_one_warning(old_catalog):
    path, catalog = old_catalog
    with pytest.warns(FutureWarning, match=r"old\.yaml: law of an accuracy is kind now") as warned:
        assert mi.load_catalog(path) == catalog
    assert len(warned) == 1


@pytest.mark.filterwarnings("default::FutureWarning")
def test_the_command_line_shows_the_warning_once(old_catalog, capsys):
    path, _ = old_catalog
    with pytest.raises(SystemExit):
        main(["solve", "--catalog", str(path), "--k-max", "4", "--format", "csv"])
    assert capsys.readouterr().err.count("law of an accuracy is kind now") == 1


def test_a_model_is_added_to_a_catalog_of_before(old_catalog, gpt5):
    path, catalog = old_catalog
    more = mi.Catalog(models={**catalog.models, "c": gpt5}, scenarios=catalog.scenarios)
    mi.save_catalog(more, path)
    with pytest.warns(FutureWarning, match="law of an accuracy is kind now"):
        assert mi.load_catalog(path) == more


def test_a_wrong_law_is_an_error_with_the_line_of_the_key(old_catalog):
    path, _ = old_catalog
    path.write_text(path.read_text().replace("law: beta", "law: gamma", 1))
    line = path.read_text().splitlines().index("      law: gamma") + 1
    with (
        pytest.warns(FutureWarning),
        pytest.raises(CatalogError, match=f"old.yaml:{line}: models.a.accuracy.kind: "),
    ):
        mi.load_catalog(path)


def test_an_accuracy_of_a_program_has_its_kind_by_the_old_key(gpt5):
    with pytest.warns(FutureWarning, match="law of an accuracy is kind now"):
        model = gpt5.replace(accuracy={"law": "beta", **BETA})
    assert model == gpt5.replace(accuracy={"kind": "beta", **BETA})


def test_recorded_settings_of_before_are_read_silently(old_catalog):
    _, catalog = old_catalog
    study = mi.run_study(catalog, k_max=4)
    now = json.loads(json.dumps(study.settings))
    settings = json.loads(json.dumps(study.settings))
    for model in settings["catalog"]["models"].values():
        model["accuracy"]["law"] = model["accuracy"].pop("kind")
    choices = [ChoiceRecord.from_dict(choice) for choice in json.loads(study.to_json())]
    assert replay(settings, choices).changes == ()
    assert difference(settings, now).inputs == ()


def test_the_law_of_a_fit_is_its_distribution(capsys):
    words = "keep 'oracle' and distribution 'beta' need outcomes"
    with (
        pytest.warns(DeprecationWarning, match="fit_model: law= is distribution= now"),
        pytest.raises(SettingError, match=words),
    ):
        fit_model("m", law="beta")
    with pytest.raises(SystemExit):
        main(["fit", "--name", "m", "--law", "beta"])
    err = capsys.readouterr().err
    assert "warning: --law is --distribution now" in err
    assert words in err


def test_the_faults_of_an_error_are_its_errors():
    error = SettingError(["one", "two"])
    with pytest.warns(DeprecationWarning, match=r"SettingError\.faults is errors now"):
        assert error.faults == error.errors == ("one", "two")
