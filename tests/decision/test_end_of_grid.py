"""Whether a choice moves with the end of the grid: the front with one row more, and shorter fronts."""

import numpy as np
import pytest
from watching_rule import Watcher

from moo_inference.decision import OwnRule
from moo_inference.decision.choice import moves_with_k_max


class OfOneRow(Watcher):
    """Scores the row of cost 2 alone."""

    def score(self, N):
        self.seen.append(N.copy())
        return np.where(N[:, 0] == 2, 0.5, np.nan)


def further_row(N, reach, groups=()):
    """The row that is put behind a front."""
    rule = Watcher()
    moves_with_k_max(rule, np.array(N, dtype=float), np.array(reach), 0, groups)
    [extended] = [seen for seen in rule.seen if len(seen) == len(N) + 1]
    np.testing.assert_array_equal(extended[:-1], N)
    return extended[-1]


def test_costs_rise_by_the_last_step_and_the_error_falls_by_the_last_factor():
    N = [[1, 5, 0.4], [2, 6, 0.2], [4, 9, 0.15]]
    assert further_row(N, [0.25, 0.5, 1.0]) == pytest.approx([6, 12, 0.15**2 / 0.2])


def test_of_several_ends_the_most_accurate_goes_on_from_the_row_before_it_of_its_model():
    N = [[1, 5, 0.4], [2, 6, 0.3], [4, 9, 0.25], [3, 7, 0.35], [6, 8, 0.2]]
    reach = [0.5, 0.75, 1.0, 0.5, 1.0]
    assert further_row(N, reach, ["a", "a", "a", "b", "b"]) == pytest.approx([9, 9, 0.2**2 / 0.35])
    # Of one model, or of stages, the row before is the nearest to its end of all.
    assert further_row(N, reach) == pytest.approx([10, 10, 0.2**2 / 0.3])


def test_of_rows_equally_far_the_more_accurate_is_the_one_before():
    N = [[2, 5, 0.3], [1, 4, 0.4], [4, 9, 0.1]]
    assert further_row(N, [0.5, 0.5, 1.0]) == pytest.approx([6, 13, 0.1**2 / 0.3])
    assert further_row(N[1::-1] + N[2:], [0.5, 0.5, 1.0]) == pytest.approx([6, 13, 0.1**2 / 0.3])


def test_before_the_only_row_no_pass_costs_nothing_and_gets_nothing_right():
    assert further_row([[2, 3, 0.4]], [1.0]) == pytest.approx([4, 6, 0.4**2])
    assert further_row([[2, 3, 0.4], [1, 1, 0.5]], [1.0, 0.5], ["a", "b"]) == pytest.approx([4, 6, 0.4**2])


def test_an_error_that_was_zero_stays():
    assert further_row([[1, 1, 0.0], [2, 2, 0.3]], [0.5, 1.0]) == pytest.approx([3, 3, 0.3])


def test_a_choice_moves_where_the_further_row_is_taken_or_its_own_score_changes():
    N, reach = np.array([[1, 1, 0.4], [2, 2, 0.2]], dtype=float), np.array([0.5, 1.0])
    assert moves_with_k_max(Watcher(), N, reach, 1)
    assert not moves_with_k_max(OfOneRow(), N, reach, 1)
    by_length = OwnRule(lambda F: 1)
    assert not moves_with_k_max(by_length, N, reach, 1)

    class Relative(OfOneRow):
        """Scores that row by the length of the front, as a normalisation by the front would."""

        def score(self, N):
            return super().score(N) * len(N)

    assert moves_with_k_max(Relative(), N, reach, 1)


@pytest.mark.parametrize(("row", "lengths"), [(2, [11, 4, 7, 9]), (7, [11, 9, 9, 9]), (8, [11]), (9, [11])])
def test_a_rule_without_scores_is_asked_again_on_three_shorter_fronts(row, lengths):
    """The shortest and the longest beyond the row, and the middle one; the whole front is none of them."""
    N = np.column_stack([np.arange(10.0), np.arange(10.0), np.linspace(0.5, 0.1, 10)])
    seen = []

    def own(F):
        seen.append(len(F))
        return row

    assert not moves_with_k_max(OwnRule(own), N, np.arange(1, 11) / 10, row)
    # First the front itself, to score the row.
    assert sorted(seen) == sorted([10, *lengths])


def test_a_rule_without_scores_moves_where_a_shorter_front_gives_another_row():
    N = np.column_stack([np.arange(10.0), np.arange(10.0), np.linspace(0.5, 0.1, 10)])
    reach = np.arange(1, 11) / 10
    assert moves_with_k_max(OwnRule(lambda F: 2 if len(F) > 4 else 0), N, reach, 2)
    assert moves_with_k_max(OwnRule(lambda F: 2 if len(F) != 7 else 0), N, reach, 2)
    assert not moves_with_k_max(OwnRule(lambda F: 2 if len(F) != 5 else 0), N, reach, 2)
