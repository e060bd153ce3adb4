"""One contract for every rule of the registry, and what each of them is defined to pick."""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymoo.core.decision_making import DecisionMaking
from pymoo.mcdm.high_tradeoff import HighTradeoffPoints as PymooHighTradeoffPoints

import moo_inference as mi
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.decision import (
    DEFAULT_RULES,
    RULES,
    AccuracyMax,
    KneePoint,
    MaxCube,
    OwnRule,
    PseudoWeights,
    UtopiaClosest,
    make_rule,
)
from moo_inference.decision.knee_point import chord_distance, curvature
from moo_inference.decision.registry import is_registered_default
from moo_inference.errors import SettingError, UnknownNameError

FREE = mi.Scenario(name="Free", c_max=None, t_max=None, a_min=0.0)
NADIR = (2.0, 50.0, 1.0)


def front(n, seed=0):
    """A convex front of n rows with noise: cost and time up, error down."""
    generator = np.random.default_rng(seed)
    cost = np.sort(generator.uniform(0.1, 1.9, n))
    error = 0.3 / (1 + 5 * np.arange(n)) + generator.uniform(0, 1e-4, n)
    return np.column_stack([cost, cost * 25 * generator.uniform(0.9, 1.1, n), np.sort(error)[::-1]])


def scaled(rule_id):
    rule = make_rule(rule_id)
    return type(rule)(**rule.options(), nadir=NADIR)


every_rule = pytest.mark.parametrize("rule_id", list(RULES))


@every_rule
def test_is_a_pymoo_decision_maker_with_its_id(rule_id, essay):
    rule = make_rule(rule_id)
    assert isinstance(rule, DecisionMaking)
    assert rule.id == rule_id
    assert type(rule).for_scenario(essay, **rule.options()).id == rule_id
    assert make_rule(rule) is rule


@every_rule
def test_returns_a_row_as_an_int_and_leaves_its_input_alone(rule_id):
    F = front(12)
    F.setflags(write=False)
    row = scaled(rule_id).do(F)
    assert type(row) is int
    assert 0 <= row < 12
    assert scaled(rule_id)(F) == row


@every_rule
@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 9))
def test_the_order_of_the_rows_does_not_matter(rule_id, seed, n):
    generator = np.random.default_rng(seed)
    F = np.round(front(n, seed), 2)  # with ties
    order = generator.permutation(n)
    one, other = scaled(rule_id).do(F), scaled(rule_id).do(F[order])
    if one is None:
        assert other is None
    else:
        assert (F[one] == F[order][other]).all()


@every_rule
def test_repeated_rows_change_nothing(rule_id):
    F = front(6)
    one, other = scaled(rule_id).do(F), scaled(rule_id).do(np.repeat(F, 3, axis=0))
    assert (F[one] == np.repeat(F, 3, axis=0)[other]).all()


@every_rule
def test_the_unit_of_an_objective_does_not_matter(rule_id):
    F = front(9)
    unit = np.array([1024.0, 1 / 64, 1.0])
    rule = make_rule(rule_id)
    other = type(rule)(**rule.options(), nadir=np.array(NADIR) * unit)
    assert scaled(rule_id).do(F) == other.do(F * unit)


@every_rule
def test_no_one_and_two_rows(rule_id):
    rule = scaled(rule_id)
    assert rule.do(np.empty((0, 3))) is None
    is_knee = rule_id.startswith("knee") or rule_id == "high-tradeoff"
    assert rule.do(front(1)) == (None if is_knee else 0)
    assert rule.do(front(1)[0]) == (None if is_knee else 0)
    assert (rule.do(front(2)) is None) == is_knee


@every_rule
def test_a_constant_column_is_no_obstacle(rule_id):
    F = front(5)
    F[:, 1] = 3.0
    row = scaled(rule_id).do(F)
    assert row is None or 0 <= row < 5


@every_rule
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(rule_id, bad):
    F = front(4)
    F[2, 1] = bad
    with pytest.raises(SettingError, match="finite"):
        scaled(rule_id).do(F)


@every_rule
def test_a_scenario_without_a_budget_needs_a_scale(rule_id, essay):
    rule = make_rule(rule_id)
    for budget in ("c_max", "t_max"):
        open_ended = essay.replace(**{budget: None})
        if rule.needs_scale:
            with pytest.raises(SettingError, match=f"no {budget}"):
                type(rule).for_scenario(open_ended, **rule.options())
        else:
            assert type(rule).for_scenario(open_ended, **rule.options()).do(front(5)) is not None
        given_scale = type(rule).for_scenario(open_ended, **rule.options(), nadir=NADIR)
        assert given_scale.do(front(9)) == scaled(rule_id).do(front(9))


def test_ties_go_to_the_cheaper_row():
    F = np.array([[0.4, 9, 0.1], [0.3, 9, 0.1], [0.5, 9, 0.2]])
    assert AccuracyMax().do(F) == 1
    same_distance = np.array([[0.3, 0.4, 0.0], [0.4, 0.3, 0.0]])
    assert UtopiaClosest().do(same_distance) == 0
    assert UtopiaClosest().do(same_distance[::-1]) == 1
    assert MaxCube().do(np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]])) == 1


def test_the_formulas_on_a_worked_example():
    """By hand: volumes .9*.9*.5, .7*.8*.8, .4*.5*.95; distances sqrt(.27), sqrt(.17), sqrt(.6125)."""
    N = np.array([[0.1, 0.1, 0.5], [0.3, 0.2, 0.2], [0.6, 0.5, 0.05]])
    assert MaxCube().do(N) == 1
    assert UtopiaClosest().do(N) == 1
    assert AccuracyMax().do(N) == 2
    assert MaxCube(nadir=(0.5, 1, 1)).do(N[[0, 2]]) == 0  # the second breaks its budget: no volume


def test_curvature_of_a_parabola_and_of_a_helix():
    """y = x^2/2 in unit steps has curvature 1/(1+x^2)^1.5; central differences are exact for it."""
    x = np.arange(-5.0, 6)
    path = np.column_stack([x, x**2 / 2, np.zeros_like(x)])
    np.testing.assert_allclose(curvature(path)[1:-1], ((1 + x**2) ** -1.5)[1:-1], rtol=1e-12)
    t = np.arange(200) * 0.01
    helix = np.column_stack([np.cos(t), np.sin(t), t])
    np.testing.assert_allclose(curvature(helix)[1:-1], 0.5, rtol=1e-4)
    flat = curvature(helix, cost_and_time_only=True)[1:-1]
    np.testing.assert_allclose(flat, 1 / 2**1.5, rtol=1e-4)  # |x'y''-y'x''| = 1, |p'| = sqrt(2)


def test_the_chord_s_knee_of_kneedle_s_example():
    """y = 5 - 1/(x + 0.1) on ten points of [0, 1]: knee at x = 0.222 (documentation of kneed)."""
    x = np.linspace(0, 1, 10)
    F = np.column_stack([x, np.zeros(10), -(5 - 1 / (x + 0.1))])
    assert x[KneePoint("chord").do(F)] == pytest.approx(0.222, abs=5e-4)
    assert chord_distance(F).argmax() == 2


@pytest.mark.parametrize("variant", ["equation", "chord", "published"])
def test_a_straight_line_has_no_knee(variant):
    F = np.outer(np.arange(1, 9), [1.0, 2.0, -0.1])
    F[:, 2] += 1
    assert KneePoint(variant).do(F) is None


def test_the_equation_s_knee_of_an_exact_curve_is_the_first_inner_row():
    """Where cost and time are linear in k and a small error is convex, curvature falls from the start."""
    k = np.arange(1, 20)
    F = np.column_stack([0.05 * k, 0.05 * k, 0.06 / k])
    assert (np.diff(curvature(F)[1:-1]) < 0).all()
    assert KneePoint().do(F) == 1
    assert KneePoint("published").do(F) is None
    assert KneePoint("chord").do(F) > 1


def test_names_and_options_are_checked():
    with pytest.raises(UnknownNameError, match=r"unknown rule 'knee' .*accuracy-max, max-cube"):
        make_rule("knee")
    with pytest.raises(SettingError, match="variant must be one of: equation, chord, published"):
        KneePoint("Chord")
    for nadir in ([0, 1, 1], [1, np.nan, 1], [[1, 1, 1]]):
        with pytest.raises(SettingError, match="nadir"):
            MaxCube(nadir=nadir)
    assert DEFAULT_RULES == ("accuracy-max", "max-cube", "utopia-closest", "knee-point", "knee-chord")


def test_numbers_may_be_of_any_kind_that_becomes_a_float():
    exact = [[Fraction(1, 10), Fraction(1, 5), Fraction(1, 2)], [Fraction(3, 10), Fraction(1, 5), Fraction(1, 5)]]
    assert MaxCube(nadir=[Fraction(1, 2), 1, 1]).do(exact) == MaxCube(nadir=[0.5, 1, 1]).do(np.array(exact, float))
    assert PseudoWeights([Fraction(1, 3)] * 3).do(exact) == PseudoWeights().do(exact)


def test_a_rule_without_budgets_says_which_are_missing_and_what_else_there_is():
    bare = mi.Scenario(name="Bare", c_max=None, t_max=None, a_min=0)
    with pytest.raises(SettingError) as refused:
        MaxCube().scaled_by(bare, ["joules"])
    assert str(refused.value) == (
        "max-cube divides cost, time and joules by their budgets, and scenario 'Bare' has no c_max and no t_max and no "
        "joules_max: set it, give the rule a nadir, or use accuracy-max or knee-chord"
    )
    with pytest.raises(SettingError, match=r"divides cost and time by their budgets, .* has no t_max: set it"):
        MaxCube().scaled_by(bare.replace(c_max=1))


def test_a_nadir_of_one_s_own_takes_the_place_of_every_budget(essay):
    own = MaxCube(nadir=NADIR)
    assert own.scaled_by(essay) is own
    assert UtopiaClosest().scaled_by(essay).nadir.tolist() == [essay.c_max, essay.t_max, 1]
    more = essay.replace(resources={"joules": ResourceBudget(max=70), "litres": ResourceBudget(max=2)})
    for units, most in ((None, [70, 2]), (["joules", "litres"], [70, 2]), (["litres", "joules"], [2, 70])):
        assert UtopiaClosest().scaled_by(more, units).nadir.tolist() == [essay.c_max, essay.t_max, *most, 1]


def test_pseudo_weights_leave_out_what_does_not_vary():
    """By hand: without the second column pseudo-weights are (1, 0), (3/4, 1/4), (0, 1), and weights (2/3, 1/3)."""
    N = np.array([[0.0, 0.5, 0.4], [0.1, 0.5, 0.3], [0.4, 0.5, 0.0]])
    found = PseudoWeights([8, 3, 4]).score(N)
    ours = np.array([[1, 0], [3 / 4, 1 / 4], [0, 1]])
    np.testing.assert_allclose(found, np.abs(ours - [2 / 3, 1 / 3]).sum(axis=1), rtol=1e-12)


def test_high_tradeoff_looks_at_the_front_in_units_of_its_own_range():
    """Three rows are enough, and what pymoo names on the scaled front is named whatever the units."""
    corner = np.array([[0.0, 1.0], [0.05, 0.05], [1.0, 0.0]])
    scores = make_rule("high-tradeoff").score(corner)
    assert scores[1] == 1
    assert make_rule("high-tradeoff").do(corner) == 1
    far = front(30)
    low, high = far.min(axis=0), far.max(axis=0)
    named = PymooHighTradeoffPoints().do((far - low) / (high - low))
    for unit in (1e-6, 1.0, 1e6):
        scores = make_rule("high-tradeoff").score(far * [unit, 1 / unit, 1])
        assert np.flatnonzero(scores == 1).tolist() == sorted(named)
        assert np.isnan(np.delete(scores, named)).all()


def test_a_decision_by_pymoo_does_not_warn_and_equal_rows_share_its_answer():
    corner = np.array([[0.0, 1.0], [0.05, 0.05], [1.0, 0.0], [0.05, 0.05]])
    scores = make_rule("high-tradeoff").score(corner)
    assert scores[1] == scores[3] == 1


def test_what_rules_look_at_is_said_in_words():
    names = {rule_id: make_rule(rule_id).score_name for rule_id in RULES}
    assert names["knee-chord"] == "distance from the chord"
    assert names["knee-point"] == names["knee-published"] == "curvature"
    assert {names["high-tradeoff"], MaxCube.score_name, AccuracyMax.score_name} == {"", "cube volume", "error"}
    assert (names["asf"], names["aasf"], names["pbi"]) == ("ASF", "augmented ASF", "PBI")
    assert names["tchebycheff"] == "Tchebycheff value"
    assert names["pseudo-weights"] == "distance from the weights"
    assert names["utopia-closest"] == "distance from utopia"


def test_what_rules_pick_is_said_in_a_sentence():
    picks = {rule_id: make_rule(rule_id).picks for rule_id in RULES}
    assert len(set(picks.values())) == len(RULES)
    assert picks["max-cube"] == "The row whose cube between itself and the budgets is largest (paper, Eq. 11, 12)."
    assert picks["high-tradeoff"].endswith("of several, the cheapest.")
    for rule_id, words in {
        "point": "Eq. 18, 19",
        "chord": "towards the ideal",
        "published": "cost and time alone",
    }.items():
        assert words in picks[f"knee-{rule_id}"]
    for sentence in picks.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("max-cube", True),
        ("knee-chord", True),
        (PseudoWeights(), True),
        (PseudoWeights([1, 1, 2]), False),
        (MaxCube(nadir=NADIR), False),
        (OwnRule(len, "max-cube"), False),
        (OwnRule(len, "mine"), False),
        (KneePoint("published"), True),
    ],
)
def test_an_id_alone_tells_a_rule_only_where_it_makes_that_very_rule(rule, expected):
    assert is_registered_default(make_rule(rule)) == expected


def test_which_rules_divide_by_budgets():
    """Order, pseudo-weights, tradeoffs and the chord are of the front's own range, and need no other scale."""
    rules = {rule_id: make_rule(rule_id) for rule_id in RULES}
    own_range = {"accuracy-max", "knee-chord", "pseudo-weights", "high-tradeoff", "cheapest", "fastest"}
    assert {rule_id for rule_id, rule in rules.items() if not rule.needs_scale} == own_range
    assert not OwnRule(len).needs_scale
    assert {rule_id for rule_id, rule in rules.items() if not rule.score_name} == {"high-tradeoff"}


def test_cheapest_and_fastest_take_the_least_and_of_ties_the_faster_the_cheaper_the_more_accurate():
    F = np.array([[0.3, 9, 0.1], [0.1 + 0.2, 8, 0.2], [0.3, 8 + 1e-14, 0.1], [0.4, 7, 0.1], [0.35, 7, 0.2]])
    assert mi.Cheapest().do(F) == 2
    assert mi.Fastest().do(F) == 4
    assert mi.Fastest().do(np.vstack([F, [0.35, 7, 0.1]])) == 5
    with pytest.raises(SettingError, match=r"fastest needs the columns cost, time, \.\.\. and error; got 2"):
        mi.Fastest().do(F[:, :2])


@every_rule
def test_one_column_has_a_defined_answer_or_a_clear_refusal(rule_id):
    F = np.array([[0.3], [0.1], [0.2]])
    rule = make_rule(rule_id)
    if rule_id == "fastest":
        with pytest.raises(SettingError, match="fastest needs the columns"):
            rule.do(F)
    else:
        assert rule.do(F) == (None if rule.least_rows == 3 else 1)


@every_rule
def test_the_options_of_every_decision_maker_of_pymoo_are_taken(rule_id):
    F = front(9)
    ideal, nadir = np.array([0.05, 1.0, 0.0]), np.array([2.5, 60.0, 1.0])
    kind, options = type(make_rule(rule_id)), make_rule(rule_id).options()
    rule = kind(**options, zero_to_one=True, ideal=ideal, nadir=nadir)
    np.testing.assert_array_equal(rule.ideal, ideal)
    np.testing.assert_array_equal(rule.nadir, nadir)
    scaled_by_hand = (F - ideal) / (nadir - ideal)
    assert rule.do(F) == kind(**options).do(scaled_by_hand)
    assert kind(**options, zero_to_one=False, ideal=ideal, nadir=nadir).do(scaled_by_hand) == rule.do(F)
    assert rule.scaled_by(mi.load_catalog("paper").scenarios["essay-feedback"]) is rule


def test_an_ideal_and_a_nadir_are_checked(essay):
    with pytest.raises(SettingError, match="zero_to_one needs a nadir"):
        MaxCube(zero_to_one=True)
    with pytest.raises(SettingError, match="nadir must be more than the ideal"):
        MaxCube(ideal=[0, 0, 1], nadir=[1, 1, 1])
    with pytest.raises(SettingError, match="ideal must be finite"):
        MaxCube(ideal=[0, np.inf, 1])
    with pytest.raises(SettingError, match="ideal must be finite numbers, one per objective; got 2 for the 3 columns"):
        MaxCube(ideal=[0, 1], nadir=[1, 2]).do(front(4))
    shifted = MaxCube(ideal=[0.01, 0, 0]).scaled_by(essay)
    assert shifted.ideal.tolist() == [0.01, 0, 0]
    assert shifted.nadir.tolist() == [essay.c_max, essay.t_max, 1]


@pytest.mark.parametrize("rule_id", ["max-cube", "utopia-closest", "asf", "aasf", "pbi", "tchebycheff"])
def test_what_is_better_than_the_ideal_is_refused_by_rules_that_measure_from_it(rule_id):
    F = front(6)
    accuracy = F * [1, 1, -1] + [0, 0, -0.5]  # an objective that was negated in place of subtracted from 1
    with pytest.raises(SettingError, match=rf"^{rule_id} measures from the ideal, .* in column 3 of 3"):
        scaled(rule_id).do(accuracy)
    kind = type(make_rule(rule_id))
    assert kind(ideal=[0, 0, -1], nadir=[2, 50, 0]).do(accuracy) is not None
    assert scaled(rule_id).do(F - [0, 0, F[:, 2].min() + 1e-12]) is not None  # rounding is no error


@pytest.mark.parametrize("rule_id", ["knee-chord", "pseudo-weights", "high-tradeoff"])
def test_rules_of_the_front_s_own_range_do_not_see_what_varies_by_rounding_alone(rule_id):
    F = front(9)
    plain, noisy = F.copy(), F.copy()
    plain[:, 1] = 0.3
    noisy[:, 1] = np.where(np.arange(9) % 2, 0.3, 0.1 + 0.2)
    rule = make_rule(rule_id)
    assert rule.do(noisy) == rule.do(plain)


def pass_at_k(solved, samples, k):
    """The exact share of questions that at least one of k samples solves."""
    return sum(1 - Fraction(comb(n - c, k), comb(n, k)) for c, n in zip(solved, samples, strict=True)) / len(samples)


@pytest.mark.parametrize("rule", [KneePoint("chord"), AccuracyMax(), mi.Cheapest()])
def test_exact_ties_of_small_evaluations_go_to_the_cheaper_row(rule, gpt5):
    """Scores in fractions say which k tie; of these the least is taken, whatever the last bits are."""
    ties = 0
    for number in (1, 2, 3):
        for samples in (4, 5, 6):
            for solved in combinations_with_replacement(range(samples + 1), number):
                ks = range(1, samples + 1)
                error = [1 - pass_at_k(solved, [samples] * number, k) for k in ks]
                rows = [k for k in ks if k == 1 or error[k - 1] < min(error[: k - 1])]
                if len(rows) < 3:
                    continue
                x = [Fraction(k - rows[0], rows[-1] - rows[0]) for k in rows]
                e = [error[k - 1] for k in rows]
                y = [(one - e[-1]) / (e[0] - e[-1]) for one in e]
                score = {
                    "knee-chord": [-(one + other) for one, other in zip(x, y, strict=True)],
                    "accuracy-max": [-one for one in e],
                    "cheapest": [-one for one in x],
                }[rule.id]
                questions = {f"q{place}": f"{right}/{samples}" for place, right in enumerate(solved)}
                model = gpt5.replace(accuracy={"kind": "outcomes", "questions": questions})
                front = mi.Front.from_curve(mi.ClosedForm().estimate(model, ks), FREE)
                assert front.k.tolist() == rows
                if rule.id == "knee-chord" and max(score) <= -1:
                    assert rule.do(front.F) is None
                    continue
                ties += score.count(max(score)) > 1
                assert rows[rule.do(front.F)] == rows[score.index(max(score))]
    assert rule.id != "knee-chord" or ties >= 5


def test_the_former_name_of_scaled_by_still_works(essay):
    with pytest.warns(DeprecationWarning, match="Rule.within is Rule.scaled_by now"):
        assert MaxCube().within(essay).nadir.tolist() == [essay.c_max, essay.t_max, 1]
