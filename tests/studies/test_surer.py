"""What a rule takes of the configurations that surely meet all budgets."""

import json
import math

import numpy as np
import pytest
from recorded_models import recorded_model
from scipy.stats import beta

import moo_inference as mi
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.studies.confidence import SURE
from moo_inference.views.answer import answer_lines

QUESTIONS = 40
RESAMPLES = 2000


def model_of(right, price):
    """One attempt at each question: the true accuracy is Beta(right + 1, wrong + 1). What is dearer is faster."""
    names = [f"q{number}" for number in range(QUESTIONS)]
    worth = np.repeat([1.0, 0.0], [right, QUESTIONS - right])
    return recorded_model(
        QuestionAttempts.of(names, worth, np.full(QUESTIONS, price), np.full(QUESTIONS, 9.0 - 100 * price))
    )


def probability(right, floor):
    return beta(right + 1, QUESTIONS - right + 1).sf(floor)


def chosen(rights, floor, **options):
    """The choice among models that cost 1, 2, 3 ... cents."""
    models = {f"m{right}": model_of(right, 0.01 * place) for place, right in enumerate(rights, 1)}
    return mi.choose(mi.Catalog(models=models, scenarios={}), accuracy=floor, k_max=1, assess=RESAMPLES, **options)


def test_the_surer_choice_is_the_cheapest_that_meets_the_floor_with_nine_in_ten():
    rights = [21, 23, 26, 29, 33]
    by_hand = [probability(right, 0.5) for right in rights]
    assert by_hand[1] < SURE - 0.05
    assert by_hand[2] > SURE + 0.02
    route = chosen(rights, 0.5)
    assert (route.model, route.assessment.surer.model, route.assessment.surer.k) == ("m21", "m26", 1)
    # Four standard errors of a share of so many draws; the control would be m23 or m29.
    band = 4 * math.sqrt(by_hand[2] * (1 - by_hand[2]) / RESAMPLES)
    assert route.assessment.surer.feasible == pytest.approx(by_hand[2], abs=band)
    assert abs(by_hand[1] - by_hand[2]) > 2 * band


def test_nothing_is_surer_where_the_choice_is_sure_itself_or_nothing_fits():
    assert probability(33, 0.5) > SURE
    assert chosen([33, 36], 0.5).assessment.surer is None
    assert chosen([21, 23], 0.9).assessment.surer is None


def test_where_nothing_is_sure_enough_the_highest_probability_is_named():
    rights = [21, 23]
    route = chosen(rights, 0.5)
    model, k, feasible = route.assessment.surer
    assert (model, k) == (None, None)
    highest = probability(23, 0.5)
    assert feasible == pytest.approx(highest, abs=4 * math.sqrt(highest * (1 - highest) / RESAMPLES))
    [text] = [text for heading, text in answer_lines(route) if heading == "Surer"]
    assert text == f"nothing meets all budgets with 90%; the surest with {feasible:.0%}."


def test_another_rule_takes_its_own_of_what_is_sure():
    assert chosen([33, 26, 21], 0.5, rule="cheapest").assessment.surer is None
    assert chosen([33, 26, 21], 0.5, rule="fastest").assessment.surer.model == "m26"


def test_the_answer_says_what_the_surer_choice_costs_more():
    route = chosen([21, 23, 26], 0.5)
    [text] = [text for heading, text in answer_lines(route) if heading == "Surer"]
    assert text.startswith("m26 with one pass: $0.0300 per query, 6.00 s on average, accuracy 0.6500 (")
    share = f"{route.assessment.surer.feasible:.0%}"
    assert text.endswith(
        f"; {share} that it really meets all budgets; $0.0200 more, 2.00 s shorter, accuracy 12 points higher."
    )
    assert not [heading for heading, _ in answer_lines(chosen([33, 36], 0.5)) if heading == "Surer"]


def test_the_record_holds_it():
    record = json.loads(json.dumps(chosen([21, 26], 0.5).to_dict()))
    own = record["assessment"]["surer"]
    assert (own["model"], own["k"]) == ("m26", 1)
    assert own["feasible"] > SURE
    assert json.loads(json.dumps(chosen([33], 0.5).to_dict()))["assessment"]["surer"] is None


def test_what_rests_on_numbers_alone_has_no_surer_choice(paper):
    route = mi.choose(paper, scenario="essay-feedback", assess=20, estimator=mi.ClosedForm())
    assert route.assessment.surer is None
