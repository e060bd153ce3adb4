import csv

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import SettingError
from moo_inference.evaluation import accuracy_curve, compare_accuracies, question_accuracies

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
