"""What functions of evaluations take where nothing else is said, and what they call what they refuse."""

import inspect

import numpy as np
import pandas as pd
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation import mean_pass_at_k, question_accuracies
from moo_inference.evaluation.accuracy_curve import accuracy_curve
from moo_inference.evaluation.comparison import compare_accuracies
from moo_inference.evaluation.equal_difficulty import ASSUMPTION, audit
from moo_inference.evaluation.kept import kept_by_vote
from moo_inference.evaluation.order_statistics import expected_largest, largest_weights
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.question_stops import question_stops
from moo_inference.evaluation.records import Record, evaluation_of
from moo_inference.evaluation.samples import Samples


def test_a_curve_is_counted_and_not_simulated_and_has_no_clusters_unless_it_is_said():
    curve = accuracy_curve(["a", "a", "b", "b"], [1, 0, 1, 1], [1, 2])
    assert curve.simulated == 0
    assert type(curve.simulated) is int
    found = question_accuracies(["a", "a", "b", "b"], [1, 0, 1, 1], [1, 2])
    assert found.clusters is None
    assert compare_accuracies(found, found).clusters is None


def test_an_evaluation_of_which_nothing_else_is_said():
    evaluation = evaluation_of(["a", "a", "b"], [1, 0, 1])
    assert evaluation.clusters is None
    assert [record.absent for record in evaluation.records] == [0, 0]
    assert Record.parse("1/2", "oracle").absent == 0
    assert evaluation.n.dtype == evaluation.c.dtype == np.int64


def test_queries_of_votes_are_a_thousand_at_the_usual_seed():
    given = inspect.signature(question_stops).parameters
    assert (given["trials"].default, given["seed"].default) == (1000, 42)


def test_seconds_are_those_of_waves_unless_it_is_said():
    """By hand: 1 + 2 seconds one after the other, 2 at the same time; three in waves of two take 8/3 + 2."""
    attempts = QuestionAttempts.of(["a"] * 3, [1, 0, 1], np.ones(3), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(attempts.expected_seconds([1, 2, 3], 2), [[2, 8 / 3, 8 / 3 + 2]])
    np.testing.assert_allclose(attempts.expected_seconds([1, 2, 3], 2, "ideal"), [[1, 2, 3]])


def test_names_that_pandas_has_as_categories_are_the_questions_that_occur_in_the_order_of_their_texts():
    question = pd.Categorical(["q10", "q9", "q10"], categories=["unused", "q9", "q10"])
    found = QuestionAttempts.of(question, [1, 0, 0], np.array([1.0, 2.0, 3.0]), np.ones(3))
    assert found.names.tolist() == ["q10", "q9"]
    assert found.place.tolist() == [0, 0, 1]
    assert found.cost.tolist() == [1, 3, 2]


def test_a_mean_over_questions_is_told_and_compared_without_what_makes_its_cells():
    values = np.array([[0.25], [0.75]])
    one, other = QuestionMean.of(values, 1 - values), QuestionMean.of(values, 1 - values)
    assert one.cells is not other.cells
    assert "cells" not in repr(one)
    single = QuestionMean(0.5, 0.5, 0.1, 4, lambda: None)
    assert single == QuestionMean(0.5, 0.5, 0.1, 4, lambda: 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((["a", "b"], [1, 2]), r"^correct must be .*0.*1"),
        (([0.5, 1.5], [1, 0]), r"^question must name the question of every sample by a whole number or a text, got f"),
        ((["a"], [1, 0]), r"^question must name .*, got <U1 of shape \(1,\) for 2 samples$"),
        ((np.array(["a", 1], dtype=object), [1, 0]), r"^question must name .*, got object of shape \(2,\)"),
        ((np.array([True, False]), [1, 0]), r"^question must name .*, got bool"),
    ],
)
def test_samples_are_refused_by_the_name_of_what_is_wrong(arguments, told):
    with pytest.raises(SettingError, match=told):
        Samples.of(*arguments)


def test_texts_that_are_objects_are_texts():
    assert Samples.of(np.array(["b", "a"], dtype=object), [1, 0]).names.tolist() == ["a", "b"]
    assert Samples.of(np.array([7, 3], dtype=np.uint8), [1, 0]).names.tolist() == [3, 7]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"keep": "verifier", "score": ["x", "y"]}, r"^score must be a number"),
        ({"keep": "majority", "answer": [0.5, 1.0]}, r"^answer must be a whole number, -1 for none,"),
    ],
)
def test_what_a_pick_needs_is_refused_by_its_name(given, told):
    with pytest.raises(SettingError, match=told):
        evaluation_of(["a", "a"], [1, 0], **given)


@pytest.mark.parametrize("kind", [bool, np.int32, np.uint8, float])
def test_scores_may_be_of_any_kind_of_number(kind):
    assert str(evaluation_of(["a", "a"], [1, 0], keep="verifier", score=np.array([1, 0], dtype=kind)).records[0])


@pytest.mark.parametrize("kind", [np.int32, np.uint8])
def test_answers_may_be_of_any_kind_of_whole_number(kind):
    assert evaluation_of(["a", "a"], [1, 0], keep="majority", answer=np.array([1, 0], dtype=kind)).records[0].n == 2


@pytest.mark.parametrize(("names", "told"), [(None, "question 1 has"), (["x", "y"], "question 'y' has")])
def test_a_question_of_too_few_samples_is_called_by_its_name(names, told):
    with pytest.raises(SettingError, match=told):
        mean_pass_at_k([4, 2], [1, 1], [3], names=names)


def test_what_assumes_equal_difficulty_says_so():
    assert ASSUMPTION.startswith("1 - (1 - p)^k assumes that all questions are equally hard, and is too high")
    found = audit([4, 4], [0, 4], [2])
    assert found.equal_difficulty[0] > found.unbiased[0]


def test_no_answer_is_no_vote_even_where_it_is_as_frequent():
    assert kept_by_vote(np.array([[-1, 5]]), np.array([[1.0, 0.0]])).tolist() == [0]
    assert kept_by_vote(np.array([[-1, -1, 5]]), np.array([[0.0, 0.0, 1.0]])).tolist() == [1]
    assert kept_by_vote(np.array([[-1, -1]]), np.array([[1.0, 1.0]])).tolist() == [0]


def test_weights_that_are_kept_for_others_cannot_be_written():
    weights = largest_weights(4, (2, 0))
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 1.0
    np.testing.assert_allclose(expected_largest(np.array([[1.0, 2.0, 3.0]]), np.array([0, 1, 3])), [[0, 2, 3]])
