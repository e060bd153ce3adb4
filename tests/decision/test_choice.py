import warnings

import numpy as np
import pytest
from pymoo.mcdm.high_tradeoff import HighTradeoffPoints as PymooHighTradeoff
from pymoo.mcdm.pseudo_weights import PseudoWeights as PymooPseudoWeights

import moo_inference as mi
from moo_inference.decision import RULES, MaxCube, OwnRule, PseudoWeights, decide
from moo_inference.errors import SettingError, UnknownNameError


@pytest.fixture(scope="module")
def front(paper):
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5-nano"], range(1, 129))
    return mi.Front.from_curve(curve, paper.scenarios["medical-ai"])


@pytest.fixture(scope="module")
def empty(paper):
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5"], range(1, 129))
    return mi.Front.from_curve(curve, paper.scenarios["medical-ai"].replace(c_max=0.01))


@pytest.mark.parametrize("rule_id", RULES)
def test_a_choice_carries_its_evidence(front, rule_id):
    choice = decide(front, rule_id)
    assert choice.rule == rule_id
    if choice.status == "no-knee":
        assert choice.row is None
        assert "no knee: on this front" in choice.reason
        return
    assert choice.status == "ok"
    assert choice.k == front.k[choice.row]
    assert (choice.objectives == front.F[choice.row]).all()
    assert choice.scores.shape == (len(front),)
    higher = RULES[rule_id]().higher_is_better
    assert choice.scores[choice.row] == (np.nanmax(choice.scores) if higher else np.nanmin(choice.scores))
    assert all(choice.scores[tie] == choice.scores[choice.row] for tie in choice.ties)
    assert f"k = {choice.k}" in choice.reason


def test_the_normalised_row_is_by_the_budgets(front):
    choice = decide(front, "max-cube")
    cost, time, error = front.F[choice.row]
    assert choice.normalised == pytest.approx([cost / 0.95, time / 3600, error])
    assert choice.reason.startswith(f"max-cube takes k = {choice.k}: its cube volume, 0.9")


def test_the_sentence_names_ties(paper):
    level = paper.models["gpt-5"].replace(accuracy={"mean": 0.95, "std": 0.001})
    front = mi.Front.from_curve(mi.MonteCarlo().estimate(level, [1, 2, 3]), paper.scenarios["essay-feedback"])
    choice = decide(front, lambda F: list(range(len(F))))
    assert choice.k == front.k[0]
    assert choice.ties == tuple(range(1, len(front)))
    assert "which cost more" in choice.reason


def test_an_empty_front_is_an_answer(empty):
    choice = decide(empty, "max-cube")
    assert (choice.status, choice.row, choice.k, choice.objectives) == ("infeasible", None, None, None)
    assert "raising c_max" in choice.reason


def test_the_chord_is_warned_of_where_the_front_ends_at_k_max(front, paper):
    assert "moves with k_max" in decide(front, "knee-chord").warnings[0]
    assert decide(front, "knee-point").warnings == ()
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5"], range(1, 129))
    ended = mi.Front.from_curve(curve, paper.scenarios["medical-ai"])
    assert decide(ended, "knee-chord").warnings == ()


def cheapest(F):
    return int(F[:, 0].argmin())


class Last(type(MaxCube()).__mro__[2]):  # pymoo's DecisionMaking
    def _do(self, F, **kwargs):
        return np.int64(len(F) - 1)


def test_any_callable_or_decision_maker_will_do(front):
    assert decide(front, cheapest).k == front.k[0]
    assert decide(front, cheapest).rule == "cheapest"
    assert decide(front, Last()).k == front.k[-1]
    assert decide(front, OwnRule(cheapest, "mine")).rule == "mine"
    assert decide(front, lambda _: None).status == "no-knee"
    assert decide(front, lambda F: np.array([len(F) - 1, 3])).k == front.k[3]
    assert decide(front, PymooPseudoWeights([1 / 3] * 3)).status == "ok"


@pytest.mark.parametrize("answer", [10_000, -1, 0.5, "first", [[0]], True])
def test_an_answer_that_is_no_row_is_refused(front, answer):
    with pytest.raises(SettingError, match=r"must answer a row from 0 to \d+, or None; got"):
        decide(front, lambda _: answer)


def test_what_cannot_be_a_rule_is_refused(front):
    with pytest.raises(SettingError, match="a rule must be an id, a Rule, a DecisionMaking or a callable, got 3"):
        decide(front, 3)
    with pytest.raises(UnknownNameError):
        decide(front, "best")


def test_a_rule_of_one_s_own_in_a_study(paper):
    frame = mi.run_study(paper, models=["gpt-5"], decisions=[cheapest, "max-cube"]).choices
    assert frame["decision"].tolist()[:2] == ["cheapest", "max-cube"]


def test_pymoo_s_rules_leave_the_warning_filters_alone(front):
    before = list(warnings.filters)
    decide(front, "high-tradeoff")
    decide(front, PymooHighTradeoff(zero_to_one=True, ideal=front.F.min(axis=0), nadir=front.F.max(axis=0)))
    assert warnings.filters == before


def test_pseudo_weights_agree_with_pymoo_where_pymoo_is_right_and_answer_where_it_is_not(front):
    for weights in ([1, 1, 1], [1, 2, 5], [5, 1, 1]):
        share = np.array(weights) / sum(weights)
        assert decide(front, PseudoWeights(weights)).row == PymooPseudoWeights(share).do(front.F)
    F = np.array([[1.0, 5, 0.3], [2, 5, 0.2], [3, 5, 0.1]])
    with np.errstate(invalid="ignore"):
        assert PymooPseudoWeights(np.array([1, 1, 8]) / 10).do(F) == 0  # division by zero, silently row 0
    assert PseudoWeights([1, 1, 8]).do(F) == 2
    assert PseudoWeights([8, 1, 1]).do(F) == 0
    assert PseudoWeights().do(F[:1]) == 0


@pytest.mark.parametrize("rule_id", ["pseudo-weights", "asf", "aasf", "pbi", "tchebycheff"])
def test_a_larger_weight_never_makes_its_objective_worse(front, rule_id):
    """Importance has one direction in all of them, whatever pymoo divides by."""
    kind = type(RULES[rule_id]())
    for column in range(3):
        chosen = []
        for importance in (0.01, 1, 100):
            weights = np.ones(3)
            weights[column] = importance
            rule = kind(weights, nadir=front.F.max(axis=0))
            chosen.append(front.F[rule.do(front.F)][column])
        assert chosen[0] >= chosen[1] >= chosen[2]


def test_weights_are_checked(front):
    for weights in ([0, 1, 1], [1, np.nan, 1], [[1, 1, 1]]):
        with pytest.raises(SettingError, match="weights must be positive"):
            PseudoWeights(weights)
    with pytest.raises(SettingError, match="one weight an objective, got 2 for 3"):
        decide(front, PseudoWeights([1, 2]))


def test_scalarising_functions_on_a_worked_example():
    """By hand with equal weights 1/3: ASF = 3 max, Tchebycheff = max / 3, so both take the row of least maximum."""
    N = np.array([[0.9, 0.1, 0.1], [0.4, 0.5, 0.3], [0.1, 0.2, 0.8]])
    asf, tchebycheff = RULES["asf"](), RULES["tchebycheff"]()
    np.testing.assert_allclose(asf.score(N), [2.7, 1.5, 2.4])
    np.testing.assert_allclose(tchebycheff.score(N), [0.3, 0.5 / 3, 0.8 / 3])
    np.testing.assert_allclose(RULES["aasf"]().score(N), asf.score(N) + 1e-4 * 3 * N.sum(axis=1))
    direction = np.ones(3) / np.sqrt(3)
    along = N @ direction
    apart = np.sqrt((N**2).sum(axis=1) - along**2)
    np.testing.assert_allclose(RULES["pbi"]().score(N), along + 5 * apart)
