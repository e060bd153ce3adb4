"""Queries that stop early: counted against all orders of the attempts, against formulas, and drawn within bands."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation import stopped_ways
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stop import POLICIES, Stop, leader_confidence, misfit, votes_needed
from moo_inference.evaluation.stopped_queries import StoppedQueries

VERIFIED, HALF, VOTE = Stop("first-verified"), Stop("first-verified", 0.5), Stop("vote-until-sure", 0.8)


def attempts_of(rng, keep, sizes=(6, 4, 6, 5, 6), graded=False):
    """Attempts at a few questions, of which wrong ones cost more and take longer."""
    question = np.repeat(np.arange(len(sizes)), sizes)
    n = len(question)
    right = rng.random(n) < np.repeat([0.3, 0.6, 0.0, 1.0, 0.5], sizes)
    worth = np.round(rng.random(n), 1) if graded else right.astype(float)
    # Right answers are the same, wrong ones are spread, and some attempts have none.
    answer = np.where(right, 0, rng.integers(1, 4, n))
    answer[~right & (rng.random(n) < 0.3)] = -1
    return QuestionAttempts.of(
        question,
        worth,
        rng.lognormal(0, 1, n) * np.where(right, 1, 2),
        rng.lognormal(3, 1, n) * np.where(right, 1, 2),
        keep=keep,
        answer=answer,
        score=np.round(rng.random(n), 1),
    )


def kept_value(attempts, run):
    """What is kept of the attempts that ran, by trying each rule as it is said in words."""
    if attempts.keep == "oracle":
        return max(attempts.worth[run])
    if attempts.keep == "verifier":
        best = max(attempts.score[run])
        return np.mean([attempts.worth[one] for one in run if attempts.score[one] == best])
    votes = [attempts.answer[one] for one in run if attempts.answer[one] >= 0]
    if not votes:
        return 0.0
    most = max(votes.count(answer) for answer in votes)
    return np.mean(
        [
            attempts.answer_worth[one]
            for one in run
            if votes.count(attempts.answer[one]) == most and attempts.answer[one] >= 0
        ]
    )


def chance_to_lead(first, second):
    """P(p > 1/2) of a Beta(first + 1, second + 1), by integrating its polynomial exactly."""

    def integral(low, high):
        # x^a (1 - x)^b expanded by the binomial theorem.
        total, coefficient = Fraction(0), Fraction(1)
        for power in range(second + 1):
            order = first + power + 1
            total += coefficient * (high**order - low**order) / order
            coefficient *= Fraction(-(second - power), power + 1)
        return total

    return float(integral(Fraction(1, 2), Fraction(1)) / integral(Fraction(0), Fraction(1)))


def stops_after(attempts, stop, run):
    if stop.policy == "first-verified":
        values = attempts.score if attempts.keep == "verifier" else attempts.worth
        return any(values[one] >= stop.accept for one in run)
    votes = [attempts.answer[one] for one in run if attempts.answer[one] >= 0]
    counts = [*sorted((votes.count(answer) for answer in set(votes)), reverse=True), 0, 0]
    return chance_to_lead(counts[0], counts[1]) >= stop.level


def enumerated(attempts, stop, k, parallel, ideal=False):
    """(m, 4) cost, seconds, worth and passes of each question, means over all orders of its attempts."""
    found = []
    for question in range(len(attempts.n)):
        rows = np.flatnonzero(attempts.place == question)
        outcomes = []
        for order in permutations(rows.tolist()):
            run, seconds = [], 0.0
            while len(run) < k and not (run and stops_after(attempts, stop, run)):
                batch = list(order[len(run) : min(len(run) + parallel, k)])
                own = attempts.seconds[batch]
                seconds += own.sum() / parallel if ideal else own.max()
                run += batch
            outcomes.append((attempts.cost[run].sum(), seconds, kept_value(attempts, run), len(run)))
        found.append(np.mean(outcomes, axis=0))
    return np.array(found)


def queries_of(attempts, stop, parallel=1, *, ideal=False, most=6, draws=50):
    how = Drawing(attempts.keep, parallel, ideal, draws, 7)
    return StoppedQueries([attempts], how, most, None, stop)


def means_of(queries, k):
    """(m, 4) as `enumerated`, from the product, in the order of the questions."""
    ks = np.array([k])
    order = np.argsort(queries.rows[0])
    spent, seconds = (part[0, order, 0] for part in (queries.expected_spent(ks)[0], queries.expected_seconds(ks)))
    return np.stack([spent, seconds, queries.expected_accuracy(ks)[0][0, :, 0]], axis=1)


CASES = [
    ("oracle", False, VERIFIED),
    ("oracle", True, Stop("first-verified", 0.7)),
    ("verifier", False, HALF),
    ("majority", False, VOTE),
    ("majority", False, Stop("vote-until-sure", 0.6)),
]


@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
@pytest.mark.parametrize(
    ("k", "parallel", "ideal"),
    [(1, 1, False), (4, 1, False), (4, 2, False), (4, 3, False), (3, 8, False), (4, 2, True)],
)
def test_means_are_those_of_all_orders(keep, graded, stop, k, parallel, ideal):
    attempts = attempts_of(np.random.default_rng(k), keep, graded=graded)
    found = means_of(queries_of(attempts, stop, parallel, ideal=ideal), k)
    expected = enumerated(attempts, stop, k, parallel, ideal)
    np.testing.assert_allclose(found, expected[:, :3], rtol=1e-9)
    # A control: a query that runs all passes is something else, unless there is but one batch.
    fixed = Queries([attempts], Drawing(keep, parallel, ideal, 50, 7), 4)
    same = np.allclose(fixed.expected_spent(np.array([k]))[0][0, np.argsort(fixed.rows[0]), 0], expected[:, 0])
    assert same == (k <= parallel)


@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_all_six_of_six_attempts(parallel):
    for keep, graded, stop in CASES:
        attempts = attempts_of(np.random.default_rng(3), keep, (6, 6, 6, 6, 6), graded=graded)
        found = means_of(queries_of(attempts, stop, parallel), 6)
        np.testing.assert_allclose(found, enumerated(attempts, stop, 6, parallel)[:, :3], rtol=1e-9)


def test_shares_of_passes_and_budgets_are_those_of_all_orders():
    attempts = attempts_of(np.random.default_rng(5), "majority")
    queries = queries_of(attempts, VOTE, 2)
    of_k = queries.of(4)
    shares = of_k.passes(4)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] @ np.arange(1, 5) == pytest.approx(enumerated(attempts, VOTE, 4, 2)[:, 3].mean(), rel=1e-9)
    assert shares[0, [0, 2]].tolist() == [0, 0], "a batch has two"
    limits = 2.0, 60.0
    expected = []
    for question in range(5):
        orders = list(permutations(np.flatnonzero(attempts.place == question).tolist()))
        met = 0.0
        for order in orders:
            run, seconds = [], 0.0
            while len(run) < 4 and not (run and stops_after(attempts, VOTE, run)):
                batch = list(order[len(run) : len(run) + 2])
                seconds += attempts.seconds[batch].max()
                run += batch
            if attempts.cost[run].sum() <= limits[0] and seconds <= limits[1]:
                met += kept_value(attempts, run)
        expected.append(met / len(orders))
    found = of_k.share_within(*limits, worth=0.5)
    assert 0 < np.mean(expected) < 1
    assert found.value[0] == pytest.approx(np.mean(expected), rel=1e-9)
    assert found.se[0] == 0
    by_question = of_k.shares_by_question(*limits, [])[0]
    assert by_question.shape == (5,)
    assert (by_question + 1e-12 >= expected).all()


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
def test_what_is_drawn_agrees_with_what_is_counted(monkeypatch, keep, graded, stop, parallel):
    """Beyond the states that can be counted formulas are as exact, and draws are within their own error."""
    attempts = attempts_of(np.random.default_rng(11), keep, graded=graded)
    exact = queries_of(attempts, stop, parallel)
    counted = means_of(exact, 4)
    monkeypatch.setattr("moo_inference.evaluation.stopped_queries.stopped_ways", lambda *_: None)
    drawn = queries_of(attempts, stop, parallel, draws=4000)
    found = means_of(drawn, 4)
    if stop.policy == "first-verified":
        np.testing.assert_allclose(found, counted, rtol=1e-9)
    of_k = drawn.of(4)
    assert of_k.drawn
    together = np.concatenate([part.spent[0][0] for part in of_k.parts])
    standard_error = together.std(axis=1) / np.sqrt(4000) + 1e-12
    ordered = counted[drawn.rows[0], 0]
    assert (np.abs(together.mean(axis=1) - ordered) < 4.5 * standard_error).all()
    assert (np.abs(together.mean(axis=1) - 1.2 * ordered) > 4.5 * standard_error).any(), "the band is no proof"
    share, se = exact.of(4).share_within(3.0, 80.0), of_k.share_within(3.0, 80.0).se[0]
    assert abs(of_k.share_within(3.0, 80.0).value[0] - share.value[0]) < 4.5 * se
    np.testing.assert_allclose(of_k.passes(4), exact.of(4).passes(4), atol=0.05)
    kept = np.concatenate([part.mean(part.kept)[0] for part in of_k.parts])
    np.testing.assert_allclose(kept, counted[drawn.rows[0], 2], atol=0.05)


def test_many_attempts_are_counted_by_formulas():
    """200 attempts one by one: passes until the first right one are negative hypergeometric."""
    right = np.array([5, 20, 199])
    question = np.repeat([0, 1, 2], 200)
    worth = np.concatenate([np.arange(200) < c for c in right]).astype(float)
    attempts = QuestionAttempts.of(question, worth, np.ones(600), np.ones(600))
    found = means_of(queries_of(attempts, VERIFIED, most=200), 200)
    # All attempts may run, so the mean number of passes is (n + 1) / (c + 1).
    np.testing.assert_allclose(found[:, 0], 201 / (right + 1), rtol=1e-9)
    np.testing.assert_allclose(found[:, 2], 1)


@pytest.mark.parametrize("parallel", [1, 2])
def test_waiting_for_what_never_comes_is_running_all(parallel):
    attempts = attempts_of(np.random.default_rng(2), "oracle")
    never = queries_of(attempts, Stop("first-verified", 2.0), parallel)
    fixed = Queries([attempts], Drawing("oracle", parallel, False, 50, 7), 4)
    k = np.array([3])
    for own, other in zip(
        (never.expected_spent(k)[0], never.expected_seconds(k), *never.expected_accuracy(k)),
        (fixed.expected_spent(k)[0], fixed.expected_seconds(k), *fixed.expected_accuracy(k)),
        strict=True,
    ):
        np.testing.assert_allclose(own, other, rtol=1e-12)


def test_the_confidence_of_a_leader_is_that_of_its_posterior():
    for first in range(9):
        for second in range(first + 1):
            assert leader_confidence(first, second) == pytest.approx(chance_to_lead(first, second), rel=1e-12)
    assert votes_needed(0.95, 8)[:2].tolist() == [4, 6]
    assert votes_needed(0.95, 3).tolist() == [4, 4, 4, 4], "never within three votes"


def test_policies_are_read_and_written():
    assert Stop.parse("fixed") is Stop.parse(None) is None
    for text in (
        "first-verified",
        "first-verified=0.5",
        "first-verified/2",
        "vote-until-sure",
        "vote-until-sure=0.9",
        "vote-until-sure=0.9/3",
    ):
        assert str(Stop.parse(text)) == text
    assert str(Stop("vote-until-sure", 0.95)) == "vote-until-sure"
    assert Stop.parse("vote-until-sure").level == 0.95
    with pytest.raises(LookupError, match="vote-until-sure"):
        Stop.parse("vote-until-shure")
    for text, what in (
        ("vote-until-sure=1", "below 1"),
        ("vote-until-sure=0.5", "above 0.5"),
        ("first-verified=good", "must be numbers"),
        ("fixed=1", "no level"),
        ("first-verified/two", "must be numbers"),
        ("first-verified/0", "at least 1"),
        ("first-verified=nan", "must be a number"),
        (3, "must be one of"),
    ):
        with pytest.raises(SettingError, match=what):
            Stop.parse(text)
    assert POLICIES[0] == "fixed"


def test_policies_need_a_way_to_keep():
    assert not misfit(VERIFIED, "oracle")
    assert not misfit(HALF, "verifier")
    assert "which score" in misfit(VERIFIED, "verifier")
    assert "majority" in misfit(VOTE, "oracle")
    assert "oracle" in misfit(VERIFIED, "all")


def test_states_are_limited():
    assert stopped_ways.stopped_ways(12, 12, 1, False) is not None
    assert stopped_ways.stopped_ways(13, 13, 1, False) is None
    assert stopped_ways.stopped_ways(12, 12, 3, False) is None


def test_many_attempts_are_counted_where_k_is_small():
    """More attempts than a machine's integers have bits."""
    n, right = 70, 7
    attempts = QuestionAttempts.of(
        np.zeros(n, dtype=int), (np.arange(n) < right).astype(float), np.ones(n), np.ones(n), keep="oracle"
    )
    queries = queries_of(attempts, VERIFIED, most=2)
    assert not queries.of(2).drawn
    missed = (n - right) / n
    np.testing.assert_allclose(queries.of(2).passes(2), [[1 - missed, missed]], rtol=1e-12)
    wrong = missed * (n - right - 1) / (n - 1)
    np.testing.assert_allclose(means_of(queries, 2), [[1 + missed, 1 + missed, 1 - wrong]], rtol=1e-12)


@pytest.mark.parametrize("parallel", [1, 2, 3, 4])
@pytest.mark.parametrize("ideal", [False, True])
def test_votes_are_counted_by_how_many_each_answer_has(monkeypatch, parallel, ideal):
    """Where the subsets of attempts are too many, the numbers of votes give the same means."""
    attempts = attempts_of(np.random.default_rng(4), "majority", (9, 7, 9, 8, 6))
    k = np.array([1, 3, 4, 6])
    counted = queries_of(attempts, VOTE, parallel, ideal=ideal)
    expected = [counted.expected_spent(k)[0], counted.expected_seconds(k), *counted.expected_accuracy(k)]
    monkeypatch.setattr("moo_inference.evaluation.stopped_queries.stopped_ways", lambda *_: None)
    monkeypatch.setattr("moo_inference.evaluation.stopped_queries.StoppedDraws", None)
    votes = queries_of(attempts, VOTE, parallel, ideal=ideal)
    found = [votes.expected_spent(k)[0], votes.expected_seconds(k), *votes.expected_accuracy(k)]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_votes_of_many_attempts_are_exact_where_answers_are_few():
    """64 attempts with two answers of equal share: passes until a lead that is sure, against a walk of its own."""
    answer = np.tile([0, 1], 32)
    attempts = QuestionAttempts.of(
        np.zeros(64, dtype=int), 1.0 - answer, np.ones(64), np.ones(64), keep="majority", answer=answer
    )
    stop = Stop("vote-until-sure", 0.9)
    found = queries_of(attempts, stop, most=40).expected_spent(np.array([40]))[0][0, 0, 0]
    alive, expected = {(0, 0): 1.0}, 0.0
    for drawn in range(40):
        following = {}
        for (a, b), chance in alive.items():
            expected += chance
            for votes, left in (((a + 1, b), 32 - a), ((a, b + 1), 32 - b)):
                if chance_to_lead(max(votes), min(votes)) < 0.9:
                    following[votes] = following.get(votes, 0.0) + chance * left / (64 - drawn)
        alive = following
    assert found == pytest.approx(expected, rel=1e-12)
    assert 3 < expected < 40
