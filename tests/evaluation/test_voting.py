from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import Samples, pass_at_k, vote_at_k
from moo_inference.evaluation import voting as simulated_votes
from moo_inference.evaluation.majority import cost


def evaluation(seed=0, m=40, n=24):
    """Answers of m questions: right ones, several wrong ones, and some without an answer."""
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(m), n)
    correct = rng.random(m * n) < rng.beta(1, 1, m)[question]
    answer = np.where(correct, 0, rng.geometric(0.4, m * n))
    answer[(rng.random(m * n) < 0.1) & ~correct] = -1
    return question, correct, answer


def test_simulation_agrees_with_counting_within_its_standard_error():
    question, correct, answer = evaluation()
    samples, k = Samples.of(question, correct), [1, 2, 3, 4, 7, 12, 20]
    exact = vote_at_k(samples, answer, k)
    simulated = vote_at_k(samples, answer, k, exact_cost=0, trials=4000, seed=5)
    assert exact.exact.all()
    assert (exact.se == 0).all()
    assert not simulated.exact.any()
    away = (simulated.accuracy - exact.accuracy).mean(axis=0)
    se = np.sqrt((simulated.se**2).sum(axis=0)) / len(simulated.se)
    assert (np.abs(away) < 4 * se).all()
    np.testing.assert_allclose(simulated.accuracy + simulated.error, 1, atol=1e-12)
    # The control: one pass more is another number.
    other = vote_at_k(samples, answer, [2, 3, 4, 5, 8, 13, 21]).accuracy
    assert (np.abs((simulated.accuracy - other).mean(axis=0)[1:5]) > 4 * se[1:5]).all()


def test_simulated_standard_errors_are_as_large_as_they_should_be():
    """Over questions and k, squared differences in units of their standard error are 1 on average."""
    question, correct, answer = evaluation(seed=2, m=150)
    samples, k = Samples.of(question, correct), [3]
    exact = vote_at_k(samples, answer, k)
    simulated = vote_at_k(samples, answer, k, exact_cost=0, trials=500)
    some = simulated.se > 0
    z = (simulated.accuracy - exact.accuracy)[some] / simulated.se[some]
    assert abs(np.mean(z**2) - 1) < 4 * np.sqrt(2 / some.sum())
    assert abs(np.mean((2 * z) ** 2) - 1) > 4 * np.sqrt(2 / some.sum())


def test_equal_questions_have_luck_of_their_own():
    """Else the standard error of their mean would not fall with their number."""
    question, answer = np.repeat([0, 1], 9), np.tile([0, 0, 0, 0, 1, 1, 1, 2, 2], 2)
    votes = vote_at_k(Samples.of(question, answer == 0), answer, [3], exact_cost=0, trials=200)
    assert votes.accuracy[0, 0] != votes.accuracy[1, 0]


def test_the_same_seed_gives_the_same_bytes_whatever_comes_in_one_batch(monkeypatch):
    question, correct, answer = evaluation(m=3)
    samples = Samples.of(question, correct)

    def run(seed, k=(1, 9, 24)):
        return vote_at_k(samples, answer, k, exact_cost=0, trials=50, seed=seed).accuracy

    first = run(1)
    assert first.tobytes() == run(1).tobytes() != run(2).tobytes()
    assert (run(1, [9])[:, 0] == first[:, 1]).all()
    monkeypatch.setattr(simulated_votes, "_SAMPLES_AT_ONCE", 24 * 7)
    assert first.tobytes() == run(1).tobytes()


@pytest.mark.parametrize("exact_cost", [0, 5e8])
def test_samples_may_come_in_any_order_and_answers_under_any_code(exact_cost):
    question, correct, answer = evaluation(m=5)
    order = np.random.default_rng(3).permutation(len(question))
    k, options = [1, 4, 11], {"exact_cost": exact_cost, "trials": 30}
    one = vote_at_k(Samples.of(question, correct), answer, k, **options)
    other = vote_at_k(Samples.of(question[order], correct[order]), answer[order], k, **options)
    np.testing.assert_array_equal(one.accuracy, other.accuracy)
    renamed = np.where(answer >= 0, 1000 + 3 * answer, -1)
    again = vote_at_k(Samples.of(question, correct), renamed, k, **options)
    np.testing.assert_array_equal(one.accuracy, again.accuracy)


def test_questions_without_any_answer_are_wrong():
    votes = vote_at_k(Samples.of([0, 0, 1, 1], [0, 0, 0, 1]), [-1, -1, -1, 5], [1, 2])
    assert votes.accuracy.tolist() == [[0, 0], [0.5, 1]]
    assert votes.error.tolist() == [[1, 1], [0.5, 0]]
    assert votes.exact.all()


def test_two_codes_may_both_be_right_and_split_their_votes():
    """0.5 is given as 1/2 and as 0.5: each loses alone to the wrong answer, which has 4 of 10 votes."""
    answer = [0] * 3 + [1] * 3 + [2] * 4
    votes = vote_at_k(Samples.of([0] * 10, [1] * 6 + [0] * 4), answer, [1, 10])
    np.testing.assert_allclose(votes.accuracy, [[0.6, 0]], atol=1e-14)


def test_an_answer_counts_with_the_mean_correctness_of_its_samples():
    votes = vote_at_k(Samples.of([0] * 4, [1, 0, 1, 0]), [7, 7, 7, 8], [1, 4])
    np.testing.assert_allclose(votes.accuracy, [[0.5, 2 / 3]], rtol=1e-14)


def test_error_is_zero_where_a_majority_cannot_lose():
    """The 39 wrong ones of 100 can tie with 39 of k = 78, not with more; 1 - accuracy would leave rounding."""
    votes = vote_at_k(Samples.of([0] * 100, [1] * 61 + [0] * 39), [0] * 61 + [1] * 39, [78, 79, 80, 100])
    assert votes.error[0, 1:].tolist() == [0, 0, 0]
    assert votes.error[0, 0] == pytest.approx(comb(61, 39) / comb(100, 78) / 2, rel=1e-12)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=9), st.integers(0, 4))
def test_never_better_than_a_perfect_verifier(answer, right):
    answers = np.array(answer)
    k = range(1, len(answer) + 1)
    votes = vote_at_k(Samples.of(np.zeros(len(answer), dtype=int), answers == right), answers, k)
    assert (votes.accuracy[0] <= pass_at_k(len(answer), [answer.count(right)], k)[0][0] + 1e-12).all()


def test_too_many_samples_are_simulated_whatever_the_cost():
    answer = np.repeat([0, 1], 1500)
    votes = vote_at_k(Samples.of(np.zeros(3000, dtype=int), answer == 0), answer, 1500, exact_cost=np.inf, trials=20)
    assert not votes.exact[0]
    assert votes.se[0, 0] > 0


@pytest.mark.parametrize(
    ("answer", "options", "words"),
    [
        ([0, 1], {}, "answer must be a whole number, -1 for none, for every sample, got int64 of shape .2,. for 3"),
        ([0.5, 1.0, 2.0], {}, "answer must be a whole number"),
        ([0, -2, 1], {}, "answer must be a code of at least 0, or -1 for none, got -2"),
        ([0, 1, 2], {"trials": 1}, "trials must be a whole number of at least 2, got 1"),
        ([0, 1, 2], {"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ([0, 1, 2], {"exact_cost": float("nan")}, "exact_cost must be at least 0, got nan"),
    ],
)
def test_bad_arguments_are_refused(answer, options, words):
    with pytest.raises(SettingError, match=words):
        vote_at_k(Samples.of([0, 0, 0], [1, 0, 0]), answer, 1, **options)


def test_the_standard_error_of_wins_and_losses_is_that_of_a_share():
    """With three of five votes there are no ties, so that each trial is right or wrong."""
    answer = np.array([0, 0, 0, 1, 1, 0, 1, 1, 1, 1])
    votes = vote_at_k(Samples.of([0] * 10, answer == 0), answer, [3, 5], exact_cost=0, trials=7)
    share = votes.accuracy[0]
    np.testing.assert_allclose(share * 7, np.round(share * 7), atol=1e-12)
    assert (share > 0).all()
    assert (share < 1).all()
    np.testing.assert_allclose(votes.se[0], np.sqrt(share * (1 - share) / 6), rtol=1e-12)


def test_each_number_of_passes_is_counted_where_it_costs_no_more_than_it_may():
    """Whatever others are asked for."""
    answer = np.repeat([0, 1, 2], [9, 7, 4])
    samples, k = Samples.of(np.zeros(20, dtype=int), answer == 0), [12, 3, 7, 8, 20]
    exact = vote_at_k(samples, answer, k)
    votes = vote_at_k(samples, answer, k, exact_cost=cost([9, 7, 4], 7), trials=40)
    assert not votes.exact[0]
    assert (votes.se[0] > 0).tolist() == [True, False, False, True, False]
    np.testing.assert_array_equal(votes.accuracy[0, 1:3], exact.accuracy[0, 1:3])
    np.testing.assert_array_equal(votes.error[0, 1:3], exact.error[0, 1:3])
    for column, each in enumerate(k):
        alone = vote_at_k(samples, answer, each, exact_cost=cost([9, 7, 4], 7), trials=40)
        assert alone.accuracy[0, 0] == votes.accuracy[0, column]
        assert alone.exact[0] == (each in (3, 7))


def test_two_trials_and_seed_0_are_the_least_that_is_possible():
    answer = np.array([0, 1, 2, 0])
    samples = Samples.of([0] * 4, answer == 0)
    votes = vote_at_k(samples, answer, [4], exact_cost=0, trials=2, seed=0)
    # All four are always the same votes, of which two win.
    assert (votes.accuracy[0, 0], votes.error[0, 0], votes.se[0, 0]) == (1, 0, 0)
    assert (~votes.exact).tolist() == [True]


def test_more_passes_than_a_question_has_samples_are_refused_by_its_name():
    with pytest.raises(SettingError) as refused:
        vote_at_k(Samples.of(["a", "a", "b"], [1, 0, 1]), [0, 1, 0], [1, 2])
    assert str(refused.value) == "k must be at most n = 1, as question 'b' has 1 sample, got 2"


def test_after_each_vote_those_in_the_lead_share_what_is_won():
    """Of three answers, of which one is half right, and of votes (3) that name none."""
    right = np.array([1.0, 0.0, 0.5])
    orders = np.random.default_rng(6).integers(0, 4, (60, 7))
    won, lost = simulated_votes._shares(orders, right, 6)
    assert won.shape == lost.shape == (60, 6)
    for row, order in enumerate(orders.tolist()):
        for passes in range(1, 7):
            votes = [order[:passes].count(answer) for answer in range(3)]
            leaders = [answer for answer in range(3) if votes[answer] == max(votes) > 0]
            share = np.mean(right[leaders]) if leaders else 0.0
            assert won[row, passes - 1] == pytest.approx(share, abs=1e-15)
            assert lost[row, passes - 1] == pytest.approx(1 - share, abs=1e-15)
