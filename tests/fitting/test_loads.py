"""Runs of a benchmark at several loads become times over the load."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.fitting import Given, fit_model
from moo_inference.fitting.loads import concurrency_of, load_fields
from moo_inference.readers.registry import read_as
from moo_inference.readers.serving.run import Load, ServingRun, Spread

DATA = Path(__file__).parent.parent / "data"
KNOWN = Given(input_price=1.0, output_price=2.0, accuracy=(0.5, 0.1), input_tokens=(100, 5), output_tokens=(50, 5))


def run_of(load, seconds=2.0, ttft=0.5, *, model="m", written=51.0, where="bench.json:1", **changes):
    values = {
        "tool": "tool",
        "model": model,
        "load": load,
        "completed": 100,
        "failed": 0,
        "request_seconds": Spread(seconds, 0.1 * seconds),
        "ttft_seconds": None if ttft is None else Spread(ttft),
        "seconds_per_output_token": None,
        "definition": "",
        "input_tokens": Spread(100.0, 0.0),
        "output_tokens": Spread(written, 0.0),
        "measured_end_to_end": True,
        "where": where,
    }
    return ServingRun(**{**values, **changes})


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(None, 8.0, 3.0), 8.0),
        (Load(math.inf, 8.0, 3.0), 8.0),
        # At a rate: itself, and by Little's law rate x seconds others.
        (Load(5.0, None, 4.0), 1 + 4.0 * 2.0),
        (Load(5.0, 7.7, 4.0), 1 + 4.0 * 2.0),
        (Load(5.0, None, None), 1 + 5.0 * 2.0),
        (Load(None, 0.4, 0.2), 1.0),
    ],
)
def test_the_requests_in_flight_of_a_run(load, expected):
    assert concurrency_of(run_of(load)) == expected


@pytest.mark.parametrize("load", [Load(), Load(None, None, 3.0)])
def test_a_run_without_a_load_is_refused(load):
    with pytest.raises(SettingError, match="must contain at how many requests at the same time, or at which rate"):
        load_fields([run_of(load), run_of(Load(None, 2.0))], other_lengths=False)


def test_times_of_requests_with_their_spread_where_the_lengths_are_those_of_the_benchmark():
    runs = [run_of(Load(None, float(c)), seconds=1 + c / 10) for c in (8, 1, 4)]
    found = load_fields(runs, other_lengths=False, usd_per_hour=3.0, replicas=2)
    servers = found.values["servers"]
    assert [load["concurrency"] for load in servers["loads"]] == [1, 4, 8]
    assert [load["request_seconds"]["mean"] for load in servers["loads"]] == [1.1, 1.4, 1.8]
    assert (servers["usd_per_hour"], servers["replicas"]) == (3.0, 2)
    assert found.values["input_tokens"]["mean"] == 100
    assert "3 loads from 1 to 8 requests at the same time" in found.sources["servers"]
    assert any("is predicted by the others within" in note for note in found.notes)


def test_times_by_the_token_where_the_lengths_are_the_models_own():
    """The benchmark's own lengths take the benchmark's own time."""
    runs = [run_of(Load(None, float(c)), seconds=1 + c / 10) for c in (1, 4, 8)]
    servers = load_fields(runs, other_lengths=True).values["servers"]
    for load, run in zip(servers["loads"], runs, strict=True):
        whole = 100 * load["seconds_per_input_token"] + 51 * load["seconds_per_output_token"]
        assert whole == pytest.approx(run.request_seconds.mean)
        assert load["ttft_seconds"] == 0.5


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([run_of(Load(None, 1.0))], "must have runs at two loads or more, got 1 steady load"),
        ([run_of(Load(None, 1.0)), run_of(Load(math.inf, None))], "got 1 steady load"),
        (
            [run_of(Load(None, 2.0)), run_of(Load(None, 2.0))],
            "each load must be given once, got 2 at the same time twice",
        ),
        ([run_of(Load(None, 2.0)), run_of(Load(None, 4.0), model="other")], "must be of one model, got m, other"),
        (
            [run_of(Load(None, 2.0)), run_of(Load(None, 4.0), completed=0, failed=9)],
            "must have requests that completed, got none, 9 failed",
        ),
    ],
)
def test_runs_that_make_no_curve_are_refused(runs, sentence):
    with pytest.raises(SettingError, match=sentence):
        load_fields(runs, other_lengths=False)


def test_all_at_once_is_no_steady_load_and_other_lengths_are_reported():
    runs = [run_of(Load(None, 1.0)), run_of(Load(None, 2.0), written=80.0), run_of(Load(math.inf, None))]
    notes = load_fields(runs, other_lengths=False).notes
    assert any("no steady load, and is left out" in note for note in notes)
    assert any("output_tokens lie between 51 and 80" in note for note in notes)


def test_failed_requests_of_all_loads_are_counted():
    runs = [run_of(Load(None, 1.0), failed=10), run_of(Load(None, 2.0), failed=30)]
    assert load_fields(runs, other_lengths=False).values["failed_share"] == 40 / 240


def test_a_model_by_the_hour_needs_no_prices_per_token():
    runs = [run_of(Load(None, float(c)), seconds=1 + c / 10) for c in (1, 4, 8)]
    fitted = fit_model("own", loads=runs, given=Given(accuracy=(0.5, 0.1), usd_per_hour=2.0))
    assert fitted.model.servers.usd_per_hour == 2.0
    assert fitted.model.request_seconds is None
    assert len(fitted.model.servers.loads) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"given": Given(accuracy=(0.5, 0.1), usd_per_hour=2.0)}, "give --loads FILE"),
        ({"given": KNOWN, "serving": run_of(Load(None, 1.0)), "loads": True}, "must not be given together with"),
        ({"given": Given(accuracy=(0.5, 0.1)), "loads": True}, "the price of input"),
    ],
)
def test_what_does_not_go_together_is_refused(options, sentence):
    runs = [run_of(Load(None, float(c)), seconds=1 + c / 10) for c in (1, 4)]
    options = {**options, "loads": runs if options.get("loads") else ()}
    with pytest.raises(SettingError, match=sentence):
        fit_model("own", **options)


def test_a_rate_that_is_served_counts_and_not_one_that_is_sent():
    """In saturation inference-perf sends more than is served."""
    path = DATA / "inference_perf_stage_0.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    [run] = read_as(path, "serving")
    served = report["successes"]["throughput"]["requests_per_sec"]
    assert (run.load.served_rate, run.load.achieved_rate) == (served, report["load_summary"]["achieved_rate"])
    assert concurrency_of(run) == 1 + served * run.request_seconds.mean


def test_real_runs_of_one_file_at_two_loads():
    runs = read_as(DATA / "vllm_bench_runs.jsonl", "serving")
    fitted = fit_model("qwen", loads=runs, given=Given(input_price=1.0, output_price=2.0, accuracy=(0.5, 0.1)))
    loads = fitted.model.servers.loads
    assert len(loads) == 2
    assert np.isfinite([load.concurrency for load in loads]).all()
