"""What an evaluation returns is shared by whoever asks, so nobody can change it."""

from dataclasses import replace

import numpy as np
import pytest
from fixed_fields import assert_no_field_can_be_set

from moo_inference.evaluation import compare_accuracies, fit_beta, question_accuracies, vote_at_k
from moo_inference.evaluation.accuracy_curve import accuracy_curve
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.equal_difficulty import audit
from moo_inference.evaluation.escalated_means import kept_by_best
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.question_stops import question_stops
from moo_inference.evaluation.records import evaluation_of
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.skewed_mean import skewed_mean
from moo_inference.evaluation.stop import Stop
from moo_inference.evaluation.stopped_ways import stopped_ways
from moo_inference.evaluation.ways import ways_of

QUESTION, ANSWER = np.repeat(np.arange(6), 4), np.tile([0, 0, 0, 0, 0, 0, 1, 1, 2, 1, 0, 0], 2)
RIGHT, ONES, K = (ANSWER == 1).astype(int), np.ones(24), np.array([1, 2])
FIT = fit_beta([4] * 6, [0, 3, 4, 0, 1, 4])


def accuracies():
    each = question_accuracies(QUESTION, RIGHT, K)
    return each, accuracy_curve(QUESTION, RIGHT, K), compare_accuracies(each, each)


def means():
    samples = Samples.of(QUESTION, RIGHT)
    return (
        samples,
        vote_at_k(samples, ANSWER, K),
        QuestionMean.of(np.ones((2, 1)), np.zeros((2, 1))),
        skewed_mean(np.ones((2, 1))),
        audit([4, 4], [1, 2], K),
        FIT,
    )


def records():
    evaluation = evaluation_of(QUESTION, RIGHT)
    return evaluation, evaluation.records[0], question_stops(evaluation, Stop("first-verified"), K, 1)


def attempts():
    found = QuestionAttempts.of(QUESTION, RIGHT, ONES, ONES)
    return found, found.blocks[0]


def queries():
    found = Queries([attempts()[0]], Drawing("oracle", 1, False, 10, 1), 2)
    of_k = found.of(2)
    mixture = of_k.spent(0)
    stop = Stop("escalate", None, 1)
    kept = kept_by_best(stop, 1, found.blocks[0], found.blocks[0], K)
    return found.how, found.blocks[0], of_k.parts[0], of_k.share_within(), mixture, mixture.parts[0], stop, kept


def ways():
    stopped = stopped_ways(4, 3, 1, False)
    return ways_of(4, 2, 2), stopped, stopped.batches[0]


@pytest.mark.parametrize("of", [accuracies, means, records, attempts, queries, ways])
def test_no_field_of_what_is_returned_can_be_set(of):
    for found in of():
        assert_no_field_can_be_set(found)


def test_attempts_and_fits_are_themselves_alone():
    """Their arrays have no single answer to whether they are equal; so they can be keys."""
    for found in (attempts()[0], FIT):
        other = replace(found)
        assert found == found  # noqa: PLR0124
        assert found != other
        assert len({found, other, found}) == 2


def test_what_is_not_said_of_attempts_is_not_known():
    found = QuestionAttempts(np.array(["q"]), np.array([1]), *np.ones((3, 1)))
    assert [found.answer, found.score, found.tokens, found.clusters] == [None] * 4
    assert (found.keep, found.beyond) == ("oracle", "refuse")
    assert found.expected_cost([1]).tolist() == [[1.0]]
