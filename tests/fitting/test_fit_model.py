import numpy as np
import pytest
from conftest import ROOT
from test_fitting_parts import run_of, trace_of

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.errors import SettingError
from moo_inference.estimators import Empirical, default_estimator
from moo_inference.evaluation import mean_pass_at_k
from moo_inference.fitting import Given, fit_model
from moo_inference.fitting.model import MISSING
from moo_inference.readers import (
    Price,
    Spread,
    read_azure_trace,
    read_burstgpt_trace,
    read_guidellm,
    read_litellm_prices,
    read_outcomes_table,
    read_vllm_bench,
)

DATA = ROOT / "tests" / "data"
BY_HAND = {
    "input_price": 1.0,
    "output_price": 2.0,
    "input_tokens": (10.0, 1.0),
    "output_tokens": (20.0, 2.0),
    "request_seconds": (3.0, 0.5),
    "accuracy": (0.5, 0.1),
}


@pytest.fixture
def price():
    return read_litellm_prices(DATA / "litellm_model_prices_excerpt.json").price("gpt-5-mini")


@pytest.fixture
def trace():
    return read_azure_trace(DATA / "azure_llm_code_2500.csv")


@pytest.fixture
def detailed():
    return read_vllm_bench(DATA / "vllm_bench_detailed.json")[0]


@pytest.fixture
def outcomes():
    return read_outcomes_table(DATA / "outcomes_long.csv")


def told(**changes):
    return Given(**{**BY_HAND, **changes})


def test_all_that_is_missing_is_asked_for_at_once():
    with pytest.raises(SettingError) as caught:
        fit_model("m")
    assert caught.value.errors == tuple(f"m: still missing is {sentence}" for sentence in MISSING.values())
    assert [option in str(caught.value) for option in ("--prices", "--lengths", "--serving", "--outcomes")] == [
        True
    ] * 4


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ("input_price", "usd_per_million_input_tokens"),
        ("output_price", "usd_per_million_output_tokens"),
        ("input_tokens", "input_tokens"),
        ("output_tokens", "output_tokens"),
        ("request_seconds", "seconds"),
        ("accuracy", "accuracy"),
    ],
)
def test_what_alone_is_missing_is_alone_asked_for(lacking, missing):
    with pytest.raises(SettingError) as caught:
        fit_model("m", given=told(**{lacking: None}))
    assert caught.value.errors == (f"m: still missing is {MISSING[missing]}",)


def test_nothing_is_guessed_of_a_benchmark_without_lengths():
    run = read_guidellm(DATA / "guidellm_benchmarks.json")[2]
    with pytest.raises(SettingError) as caught:
        fit_model("m", serving=run, given=told(input_tokens=None, output_tokens=None, request_seconds=None))
    assert caught.value.errors == (f"m: still missing is {MISSING['input_tokens']}",)


def test_errors_of_files_and_what_is_missing_come_together(outcomes):
    with pytest.raises(SettingError) as caught:
        fit_model("m", serving=run_of(request_seconds=None), outcomes=outcomes, keep="verifier", cached_prompt=True)
    errors = "\n".join(caught.value.errors)
    assert "bench.json:1: must contain how long a request takes" in errors
    assert "verifier needs a score" in errors
    assert "a cached prompt needs its price: give --prices FILE and --model-key KEY" in errors
    assert MISSING["usd_per_million_input_tokens"] in errors
    # What the refused files would have told is not asked for again.
    assert MISSING["seconds"] not in errors
    assert MISSING["accuracy"] not in errors


def test_a_model_of_files_alone_says_where_each_number_came_from(price, trace, outcomes):
    run = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[0]
    found = fit_model("m", price=price, lengths=trace, serving=run, outcomes=outcomes)
    model = found.model
    numbers = {
        "usd_per_million_input_tokens": "litellm_model_prices_excerpt.json:161, gpt-5-mini",
        "usd_per_million_output_tokens": "litellm_model_prices_excerpt.json:161, gpt-5-mini",
        "seconds_per_input_token": "vllm_bench_runs.jsonl:1, vllm bench serve, Qwen/Qwen3-8B, 10 requests/s asked for, 8 requests/s served",  # noqa: E501
        "seconds_per_output_token": "vllm_bench_runs.jsonl:1, vllm bench serve, Qwen/Qwen3-8B, 10 requests/s asked for, 8 requests/s served",  # noqa: E501
        "failed_share": "vllm_bench_runs.jsonl:1, vllm bench serve, Qwen/Qwen3-8B, 10 requests/s asked for, 8 requests/s served",  # noqa: E501
        "input_tokens": "azure_llm_code_2500.csv, 2,500 requests",
        "output_tokens": "azure_llm_code_2500.csv, 2,500 requests",
        "passes": "azure_llm_code_2500.csv, 2,500 requests",
        "accuracy": "outcomes_long.csv, 5 samples of 2 questions",
    }
    assert dict(model.sources) == {name: f"{DATA}/{source}" for name, source in numbers.items()}
    unset = {
        "name",
        "free",
        "price_checked",
        "shared_prompt",
        "price_tiers",
        "first_wave_writes_cache",
        "prompt",
        "resources",
        "parallel",
        "latency",
        "sources",
    }
    assert {name for name, value in model if value is not None} - unset == set(numbers)
    assert len(set(found.notes)) == len(found.notes)
    assert model.k_limit == 2


def test_the_fitted_model_goes_through_a_catalog_and_is_estimated(price, trace, outcomes, essay):
    run = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[0]
    model = fit_model("m", price=price, lengths=trace, serving=run, outcomes=outcomes, most_passes=300).model
    text = catalog_to_yaml(mi.Catalog(models={"m": model}, scenarios={"s": essay}))
    assert parse_catalog(text.encode(), "c").models["m"] == model
    curve = Empirical(trials=20_000).estimate(model, [1, 2])
    kept = np.array(model.passes.input_tokens) * 0.25e-6 + np.array(model.passes.output_tokens) * 2e-6
    standard_error = kept.std() / np.sqrt(20_000)
    assert abs(curve.F[0, 0] - kept.mean()) < 5 * standard_error
    assert curve.F[:, 2].tolist() == pytest.approx([1 - 7 / 12, 0.0], abs=1e-12)


def test_by_hand_counts_before_any_file(price, trace, detailed, outcomes):
    model = fit_model("m", price=price, lengths=trace, serving=detailed, outcomes=outcomes, given=told()).model
    assert (model.usd_per_million_input_tokens, model.usd_per_million_output_tokens) == (1.0, 2.0)
    assert (model.input_tokens.mean, model.output_tokens.std) == (10.0, 2.0)
    assert (model.request_seconds.mean, model.seconds_per_input_token) == (3.0, None)
    assert model.accuracy.std == 0.1
    assert model.passes is None
    assert set(model.sources) == {*BY_HAND, "failed_share"} - {"input_price", "output_price"} | {
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
    }
    assert {source for name, source in model.sources.items() if name != "failed_share"} == {"given by hand"}


def test_lengths_by_hand_are_what_the_times_are_for(detailed, price, outcomes):
    """A time of other lengths is no time of these: it is taken per token."""
    given = Given(output_tokens=(200.0, 10.0))
    found = fit_model("m", price=price, serving=detailed, outcomes=outcomes, given=given)
    model = found.model
    assert model.request_seconds is None
    assert model.passes is None
    assert model.input_tokens.mean == pytest.approx(70 / 3)
    # All seconds after the first tokens, over all of the 8 tokens but the 3 first ones.
    assert model.seconds_per_output_token == pytest.approx((0.4375 + 1.25 + 0.125 - 0.875) / (8 - 3))


def test_seconds_by_hand_leave_the_lengths_and_go_with_the_answers(detailed, trace, price, outcomes):
    by_hand = Given(request_seconds=(9.0, 0.0))
    found = fit_model("m", price=price, serving=detailed, outcomes=outcomes, given=by_hand)
    assert found.model.request_seconds.mean == 9.0
    assert (found.model.passes.output_tokens, found.model.passes.seconds) == ((3, 4, 1), None)
    assert found.model.output_tokens.mean == pytest.approx(8 / 3)
    assert found.model.sources["request_seconds"] == "given by hand"
    assert "vllm_bench_detailed.json" in found.model.sources["output_tokens"]
    assert "request_seconds from given by hand are spread over them" in found.notes[-1]
    for lengths, serving in ((trace, None), (trace, detailed), (None, detailed)):
        model = fit_model("m", price=price, lengths=lengths, serving=serving, outcomes=outcomes, given=by_hand).model
        assert default_estimator([model]).estimate(model, [1]).F[0, 1] == pytest.approx(9.0)


def test_a_benchmark_s_time_counts_before_a_trace_s(price, outcomes):
    trace = read_burstgpt_trace(DATA / "burstgpt_v2_rows.csv")
    run = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[1]
    found = fit_model("m", price=price, lengths=trace, serving=run, outcomes=outcomes)
    assert found.model.request_seconds is None
    assert found.model.passes.seconds is None
    assert "vllm_bench_runs.jsonl:2" in found.model.sources["seconds_per_output_token"]
    assert found.model.failed_share == 2 / 100
    alone = fit_model("m", price=price, lengths=trace, outcomes=outcomes).model
    assert alone.request_seconds.mean == 12.25
    assert alone.failed_share == 1 / 4


def test_measured_passes_are_kept_where_nothing_contradicts_them(detailed, price, outcomes):
    model = fit_model("m", price=price, serving=detailed, outcomes=outcomes).model
    assert model.passes.seconds == (0.4375, 1.25, 0.125)
    assert model.request_seconds.mean == pytest.approx((0.4375 + 1.25 + 0.125) / 3)


def test_the_audit_shows_what_one_mean_would_claim(outcomes):
    found = fit_model("m", outcomes=outcomes, given=told(accuracy=None))
    n, c = outcomes.counts()
    np.testing.assert_allclose(found.audit.unbiased, mean_pass_at_k(n, c, found.audit.k).mean)
    assert found.audit.equal_difficulty[1] == pytest.approx(1 - (5 / 12) ** 2)
    assert fit_model("m", given=told()).audit is None


def test_one_mean_accuracy_by_hand_stays_one_mean_accuracy():
    model = fit_model("m", given=told()).model
    assert type(model.accuracy).__name__ == "Accuracy"
    assert model.k_limit is None


def test_settings_reach_the_model_and_are_checked_in_its_words():
    model = fit_model("m", given=told(parallel=4, latency="ideal", shared_prompt=True)).model
    assert (model.parallel, model.latency, model.shared_prompt, model.name) == (4, "ideal", True, "m")
    with pytest.raises(SettingError) as caught:
        fit_model("m", given=told(parallel=0, latency="x", input_tokens=(0.0, -1.0), accuracy=(1.5, 0.1)))
    assert caught.value.errors == (
        "m: input_tokens.mean: must be greater than 0, got 0.0",
        "m: input_tokens.std: must be greater than or equal to 0, got -1.0",
        "m: accuracy.mean: must be less than or equal to 1, got 1.5",
        "m: parallel: must be greater than or equal to 1, got 0",
        "m: latency: must be 'ideal' or 'waves', got 'x'",
    )


def test_unusual_prices_by_hand_can_be_meant():
    unusual = told(input_price=0.0, output_price=5_000.0)
    with pytest.raises(SettingError) as caught:
        fit_model("m", given=unusual)
    assert "`free: true` (--allow-free) must confirm that 0 is meant" in caught.value.errors[0]
    assert "set `price_checked: true` (--allow-expensive)" in caught.value.errors[1]
    meant = fit_model("m", given=told(input_price=0.0, output_price=5_000.0, free=True, price_checked=True)).model
    assert (meant.free, meant.price_checked, meant.usd_per_million_input_tokens) == (True, True, 0.0)


def test_a_price_that_the_reader_was_told_is_meant_needs_no_second_word(outcomes):
    price = Price("x", 1.0, 2_000.0, tiers=((5, 1_500.0, 2.0),), where="f:1")
    assert fit_model("m", price=price, given=told(input_price=None, output_price=None)).model.price_checked


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"keep": "majority"},
            "keep 'majority' and distribution 'outcomes' need outcomes: give --outcomes FILE",
        ),
        ({"distribution": "beta"}, "keep 'oracle' and distribution 'beta' need outcomes: give --outcomes FILE"),
        ({"cached_prompt": True}, "a cached prompt needs its price"),
    ],
)
def test_no_option_is_swallowed(options, words):
    with pytest.raises(SettingError, match=words):
        fit_model("m", given=told(), **options)


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_a_model_has_a_name(name):
    with pytest.raises(SettingError, match="the name of a model must not be empty"):
        fit_model(name, given=told())


def test_a_prompt_that_is_sent_once_is_not_cached(price):
    with pytest.raises(SettingError, match="a prompt that is sent once is not cached"):
        fit_model(
            "m", price=price, cached_prompt=True, given=told(input_price=None, output_price=None, shared_prompt=True)
        )


def test_empty_answers_are_kept_and_a_trace_of_nothing_else_is_refused():
    model = fit_model(
        "m",
        lengths=trace_of([5, 0], [0, 3], [1, 2]),
        given=told(input_tokens=None, output_tokens=None, request_seconds=None),
    ).model
    assert model.passes.output_tokens == (0, 3)
    with pytest.raises(SettingError, match=r"m: output_tokens.mean: must be greater than 0, got 0.0"):
        fit_model("m", lengths=trace_of([5], [0]), given=told(input_tokens=None, output_tokens=None))


def test_a_fit_s_measured_spread_of_zero_stays():
    run = run_of(
        request_seconds=Spread(2.0, 0.0), input_tokens=Spread(5.0, 0.0), output_tokens=Spread(7.0, 0.0), failed=0
    )
    model = fit_model("m", serving=run, given=told(request_seconds=None, input_tokens=None, output_tokens=None)).model
    assert (model.request_seconds.std, model.output_tokens.std, model.failed_share) == (0.0, 0.0, 0.0)
