"""The answer beside the sliders: what a whole new estimate would give, without one."""

from dataclasses import replace

import numpy as np
import pytest
from more_resources import with_resources

import moo_inference as mi
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.views.answer import answer_sentence
from moo_inference.views.explore import live
from moo_inference.views.explore.live import Estimates, live_answer
from moo_inference.views.explore.panels import legend, moving_layer, resting_layer
from moo_inference.views.explore.state import default_knobs, settings_catalog

PAPER = mi.load_catalog()
START = replace(default_knobs(PAPER), k_max=40)
SPREAD = {"mean": 350, "std": 120, "kind": "normal"}
CHAT = PAPER.replace(
    models={
        key: PAPER.models[key].replace(output_tokens=SPREAD, latency="waves", parallel=3)
        for key in ("gpt-5", "gpt-5-nano")
    }
)
CHANGES = {
    "as it starts": {},
    "budgets": {"c_max": 0.0349, "t_max": 17.3, "a_min": 0.9412},
    "tails": {"t_quantile": 0.95, "c_quantile": 0.9, "a_quantile": 0.05, "a_min": 0.5},
    "no budgets": {"c_max": None, "t_max": None, "a_min": None, "t_quantile": 0.9},
    "infeasible": {"c_max": 1e-6},
    "another rule": {"chosen_by": "utopia-closest"},
    "simulated": {"monte_carlo": True, "trials": 30, "t_quantile": 0.9},
}


def whole(catalog, knobs):
    """The same question to the library, estimated anew."""
    chosen = settings_catalog(catalog, knobs)
    options = {"estimator": knobs.estimator, "k_max": knobs.k_max, "k_step": knobs.k_step}
    return mi.route(chosen, knobs.scenario, knobs.chosen_by, **options)


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("catalog", [PAPER, CHAT], ids=["paper", "chat in waves"])
def test_it_is_the_route_of_a_whole_new_estimate(catalog, changes):
    estimates = Estimates()
    start = replace(default_knobs(catalog), k_max=40)
    knobs = replace(start, **changes)
    # Other budgets first, so that the curves were estimated before.
    live_answer(catalog, replace(knobs, c_max=knobs.c_max and 0.3, a_min=0.1), estimates)
    found, expected = live_answer(catalog, knobs, estimates), whole(catalog, knobs)
    assert estimates.estimated == 1
    assert (found.route.choice.model, found.route.choice.k) == (expected.choice.model, expected.choice.k)
    assert answer_sentence(found.route) == answer_sentence(expected)
    for key, curve in expected.curves.items():
        scenario = found.scenario
        np.testing.assert_array_equal(measured(found.curves[key], scenario), measured(curve, scenario))
        np.testing.assert_array_equal(found.curves[key].quantities, curve.quantities)


def test_budgets_and_rules_estimate_nothing_and_all_else_does():
    estimates = Estimates()
    for changes in ({}, {"c_max": 0.1}, {"t_max": None}, {"a_min": 0.5}, {"chosen_by": "fastest"}, {"rules": ("asf",)}):
        live_answer(PAPER, replace(START, **changes), estimates)
    assert estimates.estimated == 1
    others = [{"models": ("gpt-5",)}, {"parallel": 2}, {"latency": "waves"}, {"k_max": 41}, {"k_step": 2}]
    others += [{"t_quantile": 0.9}, {"monte_carlo": True, "trials": 9}, {"scenario": "medical-ai", "a_quantile": 0.1}]
    for number, changes in enumerate(others, start=2):
        live_answer(PAPER, replace(START, **changes), estimates)
        assert estimates.estimated == number, changes
    live_answer(PAPER, replace(START, t_quantile=0.9, t_max=1.0), estimates)
    assert estimates.estimated == number


def test_the_last_estimates_are_kept_and_another_catalog_has_its_own(monkeypatch):
    monkeypatch.setattr(live, "_KEPT", 2)
    estimates = Estimates()
    for k_max in (3, 4, 3, 5, 3, 4):
        live_answer(PAPER, replace(START, k_max=k_max), estimates)
    assert estimates.estimated == 4
    dearer = PAPER.models["gpt-5"].replace(usd_per_million_output_tokens=99.0)
    other = PAPER.replace(models={**PAPER.models, "gpt-5": dearer})
    first, second = (live_answer(one, replace(START, k_max=4), estimates) for one in (PAPER, other))
    assert first.curves["gpt-5"].cost.mean[0] < second.curves["gpt-5"].cost.mean[0]


def test_a_rule_without_its_budgets_is_refused_and_the_curves_stay():
    found = live_answer(PAPER, replace(START, t_max=None, chosen_by="max-cube"), Estimates())
    assert found.route is None
    assert "has no t_max" in found.refused[0]
    assert resting_layer(found).count("<figure") == moving_layer(found).count("<figure") == 2
    assert "chosen," not in legend(found)


def test_what_is_drawn_in_full_is_what_meets_the_budgets():
    found = live_answer(PAPER, replace(START, c_max=0.02), Estimates())
    met = [
        bool((constraints(measured(curve, found.scenario), found.scenario) <= 0).all(axis=1).any())
        for curve in found.curves.values()
    ]
    layer = moving_layer(found)
    assert sum(met) < len(met)
    assert layer.count("%3Cpolyline") == 2 * sum(met)
    assert layer.count('class="budget upright') == layer.count('class="budget level') == 2
    route = found.route.choice
    assert f"{PAPER.models[route.model].name}, k = {route.k}" in layer
    nothing = live_answer(PAPER, replace(START, c_max=1e-9), Estimates())
    assert "%3Cpolyline" not in moving_layer(nothing)
    assert "&nbsp;" in moving_layer(nothing)
    assert "\u2264 $0.00000000100 \u2190" in moving_layer(nothing)


def test_the_resting_layer_is_the_same_for_all_budgets_and_names_quantiles():
    estimates = Estimates()
    first, second = (live_answer(PAPER, replace(START, t_quantile=0.95, t_max=t), estimates) for t in (3.0, 30.0))
    assert resting_layer(first) == resting_layer(second)
    assert first.estimated is second.estimated
    assert moving_layer(first) != moving_layer(second)
    assert "p95 of time of a query (s)" in resting_layer(first)
    assert ", p95 " in resting_layer(first)
    assert "p95 \u2264 3.00 s" in moving_layer(first)


def test_measured_models_show_their_intervals_and_every_resource_has_a_panel():
    gpqa = mi.load_catalog("gpqa-diamond")
    found = live_answer(gpqa, default_knobs(gpqa), Estimates())
    row = found.curves[found.route.choice.model].evidence
    assert row is not None
    assert f"({row.ci_low[0]:.3f} to {row.ci_high[0]:.3f})" in resting_layer(found)
    used = with_resources(PAPER, joules=20_000.0)
    knobs = replace(default_knobs(used), k_max=9, resources={"joules": ResourceBudget(max=9e3, quantile=0.9)})
    found = live_answer(used, knobs, Estimates())
    assert resting_layer(found).count("<figure") == 3
    assert "p90 of joules of a query" in resting_layer(found)


def test_a_free_model_and_one_k_are_drawn():
    model = PAPER.models["gpt-5"].replace(free=True, usd_per_million_input_tokens=0, usd_per_million_output_tokens=0)
    catalog = PAPER.replace(models={"<b>": model.replace(name="<b>")})
    found = live_answer(catalog, replace(default_knobs(catalog), k_max=1, a_min=None), Estimates())
    assert "nan" not in resting_layer(found) + moving_layer(found)
    assert "<b>," not in resting_layer(found) + moving_layer(found) + legend(found)
