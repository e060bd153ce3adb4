"""Which estimator is meant: by name, by options, by what the models have; and what is said where none is."""

import re

import numpy as np
import pytest
from test_recorded import model_of

import moo_inference as mi
from moo_inference import estimators
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.estimators import choose_estimator, default_estimator
from moo_inference.evaluation.question_attempts import QuestionAttempts


@pytest.fixture
def measured(gpt5):
    return gpt5.replace(passes={"input_tokens": [900, 1100], "output_tokens": [500, 2500]})


@pytest.fixture
def recorded():
    ones = np.ones(4)
    return model_of(QuestionAttempts.of(np.array([0, 0, 1, 1]), ones, ones, ones))


def test_what_models_have_says_which_estimator_is_the_default(gpt5, measured, recorded):
    assert default_estimator() == default_estimator([gpt5]) == mi.ClosedForm()
    assert default_estimator([gpt5, measured]) == choose_estimator(models=[gpt5, measured]) == mi.Empirical()
    assert default_estimator([gpt5, recorded, measured]) == mi.Recorded()
    assert default_estimator(model for model in (gpt5, measured)) == mi.Empirical()
    assert choose_estimator(models=(model for model in (measured, recorded))) == mi.Recorded()


def test_trials_and_seeds_are_those_of_what_simulates_the_models(gpt5, measured, recorded):
    assert choose_estimator(trials=7, seed=3, models=[gpt5]) == mi.MonteCarlo(trials=7, seed=3)
    assert choose_estimator(trials=7, seed=3, models=[measured]) == mi.Empirical(trials=7, seed=3)
    assert choose_estimator(trials=7, seed=3, models=[measured, recorded]) == mi.Recorded(trials=7, seed=3)
    assert choose_estimator(beyond="extrapolate", models=[recorded]) == mi.Recorded(beyond="extrapolate")


def test_draws_mean_monte_carlo_whatever_the_models(gpt5, measured):
    independent = mi.MonteCarlo(draws="independent")
    assert choose_estimator(draws="independent", models=[gpt5]) == independent
    assert choose_estimator(draws="independent", seed=42, models=[measured]) == independent


def test_a_name_is_taken_whatever_the_models(measured, recorded):
    assert estimators.NAMES == ("closed-form", "monte-carlo", "empirical", "recorded")
    named = [choose_estimator(name, models=[measured, recorded]) for name in estimators.NAMES]
    assert named == [mi.ClosedForm(), mi.MonteCarlo(), mi.Empirical(), mi.Recorded()]
    assert choose_estimator("recorded", beyond="extrapolate").beyond == "extrapolate"


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("closed-form", {"seed": 1}, "seed must not be given: closed-form has no trials, and so no seed or draws"),
        ("empirical", {"draws": "common"}, "draws must not be given: empirical has common draws alone"),
        ("recorded", {"draws": "common"}, "draws must not be given: recorded has common draws alone"),
        *[
            (name, {"beyond": "refuse"}, "beyond must come with recorded attempts: no other estimator has any")
            for name in (None, "closed-form", "monte-carlo", "empirical")
        ],
    ],
)
def test_an_option_that_an_estimator_does_not_have_is_refused(name, options, sentence):
    with pytest.raises(SettingError, match=f"^{re.escape(sentence)}$"):
        choose_estimator(name, **options)


@pytest.mark.parametrize(("name", "shown"), [("montecarlo", "'montecarlo' (did you mean 'monte-carlo'?)"), (5, "'5'")])
def test_an_unknown_name_is_told_with_those_that_there_are(name, shown):
    sentence = f"unknown estimator {shown}; it must be one of: closed-form, monte-carlo, empirical, recorded"
    with pytest.raises(UnknownNameError, match=f"^{re.escape(sentence)}$"):
        choose_estimator(name)


def test_the_module_has_the_estimators_and_nothing_else():
    assert estimators.ClosedForm is mi.ClosedForm
    with pytest.raises(AttributeError, match=r"^module 'moo_inference\.estimators' has no attribute 'Exact'$"):
        _ = estimators.Exact
