import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import beta

from moo_inference.evaluation.weighted_mean import upper_quantile


def drawn(values, weights, level, draws=400_000):
    """The quantile from draws, and the largest error of it that they can have."""
    own = np.random.default_rng(1).dirichlet(weights, draws) @ values
    below, here, above = np.quantile(own, [level - 0.001, level, level + 0.001])
    return here, max(above - here, here - below)


@pytest.mark.parametrize("level", [0.005, 0.2, 0.5, 0.505, 0.975, 0.999])
@pytest.mark.parametrize(("zeros", "ones"), [(1, 1), (3.5, 20.5), (150, 2), (40, 40)])
def test_of_two_values_it_is_a_beta_distribution(zeros, ones, level):
    found = upper_quantile(np.array([[0.0, 1.0]]), np.array([zeros, ones], dtype=float), float(ndtri(level)))
    assert found[0] == pytest.approx(beta.ppf(level, ones, zeros), abs=0.003 if zeros == ones == 1 else 4e-4)


@pytest.mark.parametrize("level", [0.025, 0.5, 0.9, 0.975])
def test_of_many_values_it_is_what_draws_give(level):
    rng = np.random.default_rng(2)
    for values in (rng.beta(0.5, 0.5, 15), np.append(np.ones(29), 0.1), rng.random(4), np.full(10, 0.3)):
        every = np.concatenate([values, [0.0, 1.0]])
        weights = np.append(np.ones(len(values)), [0.5, 0.5])
        here, error = drawn(every, weights, level)
        found = upper_quantile(every[None], weights, float(ndtri(level)))
        assert found[0] == pytest.approx(here, abs=error + 0.03 / len(values))


def test_a_row_does_not_see_its_neighbours():
    rng = np.random.default_rng(3)
    rows = np.hstack([rng.beta(0.2, 0.1, (40, 33)), np.zeros((40, 1)), np.ones((40, 1))])
    weights = np.append(rng.random(33) + 0.5, [0.5, 0.5])
    together = upper_quantile(rows, weights, 1.96)
    assert [upper_quantile(row[None], weights, 1.96)[0] for row in rows] == together.tolist()


def test_it_turns_with_the_values():
    rng = np.random.default_rng(4)
    rows = np.hstack([rng.random((5, 9)), np.zeros((5, 1)), np.ones((5, 1))])
    weights = np.append(np.ones(9), [0.5, 0.5])
    np.testing.assert_allclose(
        1 - upper_quantile(1 - rows, weights, 1.0), upper_quantile(rows, weights, -1.0), atol=1e-8
    )


def deviate(values, weights, t):
    """r + ln(u / r) / r of the sum of Gamma variables of these weights times values - t, at 0."""

    def slope(theta):
        return (weights * (values - t) / (1 - theta * (values - t))).sum()

    theta = brentq(slope, -1 / t * (1 - 1e-12), 1 / (1 - t) * (1 - 1e-12), xtol=1e-15, rtol=1e-14)
    left = 1 - theta * (values - t)
    r = np.copysign(np.sqrt(2 * (weights * np.log(left)).sum()), theta)
    u = theta * np.sqrt((weights * ((values - t) / left) ** 2).sum())
    return r + np.log(u / r) / r


@pytest.mark.parametrize("z", [-2.5, -0.7, 0.4, 1.96, 3.0])
def test_it_solves_the_saddlepoint_formula_as_it_is_published(z):
    rng = np.random.default_rng(5)
    for values, weights in (
        (rng.beta(0.3, 0.4, 12), rng.random(14) + 0.5),
        (np.append(np.ones(20), 0.2), np.append(np.ones(21), [0.5, 0.5])),
        (np.full(3, 0.9), np.array([4.0, 1.0, 2.0, 0.5, 0.5])),
    ):
        every = np.append(values, [0.0, 1.0])
        expected = brentq(lambda t, x=every, w=weights: deviate(x, w, t) - z, 1e-6, 1 - 1e-6, xtol=1e-12)
        assert upper_quantile(every[None], weights, z)[0] == pytest.approx(expected, abs=1e-7)


def test_where_the_formula_is_0_by_0_it_goes_on():
    """It is the mean where the normal is a third of the skewness of the weighted distances."""
    values, weights = np.array([0.0, 1.0, 0.2, 0.3, 0.9]), np.array([0.5, 0.5, 1.0, 3.0, 1.0])
    mean = weights @ values / weights.sum()
    away = values - mean
    at_mean = (weights @ away**3) / (weights @ away**2) ** 1.5 / 3
    assert upper_quantile(values[None], weights, at_mean)[0] == pytest.approx(mean, abs=1e-9)
    for beside in (-3e-3, -3e-4, 3e-4, 3e-3):
        found = upper_quantile(values[None], weights, at_mean + beside)[0]
        assert found - mean == pytest.approx(beside * np.sqrt(weights @ away**2) / weights.sum(), abs=5e-5)
        assert (found - mean) * beside > 0
