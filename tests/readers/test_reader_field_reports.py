"""What users of other tools reported of files like these, and what is right here. Each test names the thread."""

import json

import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError
from moo_inference.readers import (
    examine,
    read_guidellm,
    read_humaneval,
    read_inference_perf,
    read_litellm_prices,
    read_openrouter_prices,
    read_vllm_bench,
)

DATA = ROOT / "tests" / "data"


def test_a_price_per_thousand_stored_as_one_per_token_is_refused_unless_meant(tmp_path):
    """https://github.com/BerriAI/litellm/issues/23503, https://github.com/BerriAI/litellm/pull/38167

    The entry is that of tokencost 0.1.26: USD 3,200 and 9,710 per million tokens; the true price is a thousandth.
    """
    jais = {"mode": "chat", "input_cost_per_token": 0.0032, "output_cost_per_token": 0.00971, "max_input_tokens": 8192}
    o1_pro = {"mode": "responses", "input_cost_per_token": 0.00015, "output_cost_per_token": 0.0006}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"azure_ai/jais-30b-chat": jais, "o1-pro": o1_pro}, indent=1))
    found = read_litellm_prices(path)
    assert {*found.priced} == {"o1-pro"}
    assert found.priced["o1-pro"].usd_per_million_output_tokens == 600.0
    reason = found.unpriced["azure_ai/jais-30b-chat"]
    assert "must cost at most USD 1,000 per million tokens unless that is said to be meant, got 9,710" in reason
    assert reason.startswith(f"{path}:2: ")
    meant = read_litellm_prices(path, expensive=["azure_ai/jais-30b-chat"])
    assert meant.priced["azure_ai/jais-30b-chat"].usd_per_million_input_tokens == 3200.0
    true = read_litellm_prices(DATA / "litellm_model_prices_excerpt.json").priced["azure_ai/jais-30b-chat"]
    assert (true.usd_per_million_input_tokens, true.usd_per_million_output_tokens) == (3.2, 9.71)


def test_a_dynamic_price_of_minus_one_is_no_price():
    """https://github.com/earendil-works/pi/issues/8875, https://github.com/dcouple/Pane/pull/535

    Taken for a number it makes a negative cost, which wins every minimisation.
    """
    for options in ({}, {"free": True, "expensive": True}):
        found = read_openrouter_prices(DATA / "openrouter_models_excerpt.json", **options)
        assert "openrouter/auto" not in found.priced
        assert min(price.usd_per_million_input_tokens for price in found.priced.values()) > 0
        with pytest.raises(ReaderError, match=r'openrouter/auto: pricing.prompt: the price is dynamic \("-1"\)'):
            found.price("openrouter/auto")


def test_a_missing_price_is_not_free_and_a_zero_has_to_be_meant():
    """https://github.com/BerriAI/litellm/issues/6133, https://github.com/BerriAI/litellm/issues/1840"""
    path = DATA / "litellm_model_prices_excerpt.json"
    found = read_litellm_prices(path)
    # It has no flat price, but tiers: the first of them is its price for short input.
    assert found.priced["dashscope/qwen3-max"].usd_per_million_input_tokens == 1.2
    gemma = "cloudflare/@cf/google/gemma-2b-it-lora"
    assert "free, or unknown?" in found.unpriced[gemma]
    assert all(not price.free and price.usd_per_million_output_tokens > 0 for price in found.priced.values())
    allowed = read_litellm_prices(path, free=True)
    assert allowed.priced[gemma].free
    for missing in ("github_copilot/gpt-4o", "azure/container"):
        assert "a missing price is not 0" in allowed.unpriced[missing]


def test_seconds_are_not_shown_as_milliseconds():
    """https://github.com/vllm-project/guidellm/issues/245"""
    run, *_ = read_guidellm(DATA / "guidellm_benchmarks.json")
    assert run.request_seconds.mean == 3.7
    assert run.ttft_seconds.mean == 0.08
    shown = examine(DATA / "guidellm_benchmarks.json")
    row = dict(zip(shown.columns, shown.rows[0], strict=True))
    assert row["mean latency (s)"] == "3.7"
    assert row["time to first token (s)"] == "0.08"


@pytest.mark.parametrize("ttft", [None, 0.0])
def test_an_unknown_time_to_first_token_is_not_zero_seconds(tmp_path, ttft):
    """https://github.com/vllm-project/guidellm/issues/737"""
    report = json.loads((DATA / "guidellm_benchmarks.json").read_text())
    metrics = report["benchmarks"][0]["metrics"]
    metrics["time_to_first_token_ms"]["successful"] = (
        None if ttft is None else {"mean": ttft, "median": ttft, "count": 40}
    )
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    run, *_ = read_guidellm(path)
    assert run.ttft_seconds is None
    assert run.measured_end_to_end
    assert run.request_seconds.mean == 3.7

    stage = json.loads((DATA / "inference_perf_stage_0.json").read_text())
    stage["successes"]["latency"]["time_to_first_token"] = None if ttft is None else {"mean": ttft}
    path.write_text(json.dumps(stage))
    (run,) = read_inference_perf(path)
    assert run.ttft_seconds is None
    assert run.request_seconds.mean == stage["successes"]["latency"]["request_latency"]["mean"]

    result = json.loads((DATA / "vllm_bench_runs.jsonl").read_text().split("\n")[1])
    result["mean_ttft_ms"] = ttft
    path.write_text(json.dumps(result))
    (run,) = read_vllm_bench(path)
    assert run.ttft_seconds is None
    assert run.request_seconds.mean == 12.5


def test_problems_are_not_samples_of_one_problem(tmp_path):
    """https://github.com/paiml/aprender/pull/2118

    164 problems with one sample each, 50 of which pass: pass@k of n = 164, c = 50 would be 97.7 % at k = 10.
    """
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(json.dumps({"task_id": f"HumanEval/{i}", "passed": i < 50}) for i in range(164)))
    n, c = read_humaneval(path).counts()
    assert n.tolist() == [1] * 164
    assert c.tolist() == [1] * 50 + [0] * 114
    found = examine(path)
    assert "50 of 164 samples are correct (30.49%)." in found.holds
    assert found.lacks[0] == "There is one sample of each question: accuracy is known for k = 1 only."
