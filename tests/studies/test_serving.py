"""The policy that a server embeds, where rows stop early: it answers as a route does, under means and quantiles."""

from dataclasses import replace

import numpy as np
import pytest
from other_budgets import choice_at

import moo_inference as mi
from moo_inference.catalog.stopping import base_id
from moo_inference.decision import make_rule
from moo_inference.policy.policy import RULES, Policy
from moo_inference.studies.route import route

STOPS = ["fixed", "first-verified/1", "vote-until-sure/2"]


@pytest.fixture(scope="module")
def catalog():
    found = mi.load_catalog("otis-mock-aime").select(models=["gpt-5-nano@high", "gpt-5-mini@high"])
    return found.replace(scenarios={"s": found.scenarios["standard"]})


@pytest.mark.parametrize("quantiles", [{}, {"t_quantile": 0.9}], ids=["means", "quantiles"])
def test_a_policy_with_stops_answers_as_route_does(catalog, tmp_path, quantiles):
    scenario = catalog.scenarios["s"].replace(**quantiles)
    found = route(catalog.replace(scenarios={"s": scenario}), "s", stop=STOPS)
    found.policy().save(tmp_path / "p.json")
    policy = Policy.load(tmp_path / "p.json")
    assert policy.models == ("gpt-5-nano@high", "gpt-5-mini@high")
    random = np.random.default_rng(6)
    seen = set()
    for number in range(140):
        budgets = {
            "c_max": float(np.exp(random.uniform(np.log(3e-3), np.log(0.3)))),
            "t_max": float(np.exp(random.uniform(np.log(300), np.log(4000)))),
            "a_min": float(random.uniform(0, 0.95)),
        }
        rule = list(RULES)[number % len(RULES)]
        expected = choice_at(replace(found, unscaled=make_rule(rule)), scenario.replace(**budgets))
        choice = policy.choose(**budgets, rule=rule)
        if expected.model is None:
            assert choice is None
            continue
        model = found.models[expected.model]
        assert (choice.model, choice.k) == (base_id(expected.model, model.stop), expected.k)
        assert choice.stop == (None if model.stop is None else str(model.stop))
        assert (choice.keep, choice.parallel) == (model.keep, found.conditions.of(model)[0])
        seen.add((choice.model, choice.stop))
    assert len(seen) >= 3


def test_settings_of_litellm_follow_the_choice(catalog):
    wide = catalog.scenarios["s"].replace(t_max=2000.0, a_min=0.5)
    catalog = catalog.replace(scenarios={"s": wide})
    fixed = route(catalog, "s", "accuracy-max", k_min=4, k_max=4, stop="fixed").to_litellm()
    assert [entry["litellm_params"]["n"] for entry in fixed["model_list"]] == [4, 4]
    stopped = route(catalog, "s", "accuracy-max", k_min=4, k_max=4, stop="first-verified/1")
    assert all("n" not in entry["litellm_params"] for entry in stopped.to_litellm()["model_list"])
    assert sum("LiteLLM has no setting for first-verified/1" in note for note in stopped.litellm_notes) == 2
