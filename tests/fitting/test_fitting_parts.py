"""Each part of a model against numbers computed plainly from the files."""

import csv
import json
import math
import statistics
from collections import Counter

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import SettingError
from moo_inference.evaluation import fit_beta
from moo_inference.fitting.lengths import length_fields
from moo_inference.fitting.model_fields import ModelFields
from moo_inference.fitting.outcomes import audit_of, outcome_fields
from moo_inference.fitting.prices import price_fields
from moo_inference.fitting.serving import choose_run, load_text, serving_fields
from moo_inference.readers import (
    Load,
    Price,
    ServingRun,
    Spread,
    TokenTrace,
    read_azure_trace,
    read_burstgpt_trace,
    read_genai_perf,
    read_guidellm,
    read_inference_perf,
    read_litellm_prices,
    read_lm_eval,
    read_outcomes_table,
    read_vllm_bench,
)

DATA = ROOT / "tests" / "data"


def rows_of(name):
    with (DATA / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def vllm_lines():
    return [json.loads(line) for line in (DATA / "vllm_bench_runs.jsonl").read_text().splitlines()]


def run_of(**changes):
    known = {
        "tool": "bench",
        "model": None,
        "load": Load(),
        "completed": 4,
        "failed": None,
        "request_seconds": Spread(2.0, 0.5),
        "ttft_seconds": None,
        "seconds_per_output_token": None,
        "definition": "as it is",
        "input_tokens": None,
        "output_tokens": None,
        "measured_end_to_end": True,
        "where": "bench.json:1",
    }
    return ServingRun(**{**known, **changes})


def trace_of(inward, outward, seconds=None, failed=0):
    times = None if seconds is None else np.array(seconds, dtype=float)
    return TokenTrace(np.array(inward), np.array(outward), times, None, failed, "trace.csv")


# Prices


def test_prices_are_those_of_the_entry_with_its_line():
    entry = json.loads((DATA / "litellm_model_prices_excerpt.json").read_text())["gemini/gemini-2.5-pro"]
    part = price_fields(read_litellm_prices(DATA / "litellm_model_prices_excerpt.json").price("gemini/gemini-2.5-pro"))
    assert part.values == {
        "usd_per_million_input_tokens": pytest.approx(entry["input_cost_per_token"] * 1e6),
        "usd_per_million_output_tokens": pytest.approx(entry["output_cost_per_token"] * 1e6),
        "price_tiers": [
            {
                "from_input_tokens": 200_000,
                "usd_per_million_input_tokens": pytest.approx(entry["input_cost_per_token_above_200k_tokens"] * 1e6),
                "usd_per_million_output_tokens": pytest.approx(entry["output_cost_per_token_above_200k_tokens"] * 1e6),
            }
        ],
    }
    where = {f"{DATA / 'litellm_model_prices_excerpt.json'}:376, gemini/gemini-2.5-pro"}
    assert set(part.sources.values()) == where
    note, modes = part.notes
    assert (
        "gemini/gemini-2.5-pro has further prices, which are not counted: cached input 0.125 (--cached-prompt" in note
    )
    # It costs a tenth of other input in long prompts too, so nothing is said of it.
    assert "above_200k" not in note
    assert modes.endswith("gemini/gemini-2.5-pro has other prices for batch, flex, priority (--price-mode)")


def test_a_cached_prompt_costs_what_the_list_says_or_that_it_says_nothing():
    found = read_litellm_prices(DATA / "litellm_model_prices_excerpt.json")
    cached = price_fields(found.price("gpt-5-mini"), cached_prompt=True)
    assert cached.values["usd_per_million_cached_input_tokens"] == 0.025
    none = price_fields(found.price("perplexity/sonar"), cached_prompt=True)
    assert "usd_per_million_cached_input_tokens" not in none.values
    assert none.notes[0].endswith("perplexity/sonar has no price for cached input, so every pass pays the whole prompt")


def test_what_the_reader_let_pass_as_meant_stays_meant():
    free = price_fields(Price("x", 0.0, 1.0, free=True, where="f:1"))
    assert free.values["free"] is True
    assert "price_checked" not in free.values
    for dear in (Price("x", 1.0, 2_000.0), Price("x", 1.0, 2.0, tiers=((5, 1_500.0, 2.0),))):
        assert price_fields(dear).values["price_checked"] is True
    reasoning = price_fields(Price("x", 1.0, 2.0, 0.5, 4.0, where="f:1"))
    assert reasoning.values["usd_per_million_reasoning_tokens"] == 4.0
    assert reasoning.notes[0].startswith("f:1: reasoning has a price of its own")
    assert price_fields(Price("x", 1.0, 2.0, None, 2.0)).notes == ()


# Lengths


def test_lengths_are_those_of_the_trace():
    rows = rows_of("azure_llm_code_2500.csv")
    part = length_fields(read_azure_trace(DATA / "azure_llm_code_2500.csv"))
    for name, column in (("input_tokens", "ContextTokens"), ("output_tokens", "GeneratedTokens")):
        tokens = [int(row[column]) for row in rows]
        assert part.values[name]["mean"] == pytest.approx(statistics.fmean(tokens))
        assert part.values[name]["std"] == pytest.approx(statistics.pstdev(tokens))
        assert part.values[name]["kind"] in ("gamma", "lognormal")
        assert part.values["passes"][name] == tokens
    assert set(part.values) == {"input_tokens", "output_tokens", "passes"}
    assert part.sources["passes"].endswith("azure_llm_code_2500.csv, 2,500 requests")
    assert part.notes == ()


def test_failed_requests_are_in_no_length_and_no_time_but_in_the_failed_share():
    good = [row for row in rows_of("burstgpt_v2_rows.csv") if row["Response tokens"] != "0"]
    part = length_fields(read_burstgpt_trace(DATA / "burstgpt_v2_rows.csv"))
    seconds = [float(row["Elapsed time"]) for row in good]
    assert part.values["request_seconds"] == {
        "mean": pytest.approx(statistics.fmean(seconds)),
        "std": pytest.approx(statistics.pstdev(seconds)),
    }
    assert part.values["passes"]["seconds"] == seconds
    assert part.values["output_tokens"]["mean"] == pytest.approx(
        statistics.fmean(int(row["Response tokens"]) for row in good)
    )
    assert part.values["failed_share"] == 1 / 4
    assert part.notes[0].endswith("failed requests, which are left out: 1")


def test_where_a_benchmark_tells_times_the_trace_has_lengths_alone():
    part = length_fields(read_burstgpt_trace(DATA / "burstgpt_v2_rows.csv"), times=False)
    assert set(part.values) == {"input_tokens", "output_tokens", "passes"}
    assert set(part.values["passes"]) == {"input_tokens", "output_tokens"}
    assert any("its seconds are left out, since others are given" in note for note in part.notes)


def test_a_time_of_zero_is_no_time():
    part = length_fields(trace_of([1, 2], [3, 4], [0.0, 2.0]))
    assert "request_seconds" not in part.values
    assert part.notes == ("trace.csv: its seconds are left out, since 1 of its requests took none",)


@pytest.mark.parametrize("most", [50, 250, 999])
def test_thinning_keeps_means_and_percentiles_and_is_the_same_each_time(most):
    trace = read_azure_trace(DATA / "azure_llm_code_2500.csv")
    part = length_fields(trace, most=most)
    kept = {name: np.array(values) for name, values in part.values["passes"].items()}
    assert part.values["passes"] == length_fields(trace, most=most).values["passes"]
    assert {len(values) for values in kept.values()} == {most}
    # Pairs stay together, and no request is taken twice.
    pairs = Counter(zip(kept["input_tokens"].tolist(), kept["output_tokens"].tolist(), strict=True))
    assert pairs <= Counter(zip(trace.input_tokens.tolist(), trace.output_tokens.tolist(), strict=True))
    whole = np.sort(trace.output_tokens)
    step = 100 / most
    for level in range(5, 100, 5):
        low, high = np.percentile(whole, [max(level - step, 0), min(level + step, 100)])
        assert low <= np.percentile(kept["output_tokens"], level) <= high
    # Each of the evenly spread ranks stands for a stratum, whose values differ by its own width at most.
    assert abs(kept["output_tokens"].mean() - whole.mean()) <= (whole[-1] - whole[0]) / most
    inward = trace.input_tokens
    assert abs(kept["input_tokens"].mean() - inward.mean()) < 2 * inward.std() / math.sqrt(most)
    # A control: the shortest ones are no such choice.
    assert np.percentile(whole[:most], 50) < np.percentile(whole, 50 - step)
    # What is told of the lengths is told by all requests.
    assert part.values["output_tokens"] == length_fields(trace).values["output_tokens"]
    assert f"{most:,} of 2,500 requests are kept" in part.notes[0]


def test_one_too_many_is_thinned_and_just_enough_is_not():
    trace = trace_of(range(1, 102), range(1, 102))
    assert len(length_fields(trace, most=100).values["passes"]["input_tokens"]) == 100
    assert length_fields(trace, most=101).values["passes"]["input_tokens"] == list(range(1, 102))
    assert length_fields(trace, most=101).notes == ()


# Serving


def test_measured_time_from_end_to_end_is_taken_as_it_is():
    line = vllm_lines()[1]
    run = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[1]
    part = serving_fields(run, other_lengths=False)
    seconds = part.values["request_seconds"]
    assert seconds["mean"] == line["mean_e2el_ms"] / 1000
    assert seconds["std"] == pytest.approx(line["std_e2el_ms"] / 1000)
    assert part.values["input_tokens"] == {"mean": line["total_input_tokens"] / line["completed"], "std": None}
    assert part.values["failed_share"] == line["failed"] / line["num_prompts"]
    assert part.sources["request_seconds"].endswith(
        "vllm_bench_runs.jsonl:2, vllm bench serve, Qwen/Qwen3-8B, all requests at once, 4.9 requests/s served, "
        "32 at the same time"
    )


@pytest.mark.parametrize(
    ("read", "name", "number"),
    [
        (read_vllm_bench, "vllm_bench_runs.jsonl", 0),
        (read_vllm_bench, "vllm_bench_runs.jsonl", 1),
        (read_vllm_bench, "vllm_bench_detailed.json", 0),
        (read_guidellm, "guidellm_benchmarks.json", 0),
        (read_genai_perf, "aiperf_profile_export.json", 0),
        (read_inference_perf, "inference_perf_stage_0.json", 0),
        (read_inference_perf, "inference_perf_summary.json", 0),
    ],
)
def test_seconds_per_token_take_the_measured_time_at_the_run_s_own_lengths(read, name, number):
    """Although TTFT and n - 1 times TPOT would not: in inference_perf_stage_0.json they give half of it."""
    run = read(DATA / name)[number]
    part = serving_fields(run, other_lengths=True)
    rebuilt = (
        run.input_tokens.mean * part.values["seconds_per_input_token"]
        + run.output_tokens.mean * part.values["seconds_per_output_token"]
    )
    assert rebuilt == pytest.approx(run.request_seconds.mean, rel=1e-12)
    # The first token takes the time to the first token, of which the answer's part is one token.
    between = part.values["seconds_per_output_token"]
    first = run.input_tokens.mean * part.values["seconds_per_input_token"] + between
    assert first == pytest.approx(run.ttft_seconds.mean)
    assert between == pytest.approx((run.request_seconds.mean - first) / (run.output_tokens.mean - 1))
    assert "request_seconds" not in part.values
    assert "passes" not in part.values


def test_the_numbers_of_the_files_themselves():
    first = vllm_lines()[0]
    part = serving_fields(read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[0], other_lengths=True)
    between = first["mean_itl_ms"] / 1000
    assert part.values["seconds_per_input_token"] == pytest.approx((first["mean_ttft_ms"] / 1000 - between) / 1024)
    assert part.values["seconds_per_output_token"] == pytest.approx(between)
    assert any("is rebuilt, by the tool's own definition" in note for note in part.notes)
    stage = json.loads((DATA / "inference_perf_stage_0.json").read_text())
    latency = stage["successes"]["latency"]["request_latency"]
    part = serving_fields(read_inference_perf(DATA / "inference_perf_stage_0.json")[0], other_lengths=False)
    assert part.values["request_seconds"]["mean"] == latency["mean"]
    assert part.values["request_seconds"]["kind"] in ("gamma", "lognormal")
    assert 0 < part.values["request_seconds"]["std"] < latency["max"] - latency["min"]
    assert any("is worked out of its percentiles" in note for note in part.notes)
    assert part.values["failed_share"] == 0.0
    assert "1 requests/s asked for, 1.005 requests/s served" in part.sources["request_seconds"]


def test_single_requests_are_passes_and_failed_ones_are_not_among_them():
    part = serving_fields(read_vllm_bench(DATA / "vllm_bench_detailed.json")[0], other_lengths=False)
    assert part.values["passes"] == {
        "input_tokens": [10, 20, 40],
        "output_tokens": [3, 4, 1],
        "seconds": [0.25 + 0.1875, 0.5 + 0.75, 0.125],
    }
    seconds = part.values["passes"]["seconds"]
    assert part.values["request_seconds"]["mean"] == pytest.approx(statistics.fmean(seconds))
    assert part.values["request_seconds"]["std"] == pytest.approx(statistics.pstdev(seconds))
    assert part.values["failed_share"] == 1 / 4


def test_a_spread_that_is_not_told_is_unknown():
    part = serving_fields(read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[1], other_lengths=False)
    for name in ("input_tokens", "output_tokens"):
        assert part.values[name]["std"] is None
        assert part.sources[name].endswith("; their spread is unknown")
        assert any(f"how {name} vary is not known" in note for note in part.notes)
    told = serving_fields(read_guidellm(DATA / "guidellm_benchmarks.json")[0], other_lengths=False)
    assert told.values["input_tokens"] == {"mean": 256.0, "std": 0.0}
    assert not any("is unknown" in text for text in (*told.notes, *told.sources.values()))


def test_other_lengths_need_a_time_to_the_first_token_or_it_is_said():
    part = serving_fields(read_guidellm(DATA / "guidellm_benchmarks.json")[2], other_lengths=True)
    assert part.values["request_seconds"]["mean"] == 2.5
    assert part.values["request_seconds"]["std"] == 0.1
    assert any("is that of the benchmark's lengths, not of the model's" in note for note in part.notes)


def test_medians_stand_for_means_only_with_a_word():
    part = serving_fields(run_of(request_seconds=Spread(None, None, {50.0: 2.0})), other_lengths=False)
    assert part.values["request_seconds"] == {"mean": 2.0, "std": None}
    assert any("has no mean in the file: its median of 2 s stands for it" in note for note in part.notes)
    old = serving_fields(read_guidellm(DATA / "guidellm_benchmarks.json")[1], other_lengths=False)
    assert old.values["request_seconds"] == {"mean": 11.0, "std": None}


def test_a_spread_of_times_that_is_not_told_is_unknown_and_that_is_said():
    part = serving_fields(run_of(request_seconds=Spread(2.0)), other_lengths=False)
    assert part.values["request_seconds"] == {"mean": 2.0, "std": None}
    assert any("how the time of a request varies is not known" in note for note in part.notes)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (run_of(request_seconds=None), "must contain how long a request takes"),
        (run_of(request_seconds=Spread(None, None, {99.0: 1.0})), "must contain how long a request takes"),
        (
            run_of(request_seconds=None, completed=0, failed=20),
            "must have requests that completed, got none, 20 failed",
        ),
    ],
)
def test_what_a_run_does_not_tell_is_asked_for(run, words):
    with pytest.raises(SettingError, match=f"{run.where}: {words}.*else give --request-seconds MEAN,STD"):
        serving_fields(run, other_lengths=False)
    # If the time is told by hand, it is not asked for, and nothing is said of it.
    part = serving_fields(run, other_lengths=False, times=False)
    assert not any("seconds" in name for name in part.values)


def test_a_run_has_to_be_chosen_where_there_are_several():
    runs = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")
    assert choose_run(runs[:1]) is runs[0]
    assert choose_run(runs, 2) is runs[1]
    with pytest.raises(SettingError, match="must be one run of 2, since latency depends on the load: 1: 10 requests/s"):
        choose_run(runs)
    for number in (0, 3, -1):
        with pytest.raises(SettingError, match=f"must be a number from 1 to 2, got {number}"):
            choose_run(runs, number)


def test_loads_in_words():
    assert load_text(run_of(load=Load(math.inf, 32, 4.9))) == (
        "all requests at once, 4.9 requests/s served, 32 at the same time"
    )
    assert load_text(run_of(load=Load(0.5))) == "0.5 requests/s asked for"
    assert load_text(run_of()) == "load unknown"


# Outcomes


def test_outcomes_are_records_by_question():
    found = read_outcomes_table(DATA / "outcomes_long.csv")
    texts = {keep: outcome_fields(found, keep).values["accuracy"]["questions"] for keep in ("oracle", "majority")}
    assert texts == {
        "oracle": {"q1": "2/3", "q2": "1/2"},
        "majority": {"q1": "2/2 0/1", "q2": "1/1 none:1"},
    }
    part = outcome_fields(found)
    assert part.values["accuracy"]["keep"] == "oracle"
    assert part.sources["accuracy"].endswith("outcomes_long.csv, 5 samples of 2 questions")
    assert part.notes[-1].endswith("some question has 2 samples, so nothing is known of k beyond 2")


def test_what_lacks_for_a_keeper_is_told_with_the_file():
    found = read_outcomes_table(DATA / "outcomes_long.csv")
    with pytest.raises(
        SettingError, match=r"outcomes_long.csv: verifier needs a score for every sample, got none for 1"
    ):
        outcome_fields(found, "verifier")
    filtered = read_lm_eval(DATA / "lm_eval_samples_gsm8k.jsonl", filter="score-first")
    with pytest.raises(SettingError, match=r"lm_eval_samples_gsm8k.jsonl: verifier needs a score"):
        outcome_fields(filtered, "verifier")
    with pytest.raises(
        SettingError,
        match=r"outcomes_long.csv: the beta distribution .* only: keep must be 'oracle', got 'majority'",
    ):
        outcome_fields(found, "majority", "beta")


def test_notes_of_the_reader_reach_the_user():
    part = outcome_fields(read_lm_eval(DATA / "lm_eval_samples_gsm8k.jsonl", filter="score-first"))
    assert any("Each question was answered up to 3 times" in note for note in part.notes)


def test_the_beta_distribution_is_the_one_fitted_to_the_counts(tmp_path):
    rng = np.random.default_rng(3)
    right = rng.binomial(8, rng.beta(0.8, 1.2, 60))
    rows = [f"{q},{int(i < c)}" for q, c in enumerate(right.tolist()) for i in range(8)]
    path = tmp_path / "o.csv"
    path.write_text("\n".join(["question,correct", *rows]))
    part = outcome_fields(read_outcomes_table(path), distribution="beta")
    fitted = fit_beta(np.full(60, 8), right)
    told = part.values["accuracy"]
    assert (told["kind"], told["a"], told["b"], told["samples"]) == ("beta", fitted.a, fitted.b, 8)
    assert told.get("unsolvable", 0.0) == fitted.unsolvable == 0
    np.testing.assert_allclose(told["band"], fitted.band(), atol=5e-5)
    assert "beyond k = 8 are extrapolated" in part.notes[-1]


def test_questions_that_no_pass_solves_are_fitted_and_reported(tmp_path):
    rng = np.random.default_rng(3)
    right = rng.binomial(8, np.where(np.arange(100) < 20, 0.0, rng.beta(2, 2, 100)))
    rows = [f"{q},{int(i < c)}" for q, c in enumerate(right.tolist()) for i in range(8)]
    path = tmp_path / "o.csv"
    path.write_text("\n".join(["question,correct", *rows]))
    part = outcome_fields(read_outcomes_table(path), distribution="beta")
    told = part.values["accuracy"]
    assert told["unsolvable"] == pytest.approx(0.2, abs=0.04)
    assert part.notes[-1].endswith(
        f"by these samples {told['unsolvable']:.1%} of the questions are solved by no pass, however many there are"
    )


def test_the_audit_is_pass_at_k_beside_one_mean():
    audit = audit_of(read_outcomes_table(DATA / "outcomes_long.csv"))
    # q1 has 2 of 3 right, q2 1 of 2: two passes always find one.
    p = (2 / 3 + 1 / 2) / 2
    assert audit.k.tolist() == [1, 2]
    np.testing.assert_allclose(audit.unbiased, [p, 1.0])
    np.testing.assert_allclose(audit.equal_difficulty, [p, 1 - (1 - p) ** 2])


# Together


def test_the_later_part_counts_and_its_source_with_it():
    first, second = ModelFields.of({"a": 1, "b": 2}, "one", "n1"), ModelFields.of({"b": 3, "c": 4}, "two", "n2")
    whole = second.over(first)
    assert whole == ModelFields({"a": 1, "b": 3, "c": 4}, {"a": "one", "b": "two", "c": "two"}, ("n1", "n2"))


TOKENS = {"seconds_per_input_token": 1e-4, "seconds_per_output_token": 0.01}
WHOLE = {"request_seconds": {"mean": 3, "std": 1}}


@pytest.mark.parametrize(("first", "second"), [(TOKENS, WHOLE), (WHOLE, TOKENS)])
def test_one_way_to_time_is_left_whatever_the_order(first, second):
    whole = ModelFields.of(second, "two").over(ModelFields.of(first, "one"))
    assert whole.values == second
    assert whole.sources == dict.fromkeys(second, "two")
    assert whole.notes[0].startswith(f"{next(iter(first))} from one is left out, since ")


def test_measured_passes_do_not_stand_beside_what_another_source_tells():
    passes = {"input_tokens": [1], "output_tokens": [2], "seconds": [3.0]}
    first = ModelFields.of({"passes": passes, **WHOLE, "input_tokens": {"mean": 1, "std": 0}}, "one")
    lengths = ModelFields.of({"output_tokens": {"mean": 9, "std": 0}}, "two").over(first)
    assert "passes" not in lengths.values
    assert lengths.notes == ("passes from one is left out, since output_tokens comes from two",)
    times = ModelFields.of({"request_seconds": {"mean": 9, "std": 0}}, "two").over(first)
    assert times.values["passes"] == {"input_tokens": [1], "output_tokens": [2]}
    assert first.values["passes"] == passes


def test_a_price_told_later_takes_the_place_of_what_rested_on_the_earlier_one():
    first = price_fields(Price("x", 1.0, 2.0, 0.5, 4.0, tiers=((9, 2.0, 3.0),), where="f:1"), cached_prompt=True)
    inward = ModelFields.of({"usd_per_million_input_tokens": 7.0}, "by hand").over(first)
    assert inward.values == {
        "usd_per_million_input_tokens": 7.0,
        "usd_per_million_output_tokens": 2.0,
        "usd_per_million_reasoning_tokens": 4.0,
    }
    outward = ModelFields.of({"usd_per_million_output_tokens": 7.0}, "by hand").over(first)
    assert set(outward.values) == {
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
        "usd_per_million_cached_input_tokens",
    }


# Times at other lengths


def seconds_at(part, inward, outward):
    return inward * part.values["seconds_per_input_token"] + outward * part.values["seconds_per_output_token"]


def test_each_further_token_takes_the_time_between_tokens():
    """A first token after 1 s and ten more, 0.1 s each; 1,001 tokens take 1 + 1,000 * 0.1 s."""
    run = run_of(
        request_seconds=Spread(2.0, 0.1),
        ttft_seconds=Spread(1.0),
        input_tokens=Spread(50.0),
        output_tokens=Spread(11.0, 0.0),
    )
    part = serving_fields(run, other_lengths=True)
    assert seconds_at(part, 50, 11) == pytest.approx(2.0, rel=1e-12)
    assert seconds_at(part, 50, 1001) == pytest.approx(101.0, rel=1e-12)
    assert seconds_at(part, 50, 1) == pytest.approx(1.0, rel=1e-12)


def test_a_first_token_that_is_no_slower_than_others_leaves_prompts_next_to_nothing():
    run = run_of(
        request_seconds=Spread(0.32), ttft_seconds=Spread(0.02), input_tokens=Spread(50.0), output_tokens=Spread(11.0)
    )
    part = serving_fields(run, other_lengths=True)
    assert seconds_at(part, 50, 11) == pytest.approx(0.32, rel=1e-12)
    assert 0 < seconds_at(part, 50, 0) < 1e-4
    # 0.02 + 1,000 * 0.03 s, as near as a time without a constant comes.
    assert seconds_at(part, 50, 1001) == pytest.approx(30.02, rel=0.04)
    assert any("is no longer than that between tokens" in note for note in part.notes)


def test_answers_of_one_token_tell_nothing_of_longer_ones():
    (run,) = read_vllm_bench(DATA / "vllm_one_output_token.json")
    with pytest.raises(SettingError, match=r"must contain the time between tokens .* its answers have one token each"):
        serving_fields(run, other_lengths=True)
    part = serving_fields(run, other_lengths=False)
    assert part.values["request_seconds"]["mean"] == run.ttft_seconds.mean
    assert part.values["output_tokens"] == {"mean": 1.0, "std": 0.0}


def test_a_run_without_a_request_that_completed_is_refused_in_one_line():
    (run,) = read_genai_perf(DATA / "aiperf_0.8_all_failed.json")
    with pytest.raises(SettingError, match="must have requests that completed, got none, 20 failed") as caught:
        serving_fields(run, other_lengths=False)
    assert len(caught.value.errors) == 1
