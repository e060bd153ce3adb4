import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import accuracy_curve, vote_at_k
from moo_inference.evaluation.records import Evaluation, Record, evaluation_of, shared_questions
from moo_inference.evaluation.samples import Samples

KEEPERS = ("oracle", "verifier", "majority")

sizes = st.integers(1, 10**9 - 1)
groups = sizes.flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


@st.composite
def records(draw, keep):
    if keep == "oracle":
        return Record((draw(groups),))
    found = tuple(draw(st.lists(groups, max_size=6)))
    absent = draw(st.integers(0 if found else 1, 10**9 - 1)) if keep == "majority" else 0
    return Record(found or (() if absent else ((1, 1),)), absent)


@pytest.mark.parametrize("keep", KEEPERS)
@given(data=st.data())
def test_a_record_is_read_back_from_its_text(keep, data):
    record = data.draw(records(keep))
    text = str(record)
    assert Record.parse(text, keep) == record
    assert str(Record.parse(f"  {text.replace(' ', '   ')} ", keep)) == text
    assert record.n == sum(size for _, size in record.groups) + record.absent
    assert record.c == sum(right for right, _ in record.groups)


@given(st.text(alphabet="0123456789/ :none-+.e\n\t٣²", max_size=14), st.sampled_from(KEEPERS))
def test_any_other_text_is_refused_with_words(text, keep):
    said, record = "", None
    try:
        record = Record.parse(text, keep)
    except ValueError as error:
        said = str(error)
    if record is None:
        assert said.startswith("must ")
        assert "right/all" in said
    else:
        assert 0 <= record.c <= record.n
        assert record.n >= 1
        assert Record.parse(str(record), keep) == record


@pytest.mark.parametrize(
    ("text", "keep", "words"),
    [
        ("", "oracle", "at least one sample"),
        ("   ", "majority", "at least one sample"),
        ("4/3", "oracle", "such as 3/10"),
        ("0/0", "verifier", "such as 3/10"),
        ("-1/3", "oracle", "such as 3/10"),
        ("1.0/3", "oracle", "such as 3/10"),
        ("1/3/4", "oracle", "such as 3/10"),
        ("1/1000000000", "oracle", "such as 3/10"),
        ("1/1 none:2", "oracle", "such as 3/10"),
        ("1/1 none:2", "verifier", "such as 3/10"),
        ("1/1 none:0", "majority", "and none:2 for samples without an answer"),
        ("none:1 none:1", "majority", "and none:2 for samples without an answer"),
        ("1/1 2/2", "oracle", "one group, right/all, where the oracle keeps"),
    ],
)
def test_what_is_no_record_is_refused(text, keep, words):
    with pytest.raises(ValueError, match=f"^must .*{words}"):
        Record.parse(text, keep)


def test_the_wrong_question_is_named():
    with pytest.raises(ValueError, match="question 'second' must be groups"):
        Evaluation.parse({"first": "1/2", "second": "3/2"}, "oracle")


@st.composite
def evaluations(draw):
    """Samples of some questions: unequal n, scores with ties and infinities, absent answers, half-right answers."""
    n = draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))
    many = sum(n)

    def column(values):
        return np.array(draw(st.lists(values, min_size=many, max_size=many)))

    question = np.repeat([f"q{number}" for number in draw(st.permutations(range(len(n))))], n)
    correct = column(st.integers(0, 1))
    answer = column(st.integers(-1, 3))
    score = column(st.sampled_from([-np.inf, -1.5, -0.0, 0.0, 0.25, np.inf]))
    order = np.array(draw(st.permutations(range(many))))
    return question[order], correct[order], answer[order], score[order]


@pytest.mark.parametrize("keep", KEEPERS)
@settings(max_examples=60)
@given(found=evaluations())
def test_records_tell_what_the_samples_tell(keep, found):
    question, correct, answer, score = found
    evaluation = evaluation_of(question, correct, keep, answer=answer, score=score)
    k = np.arange(1, evaluation.fewest + 1)
    theirs = accuracy_curve(question, correct, k, keep=keep, answer=answer, score=score)
    again = Evaluation.parse(dict(zip(evaluation.names, map(str, evaluation.records), strict=True)), keep)
    assert again == evaluation
    assert evaluation.fewest == np.unique(question, return_counts=True)[1].min()
    for ours in (evaluation.curve(k), again.curve(k)):
        assert (ours.keep, ours.exact, ours.simulated) == (keep, theirs.exact, theirs.simulated)
        for name in ("k", "mean", "error", "std", "ci_low", "ci_high", "extrapolated", "se"):
            np.testing.assert_allclose(
                getattr(ours, name).astype(float), getattr(theirs, name).astype(float), rtol=1e-10, atol=1e-7
            )
        np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("keep", KEEPERS)
def test_the_order_in_which_samples_stand_makes_the_same_records(keep):
    rng = np.random.default_rng(5)
    question, correct = np.repeat(np.arange(20), 9), rng.integers(0, 2, 180)
    answer, score = rng.integers(-1, 3, 180), rng.integers(0, 4, 180).astype(float)
    order = rng.permutation(180)
    one = evaluation_of(question, correct, keep, answer=answer, score=score)
    other = evaluation_of(question[order], correct[order], keep, answer=answer[order], score=score[order])
    assert one == other
    # A control: another score, or another answer, is another evaluation.
    if keep != "oracle":
        assert one != evaluation_of(question, correct, keep, answer=answer[order], score=score[order])


@pytest.mark.parametrize("keep", KEEPERS)
@given(found=evaluations(), data=st.data())
@settings(max_examples=25)
def test_the_value_at_k_does_not_depend_on_which_others_are_asked(keep, found, data):
    question, correct, answer, score = found
    evaluation = evaluation_of(question, correct, keep, answer=answer, score=score)
    k = data.draw(st.lists(st.integers(1, evaluation.fewest), min_size=1, max_size=6))
    together = evaluation.curve(k)
    alone = [evaluation.curve([value]) for value in k]
    np.testing.assert_allclose(together.mean, [one.mean[0] for one in alone], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(together.ci_low, [one.ci_low[0] for one in alone], rtol=1e-9, atol=1e-9)


def test_a_vote_that_is_too_dear_at_one_k_is_still_counted_at_another():
    """The k that can be counted stay exact, and those that are simulated have the same luck as alone."""
    rng = np.random.default_rng(1)
    answer = rng.integers(0, 40, 3000)
    samples = Samples.of(np.zeros(3000, dtype=int), (answer < 3).astype(int))
    many = vote_at_k(samples, answer, [800, 1, 2, 700], trials=40, seed=9)
    assert not many.exact[0]
    assert (many.se[0] > 0).tolist() == [True, False, False, True]
    for place, k in enumerate((800, 1, 2, 700)):
        alone = vote_at_k(samples, answer, [k], trials=40, seed=9)
        assert alone.accuracy[0, 0] == pytest.approx(many.accuracy[0, place], rel=1e-12)
        assert alone.se[0, 0] == many.se[0, place]
    assert many.accuracy[0, 1] == pytest.approx((answer < 3).mean(), rel=1e-12)


def test_records_as_they_are_written():
    question = ["b", "a", "b", "b", "a", "b"]
    correct, score, answer = [1, 0, 0, 1, 1, 0], [0.5, 2, 0.5, 0.9, -1, 0.1], [0, 1, 2, 0, -1, 2]
    texts = {
        keep: list(map(str, evaluation_of(question, correct, keep, answer=answer, score=score).records))
        for keep in KEEPERS
    }
    assert texts == {"oracle": ["1/2", "2/4"], "verifier": ["0/1 1/1", "1/1 1/2 0/1"], "majority": ["0/1 none:1", "2/2 0/2"]}  # fmt: skip # noqa: E501


def test_scores_that_say_yes_or_no_are_scores():
    evaluation = evaluation_of([0, 0, 0], [1, 0, 1], "verifier", score=[True, True, False])
    assert str(evaluation.records[0]) == "1/2 1/1"


@pytest.mark.parametrize(
    ("keep", "options", "words"),
    [
        ("verifier", {}, "verifier needs a score for every sample, got none"),
        ("verifier", {"score": [0.5, float("nan"), 1]}, "verifier needs a score for every sample, got none for 1"),
        ("verifier", {"score": [0.5, 1]}, r"score must be a number for every sample, .* for 3 samples"),
        ("majority", {}, "majority needs an answer for every sample, -1 where there is none; got none"),
        ("majority", {"answer": [0, -1, -2]}, "answer must be a code of at least 0, or -1 for none, got -2"),
        ("majority", {"answer": ["a", "b", "a"]}, "answer must be a whole number, -1 for none, for every sample"),
        ("best", {}, "keep must be one of: oracle, verifier, majority; got 'best'"),
    ],
)
def test_what_is_missing_for_a_keeper_is_named(keep, options, words):
    with pytest.raises(SettingError, match=words):
        evaluation_of([0, 0, 1], [1, 0, 1], keep, **options)


@pytest.mark.parametrize("keep", KEEPERS)
def test_k_beyond_the_samples_of_a_question_is_refused_with_its_name(keep):
    evaluation = evaluation_of(["x", "x", "y"], [0, 0, 1], keep, answer=[0, 0, 0], score=[1, 2, 3])
    assert evaluation.fewest == 1
    with pytest.raises(SettingError, match="k must be at most n = 1, as question 'y' has 1 sample, got 2"):
        evaluation.curve([1, 2])


def test_questions_that_all_share():
    evaluations = [evaluation_of(list(names), [1] * len(names)) for names in ("abc", "bcd", "cb")]
    assert shared_questions(evaluations) == {"b", "c"}
    assert shared_questions([]) == frozenset()


@pytest.mark.parametrize("keep", ["verifier", "majority"])
def test_names_that_arrays_of_texts_take_for_equal_are_two_questions(keep):
    """NumPy strips zeros from the end of a text."""
    names = ("b", "a\0", "a")
    found = Evaluation.parse(dict(zip(names, ("3/3", "0/3", "1/1 0/2"), strict=True)), keep)
    plain = Evaluation.parse({"x": "3/3", "y": "0/3", "z": "1/1 0/2"}, keep)
    np.testing.assert_allclose(found.curve([1, 2, 3]).mean, plain.curve([1, 2, 3]).mean, rtol=1e-14)
    question, correct, _ = found.samples()
    assert question.tolist() == [2] * 3 + [1] * 3 + [0] * 3
    assert correct.tolist() == [1, 1, 1, 0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "keep", "sentence"),
    [
        ("3", "oracle", "must be groups of samples as right/all, such as 3/10"),
        ("3 2/2", "verifier", "must be groups of samples as right/all, such as 3/10"),
        (
            "1/1 none:0",
            "majority",
            "must be groups of samples as right/all, such as 3/10, and none:2 for samples without an answer",
        ),
        (" ", "verifier", "must hold at least one sample, as right/all"),
        ("1/2 0/1", "oracle", "must be one group, right/all, where the oracle keeps the best pass"),
    ],
)
def test_why_a_text_is_no_record(text, keep, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}\\Z"):
        Record.parse(text, keep)
    with pytest.raises(ValueError, match=f"^{re.escape(f'question {chr(39)}b{chr(39)} {sentence}')}\\Z"):
        Evaluation.parse({"a": "1/1", "b": text}, keep)


def test_clusters_are_by_the_name_of_the_question_and_none_where_none_are_named():
    texts = {"b": "1/2", "a": "2/2"}
    assert Evaluation.parse(texts, "oracle", {"a": "x", "b": "y"}).clusters == ("y", "x")
    assert Evaluation.parse(texts, "oracle", {}).clusters is None
    numbered = evaluation_of([2, 1, 1], [1, 0, 1], cluster=[7, 8, 8])
    assert (numbered.names, numbered.clusters) == (("1", "2"), ("8", "7"))


@pytest.mark.parametrize("clusters", [None, {"x": "one", "y": "two"}])
@pytest.mark.parametrize("keep", KEEPERS)
def test_the_question_with_too_few_samples_is_named_whatever_the_clusters(keep, clusters):
    evaluation = Evaluation.parse({"x": "1/3", "y": "1/2"}, keep, clusters)
    with pytest.raises(SettingError) as refused:
        evaluation.curve([3, 2, 4])
    assert str(refused.value) == "k must be at most n = 2, as question 'y' has 2 samples, got 3, 4"


def test_what_an_oracle_finds_is_counted_and_never_extrapolated():
    """Question x: 1 right of 3, so 1 / 3 and 2 / 3 with one and two passes; y: both right."""
    for clusters in (None, {"x": "one", "y": "two"}):
        curve = Evaluation.parse({"x": "1/3", "y": "2/2"}, "oracle", clusters).curve([2, 1])
        np.testing.assert_allclose(curve.mean, [(2 / 3 + 1) / 2, (1 / 3 + 1) / 2], rtol=1e-14)
        np.testing.assert_allclose(curve.error, [(1 / 3) / 2, (2 / 3) / 2], rtol=1e-14)
        np.testing.assert_allclose(curve.std, np.sqrt(curve.mean * curve.error), rtol=1e-14)
        assert curve.k.tolist() == [2, 1]
        assert (curve.keep, curve.exact, curve.simulated) == ("oracle", True, 0)
        assert (curve.extrapolated.tolist(), curve.se.tolist()) == ([False, False], [0.0, 0.0])
        assert curve.extrapolated.dtype == bool


def test_a_simulated_vote_of_records_has_the_trials_and_the_seed_that_are_given():
    answer = np.sort(np.random.default_rng(1).integers(0, 40, 3000))
    question, correct = ["q"] * 3000, (answer < 3).astype(int)
    evaluation = evaluation_of(question, correct, "majority", answer=answer)
    seen = set()
    for trials, seed in ((40, 9), (40, 10), (20, 9)):
        found = evaluation.curve([800], trials=trials, seed=seed)
        votes = vote_at_k(Samples.of(question, correct), answer, [800], trials=trials, seed=seed)
        assert (found.exact, found.simulated) == (False, 1)
        assert (found.mean[0], found.se[0]) == (votes.accuracy[0, 0], votes.se[0, 0])
        seen.add(found.mean[0])
    assert len(seen) == 3


def test_scores_without_a_sign_and_codes_without_a_sign_are_ordered_by_value():
    """Of unsigned numbers no negative exists: 200 is above 3 and 0, and 0 is the lowest."""
    score = np.array([0, 200, 3, 3], dtype=np.uint8)
    assert str(evaluation_of([1] * 4, [1, 0, 1, 0], "verifier", score=score).records[0]) == "0/1 1/2 1/1"
    answer = np.array([2, 0, 2], dtype=np.uint8)
    assert str(evaluation_of([1] * 3, [1, 0, 1], "majority", answer=answer).records[0]) == "0/1 2/2"


@pytest.mark.parametrize(
    ("keep", "options", "sentence"),
    [
        ("verifier", {"score": [np.nan] * 1234}, "verifier needs a score for every sample, got none for 1,234"),
        (
            "verifier",
            {"score": ["high"] * 1234},
            "score must be a number for every sample, got <U4 of shape (1234,) for 1234 samples",
        ),
        ("verifier", {}, "verifier needs a score for every sample, got none"),
        (
            "majority",
            {"answer": [0.5] * 1234},
            "answer must be a whole number, -1 for none, for every sample, got float64 of shape (1234,) for 1234 "
            "samples",
        ),
        ("majority", {"answer": [-3, -2] * 617}, "answer must be a code of at least 0, or -1 for none, got -3"),
        ("majority", {}, "majority needs an answer for every sample, -1 where there is none; got none"),
        ("all", {}, "keep must be one of: oracle, verifier, majority; got 'all'"),
    ],
)
def test_what_samples_lack_is_said_in_one_sentence(keep, options, sentence):
    with pytest.raises(SettingError) as refused:
        evaluation_of([0] * 1234, [1] * 1234, keep, **options)
    assert str(refused.value) == sentence


def test_samples_of_records_are_one_entry_each():
    found = Evaluation.parse({"b": "1/2 none:2", "a": "0/1 2/2"}, "majority").samples()
    assert [column.tolist() for column in found] == [
        [1, 1, 1, 1, 0, 0, 0],
        [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0],
        [0, 0, -1, -1, 0, 1, 1],
    ]
