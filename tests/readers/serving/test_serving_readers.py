import json
import math

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError
from moo_inference.readers import Spread, read_genai_perf, read_guidellm, read_inference_perf, read_vllm_bench

DATA = ROOT / "tests" / "data"
STAGE = DATA / "inference_perf_stage_0.json"
RUNS = DATA / "vllm_bench_runs.jsonl"
DETAILED = DATA / "vllm_bench_detailed.json"
GUIDELLM = DATA / "guidellm_benchmarks.json"
AIPERF = DATA / "aiperf_profile_export.json"


@pytest.fixture
def changed(tmp_path):
    """A sample with changes in its JSON, as a file."""

    def change(sample, work):
        data = json.loads(sample.read_text())
        path = tmp_path / sample.name
        path.write_text(json.dumps(work(data) or data))
        return path

    return change


@pytest.mark.parametrize("name", ["inference_perf_stage_0.json", "inference_perf_summary.json"])
def test_inference_perf_is_in_seconds_as_it_stands(name):
    raw = json.loads((DATA / name).read_text())
    (run,) = read_inference_perf(DATA / name)
    latency = raw["successes"]["latency"]
    for spread, stated in (
        (run.request_seconds, latency["request_latency"]),
        (run.ttft_seconds, latency["time_to_first_token"]),
        (run.seconds_per_output_token, latency["time_per_output_token"]),
        (run.input_tokens, raw["successes"]["prompt_len"]),
        (run.output_tokens, raw["successes"]["output_len"]),
    ):
        assert spread.mean == stated["mean"]
        assert spread.std is None
        levels = {"min": 0.0, "median": 50.0, "max": 100.0}
        assert spread.percentiles == {
            levels.get(k) if k in levels else float(k[1:]): v for k, v in stated.items() if k != "mean"
        }
        assert list(spread.percentiles.values()) == sorted(spread.percentiles.values())
    assert run.completed == raw["successes"]["count"]
    assert run.failed == raw["failures"]["count"]
    assert run.load.requested_rate == raw["load_summary"].get("requested_rate")
    assert run.measured_end_to_end
    assert run.where.endswith(f"{name}:1")


def test_inference_perf_tells_that_its_tpot_counts_chunks():
    (run,) = read_inference_perf(STAGE)
    assert "1.96 times" in run.notes[0]
    assert "0.2467 s: use the measured one" in run.notes[0]
    assert run.load.achieved_rate == 1.0048047820203576
    (summary,) = read_inference_perf(DATA / "inference_perf_summary.json")
    assert "mixes latencies of different loads" in summary.notes[-1]
    assert summary.load.achieved_rate == 73.96165655384814


def test_latency_without_streaming_has_no_ttft(changed):
    def work(data):
        data["successes"]["latency"]["time_to_first_token"] = None
        data["successes"]["latency"]["time_per_output_token"] = None
        data["failures"]["count"] = 7

    (run,) = read_inference_perf(changed(STAGE, work))
    assert run.ttft_seconds is None
    assert run.seconds_per_output_token is None
    assert run.request_seconds.mean == 0.48322820343310013
    assert run.failed == 7
    assert run.notes == ()


def test_errors_of_a_report_are_told_at_once(changed):
    def work(data):
        data["successes"]["latency"]["request_latency"]["mean"] = "0.48"
        data["successes"]["output_len"] = 62
        data["successes"]["count"] = 1.5
        # What does not matter refuses nothing.
        data["load_summary"]["achieved_rate"] = -1

    with pytest.raises(ReaderError) as caught:
        read_inference_perf(changed(STAGE, work))
    assert [message.partition(".json:1: ")[2] for message in caught.value.errors] == [
        "successes.count: must be a whole number, got 1.5",
        "successes.latency.request_latency.mean: must be a number, 0 or more, got '0.48'",
        "successes.output_len: must hold keys and values, got 62",
    ]


def test_genai_perf_csv_has_two_tables_with_units_in_the_names():
    path = DATA / "genai_perf_profile_export.csv"
    assert b"\r\n\r\n" in path.read_bytes()
    (run,) = read_genai_perf(path)
    assert run.request_seconds.mean == 0.005
    assert run.request_seconds.percentiles[99.0] == 0.00598
    assert run.request_seconds.percentiles[0.0] == 0.004
    stated = {0: 7, 1: 7.02, 5: 7.1, 10: 7.2, 25: 7.5, 50: 8, 75: 8.5, 90: 8.8, 95: 8.9, 99: 8.98, 100: 9}
    assert run.ttft_seconds.percentiles == {float(level): value / 1000 for level, value in stated.items()}
    assert run.seconds_per_output_token.mean == 0.011
    assert run.input_tokens.mean == 6.0
    assert run.output_tokens.mean == 2.0
    assert run.completed == 3
    assert run.failed is None
    assert run.load.achieved_rate == 123.0
    assert "excludes the first token" in run.definition
    assert "0.26 times" in run.notes[0]


@pytest.mark.parametrize(
    ("unit", "value", "seconds"),
    [("ms", "1,234.50", 1.2345), ("us", "1234.5", 0.0012345), ("s", "12", 12.0), ("ns", "5e8", 0.5)],
)
def test_units_of_genai_perf_are_those_of_its_file(tmp_path, unit, value, seconds):
    path = tmp_path / "profile.csv"
    path.write_text(f'Metric,avg,min\r\nRequest Latency ({unit}),"{value}",N/A\r\n')
    (run,) = read_genai_perf(path)
    assert run.request_seconds.mean == seconds
    assert run.request_seconds.percentiles == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Metric,avg\nRequest Latency (minutes),1\n",
            "request_latency.unit: must be one of s, sec, second, seconds, ms, ",
        ),
        ("Metric,avg\nRequest Latency,1\n", "request_latency.unit: must be one of"),
        ("Metric,avg\nRequest Latency (ms),fast\n", ":2: request_latency.avg: must be a number, 0 or more, got 'fast'"),
        (
            "Metric,avg\nRequest Latency (ms),1,2\n",
            ":2: request_latency: must have 2 cells, as the table's header has, got 3",
        ),
        (
            "Metric,avg\nRequest Latency (ms),1\nRequest Latency (ms),2\n",
            ":2: request_latency: a metric must stand once, but it stands on line 3 too",
        ),
        ("Metric,avg\nThroughput (per sec),1\n", "must hold at least one of time_to_first_token"),
        ('Metric,avg\n"Request Latency (ms),1\n', "must be valid CSV"),
    ],
)
def test_errors_of_genai_perf_csv(tmp_path, text, words):
    path = tmp_path / "profile.csv"
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        read_genai_perf(path)
    assert words in caught.value.errors[0]


def test_aiperf_json():
    raw = json.loads(AIPERF.read_text())
    (run,) = read_genai_perf(AIPERF)
    assert run.model == "Qwen/Qwen3-8B"
    assert run.load.concurrency == 4.0
    assert run.load.requested_rate is None
    assert run.load.achieved_rate == raw["request_throughput"]["avg"]
    assert (run.completed, run.failed) == (50, 3)
    for spread, name in (
        (run.request_seconds, "request_latency"),
        (run.seconds_per_output_token, "inter_token_latency"),
    ):
        assert spread.mean == raw[name]["avg"] / 1000
        assert spread.std == raw[name]["std"] / 1000
        assert spread.percentiles[95.0] == raw[name]["p95"] / 1000
    # 119 ms + 127 * 18.75 ms = 2500.25 ms: the identity holds, and nothing is said.
    assert run.notes == ()


def test_latency_of_aiperf_is_rebuilt_where_it_was_not_measured(changed):
    def without_latency(data):
        del data["request_latency"], data["request_count"]

    (run,) = read_genai_perf(changed(AIPERF, without_latency))
    assert run.request_seconds.mean == pytest.approx(0.119 + 127 * 0.01875, rel=1e-15)
    assert not run.measured_end_to_end
    assert run.completed is None
    assert run.notes[0] == "The number of requests is not given."
    assert "its mean is rebuilt as" in run.notes[1]

    def with_ttft_alone(data):
        without_latency(data)
        del data["inter_token_latency"]

    (run,) = read_genai_perf(changed(AIPERF, with_ttft_alone))
    assert run.request_seconds is None
    assert "cannot be rebuilt" in run.notes[1]


def test_latency_is_never_rebuilt_from_chunks(changed):
    (run,) = read_inference_perf(
        changed(STAGE, lambda data: data["successes"]["latency"].pop("request_latency") and None)
    )
    assert run.request_seconds is None
    assert not run.measured_end_to_end
    assert run.notes == ("The latency was not measured, and cannot be rebuilt from the times between chunks.",)


def test_vllm_bench_has_one_object_a_line_at_different_loads():
    first, second = read_vllm_bench(RUNS)
    assert first.load.requested_rate == 10.0
    assert first.load.concurrency is None
    assert second.load.requested_rate == math.inf
    assert second.load.concurrency == 32.0
    assert (first.completed, first.failed) == (100, 0)
    assert (second.completed, second.failed) == (98, 2)
    assert first.model == "Qwen/Qwen3-8B"
    assert first.ttft_seconds.mean == 0.0625
    assert first.ttft_seconds.std == 0.012
    assert first.ttft_seconds.percentiles == {50.0: 0.06, 99.0: 0.11}
    assert first.output_tokens.mean == 128.0
    assert [run.where.rpartition(":")[2] for run in (first, second)] == ["1", "2"]


def test_vllm_latency_is_rebuilt_by_its_own_definition_where_it_was_not_measured():
    first, second = read_vllm_bench(RUNS)
    assert not first.measured_end_to_end
    # Mean ITL is over tokens, mean TPOT, 25 ms, over requests.
    assert first.request_seconds.mean == pytest.approx(0.0625 + 0.0251 * 127, rel=1e-15)
    assert "gives 3.238 s" in first.notes[0]
    assert first.request_seconds.std is None
    assert "its mean is rebuilt" in first.notes[0]
    assert second.measured_end_to_end
    assert second.request_seconds.mean == 12.5
    assert second.request_seconds.percentiles == {50.0: 12.4, 99.0: 15.5}
    assert second.notes == ()


def test_vllm_detailed_rebuilds_each_request_that_has_no_error():
    raw = json.loads(DETAILED.read_text())
    (run,) = read_vllm_bench(DETAILED)
    ok = [place for place, error in enumerate(raw["errors"]) if not error]
    expected = [raw["ttfts"][place] + sum(raw["itls"][place]) for place in ok]
    assert run.request_seconds.samples.tolist() == expected == [0.4375, 1.25, 0.125]
    assert run.request_seconds.mean == pytest.approx(np.mean(expected), rel=1e-15)
    assert run.request_seconds.percentiles[50.0] == 0.4375
    assert run.ttft_seconds.samples.tolist() == [0.25, 0.5, 0.125]
    assert run.input_tokens.samples.tolist() == [10.0, 20.0, 40.0]
    assert run.output_tokens.samples.tolist() == [3.0, 4.0, 1.0]
    # (latency - TTFT) / (n - 1), of requests with more than one token.
    assert run.seconds_per_output_token.samples.tolist() == [0.09375, 0.25]
    assert run.seconds_per_output_token.mean == raw["mean_tpot_ms"] / 1000
    assert run.measured_end_to_end
    assert (run.completed, run.failed) == (3, 1)


def test_vllm_without_streaming_knows_no_ttft(changed):
    def work(data):
        data["ttfts"], data["itls"] = [0.0] * 4, [[]] * 4
        data["mean_ttft_ms"] = data["mean_tpot_ms"] = 0.0

    (run,) = read_vllm_bench(changed(DETAILED, work))
    assert run.ttft_seconds is None
    assert run.request_seconds is None
    assert not run.measured_end_to_end
    assert run.input_tokens.samples.tolist() == [10.0, 20.0, 40.0]
    assert "it is unknown, and not 0" in run.notes[0]
    assert "cannot be rebuilt" in run.notes[1]


def test_vllm_requests_without_a_ttft_among_others_are_left_out(changed):
    def work(data):
        data["ttfts"][1] = 0.0
        data["p99.9_ttft_ms"], data["px_ttft_ms"] = 499.0, 1.0
        data["completed"] = 2

    (run,) = read_vllm_bench(changed(DETAILED, work))
    assert run.request_seconds.samples.tolist() == [0.4375, 0.125]
    assert run.output_tokens.samples.tolist() == [3.0, 1.0]
    assert run.seconds_per_output_token.samples.tolist() == [0.09375]
    assert run.notes[1:] == (
        "Requests without a time to the first token, which are left out: 1.",
        "3 requests have no error, although 2 are said to have completed.",
    )


def test_vllm_percentiles_are_found_by_their_names(changed):
    def work(data):
        del data["ttfts"]
        data["p99.9_ttft_ms"], data["px_ttft_ms"], data["p200_ttft_ms"] = 499.0, 1.0, 1.0

    (run,) = read_vllm_bench(changed(DETAILED, work))
    assert run.ttft_seconds.percentiles == {50.0: 0.25, 99.0: 0.495, 99.9: 0.499}


def test_keys_that_are_no_percentile_are_left_out(changed):
    def work(data):
        data["successes"]["output_len"] |= {"px": 1, "p200": 2, "count": 3}

    (run,) = read_inference_perf(changed(STAGE, work))
    (plain,) = read_inference_perf(STAGE)
    assert run.output_tokens.percentiles == plain.output_tokens.percentiles


def test_a_run_in_which_nothing_completed_has_no_latency(changed):
    (run,) = read_vllm_bench(changed(DETAILED, lambda data: data.update(completed=0, mean_ttft_ms=0.0)))
    assert run.request_seconds is None
    assert run.failed == 4
    assert run.notes == ("No request completed: all 4 failed.",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"itls": [[0.1]]}, "itls: must be a list as long as ttfts, got a list of 1"),
        ({"ttfts": [0.1, None, 0.1, 0.1]}, "ttfts.1: must be a number, 0 or more, got nothing"),
        ({"itls": [[], ["x"], [], []]}, "itls.1: must be a list of seconds"),
        ({"mean_tpot_ms": -1}, "mean_tpot_ms: must be a number, 0 or more, got -1"),
        ({"completed": None}, "completed: must be given"),
    ],
)
def test_errors_of_vllm_results(changed, change, words):
    """Without statistics nothing but the lists tells how long requests take; without ITL, nothing but TPOT."""

    def work(data):
        gone = ("ttfts", "mean_itl") if "mean_tpot_ms" in change else ("mean", "median", "std", "p99")
        for key in [key for key in data if key.startswith(gone)]:
            del data[key]
        data.update(change)

    with pytest.raises(ReaderError) as caught:
        read_vllm_bench(changed(DETAILED, work))
    assert words in caught.value.errors[0]


def test_lists_of_requests_that_are_invalid_leave_the_statistics(changed):
    (run,) = read_vllm_bench(changed(DETAILED, lambda data: data.update(itls=[[0.1]])))
    raw = json.loads(DETAILED.read_text())
    assert run.ttft_seconds.mean == raw["mean_ttft_ms"] / 1000
    assert run.request_seconds.samples is None
    assert any("itls on line 1 is left out: must be a list as long as ttfts" in note for note in run.notes)


def test_guidellm_gives_one_run_for_each_load():
    raw = json.loads(GUIDELLM.read_text())["benchmarks"]
    constant, throughput, synchronous = read_guidellm(GUIDELLM)
    assert constant.load.requested_rate == 2.0
    assert constant.load.concurrency == 7.2
    assert constant.load.achieved_rate == 1.95
    assert throughput.load.requested_rate == math.inf
    assert synchronous.load.concurrency == 1.0
    assert (constant.completed, constant.failed) == (40, 1)
    assert "left out: 2" in constant.notes[0]
    stated = raw[0]["metrics"]["request_latency"]["successful"]
    assert constant.request_seconds.mean == stated["mean"]
    assert constant.request_seconds.std == stated["std_dev"]
    assert constant.request_seconds.percentiles == {
        0.0: 3.2,
        0.1: 3.2,
        1.0: 3.2,
        5.0: 3.4,
        10.0: 3.45,
        25.0: 3.55,
        50.0: 3.65,
        75.0: 3.8,
        90.0: 4.0,
        95.0: 4.1,
        99.0: 4.4,
        99.9: 4.4,
        100.0: 4.4,
    }
    assert constant.ttft_seconds.mean == 0.08
    assert constant.seconds_per_output_token.mean == 0.0285
    assert "excludes the first token" in constant.definition
    lines = GUIDELLM.read_text().split("\n")
    for run in (constant, throughput, synchronous):
        assert lines[int(run.where.rpartition(":")[2]) - 1] == "    {"


def test_old_guidellm_reports_have_medians_alone():
    _, run, _ = read_guidellm(GUIDELLM)
    assert run.request_seconds.mean is None
    assert run.request_seconds.percentiles == {50.0: 11.0}
    assert run.ttft_seconds.percentiles == {50.0: 2.5}
    assert run.notes == ("The report gives medians and no means, as older versions did.",)


def test_guidellm_latency_is_rebuilt_by_its_two_definitions(changed):
    def without_latency(data):
        for benchmark in data["benchmarks"]:
            del benchmark["metrics"]["request_latency"]

    run, *_ = read_guidellm(changed(GUIDELLM, without_latency))
    # Its time per output token includes the first: 128 * 28.90625 ms.
    assert run.request_seconds.mean == pytest.approx(3.7, rel=1e-15)
    assert not run.measured_end_to_end
    assert "which includes the first" in run.notes[1]

    def without_either(data):
        without_latency(data)
        del data["benchmarks"][0]["metrics"]["time_per_output_token_ms"]

    run, *_ = read_guidellm(changed(GUIDELLM, without_either))
    assert run.request_seconds.mean == pytest.approx(0.08 + 127 * 0.0285, rel=1e-15)

    def with_the_first_alone(data):
        del data["benchmarks"][0]["metrics"]["inter_token_latency_ms"]

    run, *_ = read_guidellm(changed(GUIDELLM, with_the_first_alone))
    assert run.seconds_per_output_token.mean == 0.02890625
    assert "includes the first token" in run.definition


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_inference_perf, "[]", 'must hold "successes" and "load_summary"'),
        (read_inference_perf, '{"successes": 3}', "successes: must hold keys and values, got 3"),
        (read_inference_perf, '{"successes": {"count": 1, "output_len": 62}}', "output_len: must hold keys and values"),
        (read_genai_perf, "{}", "must hold at least one of time_to_first_token"),
        (read_vllm_bench, "[]", "must hold at least one result"),
        (read_vllm_bench, "[3]", 'must be a result with "completed" and latencies, got 3'),
        (read_guidellm, '{"benchmarks": []}', "must hold at least one benchmark"),
        (read_guidellm, '{"benchmarks": [{}]}', "benchmarks.0.metrics: must hold the metrics, got nothing"),
        (read_guidellm, "{}", 'must hold a list of "benchmarks"'),
    ],
)
def test_files_of_another_shape_are_refused(tmp_path, read, text, words):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        read(path)
    assert words in caught.value.errors[0]


def test_the_spread_of_samples_is_numpys():
    values = np.random.default_rng(1).gamma(2.0, size=1000)
    spread = Spread.of(values)
    assert spread.mean == values.mean()
    assert spread.std == values.std()
    assert spread.percentiles[95.0] == np.percentile(values, 95)
    assert (spread.percentiles[0.0], spread.percentiles[100.0]) == (values.min(), values.max())
    assert Spread.of([]) is None
