"""The figures where models use more than money and time: four and five objectives."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from figure_contents import cut, drawn, placed, texts
from more_resources import AND_GRAMS, with_resources

import moo_inference as mi
from moo_inference.views.figures import accuracy, across_models, cost_and_time, cube, parallel, pipeline, projections
from moo_inference.views.figures.render import Job, render
from moo_inference.views.figures.style import PAPER_MM, SLIDE_MM
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import marks

OF_A_CELL = {
    "cube": cube,
    "accuracy": accuracy,
    "cost_and_time": cost_and_time,
    "projections": projections,
    "parallel": parallel,
}
MODELS = ("gpt-5", "gpt-5-nano")


@pytest.fixture(scope="module")
def few(paper):
    """Two models in one scenario where energy binds, and in others that are odd."""
    essay = paper.scenarios["essay-feedback"]
    return mi.Catalog(models={key: paper.models[key] for key in MODELS}, scenarios={"essay": essay})


@pytest.fixture(scope="module")
def four(few):
    return mi.run_study(with_resources(few, joules=20_000.0))


@pytest.fixture(scope="module")
def five(few):
    return mi.run_study(with_resources(few, AND_GRAMS, joules=20_000.0, grams_co2=9.0))


@pytest.fixture(scope="module")
def odd(few):
    """An infeasible cell, a front of one row, and one that no budget ends, of 128 rows."""
    essay = few.scenarios["essay"]
    budgets = {"tight": {"joules": 100.0}, "one": {"joules": 1000.0}, "free": {}}
    catalogs = {key: with_resources(few, **limits).scenarios["essay"] for key, limits in budgets.items()}
    catalogs["free"] = essay.replace(c_max=None, t_max=None, a_min=0.5, name="No budgets")
    return mi.run_study(with_resources(few).replace(scenarios=catalogs), decisions=["accuracy-max", "knee-chord"])


def test_a_trajectory_holds_what_a_study_does_in_the_order_of_its_objectives(five):
    found = trajectory(five, "essay", "gpt-5-nano")
    assert [limit.quantity for limit in found.limits] == ["cost", "time", "grams_co2", "joules", "accuracy"]
    means = np.column_stack([quantity.mean for quantity in found.quantities])
    np.testing.assert_array_equal(means, found.curve.means)
    for mark in marks(five, five.cells[1]):
        row = found.curve.k.tolist().index(mark.k)
        np.testing.assert_array_equal(mark.values, found.curve.means[row])
    assert replace(found.marks[0], k=None, cost=None).values == ()


def test_the_volume_takes_in_every_budget(four):
    found = trajectory(four, "essay", "gpt-5")
    joules = found.curve.resource("joules").mean
    left = (1 - found.cost.mean / 0.5).clip(0) * (1 - found.time.mean / 60).clip(0)
    np.testing.assert_allclose(
        found.volume, left * (1 - joules / 20_000).clip(0) * found.accuracy.mean, rtol=1e-12, atol=1e-15
    )
    assert found.curve.k[found.feasible].tolist() == [
        k
        for k, cost, time, used, right in zip(
            found.curve.k, found.cost.mean, found.time.mean, joules, found.accuracy.mean, strict=True
        )
        if cost <= 0.5 and time <= 60 and used <= 20_000 and right >= 0.93
    ]


@pytest.mark.parametrize("quantities", [3, 4, 5, 6])
def test_every_two_quantities_meet_in_one_projection(quantities):
    found = projections.pairs(quantities)
    assert {frozenset(pair) for pair in found} == {
        frozenset((one, other)) for one in range(quantities) for other in range(one)
    }
    assert len(found) == quantities * (quantities - 1) // 2
    assert [up for _, up in found[: quantities - 1]] == [quantities - 1] * (quantities - 1)


@pytest.mark.parametrize("width", [PAPER_MM, SLIDE_MM])
def test_projections_and_amounts_have_each_choice_and_each_budget(four, five, width):
    for study in (four, five):
        found = trajectory(study, "essay", "gpt-5")
        budgets = [limit.value for limit in found.limits]
        panels = projections.pairs(len(budgets))
        figure = projections.render(found, width)
        assert len(figure.axes) == len(panels)
        for ax, (across, up) in zip(figure.axes, panels, strict=True):
            assert placed(ax) == sorted(
                (mark.marker.matplotlib, mark.values[across], mark.values[up]) for mark in found.marks
            )
            assert any(list(line.get_xdata()) == [budgets[across]] * 2 for line in ax.lines)
            assert any(list(line.get_ydata()) == [budgets[up]] * 2 for line in ax.lines)
        figure = cost_and_time.render(found, width)
        assert len(figure.axes) == len(budgets) - 1
        for column, ax in enumerate(figure.axes):
            assert placed(ax) == sorted((mark.marker.matplotlib, mark.k, mark.values[column]) for mark in found.marks)
            assert any(list(line.get_ydata()) == [budgets[column]] * 2 for line in ax.lines)
        shown = " ".join(" ".join(texts(figure)).split())
        assert "budget: $0.500, 60.0 s," in shown
        assert "20,000 joules" in shown
        assert "joules of a query" in shown


def test_parallel_coordinates_show_every_row_of_the_front_at_its_amounts(four, five):
    for study in (four, five):
        for model in MODELS:
            found = trajectory(study, "essay", model)
            figure = drawn(parallel.render(found, SLIDE_MM))
            host, *scales, over, _ = figure.axes
            assert len(scales) == len(found.limits)
            lines = np.array(host.collections[0].get_segments())
            assert len(lines) == found.on_front.sum()
            front = found.curve.means[found.on_front]
            for column, (ax, limit) in enumerate(zip(scales, found.limits, strict=True)):
                # What stands at the height of a line on the axis is the amount of that row.
                pixels = host.transData.transform(np.column_stack([lines[:, column, 0], lines[:, column, 1]]))
                read = ax.transData.inverted().transform(pixels)[:, 1]
                np.testing.assert_allclose(read, front[:, column], rtol=1e-9)
                worst, best = ax.get_ylim()
                assert (worst < best) == (limit.quantity == "accuracy")
                assert min(worst, best) <= front[:, column].min()
                assert max(worst, best) >= front[:, column].max()
                pixels = over.transData.transform([(column, y) for _, x, y in placed(over) if x == column])
                read = ax.transData.inverted().transform(pixels)[:, 1]
                expected = [mark.values[column] for mark in found.marks]
                np.testing.assert_allclose(sorted(read), sorted(expected), rtol=1e-9)
                if limit.value is not None and min(worst, best) <= limit.value <= max(worst, best):
                    assert [list(line.get_ydata()) for line in ax.lines] == [[limit.value] * 2]
            colours = {tuple(colour) for colour in host.collections[0].get_colors()}
            assert len(colours) == len(lines)
            assert "passes k" in texts(figure)


def test_parallel_coordinates_say_which_end_is_better_and_what_the_budgets_are(five):
    shown = [" ".join(text.split()) for text in texts(drawn(parallel.figure(five, "essay", "gpt-5")))]
    for words in (
        "better →",
        "cost of a query (USD)",
        "time of a query (s)",
        "grams co2 of a query",
        "joules of a query",
        "accuracy, kept by oracle",
        "at most $0.500",
        "at most 60.0 s",
        "at most 9.00 grams co2",
        "at most 20,000 joules",
        "at least 0.93",
        "max-cube, k = 1",
    ):
        assert words in shown, words


def test_parallel_coordinates_of_odd_fronts(odd):
    tight = parallel.figure(odd, "tight", "gpt-5")
    assert "raising joules_max to" in " ".join(" ".join(texts(tight)).split())
    assert len(tight.axes[0].collections[0].get_segments()) >= 1
    one = trajectory(odd, "one", "gpt-5")
    assert one.on_front.sum() == 1
    [line] = parallel.render(one).axes[0].collections[0].get_segments()
    assert ((line[:, 1] >= 0) & (line[:, 1] <= 1)).all()
    free = trajectory(odd, "free", "gpt-5")
    figure = parallel.render(free)
    assert len(figure.axes[0].collections[0].get_segments()) == free.on_front.sum() == 128
    assert texts(figure).count("no budget") == 3


def test_something_that_costs_nothing_is_drawn(few):
    idle = with_resources(few, {"joules": (0.0, 0.0, 0.0)})
    study = mi.run_study(idle, decisions=["accuracy-max"], k_max=4)
    for module in OF_A_CELL.values():
        assert texts(drawn(module.figure(study, "essay", "gpt-5")))


def test_the_cube_says_what_it_leaves_out(four, five):
    assert "joules not drawn" in " ".join(" ".join(texts(cube.figure(four, "essay", "gpt-5"))).split())
    assert "grams co2, joules not drawn" in " ".join(" ".join(texts(cube.figure(five, "essay", "gpt-5"))).split())


@pytest.mark.parametrize("width", [PAPER_MM, 190.0, SLIDE_MM])
def test_no_text_is_cut(four, five, odd, width):
    cells = [
        (four, "essay", "gpt-5"),
        (five, "essay", "gpt-5-nano"),
        *((odd, key, "gpt-5") for key in odd.catalog.scenarios),
    ]
    for study, scenario, model in cells:
        for name, module in OF_A_CELL.items():
            figure = drawn(module.figure(study, scenario, model, width_mm=width))
            assert cut(figure) == [], (name, scenario, len(study.catalog.resources))


def test_without_its_resources_a_catalog_gives_the_pictures_of_the_plain_one(few):
    plain = mi.run_study(few)
    back = mi.run_study(with_resources(few, AND_GRAMS, joules=20_000.0).without(["joules", "grams_co2"]))
    for module in OF_A_CELL.values():
        images = [
            render(Job("x", module.render, (trajectory(study, "essay", "gpt-5"),), ("png",), 60))
            for study in (plain, back)
        ]
        assert images[0] == images[1]
    images = [
        render(Job("x", across_models.render, (across_models.prepare(study, "essay"),), ("png",), 60))
        for study in (plain, back)
    ]
    assert images[0] == images[1]


@pytest.mark.parametrize("width", [PAPER_MM, 190.0, SLIDE_MM])
@pytest.mark.parametrize("uses", [None, AND_GRAMS])
def test_a_pipeline_has_a_panel_for_each_resource(uses, width):
    catalog = with_resources(mi.load_catalog(ROOT / "examples" / "pipeline.yaml"), uses, joules=60_000.0)
    study = mi.run_study(catalog, decisions=["accuracy-max", "knee-chord"], k_max=4)
    view = pipeline.prepare(study, "coding", "two-halves")
    front = study.pipeline_cells[1].front
    np.testing.assert_array_equal(view.values[:, :-1], front.F[:, :-1])
    figure = drawn(pipeline.render(view, width))
    assert len(figure.axes) == front.F.shape[1] - 1
    for column, ax in enumerate(figure.axes):
        np.testing.assert_array_equal(ax.collections[0].get_offsets(), view.values[:, [column, -1]])
        assert placed(ax) == sorted((m.marker.matplotlib, m.values[column], m.values[-1]) for m in view.marks)
        budget = view.limits[column].value
        assert budget is None or any(list(line.get_xdata()) == [budget] * 2 for line in ax.lines)
    assert cut(figure) == []
    assert "60,000 joules" in " ".join(" ".join(texts(figure)).split())
