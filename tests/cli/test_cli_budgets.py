"""Budgets as options: in place of a scenario, over one, and what is wrong with them."""

import json

import numpy as np
import pytest
from command_line import run

from moo_inference.catalog import load_catalog
from moo_inference.catalog.limits import UNLIMITED, with_limits
from moo_inference.errors import SettingError


def budgets_of(scenario):
    return {limit.budget: (limit.value, limit.quantile) for limit in scenario.limits()}


def test_alone_they_are_one_scenario_and_what_is_not_named_has_no_limit():
    catalog = with_limits(load_catalog("paper"), {"cost": 0.1, "p95": 30.0})
    (scenario,) = catalog.scenarios.values()
    assert budgets_of(scenario) == {"c_max": (0.1, None), "t_max": (30.0, 0.95), "a_min": (None, None)}
    assert with_limits(catalog, {}) is catalog


def test_over_a_scenario_what_is_not_named_stays():
    catalog = load_catalog("paper")
    changed = with_limits(catalog, {"time": 5.0, "accuracy": None}, ["medical-ai"])
    before, after = (budgets_of(one.scenarios["medical-ai"]) for one in (catalog, changed))
    assert after == before | {"t_max": (5.0, None), "a_min": (None, None)}
    others = [key for key in catalog.scenarios if key != "medical-ai"]
    assert [changed.scenarios[key] for key in others] == [catalog.scenarios[key] for key in others]


def test_a_quantile_goes_with_its_budget_and_stays_with_another_value():
    catalog = load_catalog("paper")
    tails = catalog.scenarios["medical-ai"].replace(t_quantile=0.9, c_quantile=0.8, a_quantile=0.1)
    catalog = catalog.replace(scenarios={"tails": tails})

    def after(**limits):
        return budgets_of(with_limits(catalog, limits, ["tails"]).scenarios["tails"])

    assert after(cost=1.0)["c_max"] == (1.0, 0.8)
    assert after(cost=None)["c_max"] == (None, None)
    assert after(accuracy=0.5)["a_min"] == (0.5, 0.1)
    assert after(p99=7.0)["t_max"] == (7.0, 0.99)
    assert after(time=None)["t_max"] == after(p95=None)["t_max"] == (None, None)
    with pytest.raises(SettingError, match="time limits the mean, and scenario 'tails' a quantile of time"):
        after(time=3.0)


def test_numbers_of_numpy_are_numbers_and_its_truths_are_none():
    catalog = with_limits(load_catalog("paper"), {"cost": np.int64(2), "p95": np.float32(30.0)})
    assert budgets_of(*catalog.scenarios.values())["c_max"] == (2.0, None)
    with pytest.raises(SettingError, match="cost must be a positive number of USD per query, or none; got"):
        with_limits(catalog, {"cost": np.bool_(1)})


def test_all_that_is_wrong_is_named_at_once():
    wrong = {"cost": -1.0, "time": 4.0, "p95": 5.0, "accuracy": 80.0, "joules": 3.0}
    with pytest.raises(SettingError) as caught:
        with_limits(load_catalog("paper"), wrong)
    assert list(caught.value.errors) == [
        "time and p95 must not both be given: time has one budget",
        "cost must be a positive number of USD per query, or none; got -1.0",
        "accuracy must be a share in [0, 1], or none; got 80.0 (0.8 is 80 %)",
        "joules must be for what the models use besides money and time: nothing",
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, True, "5"])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(SettingError, match="p95 must be a positive number of seconds"):
        with_limits(load_catalog("paper"), {"p95": value})


def test_unlimited_has_no_budget():
    assert {value for value, _ in budgets_of(UNLIMITED).values()} == {None}


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--p95", "5s"], ["--p95 must be a number of seconds, or none; got '5s'"]),
        (
            ["--cost", "-1", "--accuracy", "80", "--budget", "joules=x"],
            [
                "--budget joules must be a number, or none; got 'x'",
                "--cost must be a positive number of USD per query, or none; got -1.0",
                "--accuracy must be a share in [0, 1], or none; got 80.0 (0.8 is 80 %)",
            ],
        ),
        (["--budget", "joules=3"], ["--budget joules must be for what the models use besides money and time: nothing"]),
        (["--p95", "5", "--p99", "9"], ["--p95 and --p99 must not both be given: time has one budget"]),
        (["--p95", "5", "--t-quantile", "0.9"], ["--t-quantile and --p95 must not both be given"]),
        (["--cost", "1", "-s", "nowhere"], ["unknown scenario 'nowhere'"]),
    ],
)
@pytest.mark.parametrize("command", ["solve", "route"])
def test_wrong_ones_are_an_error_each(capsys, command, arguments, lines):
    status, out, err = run(capsys, command, *arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == len(lines)
    for got, line in zip(err.splitlines(), lines, strict=True):
        assert got.startswith(f"moo-inference: {line}")


def test_the_old_names_of_the_options_still_work(capsys):
    now = run(capsys, "solve", "-m", "gpt-5", "--cost", "0.1", "--time", "9", "--accuracy", "0.9", "-f", "csv")
    before = run(capsys, "solve", "-m", "gpt-5", "--c-max", "0.1", "--t-max", "9", "--a-min", "0.9", "-f", "csv")
    assert now == before
    assert now[0] == 0


def test_a_scenario_s_own_budgets_as_options_change_nothing(capsys):
    scenario = load_catalog("paper").scenarios["medical-ai"]
    same = ("--cost", scenario.c_max, "--time", scenario.t_max, "--accuracy", scenario.a_min)
    asked = ("-m", "gpt-5", "-s", "medical-ai", "-f", "csv")
    assert run(capsys, "solve", *asked, *same) == run(capsys, "solve", *asked)


def test_every_command_takes_them(capsys, tmp_path):
    budgets = ("-m", "gpt-5", "--cost", "0.1", "--p95", "30")
    assert run(capsys, "compare", *budgets, "--k-max", "5", "-f", "json")[0] == 0
    assert run(capsys, "assess", *budgets, "-d", "accuracy-max", "--trials", "20", "--replications", "5")[0] == 0
    record = json.loads(run(capsys, "route", *budgets, "-d", "accuracy-max", "-f", "json")[1])
    assert (record["scenario"], record["time_quantile"]) == ("my-use", 0.95)
    assert record["time_at_quantile"] <= 30
    out = tmp_path / "results"
    assert run(capsys, "solve", *budgets, "-d", "accuracy-max", "--out", out)[0] == 0
    assert run(capsys, "check", "--baseline", out)[0] == 0
    assert run(capsys, "check", "--baseline", out, "--cost", "0.03")[0] == 4


def test_a_further_resource_has_a_budget_by_its_unit(capsys):
    asked = ("route", "--catalog", "examples/energy.yaml", "-d", "accuracy-max", "-f", "json")
    free = json.loads(run(capsys, *asked, "--cost", "1")[1])
    held = json.loads(run(capsys, *asked, "--cost", "1", "--budget", f"joules={free['joules'] / 2}")[1])
    assert held["joules"] <= free["joules"] / 2
    assert held["accuracy"] < free["accuracy"]
