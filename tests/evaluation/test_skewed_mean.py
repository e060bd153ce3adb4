import numpy as np
import pytest
from scipy.special import ndtri

from moo_inference.errors import SettingError
from moo_inference.evaluation.skewed_mean import skewed_mean


def test_without_skewness_it_is_the_normal_interval():
    values = np.array([[-3.0], [-1.0], [0.0], [1.0], [3.0]]) + 10
    found = skewed_mean(values)
    assert found.mean[0] == pytest.approx(10)
    assert found.se[0] == pytest.approx(np.sqrt(5 / 5))
    half = ndtri(0.975) * np.sqrt(5 / 5)
    assert (found.low[0], found.high[0]) == pytest.approx((10 - half, 10 + half))


def test_the_ends_solve_halls_equation():
    values = np.random.default_rng(1).lognormal(sigma=1.2, size=(60, 3))
    found = skewed_mean(values, 0.9)
    m, std = 60, values.std(axis=0, ddof=1)
    skewness = ((values - values.mean(axis=0)) ** 3).mean(axis=0) * m / (m - 1) / std**3
    for ends, sign in ((found.low, 1), (found.high, -1)):
        w = (found.mean - ends) / std
        transformed = np.sqrt(m) * (w + skewness * w**2 / 3 + skewness**2 * w**3 / 27 + skewness / (6 * m))
        np.testing.assert_allclose(transformed, sign * ndtri(0.95), rtol=1e-9)
    assert (found.high - found.mean > found.mean - found.low).all()


def test_one_question_and_equal_questions():
    assert np.isnan(skewed_mean(np.ones((1, 2))).low).all()
    found = skewed_mean(np.full((4, 1), 2.0))
    assert (found.low[0], found.high[0], found.se[0]) == (2.0, 2.0, 0.0)


def test_a_level_out_of_range_is_refused():
    with pytest.raises(SettingError, match="level must lie between 0 and 1"):
        skewed_mean(np.ones((4, 1)), 1.0)


def test_intervals_hold_the_mean_as_often_as_they_say():
    """Of skewed questions, where Student's intervals hold it 1 to 5 points less often."""
    rng = np.random.default_rng(2)
    samples = rng.lognormal(sigma=1.2, size=(198, 4000))
    found = skewed_mean(samples)
    truth = np.exp(1.2**2 / 2)
    assert 0.93 <= ((found.low <= truth) & (truth <= found.high)).mean() <= 0.97
    assert (
        (samples.mean(axis=0) - 1.972 * found.se <= truth) & (truth <= samples.mean(axis=0) + 1.972 * found.se)
    ).mean() < 0.93


def test_of_one_question_the_mean_is_known_and_nothing_else():
    found = skewed_mean(np.array([[3.0, 7.0]]))
    assert found.mean.tolist() == [3, 7]
    for unknown in (found.se, found.low, found.high):
        assert unknown.shape == (2,)
        assert np.isnan(unknown).all()


def test_an_interval_is_in_the_unit_of_the_amount_and_moves_with_it():
    values = np.random.default_rng(3).lognormal(sigma=1.0, size=(12, 2))
    found, small, moved = skewed_mean(values), skewed_mean(values / 1024), skewed_mean(values + 5)
    for name in ("mean", "se", "low", "high"):
        np.testing.assert_allclose(getattr(small, name) * 1024, getattr(found, name), rtol=1e-12)
        np.testing.assert_allclose(getattr(moved, name) - (0 if name == "se" else 5), getattr(found, name), rtol=1e-11)


def test_equal_amounts_beside_others_have_no_interval():
    values = np.random.default_rng(4).lognormal(sigma=1.0, size=(30, 200))
    values[:, ::2] = 2.0
    found = skewed_mean(values)
    assert (found.low[::2] == 2).all()
    assert (found.high[::2] == 2).all()
    assert (found.low[1::2] < found.high[1::2]).all()
