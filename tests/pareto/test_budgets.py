import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import TOLERANCE
from moo_inference.errors import SettingError
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.views.study_tables import budget_text


def test_bounds_are_inclusive_within_the_tolerance(essay):
    """A third of the budgets that equal a cost in decimal are missed by an ulp: 3 x 0.1 > 0.3."""
    scenario = essay.replace(c_max=0.3, t_max=0.7, a_min=0.8)
    assert 0.1 + 0.2 > 0.3
    values = np.array([[0.1 + 0.2, 7 * 0.1, 1 - 0.2]])
    assert (constraints(values, scenario) <= 0).all()
    beyond = values * [1 + 3e-9, 1 + 3e-9, 1 - 3e-9]
    assert (constraints(beyond, scenario) > 0).all()


def test_a_budget_for_a_quantile_needs_a_curve_that_has_it(gpt5, essay):
    tail = essay.replace(t_quantile=0.95)
    with pytest.raises(SettingError, match=r"must be estimated with scenarios=\[scenario\]"):
        mi.Front.from_curve(mi.ClosedForm().estimate(gpt5, range(1, 30)), tail)
    curve = mi.ClosedForm().estimate(gpt5, range(1, 30), scenarios=[tail])
    assert (measured(curve, tail)[:, 1] > curve.time.mean).all()
    assert (measured(curve, essay) == curve.means).all()


def test_a_p95_budget_changes_the_choice(paper):
    """GPT-5 under essay feedback: at k = 22 the mean is 59.1 s, but one query in twenty takes more than 60 s."""
    tails = paper.replace(
        scenarios={key: scenario.replace(t_quantile=0.95) for key, scenario in paper.scenarios.items()}
    )
    mean, tail = (
        mi.run_study(catalog, decisions=["accuracy-max"]).choices.set_index(["scenario", "model"])["k"]
        for catalog in (paper, tails)
    )
    assert (tail <= mean).all()
    assert (mean["essay-feedback", "gpt-5"], tail["essay-feedback", "gpt-5"]) == (22, 21)
    infeasible = mi.run_study(
        tails.replace(scenarios={"s": tails.scenarios["essay-feedback"].replace(t_max=2.8)}), models=["gpt-5"]
    ).choices
    assert "0.95-quantile of time" in infeasible["warning"][0]


def test_no_budget_is_met_by_any_amount(essay):
    free = essay.replace(c_max=None, t_max=None, a_min=None)
    G = constraints(np.array([[1e300, 1e300, 0.0]]), free)
    assert G[0] == pytest.approx([-1 - TOLERANCE] * 3)


def test_no_floor_chooses_as_a_floor_of_zero_and_is_kept_in_files(paper, essay, tmp_path):
    """Everything is at least 0 accurate, so nothing but the texts may tell the two apart."""
    free, zero = essay.replace(a_min=None), essay.replace(a_min=0.0)
    catalog = paper.replace(scenarios={"free": free, "zero": zero})
    mi.save_catalog(catalog, tmp_path / "catalog.yaml")
    assert "a_min: null" in (tmp_path / "catalog.yaml").read_text()
    assert mi.load_catalog(tmp_path / "catalog.yaml") == catalog
    study = mi.run_study(catalog, models=["gpt-5-nano", "gpt-5"], estimator=mi.MonteCarlo(50))
    choices = study.choices.set_index(["scenario", "model", "decision"])
    assert choices.loc["free"].equals(choices.loc["zero"])
    exact = mi.run_study(catalog, models=["gpt-5-nano", "gpt-5"]).choices.set_index(["scenario", "model", "decision"])
    assert exact.loc["free"].equals(exact.loc["zero"])
    assert budget_text(free).endswith(", any accuracy")
