"""Clusters of questions: several questions of one source, which are right or wrong together."""

from dataclasses import replace

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation import (
    QuestionMean,
    accuracy_curve,
    compare_accuracies,
    mean_interval,
    paired_difference,
    question_accuracies,
)
from moo_inference.evaluation.clusters import cluster_codes, cluster_shares
from moo_inference.evaluation.records import Evaluation, evaluation_of

QUESTIONS = np.array([f"q{number:02}" for number in range(30)])
SOURCES = np.array([f"text {number % 9}" for number in range(30)])


def samples(seed, n=5):
    """Samples of QUESTIONS in any order, each with its cluster."""
    rng = np.random.default_rng(seed)
    place = rng.permutation(np.repeat(np.arange(len(QUESTIONS)), n))
    ease = np.random.default_rng(0).beta(1, 1, 9)[place % 9]
    correct = (rng.random(len(place)) < ease).astype(int)
    return {
        "question": QUESTIONS[place],
        "correct": correct,
        "answer": np.where(correct, 0, rng.integers(1, 3, len(place))),
        "score": (correct + rng.normal(size=len(place))).round(1),
        "cluster": SOURCES[place],
    }


def test_the_standard_error_is_the_one_that_is_robust_to_clusters():
    """sqrt(c / (c - 1) sum over clusters of squared sums of residuals) / m, with loops."""
    values = np.random.default_rng(1).random((30, 2))
    found = QuestionMean.of(values, 1 - values, SOURCES)
    for column, se in zip(values.T, found.se, strict=True):
        residual = column - column.mean()
        squares = [sum(residual[source == SOURCES]) ** 2 for source in set(SOURCES)]
        assert se == pytest.approx(np.sqrt(9 / 8 * sum(squares)) / 30, rel=1e-12)
    shares = cluster_shares(values, cluster_codes(SOURCES, 30))
    np.testing.assert_allclose(shares.mean(axis=0), values.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(shares.std(axis=0, ddof=1) / 3, found.se, rtol=1e-12)


def test_all_right_is_as_sure_as_its_clusters():
    ones = np.ones((30, 1))
    low, _ = mean_interval(QuestionMean.of(ones, 1 - ones, np.repeat(np.arange(6), 5)))
    np.testing.assert_allclose(low, mean_interval(QuestionMean.of(ones[:6], 1 - ones[:6]))[0], atol=1e-9)


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_curves_and_records_have_the_interval_over_clusters(keep):
    found = samples(2)
    k = [1, 3, 5]
    each = question_accuracies(k=k, keep=keep, **found)
    assert each.names.tolist() == QUESTIONS.tolist()
    assert each.clusters.tolist() == SOURCES.tolist()
    expected = mean_interval(QuestionMean.of(each.accuracy, each.error, SOURCES))
    curve = accuracy_curve(k=k, keep=keep, **found)
    np.testing.assert_allclose([curve.ci_low, curve.ci_high], expected, rtol=1e-12)
    records = evaluation_of(keep=keep, **found)
    assert records.clusters == tuple(SOURCES)
    own = records.curve(k)
    np.testing.assert_allclose([own.ci_low, own.ci_high], expected, rtol=1e-12)
    alone = accuracy_curve(k=k, keep=keep, **{**found, "cluster": None})
    np.testing.assert_allclose(own.mean, alone.mean, rtol=1e-12)
    assert (curve.ci_high - curve.ci_low > alone.ci_high - alone.ci_low).all()


def test_records_in_another_order_keep_the_cluster_of_each_question():
    records = evaluation_of(**{**samples(3), "answer": None, "score": None})
    texts = dict(zip(records.names, map(str, records.records), strict=True))
    clusters = dict(zip(QUESTIONS.tolist(), SOURCES.tolist(), strict=True))
    turned = Evaluation.parse(dict(reversed(texts.items())), "oracle", clusters)
    assert turned.clusters == tuple(SOURCES[::-1])
    one, other = records.curve([2]), turned.curve([2])
    np.testing.assert_allclose([one.ci_low, one.ci_high], [other.ci_low, other.ci_high], rtol=1e-12)


def test_compared_models_have_one_set_of_clusters():
    one, other = (question_accuracies(k=[1, 2], **samples(seed)) for seed in (4, 5))
    found = compare_accuracies(one, other)
    assert (found.questions, found.clusters) == (30, 9)
    expected = paired_difference(one.accuracy, other.accuracy, clusters=SOURCES)
    np.testing.assert_array_equal([found.mean, found.ci_low, found.ci_high], expected)
    for clusters in (None, SOURCES[::-1]):
        with pytest.raises(SettingError, match="both models must have the same clusters of questions, or none"):
            compare_accuracies(one, replace(other, clusters=clusters))


def test_models_that_share_no_question_are_refused_in_one_line():
    one, other = (question_accuracies([f"{which}{number}" for number in range(9)], [1] * 9, [1]) for which in "ab")
    with pytest.raises(
        SettingError, match="both models must answer the same questions, got none of 9 in common"
    ) as told:
        compare_accuracies(one, other)
    assert len(told.value.errors) == 1


def test_a_question_stands_in_one_cluster():
    with pytest.raises(SettingError, match="all samples of a question must have one cluster, got several for 'b'"):
        accuracy_curve(["a", "b", "b"], [1, 0, 1], [1], cluster=["x", "x", "y"])
    with pytest.raises(SettingError, match=r"cluster must name one for each of 3 samples, got shape \(2,\)"):
        accuracy_curve(["a", "b", "b"], [1, 0, 1], [1], cluster=["x", "x"])


@pytest.mark.parametrize(("wrong", "shown"), [(5, "'q00', 'q01', 'q02', 'q03', 'q04'"), (6, "'q03', 'q04', ...")])
def test_of_many_questions_in_two_clusters_five_are_named(wrong, shown):
    cluster = [f"{number < wrong and half}" for number in range(30) for half in (1, 2)]
    with pytest.raises(SettingError, match=f"got several for '.*{shown[1:]}$"):
        accuracy_curve(np.repeat(QUESTIONS, 2), [1, 0] * 30, [1], cluster=cluster)


def test_of_clusters_of_one_question_each_the_shares_are_the_questions_themselves():
    values = np.random.default_rng(3).beta(0.3, 2, (30, 2))
    codes = np.random.default_rng(4).permutation(30)
    np.testing.assert_allclose(cluster_shares(values, codes)[codes], values, rtol=1e-13, atol=1e-15)


def test_one_with_clusters_and_one_without_are_not_compared_in_either_order():
    one, other = (question_accuracies(k=[1, 2], **samples(seed)) for seed in (4, 5))
    with pytest.raises(SettingError, match="both models must have the same clusters of questions, or none"):
        compare_accuracies(replace(one, clusters=None), other)
