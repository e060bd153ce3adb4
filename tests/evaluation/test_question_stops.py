"""When queries of single questions stop: against a twin that runs every order of a question's samples."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import beta

from moo_inference.errors import SettingError
from moo_inference.evaluation import question_stops as module
from moo_inference.evaluation.question_stops import QuestionStops, question_stops
from moo_inference.evaluation.records import Evaluation
from moo_inference.evaluation.stop import Stop

VOTES = {"c": "3/3 0/2 none:1", "a": "1/2 0/3 0/1", "b": "1/4 2/2"}
COUNTS = {"c": "2/6", "a": "0/5", "b": "5/5", "d": "1/6"}
LEVEL = 0.8


@cache
def is_sure(first, second):
    return beta.sf(0.5, first + 1, second + 1) >= LEVEL


def leader(votes):
    """Groups in the lead, and whether a vote of all would be sure: P(p > 1/2) of Beta(first + 1, second + 1)."""
    counts = {group: votes.count(group) for group in votes if group != -1}
    if not counts:
        return [], False
    first, second = [*sorted(counts.values(), reverse=True), 0][:2]
    return [g for g, count in counts.items() if count == first], is_sure(first, second)


def run(samples, k, batch, policy):
    """Passes that ran, and what is kept, of samples in this order as (group, right, mean worth of the group)."""
    for ran in [*range(batch, k, batch), k]:
        groups = [group for group, _, _ in samples[:ran]]
        leads, sure = leader(groups)
        found = any(right for _, right, _ in samples[:ran])
        if ran == k or (sure if policy == "vote-until-sure" else found):
            break
    if policy == "first-verified":
        return ran, float(found)
    worth = {group: mean for group, _, mean in samples[:ran]}
    return ran, np.mean([worth[group] for group in leads]) if leads else 0.0


def samples_of(record):
    found = [
        (place, number < right, right / size)
        for place, (right, size) in enumerate(record.groups)
        for number in range(size)
    ]
    return found + [(-1, False, 0.0)] * record.absent


def twin(record, k, batch, policy):
    """Shares that stop at each look before k, that stop and are right, that run all k; and the accuracy."""
    looks = (k - 1) // batch
    orders = list(permutations(samples_of(record), k))
    stopped, right = np.zeros((2, looks + 1))
    for order in orders:
        ran, kept = run(order, k, batch, policy)
        place = (ran - 1) // batch
        stopped[place] += 1 / len(orders)
        right[place] += kept / len(orders)
    return stopped[:-1], right[:-1], stopped[-1], right.sum()


@pytest.mark.parametrize(
    ("policy", "texts", "keep"),
    [("first-verified", COUNTS, "oracle"), ("vote-until-sure", VOTES, "majority")],
)
@pytest.mark.parametrize(("batch", "at_once"), [(1, 1 << 22), (2, 1 << 22), (3, 1 << 22), (2, 1)])
def test_each_question_stops_as_all_orders_of_its_samples_do(policy, texts, keep, batch, at_once, monkeypatch):
    """However many questions are looked at together; questions stand in ascending order."""
    monkeypatch.setattr(module, "_SAMPLES_AT_ONCE", at_once)
    evaluation = Evaluation.parse(texts, keep)
    stop = Stop(policy, LEVEL if policy == "vote-until-sure" else None)
    k = [4, 1, 3]
    found = question_stops(evaluation, stop, np.array(k), batch)
    assert list(found.names) == sorted(texts)
    assert [own.shape for own in found.stopped] == [(len(texts), (most - 1) // batch) for most in k]
    for column, most in enumerate(k):
        for row, name in enumerate(sorted(texts)):
            record = evaluation.records[evaluation.names.index(name)]
            stopped, right, full, accuracy = twin(record, most, batch, policy)
            np.testing.assert_allclose(found.stopped[column][row], stopped, atol=1e-12)
            np.testing.assert_allclose(found.right[column][row], right, atol=1e-12)
            assert found.full[row, column] == pytest.approx(full, abs=1e-12)
            assert found.accuracy[row, column] == pytest.approx(accuracy, abs=1e-12)
            assert found.error[row, column] == pytest.approx(1 - accuracy, abs=1e-12)
    assert not found.accuracy_se.any()
    assert not found.draws.any()
    assert found.draws.dtype.kind == "i"


def test_expectations_are_over_looks_and_what_runs_to_the_end():
    """Of two questions: after 2, 4 or, with k = 5, all passes."""
    stopped = [np.empty((2, 0)), np.array([[0.5, 0.25], [0.0, 1.0]])]
    full, nothing = np.array([[1.0, 0.25], [1.0, 0.0]]), np.zeros((2, 2))
    draws = np.array([[0, 16], [0, 4]])
    found = QuestionStops(["a", "b"], stopped, stopped, full, nothing, nothing, nothing, draws)
    at_looks, at_k = np.array([2.0, 4.0, 99.0]), np.array([1.0, 5.0])
    np.testing.assert_allclose(found.mean(at_looks, at_k), [[1.0, 3.25], [1.0, 4.0]])
    # The first question's variance is 0.5 4 + 0.25 16 + 0.25 25 - 3.25^2 = 1.6875; the second does not vary.
    np.testing.assert_allclose(found.se(at_looks, at_k), [0.0, np.sqrt(1.6875 / 16) / 2])
    counted = QuestionStops(["a", "b"], stopped, stopped, full, nothing, nothing, nothing, draws * 0)
    assert counted.se(at_looks, at_k).tolist() == [0.0, 0.0]


def test_votes_that_are_too_many_to_count_are_drawn_and_say_how_often(monkeypatch):
    """Without ties a query is right or wrong, so t of them have the standard error sqrt(p (1 - p) / (t - 1))."""
    evaluation = Evaluation.parse(dict.fromkeys("abcd", "22/22 0/18"), "majority")
    stop, k = Stop("vote-until-sure", 0.9), np.array([9, 3])
    found = question_stops(evaluation, stop, k, 3, trials=400, seed=7)
    assert (found.draws[:, 0] == 400).all()
    p = found.accuracy[:, 0]
    np.testing.assert_allclose(found.accuracy_se[:, 0], np.sqrt(p * (1 - p) / 399), rtol=1e-9)
    assert len({*p.tolist()}) > 1
    np.testing.assert_allclose(found.stopped[0].sum(axis=1) + found.full[:, 0], 1.0)
    np.testing.assert_allclose(found.accuracy + found.error, 1.0)
    other = question_stops(evaluation, stop, k, 3, trials=400, seed=8)
    assert (other.accuracy[:, 0] != p).any()
    np.testing.assert_array_equal(question_stops(evaluation, stop, k[:1], 3, trials=400, seed=7).accuracy[:, 0], p)
    # One by one, no two questions have the same luck.
    monkeypatch.setattr(module, "_SAMPLES_AT_ONCE", 1)
    alone = question_stops(evaluation, stop, k, 3, trials=400, seed=7).accuracy[:, 0]
    assert len({*alone.tolist()}) > 1
    np.testing.assert_allclose(alone.mean(), p.mean(), atol=4 * np.sqrt(2 * 0.25 / 1600))


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_a_question_with_too_few_samples_is_named(batch):
    evaluation = Evaluation.parse({"b": "1/3", "a": "0/2"}, "oracle")
    with pytest.raises(SettingError) as refused:
        question_stops(evaluation, Stop("first-verified"), np.array([1, 3]), batch)
    assert str(refused.value) == "k must be at most n = 2, as question 'a' has 2 samples, got 3"


def test_queries_of_several_looks_are_counted_at_each():
    """One right of six: it stands in each pair of passes as often. And votes that agree are sure at the first look."""
    evaluation = Evaluation.parse({"a": "1/6", "b": "6/6"}, "oracle")
    found = question_stops(evaluation, Stop("first-verified"), np.array([6, 5]), 2)
    np.testing.assert_allclose(found.stopped[0], [[1 / 3, 1 / 3], [1, 0]], atol=1e-14)
    np.testing.assert_allclose(found.full, [[1 / 3, 1 / 3], [0, 0]], atol=1e-14)
    np.testing.assert_allclose(found.accuracy, [[1, 5 / 6], [1, 1]], rtol=1e-14)
    votes = Evaluation.parse({"a": "0/6", "b": "6/6"}, "majority")
    found = question_stops(votes, Stop("vote-until-sure", 0.8), np.array([6]), 2)
    np.testing.assert_allclose(found.stopped[0], [[1, 0], [1, 0]], atol=1e-14)
    np.testing.assert_allclose(found.right[0], [[0, 0], [1, 0]], atol=1e-14)
    assert found.full.tolist() == [[0], [0]]
