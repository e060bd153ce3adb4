import json

import moocore
import numpy as np
import pandas as pd
import pytest

import moo_inference as mi
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.pareto.quality import front_quality
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import SEARCHES, nsga2
from moo_inference.studies.comparison import RUN_COLUMNS, catalog_problems, compare_solvers
from moo_inference.views import comparison_tables, to_markdown


@pytest.fixture(scope="module")
def cells(paper):
    problems = catalog_problems(paper, models=["gpt-5", "nemotron-ultra-253b"], scenarios=["essay-feedback"])
    return problems, compare_solvers(problems, seeds=range(2))


def test_one_row_a_run_with_the_measures_in_order(cells):
    _, comparison = cells
    assert list(comparison.runs.columns[: len(RUN_COLUMNS)]) == list(RUN_COLUMNS)
    assert len(comparison.runs) == 2 * 6 * 2
    assert set(comparison.runs["solver"]) == {"exhaustive", *SEARCHES}
    assert pd.read_csv(pd.io.common.StringIO(comparison.to_csv())).shape == comparison.runs.shape
    assert len(json.loads(comparison.to_json())) == len(comparison.runs)


def test_exhaustive_search_is_the_truth(cells):
    exact = cells[1].runs.query("solver == 'exhaustive'")
    assert (exact[["found", "hypervolume", "distinct"]] == 1).all(axis=None)
    assert (exact["igd_plus"] == 0).all()
    assert (exact["evaluations"] == 128).all()
    assert exact[[column for column in exact if column.startswith("same_")]].all(axis=None)


def test_every_run_was_given_enough_and_one_generation_less_is_not(cells):
    problems, comparison = cells
    share = comparison.settings["share_of_grid"]
    searched = comparison.runs.query("solver != 'exhaustive'")
    assert searched["hypervolume"].min() >= 0.99
    assert (searched["evaluations"] == share * 128).all()
    assert (searched["distinct"] == share).all()
    fewer = compare_solvers(problems, list(SEARCHES), range(2), evaluations=int(share * 128) - 16)
    assert fewer.runs["hypervolume"].min() < 0.99


def test_a_run_cut_short_equals_a_run_that_had_no_more(cells):
    problems, comparison = cells
    evaluations = int(comparison.settings["share_of_grid"] * 128)
    again = compare_solvers(problems, list(SEARCHES), range(2), evaluations=evaluations).runs
    cut = comparison.runs.query("solver != 'exhaustive'").reset_index(drop=True)
    assert again.drop(columns="seconds").equals(cut.drop(columns="seconds"))


def test_measures_equal_their_definitions(paper):
    scenario = paper.scenarios["essay-feedback"]
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5"], range(1, 129))
    exact = mi.Front.from_curve(curve, scenario)
    part = mi.Front.from_curve(curve.take(np.arange(2, 128, 3)), scenario)
    quality = front_quality(part, exact)
    scale = [0.5, 60, 1]
    N, whole = part.F / scale, exact.F / scale
    samples = np.random.default_rng(0).random((200_000, 3))

    def volume(rows):
        return (samples[:, None, :] >= rows[None, :, :]).all(axis=2).any(axis=1).mean()

    share = volume(N) / volume(whole)
    assert quality["hypervolume"] == pytest.approx(share, abs=4 * np.sqrt(share / volume(whole) / 200_000))
    distance = np.sqrt((np.maximum(N[None] - whole[:, None], 0) ** 2).sum(axis=2)).min(axis=1).mean()
    assert quality["igd_plus"] == pytest.approx(distance)
    assert quality["found"] == len(set(part.k) & set(exact.k)) / len(exact)
    assert moocore.hypervolume(whole, ref=[1, 1, 1]) > moocore.hypervolume(N, ref=[1, 1, 1])


def test_infeasible_and_one_row_fronts_are_defined(paper):
    scenario = paper.scenarios["essay-feedback"]
    level = paper.models["gpt-5"].replace(accuracy={"mean": 0.95, "std": 0})
    problems = {
        "none": InferenceScalingProblem(paper.models["gpt-5"], scenario.replace(c_max=0.001), k_max=40),
        "one": InferenceScalingProblem(level, scenario, k_max=40),
        "open": InferenceScalingProblem(paper.models["gpt-5"], scenario.replace(c_max=None), k_max=40),
    }
    runs = compare_solvers(problems, ["exhaustive", "nsga2"], [0], decisions=["accuracy-max"]).runs
    none = runs.query("problem == 'none'")
    assert none[["found", "hypervolume", "igd_plus", "same_accuracy-max"]].isna().all(axis=None)
    assert (none["evaluations"] > 0).all()
    assert runs.query("problem == 'one' and solver == 'exhaustive'")["found"].tolist() == [1]
    some = runs.query("problem != 'none'")
    assert np.isfinite(some["hypervolume"]).all()
    assert some["same_accuracy-max"].notna().all()
    alone = compare_solvers({"one": problems["one"]}, ["nsga2"], [0], decisions=["accuracy-max"]).runs
    assert alone["same_accuracy-max"].dtype == bool


def test_a_front_that_is_not_there_cannot_be_found(paper):
    """Neither in words nor in figures is anything said of what there was to find; the rest is."""
    scenario = paper.scenarios["essay-feedback"]
    problems = {
        "none": InferenceScalingProblem(paper.models["gpt-5"], scenario.replace(c_max=0.001), k_max=40),
        "some": InferenceScalingProblem(paper.models["gpt-5"], scenario, k_max=40),
    }
    alone = compare_solvers({"none": problems["none"]}, ["exhaustive", "nsga2"], [0])
    quality, choices = comparison_tables(alone)
    assert [row[1:4] for row in quality.rows] == [("unknown",) * 3] * 2
    assert {cell for row in choices.rows for cell in row[1:]} == {"unknown"}
    assert any("nothing to find" in note for note in quality.notes)
    assert not any("until every run" in note for note in quality.notes)
    both = compare_solvers(problems, ["exhaustive", "nsga2"], [0])
    mixed = both.summary.set_index("solver")
    assert mixed.loc["exhaustive", "found_min"] == mixed.loc["exhaustive", "same_accuracy-max"] == 1
    assert both.settings["share_of_grid"] == compare_solvers(problems["some"], ["nsga2"], [0]).settings["share_of_grid"]
    assert json.loads(both.to_json())[0]["found"] is None


def test_nothing_found_of_something_is_nothing(paper):
    scenario = paper.scenarios["essay-feedback"]
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5"], range(1, 129))
    exact = mi.Front.from_curve(curve, scenario)
    nothing = mi.Front.from_curve(curve.take(np.arange(100, 128)), scenario)
    assert front_quality(nothing, exact) == {"found": 0.0, "hypervolume": 0.0, "igd_plus": float("inf")}


def test_on_a_large_grid_a_tenth_is_enough_for_every_solver(paper):
    """Ten seeds, 11,520 points: at most a tenth of them evaluated, at least 0.99 of the hypervolume."""
    problem = ModelChoiceProblem(paper.models, paper.scenarios["medical-ai"], k_max=1280)
    runs = compare_solvers(problem, list(SEARCHES), range(10)).runs
    assert (runs["evaluations"] <= 1152).all()
    assert (runs["distinct"] <= 0.1).all()
    assert runs.groupby("solver")["hypervolume"].min().min() >= 0.99


def test_solvers_of_one_s_own_and_progress(paper):
    problem = InferenceScalingProblem(paper.models["gpt-5"], paper.scenarios["essay-feedback"], k_max=40)
    told = []
    comparison = compare_solvers(
        problem,
        {"tiny": lambda p, seed: nsga2(p, seed=seed, pop_size=3)},
        [1, 2],
        evaluations=9,
        progress=lambda *step: told.append(step),
    )
    assert comparison.runs["problem"].unique().tolist() == ["InferenceScalingProblem"]
    assert (comparison.runs["evaluations"] == 9).all()
    assert told == [(1, 2), (2, 2)]


def test_tables_and_files(cells, tmp_path):
    comparison = cells[1]
    text = to_markdown(comparison_tables(comparison))
    assert "until every run has 0.99 of the exact hypervolume" in text
    assert "search is pointless" in text
    for solver in SEARCHES:
        assert solver in text
    comparison.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"runs.csv", "runs.json", "summary.csv", "settings.json"}
    assert json.loads((tmp_path / "settings.json").read_text())["seeds"] == [0, 1]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"solvers": ["nsga"]}, UnknownNameError, r"unknown solver 'nsga' .*exhaustive, nsga2"),
        ({"solvers": []}, SettingError, "at least one solver"),
        ({"seeds": []}, SettingError, "at least one seed"),
        ({"seeds": [-1]}, SettingError, "seed must be"),
        ({"evaluations": 0}, SettingError, "evaluations must be"),
        ({"decisions": ["x"]}, UnknownNameError, "unknown rule 'x'"),
    ],
)
def test_bad_options_are_refused(paper, options, error, words):
    problem = InferenceScalingProblem(paper.models["gpt-5"], paper.scenarios["essay-feedback"], k_max=40)
    with pytest.raises(error, match=words):
        compare_solvers(problem, **options)
