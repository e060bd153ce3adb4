import csv
from itertools import pairwise

import numpy as np
import pytest
from conftest import GOLDEN
from scipy.integrate import quad
from scipy.special import log_ndtr
from scipy.stats import norm

from moo_inference.estimators import max_of_k as module
from moo_inference.estimators.max_of_k import (
    accuracy_quantile,
    accuracy_reached,
    error_moments,
    maximum_cumulants,
)

KS = np.unique(np.round(np.logspace(0, 4, 20)).astype(int))


def by_quadrature(mu, sigma, k):
    """E[D] and std of D = 1 - clip(max of k normals), panel by panel with scipy's adaptive quadrature."""
    edges = [0.0, *[x for x in mu + sigma * np.arange(-9, 10.5, 0.5) if 0 < x < 1], 1.0]

    def cdf(x):
        return np.exp(k * log_ndtr((x - mu) / sigma))

    def above(x):
        return -np.expm1(k * log_ndtr((x - mu) / sigma))

    def total(f, low, high):
        cuts = [low, *[x for x in edges if low < x < high], high]
        return sum(quad(f, a, b, epsabs=1e-16, epsrel=1e-13)[0] for a, b in pairwise(cuts) if b > a)

    error = total(cdf, 0, 1)
    centre = 1 - error
    variance = total(lambda x: 2 * (centre - x) * cdf(x), 0, centre) + total(
        lambda x: 2 * (x - centre) * above(x), centre, 1
    )
    return error, np.sqrt(variance)


PAPER = [(0.94, 0.02), (0.92, 0.03), (0.91, 0.04), (0.93, 0.05), (0.92, 0.06), (0.91, 0.07), (0.9, 0.04), (0.89, 0.05), (0.88, 0.06)]  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("mu", "sigma"), [*PAPER, *[(mu, sigma) for mu in (0.0, 0.3, 0.99, 1.0) for sigma in (0.001, 0.02, 0.3)]]
)
def test_equals_adaptive_quadrature(mu, sigma):
    error, spread = error_moments([mu], [sigma], KS)
    for row, k in enumerate(KS[::3]):
        expected = by_quadrature(mu, sigma, k)
        assert error[0, 3 * row] == pytest.approx(expected[0], abs=1e-12)
        assert spread[0, 3 * row] == pytest.approx(expected[1], abs=1e-12)


def test_equals_the_tables_of_order_statistics_without_clipping():
    with (GOLDEN / "normal_order_statistics.csv").open() as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    k = [int(row["k"]) for row in rows]
    expected = np.array([float(row["expected_maximum"]) for row in rows])
    error, _ = error_moments([0.5], [0.01], k)
    assert np.abs((1 - error[0] - 0.5) / 0.01 - expected).max() < 5e-6
    assert np.abs(maximum_cumulants(k)[:, 0] - expected).max() < 5e-6


def test_known_moments_of_the_maximum_of_two():
    """Of two standard normals: mean 1/sqrt(pi), variance 1 - 1/pi (closed form)."""
    one, two = maximum_cumulants([1, 2])
    assert one == pytest.approx([0, 1, 0, 0], abs=1e-12)
    assert two[:2] == pytest.approx([1 / np.sqrt(np.pi), 1 - 1 / np.pi], abs=1e-13)
    _, spread = error_moments([0.5], [0.01], 2)
    assert spread[0, 0] == pytest.approx(0.01 * np.sqrt(1 - 1 / np.pi), abs=1e-14)


def test_a_million_passes_and_certain_accuracies():
    error, spread = error_moments([0.9, 0.5, 0.3], [0.04, 0.01, 0.0], [10**6, 1])
    assert np.isfinite(error).all()
    assert error[0, 0] == spread[0, 0] == 0  # below 4e-18 it is 0, so that such k tie
    assert 0.44 < error[1, 0] < 0.46
    assert (error[2] == 0.7).all()
    assert (spread[2] == 0).all()


def test_the_value_at_k_does_not_depend_on_the_others():
    means, stds = zip(*PAPER, strict=True)
    whole = error_moments(means, stds, range(1, 400))
    for k in (1, 17, 399):
        alone = error_moments(means[3:4], stds[3:4], [k])
        assert alone[0][0, 0] == whole[0][3, k - 1]
        assert alone[1][0, 0] == whole[1][3, k - 1]


def test_error_falls_with_k():
    error, _ = error_moments([0.9], [0.04], range(1, 300))
    assert (np.diff(error[0]) < 0).all()


def test_quantiles_and_probabilities_are_each_other_s_inverse():
    for q in (0.025, 0.5, 0.975):
        value = accuracy_quantile([0.6], [0.1], [1, 7, 40], q)[0]
        reached = [accuracy_reached([0.6], [0.1], [k], v)[0, 0] for k, v in zip((1, 7, 40), value, strict=True)]
        assert reached == pytest.approx([1 - q] * 3)
    assert accuracy_reached([0.6], [0.0], [3], 0.6)[0, 0] == 1
    assert accuracy_reached([0.6], [0.0], [3], 0.61)[0, 0] == 0
    assert accuracy_reached([0.6], [0.1], [3], 0)[0, 0] == 1


def test_an_error_of_next_to_nothing_keeps_its_digits():
    """Near certainty E[D] is an integral of tiny numbers, to which a rounding error of 1e-17 would be much."""
    for k in (3000, 4000, 4500):
        expected = quad(lambda x, k=k: np.exp(k * log_ndtr((x - 0.9) / 0.04)), 0.98, 1, epsabs=0, epsrel=1e-10)[0]
        assert error_moments([0.9], [0.04], [k])[0][0, 0] == pytest.approx(expected, rel=1e-5, abs=0)
    assert 4e-18 < expected < 1e-15


def test_a_certain_accuracy_at_either_end_is_no_division_by_zero():
    for least, reached in ((0.0, [1, 1]), (0.5, [0, 1]), (1.0, [0, 1])):
        assert accuracy_reached([0, 1], [0, 0], [3], least)[:, 0].tolist() == reached
    error, spread = error_moments([0, 1], [0, 0], [1, 7])
    assert error.tolist() == [[1, 1], [0, 0]]
    assert spread.tolist() == [[0, 0], [0, 0]]


def test_passes_may_come_in_blocks_of_any_size(monkeypatch):
    means, stds = zip(*PAPER, strict=True)
    whole = error_moments(means, stds, range(1, 30))
    for size in (1, 7, 29):
        monkeypatch.setattr(module, "_K_AT_ONCE", size)
        for one, other in zip(error_moments(means, stds, range(1, 30)), whole, strict=True):
            assert one.tobytes() == other.tobytes()


def test_quantiles_stay_between_nothing_and_all():
    assert accuracy_quantile([0.05], [0.3], [1], 0.025).tolist() == [[0]]
    assert accuracy_quantile([0.95], [0.3], [9], 0.975).tolist() == [[1]]
    # Every query is at least 0 accurate, also where the normal distribution before clipping is not.
    assert accuracy_reached([0.05], [0.3], [1, 2], 0.0).tolist() == [[1, 1]]
    assert accuracy_reached([0.05], [0.3], [1], 1e-9)[0, 0] == pytest.approx(1 - norm.cdf(-0.05 / 0.3), rel=1e-8)


def test_cumulants_are_a_copy_that_can_be_changed():
    maximum_cumulants([2, 3])[:] = 0
    assert maximum_cumulants([2, 3])[0, 0] == pytest.approx(1 / np.sqrt(np.pi))


def test_higher_cumulants_of_the_maximum_of_three():
    """Central moments of the largest of three standard normals, by scipy's quadrature of its density."""
    mean, variance, third, fourth = maximum_cumulants([3])[0]

    def central(power):
        return quad(lambda x: (x - mean) ** power * 3 * norm.cdf(x) ** 2 * norm.pdf(x), -9, 10, epsabs=1e-13)[0]

    assert variance == pytest.approx(central(2), abs=1e-10)
    assert third == pytest.approx(central(3), abs=1e-10)
    assert fourth == pytest.approx(central(4) - 3 * variance**2, abs=1e-10)
