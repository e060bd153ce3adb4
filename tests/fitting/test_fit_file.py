"""One file that describes several models."""

import shutil

import pytest
import yaml
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog import Catalog, Scenario
from moo_inference.catalog.accuracy import BetaAccuracy
from moo_inference.errors import CatalogError
from moo_inference.fitting import Given, fit_file, fit_model, shared_files
from moo_inference.fitting.fit_file import in_keys
from moo_inference.fitting.model import MISSING
from moo_inference.readers.registry import read_as

DATA = ROOT / "tests" / "data"
EXAMPLE = ROOT / "examples" / "fit.yaml"
SAMPLES = (
    "litellm_model_prices_excerpt.json",
    "vllm_bench_runs.jsonl",
    "routellm_gsm8k_correctness.csv",
    "outcomes_long.csv",
    "azure_llm_code_2500.csv",
    "attempts/epoch_gpqa_excerpt.csv.gz",
)

BY_HAND = """
    input_price: 1
    output_price: 2
    input_tokens: {mean: 100, std: 10}
    output_tokens: {mean: 50, std: 5}
    request_seconds: {mean: 2, std: 0.5}
    accuracy: {mean: 0.8, std: 0.05}
"""


@pytest.fixture
def written(tmp_path):
    for name in SAMPLES:
        shutil.copy(DATA / name, tmp_path)

    def write(text):
        path = tmp_path / "fit.yaml"
        path.write_text(text)
        return path

    return write


def errors_of(path):
    with pytest.raises(CatalogError) as caught:
        fit_file(path)
    return [error.removeprefix(f"{path}:") for error in caught.value.errors]


def test_the_example_is_what_the_same_parts_give_one_by_one():
    found = fit_file(EXAMPLE)
    folder = EXAMPLE.parent
    prices = read_as(folder / "litellm_prices.json", "prices")
    runs = read_as(folder / "bench.jsonl", "serving")
    systems = {"qwen3-8b": "Qwen/Qwen3-8B", "gpt-4o-mini": "gpt-4o-mini", "gpt-4o": "gpt-4o"}
    assert list(found.models) == list(systems)
    for place, (key, system) in enumerate(systems.items()):
        by_hand = Given(0.05, 0.2, parallel=4) if key == "qwen3-8b" else Given(parallel=4)
        alone = fit_model(
            key,
            price=None if key == "qwen3-8b" else prices.price(key),
            serving=runs[place],
            outcomes=read_as(folder / "evaluation.csv", "outcomes", correct=system),
            given=by_hand,
        )
        assert found.models[key].replace(name=key) == alone.model
    assert found.models["qwen3-8b"].name == "Qwen3-8B, our own GPU"
    assert found.scenarios["help-desk"] == Scenario(name="Help desk", c_max=None, t_max=5, a_min=0.8, t_quantile=0.95)
    # Names that differ in provider, case and date alone are no reason to warn.
    assert found.warnings == ()
    assert [path.rpartition("/")[2] for path in found.files] == ["bench.jsonl", "evaluation.csv", "litellm_prices.json"]
    catalog = Catalog(models=found.models, scenarios=found.scenarios)
    assert mi.route(catalog, "help-desk", "cheapest").choice.status == "ok"


def test_files_that_models_share_are_read_once(written, monkeypatch):
    read = []

    def counted(path, *arguments, **options):
        read.append((str(path).rpartition("/")[2], options.get("correct")))
        return read_as(path, *arguments, **options)

    monkeypatch.setattr(shared_files, "read_as", counted)
    path = written(f"""
defaults:
  prices: {{file: litellm_model_prices_excerpt.json}}
  lengths: {{file: azure_llm_code_2500.csv}}
  serving: {{file: vllm_bench_runs.jsonl}}
  outcomes: {{file: outcomes_long.csv}}
models:
  a: {{prices: {{key: gpt-4o}}, serving: {{run: 1}}}}
  b: {{prices: {{key: gpt-4o-mini}}, serving: {{run: 2}}}}
  c: {{prices: {{key: gpt-5}}, serving: {{run: 1}}}}
  by-hand: {{prices: null, serving: null, lengths: null, outcomes: null,{",".join(BY_HAND.strip().splitlines())}}}
""")
    found = fit_file(path)
    assert len(found.models) == 4
    assert len(read) == len(set(read)) == 4
    assert found.models["by-hand"].sources["accuracy"] == "given by hand"
    assert found.models["by-hand"].passes is None


def test_defaults_are_completed_key_by_key_and_null_takes_one_away(written):
    path = written("""
defaults:
  prices: {file: litellm_model_prices_excerpt.json, key: gpt-4o}
  request_seconds: {mean: 2, std: 0.5}
  input_tokens: {mean: 100, std: 10}
  output_tokens: {mean: 50, std: 5, kind: lognormal}
  accuracy: {mean: 0.8, std: 0.05}
  parallel: 4
  latency: ideal
models:
  same: {}
  other: {prices: {key: gpt-4o-mini}, parallel: 2, output_tokens: {mean: 60}, family: f, effort: high}
""")
    models = fit_file(path).models
    assert models["same"].usd_per_million_input_tokens == 2.5
    assert models["other"].usd_per_million_input_tokens == 0.15
    assert (models["same"].parallel, models["other"].parallel) == (4, 2)
    assert {model.latency for model in models.values()} == {"ideal"}
    assert models["other"].output_tokens.model_dump() == {"mean": 60.0, "std": 5.0, "kind": "lognormal"}
    assert (models["other"].family, models["other"].effort) == ("f", "high")
    refused = written("""
defaults: {input_price: 1, output_price: 2}
models:
  m: {input_price: null}
""")
    assert any(error.startswith("4: models.m: still missing is the price of input") for error in errors_of(refused))


def test_values_by_hand_are_as_in_a_catalog(written):
    path = written(f"""
models:
  m:{BY_HAND.replace("accuracy: {mean: 0.8, std: 0.05}", "accuracy: {kind: beta, a: 2, b: 1, samples: 4}")}
    reasoning_tokens: {{mean: 900, std: null}}
    joules_per_output_token: 0.4
    shared_prompt: true
scenarios:
  s: {{name: S, c_max: null, t_max: 60, a_min: 0.5, joules_max: 1000}}
""")
    found = fit_file(path)
    model = found.models["m"]
    assert isinstance(model.accuracy, BetaAccuracy)
    assert model.reasoning_tokens.std is None
    assert model.resources["joules"].per_output_token == 0.4
    assert model.shared_prompt
    assert found.scenarios["s"].resources["joules"].max == 1000


def test_recorded_attempts_are_a_model_among_the_others(written):
    path = written(f"""
defaults:
  outcomes: {{file: outcomes_long.csv}}
  keep: majority
models:
  recorded:
    name: GPT-5 high
    attempts: {{file: epoch_gpqa_excerpt.csv.gz, of: "openai/gpt-5-2025-08-07@high", least_samples: 8}}
    prices: {{file: litellm_model_prices_excerpt.json}}
    keep: all
    parallel: 2
  by-hand:{BY_HAND}
    outcomes: null
    keep: oracle
""")
    found = fit_file(path)
    model = found.models["recorded"]
    attempts = mi.read_attempts(DATA / "attempts" / "epoch_gpqa_excerpt.csv.gz")
    alone = attempts.model(
        "openai/gpt-5-2025-08-07@high",
        usd_per_million_input_tokens=1.25,
        usd_per_million_output_tokens=10.0,
        usd_per_million_cached_input_tokens=0.125,
        keep="all",
        parallel=2,
        least_samples=8,
        name="GPT-5 high",
    )
    assert model.entry.replace(sources={}, attempts=alone.entry.attempts) == alone.entry.replace(sources={})
    there = {"paths": alone.entry.attempts.paths}
    assert model.entry.attempts.replace(**there) == alone.entry.attempts
    assert model.attempts.expected_cost([2]).tolist() == alone.attempts.expected_cost([2]).tolist()
    assert any("whose name has no date" in warning for warning in found.warnings)
    refused = written("""
models:
  m:
    attempts: {file: epoch_gpqa_excerpt.csv.gz}
    serving: {file: vllm_bench_runs.jsonl}
""")
    assert errors_of(refused) == [
        "5: models.m.serving: must not be given with attempts, which have all of it",
        "4: models.m.attempts: of must be one of: " + ", ".join(attempts.models),
    ]


WRONG = """
defaults:
  prices: {file: litellm_model_prices_excerpt.json}
  serving: {file: nowhere.json}
  paralel: 3
models:
  large:
    prices: {key: gpt-4x}
    outcomes: {system: gpt-4, file: routellm_gsm8k_correctness.csv}
    input_tokens: {mean: 1024, std: 200, kind: gama}
  small:
    prices: {key: gpt-4o-mini}
    output_price: 0
    keep: all
  plain: 3
scenarios:
  strict: {name: Strict, c_max: -1, t_max: 500, a_min: 0.6}
scenario: {}
"""


def test_all_errors_of_the_file_and_of_those_it_names_come_at_once(written):
    path = written(WRONG)
    places = [error.partition(": ")[0] + ": " + error.split(": ")[1] for error in errors_of(path)]
    assert places == [
        "18: scenario",
        "10: models.large.input_tokens.kind",
        "5: defaults.paralel",
        "8: models.large.prices.key",
        "4: defaults.serving.file",
        "9: models.large.outcomes",
        "13: models.small.output_price",
        "14: models.small.keep",
        "11: models.small",
        "15: models.plain",
        "17: scenarios.strict.c_max",
    ]
    text = "\n".join(errors_of(path))
    assert "unknown key (did you mean 'parallel'?)" in text
    assert "has no model 'gpt-4x' (did you mean 'gpt-4o'?)" in text
    assert "nowhere.json: must be a file that can be read: No such file or directory" in text
    assert "must be positive, or `allow_free: true` must confirm that 0 is meant, got 0" in text
    # What a refused file or value would have given is not missed besides, what nothing gives is.
    assert text.count("still missing is") == 1
    assert "models.small: still missing is the accuracy: outcomes.file, or accuracy" in text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "1: must hold the key models, got nothing"),
        ("models: {}\n", "1: models: must hold at least one model"),
        ("defaults: {parallel: 2}\n", "1: models: must hold at least one model"),
        ("models: [a, b]\n", "1: models: must map ids to models, got a list"),
        ("models:\n  m: {}\n  m: {}\n", "3: models.m: a key must stand once, but it stands on line 2 too"),
        (
            "defaults: {name: x}\nmodels:\n  m: {}\n",
            "1: defaults.name: must stand in each model, not in the defaults",
        ),
        (
            "models:\n  m: {prices: {file: p.json}, attempts: 3}\n",
            "2: models.m.attempts: must hold keys and values, got 3",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused(written, text, error):
    assert error in errors_of(written(text))


def test_a_price_needs_its_key_and_a_benchmark_of_several_runs_its_number(written):
    path = written(f"""
models:
  m:{BY_HAND}
    prices: {{file: litellm_model_prices_excerpt.json}}
    serving: {{file: vllm_bench_runs.jsonl}}
""")
    first, second = errors_of(path)
    assert first == "11: models.m.prices.key: must be given"
    assert second.startswith("12: models.m.serving.run: ")
    assert "must be one run of 2" in second


def test_budgets_are_for_what_the_models_use(written):
    path = written(f"""
models:
  m:{BY_HAND}
scenarios:
  s: {{name: S, c_max: null, t_max: 60, a_min: 0.5, joules_max: 1000}}
""")
    (error,) = errors_of(path)
    assert error.startswith("12: scenarios.s.joules_max: must be for what the models use")


def test_what_is_missing_is_named_by_keys_and_not_by_options(written):
    errors = errors_of(written("models:\n  m: {}\n"))
    assert len(errors) == len(MISSING)
    assert not any("--" in error for error in errors)
    assert errors[0] == "2: models.m: still missing is the price of input: prices.file and prices.key, or input_price"


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ("give --request-seconds MEAN,STD", "give request_seconds"),
        ("(--system COLUMN) of", "(outcomes.system) of"),
        ("give --model-key openai/gpt-5=KEY", "give prices.key"),
        ("`free: true` (--allow-free)", "`free: true` (allow_free)"),
        ("Qwen--Qwen3-8B.json: a -- b", "Qwen--Qwen3-8B.json: a -- b"),
    ],
)
def test_options_are_turned_into_keys(options, keys):
    assert in_keys(options) == keys


def test_warnings_name_the_models_that_they_hold_for(written):
    path = written("""
defaults:
  prices: {file: litellm_model_prices_excerpt.json, key: gpt-4o}
  serving: {file: vllm_bench_runs.jsonl, run: 1}
  outcomes: {file: outcomes_long.csv}
models:
  a: {}
  b: {parallel: 2}
""")
    (warning,) = fit_file(path).warnings
    assert warning.startswith("a, b: ")
    assert "the price is that of gpt-4o" in warning
    assert "measured Qwen/Qwen3-8B" in warning


def test_a_fit_file_is_no_catalog_and_the_error_says_what_it_is():
    with pytest.raises(CatalogError, match="got a fit file") as caught:
        mi.load_catalog(EXAMPLE)
    assert "moo-inference fit FILE --out catalog.yaml" in str(caught.value)


def test_every_key_of_a_catalog_still_makes_it_one(paper, tmp_path):
    path = tmp_path / "c.yaml"
    mi.save_catalog(paper, path)
    assert mi.load_catalog(path) == paper
    assert "defaults" not in yaml.safe_load(path.read_text())
