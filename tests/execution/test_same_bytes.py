"""Recorded settings beside models of formulas: all files are the same on 1 worker, on 2, and on Dask."""

import json
from datetime import date
from itertools import pairwise

import pytest
from command_line import run
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog.loading import save_catalog
from moo_inference.execution import curves, tasks
from moo_inference.studies import replications
from moo_inference.views.report.report import report_html

pytestmark = pytest.mark.slow

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
RULES = ("cheapest", "knee-chord")
PRICES = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10.0, "parallel": 4}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A catalog of recorded settings, with and without policies of stopping, and of models known by numbers alone."""
    attempts = mi.read_attempts(EXCERPT, columns={"answer": "answer_group"})
    recorded = {f"recorded-{place}": attempts.model(name, **PRICES) for place, name in enumerate(attempts.models[:3])}
    votes = attempts.model(attempts.models[1], **PRICES, keep="majority")
    stopping = {
        "first": recorded["recorded-1"].replace(stop="first-verified"),
        "votes": votes,
        "sure": votes.replace(stop="vote-until-sure"),
    }
    paper = mi.load_catalog("paper").models
    scenarios = {
        "mean": mi.Scenario(name="Mean", c_max=0.5, t_max=400, a_min=0.5),
        "tail": mi.Scenario(name="Tail", c_max=0.5, t_max=900, t_quantile=0.9, a_min=0.3),
    }
    path = tmp_path_factory.mktemp("mixed") / "mixed.yaml"
    models = {**recorded, **stopping, "gpt-5-nano": paper["gpt-5-nano"], "qwen3-max": paper["qwen3-max"]}
    save_catalog(mi.Catalog(models=models, scenarios=scenarios), path)
    return path


@pytest.fixture
def many_small_tasks(monkeypatch):
    """So that workers get most of the work, however little it is."""
    monkeypatch.setattr(tasks, "WORTH_WORKERS", -1.0)
    monkeypatch.setattr(curves, "_RECORDED_MODELS", 2)
    monkeypatch.setattr(curves, "_CLOSED_FORM_VALUES", 8)
    monkeypatch.setattr(curves, "_SIMULATED_VALUES", 4_000)
    monkeypatch.setattr(replications, "_VALUES_AT_ONCE", 50_000)


@pytest.fixture(scope="module")
def cluster():
    LocalCluster = pytest.importorskip("dask.distributed").LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as running:
        yield running.scheduler_address


def files_of(folder):
    """The bytes of all files of a folder but of the tasks of a run, by name."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if ".pieces" not in path.parts}


def commands_of(folder, catalog, options, capsys):
    """What the commands print and write, run with these options."""
    printed = []
    common = ["--catalog", catalog, "--k-max", "3", *options]
    for name, own in {
        "solve": ["--assess"],
        "assess": ["-m", "recorded-0", "-m", "qwen3-max", "-s", "mean", "-d", "accuracy-max", "--replications", "10"],
    }.items():
        status, out, err = run(capsys, name, *common, *own, "--out", folder / name)
        assert status == 0, err
        printed.append(out)
    return printed, files_of(folder)


def study_of(catalog, workers):
    """What a study that workers computed gives: its report, its routes, and its tables."""
    study = mi.run_study(mi.load_catalog(catalog), k_max=3, decisions=RULES, workers=workers, assess=50)
    routes = [study.route(key, rule).to_dict() for key, rule in zip(("mean", "tail"), RULES, strict=True)]
    html = report_html(study, command="moo-inference report", day=date(2026, 1, 1))
    return html, json.dumps(routes), study.to_csv(), study.to_json(), study.curves.to_csv(), study.fronts.to_csv()


@pytest.mark.usefixtures("many_small_tasks")
def test_commands_write_the_same_files_on_any_workers(mixed, cluster, tmp_path, capsys):
    found = []
    for name, options in (("one", []), ("two", ["--workers", "2"]), ("dask", ["--dask", cluster])):
        found.append(commands_of(tmp_path / name, mixed, options, capsys))
    assert {"solve/choices.csv", "solve/curves.csv"} <= {*found[0][1]}
    assert any(name.startswith("assess/") for name in found[0][1])
    for (out, files), (others_out, others) in pairwise(found):
        assert out == others_out
        assert files.keys() == others.keys()
        assert all(files[name] == others[name] for name in files)


@pytest.mark.usefixtures("many_small_tasks")
def test_studies_routes_and_reports_are_the_same_on_any_workers(mixed, cluster):
    one, two, dask = (study_of(mixed, workers) for workers in (1, 2, cluster))
    assert one == two == dask
    assert "recorded-0" in one[0]


def test_another_cut_of_the_work_changes_nothing(mixed, request):
    whole = study_of(mixed, 1)
    request.getfixturevalue("many_small_tasks")
    assert study_of(mixed, 1) == whole


def test_another_seed_is_not_the_same(mixed):
    """The control: what is compared here does see other numbers."""
    one, other = (
        mi.run_study(mixed, models=["qwen3-max"], estimator=mi.MonteCarlo(trials=50, seed=seed)).curves.to_csv()
        for seed in (1, 2)
    )
    assert one != other
