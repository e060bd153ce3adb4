import ast
import csv
import sys

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import (
    Samples,
    accuracy_curve,
    fit_beta,
    mean_interval,
    pass_at_k,
    question_accuracies,
    vote_at_k,
)
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.records import evaluation_of

DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="module")
def gsm8k():
    """{system: (1319,) outcomes}, one sample a problem."""
    with (DATA / "gsm8k_openai_correctness.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([int(row[name]) for row in rows]) for name in rows[0] if name != "problem_idx"}


def evaluation(seed, m=30, n=8):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(m), n)
    correct = rng.random(m * n) < rng.beta(0.7, 0.9, m)[question]
    answer = np.where(correct, 0, rng.geometric(0.5, m * n))
    return question, correct, answer, correct + rng.normal(size=m * n)


@pytest.mark.parametrize(
    ("system", "solved"),
    [("6b_finetuning", 286), ("6b_verification", 515), ("175b_finetuning", 458), ("175b_verification", 742)],
)
def test_published_solve_rates_of_gsm8k(gsm8k, system, solved):
    curve = accuracy_curve(np.arange(1319), gsm8k[system], 1)
    assert curve.mean[0] == pytest.approx(solved / 1319, abs=1e-15)
    assert curve.ci_low[0] < solved / 1319 < curve.ci_high[0]
    # Half the width of a 95 % interval is 1.96 sqrt(p q / m).
    assert curve.ci_high[0] - curve.ci_low[0] == pytest.approx(2 * 1.96 * curve.std[0] / np.sqrt(1319), rel=3e-3)


def test_four_systems_as_four_passes_find_what_any_of_them_finds(gsm8k):
    table = np.stack(list(gsm8k.values()), axis=1)
    curve = accuracy_curve(np.repeat(np.arange(1319), 4), table.ravel(), [4, 1])
    assert curve.mean[0] == pytest.approx(table.any(axis=1).mean(), abs=1e-14)
    assert curve.mean[1] == pytest.approx(table.mean(), abs=1e-14)


def test_fields_of_each_keeper_are_those_of_its_part():
    question, correct, answer, score = evaluation(1)
    samples, k = Samples.of(question, correct), [3, 1, 8]
    oracle = accuracy_curve(question, correct, k)
    np.testing.assert_allclose(oracle.mean, pass_at_k(samples.n, samples.c, k)[0].mean(axis=0), rtol=1e-13)
    majority = accuracy_curve(question, correct, k, keep="majority", answer=answer)
    votes = vote_at_k(samples, answer, k)
    np.testing.assert_allclose(majority.mean, votes.accuracy.mean(axis=0), rtol=1e-14)
    np.testing.assert_array_equal(
        [majority.ci_low, majority.ci_high], mean_interval(QuestionMean.of(votes.accuracy, votes.error))
    )
    verifier = accuracy_curve(question, correct, k, keep="verifier", score=score)
    for curve, keep in ((oracle, "oracle"), (majority, "majority"), (verifier, "verifier")):
        assert curve.keep == keep
        assert curve.k.tolist() == k
        assert curve.exact
        assert curve.simulated == 0
        assert not curve.extrapolated.any()
        assert (curve.se == 0).all()
        np.testing.assert_allclose(curve.mean + curve.error, 1, atol=1e-14)
        np.testing.assert_allclose(curve.std, np.sqrt(curve.mean * curve.error))
        assert (curve.ci_low < curve.mean).all()
        assert (curve.mean < curve.ci_high).all()


def test_a_simulated_vote_says_so_and_how_far_it_may_be_off():
    question, correct, answer, _ = evaluation(2)
    exact = accuracy_curve(question, correct, [2, 5], keep="majority", answer=answer)
    curve = accuracy_curve(question, correct, [2, 5], keep="majority", answer=answer, exact_cost=0, trials=400)
    assert not curve.exact
    assert curve.simulated == 30
    assert (np.abs(curve.mean - exact.mean) < 4 * curve.se).all()
    assert (curve.se < 0.01).all()
    assert (np.abs(curve.mean - exact.mean[::-1]) > 4 * curve.se).all()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=14), st.data())
def test_nothing_beats_a_perfect_verifier(rows, data):
    question, answer, score = (np.array(column) for column in zip(*rows, strict=True))
    correct = answer == data.draw(st.integers(0, 4))
    k = np.arange(1, np.bincount(question)[np.unique(question)].min() + 1)
    best = accuracy_curve(question, correct, k)
    assert (np.diff(best.mean) >= -1e-15).all()
    for keep in ("majority", "verifier"):
        curve = accuracy_curve(question, correct, k, keep=keep, answer=answer, score=score)
        assert (curve.mean <= best.mean + 1e-12).all()
        assert (curve.error >= best.error - 1e-12).all()
        assert curve.mean[0] == pytest.approx(best.mean[0], abs=1e-14)


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_the_order_of_samples_and_the_names_of_questions_change_nothing(keep):
    question, correct, answer, score = evaluation(3)
    order = np.random.default_rng(0).permutation(len(question))
    names = np.array([f"q{99 - q}" for q in question])
    curve = accuracy_curve(question, correct, [1, 4, 7], keep=keep, answer=answer, score=score)
    other = accuracy_curve(names[order], correct[order], [1, 4, 7], keep=keep, answer=answer[order], score=score[order])
    np.testing.assert_allclose(curve.mean, other.mean, rtol=1e-13)
    np.testing.assert_allclose(curve.ci_low, other.ci_low, rtol=1e-12)


def test_voting_may_fall_with_k():
    """Each question: 4 of 10 samples right, 6 share one wrong answer."""
    question, correct = np.repeat(np.arange(20), 10), np.tile([1] * 4 + [0] * 6, 20)
    curve = accuracy_curve(question, correct, [1, 3, 5, 9], keep="majority", answer=correct)
    assert (np.diff(curve.mean) < 0).all()
    assert curve.mean[-1] == 0
    assert curve.std[-1] == 0


def test_the_beta_distribution_goes_beyond_the_samples_and_says_so():
    question, correct, _, _ = evaluation(4, m=100)
    k = [1, 8, 9, 1000]
    curve = accuracy_curve(question, correct, k, model="beta")
    assert curve.extrapolated.tolist() == [False, False, True, True]
    samples = Samples.of(question, correct)
    fit = fit_beta(samples.n, samples.c)
    np.testing.assert_array_equal(curve.mean, fit.pass_at_k(k)[0])
    np.testing.assert_array_equal([curve.ci_low, curve.ci_high], fit.interval(k))
    assert curve.exact
    with pytest.raises(SettingError, match="k must be at most n = 8, as question 0 has 8 samples, got 9, 1000"):
        accuracy_curve(question, correct, k)


def test_texts_from_a_table_are_names():
    curve = accuracy_curve(np.array(["b", "a", "b"], dtype=object), [1, 0, 0], 1)
    assert curve.mean[0] == 0.25


def test_one_question_has_no_interval():
    curve = accuracy_curve(["only"] * 3, [1, 0, 0], [1, 2])
    assert np.isnan(curve.ci_low).all()
    assert np.isnan(curve.ci_high).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep": "verifier"}, "verifier needs a score for every sample, got none"),
        ({"keep": "majority"}, "majority needs an answer for every sample, -1 where there is none; got none"),
        ({"keep": "best"}, "keep must be one of: oracle, verifier, majority; got 'best'"),
        ({"model": "gamma"}, "model must be one of: outcomes, beta; got 'gamma'"),
        ({"keep": "majority", "answer": [0, 1], "model": "beta"}, "keep must be 'oracle', got 'majority'"),
        ({"level": 95}, "level must lie between 0 and 1"),
    ],
)
def test_what_is_missing_is_named(options, words):
    with pytest.raises(SettingError, match=words):
        accuracy_curve([0, 0], [1, 0], 1, **options)


def test_all_bad_settings_are_told_at_once():
    with pytest.raises(SettingError) as caught:
        accuracy_curve([0, 0], [1, 0], 1, keep="verifier", model="beta")
    assert len(caught.value.errors) == 2


@pytest.mark.parametrize(
    ("question", "correct", "words"),
    [
        ([0, 0], [1, 2], r"correct must be 0 \(wrong\) or 1 \(right\) for every sample, got 2"),
        ([0, 0], [1, float("nan")], "correct must be 0 .* got nan"),
        ([0, 0], ["yes", "no"], "correct must be a list of 0 .wrong. and 1 .right., got an array of <U3"),
        ([], [], "correct must be a list"),
        ([0], [1, 0], "question must name the question of every sample .* for 2 samples"),
        ([None, "a"], [1, 0], "question must name the question of every sample .* got object"),
        ([0.5, 1.0], [1, 0], "question must name the question of every sample .* got float64"),
    ],
)
def test_bad_samples_are_refused(question, correct, words):
    with pytest.raises(SettingError, match=words):
        accuracy_curve(question, correct, 1)


def test_the_package_needs_arrays_alone():
    """No model, no catalog, no pandas: nothing but NumPy, SciPy and what Python brings along."""
    paths = list((ROOT / "moo_inference" / "evaluation").glob("*.py"))
    assert len(paths) > 1
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                own = name.startswith(("moo_inference.evaluation", "moo_inference.errors"))
                assert own or name.split(".")[0] in {"numpy", "scipy", *sys.stdlib_module_names}, (path.name, name)


@pytest.mark.parametrize("model", ["outcomes", "beta"])
def test_the_interval_has_the_level_that_is_asked(model):
    question, correct, _, _ = evaluation(5, m=60)
    samples, k = Samples.of(question, correct), [1, 4]
    for level in (0.5, 0.99):
        curve = accuracy_curve(question, correct, k, model=model, level=level)
        if model == "beta":
            expected = fit_beta(samples.n, samples.c).interval(k, level)
        else:
            expected = mean_interval(QuestionMean.of(*pass_at_k(samples.n, samples.c, k)), level)
        np.testing.assert_allclose([curve.ci_low, curve.ci_high], expected, rtol=1e-12)
        assert (curve.exact, curve.simulated, curve.se.tolist()) == (True, 0, [0.0, 0.0])
        np.testing.assert_allclose(curve.std, np.sqrt(curve.mean * curve.error), rtol=1e-14)


def test_votes_are_simulated_with_what_is_given_and_err_as_their_questions_together():
    question, correct, answer, _ = evaluation(6, m=12)
    samples, k = Samples.of(question, correct), [2, 5]
    seen = []
    for options in ({"trials": 50, "seed": 3}, {"trials": 50, "seed": 4}, {"trials": 60, "seed": 3}):
        curve, each = (
            function(question, correct, k, keep="majority", answer=answer, exact_cost=0, **options)
            for function in (accuracy_curve, question_accuracies)
        )
        votes = vote_at_k(samples, answer, np.array(k), exact_cost=0, **options)
        np.testing.assert_array_equal(each.accuracy, votes.accuracy)
        np.testing.assert_array_equal(each.error, votes.error)
        np.testing.assert_array_equal(each.se, votes.se)
        assert not each.exact.any()
        assert each.clusters is None
        np.testing.assert_allclose(curve.mean, votes.accuracy.mean(axis=0), rtol=1e-14)
        np.testing.assert_allclose(curve.se, np.sqrt((votes.se**2).sum(axis=0)) / 12, rtol=1e-14)
        seen.append(curve.mean.tolist())
    assert seen[0] != seen[1] != seen[2] != seen[0]
    assert accuracy_curve(question, correct, k, keep="majority", answer=answer).exact


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_the_question_with_too_few_samples_is_named(keep):
    given = (["x", "x", "y"], [1, 0, 1], [2, 1])
    options = {"keep": keep, "answer": [0, 1, 0], "score": [1, 2, 3]}
    for call in (accuracy_curve, question_accuracies):
        with pytest.raises(SettingError) as caught:
            call(*given, **options)
        assert str(caught.value) == "k must be at most n = 1, as question 'y' has 1 sample, got 2"


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        (
            {"keep": "best", "model": "gamma"},
            [
                "keep must be one of: oracle, verifier, majority; got 'best'",
                "model must be one of: outcomes, beta; got 'gamma'",
            ],
        ),
        (
            {"keep": "verifier", "model": "beta"},
            [
                "verifier needs a score for every sample, got none",
                "model 'beta' gives the accuracy of an oracle only: keep must be 'oracle', got 'verifier'",
            ],
        ),
        (
            {"keep": "majority", "model": "beta", "score": [1, 2]},
            [
                "majority needs an answer for every sample, -1 where there is none; got none",
                "model 'beta' gives the accuracy of an oracle only: keep must be 'oracle', got 'majority'",
            ],
        ),
        (
            {"keep": "verifier", "model": "beta", "score": [1, 2]},
            ["model 'beta' gives the accuracy of an oracle only: keep must be 'oracle', got 'verifier'"],
        ),
        ({"keep": "verifier", "answer": [1, 2]}, ["verifier needs a score for every sample, got none"]),
    ],
)
def test_all_that_does_not_go_together_is_told(options, sentences):
    with pytest.raises(SettingError) as caught:
        accuracy_curve([0, 0], [1, 0], 1, **options)
    assert list(caught.value.errors) == sentences


@pytest.mark.parametrize("call", [accuracy_curve, question_accuracies])
def test_each_keeper_keeps_another_pass(call):
    """Of one right and two wrong samples that score higher and agree; of one right of two, the other without answer."""
    given = (["a", "a", "a", "b", "b"], [1, 0, 0, 1, 0], [1, 2])
    options = {"answer": [1, 0, 0, 3, -1], "score": [1, 2, 3, 2, 1]}
    for keep, expected in (
        ("oracle", [[1 / 3, 2 / 3], [1 / 2, 1]]),
        ("verifier", [[1 / 3, 0], [1 / 2, 1]]),
        # A pair of different answers in a is split evenly.
        ("majority", [[1 / 3, 2 / 3 * 1 / 2], [1 / 2, 1]]),
    ):
        found = call(*given, keep=keep, **options)
        mean = found.mean if call is accuracy_curve else found.accuracy
        np.testing.assert_allclose(
            mean, np.mean(expected, axis=0) if call is accuracy_curve else expected, rtol=1e-13, atol=1e-15
        )
        np.testing.assert_allclose(found.error, 1 - mean, rtol=1e-13)
        assert found.k.tolist() == [1, 2]


@pytest.mark.parametrize("call", [accuracy_curve, question_accuracies])
def test_what_a_keeper_lacks_is_named_and_nothing_else_is_kept(call):
    for options, sentence in (
        (
            {"keep": "majority", "score": [1, 2]},
            "majority needs an answer for every sample, -1 where there is none; got none",
        ),
        ({"keep": "verifier", "answer": [1, 2]}, "verifier needs a score for every sample, got none"),
        ({"keep": "best"}, "keep must be one of: oracle, verifier, majority; got 'best'"),
    ):
        with pytest.raises(SettingError) as caught:
            call([0, 0], [1, 0], 1, **options)
        assert str(caught.value) == sentence


def test_what_is_not_said_is_the_same_everywhere():
    """Levels of 95 %, and votes that are simulated a thousand times with the seed 42."""
    question, correct, answer, _ = evaluation(7, m=3)
    usual, said = (accuracy_curve(question, correct, [2], **own) for own in ({}, {"level": 0.95}))
    assert (usual.ci_low, usual.ci_high) == (said.ci_low, said.ci_high)
    votes = vote_at_k(Samples.of(question, correct), answer, [3], exact_cost=0, trials=1000, seed=42)
    each, curve = (
        call(question, correct, [3], keep="majority", answer=answer, exact_cost=0)
        for call in (question_accuracies, accuracy_curve)
    )
    np.testing.assert_array_equal(each.accuracy, votes.accuracy)
    assert curve.mean[0] == pytest.approx(votes.accuracy.mean(), rel=1e-14)
    # Where votes are few they are counted, unless that is ruled out.
    assert question_accuracies(question, correct, [3], keep="majority", answer=answer).exact.all()


def test_a_simulated_vote_of_records_is_simulated_as_that_of_their_samples():
    answer = np.sort(np.random.default_rng(1).integers(0, 40, 1500))
    given = (["q"] * 1500, (answer < 3).astype(int))
    records = evaluation_of(*given, "majority", answer=answer).curve([600])
    samples = accuracy_curve(*given, [600], keep="majority", answer=answer)
    assert (records.mean, records.se, records.exact) == (samples.mean, samples.se, False)
