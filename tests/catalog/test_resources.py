import pickle

import pytest

import moo_inference as mi
from moo_inference.catalog import Resource, ResourceBudget, shared_resources
from moo_inference.catalog.loading import catalog_to_dict, catalog_to_yaml, parse_catalog
from moo_inference.errors import CatalogError, SettingError, UnknownNameError


@pytest.fixture(scope="module")
def energy(paper):
    """The paper's models with energy and water; the numbers mean nothing."""
    models = {
        key: model.replace(
            joules_per_input_token=0.02, joules_per_output_token=0.4 + place, water_ml_per_output_token=0.001
        )
        for place, (key, model) in enumerate(paper.models.items())
    }
    scenarios = {
        key: scenario.replace(joules_max=2e5, joules_quantile=0.9) for key, scenario in paper.scenarios.items()
    }
    return mi.Catalog(models=models, scenarios=scenarios)


def test_the_unit_in_the_key_names_the_resource(energy, gpt5, essay):
    assert gpt5.replace(joules_per_output_token=0.4).resources == {"joules": Resource(per_output_token=0.4)}
    assert essay.replace(joules_max=5).resources == {"joules": ResourceBudget(max=5)}
    assert energy.resources == ("joules", "water_ml")
    limits = energy.scenarios["essay-feedback"].limits(energy.resources)
    assert [limit.budget for limit in limits] == ["c_max", "t_max", "joules_max", "water_ml_max", "a_min"]
    assert [limit.value for limit in limits] == [0.5, 60, 2e5, None, 0.93]
    assert limits[2].quantile == 0.9


def test_resources_stand_in_the_order_of_their_names_however_they_are_written(gpt5, essay):
    model = gpt5.replace(water_ml_per_output_token=1, joules_per_output_token=2, grams_co2_per_input_token=3)
    assert tuple(model.resources) == ("grams_co2", "joules", "water_ml")
    assert tuple(essay.replace(water_ml_max=1, joules_max=2).resources) == ("joules", "water_ml")


def test_a_file_with_resources_reads_back_equal(energy, tmp_path):
    text = catalog_to_yaml(energy)
    assert "joules_per_output_token: 0.4" in text
    assert "joules_max: 200000" in text
    assert "resources" not in text
    mi.save_catalog(energy, tmp_path / "energy.yaml")
    again = mi.load_catalog(tmp_path / "energy.yaml")
    assert again == energy
    assert hash(again.models["gpt-5"]) == hash(energy.models["gpt-5"])
    assert pickle.loads(pickle.dumps(again)) == energy


def test_without_a_resource_nothing_of_it_is_left(energy, paper):
    assert energy.without(["joules", "water_ml"]) == paper
    assert energy.without(["water_ml"]).resources == ("joules",)
    assert energy.without([]) == energy
    assert catalog_to_dict(energy.without(["joules", "water_ml"])) == catalog_to_dict(paper)
    with pytest.raises(UnknownNameError, match=r"unknown resource 'jouls' \(did you mean 'joules'\?\)"):
        energy.without(["jouls"])


def test_a_budget_of_nothing_is_no_budget(essay):
    assert essay.replace(joules_max=None) == essay
    with pytest.raises(SettingError, match="needs a budget of the same unit"):
        essay.replace(joules_quantile=0.9)


ERRORS = [
    ("joules_per_output_token: 0.4", "joules_per_output_token: -0.4", "greater than or equal to 0, got -0.4"),
    ("joules_per_output_token: 0.4", "joules_per_output_token: yes", "valid number, got"),
    ("joules_per_output_token: 0.4", "joules_per_output_tokens: 0.4", r"unknown key"),
    ("joules_per_output_token: 0.4", "Joules_per_output_token: 0.4", r"unknown key"),
    ("joules_per_output_token: 0.4", "dollar_per_output_token: 0.4", r"dollar_per_output_token: unknown key"),
    ("joules_per_output_token: 0.4", "joules_std_per_output_token: 0.4", r"unknown key"),
    ("joules_per_output_token: 0.4", "joule_per_output_token: 0.4", "must be given, 0 if it uses none, as gpt-5"),
    ("joules_max: 200000.0", "joules_max: 0", "greater than 0"),
    ("joules_max: 200000.0", "joules_max: null", "joules_quantile: needs a budget"),
    (
        "    joules_max: 200000.0\n    joules_quantile: 0.9",
        "    jouls_max: 1",
        r"none of them has jouls_per_output_token \(did you mean 'joules'\?\)",
    ),
    ("joules_max: 200000.0", "cost_max: 1", r"cost_max: unknown key"),
    ("joules_quantile: 0.9", "joules_quantile: 1", "less than 1"),
]


@pytest.mark.parametrize(("good", "bad", "words"), ERRORS)
def test_what_is_wrong_is_told_with_its_line_and_key(energy, good, bad, words):
    text = catalog_to_yaml(energy)
    assert good in text
    wrong = text.replace(good, bad, 1)
    line = next(number for number, one in enumerate(wrong.splitlines(), 1) if bad in one)
    with pytest.raises(CatalogError, match=words) as caught:
        parse_catalog(wrong.encode(), "x.yaml")
    if "must be given" not in words:
        assert f"x.yaml:{line + (bad == 'joules_max: null')}: " in str(caught.value)


def test_models_that_do_not_compare_are_refused_in_python_too(gpt5, essay):
    thirsty = gpt5.replace(water_ml_per_output_token=1.0)
    with pytest.raises(SettingError, match=r"models\.b: water_ml_per_output_token must be given"):
        mi.Catalog(models={"a": thirsty, "b": gpt5}, scenarios={})
    with pytest.raises(SettingError, match=r"scenarios\.s\.joules_max: must be for what the models use"):
        mi.Catalog(models={"a": thirsty}, scenarios={"s": essay.replace(joules_max=1)})
    with pytest.raises(SettingError, match=r"same resources .* GPT-5: water_ml; GPT-5: none"):
        shared_resources([thirsty, gpt5])
    with pytest.raises(SettingError, match="has joules_max, so each model must have joules_per_output_token"):
        essay.replace(joules_max=1).limits(["water_ml"])
