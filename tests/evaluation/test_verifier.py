import itertools
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import Samples, best_scored_at_k, pass_at_k, top_weights, urn

OUTCOMES = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=8)


def by_enumeration(correct, score, k):
    """Mean over all draws of k of the mean correctness of those with the highest score."""
    kept = []
    for draw in itertools.combinations(range(len(correct)), k):
        best = max(score[i] for i in draw)
        kept.append(np.mean([correct[i] for i in draw if score[i] == best]))
    return np.mean(kept)


@given(OUTCOMES)
def test_equals_enumeration_of_all_draws_ties_included(outcomes):
    correct, score = zip(*outcomes, strict=True)
    k = range(1, len(correct) + 1)
    accuracy, error = best_scored_at_k(Samples.of([7] * len(correct), correct), score, k)
    expected = [by_enumeration(correct, score, each) for each in k]
    np.testing.assert_allclose(accuracy[0], expected, atol=1e-14)
    np.testing.assert_allclose(error[0], 1 - np.array(expected), atol=1e-14)


def test_weights_equal_exact_fractions():
    n, ks = 300, [1, 2, 17, 150, 299, 300]
    weights = top_weights(n, ks)
    for row, k in enumerate(ks):
        for i in range(0, n, 7):
            exact = Fraction(comb(n - 1 - i, k - 1), comb(n, k))
            if exact > Fraction(10) ** -280:
                assert abs(Fraction(float(weights[row, i])) / exact - 1) < 1e-13
            else:
                assert weights[row, i] <= 1e-279
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-13)


def test_weights_of_ten_thousand_samples_and_their_slowest_sum():
    weights = top_weights(10_000, [2, 5000, 9999])
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    assert weights[0, 9998] == pytest.approx(1 / comb(10_000, 2), rel=1e-12)
    assert weights[2, 1] == pytest.approx(1 / 10_000, rel=1e-12)


@given(OUTCOMES, st.randoms())
def test_samples_may_come_in_any_order_and_scores_on_any_scale(outcomes, random):
    correct, score = (np.array(x) for x in zip(*outcomes, strict=True))
    question = np.arange(len(correct)) % 2
    order = np.array(random.sample(range(len(correct)), len(correct)))
    k = range(1, max(2, len(correct) // 2 + 1))
    if len(correct) == 1:
        k = [1]
    one = best_scored_at_k(Samples.of(question, correct), score, k)
    other = best_scored_at_k(Samples.of(question[order], correct[order]), np.exp(score[order] - 5.0), k)
    np.testing.assert_array_equal(one, other)


def test_a_perfect_verifier_gives_pass_at_k_and_a_perverse_one_the_reverse():
    rng = np.random.default_rng(1)
    correct = rng.random(40) < 0.3
    samples, k = Samples.of([0] * 40, correct), np.arange(1, 41)
    c = int(correct.sum())
    accuracy, error = best_scored_at_k(samples, correct.astype(float), k)
    expected = pass_at_k(40, [c], k)
    np.testing.assert_allclose(accuracy, expected[0], rtol=1e-13)
    np.testing.assert_allclose(error, expected[1], rtol=1e-13)
    accuracy, error = best_scored_at_k(samples, -correct.astype(float), k)
    np.testing.assert_allclose(error, pass_at_k(40, [40 - c], k)[0], rtol=1e-13)
    assert (np.diff(accuracy[0]) <= 0).all()
    assert accuracy[0, 0] > accuracy[0, -1] == 0


def test_a_verifier_that_knows_nothing_gives_the_mean_accuracy_at_every_k():
    """Exactly so for equal scores; for random ones on the mean, within its standard error."""
    rng = np.random.default_rng(2)
    m, n = 3000, 6
    question, correct = np.repeat(np.arange(m), n), rng.random(m * n) < 0.4
    samples, k = Samples.of(question, correct), np.arange(1, n + 1)
    accuracy, _ = best_scored_at_k(samples, np.zeros(m * n), k)
    np.testing.assert_allclose(accuracy, np.repeat((samples.c / n)[:, None], n, axis=1), atol=1e-14)
    score = rng.random(m * n)
    accuracy, _ = best_scored_at_k(samples, score, k)
    away = (accuracy - (samples.c / n)[:, None]).mean(axis=0)
    se = (accuracy - (samples.c / n)[:, None]).std(axis=0) / np.sqrt(m)
    assert (np.abs(away) <= 4 * se + 1e-15).all()
    informed, _ = best_scored_at_k(samples, score + 0.1 * correct, k)
    assert ((informed - (samples.c / n)[:, None]).mean(axis=0)[1:] > 4 * se[1:]).all()


def test_the_value_at_k_does_not_depend_on_the_others():
    rng = np.random.default_rng(4)
    correct, score = rng.random(700) < 0.2, rng.normal(size=700)
    samples = Samples.of(np.repeat([0, 1], [300, 400]), correct)
    whole = best_scored_at_k(samples, score, range(1, 301))
    for k in (1, 2, 150, 300):
        alone = best_scored_at_k(samples, score, k)
        assert (alone[0][:, 0] == whole[0][:, k - 1]).all()
        assert (alone[1][:, 0] == whole[1][:, k - 1]).all()


def test_infinite_scores_are_scores():
    accuracy, _ = best_scored_at_k(Samples.of([0, 0], [1, 0]), [-np.inf, np.inf], [1, 2])
    assert accuracy.tolist() == [[0.5, 0]]


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ([0.1, float("nan"), 0.3], "score must be a number for every sample, got NaN in question 'b'"),
        ([0.1, 0.2], "score must be a number for every sample, got float64 of shape .2,. for 3 samples"),
        (["a", "b", "c"], "score must be a number for every sample"),
    ],
)
def test_missing_scores_are_refused(score, words):
    with pytest.raises(SettingError, match=words):
        best_scored_at_k(Samples.of(["a", "b", "b"], [1, 0, 1]), score, 1)


def test_k_beyond_the_samples_is_refused():
    with pytest.raises(SettingError, match="k must be at most n = 1, as question 'a' has 1 sample, got 2"):
        best_scored_at_k(Samples.of(["a", "b", "b"], [1, 0, 1]), [1, 2, 3], [1, 2])


def test_of_questions_without_scores_five_are_named_each_once():
    names = np.repeat(list("gfedcba"), 2)
    with pytest.raises(SettingError) as refused:
        best_scored_at_k(Samples.of(names, np.tile([1, 0], 7)), np.full(14, np.nan), 1)
    assert str(refused.value) == (
        "score must be a number for every sample, got NaN in question 'a', 'b', 'c', 'd', 'e'"
    )


def test_a_single_sample_is_kept_whatever_its_score():
    accuracy, error = best_scored_at_k(Samples.of(["a", "b"], [1, 0]), [0.0, 3.0], 1)
    assert (accuracy[:, 0].tolist(), error[:, 0].tolist()) == ([1, 0], [0, 1])
    assert top_weights(1, 1).tolist() == [[1.0]]


def test_weights_of_more_passes_than_samples_are_refused():
    with pytest.raises(SettingError, match="k must be at most n = 3, as question 0 has 3 samples, got 4"):
        top_weights(3, [2, 4])


def test_a_perfect_verifier_of_many_samples_finds_the_right_one(monkeypatch):
    """Whatever is worked on at once: with one of 300 right it is among k with probability k / 300."""
    monkeypatch.setattr(urn, "_VALUES_AT_ONCE", 1)
    right = np.arange(300) == 17
    k = np.array([1, 2, 150, 299, 300])
    accuracy, error = best_scored_at_k(Samples.of(np.zeros(300, dtype=int), right), right.astype(float), k)
    np.testing.assert_allclose(accuracy[0], k / 300, rtol=1e-13)
    np.testing.assert_allclose(error[0], 1 - k / 300, atol=1e-13)
    # One that scores it lowest keeps it where no other is drawn.
    accuracy, error = best_scored_at_k(Samples.of(np.zeros(300, dtype=int), right), -1.0 * right, k)
    np.testing.assert_allclose(accuracy[0], [1 / 300, 0, 0, 0, 0], atol=1e-15)
    np.testing.assert_allclose(error[0], [299 / 300, 1, 1, 1, 1], rtol=1e-13)
