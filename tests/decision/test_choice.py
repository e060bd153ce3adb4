import re
import warnings

import numpy as np
import pytest
from pymoo.core.decision_making import DecisionMaking
from pymoo.mcdm.high_tradeoff import HighTradeoffPoints as PymooHighTradeoff
from pymoo.mcdm.pseudo_weights import PseudoWeights as PymooPseudoWeights

import moo_inference as mi
from moo_inference.decision import RULES, MaxCube, OwnRule, PseudoWeights, Rule, decide
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.estimators import ScalingCurve

SCENARIO = mi.Scenario(name="S", c_max=8, t_max=8, a_min=0.1)


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


MOVES = "this {} moves with k_max: no budget ends the front at k = 128"


def test_every_choice_that_moves_with_k_max_is_warned_of_where_no_budget_ends_the_front(front, paper):
    for rule in ("knee-chord", "high-tradeoff"):
        assert decide(front, rule).warnings == (MOVES.format("knee"),)
    for rule in ("accuracy-max", "pseudo-weights", PymooPseudoWeights([0.2, 0.2, 0.6]), lambda F: len(F) // 2):
        assert decide(front, rule).warnings == (MOVES.format("choice"),)
    for rule in ("knee-point", "max-cube", "utopia-closest", "cheapest", "fastest", fastest, lambda F: 3):
        assert decide(front, rule).warnings == ()
    curve = mi.MonteCarlo().estimate(paper.models["gpt-5"], range(1, 129))
    ended = mi.Front.from_curve(curve, paper.scenarios["medical-ai"])
    for rule in ("knee-chord", "pseudo-weights", "accuracy-max"):
        assert decide(ended, rule).warnings == ()


@pytest.mark.parametrize("rule", [*RULES, lambda F: len(F) - 1])
def test_what_is_not_warned_of_stays_whatever_k_max_is(paper, rule):
    """And what is warned of takes another k at some k_max."""
    for model in ("gpt-5-nano", "qwen3-30b-a3b"):
        chosen, warned = [], []
        for k_max in (64, 128, 256, 512):
            curve = mi.ClosedForm().estimate(paper.models[model], range(1, k_max + 1))
            choice = decide(mi.Front.from_curve(curve, paper.scenarios["medical-ai"]), rule)
            chosen.append(choice.k)
            warned.append(any("moves with k_max" in words for words in choice.warnings))
        assert (len(set(chosen)) > 1) == any(warned), (chosen, warned)
        for place, said in enumerate(warned):
            assert said or len(set(chosen[place:])) == 1


def test_in_waves_the_knee_by_curvature_is_not_at_the_beginning(paper):
    """Steps of time bend the front more than its beginning does: 120 of 7, ..., 128 with 8 passes at once."""
    curve = mi.ClosedForm().estimate(paper.models["gpt-5-nano"], range(1, 129), parallel=8, latency="waves")
    front = mi.Front.from_curve(curve, paper.scenarios["proposal-writing"])
    knee = decide(front, "knee-point")
    assert knee.row > len(front) / 2
    assert knee.k % 8 == 0
    assert decide(front, "knee-chord").k < knee.k / 2


def test_the_only_k_that_meets_a_floor_at_the_end_of_the_grid():
    """The cheapest that meets it stays whatever k lies beyond; the most accurate does not."""
    assert decide(three_rows(a_min=0.9), "cheapest").warnings == ()
    assert "moves with k_max" in decide(three_rows(a_min=0.9), "accuracy-max").warnings[0]


def test_a_user_s_rule_that_fails_on_another_front_is_not_asked_about_k_max(front):
    def strict(F):
        if len(F) != len(front):
            raise ValueError("another front")
        return 3

    assert decide(front, strict).warnings == ()


def cheapest(F):
    return int(F[:, 0].argmin())


class Last(DecisionMaking):
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


@pytest.mark.parametrize("answer", [10_000, -1, 0.5, 1.0, "first", [[0]], [[0], [1, 2]], [], True])
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
    with pytest.raises(SettingError, match="one weight per objective, got 2 for 3"):
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


def three_rows(models=(), **scenario):
    """A front of three rows with a fourth objective; the second is the cheaper of two with the least time."""
    k = np.array([1, 2, 4])
    table = np.zeros((3, 20))
    table[:, 0], table[:, 5], table[:, 10], table[:, 15] = [1, 2, 4], [8, 2, 2], [0.5, 0.6, 0.9], [30, 20, 10]
    curve = ScalingCurve.from_table(k, table, 1 - table[:, 10], resources=("grams_co2",))
    budgets = {"c_max": 10.0, "t_max": 10.0, "a_min": 0.1, "grams_co2_max": 100.0, **scenario}
    return mi.Front.from_curve(curve, mi.Scenario(name="S", **budgets), models)


def fastest(F):
    return np.flatnonzero(F[:, 1] == F[:, 1].min())


def test_every_field_of_a_choice_is_of_the_chosen_row():
    choice = decide(three_rows(), "utopia-closest")
    distances = np.sqrt([0.1**2 + 0.8**2 + 0.3**2 + 0.5**2, 0.2**2 * 3 + 0.4**2, 0.4**2 + 0.2**2 + 0.1**2 * 2])
    assert (choice.rule, choice.status, choice.row, choice.k, choice.model) == ("utopia-closest", "ok", 2, 4, None)
    assert choice.objectives.tolist() == pytest.approx([4, 2, 10, 0.1])
    assert choice.normalised.tolist() == pytest.approx([0.4, 0.2, 0.1, 0.1])
    np.testing.assert_allclose(choice.scores, distances)
    assert (choice.ties, choice.warnings, choice.resources) == ((), (), ("grams_co2",))
    assert choice.reason == ("utopia-closest takes k = 4: its distance from utopia, 0.469, is the least of 3 rows")
    cube = decide(three_rows(["a", "b", "b"]), "max-cube")
    assert (cube.model, cube.k) == ("b", 4)
    assert cube.reason == "max-cube takes b with k = 4: its cube volume, 0.3888, is the greatest of 3 rows"


def test_the_sentence_of_a_rule_without_scores_names_the_row_and_what_it_ties_with():
    assert decide(three_rows(), fastest).reason == "fastest names k = 2, and also k = 4, which cost more"
    assert decide(three_rows(["a", "a", "b"]), lambda F: 2).reason == "<lambda> names b with k = 4"
    assert decide(three_rows(), lambda F: [0, 2, 1]).reason.endswith("and also k = 2, 4, which cost more")


def test_the_sentence_of_a_score_names_what_shares_it():
    class Slowness(MaxCube):
        """The time."""

        score_name = "time"
        higher_is_better = Rule.higher_is_better

        def score(self, N):
            return N[:, 1]

    choice = decide(three_rows(), Slowness())
    assert choice.ties == (2,)
    assert (Rule.score_name, Rule.noun, Rule.needs_scale) == ("score", "choice", True)
    assert choice.reason == (
        "max-cube takes k = 2: its time, 0.2, is the least of 3 rows, shared with k = 4, which cost more"
    )


def test_no_choice_carries_the_scores_and_says_why(empty):
    none = decide(empty, "max-cube")
    assert (none.rule, none.scores.shape, none.ties, none.model, none.normalised) == ("max-cube", (0,), (), None, None)
    assert none.warnings == (none.reason,)
    assert none.resources == ()
    for rows, words in ((1, "the front has 1 row, and"), (2, "the front has 2 rows, and")):
        few = decide(three_rows(c_max=2.5 if rows == 2 else 1.5), "knee-chord")
        assert (few.status, few.rule, few.warnings) == ("no-knee", "knee-chord", (few.reason,))
        assert few.reason == f"no knee: {words} knee-chord needs three"
        assert few.scores.shape == (rows,)
        assert np.isnan(few.scores).all()
    k = np.arange(1, 4)
    straight = np.outer(k, np.eye(15)[0] + np.eye(15)[5])
    straight[:, 10] = [0.5, 0.6, 0.7]
    front = mi.Front.from_curve(ScalingCurve.from_table(k, straight, 1 - straight[:, 10]), SCENARIO)
    assert len(front) == 3
    assert decide(front, "knee-chord").reason == "no knee: on this front distance from the chord singles no row out"
    assert decide(front, lambda F: None).reason == "no choice: on this front of 3 rows <lambda> names none"
    two = three_rows(c_max=2.5)
    assert decide(two, lambda F: None).reason == "no choice: on this front of 2 rows <lambda> names none"
    assert decide(two, "high-tradeoff").reason == "no knee: the front has 2 rows, and high-tradeoff needs three"


def test_a_resource_without_a_budget_is_missed_by_a_rule_that_divides_by_it():
    with pytest.raises(SettingError, match="has no grams_co2_max"):
        decide(three_rows(grams_co2_max=None), "max-cube")


def test_an_extrapolated_knee_that_moves_is_warned_of_twice(gpt5, essay):
    distribution = {"kind": "beta", "a": 0.8, "b": 0.9, "samples": 2, "covariance": [0.02, 0.01, 0.03]}
    curve = mi.ClosedForm().estimate(gpt5.replace(accuracy=distribution), range(1, 9))
    choice = decide(mi.Front.from_curve(curve, essay.replace(a_min=0)), "knee-chord")
    assert choice.k > 2
    low, high = curve.evidence.ci_low[choice.k - 1], curve.evidence.ci_high[choice.k - 1]
    assert choice.warnings == (
        f"the accuracy at k = {choice.k} is extrapolated beyond the samples, by a law ({low:.3f} to {high:.3f})",
        "this knee moves with k_max: no budget ends the front at k = 8",
    )


def test_a_notebook_shows_a_choice_with_its_units():
    shown = decide(three_rows(["a", "b", "b"]), "max-cube")._repr_html_()
    headings, cells = (re.findall(f"<{tag}[^>]*>([^<]*)</{tag}>", shown) for tag in ("th", "td"))
    assert headings == ["model", "k", "accuracy", "cost", "time", "grams co2"]
    assert cells == ["b", "4", "0.9000", "$4.00", "2.00 s", "10.0"]
    assert "max-cube takes b with k = 4" in shown
    alone = decide(three_rows(), "max-cube")._repr_html_()
    assert "model" not in re.findall("<th[^>]*>([^<]*)</th>", alone)
    none = decide(three_rows(c_max=1.5), "knee-chord")._repr_html_()
    assert "knee-chord: no knee" in none
    assert "the front has 1 row" in none


def test_rules_of_one_s_own_are_named_by_what_they_are(front):
    class Named:
        id = "by-id"

        def __call__(self, F):
            return 0

    class Nameless:
        def __call__(self, F):
            return 0

    assert OwnRule(Named()).id == "by-id"
    assert OwnRule(Nameless()).id == "Nameless"
    assert OwnRule(Named(), "mine").id == "mine"
    assert OwnRule(cheapest).picks == "A rule of the user's own."
    with pytest.raises(SettingError, match=r"cheapest must answer a row from 0 to 1, or None; got 2"):
        OwnRule(lambda F: 2, "cheapest").do(front.F[:2])


def test_a_rule_of_one_s_own_gets_the_front_in_its_units_unless_it_has_a_nadir(front):
    seen = []
    decide(front, OwnRule(lambda F: seen.append(F) or 0))
    decide(front, OwnRule(lambda F: seen.append(F) or 0, nadir=[2, 4, 1]))
    for_itself, scaled = (next(F for F in part if len(F) == len(front)) for part in (seen, seen[::-1]))
    np.testing.assert_array_equal(for_itself, front.F)
    np.testing.assert_array_equal(scaled, front.F / [2, 4, 1])
    assert set(decide(front, fastest).scores.tolist()) >= {1.0}


def test_a_decision_maker_of_pymoo_is_asked_by_do_with_its_own_normalisation(front):
    class Asked(DecisionMaking):
        def _do(self, F, **kwargs):
            return int(F[:, 0].argmax())

        def __call__(self, F, *args, **kwargs):
            raise AssertionError("asked in another way")

    assert decide(front, Asked()).row == len(front) - 1


def test_rules_may_answer_with_pseudo_weights_as_pymoo_does(front):
    plain = PymooPseudoWeights([1 / 3] * 3)
    both = decide(front, OwnRule(lambda F: plain.do(F, return_pseudo_weights=True), "both"))
    assert both.row == plain.do(front.F)
    row, weights = PseudoWeights([1, 1, 1]).do(front.F, return_pseudo_weights=True)
    assert row == both.row
    np.testing.assert_allclose(weights, plain.do(front.F, return_pseudo_weights=True)[1])
    constant = np.column_stack([front.F, np.ones(len(front))])
    weights = PseudoWeights().do(constant, return_pseudo_weights=True)[1]
    np.testing.assert_allclose(weights[:, -1], 0)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    with pytest.raises(SettingError, match="pair must answer a row"):
        decide(front, OwnRule(lambda F: (1, np.zeros((3, 2))), "pair"))


def test_a_class_is_made_where_it_needs_nothing_and_refused_where_it_does(front):
    assert decide(front, MaxCube).rule == "max-cube"
    assert decide(front, Last).k == front.k[-1]
    with pytest.raises(
        SettingError, match=r"a rule must be made before it is given: PseudoWeights\(...\), since .*weights"
    ):
        decide(front, PymooPseudoWeights)
    with pytest.raises(SettingError, match="a rule must be an id, a Rule, a DecisionMaking or a callable"):
        decide(front, dict)


def test_a_rule_that_fails_is_named(front):
    class Broken(MaxCube):
        id = "broken"

        def score(self, N):
            return N[:, 0] / {}["weights"]

    class Short(MaxCube):
        id = "short"

        def score(self, N):
            return N[:2, 0]

    with pytest.raises(SettingError, match=rf"^broken failed on a front of {len(front)} rows: KeyError: 'weights'$"):
        decide(front, Broken())
    with pytest.raises(SettingError, match="short must give one score per row"):
        Short(nadir=[1, 1, 1]).do(front.F)
    with pytest.raises(
        SettingError, match=r"^mine failed on a front of \d+ rows: ZeroDivisionError: division by zero$"
    ):
        decide(front, OwnRule(lambda F: 1 / 0, "mine"))


def test_a_study_says_on_which_model_and_scenario_a_rule_fails(paper):
    def mine(F):
        return 1 // (len(F) != 22)

    with pytest.raises(SettingError) as refused:
        mi.run_study(paper, models=["gpt-5", "gpt-5-nano"], decisions=[mine, "max-cube"])
    [message] = refused.value.errors
    assert message.startswith("gpt-5, essay-feedback: mine failed on a front of 22 rows: ZeroDivisionError: ")


def test_accuracy_is_looked_at_as_an_error():
    assert decide(three_rows(), "accuracy-max").reason == (
        "accuracy-max takes k = 4: its error, 0.1, is the least of 3 rows"
    )


def test_a_rule_of_one_s_own_is_made_again_from_its_options():
    rule = OwnRule(fastest, "mine")
    again = OwnRule(**rule.options())
    assert (again.id, again.maker) == ("mine", fastest)
