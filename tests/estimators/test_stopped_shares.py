"""After how many passes queries of a known accuracy end, and how many of those are right: by hand."""

from math import comb, prod

import numpy as np
import pytest
from scipy.stats import norm

from moo_inference.estimators.stopped_accuracy import stopped_accuracy
from moo_inference.estimators.verified_normal import VerifiedNormal
from moo_inference.evaluation.interval import mean_interval
from moo_inference.evaluation.question_mean import QuestionMean

K = np.array([1, 2, 3, 5])
RIGHT = {"a": (0, 6), "b": (2, 6), "c": (5, 7), "d": (5, 5)}


def ends_of(running, batch):
    """Shares that stop at the looks and that run all k, where `running` gives those without a right pass so far."""
    looks = np.arange(batch, 5, batch)
    stopped = np.array([[(running(j - batch) - running(j)) * (j < k) for j in looks] for k in K.tolist()])
    full = np.array([running((k - 1) // batch * batch) for k in K.tolist()])
    missed = np.array([running(k) for k in K.tolist()])
    return looks, stopped, full, full - missed


def assert_ends(found, running, batch):
    looks, stopped, full, right = ends_of(running, batch)
    for ends, at_k in ((found.ends, full), (found.right, right)):
        np.testing.assert_array_equal(ends.k, K)
        np.testing.assert_array_equal(ends.looks, looks)
        np.testing.assert_allclose(ends.stopped, stopped, atol=1e-14)
        np.testing.assert_allclose(ends.full, at_k, atol=1e-14)
    np.testing.assert_allclose(found.error, [running(k) for k in K.tolist()], atol=1e-14)
    np.testing.assert_allclose(found.mean, [1 - running(k) for k in K.tolist()], atol=1e-14)


@pytest.mark.parametrize("batch", [1, 2, 3, 9])
def test_of_a_beta_none_of_j_passes_is_right_as_often_as_its_moment_says(gpt5, batch):
    """E[(1 - p)^j] = (b / (a + b)) ((b + 1) / (a + b + 1)) ..., of the questions that can be solved."""
    beta = {"kind": "beta", "a": 2.0, "b": 3.0, "samples": 4, "unsolvable": 0.1}

    def running(j):
        return 0.1 + 0.9 * prod((3 + i) / (5 + i) for i in range(j))

    found = stopped_accuracy(gpt5.replace(accuracy=beta, stop="first-verified"), K, batch)
    assert_ends(found, running, batch)
    assert found.questions is None
    assert found.evidence.extrapolated.tolist() == [False, False, False, True]
    np.testing.assert_array_equal(found.se, np.zeros(4))


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_of_counted_samples_none_of_j_is_right_as_often_as_their_draws_say(gpt5, batch):
    questions = {name: f"{right}/{n}" for name, (right, n) in RIGHT.items()}

    def running(j):
        return np.mean([comb(n - right, j) / comb(n, j) for right, n in RIGHT.values()])

    model = gpt5.replace(accuracy={"kind": "outcomes", "questions": questions}, stop="first-verified")
    found = stopped_accuracy(model, K, batch)
    assert_ends(found, running, batch)
    assert list(found.questions.names) == list("abcd")
    assert found.evidence.last.tolist() == [False, False, False, True]


@pytest.mark.parametrize("clusters", [{}, {"a": "x", "b": "x", "c": "y", "d": "y", "e": "z"}])
def test_a_vote_has_the_interval_of_a_mean_over_questions_or_their_clusters(gpt5, clusters):
    questions = {"a": "3/3 0/2", "b": "2/2 0/2 none:1", "c": "1/1 0/1 0/1 0/2", "d": "0/5", "e": "2/2 0/3"}
    accuracy = {"kind": "outcomes", "keep": "majority", "questions": questions, "clusters": clusters}
    found = stopped_accuracy(gpt5.replace(accuracy=accuracy, stop="vote-until-sure=0.8"), K, 1)
    own = found.questions
    over = QuestionMean.of(own.accuracy, own.error, [clusters[name] for name in own.names] if clusters else None)
    low, high = mean_interval(over)
    np.testing.assert_allclose(found.mean, own.accuracy.mean(axis=0))
    np.testing.assert_allclose(found.error, own.error.mean(axis=0))
    np.testing.assert_array_equal(found.evidence.ci_low, low)
    np.testing.assert_array_equal(found.evidence.ci_high, high)
    plain = mean_interval(QuestionMean.of(own.accuracy, own.error, None))
    assert np.allclose([low, high], plain) == (not clusters)
    assert not found.evidence.extrapolated.any()
    assert found.evidence.last.tolist() == [False, False, False, True]
    np.testing.assert_array_equal(found.se, np.zeros(4))
    # What stops and what runs all k are all; what is right of them is the accuracy.
    everything = np.ones(len(found.ends.looks))
    np.testing.assert_allclose(found.ends.mean(everything, np.ones(4)), np.ones(4))
    np.testing.assert_allclose(found.right.mean(everything, np.ones(4)), found.mean)
    assert (found.right.stopped <= found.ends.stopped + 1e-15).all()


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_of_a_normal_none_of_j_passes_reaches_the_level_as_often_as_its_power_says(gpt5, batch):
    """What is kept is below x as the first batch that reaches the level, or the last one, says."""
    mu, sigma, level = 0.6, 0.2, 0.7
    model = gpt5.replace(accuracy={"mean": mu, "std": sigma}, stop=f"first-verified={level}")
    found = stopped_accuracy(model, K, batch)
    assert isinstance(found, VerifiedNormal)
    a = norm.cdf((level - mu) / sigma)
    looks, stopped, full, _ = ends_of(lambda j: a**j, batch)
    np.testing.assert_allclose(found.ends.stopped, stopped, atol=1e-14)
    np.testing.assert_allclose(found.ends.full, full, atol=1e-14)
    for least in (0.4, 0.7, 0.75, 0.9, 1.0):
        f = norm.cdf((least - mu) / sigma)
        own = found.accurate(least)
        # A batch that stops reaches the level, and `least` where that is more.
        at_looks = [[(a ** (j - batch) * (1 - max(f, a) ** batch)) * (j < k) for j in looks] for k in K.tolist()]
        np.testing.assert_allclose(own.stopped, np.reshape(at_looks, (4, -1)), atol=1e-14)
        looked = (K - 1) // batch * batch
        at_k = a**looked - min(f, a) ** looked * f ** (K - looked)
        np.testing.assert_allclose(own.full, at_k, atol=1e-14)
        np.testing.assert_array_equal(own.looks, looks)
    for q in (0.1, 0.5, 0.9):
        x = found.quantile(q)
        for row, value in enumerate(x.tolist()):
            least = found.accurate(min(value + 1e-9, 1.0))
            assert 1 - least.mean(np.ones(len(looks)), np.ones(4))[row] == pytest.approx(q, abs=1e-6) or value == 1
