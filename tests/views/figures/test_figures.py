"""The figures: the data behind them, what is drawn of them, and that nothing is cut or covered."""

import io
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from conftest import ROOT
from figure_contents import cut, drawn, placed, texts
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

import moo_inference as mi
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.formatting.amounts import plain
from moo_inference.paper.figures import paper_jobs, write_paper_figures
from moo_inference.views.figures import (
    accuracy,
    across_models,
    chosen_k,
    cost_and_time,
    cube,
    parallel,
    pipeline,
    projections,
    selection,
)
from moo_inference.views.figures.render import Job, render, render_all
from moo_inference.views.figures.style import PAPER_MM, SLIDE_MM, Amounts, Size
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import marks

OF_A_CELL = {
    "cube": cube,
    "accuracy": accuracy,
    "cost_and_time": cost_and_time,
    "projections": projections,
    "parallel": parallel,
}
COMPARED = ["cube", "accuracy", "parallel"]
HOSTILE = "</script><script>alert(1)</script> $x^2$ costs $5, *a* _b_"
BASELINES = ROOT / "tests" / "baselines"


@pytest.fixture(scope="module")
def study(paper):
    return mi.run_study(paper)


@pytest.fixture(scope="module")
def odd_study(paper):
    """An infeasible cell, a front of one row, hostile names, one scenario without a budget for money or a floor."""
    essay = paper.scenarios["essay-feedback"]
    models = {"hostile": paper.models["gpt-5"].replace(name=HOSTILE), "qwen3-max": paper.models["qwen3-max"]}
    scenarios = {
        "tight": essay.replace(c_max=0.01, name=HOSTILE),
        "one": essay.replace(c_max=0.04, a_min=0.5),
        "free": essay.replace(c_max=None, a_min=None, name="Money is no object"),
    }
    return mi.run_study(
        mi.Catalog(models=models, scenarios=scenarios), decisions=["accuracy-max", "knee-chord"], k_max=60
    )


@pytest.fixture(scope="module")
def assessed(paper):
    return mi.run_study(
        paper,
        models=["gpt-5-nano"],
        scenarios=["essay-feedback"],
        decisions=["accuracy-max", "knee-published", "knee-chord"],
        estimator=mi.MonteCarlo(trials=50, draws="independent"),
        k_step=8,
        assess=40,
    )


def pixels(figure, dpi):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return np.asarray(Image.open(stream).convert("RGB")).astype(float)


# The data behind the figures


def test_a_trajectory_is_the_study(study, paper):
    for cell in study.cells[::4]:
        found = trajectory(study, cell.scenario, cell.model)
        scenario = paper.scenarios[cell.scenario]
        cost, time, accuracy = study.model_curves[cell.model].means.T
        feasible = (cost <= scenario.c_max) & (time <= scenario.t_max) & (accuracy >= scenario.a_min)
        assert found.feasible.tolist() == feasible.tolist()
        assert found.curve.k[found.on_front].tolist() == cell.front.k.tolist()
        left = (1 - cost / scenario.c_max).clip(0) * (1 - time / scenario.t_max).clip(0) * accuracy
        np.testing.assert_allclose(found.volume, left, rtol=1e-12)
        assert found.marks == marks(study, cell)
        assert found.infeasibility is None
        assert found.title == f"{paper.models[cell.model].name}, {scenario.name}"


def test_the_largest_volume_of_the_front_is_what_max_cube_takes(study):
    for cell in study.cells:
        found = trajectory(study, cell.scenario, cell.model)
        [taken] = [mark for mark in found.marks if mark.rule == "max-cube"]
        volumes = np.where(found.on_front, found.volume, -1)
        assert found.curve.k[volumes.argmax()] == taken.k


def test_a_budget_that_is_null_takes_no_part_in_the_volume(odd_study):
    found = trajectory(odd_study, "free", "qwen3-max")
    left = (1 - found.time.mean / 60).clip(0) * found.accuracy.mean
    np.testing.assert_allclose(found.volume, left, rtol=1e-12)


def test_unknown_names_are_refused(study):
    for names, what in ((("nowhere", "gpt-5"), "scenario"), (("medical-ai", "gpt5"), "model")):
        for module in OF_A_CELL.values():
            with pytest.raises(UnknownNameError, match=f"unknown {what}"):
                module.figure(study, *names)
    with pytest.raises(UnknownNameError, match="unknown scenario"):
        across_models.figure(study, "nowhere")


def test_runs_of_feasible_k(study, paper):
    found = trajectory(study, "essay-feedback", "gpt-5")
    assert found.feasible_runs == [(0, 21)]
    # In waves of 4 and slow passes, the last k of each wave costs no more time than the first.
    waves = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], latency="waves")
    found = trajectory(waves, "essay-feedback", "gpt-5")
    listed = [row for first, last in found.feasible_runs for row in range(first, last + 1)]
    assert listed == np.flatnonzero(found.feasible).tolist()


def test_the_heat_map_holds_the_choices(study):
    found = chosen_k.prepare(study)
    expected = study.choices["k"].to_numpy(dtype=float, na_value=np.nan).reshape(found.k.shape)
    np.testing.assert_array_equal(found.k, expected)
    assert found.rules[0] == "● accuracy-max"


def test_selection_frequencies_need_an_assessed_study(study, assessed):
    with pytest.raises(SettingError, match="assess=200"):
        selection.figure(study, "essay-feedback", "gpt-5")
    with pytest.raises(UnknownNameError):
        selection.figure(assessed, "essay-feedback", "gpt-5")
    figure = drawn(selection.figure(assessed, "essay-feedback", "gpt-5-nano"))
    for ax, choice in zip(figure.axes, assessed.cells[0].choices, strict=True):
        seen = assessed.assessments["essay-feedback", "gpt-5-nano", choice.rule]
        assert sorted(bar.get_height() for bar in ax.patches) == sorted(seen.selection_frequency.values())
        bars = {round(bar.get_x() + bar.get_width() / 2, 6): bar.get_height() for bar in ax.patches}
        for k, share in seen.selection_frequency.items():
            assert k is None or bars[k] == share
    assert figure.axes[-1].get_xlabel().endswith(" seeds; questions are the same in all")


def test_selection_frequencies_of_resamples_are_called_so():
    catalog = mi.load_catalog("gpqa-diamond").select(["gpt-5.2@low"], ["standard"])
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_max=8, assess=50)
    figure = drawn(selection.figure(study, "standard", "gpt-5.2@low"))
    [ax] = figure.axes
    assert ax.get_xlabel() == "chosen k over 50 resamples of 198 questions"
    assert ax.get_title(loc="left").startswith(f"accuracy-max: chosen k = {study.choices['k'].iloc[0]}, PCS ")
    certain = mi.run_study(
        mi.load_catalog("paper"), models=["gpt-5"], scenarios=["essay-feedback"], decisions=["accuracy-max"], k_max=4
    )
    with pytest.raises(SettingError, match="rests on measurements or a simulation"):
        selection.figure(certain, "essay-feedback", "gpt-5")


# What is drawn


def test_every_figure_places_the_marks_of_the_study(study):
    found = trajectory(study, "essay-feedback", "gpt-5")
    chosen = found.marks
    at = {
        "cube": [[(m.cost, m.time, m.accuracy) for m in chosen]],
        "accuracy": [[(m.k, m.accuracy) for m in chosen]],
        "cost_and_time": [[(m.k, m.cost) for m in chosen], [(m.k, m.time) for m in chosen]],
        "projections": [
            [(m.cost, m.accuracy) for m in chosen],
            [(m.time, m.accuracy) for m in chosen],
            [(m.cost, m.time) for m in chosen],
        ],
    }
    for name, panels in at.items():
        axes = OF_A_CELL[name].figure(study, "essay-feedback", "gpt-5").axes[: len(panels)]
        for ax, points in zip(axes, panels, strict=True):
            expected = sorted((m.marker.matplotlib, *map(float, p)) for m, p in zip(chosen, points, strict=True))
            utopia = [("*", 0.0, 0.0, 1.0)] if name == "cube" else []
            assert placed(ax) == sorted(expected + utopia)


def test_the_paper_s_markers_are_the_paper_s():
    # Fig. 4's caption: circle, triangle, diamond, square.
    found = mi.run_study(mi.load_catalog("paper"), models=["gpt-5"], scenarios=["medical-ai"])
    shapes = {mark.rule: mark.marker.matplotlib for mark in marks(found, found.cells[0])}
    assert shapes == {
        "accuracy-max": "o",
        "max-cube": "^",
        "utopia-closest": "D",
        "knee-point": "s",
        "knee-chord": "P",
    }


def test_the_curve_the_band_and_the_floor_are_drawn(study):
    found = trajectory(study, "medical-ai", "gpt-5-nano")
    ax = accuracy.render(found).axes[0]
    curve = next(line for line in ax.lines if len(line.get_xdata()) == len(found.curve))
    np.testing.assert_array_equal(curve.get_ydata(), found.accuracy.mean)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert {*found.accuracy.low, *found.accuracy.high} <= {*band}
    assert any(list(line.get_ydata()) == [0.98, 0.98] for line in ax.lines)


def test_all_models_stand_on_one_chart_with_their_choices(study, paper):
    figure = drawn(across_models.figure(study, "proposal-writing"))
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [model.name for model in paper.models.values()] == legend[:9]
    expected = sorted(
        (mark.marker.matplotlib, mark.cost, mark.accuracy)
        for cell in study.cells
        if cell.scenario == "proposal-writing"
        for mark in marks(study, cell)
    )
    assert placed(figure.axes[0]) == expected


def test_an_infeasible_cell_says_so(odd_study):
    for name, module in OF_A_CELL.items():
        shown = " ".join(" ".join(texts(module.figure(odd_study, "tight", "hostile"))).split())
        assert "no k meets all budgets" in shown, name
        assert "accuracy-max, infeasible" in shown, name
    assert "raising c_max to $0.02176 would" in " ".join(texts(cube.figure(odd_study, "tight", "hostile"))).replace(
        "\n", " "
    )
    shown = " ".join(texts(across_models.figure(odd_study, "tight"))).replace("\n", " ")
    assert "no k of any of these models meets all budgets" in shown
    heat = texts(drawn(chosen_k.figure(odd_study)))
    assert heat.count("×") == 4
    assert heat.count("–") == 1


def test_money_is_shown_as_money(study):
    figure = drawn(cube.figure(study, "medical-ai", "gpt-5-nano"))
    cost = [label.get_text() for label in figure.axes[0].xaxis.get_ticklabels()]
    assert all(label.startswith("$") for label in cost)
    assert "c_max $0.950" in texts(figure)


def test_ticks_have_the_same_decimals_and_no_exponent():
    assert Amounts("$").format_ticks([0.0, 0.00025, 0.0005]) == ["$0.00000", "$0.00025", "$0.00050"]
    assert Amounts().format_ticks([0, 1000, 2000]) == ["0", "1,000", "2,000"]
    assert Amounts("$", alike=False).format_ticks([0.001, 10]) == ["$0.001", "$10"]
    assert Amounts()(0.25) == "0.25"
    assert plain(-0.0) == "0"
    assert plain(1e-7) == "0.0000001"


# How it looks


def sheets(study, odd_study, assessed):
    along = mi.load_catalog(ROOT / "examples" / "pipeline.yaml")
    coding = along.scenarios["coding"].replace(name=HOSTILE)
    scenarios = {"wide": coding, "free": coding.replace(c_max=None, a_min=None), "tight": coding.replace(t_max=8)}
    scenarios["p95"] = coding.replace(t_quantile=0.95)
    pipelines = mi.run_study(along.replace(scenarios=scenarios), decisions=["accuracy-max", "knee-chord"], k_max=16)
    for width in (PAPER_MM, SLIDE_MM):
        for cell in pipelines.pipeline_cells:
            shown = pipeline.figure(pipelines, cell.scenario, cell.pipeline, width_mm=width)
            yield f"pipeline {cell.scenario} {cell.pipeline} {width}", shown
    for width in (PAPER_MM, SLIDE_MM):
        for name, module in OF_A_CELL.items():
            for cells, scenario, model in (
                (study, "essay-feedback", "gpt-5"),
                (study, "medical-ai", "nemotron-nano-9b-v2"),
                (odd_study, "tight", "hostile"),
                (odd_study, "one", "hostile"),
                (odd_study, "free", "qwen3-max"),
            ):
                yield f"{name} {scenario} {model} {width}", module.figure(cells, scenario, model, width_mm=width)
        for cells in (study, odd_study):
            for scenario in cells.catalog.scenarios:
                yield f"across {scenario} {width}", across_models.figure(cells, scenario, width_mm=width)
            yield f"chosen {width}", chosen_k.figure(cells, width_mm=width)
        yield f"selection {width}", selection.figure(assessed, "essay-feedback", "gpt-5-nano", width_mm=width)


def test_the_figure_of_a_pipeline_shows_its_front_and_choices():
    catalog = mi.load_catalog(ROOT / "examples" / "pipeline.yaml")
    found = mi.run_study(catalog, decisions=["accuracy-max", "max-cube"], k_max=8)
    view = pipeline.prepare(found, "coding", "two-halves")
    front = found.pipeline_cells[1].front
    assert view.values.tolist() == [[cost, time, 1 - error] for cost, time, error in front.F.tolist()]
    figure = pipeline.render(view, 190)
    for ax, column in zip(figure.axes, (0, 1), strict=True):
        assert ax.collections[0].get_offsets().tolist() == view.values[:, [column, 2]].tolist()
        marked = [line.get_xydata().tolist()[0] for line in ax.lines if line.get_linestyle() == "None"]
        assert marked == [[mark.values[column], mark.values[2]] for mark in view.marks]
    assert "time of a query (s), lower bound" in texts(figure)
    assert "time of a query (s)" in texts(pipeline.figure(found, "coding", "plan-solve-verify"))
    for names, what in ((("nowhere", "two-halves"), "scenario"), (("coding", "two"), "pipeline")):
        with pytest.raises(UnknownNameError, match=f"unknown {what}"):
            pipeline.figure(found, *names)


def test_no_text_is_cut_and_no_legend_covers_an_axes(study, odd_study, assessed):
    for name, figure in sheets(study, odd_study, assessed):
        drawn(figure)
        assert cut(figure) == [], name
        renderer = FigureCanvasAgg(figure).get_renderer()
        for legend in figure.legends:
            box = legend.get_window_extent(renderer)
            for ax in figure.axes:
                if not hasattr(ax, "get_zlim"):
                    assert not box.shrunk(0.99, 0.99).overlaps(ax.get_window_extent(renderer)), name


def test_the_check_for_cut_text_finds_cut_text(study):
    figure = drawn(accuracy.figure(study, "essay-feedback", "gpt-5"))
    figure.text(0.9, 0.5, "far too long for what is left", fontsize=12)
    assert cut(figure) == ["far too long for what is left"]


def test_letters_fit_a_paper_and_a_slide():
    assert Size(PAPER_MM).font == 7
    assert Size(SLIDE_MM).font == 14
    assert Size(PAPER_MM).narrow
    assert not Size(SLIDE_MM).narrow


def test_names_are_not_taken_for_mathematics(odd_study):
    for name, module in OF_A_CELL.items():
        figure = drawn(module.figure(odd_study, "one", "hostile"))
        named = [text for text in figure.findobj(Text) if "<script>" in text.get_text()]
        assert named, name
        assert not any(text.get_parse_math() for text in named), name


def test_global_settings_stay_as_they_are(study):
    before = dict(matplotlib.rcParams)
    for module in OF_A_CELL.values():
        figure = module.figure(study, "essay-feedback", "gpt-5")
        figure.savefig(io.BytesIO(), format="png")
    render(Job("x", cube.render, (trajectory(study, "essay-feedback", "gpt-5"),), ("pdf",)))
    assert dict(matplotlib.rcParams) == before


TOLERANCE = 6.0
"""Largest root mean square of a pixel's difference, of 255, after halving: letters differ a little between machines."""


def apart(one, other):
    """How far two images are apart in their worst part, in blocks of a sixteenth of the width."""
    assert one.shape == other.shape
    block = one.shape[1] // 16
    rows, columns = (one.shape[0] // block) * block, 16 * block
    squares = ((one - other) ** 2).mean(axis=2)[:rows, :columns]
    parts = squares.reshape(rows // block, block, 16, block).mean(axis=(1, 3))
    return float(np.sqrt(parts.max()))


@pytest.mark.parametrize("name", COMPARED)
def test_the_picture_is_the_baseline(study, name):
    """`python tools/make_baselines.py` draws the baselines anew; look at them before committing."""
    found = trajectory(study, "essay-feedback", "gpt-5")
    baseline = np.asarray(Image.open(BASELINES / f"{name}.png").convert("RGB")).astype(float)
    assert apart(pixels(OF_A_CELL[name].render(found), 100), baseline) < TOLERANCE


@pytest.mark.parametrize("name", COMPARED)
def test_a_moved_marker_fails_the_baseline(study, name):
    found = trajectory(study, "essay-feedback", "gpt-5")
    row = 12
    cost, time, accuracy_there = found.curve.means[row]
    for place in range(len(found.marks)):
        moved = [*found.marks]
        moved[place] = type(moved[place])(
            **{
                **vars(moved[place]),
                "cost": cost,
                "time": time,
                "accuracy": accuracy_there,
                "k": int(found.curve.k[row]),
                "looked_at": tuple(found.values[row].tolist()),
            }
        )
        # The legend is drawn with the old k, so that it is the marker alone that moved.
        other = replace(found, marks=tuple(moved))
        figure = OF_A_CELL[name].render(other)
        for text, mark in zip(figure.legends[0].get_texts(), found.marks, strict=False):
            text.set_text(mark.label)
        baseline = np.asarray(Image.open(BASELINES / f"{name}.png").convert("RGB")).astype(float)
        assert apart(pixels(figure, 100), baseline) > 2 * TOLERANCE, moved[place].rule


def test_names_of_before_still_draw():
    for module in (*OF_A_CELL.values(), across_models, chosen_k, selection):
        with pytest.warns(DeprecationWarning, match="sheet is render now"):
            assert module.sheet is module.render
    with pytest.raises(AttributeError, match="no attribute 'sheets'"):
        cube.sheets  # noqa: B018


# Many at once


def test_the_same_job_gives_the_same_bytes_on_one_core_or_two(study):
    found = trajectory(study, "essay-feedback", "gpt-5")
    jobs = [
        Job("a", cube.render, (found,), ("png", "pdf", "png8"), 60),
        Job("b", accuracy.render, (found,), ("png",), 60),
    ]
    told = []
    one = list(render_all(jobs, lambda done, total: told.append((done, total)), workers=1))
    assert told == [(1, 2), (2, 2)]
    assert [name for name, _ in one] == ["a", "b"]
    assert one == list(render_all(jobs, workers=2))
    assert one[0][1]["pdf"].startswith(b"%PDF")


def test_fewer_colours_look_the_same(study):
    images = render(Job("x", cube.render, (trajectory(study, "essay-feedback", "gpt-5"),), ("png", "png8"), 100))
    full, small = (
        np.asarray(Image.open(io.BytesIO(images[kind])).convert("RGB")).astype(float) for kind in ("png", "png8")
    )
    assert np.abs(full - small).max() < 16
    assert len(images["png8"]) < len(images["png"]) / 2


def test_the_paper_s_figures_are_numbered_as_in_the_paper(paper):
    study = mi.run_study(paper, decisions=["max-cube", "knee-published"], k_step=16)
    names = [job.name for job in paper_jobs(study)]
    assert len(names) == 18
    assert names[:2] == ["figure_04_gpt-5_cubes", "figure_05_gpt-5_accuracy"]
    # Captions of the paper's Figures 10 and 21.
    assert names[6] == "figure_10_nemotron-ultra-253b_cubes"
    assert names[-1] == "figure_21_qwen3-30b-a3b_accuracy"


def test_the_paper_s_figures_are_written_as_pdf_and_png(paper, tmp_path):
    study = mi.run_study(paper, models=["nemotron-ultra-253b"], decisions=["max-cube", "knee-published"], k_step=16)
    names = write_paper_figures(study, tmp_path / "new" / "folder")
    assert sorted(names) == sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert len(names) == 4
    for job in paper_jobs(study):
        figure = drawn(job.draw(*job.arguments))
        assert cut(figure) == []
        shown = texts(figure)
        assert "(a) Essay feedback" in shown
        assert any(text.startswith("knee-point") for text in shown)
        assert not any("knee-published" in text for text in shown)


# Quantiles, keepers and colours


@pytest.fixture(scope="module")
def tails(paper):
    """Budgets for quantiles, and two models of which another pass is kept each."""
    gpt5 = paper.models["gpt-5"]
    vote = {"kind": "outcomes", "keep": "majority", "questions": {"a": "6/6 0/2 0/2", "b": "5/5 0/5", "c": "9/9 0/1"}}
    scenario = paper.scenarios["essay-feedback"].replace(t_quantile=0.95, a_quantile=0.05, a_min=0.8)
    return mi.run_study(
        mi.Catalog(
            models={"gpt-5": gpt5, "voted": gpt5.replace(name="Voted", accuracy=vote)},
            scenarios={"s": scenario, "loose": scenario.replace(a_min=0.1, a_quantile=None)},
        ),
        decisions=["accuracy-max", "max-cube"],
        k_max=8,
    )


@pytest.mark.parametrize("width", [PAPER_MM, SLIDE_MM])
@pytest.mark.parametrize("name", OF_A_CELL)
def test_a_budget_for_a_quantile_is_drawn_against_that_quantile(tails, name, width):
    figure = drawn(OF_A_CELL[name].figure(tails, "s", "gpt-5", width_mm=width))
    assert cut(figure) == []
    shown = [" ".join(text.split()) for text in texts(figure)]
    if name != "accuracy":
        assert any("95 % of queries: time (s)" in text for text in shown)
        assert any("(p95)" in text for text in shown)
    if name != "cost_and_time":
        assert any("95 % of queries: accuracy, kept by oracle" in text for text in shown)
        assert any("(p5)" in text for text in shown)
    found = trajectory(tails, "s", "gpt-5")
    mark = next(mark for mark in found.marks if mark.k is not None)
    row = mark.k - 1
    assert mark.looked_at[1] == found.values[row, 1] > found.time.mean[row]
    assert mark.looked_at[-1] == found.values[row, -1] < found.accuracy.mean[row]
    if name == "cost_and_time":
        points = [point[1:] for point in placed(figure.axes[1])]
        assert (float(mark.k), mark.looked_at[1]) in points
    if name == "accuracy":
        assert (float(mark.k), mark.looked_at[-1]) in [point[1:] for point in placed(figure.axes[0])]


def test_across_models_time_stands_beside_cost_and_the_keepers_are_told(tails):
    for width in (PAPER_MM, SLIDE_MM):
        figure = drawn(across_models.figure(tails, "loose", width_mm=width))
        assert cut(figure) == []
        shown = [" ".join(text.split()) for text in texts(figure)]
        assert "95 % of queries: time (s), logarithmic" in shown
        assert "cost of a query (USD), logarithmic" in shown
        assert {"GPT-5 (oracle)", "Voted (vote)"} <= set(shown)
    money, time = figure.axes
    for column, ax in enumerate((money, time)):
        for cell in tails.cells:
            if cell.scenario == "loose":
                for mark in marks(tails, cell):
                    points = [point[1:] for point in placed(ax)]
                    assert (mark.looked_at[column], mark.looked_at[-1]) in points


def test_across_models_colours_mean_models_and_shapes_rules(study):
    figure = across_models.figure(study, "essay-feedback")
    lines = figure.axes[0].lines
    of_models = {line.get_color() for line in lines if line.get_linestyle() != "None"}
    markers_there = [line for line in lines if line.get_linestyle() == "None"]
    assert {line.get_markerfacecolor() for line in markers_there} <= of_models
    assert len({line.get_marker() for line in markers_there}) == len(study.options.decisions)
    handles = figure.legends[0].legend_handles
    faces = {handle.get_markerfacecolor() for handle in handles if handle.get_linestyle() == "None"}
    assert len(faces) == 1
    assert not faces & of_models


def test_names_in_the_legend_are_cut_only_where_two_lines_do_not_hold_them(paper):
    name = "Nemotron Ultra 253B Reasoning, high effort"
    study = mi.run_study(
        mi.Catalog(
            models={"long": paper.models["gpt-5"].replace(name=name)},
            scenarios={"s": paper.scenarios["essay-feedback"]},
        ),
        k_max=4,
    )
    for width in (PAPER_MM, SLIDE_MM):
        figure = drawn(across_models.figure(study, "s", width_mm=width))
        assert name in [" ".join(text.split()) for text in texts(figure)]
        assert cut(figure) == []


# Families and efforts


@pytest.fixture(scope="module")
def measured():
    return mi.run_study("gpqa-diamond", decisions=["accuracy-max", "knee-chord"], k_max=7)


@pytest.mark.parametrize("width", [PAPER_MM, 190.0, SLIDE_MM])
def test_twenty_settings_in_families_are_neither_cut_nor_covered(measured, width):
    for figure in (across_models.figure(measured, "best", width_mm=width), chosen_k.figure(measured, width_mm=width)):
        assert cut(drawn(figure)) == []
        renderer = FigureCanvasAgg(figure).get_renderer()
        for legend in figure.legends:
            box = legend.get_window_extent(renderer)
            assert not any(ax.get_tightbbox(renderer).overlaps(box) for ax in figure.axes)
            lines = [text.get_window_extent(renderer) for text in legend.get_texts()]
            assert not any(one.overlaps(two) for place, one in enumerate(lines) for two in lines[:place])


def test_a_family_has_one_hue_and_stands_together_in_the_legend(measured):
    figure = across_models.figure(measured, "best", width_mm=190)
    models = measured.catalog.models
    lines = figure.legends[0].get_lines()[: len(models)]
    names = [text.get_text().replace("\n", " ").replace(" (infeasible)", "") for text in figure.legends[0].get_texts()]
    assert names.index("GPT-5 (high)") == names.index("GPT-5 (medium)") + 1
    assert names.index("GPT-5.2 (high)") == names.index("GPT-5.2 (low)") + 1
    low, high = (lines[names.index(name)] for name in ("GPT-5 Mini (medium)", "GPT-5 Mini (high)"))
    assert low.get_color() != high.get_color()
    hues = [matplotlib.colors.rgb_to_hsv(matplotlib.colors.to_rgb(line.get_color()))[0] for line in (low, high)]
    assert hues[0] == pytest.approx(hues[1], abs=0.01)


def test_rows_of_the_heat_map_are_those_of_their_models(measured):
    view = chosen_k.prepare(measured)
    taken = {
        (cell.scenario, measured.catalog.models[cell.model].name): [choice.k for choice in cell.choices]
        for cell in measured.cells
    }
    for block, scenario in enumerate(measured.catalog.scenarios):
        for row, name in enumerate(view.models):
            found = [None if np.isnan(k) else int(k) for k in view.k[block, row]]
            assert found == taken[scenario, name]
