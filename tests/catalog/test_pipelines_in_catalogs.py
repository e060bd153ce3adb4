import pickle

import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog import Pipeline
from moo_inference.catalog.loading import catalog_to_dict, catalog_to_yaml, parse_catalog
from moo_inference.errors import CatalogError, SettingError, UnknownNameError
from moo_inference.pipelines.plan import Parallel, Series, Stage, has_branches, plan_of

GOOD = """
pipelines:
  whole:
    name: Plan, solve, verify
    stages:
      - {name: plan, model: gpt-5, k_max: 4}
      - parallel:
          - {name: left, models: [gpt-5, qwen3-max]}
          - series:
              - {name: draft, models: [gpt-5-mini], k_min: 2, k_step: 2}
              - {name: check, model: gpt-5-nano, k_max: 1}
      - {name: verify, models: [gpt-5, gpt-5-nano]}
"""


@pytest.fixture
def head(paper):
    return catalog_to_yaml(paper)


@pytest.fixture
def catalog(head):
    return parse_catalog((head + GOOD).encode(), "c.yaml")


def errors_of(head, text):
    with pytest.raises(CatalogError) as caught:
        parse_catalog((head + text).encode(), "c.yaml")
    first = len(head.splitlines())
    return [
        (int(place.split(":")[1]) - first, said) for place, _, said in (f.partition(": ") for f in caught.value.errors)
    ]


def test_a_pipeline_is_read_as_its_stages(catalog):
    plan = plan_of(catalog.pipelines["whole"], catalog.models)
    models = catalog.models
    left = Stage("left", {key: models[key] for key in ("gpt-5", "qwen3-max")})
    draft = Stage("draft", {"gpt-5-mini": models["gpt-5-mini"]}, k_min=2, k_step=2)
    check = Stage("check", {"gpt-5-nano": models["gpt-5-nano"]}, k_max=1)
    assert plan == Series(
        (
            Stage("plan", {"gpt-5": models["gpt-5"]}, k_max=4),
            Parallel((left, Series((draft, check)))),
            Stage("verify", {key: models[key] for key in ("gpt-5", "gpt-5-nano")}),
        )
    )
    assert has_branches(plan)
    assert not has_branches(Series((left, draft)))
    assert catalog.pipelines["whole"].models == ("gpt-5", "qwen3-max", "gpt-5-mini", "gpt-5-nano")


def test_what_is_saved_is_loaded_equal(tmp_path, catalog):
    mi.save_catalog(catalog, tmp_path / "saved.yaml")
    again = mi.load_catalog(tmp_path / "saved.yaml")
    assert again == catalog
    assert hash(again) == hash(catalog) == hash(pickle.loads(pickle.dumps(catalog)))
    assert mi.Catalog.model_validate(catalog.model_dump()) == catalog
    assert mi.Catalog.model_validate(catalog_to_dict(catalog)) == catalog
    text = (tmp_path / "saved.yaml").read_text()
    assert "    - name: plan\n      model: gpt-5\n      k_max: 4\n    - parallel:\n" in text
    assert "null" not in text.partition("pipelines:")[2]


def test_a_catalog_without_pipelines_is_told_as_before(paper):
    assert list(paper.model_dump()) == ["models", "scenarios"]
    assert list(catalog_to_dict(paper)) == ["models", "scenarios"]
    assert paper.pipelines == {}


def test_lists_shared_between_stages_are_written_out(tmp_path, paper):
    shared = ("gpt-5", "qwen3-max")
    stages = [{"name": name, "models": shared} for name in ("a", "b")]
    catalog = paper.replace(pipelines={"p": Pipeline(name="P", stages=stages)})
    mi.save_catalog(catalog, tmp_path / "saved.yaml")
    assert mi.load_catalog(tmp_path / "saved.yaml") == catalog


def test_all_errors_are_told_with_their_lines(head):
    found = errors_of(
        head,
        """
pipelines:
  whole:
    name: Plan, solve, verify
    stages:
      - {name: plan, model: gpt-6, k_max: 0}
      - parallel:
          - {name: left, models: [gpt-5, qwen3-mx]}
      - parallel:
          - {name: plan, models: []}
          - series: []
      - {name: both, model: gpt-5, models: [gpt-5], kmax: 3}
      - {name: twice, models: [gpt-5, gpt-5]}
      - 3
  none: {name: N, stages: []}
  gone: {name: G}
pipeline: 3
""",
    )
    expected = [
        (17, "pipeline: unknown key (did you mean 'pipelines'?)"),
        (6, "pipelines.whole.stages.0.k_max: must be greater than or equal to 1, got 0"),
        (7, "pipelines.whole.stages.1.parallel: must hold at least two branches, got 1"),
        (10, "pipelines.whole.stages.2.parallel.0.models: must name at least one model"),
        (11, "pipelines.whole.stages.2.parallel.1.series: must hold at least one stage, got an empty list"),
        (12, "pipelines.whole.stages.3.models: must not be given together with `model`"),
        (
            12,
            "pipelines.whole.stages.3.kmax: unknown key (did you mean 'k_max'?); known are: name, model, models, k_min",
        ),
        (13, "pipelines.whole.stages.4.models: must name each model once, got gpt-5 twice"),
        (14, "pipelines.whole.stages.5: must hold keys and values, got 3"),
        (15, "pipelines.none.stages: must hold at least one stage, got an empty list"),
        (16, "pipelines.gone.stages: must be given"),
        (6, "pipelines.whole.stages.0.model: unknown model 'gpt-6' (did you mean 'gpt-5'?)"),
        (8, "pipelines.whole.stages.1.parallel.0.models.1: unknown model 'qwen3-mx' (did you mean 'qwen3-max'?)"),
        (10, "pipelines.whole.stages.2.parallel.0.name: the names of stages must differ, got 'plan' twice"),
    ]
    assert len(found) == len(expected)
    for (line, said), (place, start) in zip(found, expected, strict=True):
        assert said.startswith(start)
        assert line == place


def test_deep_nesting_is_refused_not_crashed_on(catalog):
    part = {"name": "inmost", "model": "gpt-5"}
    for _ in range(2000):
        part = {"series": [part]}
    with pytest.raises((ValueError, RecursionError)):
        catalog.replace(pipelines={"deep": {"name": "Deep", "stages": [part]}})


def test_a_catalog_made_in_python_knows_its_models_too(catalog):
    with pytest.raises(ValueError, match=r"pipelines.whole.stages.1.parallel.0.models.1: unknown model 'qwen3-max'"):
        catalog.replace(models={"gpt-5": catalog.models["gpt-5"]})


def test_a_selection_keeps_a_pipeline_whole_or_not_at_all(catalog):
    assert list(catalog.select(scenarios=["medical-ai"]).pipelines) == ["whole"]
    assert list(catalog.select(["gpt-5", "qwen3-max", "gpt-5-mini", "gpt-5-nano"]).pipelines) == ["whole"]
    assert list(catalog.select(["gpt-5"]).pipelines) == []
    assert list(catalog.select(pipelines=[]).pipelines) == []
    with pytest.raises(SettingError, match="'whole' may use qwen3-max, gpt-5-mini, gpt-5-nano, which must then be"):
        catalog.select(["gpt-5"], pipelines=["whole"])
    with pytest.raises(UnknownNameError, match=r"unknown pipeline 'hole' .did you mean 'whole'"):
        catalog.select(pipelines=["hole"])
    with pytest.raises(UnknownNameError, match="unknown pipeline 'whole'; the catalog has none"):
        mi.load_catalog().select(pipelines=["whole"])


def test_the_example_is_valid():
    assert list(mi.load_catalog(ROOT / "examples" / "pipeline.yaml").pipelines) == ["plan-solve-verify", "two-halves"]
