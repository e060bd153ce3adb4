"""Real files of several benchmarks and versions, against the numbers that stand in them."""

import csv
import json
import math
import statistics

import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError
from moo_inference.readers import (
    examine,
    read_aiperf_records,
    read_as,
    read_genai_perf,
    read_guidellm,
    read_inferencex,
    read_lengths,
    read_llmperf,
    read_sglang_bench,
    read_vllm_bench,
    recognise,
)

DATA = ROOT / "tests" / "data"


def raw(name):
    return json.loads((DATA / name).read_text())


@pytest.fixture
def changed(tmp_path):
    """A sample with changes in its JSON, as a file."""

    def change(name, **changes):
        data = raw(name)
        data.update(changes)
        path = tmp_path / "changed.json"
        path.write_text(json.dumps({key: value for key, value in data.items() if value != "gone"}))
        return path

    return change


@pytest.mark.parametrize("name", ["sglang_finite.jsonl", "sglang_infinity.jsonl"])
def test_sglang_tells_every_statistic_of_the_latency(name):
    stated = raw(name)
    (run,) = read_sglang_bench(DATA / name)
    assert run.tool == "sglang.bench_serving"
    assert run.measured_end_to_end
    for spread, key in ((run.request_seconds, "e2e_latency"), (run.ttft_seconds, "ttft")):
        assert spread.mean == stated[f"mean_{key}_ms"] / 1000
        assert spread.std == stated[f"std_{key}_ms"] / 1000
        assert spread.percentiles == {50.0: stated[f"median_{key}_ms"] / 1000, 99.0: stated[f"p99_{key}_ms"] / 1000}
    assert run.output_tokens.mean == stated["total_output_tokens"] / stated["completed"]
    assert run.load.requested_rate == stated["request_rate"]
    assert run.load.concurrency == stated["max_concurrency"]
    assert run.notes == ()


def test_sglang_of_2024_has_a_mean_latency_and_no_spread():
    stated = raw("sglang_2024_medians.jsonl")
    (run,) = read_sglang_bench(DATA / "sglang_2024_medians.jsonl")
    assert run.request_seconds.mean == stated["mean_e2e_latency_ms"] / 1000
    assert run.request_seconds.std is None
    assert run.ttft_seconds.mean is None
    assert run.ttft_seconds.percentiles == {50.0: stated["median_ttft_ms"] / 1000}


def test_inferencex_is_in_seconds():
    stated = raw("inferencex_seconds_medians.json")
    (run,) = read_inferencex(DATA / "inferencex_seconds_medians.json")
    assert run.request_seconds.mean is None
    assert run.request_seconds.percentiles == {50.0: stated["median_e2el"], 99.0: stated["p99_e2el"]}
    assert run.ttft_seconds.percentiles == {50.0: stated["median_ttft"], 99.0: stated["p99_ttft"]}
    assert run.output_tokens.mean == 128.0
    assert (run.completed, run.failed) == (160, 0)
    assert run.load.requested_rate == math.inf
    found = examine(DATA / "inferencex_seconds_medians.json")
    cells = dict(zip(found.columns, found.rows[0], strict=True))
    assert cells["mean latency (s)"] == "21.4479 (median)"


def test_results_that_inferencex_puts_together_have_the_lengths_that_were_asked_for(tmp_path):
    """As its utils/process_result.py writes them: seconds, no count of requests."""
    path = tmp_path / "agg.json"
    path.write_text(
        json.dumps(
            {"hw": "h200", "conc": 16, "model": "m", "isl": 1024, "osl": 512, "tput_per_gpu": 900.0}
            | {"mean_ttft": 0.5, "mean_e2el": 9.5, "std_e2el": 1.5, "p99_e2el": 13.0, "median_intvty": 55.0}
        )
    )
    assert recognise(path).format == "inferencex"
    (run,) = read_inferencex(path)
    assert (run.request_seconds.mean, run.request_seconds.std) == (9.5, 1.5)
    assert (run.load.concurrency, run.completed) == (16.0, None)
    assert (run.input_tokens.mean, run.output_tokens.mean) == (1024.0, 512.0)


def test_a_time_longer_than_the_run_is_in_another_unit(changed):
    path = changed("inferencex_seconds_medians.json", median_e2el=21447.9)
    with pytest.raises(ReaderError, match=r"median_e2el: must be at most the duration of 214.6 s, got 2.145e\+04 s"):
        read_inferencex(path)


def test_a_latency_under_a_name_that_is_not_known_is_not_said_to_be_absent(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"completed": 3, "mean_ttlt_ms": 900.0, "mean_ttft_ms": 50.0, "num_prompts": 3}))
    (run,) = read_vllm_bench(path)
    assert run.request_seconds is None
    assert "Keys that may hold a latency, and are not known: mean_ttlt_ms." in run.notes


def test_medians_rebuild_a_median_where_there_are_no_means(tmp_path):
    path = tmp_path / "r.json"
    stated = {"completed": 2, "total_output_tokens": 22, "median_ttft_ms": 1000.0, "median_tpot_ms": 100.0}
    path.write_text(json.dumps(stated))
    (run,) = read_vllm_bench(path)
    assert (run.request_seconds.mean, run.request_seconds.percentiles) == (None, {50.0: pytest.approx(2.0)})
    assert not run.measured_end_to_end


def test_a_value_that_the_rebuilt_latency_does_not_rest_on_refuses_nothing(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(two_requests(mean_tpot_ms=math.nan)))
    (run,) = read_vllm_bench(path)
    assert run.request_seconds.mean == pytest.approx(10.1)
    assert "mean_tpot_ms on line 1 is left out: must be a number, 0 or more, got nan." in run.notes
    path.write_text(json.dumps(two_requests(mean_itl_ms=math.nan, mean_tpot_ms=math.nan)))
    with pytest.raises(ReaderError) as caught:
        read_vllm_bench(path)
    assert [message.partition(":1: ")[2].partition(":")[0] for message in caught.value.errors] == [
        "mean_tpot_ms",
        "mean_itl_ms",
    ]
    path.write_text(json.dumps(two_requests(mean_e2el_ms=math.nan)))
    with pytest.raises(ReaderError, match="mean_e2el_ms: must be a number, 0 or more, got nan"):
        read_vllm_bench(path)


def test_reports_of_guidellm_in_other_kinds_of_file_are_told_what_to_do(tmp_path):
    path = tmp_path / "g"
    for text in (
        "Run Info,Run Info,Benchmark\nRun ID,Run Index,Type\n,,\n",
        "benchmarks:\n- type_: generative_benchmark\n",
    ):
        path.write_text(text)
        with pytest.raises(ReaderError, match=r"got a report of guidellm that is no JSON: give its benchmarks\.json"):
            recognise(path)


def test_one_output_token_takes_the_time_to_the_first():
    stated = raw("vllm_one_output_token.json")
    (run,) = read_vllm_bench(DATA / "vllm_one_output_token.json")
    assert run.request_seconds.mean == stated["mean_ttft_ms"] / 1000
    assert run.request_seconds.std == stated["std_ttft_ms"] / 1000
    assert run.request_seconds.percentiles[99.0] == stated["p99_ttft_ms"] / 1000
    assert run.measured_end_to_end
    assert run.notes == ("Each request has one output token: its latency is its time to the first token.",)


def two_requests(**changes):
    """11 tokens at 1 s each and 101 at 0.1 s, after 0.1 s: both take 10.1 s."""
    return {
        "model_id": "m",
        "completed": 2,
        "num_prompts": 2,
        "total_input_tokens": 20,
        "total_output_tokens": 112,
        "mean_ttft_ms": 100.0,
        "mean_tpot_ms": 550.0,
        "std_tpot_ms": 450.0,
        "mean_itl_ms": 20 / 110 * 1000,
    } | changes


def runs_of(tmp_path, data):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(data))
    return read_vllm_bench(path)


def test_a_mean_over_tokens_rebuilds_the_latency_and_a_mean_of_ratios_says_how_far_it_may_be_off(tmp_path):
    (run,) = runs_of(tmp_path, two_requests())
    assert run.request_seconds.mean == pytest.approx(10.1, rel=1e-12)
    assert "mean TPOT, which weighs short answers like long ones, gives 30.35 s" in run.notes[0]
    without = two_requests()
    del without["mean_itl_ms"]
    (run,) = runs_of(tmp_path, without)
    assert run.request_seconds.mean == pytest.approx(30.35, rel=1e-12)
    # The covariance of TPOT and length, -0.45 s * 45 tokens, is the error; lengths vary by less than their mean here.
    assert "it may be off, by up to 25.2 s if the lengths" in run.notes[0]
    assert 30.35 - 10.1 < 0.45 * 56


def test_single_requests_weigh_their_own_lengths(tmp_path):
    detail = {"ttfts": [0.1, 0.1], "itls": [[1.0] * 10, [0.1] * 100], "input_lens": [10, 10], "output_lens": [11, 101]}
    (run,) = runs_of(tmp_path, two_requests(**detail))
    assert run.request_seconds.samples.tolist() == pytest.approx([10.1, 10.1])
    assert run.seconds_per_output_token.samples.tolist() == pytest.approx([1.0, 0.1])


DETAIL = {"ttfts": [1.0, 1.0], "input_lens": [9, 9], "output_lens": [2, 2], "completed": 2}


def test_what_was_measured_counts_before_lists_that_contradict_it(tmp_path):
    """Gaps that hold the time to the first token: with it they would give 3 s."""
    inside = DETAIL | {"itls": [[1.0, 1.0], [1.0, 1.0]], "mean_e2el_ms": 2000.0}
    (run,) = runs_of(tmp_path, inside)
    assert run.request_seconds.mean == 2.0
    assert run.request_seconds.samples.tolist() == [2.0, 2.0]
    assert run.seconds_per_output_token.mean == 1.0
    assert "of which the first is the time to the first token" in run.notes[0]
    (run,) = runs_of(tmp_path, {key: value for key, value in inside.items() if key != "mean_e2el_ms"})
    assert run.request_seconds.samples.tolist() == [2.0, 2.0]
    (run,) = runs_of(tmp_path, DETAIL | {"itls": [[1.0], [1.0]], "mean_e2el_ms": 7000.0, "std_e2el_ms": 500.0})
    assert (run.request_seconds.mean, run.request_seconds.std, run.request_seconds.samples) == (7.0, 0.5, None)
    assert "add up to 2 s in the mean, although 7 s were measured" in run.notes[0]


def test_an_answer_without_a_token_is_a_request_that_failed(tmp_path):
    empty = {"ttfts": [1.0, 1.0, 0.0], "itls": [[1.0], [3.0], []], "input_lens": [9] * 3, "output_lens": [2, 2, 0]}
    (run,) = runs_of(tmp_path, empty | {"completed": 3, "num_prompts": 4, "errors": ["", "", ""]})
    assert (run.completed, run.failed) == (2, 2)
    assert run.request_seconds.samples.tolist() == [2.0, 4.0]
    assert "Requests without an output token, which count as failed: 1." in run.notes


@pytest.mark.parametrize(
    "odd",
    [
        {"request_rate": "fast"},
        {"max_concurrency": [1]},
        {"request_throughput": float("nan")},
        {"failed": -3, "num_prompts": 0.5},
        {"p99_tpot_ms": float("inf"), "std_itl_ms": float("nan")},
        {"mean_tpot_ms": "12"},
        {"anything": float("-inf"), "more": {"else": [float("nan")]}},
    ],
)
def test_what_does_not_matter_refuses_nothing(changed, odd):
    whole = raw("sglang_finite.jsonl")
    (run,) = read_sglang_bench(changed("sglang_finite.jsonl", **odd))
    assert run.request_seconds.mean == whole["mean_e2e_latency_ms"] / 1000
    assert run.request_seconds.std == whole["std_e2e_latency_ms"] / 1000
    told = [note.partition(" on line 1 is left out: must be a")[0] for note in run.notes]
    assert set(told) == {*odd} - {"anything", "more"}


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"mean_e2e_latency_ms": float("nan")}, "mean_e2e_latency_ms: must be a number, 0 or more, got nan"),
        ({"mean_e2e_latency_ms": "fast"}, "mean_e2e_latency_ms: must be a number, 0 or more, got 'fast'"),
        ({"mean_e2e_latency_ms": "gone", "median_e2e_latency_ms": math.inf, "p99_e2e_latency_ms": "gone"}, "got inf"),
        ({"completed": math.inf}, "completed: must be a number, 0 or more, got inf"),
    ],
)
def test_what_matters_is_refused_in_one_line_with_its_key(changed, odd, words):
    with pytest.raises(ReaderError) as caught:
        read_sglang_bench(changed("sglang_finite.jsonl", **odd))
    assert any(words in message for message in caught.value.errors)
    assert all("changed.json:1: " in message for message in caught.value.errors)


def test_a_key_that_stands_twice_matters_where_it_is_used(tmp_path):
    text = (DATA / "sglang_finite.jsonl").read_text().rstrip()
    path = tmp_path / "twice.json"
    path.write_text(text[:-1] + ', "accept_length": 3, "std_tpot_ms": 9}')
    (run,) = read_sglang_bench(path)
    assert run.seconds_per_output_token.std is None
    assert run.notes == ("std_tpot_ms on line 1 is left out: a key must stand once, but it stands on line 1 too.",)
    path.write_text(text[:-1] + ', "mean_e2e_latency_ms": 9}')
    with pytest.raises(ReaderError, match="mean_e2e_latency_ms: a key must stand once"):
        read_sglang_bench(path)


def test_guidellm_before_0_4_has_its_totals_beside_the_metrics(tmp_path):
    stated = raw("guidellm_0.3.1.json")["benchmarks"][0]
    (run,) = read_guidellm(DATA / "guidellm_0.3.1.json")
    latency = stated["metrics"]["request_latency"]["successful"]
    assert (run.request_seconds.mean, run.request_seconds.std) == (latency["mean"], latency["std_dev"])
    assert (run.completed, run.failed) == (27, 0)
    assert run.load.requested_rate == 4.0
    del stated["request_totals"]
    stated["worker"] = {"backend_model": "Qwen/Qwen3-8B"}
    path = tmp_path / "g.json"
    path.write_text(json.dumps({"benchmarks": [stated]}))
    (run,) = read_guidellm(path)
    assert (run.completed, run.failed) == (27, None)
    assert run.model == "Qwen/Qwen3-8B"


def test_guidellm_keeps_model_and_load_in_the_configuration_of_each_benchmark(tmp_path):
    """The report's schema 2: config.backend of the report and of each benchmark, config.strategy."""
    (benchmark,) = raw("guidellm_0.3.1.json")["benchmarks"]
    benchmark["metrics"]["request_totals"] = benchmark.pop("request_totals") | {"errored": 2, "incomplete": 1}
    del benchmark["args"]
    path = tmp_path / "g.json"

    def read(**config):
        found = benchmark | {"config": config}
        path.write_text(
            json.dumps({"metadata": {"version": 2}, "config": {"backend": {"model": "a"}}, "benchmarks": [found]})
        )
        return read_guidellm(path)[0]

    run = read(strategy={"type_": "concurrent", "streams": 8}, backend={"model": "b"})
    assert (run.model, run.load.concurrency, run.load.requested_rate) == ("b", 8.0, None)
    assert (run.completed, run.failed) == (27, 2)
    run = read(strategy={"type_": "throughput", "max_concurrency": 64}, backend={})
    assert (run.model, run.load.concurrency, run.load.requested_rate) == ("a", 64.0, math.inf)
    assert read(strategy={"type_": "poisson", "rate": 2.5}).load.requested_rate == 2.5
    assert read(strategy="x").load.requested_rate is None


def test_aiperf_keeps_model_and_load_in_models_and_phases():
    stated = raw("aiperf_0.10.json")
    (run,) = read_genai_perf(DATA / "aiperf_0.10.json")
    assert run.model == "qwen3.6-nvfp4"
    assert run.load.concurrency == 16.0
    assert run.request_seconds.mean == stated["request_latency"]["avg"] / 1000
    assert run.request_seconds.std == stated["request_latency"]["std"] / 1000
    assert run.request_seconds.percentiles[95.0] == stated["request_latency"]["p95"] / 1000
    assert run.output_tokens.mean == stated["output_sequence_length"]["avg"]
    assert run.completed == 96


@pytest.mark.parametrize("name", ["aiperf_0.10.csv", "genai_perf_gpu_telemetry.csv"])
def test_a_further_table_does_not_refuse_those_that_are_known(name):
    rows = {row[0]: row for row in csv.reader((DATA / name).read_text().splitlines()) if row}
    header = next(csv.reader((DATA / name).read_text().splitlines()))
    stated = {key: float(value) / 1000 for key, value in zip(header[1:], rows["Request Latency (ms)"][1:], strict=True)}
    (run,) = read_genai_perf(DATA / name)
    assert run.request_seconds.mean == stated["avg"]
    assert run.request_seconds.std == stated.get("std")
    assert run.request_seconds.percentiles[99.0] == stated["p99"]
    assert run.completed == float(rows.get("Request Count", rows.get("Request Count (count)"))[1])


def test_further_columns_and_cells_of_a_csv_refuse_nothing(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        "Metric,avg,what,p99,std\nRequest Latency (ms),5,fast,9,1\nFoo (bars),x,y,z,1\nFoo (bars),1,2,3,4\nBar,1\n\n"
        "Metric,Value\nRequest Count,3\n\nAnything,else\n1\n2,3,4\n"
    )
    (run,) = read_genai_perf(path)
    assert (run.request_seconds.mean, run.request_seconds.percentiles, run.completed) == (0.005, {99.0: 0.009}, 3)
    assert run.request_seconds.std == 0.001


def test_aiperf_0_1_keeps_its_metrics_below_records():
    (run,) = read_genai_perf(DATA / "aiperf_0.1.1_records.json")
    assert run.request_seconds.mean == 0.1278
    assert run.request_seconds.percentiles == {0.0: 0.1201, 50.0: 0.127, 95.0: 0.1362, 100.0: 0.1362}
    assert run.ttft_seconds.mean == pytest.approx(0.0641)
    assert (run.completed, run.failed, run.model, run.load.concurrency) == (20, 20, "mock", 2.0)


def test_a_run_in_which_all_failed_says_so_in_one_line():
    (run,) = read_genai_perf(DATA / "aiperf_0.8_all_failed.json")
    assert (run.completed, run.failed, run.request_seconds) == (0, 20, None)
    assert run.notes == ("No request completed: all 20 failed (TimeoutError: TimeoutError()).",)
    assert run.model == "qwen_qwen3.5-4b-gguf:q4_k_m"


def aiperf_lines():
    return [json.loads(line) for line in (DATA / "aiperf_profile_export.jsonl").read_text().splitlines()]


def test_single_requests_of_aiperf_are_a_benchmark_and_lengths():
    path = DATA / "aiperf_profile_export.jsonl"
    metrics = [line["metrics"] for line in aiperf_lines()]
    seconds = [metric["request_latency"]["value"] / 1000 for metric in metrics]
    (run,) = read_aiperf_records(path)
    assert run.request_seconds.samples.tolist() == seconds
    assert run.ttft_seconds.samples.tolist() == [metric["time_to_first_token"]["value"] / 1000 for metric in metrics]
    assert run.request_seconds.mean == pytest.approx(statistics.fmean(seconds))
    times = [line["metadata"] for line in aiperf_lines()]
    span = (max(time["request_end_ns"] for time in times) - min(time["request_start_ns"] for time in times)) / 1e9
    assert run.load.achieved_rate == pytest.approx(3 / span, rel=1e-5)
    assert run.load.concurrency == pytest.approx(sum(seconds) / span, rel=1e-5)
    trace = read_as(path, "lengths")
    assert trace.input_tokens.tolist() == [32, 32, 32]
    assert trace.output_tokens.tolist() == [18, 18, 18]
    assert trace.seconds.tolist() == seconds


def test_requests_of_aiperf_that_failed_or_warmed_up_are_told_apart(tmp_path):
    lines = aiperf_lines() + aiperf_lines()
    lines[0]["metadata"]["benchmark_phase"] = "warmup"
    lines[1] |= {"error": {"code": 500}, "metrics": {"error_isl": {"value": 9, "unit": "tokens"}}}
    lines[2]["metrics"]["output_sequence_length"]["value"] = 0
    del lines[3]["metrics"]["request_latency"]
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(map(json.dumps, lines[:4])))
    (run,) = read_aiperf_records(path)
    assert (run.completed, run.failed) == (1, 2)
    took = lines[3]["metadata"]["request_end_ns"] - lines[3]["metadata"]["request_start_ns"]
    assert run.request_seconds.mean == pytest.approx(took / 1e9, rel=1e-5)
    assert run.notes == ("Requests of the warm-up, which are left out: 1.",)
    path.write_text("\n".join(map(json.dumps, lines[1:3])))
    (run,) = read_aiperf_records(path)
    assert run.notes[0] == "No request completed: all 2 failed."
    lines[4]["metrics"]["request_latency"]["value"] = "fast"
    lines[5]["metrics"] = {"request_latency": {"value": 3, "unit": "fortnights"}}
    for line in lines[4:]:
        del line["metadata"]
    path.write_text("\n".join(map(json.dumps, lines[4:])))
    with pytest.raises(ReaderError) as caught:
        read_aiperf_records(path)
    assert [message.partition("p.jsonl:")[2][:58] for message in caught.value.errors] == [
        "1: metrics.request_latency.value: must be a number, 0 or m",
        "2: metrics.request_latency.unit: must be one of s, sec, se",
    ]


def test_llmperf_tells_its_requests_or_their_summary(tmp_path):
    requests = raw("llmperf_individual.json")
    (run,) = read_llmperf(DATA / "llmperf_individual.json")
    assert run.request_seconds.samples.tolist() == [request["end_to_end_latency_s"] for request in requests]
    assert run.output_tokens.samples.tolist() == [151.0] * 3
    assert (run.completed, run.failed) == (3, 0)
    stated = raw("llmperf_summary.json")
    (run,) = read_llmperf(DATA / "llmperf_summary.json")
    assert run.request_seconds.mean == stated["results_end_to_end_latency_s_mean"]
    assert run.request_seconds.std == stated["results_end_to_end_latency_s_stddev"]
    assert run.request_seconds.percentiles[95.0] == stated["results_end_to_end_latency_s_quantiles_p95"]
    assert run.output_tokens.std == stated["results_number_output_tokens_stddev"]
    assert (run.model, run.load.concurrency, run.completed) == ("meta-llama/Llama-2-70b-chat-hf", 5.0, 150)
    requests[0] |= {"error_code": 500, "end_to_end_latency_s": None}
    path = tmp_path / "i.json"
    path.write_text(json.dumps(requests))
    (run,) = read_llmperf(path)
    assert (run.completed, run.failed) == (2, 1)


def test_lengths_have_other_names_and_stand_in_json_lines():
    rows = list(csv.DictReader((DATA / "mlperf_lengths.csv").read_text().splitlines()))
    trace = read_as(DATA / "mlperf_lengths.csv", "lengths")
    assert trace.output_tokens.tolist() == [int(row["output_length"]) for row in rows]
    lines = [json.loads(line) for line in (DATA / "mooncake.jsonl").read_text().splitlines()]
    trace = read_as(DATA / "mooncake.jsonl", "lengths")
    assert trace.input_tokens.tolist() == [line["input_length"] for line in lines]
    assert trace.output_tokens.tolist() == [line["output_length"] for line in lines]


@pytest.mark.parametrize(
    ("inward", "outward"),
    [("isl", "osl"), ("num_prefill_tokens", "num_decode_tokens"), ("prompt_len", "output_len")],
)
def test_pairs_of_names_are_known_by_themselves(tmp_path, inward, outward):
    path = tmp_path / "lengths"
    for text in (f"id,{outward},{inward}\na,2,1\n", json.dumps({inward: 1, outward: 2, "x": "Infinity"})):
        path.write_text(text)
        trace = read_as(path, "lengths")
        assert (trace.input_tokens.tolist(), trace.output_tokens.tolist()) == ([1], [2])


def test_errors_of_lengths_in_json_lines_have_line_and_key(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text('{"input_tokens": 1, "output_tokens": 1.5}\n{"input_tokens": NaN, "output_tokens": 2, "x": NaN}\n')
    with pytest.raises(ReaderError) as caught:
        read_lengths(path)
    assert [message.partition("l.jsonl:")[2] for message in caught.value.errors] == [
        "1: output_tokens: must be a whole number, 0 or more, got 1.5",
        "2: input_tokens: must be a whole number, 0 or more, got nan",
    ]
    path.write_text('{"input_tokens": 1}\n')
    with pytest.raises(ReaderError, match=r"must have a key 'output_tokens' .*; it has: 'input_tokens'"):
        read_lengths(path)


def test_a_benchmark_without_single_requests_tells_no_lengths():
    with pytest.raises(ReaderError, match="must contain the lengths of single requests, got those of whole runs"):
        read_as(DATA / "aiperf_0.10.json", "lengths")
    assert read_as(DATA / "vllm_bench_detailed.json", "lengths").output_tokens.tolist() == [3, 4, 1]
