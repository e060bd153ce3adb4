"""Rules are decision makers of pymoo, are found by name, go through pickle, and say of themselves what they are."""

import pickle

import numpy as np
import pytest
from pymoo.core.decision_making import DecisionMaking

import moo_inference as mi
from moo_inference import decision
from moo_inference.decision import RULES, OwnRule, Rule, make_rule
from moo_inference.decision.choice import decide as plain_decide
from moo_inference.errors import SettingError

F = np.array([[1, 1, 0.5], [2, 2, 0.25], [4, 4, 0.2]])


@pytest.fixture
def unread(monkeypatch):
    """The module as it is before anything of it was asked for."""

    def forget(name):
        monkeypatch.delitem(vars(decision), name, raising=False)

    return forget


@pytest.mark.parametrize("name", decision.__all__)
def test_a_name_is_the_same_thing_the_second_time(unread, name):
    unread(name)
    first = getattr(decision, name)
    assert first is not None
    assert getattr(decision, name) is first


def test_rules_are_classes_of_pymoo_and_functions_are_as_they_were(unread):
    for name in ("Cheapest", "KneePoint", "Rule", "decide", "make_rule"):
        unread(name)
    assert issubclass(decision.Cheapest, DecisionMaking)
    assert issubclass(decision.KneePoint, decision.Rule)
    assert decision.decide is plain_decide
    with pytest.raises(AttributeError, match=r"^module 'moo_inference.decision' has no attribute 'Knee'$"):
        decision.Knee  # noqa: B018


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_is_a_rule_and_a_decision_maker_and_goes_through_pickle(rule_id):
    rule = make_rule(rule_id)
    assert isinstance(rule, Rule)
    assert isinstance(rule, DecisionMaking)
    assert type(rule).__module__ == "moo_inference.decision"
    again = pickle.loads(pickle.dumps(rule))
    assert type(again) is type(rule)
    assert again.id == rule_id


def test_what_saving_rules_look_at_and_what_they_save():
    cheapest, fastest = mi.Cheapest(), mi.Fastest()
    assert (cheapest.score_name, cheapest.saves, cheapest.score(F).tolist()) == ("cost", 0, [1, 2, 4])
    assert (fastest.score_name, fastest.saves, fastest.score(F[:, [1, 0, 2]]).tolist()) == ("time", 1, [1, 2, 4])
    assert [rule_id for rule_id in RULES if make_rule(rule_id).saves is not None] == ["cheapest", "fastest"]


def test_what_a_rule_is_that_says_nothing_else():
    class Mine(Rule):
        id = "mine"

        def score(self, N):
            return N[:, 0]

    rule = Mine()
    assert (rule.saves, rule.from_ideal, rule.higher_is_better, rule.least_rows) == (None, False, False, 1)
    assert rule.do(-F) == 2
    with_one_row = rule.score(rule.normalised(F[:1]))
    assert with_one_row.tolist() == [1]


def test_which_rules_measure_from_the_ideal():
    measuring = {"max-cube", "utopia-closest", "asf", "aasf", "pbi", "tchebycheff"}
    for rule_id in RULES:
        rule = make_rule(rule_id)
        if rule_id not in measuring:
            rule.normalised(-F)
            continue
        with pytest.raises(SettingError, match="measures from the ideal"):
            rule.normalised(-F)


def test_an_own_rule_needs_no_scale_and_its_scores_have_no_name():
    rule = OwnRule(lambda F: 1, "mine")
    assert (rule.needs_scale, rule.score_name) == (False, "")
    assert np.array_equal(rule.score(F), [np.nan, 1, np.nan], equal_nan=True)
