import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest
from scipy.stats import t as student

from moo_inference.errors import SettingError
from moo_inference.evaluation import QuestionMean, beta_pass_at_k, mean_interval, paired_difference, pass_at_k


def over(values):
    values = np.asarray(values, dtype=float)
    return QuestionMean.of(values, 1 - values)


def covered(interval, truth):
    low, high = interval
    return float(((low <= truth) & (truth <= high)).mean())


RUNS = 4000
BAND = 4 * np.sqrt(0.95 * 0.05 / RUNS)


@pytest.mark.parametrize(
    ("m", "n", "a", "b", "k"), [(60, 8, 0.5, 1.0, 4), (200, 5, 0.3, 2.0, 1), (40, 10, 2.0, 2.0, 3)]
)
def test_intervals_hold_the_truth_as_often_as_they_say(m, n, a, b, k):
    rng = np.random.default_rng(30)
    c = rng.binomial(n, rng.beta(a, b, (m, RUNS)))
    values = pass_at_k(n, np.arange(n + 1), k)[0][:, 0][c]
    truth = beta_pass_at_k(a, b, k)[0][0]
    assert abs(covered(mean_interval(over(values)), truth) - 0.95) < BAND
    assert abs(covered(mean_interval(over(values), level=0.9), truth) - 0.95) > BAND


def test_zeros_and_ones_are_covered_where_a_usual_interval_fails():
    """m = 20, p = 0.95: mean +- t s / sqrt(m) is a point whenever all are right, that is in 36 of 100 cases."""
    rng = np.random.default_rng(31)
    values = (rng.random((20, RUNS)) < 0.95).astype(float)
    assert covered(mean_interval(over(values)), 0.95) > 0.95 - BAND
    half = student.ppf(0.975, 19) * values.std(axis=0, ddof=1) / np.sqrt(20)
    assert covered((values.mean(axis=0) - half, values.mean(axis=0) + half), 0.95) < 0.7


def test_is_wilsons_interval_for_many_zeros_and_ones_and_the_usual_one_for_many_values():
    ones = np.repeat([1.0, 0.0], [700, 1300])[:, None]
    wilson = binomtest(700, 2000).proportion_ci(method="wilson")
    low, high = mean_interval(over(ones))
    assert [low[0], high[0]] == pytest.approx([wilson.low, wilson.high], abs=2e-5)
    values = beta(3, 5).rvs((3000, 1), random_state=1)
    half = student.ppf(0.975, 2999) * values.std(ddof=1) / np.sqrt(3000)
    low, high = mean_interval(over(values))
    assert [low[0], high[0]] == pytest.approx([values.mean() - half, values.mean() + half], abs=3e-5)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_stays_around_the_mean_and_between_zero_and_one(values):
    found = over(np.array(values)[:, None])
    low, high = mean_interval(found)
    assert 0 <= low[0] <= found.mean[0] + 1e-12
    assert found.mean[0] - 1e-12 <= high[0] <= 1


def test_all_right_is_not_sure():
    """Wilson's lower end at m of m is m' / (m' + t^2), here with m' = m - 1."""
    low, high = mean_interval(over(np.ones((10, 1))))
    assert high[0] == 1
    assert low[0] == pytest.approx(9 / (9 + student.ppf(0.975, 9) ** 2))
    low, high = mean_interval(over(np.zeros((10, 1))))
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 9 / (9 + student.ppf(0.975, 9) ** 2))


def test_one_question_has_no_interval():
    assert np.isnan(mean_interval(over([[0.4, 1.0]]))).all()
    mean, low, high = paired_difference([[0.4]], [[0.1]])
    assert mean[0] == pytest.approx(0.3)
    assert np.isnan([low, high]).all()


def test_paired_differences_are_covered_and_pairs_make_them_narrow():
    rng = np.random.default_rng(32)
    m, n, runs = 80, 6, 2000
    band = 4 * np.sqrt(0.95 * 0.05 / runs)
    difficulty = rng.beta(0.5, 0.5, (m, runs))
    one = rng.binomial(n, 0.9 * difficulty) / n
    other = rng.binomial(n, 0.8 * difficulty) / n
    truth = 0.1 * 0.5
    mean, low, high = paired_difference(one, other)
    np.testing.assert_allclose(mean, (one - other).mean(axis=0), atol=1e-15)
    assert abs(covered((low, high), truth) - 0.95) < band
    # The control: pairs of different questions are as wide as two models without any in common, and cover too often.
    _, wide_low, wide_high = paired_difference(one, np.roll(other, 1, axis=0))
    assert abs(covered((wide_low, wide_high), truth) - 0.95) > band
    assert np.mean(wide_high - wide_low) > 2 * np.mean(high - low)


def test_the_difference_turns_its_sign_with_the_models():
    rng = np.random.default_rng(5)
    one, other = rng.random((2, 30, 3))
    mean, low, high = paired_difference(one, other)
    back, back_low, back_high = paired_difference(other, one)
    np.testing.assert_allclose([mean, low, high], [-back, -back_high, -back_low], atol=1e-14)


def test_equal_models_do_not_differ():
    values = np.random.default_rng(6).random((30, 2))
    mean, low, high = paired_difference(values, values)
    assert (mean == 0).all()
    np.testing.assert_allclose([low, high], 0, atol=1e-15)


def test_bad_arguments_are_refused():
    with pytest.raises(SettingError, match=r"got shapes \(2, 1\) and \(3, 1\)"):
        paired_difference([[0.1], [0.2]], [[0.1], [0.2], [0.3]])
    with pytest.raises(SettingError, match="paired accuracies must be two tables"):
        paired_difference([0.1], [0.2])
    for wrong in (1.5, -0.1, float("nan")):
        with pytest.raises(SettingError, match=r"paired accuracies must lie in \[0, 1\]"):
            paired_difference([[wrong]], [[0.2]])
    for level in (0, 1, 95, float("nan")):
        with pytest.raises(SettingError, match="level must lie between 0 and 1"):
            mean_interval(over([[0.4], [0.5]]), level)


def test_an_end_at_zero_or_one_is_there_to_the_last_bit():
    for m in range(2, 400):
        low, high = mean_interval(over(np.repeat([[0.0, 1.0]], m, axis=0)))
        assert low[0] == 0.0 < high[0] < 1.0
        assert 0.0 < low[1] < 1.0 == high[1]
