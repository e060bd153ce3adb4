import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom
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


def test_is_jeffreys_interval_for_zeros_and_ones_and_the_usual_one_for_many_values():
    for m, right in ((40, 3), (40, 20), (200, 196)):
        low, high = mean_interval(over(np.repeat([1.0, 0.0], [right, m - right])[:, None]))
        jeffreys = beta.ppf([0.025, 0.975], right + 0.5, m - right + 0.5)
        assert [low[0], high[0]] == pytest.approx(jeffreys, abs=2e-3)
    values = beta(3, 5).rvs((3000, 1), random_state=1)
    half = student.ppf(0.975, 2999) * values.std(ddof=1) / np.sqrt(3000)
    low, high = mean_interval(over(values))
    assert [low[0], high[0]] == pytest.approx([values.mean() - half, values.mean() + half], abs=1e-4)


@pytest.mark.parametrize("questions", [20, 50, 200])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_one_sample_is_covered_as_nearly_as_whole_numbers_allow(questions, share):
    """Exactly: the numbers of right ones whose interval holds the truth, by their binomial probability."""
    right = np.arange(questions + 1)
    low, high = mean_interval(over(np.arange(questions)[:, None] < right))
    held = binom.pmf(right, questions, share)[(low <= share) & (share <= high)].sum()
    assert 0.93 <= held <= 0.983
    spread = 1.96 * np.sqrt(right * (questions - right) / questions**2 / (questions - 1))
    usual = binom.pmf(right, questions, share)[np.abs(right / questions - share) <= spread].sum()
    assert usual < held or share == 0.5


@pytest.mark.parametrize(("questions", "usual"), [(10, 0.3), (30, 0.55), (100, 0.92)])
def test_questions_that_are_never_solved_are_covered(questions, usual):
    """2 % of them among 64 samples, k = 8: at 10 questions eight in ten evaluations have none."""
    rng = np.random.default_rng(33)
    p = np.where(rng.random((questions, 2000)) < 0.02, 0.0, rng.beta(8, 4, (questions, 2000)))
    values = pass_at_k(64, np.arange(65), [8])[0][:, 0][rng.binomial(64, p)]
    truth = 0.98 * beta_pass_at_k(8, 4, [8])[0][0]
    assert 0.94 <= covered(mean_interval(over(values)), truth) <= 0.99
    half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(questions)
    assert covered((values.mean(axis=0) - half, values.mean(axis=0) + half), truth) < usual


def test_one_bad_question_among_right_ones_lowers_both_ends():
    """Where the spread is what sets the width, 29 of 30 and one 3 of 16 look surer than 30 of 30."""
    k = 8
    good, worse = np.ones((30, 1)), np.ones((30, 1))
    worse[0] = pass_at_k(16, 3, [k])[0]
    low, high = np.concatenate([np.stack(mean_interval(over(values))) for values in (good, worse)], axis=1)
    assert low[1] < low[0] < 1
    assert high[1] < high[0] == 1
    assert high[1] - low[1] > high[0] - low[0]


@given(st.data())
def test_worse_answers_never_raise_an_end(data):
    m = data.draw(st.integers(2, 30))
    values = data.draw(st.lists(st.floats(0, 1), min_size=m, max_size=m))
    lost = data.draw(st.lists(st.floats(0, 1), min_size=m, max_size=m))
    better = np.array(values)[:, None]
    worse = better * np.array(lost)[:, None]
    low, high = mean_interval(over(np.hstack([worse, better])))
    assert low[0] <= low[1] + 1e-9
    assert high[0] <= high[1] + 1e-9


@pytest.mark.parametrize("k", [1, 2, 5, 9, 10])
def test_there_is_an_interval_for_every_k_up_to_all_samples(k):
    values = pass_at_k(10, [10] * 18 + [9, 1], [k])[0]
    low, high = mean_interval(over(values))
    assert 0.6 < low[0] < values.mean() <= high[0] <= 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_stays_around_the_mean_and_between_zero_and_one(values):
    found = over(np.array(values)[:, None])
    low, high = mean_interval(found)
    assert 0 <= low[0] <= found.mean[0] + 1e-12
    assert found.mean[0] - 1e-12 <= high[0] <= 1


def test_all_right_is_not_sure():
    """Jeffreys' lower end at 10 of 10 is the 2.5 % quantile of Beta(10.5, 0.5)."""
    least = beta.ppf(0.025, 10.5, 0.5)
    low, high = mean_interval(over(np.ones((10, 1))))
    assert high[0] == 1
    assert low[0] == pytest.approx(least, abs=4e-3)
    low, high = mean_interval(over(np.zeros((10, 1))))
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - least, abs=4e-3)


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
    assert 0.95 - band < covered((low, high), truth) < 0.98
    # The control: pairs of different questions are as wide as two models without any in common, and cover too often.
    _, wide_low, wide_high = paired_difference(one, np.roll(other, 1, axis=0))
    assert abs(covered((wide_low, wide_high), truth) - 0.95) > band
    assert np.mean(wide_high - wide_low) > 1.8 * np.mean(high - low)


def test_the_difference_turns_its_sign_with_the_models():
    rng = np.random.default_rng(5)
    one, other = rng.random((2, 30, 3))
    mean, low, high = paired_difference(one, other)
    back, back_low, back_high = paired_difference(other, one)
    np.testing.assert_allclose([mean, low, high], [-back, -back_high, -back_low], atol=1e-14)


@pytest.mark.parametrize("m", [20, 50])
def test_equal_outcomes_do_not_show_that_models_are_equal(m):
    values = np.random.default_rng(6).random((m, 2))
    mean, low, high = paired_difference(values, values)
    assert (mean == 0).all()
    np.testing.assert_allclose(low, -high, atol=1e-12)
    # Half a question at each end among m + 1, drawn.
    weights = np.random.default_rng(7).dirichlet([m, 0.5, 0.5], 200_000)
    drawn = np.quantile(weights[:, 1] - weights[:, 2], 0.975)
    np.testing.assert_allclose(high, drawn, rtol=0.05)


@pytest.mark.parametrize(("share", "gap"), [(0.5, 0.05), (0.9, 0.05), (0.98, 0.05), (0.5, 0.0)])
@pytest.mark.parametrize("m", [20, 50, 200])
def test_differences_of_single_samples_are_covered(share, gap, m):
    rng = np.random.default_rng(34)
    luck, again = rng.random((2, m, 2000))
    one = (luck < share).astype(float)
    other = (np.where(rng.random((m, 2000)) < 0.3, again, luck) < share - gap).astype(float)
    _, low, high = paired_difference(one, other)
    # More often only where hardly any question is answered differently.
    assert 0.92 <= covered((low, high), gap) <= (0.98 if share < 0.98 or m > 20 else 1)
    assert (high > low).all()


def in_clusters(clusters, share, rng, sizes=(2, 5, 8)):
    """Names, and values of which nine in ten in a cluster are right or wrong together."""
    names = np.repeat(np.arange(clusters), np.resize(sizes, clusters))
    together, shape = rng.random((clusters, 2000))[names], (len(names), 2000)
    return names, (np.where(rng.random(shape) < 0.9, together, rng.random(shape)) < share).astype(float)


@pytest.mark.parametrize("clusters", [20, 60])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_clusters_are_covered_where_questions_by_themselves_are_not(clusters, share):
    names, values = in_clusters(clusters, share, np.random.default_rng(35))
    assert 0.93 <= covered(mean_interval(QuestionMean.of(values, 1 - values, names)), share) <= 0.98
    assert covered(mean_interval(over(values)), share) < 0.9


def test_differences_over_clusters_are_covered_where_questions_by_themselves_are_not():
    rng = np.random.default_rng(36)
    names, one = in_clusters(40, 0.6, rng)
    other = rng.permuted(in_clusters(40, 0.5, rng)[1], axis=1)
    _, low, high = paired_difference(one, other, clusters=names)
    assert 0.93 <= covered((low, high), 0.1) <= 0.97
    _, low, high = paired_difference(one, other)
    assert covered((low, high), 0.1) < 0.8


def test_clusters_of_one_question_change_nothing_and_repeated_questions_count_once():
    values = np.random.default_rng(8).random((12, 3))
    alone = QuestionMean.of(values, 1 - values)
    single = QuestionMean.of(values, 1 - values, [f"text {number}" for number in range(12)])
    np.testing.assert_allclose(mean_interval(single), mean_interval(alone), atol=1e-12)
    np.testing.assert_allclose(single.se, alone.se)
    threefold = np.repeat(values, 3, axis=0)
    again = QuestionMean.of(threefold, 1 - threefold, np.repeat(np.arange(12), 3))
    np.testing.assert_allclose(mean_interval(again), mean_interval(alone), atol=1e-9)
    np.testing.assert_allclose(again.se, alone.se)
    assert (again.questions, again.clusters) == (36, 12)


def test_one_cluster_has_no_interval():
    values = np.array([[0.4], [1.0], [0.2]])
    found = QuestionMean.of(values, 1 - values, ["a", "a", "a"])
    assert np.isnan(mean_interval(found)).all()
    assert np.isnan(found.se).all()


def test_there_must_be_one_cluster_for_each_question():
    with pytest.raises(SettingError, match=r"clusters must name one for each of 2 questions, got shape \(3,\)"):
        paired_difference([[0.1], [0.2]], [[0.1], [0.2]], clusters=["a", "a", "b"])


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
