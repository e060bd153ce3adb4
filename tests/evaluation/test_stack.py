"""Attempts of several models side by side: what a stack holds, what has to be alike, and what is kept of a query."""

from dataclasses import replace

import numpy as np
import pytest
from fixed_fields import assert_no_field_can_be_set

from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import kept_worth, stack_key, stacked
from moo_inference.evaluation.stop import Stop
from moo_inference.evaluation.stopped_queries import StoppedQueries

QUESTION = np.repeat(["a", "b"], 3)
COST, SECONDS = np.arange(6.0), np.array([3.0, 1, 2, 6, 5, 4])
ANSWER, RIGHT = np.array([7, 7, 8, 9, 9, -1]), np.array([1, 1, 0, 0, 0, 0])


def attempts(keep="majority", **more):
    return QuestionAttempts.of(QUESTION, RIGHT, COST, SECONDS, keep=keep, answer=ANSWER, score=COST, **more)


def both(keep):
    first, second = attempts(keep), replace(attempts(keep), cost=COST + 10)
    (block,) = stacked([first, second], [(first.cost, 3 * first.cost), (second.cost, 3 * second.cost)])
    return block


def everything(table):
    """The query that runs all attempts."""
    return table[:, :, None, :]


def test_a_stack_holds_the_attempts_of_each_question_in_order_of_seconds():
    block = both("oracle")
    assert block.seconds.tolist() == [[[1, 2, 3], [4, 5, 6]]] * 2
    assert block.spent[0].tolist() == [[[1, 2, 0], [5, 4, 3]], [[11, 12, 10], [15, 14, 13]]]
    np.testing.assert_array_equal(block.spent[1], 3 * block.spent[0])
    assert block.worth.tolist() == [[[1, 0, 1], [0, 0, 0]]] * 2
    assert block.rows.tolist() == [[0, 1]] * 2
    assert (block.answer, block.answer_worth, block.score) == (None, None, None)


def test_of_votes_a_stack_holds_answers_and_what_they_are_worth():
    block = both("majority")
    assert block.answer.tolist() == [[[7, 8, 7], [-1, 9, 9]]] * 2
    assert block.answer_worth.tolist() == [[[1, 0, 1], [0, 0, 0]]] * 2
    assert block.score is None
    assert kept_worth("majority", block, everything).tolist() == [[[1], [0]]] * 2


def test_of_a_verifier_a_stack_holds_scores():
    block = both("verifier")
    assert (block.answer, block.answer_worth) == (None, None)
    assert block.score.tolist() == [[[1, 2, 0], [5, 4, 3]]] * 2
    assert kept_worth("verifier", block, everything).tolist() == [[[0], [0]]] * 2


@pytest.mark.parametrize(("keep", "kept"), [("oracle", [[1], [0]]), ("all", [[0], [0]])])
def test_without_votes_and_scores_the_best_or_the_worst_pass_counts(keep, kept):
    assert kept_worth(keep, both(keep), everything).tolist() == [kept] * 2


def test_some_questions_of_a_stack():
    block = both("majority").at(np.array([1]))
    assert block.seconds.tolist() == [[[4, 5, 6]]] * 2
    assert block.answer.tolist() == [[[-1, 9, 9]]] * 2
    assert block.rows.tolist() == [[1]] * 2
    assert_no_field_can_be_set(block)


def test_only_what_is_alike_stands_in_a_stack():
    own = stack_key(attempts())
    assert own == stack_key(replace(attempts(), cost=COST * 2))
    fewer = QuestionAttempts.of(QUESTION[:5], RIGHT[:5], COST[:5], SECONDS[:5], keep="majority", answer=ANSWER[:5])
    clustered = attempts(cluster=["x"] * 3 + ["y"] * 3)
    others = [
        attempts("oracle"),
        fewer,
        clustered,
        attempts(cluster=["x"] * 6),
        replace(attempts(), beyond="extrapolate"),
    ]
    keys = [own, *map(stack_key, others)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("text", ["first-verified", "vote-until-sure"])
def test_what_else_is_spent_changes_nothing_that_is_kept_and_each_k_is_found_for_itself(text):
    keep = "oracle" if text == "first-verified" else "majority"
    own, how = attempts(keep), Drawing(keep, 1, False, 100, 1)

    def queries(*spent):
        return StoppedQueries([own], how, 3, [spent], Stop.parse(text))

    both_amounts, alone = queries(own.cost, 5 * own.cost), queries(own.cost)
    for k in (np.array([2, 3]), np.array([3]), np.array([1, 2])):
        cost, joules = both_amounts.expected_spent(k)
        np.testing.assert_allclose(joules, 5 * cost, rtol=1e-12)
        fresh = queries(own.cost)
        for found in (both_amounts, alone):
            np.testing.assert_array_equal(found.expected_seconds(k), fresh.expected_seconds(k))
            np.testing.assert_array_equal(found.expected_accuracy(k), fresh.expected_accuracy(k))
