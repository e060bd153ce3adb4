"""The report and the page where models use more than money and time."""

import shlex
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from more_resources import AND_GRAMS, with_resources

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.cli import app as cli
from moo_inference.errors import SettingError
from moo_inference.formatting.amounts import amount
from moo_inference.records.replay import replay
from moo_inference.records.report_file import read_report
from moo_inference.views.assessment import assessment_tables
from moo_inference.views.explore.charts import accuracy_figure
from moo_inference.views.explore.cube import cube_figure
from moo_inference.views.explore.html import choices_table
from moo_inference.views.explore.slider_stops import usual_budgets
from moo_inference.views.explore.state import (
    SETTINGS_FILE,
    answer,
    check_explorable,
    default_knobs,
    settings_catalog,
    solve_command,
)
from moo_inference.views.explore.url_state import read_address, write_address
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import marks
from moo_inference.views.report.report import report_html, write_report

PAPER = mi.load_catalog()
PLAIN = mi.Catalog(
    models={key: PAPER.models[key] for key in ("gpt-5", "gpt-5-nano")},
    scenarios={"essay": PAPER.scenarios["essay-feedback"]},
)
FOUR = with_resources(PLAIN, joules=20_000.0)
FIVE = with_resources(PLAIN, AND_GRAMS, joules=20_000.0, grams_co2=9.0)
START = default_knobs(FIVE)


@pytest.fixture(scope="module")
def study():
    return mi.run_study(FIVE)


# The report


def test_the_report_tells_of_every_resource(study):
    html = report_html(study, pictures="all")
    for words in (
        "more passes raise accuracy, and\ncost, latency, grams co2 and joules with it",
        "not outdone in cost, time, grams co2, joules and accuracy by another",
        "cost by c_max, time by t_max, grams co2 by grams_co2_max, joules by joules_max, error as it is",
        "at most $0.500, at most 60.0 s, at most 9.00 grams co2, at most 20,000 joules, accuracy at least 0.93",
        'alt="the front as parallel coordinates: gpt-5, essay feedback"',
        'alt="cost, time, grams co2 and joules over k: gpt-5, essay feedback"',
    ):
        assert words in html.lower(), words
    assert html.count("<img") == 2 + 5 * len(study.cells)
    few = report_html(study)
    assert "<img" not in few
    assert ">grams co2 of a query</text>" in few
    # Four charts on top, four with all rules, and five of each model.
    assert few.count('<svg class="chart"') == 8 * len(study.catalog.scenarios) + 5 * len(study.cells)
    for cell in study.cells:
        for mark in marks(study, cell):
            assert mark.amounts in html
            if mark.k is not None:
                assert mark.amounts.endswith(f", {amount('joules', dict(mark.used)['joules'])}")


def test_a_report_with_resources_is_replayed(study, tmp_path):
    write_report(study, tmp_path / "r.html")
    record = read_report(tmp_path / "r.html")
    again = replay(record.settings, record.choices)
    assert again.changes == ()
    assert again.study.catalog == FIVE
    assert {"joules", "grams_co2_high"} <= set(record.choices[0].others)
    joules = [choice.others["joules"] for choice in record.choices]
    changed = [
        replace(choice, others={**choice.others, "joules": used and used * 2})
        for choice, used in zip(record.choices, joules, strict=True)
    ]
    assert len(replay(record.settings, changed).changes) == sum(used is not None for used in joules)


def test_without_its_resources_a_catalog_gives_the_report_of_the_plain_one():
    def report(catalog, **options):
        return report_html(mi.run_study(catalog, models=["gpt-5"], k_max=16, **options))

    back = report(FIVE.without(["joules", "grams_co2"]))
    assert back == report(PLAIN)
    assert "parallel coordinates" not in back
    one = {"scenarios": list(FOUR.scenarios)[:1]}
    assert report(FIVE.without(["grams_co2"]), **one) == report(FOUR, **one)


def test_an_assessment_tells_what_of_a_resource_is_lost():
    study = mi.run_study(
        FOUR, models=["gpt-5"], decisions=["knee-chord"], estimator=mi.MonteCarlo(trials=20), k_step=8, assess=20
    )
    [table] = assessment_tables(study.assessments)
    [seen] = study.assessments.values()
    assert table.rows[0][6].endswith(f"\n{amount('joules', seen.eoc_used['joules'])}")
    assert "accuracy, cost, time and joules are as good" in table.notes[0]
    assert "money and time, joules per query" in table.notes[1]


# The page


CHANGES = {
    "as it starts": {},
    "another budget": {"resources": {"joules": ResourceBudget(max=4321.5), "grams_co2": ResourceBudget(max=3.0)}},
    "on a tail": {"resources": {"joules": ResourceBudget(max=9000.0, quantile=0.95)}, "rules": ("accuracy-max",)},
    "none for one": {"resources": {"grams_co2": ResourceBudget(max=2.0)}},
    "none at all": {"resources": {}, "c_max": None},
    "simulated": {"monte_carlo": True, "trials": 40, "k_step": 4},
    "infeasible": {"resources": {"joules": ResourceBudget(max=1.0), "grams_co2": ResourceBudget(max=9.0)}},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_the_command_gives_the_page_s_answer_byte_by_byte(changes, tmp_path, monkeypatch, capsys):
    knobs = replace(START, **changes)
    found = answer(FIVE, knobs)
    monkeypatch.chdir(tmp_path)
    (tmp_path / SETTINGS_FILE).write_text(catalog_to_yaml(settings_catalog(FIVE, knobs)), encoding="utf-8")
    with pytest.raises(SystemExit):
        cli.main([*shlex.split(solve_command(knobs, found.rules))[1:], "--format", "csv"])
    assert capsys.readouterr() == (found.study.to_csv(), "")


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_an_address_says_the_same_elsewhere(changes):
    knobs = replace(START, **changes)
    parameters = parse_qs(urlencode(write_address(knobs, FIVE, PAPER), doseq=True), keep_blank_values=True)
    for own in (PAPER, FIVE):
        there, read, errors = read_address(parameters, own, PAPER)
        assert (read, errors) == (knobs, ())
        assert settings_catalog(there, read) == settings_catalog(FIVE, knobs)


def test_the_page_starts_with_the_scenario_s_own_budgets_for_resources():
    assert {unit: budget.max for unit, budget in START.resources.items()} == {"joules": 20_000.0, "grams_co2": 9.0}
    assert answer(FIVE, START).study.to_csv() == mi.run_study(FIVE).to_csv()


def test_each_budget_for_a_resource_changes_the_answer_and_the_address():
    for changes in list(CHANGES.values())[1:5]:
        knobs = replace(START, **changes)
        assert settings_catalog(FIVE, knobs) != settings_catalog(FIVE, START)
        assert write_address(knobs, FIVE, PAPER) != write_address(START, FIVE, PAPER)


def test_wrong_budgets_in_an_address_are_told():
    parameters = write_address(START, FIVE, PAPER)
    parameters |= {"joules_max": ["-1"], "grams_co2_quantile": ["1"], "joule_max": ["2"]}
    _, knobs, errors = read_address(parameters, FIVE, PAPER)
    assert knobs == START
    assert errors == (
        "grams_co2_quantile must be between 0 and 1 or mean, got '1'",
        "joules_max must be above 0 and at most 1,000,000,000 joules or none, got '-1'",
        "unknown setting 'joule_max' (did you mean 'joules_max'?)",
    )
    assert any("joules_max" in message for message in read_address({"joules_max": ["1"]}, PAPER, PAPER)[2])


def test_rules_that_need_a_budget_for_a_resource_are_left_out_where_there_is_none():
    knobs = replace(START, resources={"grams_co2": ResourceBudget(max=9.0)})
    found = answer(FIVE, knobs)
    assert found.rules == ("accuracy-max", "knee-chord")
    assert set(found.left_out.rules) == {"max-cube", "utopia-closest", "knee-point"}
    with pytest.raises(SettingError, match=r"divide cost, time, grams co2 and joules by .* none for joules"):
        answer(FIVE, replace(knobs, rules=("max-cube",)))


def test_a_budget_next_to_nothing_is_refused():
    tiny = FOUR.scenarios["essay"].replace(resources={"joules": ResourceBudget(max=1e-300)})
    with pytest.raises(SettingError, match=r"scenarios\.s\.joules_max: must be at least 1e-12"):
        check_explorable(FOUR.replace(scenarios={"s": tiny}))


def test_where_there_is_no_budget_a_usual_one_stands_ready():
    usual = usual_budgets(FOUR.models["gpt-5-nano"])
    # 16 passes of 1,024 prompt tokens at 0.02 J and 2,048 output tokens at 1.4 J, to one digit.
    assert usual["joules_max"] == float(f"{16 * (1024 * 0.02 + 2048 * 1.4):.1g}")
    assert usual_budgets(with_resources(PLAIN, {"joules": (0, 0, 0)}).models["gpt-5"])["joules_max"] == 1.0


def test_the_page_s_charts_and_table_tell_of_resources():
    pytest.importorskip("plotly")
    study = mi.run_study(FIVE, models=["gpt-5"])
    found = trajectory(study, "essay", "gpt-5")
    curve = next(trace for trace in accuracy_figure(found).data if trace.name == "mean accuracy")
    joules = found.curve.resource("joules").mean
    for row in (0, 7):
        assert f"<br>time {amount('time', found.time.mean[row])}<br>grams co2 " in curve.hovertext[row]
        assert f"<br>joules {amount('joules', joules[row])}<br>cube volume" in curve.hovertext[row]
    cube = cube_figure(found)
    [inside] = [trace for trace in cube.data if trace.name == "k that meet all budgets"]
    np.testing.assert_array_equal(inside.z, found.accuracy.mean[found.feasible])
    assert cube.layout.scene.zaxis.range[1] < 1.1
    html = choices_table({"m": found}, {"m": "GPT-5"})
    heads = ["rule", "k", "accuracy", "cost", "time", "grams co2", "joules", "meet all budgets", "why"]
    assert [part.partition("</th>")[0].rpartition(">")[2] for part in html.split("<th ")[1:10]] == heads
    assert "Accuracy, cost, time, grams co2 and joules are means" in html
    rows = [row for row in html.split("<tr ") if row.startswith('class="choice"')]
    assert all(row.count("<t") == len(heads) for row in rows if "colspan" not in row)
    [row] = [row for row in rows if "accuracy-max" in row]
    mark = found.marks[0]
    assert f'<td class="number">{amount("joules", dict(mark.used)["joules"]).removesuffix(" joules")}</td>' in row
