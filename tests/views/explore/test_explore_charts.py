import math
from dataclasses import replace

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.formatting.amounts import seconds
from moo_inference.views.explore.charts import CONFIG, INK, accuracy_figure, plain
from moo_inference.views.explore.cube import cube_figure, drawn_up_to
from moo_inference.views.explore.html import choices_table, headline, notice
from moo_inference.views.figures import cube
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import marks
from moo_inference.views.report.report import report_html
from moo_inference.views.study_tables import study_tables

pytest.importorskip("plotly")

HOSTILE = "</script><script>alert(1)</script> $x$ %{x} &lt;"


@pytest.fixture(scope="module")
def paper():
    return mi.load_catalog()


def found(paper, scenario="essay-feedback", model="gpt-5", **options):
    changes = {key: options.pop(key) for key in ("c_max", "t_max", "a_min", "t_quantile") if key in options}
    varied = paper.replace(scenarios={scenario: paper.scenarios[scenario].replace(**changes)})
    study = mi.run_study(varied, models=[model], **options)
    return trajectory(study, scenario, model)


def named(figure, start):
    return [trace for trace in figure.data if (trace.name or "").startswith(start)]


def test_the_cube_shows_each_k_where_it_is_and_the_budgets_as_planes(paper):
    shown = found(paper)
    figure = cube_figure(shown)
    [kept], [broken] = named(figure, "k that meet"), named(figure, "k that break")
    for trace, met in ((kept, shown.feasible), (broken, ~shown.feasible)):
        rows = np.flatnonzero(met)[: len(trace.x)]
        np.testing.assert_array_equal(np.column_stack([trace.x, trace.y, trace.z]), shown.curve.means[rows])
    assert len(kept.x) == shown.feasible.sum() == 22
    np.testing.assert_array_equal(kept.marker.color, shown.volume[shown.feasible])
    assert drawn_up_to(shown) == len(kept.x) + len(broken.x) < 128
    planes = [trace for trace in figure.data if trace.type == "mesh3d"]
    assert [set(planes[0].x), set(planes[1].y), set(planes[2].z)] == [{0.5}, {60.0}, {0.93}]
    assert [(min(t.x), max(t.x)) for t in planes[1:]] == [(0, 0.5)] * 2
    assert all(max(t.z) == 1 for t in planes[:2])


def test_the_cube_has_twelve_edges_from_utopia_to_the_budgets(paper):
    [edges] = named(cube_figure(found(paper)), "cube of")
    corners = {(x, y, z) for x, y, z in zip(edges.x, edges.y, edges.z, strict=True) if x is not None}
    assert corners == {(x, y, z) for x in (0, 0.5) for y in (0, 60) for z in (0.93, 1)}
    assert sum(x is None for x in edges.x) == 12


def test_every_choice_stands_at_its_row_and_its_legend_says_k(paper):
    shown = found(paper)
    cube, curve = cube_figure(shown), accuracy_figure(shown)
    for mark in shown.marks:
        [drawn] = [trace for trace in cube.data if trace.type == "scatter3d" and trace.legendgroup == mark.rule]
        assert (drawn.x[0], drawn.y[0], drawn.z[0], drawn.text[0]) == (
            mark.cost,
            mark.time,
            mark.accuracy,
            mark.marker.symbol,
        )
        for figure in (cube, curve):
            [entry] = named(figure, f"{mark.rule}, k = {mark.k}")
            assert (entry.marker.symbol, entry.marker.color) == (mark.marker.plotly, INK)
        assert (entry.x[0], entry.y[0]) == (mark.k, mark.accuracy)


def test_a_choice_is_the_same_in_figure_table_report_and_page(paper):
    """All of them are read against one object: the marks of the study."""
    study = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"])
    shown = trajectory(study, "essay-feedback", "gpt-5")
    figure = cube.figure(study, "essay-feedback", "gpt-5").axes[0]
    drawn = {
        line.get_marker(): tuple(float(value[0]) for value in line.get_data_3d())
        for line in figure.lines
        if line.get_linestyle() == "None"
    }
    [table] = study_tables(study)
    report, page = report_html(study), choices_table({"gpt-5": shown}, {"gpt-5": "GPT-5"})
    by_rule = {trace.legendgroup: trace for trace in cube_figure(shown).data if trace.type == "scatter3d"}
    for column, mark in enumerate(marks(study, study.cells[0]), start=1):
        assert drawn[mark.marker.matplotlib] == (mark.cost, mark.time, mark.accuracy)
        assert table.columns[column] == f"{mark.marker.symbol} {mark.rule}"
        assert table.rows[0][column].startswith(f"k={mark.k}  {mark.accuracy:.4f}")
        # Colours are models in the report, and so a rule has its shape alone.
        marker = f'<span class="marker">{mark.marker.symbol}</span> {mark.rule}</td>'
        assert f"{marker}\n<td>{mark.short}\n{mark.amounts}</td>" in report
        assert mark.marker.symbol in page
        assert f">{mark.k}<" in page
        found = by_rule[mark.rule]
        assert (found.text[0], found.x[0], found.y[0]) == (mark.marker.symbol, mark.cost, mark.time)


def test_choices_of_one_k_are_all_seen(paper):
    shown = found(paper)
    sizes = [trace.marker.size for trace in accuracy_figure(shown).data if trace.mode == "markers" and trace.x[0] == 1]
    assert len(sizes) == 2
    assert sizes[0] > 1.5 * sizes[1]


def test_the_curve_has_its_band_its_limit_and_the_k_that_meet_all_budgets(paper):
    shown = found(paper)
    figure = accuracy_figure(shown)
    [mean], [band] = named(figure, "mean"), named(figure, "middle 95 %")
    np.testing.assert_array_equal(mean.y, shown.accuracy.mean)
    np.testing.assert_array_equal(band.y, np.concatenate([shown.accuracy.high, shown.accuracy.low[::-1]]))
    ranges = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(shape.x0, shape.x1) for shape in ranges] == [(0.5, 22.5)]
    assert [shape.y0 for shape in figure.layout.shapes if shape.type == "line"] == [0.93]


def test_a_range_with_gaps_is_drawn_with_gaps(paper):
    shown = found(paper, latency="waves", t_max=45.0)
    gappy = replace(shown, feasible=np.isin(shown.curve.k, [1, 2, 5]))
    figure = accuracy_figure(gappy)
    ranges = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(shape.x0, shape.x1) for shape in ranges] == [(0.5, 2.5), (4.5, 5.5)]
    assert sum(bool(shape.showlegend) for shape in ranges) == 1


def test_where_nothing_can_be_chosen_the_curve_is_still_there(paper):
    shown = found(paper, c_max=1e-6)
    assert shown.infeasibility
    cube, curve = cube_figure(shown), accuracy_figure(shown)
    assert len(named(cube, "k that break")[0].x) >= 3
    assert not named(cube, "k that meet")
    assert len(named(curve, "mean")[0].y) == 128
    assert not [shape for shape in curve.layout.shapes if shape.type == "rect"]


def test_a_budget_that_is_not_there_has_no_plane(paper):
    shown = found(paper, c_max=None, t_max=None, decisions=["accuracy-max"])
    figure = cube_figure(shown)
    assert [trace.name for trace in figure.data if trace.type == "mesh3d"] == ["accuracy at least 0.93"]
    assert drawn_up_to(shown) is None
    assert figure.layout.scene.xaxis.range[1] > shown.cost.mean.max()


@pytest.mark.parametrize(
    "options", [{"k_max": 1}, {"k_max": 2}, {"t_quantile": 0.95}, {"model": "nemotron-ultra-253b"}]
)
def test_short_curves_are_drawn(paper, options):
    shown = found(paper, **options)
    for figure in (cube_figure(shown), accuracy_figure(shown)):
        assert figure.to_json()
    spans = [cube_figure(shown).layout.scene[f"{axis}axis"].range for axis in "xyz"]
    assert all(math.isfinite(low) and low < high for low, high in spans)


def test_names_are_text_in_figures_and_tables(paper):
    catalog = paper.replace(models={HOSTILE: paper.models["gpt-5"].replace(name=HOSTILE)})
    study = mi.run_study(catalog, scenarios=["essay-feedback"])
    shown = trajectory(study, "essay-feedback", HOSTILE, {"max-cube": HOSTILE})
    escaped = "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; $x$ %{x} &amp;lt;"
    assert plain(HOSTILE) == escaped
    assert plain("a" * 500) == "a" * 59 + "…"
    for figure in (cube_figure(shown), accuracy_figure(shown)):
        traces = [trace.to_plotly_json() for trace in figure.data]
        said = [str(trace.get(field, "")) for trace in traces for field in ("name", "text", "hovertext")]
        assert sum(escaped[:40] in text for text in said) >= 2
        assert not any("<script" in text or "</" in text.replace("</b>", "") for text in said)
        assert not any("hovertemplate" in trace or "meta" in trace for trace in traces)
    assert CONFIG["typesetMath"] is False
    for html in (
        choices_table({HOSTILE: shown}, {HOSTILE: HOSTILE}),
        headline(HOSTILE, HOSTILE),
        notice("x", [HOSTILE]),
    ):
        assert "<script" not in html
        assert "&lt;/script&gt;&lt;script&gt;alert(1)" in html


def test_the_table_says_what_was_chosen_why_and_what_to_know(paper):
    shown = found(paper, model="gpt-5-nano", scenario="medical-ai")
    html = choices_table({"m": shown}, {"m": "GPT-5 Nano"})
    for mark in shown.marks:
        assert mark.rule in html
        assert mark.marker.symbol in html
        assert f'<td class="number">{mark.k}</td><td class="number">{mark.accuracy:.4f}</td>' in html
        assert mark.reason.replace("'", "&#x27;") in html
        for warning in mark.warnings:
            assert f"⚠ {warning}" in html
    assert any(mark.warnings for mark in shown.marks)
    broken = found(paper, c_max=1e-6)
    assert "no k meets all budgets" in choices_table({"m": broken, "n": shown}, {"m": "A", "n": "B"})


def test_the_page_tells_quantiles_keepers_and_intervals(paper):
    vote = {"kind": "outcomes", "keep": "majority", "questions": {"a": "6/6 0/2 0/2", "b": "5/5 0/5", "c": "9/9 0/1"}}
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.1, t_quantile=0.95)
    models = {"gpt-5": paper.models["gpt-5"], "voted": paper.models["gpt-5"].replace(accuracy=vote)}
    study = mi.run_study(mi.Catalog(models=models, scenarios={"s": scenario}), decisions=["accuracy-max"], k_max=8)
    shown = {key: trajectory(study, "s", key) for key in models}
    html = choices_table(shown, {"gpt-5": "GPT-5", "voted": "Voted"})
    assert "GPT-5, kept by oracle" in html
    assert "Voted, kept by vote" in html
    for _, row in study.choices.iterrows():
        assert f"p95 {seconds(row['time_at_quantile'])}" in html
    row = study.choices.set_index("model").loc["voted"]
    assert f"{row['accuracy_ci_low']:.3f} to {row['accuracy_ci_high']:.3f}" in html
    assert html.count("interval unknown") == 1
    alone = choices_table({"gpt-5": shown["gpt-5"]}, {"gpt-5": "GPT-5"})
    assert "as only an oracle or a perfect check of the answers picks it" in alone
    assert "kept by" not in alone
    assert "interval" not in alone
    cube = cube_figure(shown["voted"])
    assert cube.layout.scene.yaxis.title.text == "95 % of queries:<br>time (s)"
    assert cube.layout.scene.zaxis.title.text == "accuracy, kept by vote"
    assert any((trace.name or "").endswith("60.0 s (p95)") for trace in cube.data)
    [chosen] = [trace for trace in named(cube, "") if trace.type == "scatter3d" and trace.legendgroup == "accuracy-max"]
    assert chosen.y[0] == row["time_at_quantile"]
    assert f"p95 {seconds(row['time_at_quantile'])}" in chosen.hovertext[0]
    assert accuracy_figure(shown["voted"]).layout.yaxis.title.text == "accuracy, kept by vote"
