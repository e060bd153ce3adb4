"""Resources of a model that is put together from files: told by hand, and compared with those of the catalog."""

import moo_inference as mi
from moo_inference.cli.app import app
from moo_inference.cli.run import run as run_app

BY_HAND = {
    "input-price": "1",
    "output-price": "2",
    "input-tokens": "100,10",
    "output-tokens": "100,10",
    "request-seconds": "1,0.1",
    "accuracy": "0.9,0.01",
}


def fit(tmp_path, capsys, *words):
    path = tmp_path / "catalog.yaml"
    status = run_app(
        app,
        ["fit", "--name", "mine", *(f"--{key}={value}" for key, value in BY_HAND.items()), "--out", str(path), *words],
    )
    return status, path, capsys.readouterr().err


def test_a_resource_told_by_hand_is_in_the_catalog_with_its_source(tmp_path, capsys):
    budgets = ["--c-max", "1", "--t-max", "9", "--a-min", "0.5"]
    words = ["--resource", "joules_per_output_token=0.7", "--resource", "joules_per_input_token=0.1"]
    status, path, _ = fit(tmp_path, capsys, *budgets, *words)
    model = mi.load_catalog(path).models["mine"]
    assert status == 0
    assert (model.resources["joules"].per_input_token, model.resources["joules"].per_output_token) == (0.1, 0.7)
    assert {key: source for key, source in model.sources.items() if "joules" in key} == {
        "joules_per_input_token": "given by hand",
        "joules_per_output_token": "given by hand",
    }


def test_a_model_that_does_not_compare_with_the_catalog_is_refused(tmp_path, capsys, paper):
    thirsty = {key: model.replace(joules_per_output_token=1.0) for key, model in paper.models.items()}
    mi.save_catalog(mi.Catalog(models=thirsty, scenarios=paper.scenarios), tmp_path / "catalog.yaml")
    before = (tmp_path / "catalog.yaml").read_bytes()
    status, path, err = fit(tmp_path, capsys)
    assert status == 2
    assert err.count("\n") == 1
    assert "models.mine: joules_per_output_token must be given" in err
    assert path.read_bytes() == before


def test_what_is_no_resource_is_refused_all_at_once(tmp_path, capsys):
    words = [f"--resource={word}" for word in ("joules_per_output_token=x", "dollars_per_output_token=1")]
    status, path, err = fit(tmp_path, capsys, *words)
    assert status == 2
    assert "joules_per_output_token must be a number, got 'x'" in err
    assert "got 'dollars_per_output_token'" in err
    assert not path.exists()
