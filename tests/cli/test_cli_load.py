"""Loads on the command line: fitted from runs of a benchmark, stated, answered, and refused."""

import json
from pathlib import Path

import pytest
from command_line import refused, run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NO_BUDGETS = ("--c-max", "none", "--t-max", "none", "--a-min", "none")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    from moo_inference import save_catalog
    from moo_inference.catalog import Catalog
    from moo_inference.fitting import fit_file

    found = fit_file(EXAMPLES / "fit_served.yaml")
    path = tmp_path_factory.mktemp("load") / "catalog.yaml"
    save_catalog(Catalog(models=found.models, scenarios=found.scenarios), path)
    return path


def test_a_folder_of_runs_and_its_files_make_the_same_loads(capsys, tmp_path):
    given = ("--usd-per-hour", "2.5", "--accuracy", "0.6,0.1", "--name", "own", *NO_BUDGETS)
    files = [part for path in sorted((EXAMPLES / "loads").iterdir()) for part in ("--loads", path)]
    for name, loads in (("folder", ("--loads", EXAMPLES / "loads")), ("files", files)):
        status, out, _ = run(capsys, "fit", *given, *loads, "--out", tmp_path / f"{name}.yaml")
        assert status == 0, out
        assert "is predicted by the others within" in out
    texts = [(tmp_path / f"{name}.yaml").read_text(encoding="utf-8") for name in ("folder", "files")]
    assert texts[0] == texts[1]
    assert texts[0].count("concurrency:") == 7


def test_the_answer_says_what_the_load_is_and_how_far_it_may_rise(capsys, catalog):
    status, out, _ = run(capsys, "choose", "--catalog", catalog, "-s", "help-desk", "--queries-per-second", "4")
    text = " ".join(out.split())
    assert status == 0
    assert "At 4 queries/s one server gets 8.00 requests/s" in text
    assert "It holds up to" in text
    assert "beyond, it breaks the budget of time" in text
    assert "left out one by one, the time of a request at a load is predicted by the others within" in text


def test_the_answer_as_a_record(capsys, catalog):
    options = ("-s", "help-desk", "--queries-per-second", "4", "--format", "json")
    _, out, _ = run(capsys, "choose", "--catalog", catalog, *options)
    load = json.loads(out)["load"]
    assert load["queries_per_second"] == 4.0
    assert load["requests_per_second"] == 8.0
    assert load["breaks"] == ["time"]
    assert 4 < load["holds_up_to"] < 20


def test_a_load_alone_is_no_budget(capsys, catalog):
    status, out, err = run(capsys, "choose", "--catalog", catalog, "--queries-per-second", "4", "--format", "json")
    assert status == 0
    assert "no budget is given" in err
    assert all(limit["value"] is None for limit in json.loads(out)["budgets"])


def test_a_stated_load_stands_in_tables_and_lists(capsys, catalog):
    _, out, _ = run(capsys, "solve", "--catalog", catalog, "--queries-per-second", "3")
    assert "at 3 queries/s" in out
    assert "p95" in out, "the budgets of the scenario hold"
    _, out, _ = run(capsys, "list", "models", "--catalog", catalog)
    assert "$ per hour" in out
    _, out, _ = run(capsys, "list", "scenarios", "--catalog", catalog)
    assert "at 8 queries/s" in out


def test_a_choice_under_a_load_is_checked_under_that_load(capsys, catalog, tmp_path):
    saved = tmp_path / "choice"
    run(capsys, "choose", "--catalog", catalog, "-s", "help-desk", "--queries-per-second", "4", "--out", saved)
    assert run(capsys, "check", "--baseline", saved)[0] == 0
    assert run(capsys, "check", "--baseline", saved, "--queries-per-second", "20")[0] != 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "its times depend on the load, so the scenario must state queries_per_second or concurrency; got neither"),
        (("--queries-per-second", "many"), "--queries-per-second must be a number, or none; got 'many'"),
        (("--queries-per-second", "-1"), "--queries-per-second must be a positive number of queries per second"),
        (("--concurrency", "0"), "--concurrency must be a positive number of queries at the same time"),
        (("--queries-per-second", "1", "--concurrency", "2"), "must not both be given: there is one load"),
    ],
)
def test_loads_that_are_none_are_refused(capsys, catalog, options, sentence):
    assert sentence in " ".join(refused(capsys, "choose", "--catalog", catalog, "--time", "5", *options))


def test_what_does_not_make_loads_is_refused(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    given = ("fit", "--name", "own", "--accuracy", "0.6,0.1")
    lines = refused(capsys, *given, "--usd-per-hour", "2", "--loads", tmp_path / "empty")
    assert any("must hold files with runs of a benchmark, got an empty folder" in line for line in lines)
    one = EXAMPLES / "loads" / "stage_0_lifecycle_metrics.json"
    lines = refused(capsys, *given, "--usd-per-hour", "2", "--loads", one)
    assert any("must have runs at two loads or more, got 1 steady load" in line for line in lines)
    lines = refused(capsys, *given, "--usd-per-hour", "2", "--serving", one)
    assert any("give --loads FILE" in line for line in lines)
    lines = refused(capsys, *given, "--loads", EXAMPLES / "loads")
    assert any("the price of input" in line for line in lines)
