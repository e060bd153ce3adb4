"""A choice has the same marker wherever it is shown, and it is read from one object."""

import pytest

import moo_inference as mi
from moo_inference.views.markers import UTOPIA, markers
from moo_inference.views.marks import marks
from moo_inference.views.study_tables import study_tables


@pytest.fixture(scope="module")
def study(paper):
    return mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"])


def test_marks_are_the_choices(study):
    rows = study.choices.to_dict(orient="records")
    for mark, row in zip(marks(study, study.cells[0]), rows, strict=True):
        assert (mark.rule, mark.status, mark.k) == (row["decision"], row["status"], row["k"])
        assert (mark.cost, mark.time, mark.accuracy) == (row["cost"], row["time"], row["accuracy"])
        assert mark.attainment == row["slo_attainment"]
        assert mark.label == f"{row['decision']}, k = {row['k']}"


def test_every_rule_has_a_marker_of_its_own():
    from moo_inference.decision import RULES

    by_rule = markers([*RULES, "mine", "yours"])
    assert len({marker.symbol for marker in by_rule.values()} | {UTOPIA.symbol}) == len(RULES) + 3
    assert len({(marker.matplotlib, marker.filled) for marker in by_rule.values()}) == len(RULES) + 2
    assert len({marker.plotly for marker in by_rule.values()} | {UTOPIA.plotly}) == len(RULES) + 3
    assert not by_rule["mine"].filled
    assert markers(["yours", "mine"])["mine"] == markers(["mine", "yours"])["yours"]


def test_matplotlib_and_plotly_know_all_names():
    go = pytest.importorskip("plotly.graph_objects")
    from matplotlib.markers import MarkerStyle

    from moo_inference.decision import RULES

    for marker in (*markers([*RULES, *map(str, range(7))]).values(), UTOPIA):
        assert MarkerStyle(marker.matplotlib).is_filled()
        go.Scatter(marker={"symbol": marker.plotly, "color": marker.colour})


def test_a_rule_can_be_called_otherwise(study):
    found = marks(study, study.cells[0], {"knee-chord": "knee-point"})
    assert found[-1].rule == "knee-point"
    assert found[-1].marker == markers(["knee-point"])["knee-point"]


def test_an_empty_choice_says_why(paper):
    tight = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.01)})
    study = mi.run_study(tight, models=["gpt-5"], decisions=["max-cube"])
    [mark] = marks(study, study.cells[0])
    assert (mark.k, mark.cost, mark.short, mark.amounts) == (None, None, "infeasible", "infeasible")
    assert mark.label == "max-cube, infeasible"


def test_the_table_names_each_rule_with_its_marker(study):
    [table] = study_tables(study)
    rules = ("● accuracy-max", "▲ max-cube", "◆ utopia-closest", "■ knee-point", "✚ knee-chord")
    assert table.columns == ("model", *rules)


def test_notebooks_show_studies_fronts_and_choices(paper):
    hostile = "<script>alert(1)</script>"
    model = {hostile: paper.models["gpt-5"]}
    scenario = paper.scenarios["essay-feedback"]
    study = mi.run_study(mi.Catalog(models=model, scenarios={"s": scenario.replace(name=hostile)}))
    shown = study._repr_html_()
    assert shown.count("<table>") == 1
    assert shown.count("<tr>") == 2
    assert all(f"k={choice.k} " in shown for choice in study.cells[0].choices)
    for html in (shown, study.cells[0].front._repr_html_()):
        assert "<script>" not in html
        assert "&lt;script&gt;alert(1)" in html
    front = study.cells[0].front
    assert front._repr_html_().count("<tr>") == 1 + len(front)
    for choice in study.cells[0].choices:
        html = choice._repr_html_()
        assert f">{choice.k}<" in html
        assert markers([choice.rule])[choice.rule].symbol in html


def test_notebooks_show_what_is_missing_and_what_is_long(paper):
    tight = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.01)})
    study = mi.run_study(tight, models=["gpt-5"], decisions=["max-cube"])
    cell = study.cells[0]
    assert "empty" in cell.front._repr_html_()
    assert "no k meets all budgets" in cell.front._repr_html_()
    assert "infeasible" in cell.choices[0]._repr_html_()
    long = mi.run_study(paper, models=["gpt-5-nano"], scenarios=["medical-ai"]).cells[0].front
    assert len(long) == 110
    assert long._repr_html_().count("<tr>") == 41
    assert ">128<" in long._repr_html_()


def test_notebooks_show_the_models_of_a_front_across_models(paper):
    from moo_inference.decision import decide

    curves = {name: mi.ClosedForm().estimate(paper.models[name], range(1, 4)) for name in ("gpt-5", "qwen3-max")}
    names = [name for name, curve in curves.items() for _ in range(len(curve))]
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.5)
    front = mi.Front.from_curve(mi.ScalingCurve.joined(list(curves.values())), scenario, names)
    assert "qwen3-max" in front._repr_html_()
    assert decide(front, "accuracy-max").model in decide(front, "accuracy-max")._repr_html_()
