"""Shares of queries that meet limits, by hand: of two questions of one model, with four queries each."""

import numpy as np
import pytest

from moo_inference.evaluation.outcomes import Outcomes

USD = np.array([[[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 5.0, 5.0]]])
JOULES = np.array([[[9.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 9.0]]])
SECONDS = np.array([[[1.0, 1.0, 2.0, 2.0], [3.0, 1.0, 1.0, 1.0]]])
KEPT = np.array([[[0.0, 0.5, 1.0, 0.5], [0.25, 1.0, 0.5, 0.5]]])


def outcomes_of(drawn=False, weights=None):
    return Outcomes((USD, JOULES), SECONDS, lambda: KEPT, None, drawn, weights)


CASES = [
    # What is met by the queries of each question.
    (([2.0, None], None, 0.0, False), [[1, 1, 0, 0], [1, 1, 0, 0]]),
    (([None, 1.0], None, 0.0, False), [[0, 1, 1, 1], [1, 1, 1, 0]]),
    (([None, None], 1.0, 0.0, False), [[1, 1, 0, 0], [0, 1, 1, 1]]),
    (([4.0, 1.0], 2.0, 0.0, False), [[0, 1, 1, 1], [0, 1, 0, 0]]),
    (([None, None], None, 0.5, True), [[0, 1, 1, 1], [0, 1, 1, 1]]),
    (([None, None], None, 0.5, False), KEPT[0].tolist()),
    (([3.0, None], 1.0, 0.5, True), [[0, 1, 0, 0], [0, 1, 0, 0]]),
    (([3.0, None], 1.0, 0.5, False), [[0, 0.5, 0, 0], [0, 1, 0, 0]]),
    (([None, None], None, 0.0, True), [[1] * 4] * 2),
]


@pytest.mark.parametrize(("limits", "met"), CASES)
def test_all_limits_are_met_at_once_and_what_is_no_grade_counts_as_often_as_it_is_right(limits, met):
    met = np.array(met, dtype=float)
    shares, variance = outcomes_of().within(*limits)
    assert (shares.tolist(), variance.tolist()) == ([met.mean(axis=1).sum()], [0.0])
    assert outcomes_of().shares(*limits).tolist() == [met.mean(axis=1).tolist()]
    shares, variance = outcomes_of(drawn=True).within(*limits)
    assert shares.tolist() == [met.mean(axis=1).sum()]
    # Of four draws, the variance of a mean is the sum of squared deviations by 4 x 3.
    deviations = ((met - met.mean(axis=1, keepdims=True)) ** 2).sum() / 12
    np.testing.assert_allclose(variance, [deviations], rtol=1e-13)
    weights = np.array([[[0.1, 0.2, 0.3, 0.4], [0.4, 0.4, 0.2, 0.0]]])
    shares, variance = outcomes_of(weights=weights).within(*limits)
    np.testing.assert_allclose(shares, [(met * weights[0]).sum()], rtol=1e-13)
    assert variance.tolist() == [0.0]
    np.testing.assert_allclose(
        outcomes_of(weights=weights).shares(*limits), [(met * weights[0]).sum(axis=1)], rtol=1e-13
    )


@pytest.mark.parametrize("which", range(3))
def test_limits_hold_what_exceeds_them_by_a_billionth_alone(which):
    """Two of four queries at 1.0, where the limit is less than that by half a billionth, or by two."""
    values, ones = np.array([[[1.0, 1.0, 2.0, 2.0]]]), np.ones((1, 1, 4))
    columns = [values if column == which else ones for column in range(3)]
    outcomes = Outcomes(tuple(columns[:2]), columns[2], lambda: ones, None, False)
    for less, share in ((0.0, 0.5), (0.5e-9, 0.5), (2e-9, 0.0)):
        limits = [1.0 - less if column == which else None for column in range(3)]
        assert outcomes.within(limits[:2], limits[2], 0.0, False)[0].tolist() == [share]


def test_a_grade_reaches_what_it_misses_by_a_billionth_alone():
    one = np.ones((1, 1, 2))
    outcomes = Outcomes((one,), one, lambda: np.array([[[0.7, 0.2]]]), None, False)
    for least, share in ((0.7, 0.5), (0.7 + 0.5e-9, 0.5), (0.7 + 2e-9, 0.0), (0.2, 1.0)):
        assert outcomes.within([None], None, least, True)[0].tolist() == [share]


def test_what_depends_on_the_question_alone_has_its_own_mean():
    assert outcomes_of().mean(np.array([[[0.25], [0.5]]])).tolist() == [[0.25, 0.5]]
    assert outcomes_of().mean(USD).tolist() == [[2.5, 3.5]]


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_model_has_its_own_shares(drawn, weighted):
    """A second model with the questions of the first in turn, and with dearer queries."""
    usd = np.concatenate([USD, USD[:, ::-1] + 1])
    weights = np.full(usd.shape, 0.25) if weighted and not drawn else None
    both = Outcomes((usd,), np.ones(usd.shape), lambda: np.ones(usd.shape), None, drawn, weights)
    shares, variance = both.within([2.0], None, 0.0, False)
    assert shares.tolist() == [0.5 + 0.5, 0.25]
    # Of four draws, one or two of which are met: the sum of squared deviations, by 4 x 3.
    np.testing.assert_allclose(variance, [2 * 1 / 12, 0.75 / 12] if drawn else [0, 0], rtol=1e-13)
