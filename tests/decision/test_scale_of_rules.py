"""What a rule takes for its ideal and nadir, what it refuses, and how it says so."""

import numpy as np
import pytest

from moo_inference.catalog import TOLERANCE
from moo_inference.decision import KneePoint, MaxCube, OwnRule, make_rule
from moo_inference.decision.base import class_of
from moo_inference.decision.for_pymoo import decision_maker
from moo_inference.decision.many import choices_of
from moo_inference.decision.max_cube import MaxCube as PlainMaxCube
from moo_inference.errors import SettingError


@pytest.mark.parametrize("nadir", [[1, np.inf, 1], [[1, 1, 1]], [1, 0, 1], [1, -1, 1], 3])
def test_a_nadir_alone_must_be_positive_finite_numbers(nadir):
    with pytest.raises(SettingError, match=r"^nadir must be positive, finite numbers, one per objective; got"):
        MaxCube(nadir=nadir)


@pytest.mark.parametrize("ideal", [[[0, 0, 0]], [0, np.nan, 0], [[0, np.inf, 0]]])
def test_an_ideal_must_be_finite_numbers(ideal):
    with pytest.raises(SettingError, match="ideal must be finite numbers, one per objective; got"):
        MaxCube(ideal=ideal, nadir=[1, 1, 1])


@pytest.mark.parametrize("ideal", [[0, 0, 1], [0, 0, 2], [0, 0], [0]])
def test_a_nadir_must_be_above_the_ideal_in_each_objective(ideal):
    with pytest.raises(SettingError, match="nadir must be more than the ideal in each objective"):
        MaxCube(ideal=ideal, nadir=[1, 1, 1])


def test_with_an_ideal_below_it_a_nadir_may_be_negative():
    rule = MaxCube(ideal=[-3, -3, -3], nadir=[-1, 0, 1])
    assert rule.ideal.dtype == rule.nadir.dtype == float
    np.testing.assert_array_equal(rule.normalised([[-2, -3, 1]]), [[0.5, 0.0, 1.0]])


def test_a_nadir_of_0_is_above_an_ideal_below_it():
    """By hand: the volumes are 0.8 * 0.8 * 0.9 = 0.576, 0.6 * 0.6 * 0.95 = 0.342 and 0.2 * 0.2 * 0.96 = 0.0384."""
    rule = MaxCube(ideal=[-1, -1, -1], nadir=[0, 0, 0])
    F = np.array([[1, 1, 0.5], [2, 2, 0.25], [4, 4, 0.2]]) / 5 - 1
    np.testing.assert_allclose(rule.score(rule.normalised(F)), [0.576, 0.342, 0.0384], rtol=1e-12)


def test_a_table_that_is_none_is_refused_and_a_single_row_is_one():
    rule = MaxCube(nadir=[2, 2, 2])
    with pytest.raises(SettingError, match=r"F must be an \(n, m\) table of finite numbers, got shape \(1, 2, 3\)"):
        rule.normalised(np.ones((1, 2, 3)))
    alone = rule.normalised([1, 1, 1])
    assert alone.shape == (1, 3)
    assert alone.dtype == float
    assert MaxCube().normalised(np.zeros((2, 3), dtype=int)).dtype == float


@pytest.mark.parametrize(
    ("scale", "name"),
    [({"nadir": [1, 1]}, "nadir must be positive, finite"), ({"ideal": [0, 0]}, "ideal must be finite")],
)
def test_columns_must_be_as_many_as_the_scale_has(scale, name):
    with pytest.raises(SettingError, match=f"^{name} numbers, one per objective; got 2 for the 3 columns of F$"):
        MaxCube(**scale).normalised(np.ones((2, 3)))


def test_what_is_better_than_the_ideal_is_refused_where_the_rule_measures_from_it():
    rule = MaxCube(nadir=[1, 1, 1])
    F = np.array([[0.5, -2 * TOLERANCE, 0.5], [0.5, 0.5, 0.5]])
    with pytest.raises(SettingError, match=r"in column 2 of 3: give the rule an ideal"):
        rule.normalised(F)
    scaled = MaxCube(ideal=[0.1, 0.1, 0.1], nadir=[1, 1, 1])
    with pytest.raises(SettingError, match=r"in column 2 of 3 after scaling: give the rule an ideal"):
        scaled.normalised(F)
    rule.normalised(F / 4)


def test_a_rule_that_is_told_that_f_is_normalised_stays_so_with_budgets(essay):
    assert MaxCube(zero_to_one=False).scaled_by(essay).zero_to_one is False
    assert MaxCube().scaled_by(essay).zero_to_one is None


def test_a_failure_without_words_is_named_by_its_kind():
    def fails(F):
        raise KeyError

    def explains(F):
        raise KeyError("cost")

    with pytest.raises(SettingError, match=r"failed on a front of 2 rows: KeyError$"):
        OwnRule(fails).do(np.ones((2, 3)))
    with pytest.raises(SettingError, match=r"failed on a front of 2 rows: KeyError: 'cost'$"):
        OwnRule(explains).do(np.ones((2, 3)))


def test_scores_that_are_whole_numbers_are_numbers():
    class Counted(PlainMaxCube):
        """Scores whole numbers."""

        id = "counted"

        def score(self, N):
            return np.arange(len(N))

    assert Counted().scored(np.ones((3, 3))).dtype == float


def test_a_rule_for_pymoo_is_the_plain_one_with_pymoo_s_base():
    made = decision_maker(PlainMaxCube)
    assert made is MaxCube
    assert made.__doc__ == PlainMaxCube.__doc__
    assert made.__module__ == "moo_inference.decision"
    assert class_of(made()) is PlainMaxCube
    assert class_of(PlainMaxCube()) is PlainMaxCube
    assert decision_maker(made) is made

    class Own(MaxCube):
        """A user's own."""

    assert class_of(Own()) is Own


def test_a_plain_rule_that_is_given_keeps_its_options_and_its_scale():
    from moo_inference.decision.knee_point import KneePoint as PlainKnee

    made = make_rule(PlainKnee("chord", zero_to_one=True, ideal=[0, 0, 0], nadir=[1, 2, 3]))
    assert isinstance(made, KneePoint)
    assert (made.variant, made.zero_to_one) == ("chord", True)
    assert made.ideal.tolist() == [0, 0, 0]
    assert made.nadir.tolist() == [1, 2, 3]


def test_where_no_draw_has_anything_feasible_nothing_is_taken():
    F = np.random.default_rng(1).random((3, 5, 3))
    rules = [make_rule("cheapest"), make_rule("knee-chord"), make_rule(lambda F: 0)]
    assert (choices_of(rules, F, np.zeros((3, 5), dtype=bool)) == -1).all()


def test_a_draw_without_anything_feasible_takes_nothing_beside_one_that_has():
    F = np.random.default_rng(2).random((2, 5, 3))
    feasible = np.array([[False] * 5, [True] * 5])
    taken = choices_of([make_rule(lambda F: 0)], F, feasible)[0]
    front = F[1][np.lexsort(F[1].T[::-1])]
    assert taken[0] == -1
    assert (F[1][taken[1]] == front[0]).all()


def test_a_nadir_that_is_no_number_is_no_nadir_beside_an_ideal_either():
    for nadir in ([np.nan, 1, 1], [np.inf, 1, 1], [[1, 1, 1]]):
        with pytest.raises(SettingError) as refused:
            MaxCube(ideal=[-1, -1, -1], nadir=nadir)
        assert str(refused.value) == f"nadir must be positive, finite numbers, one per objective; got {nadir!r}"


def test_what_only_rounding_puts_below_the_ideal_is_looked_at():
    table = np.array([[-TOLERANCE, 0.5], [0.2, 0.3]])
    np.testing.assert_array_equal(MaxCube().normalised(table), table)
    with pytest.raises(SettingError, match=r"^max-cube measures from the ideal, so no column of F may be less"):
        MaxCube().normalised(table - [[1e-12, 0], [0, 0]])


def test_the_former_name_of_scaled_by_says_so_where_it_is_called_and_scales_by_the_same_resources(essay):
    with pytest.warns(DeprecationWarning, match=r"^Rule.within is Rule.scaled_by now$") as seen:
        rule = MaxCube().within(essay.replace(joules_max=5.0))
    assert [each.filename for each in seen] == [__file__]
    np.testing.assert_array_equal(rule.nadir, [essay.c_max, essay.t_max, 5.0, 1.0])
    with (
        pytest.warns(DeprecationWarning, match="scaled_by"),
        pytest.raises(SettingError, match=r" has no litres_max: set it"),
    ):
        MaxCube().within(essay, ("litres",))
