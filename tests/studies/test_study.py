import json
import platform

import numpy as np
import pandas as pd
import pytest
import slow_twin
from conftest import GOLDEN, exact_csv

import moo_inference as mi
from moo_inference.decision import DEFAULT_RULES, KneePoint, MaxCube
from moo_inference.errors import OutputError, SettingError, UnknownNameError
from moo_inference.estimators.curve import COLUMNS
from moo_inference.solvers import ExhaustiveSearch, nsga2

PAPER_RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-published")
PAPER = {"estimator": mi.MonteCarlo(trials=300, seed=42, draws="independent"), "k_step": 4}


@pytest.fixture(scope="module")
def paper_study(paper):
    return mi.run_study(paper, decisions=PAPER_RULES, **PAPER)


def test_equals_the_published_code_at_full_precision(paper_study):
    expected = exact_csv(GOLDEN / "authors_code_run.csv", comment="#")
    got = paper_study.choices
    assert got["scenario"].tolist() == expected["scenario"].tolist()
    assert got["model"].tolist() == expected["model"].tolist()
    meaningless = (expected["model"] == "gpt-5-mini") & (expected["decision"] == "knee-point")
    assert (got["status"][meaningless] == "no-knee").all()
    same_k = got["k"].astype(float).eq(expected["k"]) | (got["k"].isna() & expected["k"].isna())
    assert same_k[~meaningless].all()
    for column in ("cost", "time", "accuracy"):
        np.testing.assert_allclose(got[column][~meaningless], expected[column][~meaningless], rtol=1e-9)


@pytest.mark.parametrize(
    ("seed", "parallel", "trials", "k_max", "budgets"),
    [
        (0, 4, 40, 48, {}),
        (7, 3, 60, 40, {"c_max": 0.2, "t_max": 40.0, "a_min": 0.9}),
        (123, 8, 25, 64, {"c_max": 0.8, "t_max": 300.0, "a_min": 0.97}),
        (5, 1, 50, 24, {"c_max": 0.3, "t_max": 100.0, "a_min": 0.0}),
    ],
)
def test_agrees_with_the_slow_twin_under_other_settings(paper, seed, parallel, trials, k_max, budgets):
    ids = ["gpt-5", "gpt-5-nano", "nemotron-nano-9b-v2", "qwen3-30b-a3b"]
    scenario = paper.scenarios["essay-feedback"].replace(**budgets)
    catalog = mi.Catalog(models={key: paper.models[key] for key in ids}, scenarios={"s": scenario})
    estimator = mi.MonteCarlo(trials=trials, seed=seed, draws="independent")
    options = {"k_max": k_max, "k_step": parallel, "parallel": parallel}
    study = mi.run_study(catalog, decisions=PAPER_RULES, estimator=estimator, **options)
    got = study.choices.set_index(["model", "decision"])
    for key in ids:
        ks = range(parallel, k_max + 1, parallel)
        points = slow_twin.feasible_points(catalog.models[key], scenario, ks, trials, seed, parallel)
        for rule in PAPER_RULES:
            k = slow_twin.choose(rule, points, scenario)
            row = got.loc[(key, rule)]
            assert (None if pd.isna(row["k"]) else row["k"]) == k, (key, rule)
            if k is not None:
                expected = next(p[1:] for p in points if p[0] == k)
                assert row[["cost", "time", "accuracy"]].tolist() == pytest.approx(expected, rel=1e-12)


def test_the_array_path_and_pymoo_agree_on_every_cell(paper, paper_study):
    for solver in (ExhaustiveSearch(), nsga2, lambda problem: nsga2(problem, pop_size=6, n_gen=40, seed=3)):
        other = mi.run_study(paper, decisions=PAPER_RULES, solver=solver, **PAPER)
        pd.testing.assert_frame_equal(other.choices, paper_study.choices)
        pd.testing.assert_frame_equal(other.fronts, paper_study.fronts)


def test_the_table_of_choices(paper):
    study = mi.run_study(paper, models=["gpt-5", "qwen3-max"], scenarios=["medical-ai"])
    frame = study.choices
    assert list(frame.columns) == [
        "scenario",
        "model",
        "decision",
        "status",
        "k",
        *COLUMNS,
        "slo_attainment",
        "warning",
        "keep",
    ]
    assert frame["decision"].tolist()[:5] == ["accuracy-max", "max-cube", "utopia-closest", "knee-point", "knee-chord"]
    assert frame["model"].tolist() == ["gpt-5"] * 5 + ["qwen3-max"] * 5
    assert str(frame["k"].dtype) == "Int64"
    row = frame.iloc[0]
    curve = study.curves[(study.curves["model"] == "gpt-5") & (study.curves["k"] == row["k"])].iloc[0]
    assert (row[list(COLUMNS)].astype(float) == curve[list(COLUMNS)].astype(float)).all()
    assert set(study.fronts["k"]) <= set(study.curves["k"])
    assert study.front("medical-ai", "gpt-5").k.tolist() == study.fronts.query("model == 'gpt-5'")["k"].tolist()
    with pytest.raises(KeyError):
        study.front("medical-ai", "gpt-5-nano")


def test_the_chord_s_warning_stands_where_the_front_ends_at_k_max(paper):
    frame = mi.run_study(paper, scenarios=["medical-ai"], decisions=["knee-chord", "max-cube"]).choices
    warned = frame[frame["warning"] != ""]
    assert set(warned["decision"]) == {"knee-chord"}
    assert "gpt-5-nano" in set(warned["model"])
    assert "gpt-5" not in set(warned["model"])  # its front ends at c_max
    assert "moves with k_max" in warned["warning"].iloc[0]


def test_infeasible_and_no_knee_are_answers(paper):
    tight = paper.replace(scenarios={"tight": paper.scenarios["medical-ai"].replace(c_max=0.02)})
    study = mi.run_study(tight, models=["gpt-5", "nemotron-nano-9b-v2"])
    infeasible = study.choices.query("model == 'gpt-5'")
    assert (infeasible["status"] == "infeasible").all()
    assert infeasible[["k", *COLUMNS]].isna().all(axis=None)
    assert infeasible["warning"].str.contains("closest is k").all()
    two = paper.replace(scenarios={"two": paper.scenarios["essay-feedback"].replace(c_max=0.05, a_min=0.0)})
    frame = mi.run_study(two, models=["gpt-5"]).choices.set_index("decision")
    assert frame.loc["knee-point", "status"] == frame.loc["knee-chord", "status"] == "no-knee"
    assert "the front has 2 rows" in frame.loc["knee-chord", "warning"]
    assert frame.loc["max-cube", "status"] == "ok"


def test_rules_of_one_s_own_are_scaled_by_each_scenario_unless_they_have_a_scale(paper):
    fixed = MaxCube(nadir=(0.5, 60, 1))
    frame = mi.run_study(paper, models=["gpt-5"], decisions=[KneePoint("chord"), MaxCube(), fixed]).choices
    own, scaled = (frame.iloc[start::3]["k"].tolist() for start in (2, 1))
    assert own[0] == scaled[0]
    assert frame["decision"].tolist()[:3] == ["knee-chord", "max-cube", "max-cube"]


def test_settings_are_enough_to_run_it_again(paper_study, tmp_path):
    settings = json.loads(json.dumps(paper_study.settings))
    assert settings["versions"]["python"] == platform.python_version()
    assert {"numpy", "scipy", "pymoo", "moo-inference"} <= set(settings["versions"])
    (tmp_path / "again.yaml").write_text(json.dumps(settings["catalog"]))  # JSON is YAML
    estimator = dict(settings["estimator"])
    assert estimator.pop("estimator") == "MonteCarlo"
    again = mi.run_study(
        mi.load_catalog(tmp_path / "again.yaml"),
        decisions=settings["decisions"],
        estimator=mi.MonteCarlo(**estimator),
        **{key: settings[key] for key in ("k_min", "k_max", "k_step", "parallel", "latency")},
    )
    assert again.to_csv() == paper_study.to_csv()


def test_files_hold_every_digit_and_null_where_nothing_is(paper_study, tmp_path):
    paper_study.save(tmp_path / "out")
    names = {"choices.csv", "choices.json", "fronts.csv", "curves.csv", "settings.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    frame = exact_csv(tmp_path / "out" / "choices.csv", dtype={"k": "Int64"}, keep_default_na=True)
    pd.testing.assert_frame_equal(frame[list(COLUMNS)], paper_study.choices[list(COLUMNS)], check_exact=True)
    records = json.loads((tmp_path / "out" / "choices.json").read_text())
    assert len(records) == 108
    by_status = {record["status"]: record for record in records}
    assert by_status["no-knee"]["k"] is None
    assert by_status["no-knee"]["cost"] is None
    assert isinstance(by_status["ok"]["k"], int)
    assert records[0]["accuracy"] == float(paper_study.choices["accuracy"][0])
    assert len(exact_csv(tmp_path / "out" / "curves.csv")) == 9 * 32
    paper_study.to_csv(tmp_path / "one.csv")
    paper_study.to_json(tmp_path / "one.json")
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "out" / "choices.csv").read_text()
    assert (tmp_path / "one.json").read_text() == (tmp_path / "out" / "choices.json").read_text()
    with pytest.raises(OutputError):
        paper_study.to_csv(tmp_path / "nowhere" / "x.csv")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"models": ["gpt5"]}, UnknownNameError, "unknown model 'gpt5' .did you mean 'gpt-5'"),
        ({"scenarios": ["x"]}, UnknownNameError, "unknown scenario 'x'"),
        ({"decisions": ["best"]}, UnknownNameError, "unknown rule 'best'"),
        ({"decisions": []}, SettingError, "at least one rule, got none"),
        ({"models": []}, SettingError, "at least one model, got none"),
        ({"k_max": 0}, SettingError, "k_max"),
        ({"parallel": 0}, SettingError, "parallel must be"),
        ({"latency": "x"}, SettingError, "latency must be one of"),
    ],
)
def test_bad_options_are_refused(paper, options, error, words):
    with pytest.raises(error, match=words):
        mi.run_study(paper, **options)


def test_all_bad_options_are_told_at_once(paper):
    with pytest.raises(SettingError) as caught:
        mi.run_study(paper, models=["a", "b"], scenarios=["c"], decisions=["d"], k_step=0, parallel=0)
    assert len(caught.value.errors) == 6


def test_a_rule_that_needs_a_budget_says_so_before_the_work(paper):
    open_ended = paper.replace(scenarios={"o": paper.scenarios["medical-ai"].replace(c_max=None)})
    with pytest.raises(SettingError, match=r"max-cube divides cost and time by their budgets.*no c_max"):
        mi.run_study(open_ended, decisions=DEFAULT_RULES)
    frame = mi.run_study(open_ended, decisions=["accuracy-max", "knee-chord"]).choices
    assert (frame["status"] == "ok").all()


def test_fewer_passes_than_run_in_parallel_and_uneven_ones(paper):
    frame = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], k_max=6, parallel=4).curves
    time = frame.set_index("k")["time"]
    np.testing.assert_allclose(time / time[1], time.index, rtol=0.05)
