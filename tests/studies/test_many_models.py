"""Studies of many models: who matches whom as by a plain search, and tables and reports that stay readable."""

import re

import numpy as np
import pytest
from command_line import run

import moo_inference as mi
from moo_inference.formatting.table import MOST_ROWS, Table, first_rows
from moo_inference.pareto.front import Front
from moo_inference.policy.scores import ALIKE
from moo_inference.studies.matches import cheapest_matches
from moo_inference.views.report.report import report_html

GPT5 = mi.load_catalog("paper").models["gpt-5"]
MANY = MOST_ROWS + 13


def catalog_of(count, seed=0):
    """Models in an order that their ids do not have, of which some are equal but for the name."""
    dice = np.random.default_rng(seed)
    models = {}
    for place in range(count):
        kind = int(dice.integers(count))
        models[f"m{97 * place % 101:03}"] = GPT5.replace(
            name=f"model {place}",
            family=None,
            effort=None,
            usd_per_million_output_tokens=1 + 2 * (kind % 9) + kind % 2,
            accuracy={"mean": 0.4 + 0.05 * (kind % 9), "std": 0.02},
        )
    return mi.Catalog(models=models, scenarios={"s": mi.Scenario(name="S", c_max=0.05, t_max=200, a_min=0.5)})


@pytest.mark.parametrize("seed", range(4))
def test_matches_are_those_of_a_search_through_all_rows_of_all_models(seed):
    catalog = catalog_of(25, seed)
    study = mi.run_study(catalog, k_max=8)
    curves, scenario = study.model_curves, catalog.scenarios["s"]
    fronts = {key: Front.from_curve(curve, scenario) for key, curve in curves.items()}
    found = {match.model: match for match in cheapest_matches(curves, scenario)}
    assert list(found) == [key for key, front in fronts.items() if len(front)]
    for key, match in found.items():
        front = fronts[key]
        worst = min(front.F[:, -1]) + ALIKE
        rows = [
            (theirs.F[row, 0], other, row)
            for other, theirs in fronts.items()
            if other != key
            for row in range(len(theirs))
            if theirs.F[row, -1] <= worst
        ]
        if not rows:
            assert match.by is None
            continue
        cost, other, row = min(rows)
        assert (match.by, match.by_k, match.by_cost) == (other, fronts[other].k[row], cost)
    assert any(match.by is None for match in found.values()) or len(found) > 1


def test_a_long_table_is_cut_and_says_by_how_much():
    rows = tuple((str(number),) for number in range(MOST_ROWS + 1234))
    cut = first_rows(Table("title", ("column",), rows, ("note",)), "in the file")
    assert cut.rows == rows[:MOST_ROWS]
    assert cut.notes == ("And 1,234 more; all of them: in the file.", "note")
    short = Table("title", ("column",), rows[:MOST_ROWS])
    assert first_rows(short, "in the file") is short


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    from moo_inference.catalog.loading import save_catalog

    path = tmp_path_factory.mktemp("many") / "many.yaml"
    save_catalog(catalog_of(MANY), path)
    return str(path)


@pytest.mark.parametrize("command", ["solve", "route"])
def test_tables_in_a_terminal_have_few_rows_and_files_all(many, command, capsys):
    options = [command, "--catalog", many, "-s", "s", "--k-max", "4", "-d", "accuracy-max"]
    status, printed, _ = run(capsys, *options)
    assert status == 0
    assert MOST_ROWS <= len(re.findall(r"^m\d{3}", printed, re.MULTILINE)) <= 2 * MOST_ROWS
    assert re.search(r"And \d+ more; all of them: --format markdown", printed)
    _, whole, _ = run(capsys, *options, "--format", "markdown")
    assert "all of them" not in whole
    assert {*re.findall(r"m\d{3}", whole)} == {*catalog_of(MANY).models}


def test_models_on_the_front_come_first_where_not_all_are_shown(many):
    from moo_inference.views.route import route_tables

    route = mi.route(many, "s", "accuracy-max", k_max=4)
    [table] = [table for table in route_tables(route) if table.title.startswith("Why no other")]
    named = [row[0] for row in table.rows]
    on_front = {*route.front.models} - {route.choice.model}
    assert on_front
    assert {*named[: len(on_front)]} == on_front
    assert {*named} == {*route.models} - {route.choice.model}


def test_a_report_shows_some_models_in_full_and_the_recommended_one_among_them(many):
    study = mi.run_study(many, scenarios=["s"], k_max=4)
    html = report_html(study)
    shown = re.findall(r"<details><summary><strong>(.*?)</strong>", html)
    assert len(shown) == MOST_ROWS
    assert shown[0].endswith(f"({study.route('s', 'cheapest').choice.model})")
    assert f"And {MANY - MOST_ROWS} more models" in html
    assert f"and {MANY - MOST_ROWS} more) under the budgets" in html.replace("\n", " ")
