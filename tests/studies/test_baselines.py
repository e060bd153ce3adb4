import numpy as np
import pytest

import moo_inference as mi
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.estimators import ScalingCurve
from moo_inference.records.replay import FieldChange, compare_choices
from moo_inference.studies.baselines import choose_baseline
from moo_inference.studies.choice_record import ChoiceRecord


def rows(catalog, *baselines, **options):
    frame = mi.run_study(catalog, decisions=["accuracy-max"], baselines=baselines, **options).choices
    return frame.set_index(["scenario", "model", "decision"])


def test_a_fixed_k_is_taken_whatever_it_breaks(paper):
    frame = rows(paper, "fixed-16", "fixed-1", scenarios=["essay-feedback", "medical-ai"])
    essay = frame.loc[("essay-feedback", "nemotron-ultra-253b", "fixed-16")]
    assert (essay["k"], essay["status"], essay["violates"]) == (16, "over-budget", "t_max")
    assert "breaks t_max (86.02 s where 60 s is most)" in essay["warning"]
    medical = frame.loc[("medical-ai", "gpt-5", "fixed-1")]
    assert medical["violates"] == "a_min"
    assert medical["accuracy"] == pytest.approx(0.94, abs=1e-4)
    fine = frame.loc[("essay-feedback", "gpt-5", "fixed-16")]
    assert (fine["status"], fine["violates"]) == ("ok", "")
    assert fine["warning"].startswith("spends $0.3264 and 40.32 s more than k = 1")


def test_cost_alone_overlooks_the_clock_and_a_ratio_overlooks_the_floor(paper):
    frame = rows(
        paper,
        "accuracy-within-cost",
        "accuracy-per-dollar",
        scenarios=["essay-feedback"],
        models=["gpt-5-nano", "gpt-5"],
    )
    nano = frame.loc[("essay-feedback", "gpt-5-nano", "accuracy-within-cost")]
    assert (nano["k"], nano["violates"]) == (128, "t_max")
    large = frame.loc[("essay-feedback", "gpt-5", "accuracy-within-cost")]
    assert large["k"] == frame.loc[("essay-feedback", "gpt-5", "accuracy-max")]["k"] == 22
    ratio = frame.loc[("essay-feedback", "gpt-5-nano", "accuracy-per-dollar")]
    assert (ratio["k"], ratio["violates"]) == (1, "a_min")


def test_where_nothing_is_feasible_a_baseline_still_answers(paper):
    tight = paper.replace(scenarios={"t": paper.scenarios["medical-ai"].replace(c_max=1e-4)})
    frame = rows(tight, "accuracy-within-cost", "fixed-4", models=["gpt-5"])
    assert frame.loc[("t", "gpt-5", "accuracy-max"), "status"] == "infeasible"
    assert frame.loc[("t", "gpt-5", "accuracy-within-cost"), "k"] == 1
    assert frame.loc[("t", "gpt-5", "fixed-4"), "violates"] == "c_max a_min"


def test_an_open_cost_budget_leaves_the_most_accurate_k(paper):
    open_ended = paper.replace(scenarios={"o": paper.scenarios["medical-ai"].replace(c_max=None)})
    assert (
        rows(open_ended, "accuracy-within-cost", models=["gpt-5"]).loc[("o", "gpt-5", "accuracy-within-cost"), "k"]
        == 128
    )


def test_a_former_name_is_read_as_the_one_that_says_what_it_does(paper):
    frame = rows(paper, "cost-only", "accuracy-within-cost", scenarios=["essay-feedback"], models=["gpt-5"])
    assert [name for _, _, name in frame.index] == ["accuracy-max", "accuracy-within-cost"]
    record = {"scenario": "s", "model": "m", "decision": "cost-only", "k": 3}
    then, now = map(ChoiceRecord.from_dict, (record, {**record, "decision": "accuracy-within-cost"}))
    [change], largest = compare_choices([then], [now])
    assert (change.fields, largest) == ((FieldChange("decision", "cost-only", "accuracy-within-cost"),), 0.0)
    assert change.key == ("s", "m", "accuracy-within-cost")
    assert not change.moves


def test_of_equal_rows_a_baseline_takes_the_cheaper():
    """Two k are as accurate as each other but for rounding, and a third is as good a ratio."""
    k = np.array([1, 2, 3])
    table = np.zeros((3, 15))
    table[:, 0], table[:, 5], table[:, 10] = [0.1, 0.2, 0.3], 1.0, [0.3, 0.6, 0.9]
    error = np.array([0.7, 0.1 + 1e-16, 0.1])
    curve = ScalingCurve.from_table(k, table, error)
    scenario = mi.Scenario(name="S", c_max=1.0, t_max=2.0, a_min=0.0)
    assert choose_baseline("accuracy-within-cost", curve, scenario).row == 1
    assert choose_baseline("accuracy-per-dollar", curve, scenario).row == 0


def test_what_is_no_baseline_is_refused(paper):
    with pytest.raises(UnknownNameError, match="unknown baseline 'cheapest'"):
        rows(paper, "cheapest")
    with pytest.raises(SettingError, match=r"fixed-5 must be on the grid of k, 4, .* in steps of 4"):
        rows(paper, "fixed-5", k_step=4)


def test_without_baselines_there_is_no_such_column(paper):
    assert "violates" not in mi.run_study(paper, models=["gpt-5"]).choices
