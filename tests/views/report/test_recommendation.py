"""The top of the report: one sentence a scenario, the numbers of the study, charts, and what stays folded."""

import re
from datetime import date
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from more_resources import with_resources

import moo_inference as mi
from moo_inference.formatting.amounts import seconds, usd
from moo_inference.records.replay import replay
from moo_inference.records.report_file import read_report
from moo_inference.solvers import nsga2
from moo_inference.views.answer import answer_sentence, surer_text
from moo_inference.views.confidence import sure
from moo_inference.views.figures.families import line_styles
from moo_inference.views.report.basis import basis
from moo_inference.views.report.recommendation import kept_by, main_rule
from moo_inference.views.report.report import report_html, write_report

DAY = date(2026, 11, 28)
HOSTILE = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>'


VOID = ("meta", "img", "path", "rect", "br")


class Answers(HTMLParser):
    """The text of each answer, and of all that is seen without unfolding."""

    def __init__(self, html):
        super().__init__()
        self.answers = []
        self.unfolded = ""
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        if tag == "section":
            self.answers.append("")
        self.open.append(tag)

    def handle_endtag(self, tag):
        while tag not in VOID and self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if {"script", "style", "title"} & {*self.open}:
            return
        if "details" not in self.open:
            self.unfolded += data
        if "section" in self.open:
            self.answers[-1] += data


@pytest.fixture(scope="module")
def study(paper):
    return mi.run_study(paper)


@pytest.fixture(scope="module")
def measured():
    catalog = mi.load_catalog("gpqa-diamond")
    models = ["gpt-5-nano@medium", "gpt-5-nano@high", "gpt-5-mini@medium", "deepseek-reasoner", "gpt-4"]
    slo = mi.Scenario(name="SLO", c_max=0.05, t_max=100, a_min=0.8, t_quantile=0.95)
    return mi.run_study(catalog.select(models).replace(scenarios={"slo": slo}), decisions=["cheapest", "knee-chord"])


def top(html):
    return " ".join(Answers(html).unfolded.split())


def one_scenario(paper, **budgets):
    catalog = paper.select(["gpt-5", "gpt-5-nano"], ["essay-feedback"])
    scenarios = {key: own.replace(**budgets) for key, own in catalog.scenarios.items()}
    return catalog.replace(scenarios=scenarios)


def test_each_scenario_has_its_answer_and_the_numbers_of_its_choice(study):
    html = report_html(study, day=DAY)
    answers = Answers(html).answers
    assert len(answers) == len(study.catalog.scenarios)
    for answer, (key, scenario) in zip(answers, study.catalog.scenarios.items(), strict=True):
        route = study.route(key, "cheapest")
        text = " ".join(answer.split())
        assert text.startswith(scenario.name)
        assert answer_sentence(route) in text
        # The cheapest of all k of all models that meet the budgets.
        costs = [
            float(curve.cost.mean[row])
            for curve in study.model_curves.values()
            for row in range(len(curve.k))
            if curve.cost.mean[row] <= scenario.c_max
            and curve.time.mean[row] <= scenario.t_max
            and curve.accuracy.mean[row] >= scenario.a_min
        ]
        assert f"cost of a query{usd(min(costs))}" in text
        assert f"time of a query{seconds(route.time)}" in text
        assert f"accuracy{route.accuracy:.3f}{kept_by('oracle', f'{route.k} passes')}" in text
        assert "How sure: cannot be said" in text
    assert "2026-11-28" in top(html)


def test_nothing_but_the_answers_is_unfolded(study):
    seen = top(report_html(study, day=DAY))
    assert "knee-chord" not in seen
    assert "utopia" not in seen
    assert "ClosedForm()" in seen
    assert "given as a mean and a spread, not measured here" in seen
    assert "of which date is not recorded" in seen


def test_a_quantile_is_the_number_where_a_budget_is_for_one(measured):
    html = report_html(measured, day=DAY)
    [text] = Answers(html).answers
    text = " ".join(text.split())
    route = measured.route("slo", "cheapest")
    curve = measured.model_curves[route.model]
    row = int(np.flatnonzero(curve.k == route.k)[0])
    p95 = curve.views[measured.catalog.scenarios["slo"]].values[row, 1]
    assert f"p95 of time{seconds(p95)}" in text
    assert f"{seconds(curve.time.mean[row])} on average" in text
    assert f"{curve.evidence.ci_low[row]:.3f} to {curve.evidence.ci_high[row]:.3f}" in text
    assert ">p95 of time (s)</text>" in html
    assert f"How sure: {sure(route.assessment)} (198 questions)" in text
    assert f"Surer: {surer_text(route)}" in text
    assert surer_text(route).startswith("gpt-5-mini@medium with ")


def test_what_it_rests_on_has_questions_credit_and_dates_of_prices(measured):
    found = dict(basis(measured))
    assert "198 questions" in found["Accuracy"]
    assert "Epoch AI" in found["Accuracy"]
    assert "CC BY 4.0" in found["Accuracy"]
    dates = re.findall(r"\d{4}-\d\d-\d\d", str([model.sources for model in measured.catalog.models.values()]))
    assert found["Prices"].startswith(f"of {min(dates)} to {max(dates)}")


@pytest.mark.parametrize(
    ("decisions", "rule"),
    [(None, "cheapest"), (["knee-chord", "cheapest"], "cheapest"), (["max-cube", "knee-chord"], "max-cube")],
)
def test_the_rule_is_the_cheapest_unless_others_are_named(paper, decisions, rule):
    found = mi.run_study(one_scenario(paper), decisions=decisions, k_max=16)
    assert main_rule(found) == rule
    assert answer_sentence(found.route("essay-feedback", rule)) in top(report_html(found))


def test_a_rule_of_the_users_own_recommends(paper):
    def last(F):
        return len(F) - 1

    found = mi.run_study(one_scenario(paper), decisions=[last], k_max=16)
    seen = top(report_html(found))
    assert "the rule last" in seen
    assert answer_sentence(found.route("essay-feedback", last)) in seen


def test_where_nothing_fits_the_nearest_is_shown_with_what_it_breaks(paper):
    found = mi.run_study(one_scenario(paper, c_max=1e-5, t_max=0.5, a_min=0.9), k_max=8)
    html = report_html(found)
    assert html.count('<section class="answer nothing">') == 1
    [text] = Answers(html).answers
    nearest = found.route("essay-feedback").front.infeasibility.closest
    assert nearest.model == "gpt-5-nano"
    text = " ".join(text.split())
    assert "Nothing fits" in text
    assert "Nearest: gpt-5-nano with one pass" in text
    assert "closest: GPT-5 Nano, k = 1" in text
    assert text.count("closest: cost of a query") == 1
    # Cost and time are over their budgets, the accuracy is not.
    assert html.count('<div class="over">') == 2


def test_budgets_that_are_not_there_are_not_drawn(paper):
    found = mi.run_study(one_scenario(paper, c_max=None, t_max=None, a_min=None), k_max=8)
    html = report_html(found)
    assert 'class="out"' not in html
    assert 'class="limit"' not in html
    assert top(html).count("no budget") == 3


def test_of_many_scenarios_there_is_a_table_and_charts_are_folded(paper):
    catalog = paper.select(["gpt-5", "gpt-5-nano"])
    essay = paper.scenarios["essay-feedback"]
    scenarios = {f"s{n}": essay.replace(name=f"Use {n}", c_max=0.5 + n if n else 1e-5) for n in range(5)}
    found = mi.run_study(catalog.replace(scenarios=scenarios), k_max=16)
    html = report_html(found)
    seen = top(html)
    assert "Use 0" in seen
    assert "nothing fits; closest: GPT-5 Nano, k = 1" in seen
    assert seen.count("GPT-5 Nano, k = 2") >= 4
    assert len(Answers(html).answers) == 5
    assert "<svg" not in html.partition("<details")[0]


def test_pipelines_keep_their_part_and_models_have_the_answer(paper):
    catalog = mi.load_catalog("examples/pipeline.yaml")
    found = mi.run_study(catalog, k_max=8, decisions=["cheapest"])
    html = report_html(found)
    key = next(iter(found.catalog.scenarios))
    assert answer_sentence(found.route(key)) in top(html)
    assert html.count("<img") == len([cell for cell in found.pipeline_cells if len(cell.front)])


def test_a_search_is_reported_too(paper):
    found = mi.run_study(one_scenario(paper), solver=nsga2, decisions=["cheapest"], k_max=16)
    assert answer_sentence(found.route("essay-feedback")) in top(report_html(found))


def test_the_same_study_gives_the_same_bytes_and_is_replayed(measured, tmp_path):
    html = report_html(measured, day=DAY)
    assert html == report_html(measured, day=DAY)
    assert html != report_html(measured, day=date(2026, 11, 29))
    write_report(measured, tmp_path / "r.html", day=DAY)
    record = read_report(tmp_path / "r.html")
    assert replay(record.settings, record.choices).changes == ()


def test_hostile_names_are_text_in_charts_too(paper):
    models = {HOSTILE: paper.models["gpt-5"].replace(name=HOSTILE), "q": paper.models["gpt-5-nano"]}
    scenarios = {HOSTILE: paper.scenarios["essay-feedback"].replace(name=HOSTILE)}
    html = report_html(mi.run_study(mi.Catalog(models=models, scenarios=scenarios), k_max=4))
    assert "<img" not in html
    assert html.count("<script") == 1
    titles = re.findall(r"<title>(.*?)</title>", html)
    assert any(unescape(title).startswith(f"{HOSTILE}, k = ") for title in titles)


def test_progress_counts_scenarios_pictures_and_how_sure_all_is(paper):
    steps = []
    found = mi.run_study(one_scenario(paper), k_max=4, decisions=["cheapest"])
    report_html(found, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]
    steps.clear()
    report_html(found, pictures="all", progress=lambda done, total: steps.append((done, total)))
    # A scenario; the overview, all models, and four pictures of each of two models; how sure all choices are.
    assert steps == [(step, 12) for step in range(1, 13)]


def test_colours_are_models_and_shapes_are_rules(paper):
    """What each rule takes of a model has the colour of the model's line; no rule has a colour of its own."""
    found = mi.run_study(one_scenario(paper), k_max=16)
    html = report_html(found)
    colours = {colour for colour, _ in line_styles([(None, None)] * 2)}
    signs = re.findall(r'<path class="sign"[^>]* d="([^"]*)" fill="([^"]*)"', html)
    assert {colour for _, colour in signs} == colours
    assert len({path for path, _ in signs}) > len(found.options.decisions)
    assert 'class="marker" style' not in html


def test_charts_have_one_more_column_a_resource(paper):
    catalog = with_resources(one_scenario(paper), joules=30_000.0)
    html = report_html(mi.run_study(catalog, k_max=8))
    [text] = Answers(html).answers
    assert "joules of a query" in text
    assert ">joules of a query</text>" in html
    assert "at most 30,000 joules" in text
