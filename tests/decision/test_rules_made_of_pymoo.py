"""Rules made of pymoo's decision makers and decompositions, and of a user's own, in closed form."""

import numpy as np
import pytest
from pymoo.mcdm.high_tradeoff import HighTradeoffPoints as PymooHighTradeoffPoints

import moo_inference as mi
from moo_inference.decision import (
    DEFAULT_RULES,
    AchievementScalarizing,
    AugmentedAchievementScalarizing,
    HighTradeoffPoints,
    OwnRule,
    PenaltyBoundaryIntersection,
    PseudoWeights,
    Tchebycheff,
    make_rule,
)
from moo_inference.decision import pymoo_rules as plain

WEIGHTED = (
    PseudoWeights,
    AchievementScalarizing,
    AugmentedAchievementScalarizing,
    PenaltyBoundaryIntersection,
    Tchebycheff,
)
N = np.array([[0.9, 0.1, 0.1], [0.4, 0.5, 0.3], [0.1, 0.2, 0.8]])
SHARE = np.array([0.125, 0.25, 0.625])


def test_scalarising_functions_of_weights_that_differ():
    """ASF and PBI look along the inverse of the weights, scaled to the sum 1; Tchebycheff multiplies by them."""
    weights = [1, 2, 5]
    direction = 1 / SHARE / (1 / SHARE).sum()
    asf = (N / direction).max(axis=1)
    exact = {"rtol": 1e-13, "atol": 0}
    np.testing.assert_allclose(AchievementScalarizing(weights).score(N), asf, **exact)
    augmented = asf + 1e-4 * (N / direction).sum(axis=1)
    np.testing.assert_allclose(AugmentedAchievementScalarizing(weights).score(N), augmented, **exact)
    np.testing.assert_allclose(Tchebycheff(weights).score(N), (N * SHARE).max(axis=1), **exact)
    along = N @ direction / np.linalg.norm(direction)
    apart = np.linalg.norm(N - np.outer(along, direction / np.linalg.norm(direction)), axis=1)
    np.testing.assert_allclose(PenaltyBoundaryIntersection(weights).score(N), along + 5 * apart)


@pytest.mark.parametrize("kind", WEIGHTED)
def test_a_weighted_rule_looks_at_the_front_by_its_ideal_and_nadir(kind):
    F = [[3.0, 1.0, 1.0], [2.0, 2.0, 0.5]]
    rule = kind([1, 1, 1], ideal=[1, 0, 0.5], nadir=[3, 4, 1])
    np.testing.assert_array_equal(rule.normalised(F), [[1, 0.25, 1], [0.5, 0.5, 0]])
    as_given = kind([1, 1, 1], zero_to_one=False, ideal=[1, 0, 0.5], nadir=[3, 4, 1])
    np.testing.assert_array_equal(as_given.normalised(F), F)


@pytest.mark.parametrize(
    ("kind", "rule_id", "score_name", "needs_scale", "least_rows", "noun"),
    [
        (plain.PseudoWeights, "pseudo-weights", "distance from the weights", False, 1, "choice"),
        (plain.HighTradeoffPoints, "high-tradeoff", "", False, 3, "knee"),
        (plain.AchievementScalarizing, "asf", "ASF", True, 1, "choice"),
        (plain.AugmentedAchievementScalarizing, "aasf", "augmented ASF", True, 1, "choice"),
        (plain.PenaltyBoundaryIntersection, "pbi", "PBI", True, 1, "choice"),
        (plain.Tchebycheff, "tchebycheff", "Tchebycheff value", True, 1, "choice"),
    ],
)
def test_what_a_rule_says_of_itself(kind, rule_id, score_name, needs_scale, least_rows, noun):
    for rule in (kind(), make_rule(rule_id)):
        said = (rule.id, rule.score_name, rule.needs_scale, rule.least_rows, rule.noun)
        assert said == (rule_id, score_name, needs_scale, least_rows, noun)
        assert not rule.higher_is_better


def test_an_objective_that_does_not_vary_has_no_part_in_pseudo_weights_however_large_the_others_are():
    """By hand: of cost and error alone the pseudo-weights are (1, 0), (0.5, 0.5) and (0, 1)."""
    F = np.array([[1.0, 0.5, 0.9], [2.0, 0.5, 0.5], [3.0, 0.5, 0.1]])
    rule = PseudoWeights([1, 8, 3])
    np.testing.assert_allclose(rule.pseudo_weights(F), [[1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]])
    np.testing.assert_allclose(rule.score(F), [1.5, 0.5, 0.5])
    assert rule.do(F) == 1
    np.testing.assert_array_equal(rule.score(F[:1]), [0])


def test_a_row_that_is_the_worst_in_all_has_pseudo_weights_of_zero():
    for n in (3, 40, 400):
        F = np.ones((n, 3))
        F[0] = 0
        weights = PseudoWeights().pseudo_weights(F)
        np.testing.assert_allclose(weights[0], 1 / 3)
        np.testing.assert_array_equal(weights[1:], 0)


def test_high_tradeoff_does_not_depend_on_the_units_of_objectives():
    """What pymoo names where all go from 0 to 1 is named whatever their scale and origin, and equal rows together."""
    step = np.linspace(0, 1, 30)
    base = np.column_stack([step, step**2, (1 - step) ** 6])
    named = PymooHighTradeoffPoints().do(base)
    expected = np.isin(np.arange(30), named)
    assert 0 < expected.sum() < 30
    for low, scale in (([0, 0, 0], [1, 1, 1]), ([5, 100, 2], [1, 1, 1]), ([3, 0, 0.1], [0.01, 3600, 0.2])):
        found = HighTradeoffPoints().score(base * scale + low)
        np.testing.assert_array_equal(found == 1, expected)
        np.testing.assert_array_equal(np.isnan(found), ~expected)
    twice = HighTradeoffPoints().score(np.repeat(base, 2, axis=0)[::-1])
    np.testing.assert_array_equal(twice == 1, np.repeat(expected, 2)[::-1])


def test_a_rule_of_one_s_own_is_given_the_front_by_its_ideal_and_nadir():
    seen = []
    F = [[3.0, 1.0], [2.0, 2.0]]
    assert OwnRule(lambda F: seen.append(F) or 1, ideal=[1, 0], nadir=[3, 4]).do(F) == 1
    assert OwnRule(lambda F: seen.append(F) or 1, zero_to_one=False, ideal=[1, 0], nadir=[3, 4]).do(F) == 1
    assert OwnRule(lambda F: seen.append(F) or 1, ideal=[1, 0]).do(F) == 1
    np.testing.assert_array_equal(seen, [[[1, 0.25], [0.5, 0.5]], F, [[2, 1], [1, 2]]])


def test_rows_that_a_rule_of_one_s_own_does_not_name_have_no_score():
    scores = OwnRule(lambda F: [2, 0]).score(N)
    assert scores.dtype == float
    np.testing.assert_array_equal(scores, [1, np.nan, 1])


def test_unasked_the_papers_four_rules_and_the_recommended_knee_choose(paper):
    assert DEFAULT_RULES == ("accuracy-max", "max-cube", "utopia-closest", "knee-point", "knee-chord")
    choices = mi.run_study(paper, models=["gpt-5"], k_max=4).choices
    assert set(choices["decision"]) == set(DEFAULT_RULES)
