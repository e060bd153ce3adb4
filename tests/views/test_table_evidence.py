"""What tables say of several passes: independent where they are drawn, and what recorded attempts rest on."""

import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog.attempt_columns import TextColumn
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.views.evidence import counted_notes, sources_of_attempts
from moo_inference.views.explore import html
from moo_inference.views.explore.state import answer, default_knobs, model_labels
from moo_inference.views.report.report import report_html
from moo_inference.views.route import route_tables
from moo_inference.views.study_tables import study_tables

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
HIGH, MEDIUM = "openai/gpt-5-2025-08-07@high", "openai/gpt-5-2025-08-07@medium"
PRICES = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10.0}
ASSUMED = "passes are drawn independently of each other and of the question."
FREE = mi.Scenario(name="Free", c_max=None, t_max=None, a_min=None)


@pytest.fixture(scope="module")
def attempts():
    return mi.read_attempts(EXCERPT, columns={"answer": "answer_group"})


@pytest.fixture(scope="module")
def recorded(attempts):
    """Two efforts of one family, much before little."""
    models = {name: attempts.model(name, parallel=8, **PRICES) for name in (HIGH, MEDIUM)}
    return mi.Catalog(models=models, scenarios={"free": FREE})


def notes(study):
    return [note for table in study_tables(study) for note in table.notes]


def assumed(study):
    return [note for note in notes(study) if ASSUMED in note]


@pytest.mark.parametrize("estimator", [mi.ClosedForm(), mi.MonteCarlo(trials=20), mi.Empirical(trials=20)])
def test_each_table_with_several_drawn_passes_says_so_once(paper, estimator):
    part = paper.select(["gpt-5"], ["essay-feedback", "proposal-writing"])
    study = mi.run_study(part, estimator=estimator, k_max=24, decisions=["accuracy-max"])
    for table in study_tables(study):
        assert table.notes.count(f"Assumed: {ASSUMED}") == 1


def test_no_line_where_k_is_1_everywhere_though_the_grid_has_more(paper):
    one = paper.scenarios["essay-feedback"].replace(c_max=0.03, a_min=None)
    catalog = mi.Catalog(models={"gpt-5": paper.models["gpt-5"]}, scenarios={"one": one})
    assert assumed(mi.run_study(catalog, decisions=["accuracy-max"], k_max=4)) == []
    with_two = mi.run_study(catalog, decisions=["accuracy-max"], k_max=4, baselines=["fixed-2"])
    assert assumed(with_two) == [f"Assumed: {ASSUMED}"]


def test_measured_accuracies_are_not_called_drawn(paper):
    counted = {"kind": "outcomes", "keep": "oracle", "questions": {"a": "2/4", "b": "4/4"}}
    models = {"measured": paper.models["gpt-5"].replace(accuracy=counted), "normal": paper.models["gpt-5"]}
    catalog = mi.Catalog(models=models, scenarios={"free": FREE})

    def line(*ids):
        return assumed(mi.run_study(catalog, models=ids, decisions=["accuracy-max"], k_max=4))

    assert line("measured") == [f"Assumed of cost and time: {ASSUMED}"]
    assert line("normal") == [f"Assumed: {ASSUMED}"]
    assert line("normal", "measured") == [f"Assumed of all but measured accuracies: {ASSUMED}"]


def test_the_effect_is_that_of_the_row_whose_time_changes_most(recorded):
    study = mi.run_study(recorded, estimator=mi.ClosedForm(), decisions=["accuracy-max"], k_max=4)
    [line] = assumed(study)
    exact = {key: mi.Recorded().estimate(model, [4]).time.mean[0] for key, model in recorded.models.items()}
    less = {key: 1 - exact[key] / study.model_curves[key].time.mean[3] for key in exact}
    most = max(less, key=lambda key: abs(less[key]))
    assert f"On the attempts of {most} the expected time of k = 4 is {100 * less[most]:.0f} % lower." in line
    assert less[most] > 0.2


def test_an_accuracy_that_is_no_evaluation_changes_too(attempts):
    model = attempts.model(HIGH, parallel=8, keep="all", **PRICES)
    catalog = mi.Catalog(models={"one": model}, scenarios={"free": FREE})
    study = mi.run_study(catalog, estimator=mi.ClosedForm(), k_max=4, baselines=["fixed-4"], decisions=["fastest"])
    [line] = assumed(study)
    every = model.attempts.expected_accuracy([4])[0].mean()
    points = 100 * (study.model_curves["one"].accuracy.mean[3] - every)
    assert line.startswith(f"Assumed: {ASSUMED} On these attempts the expected time of k = 4 is ")
    assert line.endswith(f"accuracy {points:.1f} points lower.")


def test_without_parallel_passes_the_expected_time_is_no_other(attempts):
    catalog = mi.Catalog(models={"one": attempts.model(HIGH, parallel=1, **PRICES)}, scenarios={"free": FREE})
    [line] = assumed(mi.run_study(catalog, estimator=mi.ClosedForm(), k_max=4, decisions=["accuracy-max"]))
    assert line.endswith("the expected time of k = 4 is no other.")


def test_counted_attempts_have_their_questions_gaps_and_origin(recorded):
    study = mi.run_study(recorded, decisions=["accuracy-max"], k_max=4)
    found = notes(study)
    assert assumed(study) == []
    assert "Intervals rest on 60 questions with 8 recorded attempts each." in found
    assert [note for note in found if "480 attempts of" in note] == [f"480 attempts of {EXCERPT.name}."]
    assert any("Standard errors over the questions" in note for note in found)


def test_gaps_stand_with_their_model_behind_what_all_have(attempts):
    seconds = attempts.seconds.copy()
    rows = np.flatnonzero(attempts._ids.codes == attempts.models.index(HIGH))[:3]
    seconds[rows] = np.nan
    holes = replace(attempts, seconds=seconds)
    models = {name: holes.model(name, least_samples=1, parallel=8, **PRICES) for name in attempts.models[1:4]}
    first, usual, special = counted_notes(models, "Recorded")
    assert first == "Intervals rest on 60 questions with 5 to 8 recorded attempts each."
    assert usual == f"480 attempts of {EXCERPT.name}."
    assert special.startswith(f"{HIGH}: 3 of them lack something and are left out (")


def test_models_without_attempts_are_still_drawn_where_others_are_counted(recorded, paper):
    catalog = mi.Catalog(models={**recorded.models, "gpt-5": paper.models["gpt-5"]}, scenarios={"free": FREE})
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_max=4)
    assert assumed(study) == [f"Assumed: {ASSUMED}"]
    assert any(note.startswith(f"Intervals of {HIGH}, {MEDIUM} rest on 60 questions") for note in notes(study))


def test_nothing_is_said_of_estimators_that_are_not_known(paper):
    class Other(mi.ClosedForm):
        def settings(self):
            return {"estimator": "Other"}

    study = mi.run_study(paper, models=["gpt-5"], estimator=Other(), k_max=4)
    assert assumed(study) == []


def test_routes_say_the_same(recorded, paper):
    for catalog, estimator, expected in (
        (recorded, None, "Intervals rest on 60 questions with 8 recorded attempts each."),
        (recorded, mi.ClosedForm(), f"Assumed of cost and time: {ASSUMED} On the attempts of "),
        (paper.select(["gpt-5"]), None, f"Assumed: {ASSUMED}"),
    ):
        key = next(iter(catalog.scenarios))
        [table, *_] = route_tables(mi.route(catalog, key, "accuracy-max", estimator=estimator, k_max=4))
        assert len([note for note in table.notes if note.startswith(expected)]) == 1


def test_little_effort_stands_above_much(recorded):
    [table] = study_tables(mi.run_study(recorded, decisions=["accuracy-max"], k_max=2))
    assert [row[0] for row in table.rows] == [MEDIUM, HIGH]


def test_every_way_to_keep_has_words_and_all_is_no_oracle(attempts):
    model = attempts.model(HIGH, keep="all", **PRICES)
    assert model.keep == "all"
    assert keeper("all") == "all"
    assert "all k passes must be right" in kept_of({"all"})
    catalog = mi.Catalog(models={"one": model}, scenarios={"free": FREE})
    found = notes(mi.run_study(catalog, decisions=["fastest"], k_max=2))
    assert not any("oracle" in note for note in found)


def test_the_credit_of_built_in_attempts_stands_in_the_table():
    catalog = mi.load_catalog("gpqa-diamond").select(["gpt-5@medium"], ["standard"])
    for found in (notes(mi.run_study(catalog, decisions=["cheapest"], k_max=2)), sources_of_attempts(catalog.models)):
        assert any(re.search(r"Epoch AI.*CC BY 4\.0", note) for note in found)
    assert sources_of_attempts({}) == []


def test_the_page_has_a_swatch_for_each_setting_of_a_family_and_the_same_lines(recorded, paper):
    knobs = replace(default_knobs(recorded), k_max=2)
    result = answer(recorded, knobs)
    shown = html.choices_table(result.trajectories, model_labels(recorded))
    colours = re.findall(r'class="family"[^>]*background:(#[0-9A-F]{6})"', shown)
    assert len(set(colours)) == 2
    assert shown.index(MEDIUM) < shown.index(HIGH)
    without = answer(paper, replace(default_knobs(paper), k_max=2))
    assert "family" not in html.choices_table(without.trajectories, model_labels(paper))
    assert html.evidence(["a < b"]) == '<p class="evidence">a &lt; b</p>'
    assert html.evidence([]) == ""


def test_the_report_has_the_origin_of_attempts_and_the_line_of_drawn_passes(recorded, paper):
    study = mi.run_study(recorded, decisions=["cheapest"], k_max=1)
    assert f"<li>480 attempts of {EXCERPT.name}.</li>" in report_html(study)
    part = paper.select(["gpt-5"], ["essay-feedback"])
    drawn = report_html(mi.run_study(part, decisions=["accuracy-max"], k_max=4))
    assert ASSUMED in drawn
    assert "Recorded attempts:" not in drawn


def test_clusters_of_questions_are_counted(attempts):
    clusters = TextColumn(attempts.question.codes % 7, np.array([f"text {number}" for number in range(7)]))
    model = replace(attempts, cluster=clusters).model(HIGH, parallel=8, **PRICES)
    many = len(set(model.attempts.clusters))
    [first, *_] = counted_notes({"one": model}, "Recorded")
    assert first == f"Intervals rest on 60 questions with 8 recorded attempts each, in {many} clusters."
