"""Accuracies of one query, of the best of normal passes and of an evaluation, by closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

import moo_inference as mi
from moo_inference.catalog.accuracy import Accuracy, BetaAccuracy
from moo_inference.estimators.curve import Evidence
from moo_inference.estimators.known_accuracy import KnownAccuracy, NormalAccuracy, interval_ends, known_accuracy

K = np.array([1, 2, 3])
SPREAD = (0.025, 0.975)


def normal():
    """Far from both ends, so that nothing is clipped."""
    return NormalAccuracy(Accuracy(mean=0.5, std=0.01), K)


def known(mean):
    mean = np.array(mean)
    evidence = Evidence(mean - 0.1, mean + 0.1, mean > 0.5, mean < 0.5)
    return KnownAccuracy(mean, 1 - mean, mean / 100, evidence)


def test_the_best_of_normal_passes_has_the_moments_of_the_largest():
    largest = np.array([0, 1 / np.sqrt(np.pi), 1.5 / np.sqrt(np.pi)])
    variance = np.array([1, 1 - 1 / np.pi, 1 + np.sqrt(3) / (2 * np.pi) - 9 / (4 * np.pi)])
    found = normal().columns(SPREAD)
    assert found.shape == (3, 5)
    assert_allclose(found[:, 0], 0.5 + 0.01 * largest, rtol=1e-12)
    assert_allclose(found[:, 1], 0.01 * np.sqrt(variance), rtol=1e-9)
    assert_allclose(found[:, 2], 0.5 + 0.01 * norm.ppf(0.025 ** (1 / K)), rtol=1e-12)
    assert_allclose(found[:, 3], 0.5 + 0.01 * norm.ppf(0.975 ** (1 / K)), rtol=1e-12)
    assert found[:, 4].tolist() == [0, 0, 0]
    assert_allclose(normal().mean + normal().error, 1, rtol=1e-15)
    assert_allclose(normal().error, 0.5 - 0.01 * largest, rtol=1e-12)
    assert normal().evidence is None


def test_the_best_of_normal_passes_reaches_a_level_as_often_as_not_all_miss_it():
    assert_allclose(normal().reached(0.515), 1 - norm.cdf(1.5) ** K, rtol=1e-12)
    assert_allclose(normal().quantile(0.3), 0.5 + 0.01 * norm.ppf(0.3 ** (1 / K)), rtol=1e-12)
    assert normal().reached(0.0).tolist() == normal().reached(-1e-9).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("mean", "std"), [(0.9, 0.1), (0.5, 0.1), (0.7, 0.3), (0.25, 0.4)])
def test_one_normal_pass_that_is_clipped_at_both_ends_has_its_mean(mean, std):
    """E[max(0, X)] - E[max(0, X - 1)], each (x Phi(x) + phi(x)) std; 0 may be nine deviations away to the bit."""

    def above(edge):
        z = (mean - edge) / std
        return std * (z * norm.cdf(z) + norm.pdf(z))

    found = NormalAccuracy(Accuracy(mean=mean, std=std), np.array([1]))
    assert found.mean == pytest.approx([above(0) - above(1)], rel=1e-11)


def test_some_values_of_k_have_the_same_accuracies():
    some = normal().take(slice(1, 3))
    assert_array_equal(some.columns(SPREAD), normal().columns(SPREAD)[1:])
    part = known([0.2, 0.5, 0.9]).take(slice(1, 3))
    assert_array_equal(part.columns(SPREAD), known([0.2, 0.5, 0.9]).columns(SPREAD)[1:])
    assert_array_equal(part.evidence.ci_low, [0.4, 0.8])
    assert part.evidence.extrapolated.tolist() == [False, True]


def test_a_query_that_is_right_or_wrong_varies_as_a_coin():
    found = known([0.01, 0.2, 0.98]).columns(SPREAD)
    assert_allclose(found[:, 0], [0.01, 0.2, 0.98])
    assert_allclose(found[:, 1], np.sqrt([0.01 * 0.99, 0.2 * 0.8, 0.98 * 0.02]))
    assert found[:, 2].tolist() == [0, 0, 1]
    assert found[:, 3].tolist() == [0, 1, 1]
    assert_allclose(found[:, 4], [0.0001, 0.002, 0.0098])


@pytest.mark.parametrize(("q", "right"), [(0.25, 1), (0.25 - 2e-10, 1), (0.25 - 1e-9, 0), (0.3, 1), (0.2, 0)])
def test_a_quantile_is_right_where_no_more_queries_are_wrong(q, right):
    assert known([0.75]).quantile(q).tolist() == [right]


def test_a_query_reaches_any_level_where_it_is_right():
    assert known([0.25, 0.75]).reached(1.0).tolist() == known([0.25, 0.75]).reached(1e-9).tolist() == [0.25, 0.75]
    assert known([0.25, 0.75]).reached(0.0).tolist() == known([0.25, 0.75]).reached(-1e-9).tolist() == [1, 1]


def test_an_interval_without_a_width_is_unknown():
    low, high = interval_ends(np.array([0.2, 0.3, 0.4]), np.array([0.5, 0.3, 0.4 + 5e-13]))
    assert_array_equal(low, [0.2, np.nan, np.nan])
    assert_array_equal(high, [0.5, np.nan, np.nan])
    assert np.isfinite(interval_ends(np.array([0.2]), np.array([0.2 + 3e-12]))).all()


def test_a_fitted_distribution_is_extrapolated_beyond_its_samples():
    accuracy = BetaAccuracy(kind="beta", a=2.0, b=3.0, samples=2, covariance=(0.02, 0.01, 0.03))
    found = known_accuracy(accuracy, K)
    # E[(1 - p)^k] = B(a, b + k) / B(a, b)
    error = [3 / 5, 3 * 4 / (5 * 6), 3 * 4 * 5 / (5 * 6 * 7)]
    assert_allclose(found.error, error, rtol=1e-12)
    assert_allclose(found.mean, 1 - np.array(error), rtol=1e-12)
    assert found.se.tolist() == [0, 0, 0]
    assert found.evidence.extrapolated.tolist() == [False, False, True]
    assert found.evidence.last.tolist() == [False, False, False]
    assert ((found.evidence.ci_low < found.mean) & (found.mean < found.evidence.ci_high)).all()


def test_an_evaluation_ends_with_the_fewest_samples_of_a_question(gpt5):
    model = gpt5.replace(accuracy={"kind": "outcomes", "questions": {"a": "1/3", "b": "2/4"}})
    found = known_accuracy(model.accuracy, K)
    assert_allclose(found.mean, [(1 / 3 + 1 / 2) / 2, (2 / 3 + 5 / 6) / 2, 1], rtol=1e-12)
    assert found.evidence.last.tolist() == [False, False, True]
    assert found.evidence.extrapolated.tolist() == [False, False, False]
    curve = mi.ClosedForm().estimate(model, [3, 1])
    assert curve.evidence.last.tolist() == [True, False]
