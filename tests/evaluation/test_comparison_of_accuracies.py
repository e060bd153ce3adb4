import csv

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import SettingError
from moo_inference.evaluation import accuracy_curve, compare_accuracies, paired_difference, question_accuracies

DATA = ROOT / "tests" / "data"


def test_a_small_model_with_a_verifier_beats_a_large_one_without_on_gsm8k():
    """6B, best of 100 by a verifier, 39.04 %; 175B, one pass, 34.72 %: 4.3 points on the same 1,319 problems."""
    with (DATA / "gsm8k_openai_correctness.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    small, large = (
        question_accuracies([row["problem_idx"] for row in rows], [int(row[name]) for row in rows], 1)
        for name in ("6b_verification", "175b_finetuning")
    )
    found = compare_accuracies(small, large)
    assert found.questions == 1319
    assert found.mean[0] == pytest.approx((515 - 458) / 1319, abs=1e-14)
    assert 0 < found.ci_low[0] < found.mean[0] < found.ci_high[0]
    # Without pairs the half widths add in squares, and are wider, since both find the same problems hard.
    apart = [accuracy_curve(range(1319), [int(row[name]) for row in rows], 1) for name in ("6b_verification", "175b_finetuning")]  # fmt: skip # noqa: E501
    half = np.hypot(*[(curve.ci_high[0] - curve.ci_low[0]) / 2 for curve in apart])
    assert found.ci_high[0] - found.ci_low[0] < 1.9 * half


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_accuracies_by_question_have_the_mean_of_the_curve(keep):
    rng = np.random.default_rng(1)
    question, answer = np.repeat(np.arange(9), 7), rng.integers(-1, 3, 63)
    options = {"keep": keep, "answer": answer, "score": rng.normal(size=63)}
    each = question_accuracies(question, answer == 1, [1, 3, 7], **options)
    curve = accuracy_curve(question, answer == 1, [1, 3, 7], **options)
    np.testing.assert_allclose(each.accuracy.mean(axis=0), curve.mean, rtol=1e-13)
    np.testing.assert_allclose(each.error.mean(axis=0), curve.error, rtol=1e-13)
    assert each.names.tolist() == list(range(9))
    assert each.exact.all()
    assert (each.se == 0).all()


def test_questions_are_matched_by_name_and_not_by_order():
    one = question_accuracies(["b", "a"], [1, 0], 1)
    other = question_accuracies(["a", "b"], [0, 1], 1)
    assert compare_accuracies(one, other).mean[0] == 0
    assert one.names.tolist() == ["a", "b"]


def test_other_questions_and_other_k_are_refused_and_named():
    one = question_accuracies(["a", "b"], [1, 0], 1)
    other = question_accuracies(["a", "a", "c", "c"], [1, 0, 1, 0], [1, 2])
    with pytest.raises(SettingError) as caught:
        compare_accuracies(one, other)
    assert caught.value.errors == (
        "both models must answer the same questions; the other lacks 1: 'b'",
        "both models must answer the same questions; the one lacks 1: 'c'",
        "both models must have the same k, got [1] and [1, 2]",
    )


def test_what_a_keeper_needs_is_named_here_too():
    with pytest.raises(SettingError, match="verifier needs a score for every sample, got none"):
        question_accuracies([0], [1], 1, keep="verifier")


def test_the_interval_of_a_difference_has_the_level_that_is_asked():
    rng = np.random.default_rng(2)
    question = np.repeat(np.arange(12), 4)
    one, other = (question_accuracies(question, rng.integers(0, 2, 48), [1, 3]) for _ in range(2))
    for level in (0.5, 0.99):
        found = compare_accuracies(one, other, level)
        expected = paired_difference(one.accuracy, other.accuracy, level)
        np.testing.assert_array_equal([found.mean, found.ci_low, found.ci_high], expected)
        assert found.clusters is None
        assert found.k.tolist() == [1, 3]
    usual, narrow = compare_accuracies(one, other), compare_accuracies(one, other, 0.5)
    np.testing.assert_array_equal(usual.ci_low, compare_accuracies(one, other, 0.95).ci_low)
    assert (usual.ci_high > narrow.ci_high).all()


def test_questions_that_one_model_lacks_are_shown_up_to_five():
    several = [question_accuracies(list(range(number)), [1] * number, 1) for number in (12, 11, 7, 6)]
    for other, lacking in (
        (several[1], "1: 11"),
        (several[2], "5: 10, 11, 7, 8, 9"),
        (several[3], "6: 10, 11, 6, 7, 8, ..."),
    ):
        with pytest.raises(SettingError) as caught:
            compare_accuracies(several[0], other)
        assert list(caught.value.errors) == [f"both models must answer the same questions; the other lacks {lacking}"]
    many = [question_accuracies([f"{name}{i}" for i in range(1234)], [1] * 1234, 1) for name in "ab"]
    with pytest.raises(SettingError) as caught:
        compare_accuracies(*many)
    assert str(caught.value) == "both models must answer the same questions, got none of 1,234 in common"


def test_clusters_that_one_of_two_models_lacks_are_refused_in_either_order():
    plain = question_accuracies(["a", "b"], [1, 0], 1)
    clustered = question_accuracies(["a", "b"], [1, 0], 1, cluster=["x", "y"])
    assert compare_accuracies(clustered, clustered).clusters == 2
    assert compare_accuracies(plain, plain).clusters is None
    for pair in ((plain, clustered), (clustered, plain)):
        with pytest.raises(SettingError) as caught:
            compare_accuracies(*pair)
        assert str(caught.value) == "both models must have the same clusters of questions, or none; got others"


def test_all_that_differs_between_two_models_is_told_but_clusters_last():
    one = question_accuracies(["a", "b"], [1, 0], 1, cluster=["x", "y"])
    other = question_accuracies(["a", "c"], [1, 0], 1)
    with pytest.raises(SettingError) as caught:
        compare_accuracies(one, other)
    assert len(caught.value.errors) == 2
