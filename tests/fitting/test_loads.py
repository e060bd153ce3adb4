"""Runs of a benchmark at several loads become times over the load."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.fitting import Given, fit_model
from moo_inference.fitting.loads import concurrency_of, files_of, load_fields
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


def test_the_files_of_a_folder_are_those_that_are_shown_in_the_order_of_their_names(tmp_path):
    for name in ("b.json", "a.json", ".hidden"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "below").mkdir()
    assert files_of(tmp_path) == [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    assert files_of(tmp_path / "b.json") == [str(tmp_path / "b.json")]
    assert files_of("is/not/there.json") == ["is/not/there.json"]
    empty = tmp_path / "below"
    (empty / ".hidden").write_text("{}")
    with pytest.raises(SettingError) as refused:
        files_of(empty)
    assert str(refused.value) == f"{empty}: must hold files with runs of a benchmark, got an empty folder"


def test_all_that_is_known_of_runs_at_two_loads():
    """The lengths, the tool and the name are those of the least load; what holds of each run is said once."""
    rebuilt = {"measured_end_to_end": False, "definition": "mean time between tokens"}
    busy = run_of(
        Load(None, 4.0, 2.5), 3.0, None, written=80.0, where="runs.json:7", tool="other", model="org/m", **rebuilt
    )
    calm = run_of(Load(None, 1.5, 0.0), 1.0, written=40.0, where="runs.json:3", **rebuilt)
    found = load_fields([busy, calm], other_lengths=False)
    source = "runs.json, tool, m, 2 loads from 1.5 to 4 requests at the same time"
    lengths = {"input_tokens": {"mean": 100.0, "std": 0.0}, "output_tokens": {"mean": 40.0, "std": 0.0}}
    loads = [
        {"concurrency": 1.5, "request_seconds": {"mean": 1.0, "std": 0.1}, "ttft_seconds": 0.5},
        {"concurrency": 4.0, "request_seconds": {"mean": 3.0, "std": 3.0 * 0.1}, "requests_per_second": 2.5},
    ]
    assert found.values == {"servers": {"loads": loads, "replicas": 1}, **lengths}
    assert found.sources == dict.fromkeys(("servers", *lengths), source)
    assert found.notes == (
        "runs.json: the time of a request is rebuilt, by the tool's own definition: mean time between tokens",
        "runs.json: output_tokens lie between 40 and 80 on average: a difference of their times is not one of the load "
        "alone",
        "runs.json: by how much they are off between two loads is not known",
    )


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        (("a.json:1", "a.json:2"), "a.json"),
        (("a.json:1", "b.json"), "a.json, b.json"),
        (("C:/a.json:1", "C:/a.json:2"), "C:/a.json"),
        (("c.json", "b.json:2", "b.json:4", "a.json:9"), "c.json and 2 more files"),
    ],
)
def test_the_first_of_many_files_is_named(places, shown):
    runs = [run_of(Load(None, 2.0**i), 1.0 + i, where=place, model=None) for i, place in enumerate(places)]
    found = load_fields(runs, other_lengths=False)
    loads = f"{len(places)} loads from 1 to {2 ** (len(places) - 1)} requests at the same time"
    assert found.sources["servers"] == f"{shown}, tool, {loads}"
    assert found.notes[-1].startswith(f"{shown}: ")


@pytest.mark.parametrize("other_lengths", [False, True])
def test_how_well_the_outer_loads_predict_the_inner_one(other_lengths):
    """On the straight line from 1 to 4 s a request in the middle would take 2.5 s; it took 2 s: 25 % off."""
    # Of 100 tokens read and 51 written.
    runs = [run_of(Load(None, c), seconds, ttft) for c, seconds, ttft in ((1, 1.0, 0.5), (2, 2.0, 0.6), (3, 4.0, 1.0))]
    notes = load_fields(runs, other_lengths=other_lengths).notes
    assert notes[-1] == (
        "bench.json: left out one by one, the time of a request at a load is predicted by the others within 25 % "
        "(median), 25 % at most"
    )


def test_how_well_loads_predict_each_other_is_said_for_the_mean_lengths():
    """Of answers whose percentiles alone are known, the mean is fitted, and is not the median."""
    skewed = Spread(None, None, {50.0: 40.0, 95.0: 400.0})
    runs = [
        run_of(Load(None, c), seconds, ttft, output_tokens=skewed)
        for c, seconds, ttft in ((1, 1.0, 0.5), (2, 2.0, 0.9), (3, 4.0, 1.0))
    ]
    found = load_fields(runs, other_lengths=True)
    lengths = [found.values[name]["mean"] for name in ("input_tokens", "output_tokens")]
    assert lengths[1] > 60
    names = ("seconds_per_input_token", "seconds_per_output_token")
    first, middle, last = (
        sum(load[name] * length for name, length in zip(names, lengths, strict=True))
        for load in found.values["servers"]["loads"]
    )
    off = f"{100 * abs((first + last) / 2 / middle - 1):.2g} %"
    assert off != "25 %", "which it is at the median"
    assert found.notes[-1].endswith(f"is predicted by the others within {off} (median), {off} at most")


def test_what_is_wrong_with_runs_is_told_all_at_once():
    runs = [
        run_of(Load(math.inf), where="a.json:1", model=None),
        run_of(Load(None, None, 3.0), where="a.json:2"),
        run_of(Load(None, 2.0), where="b.json:1", model="org/m"),
        run_of(Load(None, 2.0, 1.5), where="b.json:2", model="other"),
        run_of(Load(None, 4.0), where="b.json:3", completed=0, failed=0),
    ]
    with pytest.raises(SettingError) as refused:
        load_fields(runs, other_lengths=False)
    assert list(refused.value.errors) == [
        "a.json, b.json: all runs must be of one model, got m, other",
        "a.json:2: must contain at how many requests at the same time, or at which rate, it ran",
        "b.json:2: each load must be given once, got 1.5 requests/s served, 2 at the same time twice",
        "b.json:3: must have requests that completed, got none; else give --request-seconds MEAN,STD",
    ]


@pytest.mark.parametrize("steady", [0, 1])
def test_runs_of_all_requests_at_once_are_no_loads(steady):
    runs = [run_of(Load(None, 2.0))] * steady + [run_of(Load(math.inf, None, 9.0), where="bench.json:5")]
    with pytest.raises(SettingError) as refused:
        load_fields(runs, other_lengths=False)
    loads = ("0 steady loads", "1 steady load")[steady]
    assert str(refused.value) == f"bench.json: must have runs at two loads or more, got {loads}"
    runs = [runs[-1], run_of(Load(None, 1.0)), run_of(Load(None, 2.0))]
    assert load_fields(runs, other_lengths=False).notes[0] == (
        "bench.json:5: a run of all requests at once has no steady load, and is left out"
    )


@pytest.mark.parametrize(
    ("load", "seconds"),
    [
        (Load(math.inf, None, 3.0), 2.0),
        (Load(5.0, None, math.inf), 2.0),
        (Load(5.0, 8.0, 4.0), None),
    ],
)
def test_requests_in_flight_are_not_known_without_a_steady_rate_and_the_time_of_a_request(load, seconds):
    run = run_of(load, request_seconds=None if seconds is None else Spread(seconds))
    with pytest.raises(SettingError, match=re.escape("bench.json:1: must contain at how many requests at the same")):
        concurrency_of(run)


def test_the_median_stands_for_a_mean_that_is_not_known():
    assert concurrency_of(run_of(Load(5.0), request_seconds=Spread(None, None, {50.0: 3.0, 99.0: 9.0}))) == 1 + 5 * 3.0


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ([(100, 0), (300, 0)], None),
        ([(None, None), (60, 20)], 0.25),
        ([(None, 5), (None, None)], None),
        ([(60, 10), (None, 10)], 0.25),
    ],
)
def test_the_share_that_failed_is_of_the_requests_that_were_counted(counts, share):
    runs = [run_of(Load(None, i), completed=done, failed=lost) for i, (done, lost) in enumerate(counts, start=1)]
    found = load_fields(runs, other_lengths=False)
    assert found.values.get("failed_share") == share
    assert ("failed_share" in found.sources) == (share is not None)


@pytest.mark.parametrize(
    ("lengths", "said"),
    [((10.0, 11.0), ""), ((1200.0, 1000.0, 1100.0), "1,000 and 1,200"), ((10.0, None, 20.0), "10 and 20"), ((), "")],
)
@pytest.mark.parametrize("name", ["input_tokens", "output_tokens"])
def test_lengths_that_differ_by_more_than_a_tenth_are_told(name, lengths, said):
    lengths = lengths or (None, None)
    runs = [
        run_of(Load(None, i), **{name: None if mean is None else Spread(mean, 0.0)})
        for i, mean in enumerate(lengths, start=1)
    ]
    found = [note for note in load_fields(runs, other_lengths=False).notes if "on average" in note]
    alone = "on average: a difference of their times is not one of the load alone"
    assert found == ([f"bench.json: {name} lie between {said} {alone}"] if said else [])


@pytest.mark.parametrize("other_lengths", [False, True])
def test_that_the_spread_of_lengths_is_unknown_is_told_where_they_are_the_models(other_lengths):
    """And single requests, of which each load has others, are no passes of the model."""
    runs = [
        run_of(
            Load(None, i),
            request_seconds=Spread.of([1.0, 3.0]),
            input_tokens=Spread.of([90.0, 110.0]),
            output_tokens=Spread.of([40.0, 62.0]),
        )
        for i in (1, 2)
    ]
    assert "passes" not in load_fields(runs, other_lengths=other_lengths).values
    runs = [run_of(Load(None, i), input_tokens=Spread(100.0)) for i in (1, 2)]
    found = load_fields(runs, other_lengths=other_lengths)
    vary = "bench.json:1: how input_tokens vary is not known; else give --lengths FILE or --input-tokens MEAN,STD"
    assert (vary in found.notes) != other_lengths
    assert found.values["input_tokens"] == {"mean": 100.0, "std": None}
