"""Means over questions and clusters, by hand."""

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation.question_mean import QuestionMean

VALUES = np.array([[0.0, 0.5], [1.0, 0.5], [0.5, 1.0], [0.5, 0.0]])


def test_without_clusters_the_variance_is_that_of_questions():
    found = QuestionMean.of(VALUES, 1 - VALUES)
    np.testing.assert_allclose(found.mean, [0.5, 0.5])
    np.testing.assert_allclose(found.error, [0.5, 0.5])
    np.testing.assert_allclose(found.variance, [0.5 / 3, 0.5 / 3])
    np.testing.assert_allclose(found.se, np.sqrt([0.5 / 3 / 4, 0.5 / 3 / 4]))
    assert (found.questions, found.clusters) == (4, None)
    values, errors, counted = found.cells()
    assert values.tolist() == VALUES.T.tolist()
    assert errors.tolist() == (1 - VALUES).T.tolist()
    assert counted.tolist() == [1, 1, 1, 1]


def test_clusters_count_by_kish_and_vary_by_their_totals():
    """Of three questions x and one y the totals of residuals are (0, 0.5) and (0, -0.5) at the two k."""
    found = QuestionMean.of(VALUES, 1 - VALUES, ["x", "x", "x", "y"])
    assert (found.questions, found.clusters) == (4, 2)
    np.testing.assert_allclose([found.mean, found.error], [[0.5, 0.5], [0.5, 0.5]])
    # c / (c - 1) times the sum of squared totals, by m squared, is the squared standard error.
    np.testing.assert_allclose(found.se**2, [0.0, 2 * (0.5**2 + 0.5**2) / 4**2], atol=1e-15)
    np.testing.assert_allclose(found.variance, found.se**2 * 4, atol=1e-15)
    values, errors, counted = found.cells()
    np.testing.assert_allclose(values, [[0.5, 0.5], [2 / 3, 0.0]])
    np.testing.assert_allclose(errors, [[0.5, 0.5], [1 / 3, 1.0]])
    # All together as much as 4^2 / (3^2 + 1^2) clusters, in proportion to their questions.
    np.testing.assert_allclose(counted, np.array([3, 1]) / 4 * 1.6)


@pytest.mark.parametrize(("rows", "clusters"), [(1, None), (4, ["x"] * 4), (1, ["x"])])
def test_one_question_or_cluster_does_not_show_how_others_vary(rows, clusters):
    found = QuestionMean.of(VALUES[:rows], 1 - VALUES[:rows], clusters)
    assert np.isnan(found.variance).all()
    np.testing.assert_allclose(found.mean, VALUES[:rows].mean(axis=0))
    assert (found.questions, found.clusters) == (rows, None if clusters is None else 1)


def test_two_questions_show_how_others_vary():
    found = QuestionMean.of(VALUES[:2], 1 - VALUES[:2])
    np.testing.assert_allclose(found.variance, [0.5, 0.0])


def test_each_question_has_one_cluster():
    with pytest.raises(SettingError) as refused:
        QuestionMean.of(VALUES, 1 - VALUES, ["x", "y"])
    assert str(refused.value) == "clusters must name one for each of 4 questions, got shape (2,)"
