"""What k of a question's attempts come to, against a slow twin that tries every order of them."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.ways import slowest_sets, ways_of

# Few values, so that ties are common.
ATTEMPT = st.tuples(
    st.sampled_from([0.25, 0.5, 1.0, 1.5]), st.sampled_from([1.0, 2.0, 3.5]), st.booleans(), st.integers(-1, 2)
)
QUESTIONS = st.lists(st.lists(ATTEMPT, min_size=3, max_size=5), min_size=1, max_size=3)
KEEPS = ("oracle", "all", "majority", "verifier")


def queries_of(attempts, parallel, latency, most, trials, seed):
    draws = max(2, -(-trials // len(attempts.n)))
    return Queries([attempts], Drawing(attempts.keep, parallel, latency == "ideal", draws, seed), most)


def attempts_of(questions, keep, graded=False):
    rows = [(number, *attempt) for number, question in enumerate(questions) for attempt in question]
    question, cost, seconds, right, answer = (np.array(column) for column in zip(*rows, strict=True))
    worth = (answer + 1) / 3 if graded else right.astype(float)
    # Equal answers have equal scores, and need not be equally right.
    return QuestionAttempts.of(question, worth, cost, seconds, keep=keep, answer=answer, score=answer)


def time_of(seconds, parallel, latency):
    if latency == "ideal":
        return sum(seconds) / parallel
    return sum(max(seconds[start : start + parallel]) for start in range(0, len(seconds), parallel))


def worth_of(drawn, question, keep):
    """What is kept of (right, answer) pairs."""
    if keep == "oracle":
        return float(any(right for right, _ in drawn))
    if keep == "all":
        return float(all(right for right, _ in drawn))
    if keep == "verifier":
        best = max(score for _, score in drawn)
        return np.mean([right for right, score in drawn if score == best])
    votes = {}
    for _, answer in drawn:
        if answer != -1:
            votes[answer] = votes.get(answer, 0) + 1
    leaders = [answer for answer, count in votes.items() if count == max(votes.values())]
    if not leaders:
        return 0.0
    return np.mean([np.mean([q[2] for q in question if q[3] == answer]) for answer in leaders])


def by_enumeration(questions, k, parallel, latency, keep):
    """(ways, 4) cost, seconds, worth and probability of every query: of every order of every question's attempts."""
    found = []
    for question in questions:
        orders = list(itertools.permutations(question, k))
        for order in orders:
            cost, seconds, right, answer = zip(*order, strict=True)
            worth = worth_of(list(zip(right, answer, strict=True)), question, keep)
            share = 1 / len(orders) / len(questions)
            found.append((sum(cost), time_of(seconds, parallel, latency), worth, share))
    return np.array(found)


@settings(max_examples=60, deadline=None)
@given(QUESTIONS, st.integers(1, 3), st.integers(1, 4), st.sampled_from(["waves", "ideal"]), st.sampled_from(KEEPS))
def test_equals_enumeration_of_all_orders(questions, k, parallel, latency, keep):
    attempts = attempts_of(questions, keep)
    cost, seconds, worth, share = by_enumeration(questions, k, parallel, latency, keep).T
    accuracy, error = attempts.expected_accuracy([k])
    assert attempts.expected_cost([k]).mean() == pytest.approx(cost @ share, abs=1e-9)
    assert attempts.expected_seconds([k], parallel, latency).mean() == pytest.approx(seconds @ share, abs=1e-9)
    assert accuracy.mean() == pytest.approx(worth @ share, abs=1e-9)
    assert error.mean() == pytest.approx(1 - worth @ share, abs=1e-9)
    queries = queries_of(attempts, parallel, latency, 5, trials=10, seed=0).of(k)
    assert not queries.drawn
    for limits in ((1.0, 3.0), (1.5, 2.0), (2.0, 5.5), (0.75, None), (None, 3.5)):
        met = np.logical_and.reduce(
            [x <= limit * (1 + 1e-9) for x, limit in zip((cost, seconds), limits, strict=True) if limit is not None]
        )
        assert queries.share_within(*limits).value == pytest.approx(met @ share, abs=1e-9)
        assert queries.share_within(*limits, worth=0.5).value == pytest.approx((met * worth) @ share, abs=1e-9)
        assert queries.share_within(*limits).se == 0
    for mixture, values in ((queries.spent(0), cost), (queries.seconds, seconds)):
        spread = values - values @ share
        assert mixture.variance == pytest.approx(spread**2 @ share, abs=1e-9)
        for q in (0.013, 0.11, 0.487, 0.8913, 0.987):
            order = np.argsort(values)
            least = values[order][np.searchsorted(np.cumsum(share[order]), q - 1e-12)]
            assert mixture.quantiles([q])[0, 0] == pytest.approx(least, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(QUESTIONS, st.integers(1, 3), st.sampled_from(["oracle", "all"]))
def test_scores_are_kept_by_the_best_or_the_worst(questions, k, keep):
    attempts = attempts_of(questions, keep, graded=True)
    extreme = max if keep == "oracle" else min
    values, shares = [], []
    for question in questions:
        draws = list(itertools.combinations([(answer + 1) / 3 for *_, answer in question], k))
        values += [extreme(draw) for draw in draws]
        shares += [1 / len(draws) / len(questions)] * len(draws)
    values, shares = np.array(values), np.array(shares)
    assert attempts.expected_accuracy([k])[0].mean() == pytest.approx(values @ shares, abs=1e-12)
    queries = queries_of(attempts, 2, "waves", 3, trials=10, seed=0).of(k)
    if attempts.graded:
        assert queries.share_within(worth=0.5).value == pytest.approx((values >= 0.5) @ shares, abs=1e-12)
        assert queries.worth.variance == pytest.approx((values - values @ shares) ** 2 @ shares, abs=1e-12)


@pytest.mark.parametrize(("k", "wave"), [(5, 2), (6, 3), (6, 2), (4, 1), (5, 4), (3, 7)])
def test_slowest_sets_equal_those_of_all_orders(k, wave):
    counts = {}
    for order in itertools.permutations(range(k)):
        found = tuple(sorted(max(order[start : start + wave]) for start in range(0, k, wave)))
        counts[found] = counts.get(found, 0) + 1
    total = sum(counts.values())
    found = slowest_sets(k, wave, 1000)
    assert found.keys() == counts.keys()
    for key, chance in found.items():
        assert chance == pytest.approx(counts[key] / total, abs=1e-14)


def test_eight_attempts_are_always_counted():
    for k in range(1, 9):
        for wave in range(1, 9):
            found = ways_of(8, k, wave)
            assert found.subsets.shape[1] <= 70
            assert found.probability is None or found.probability.sum() == pytest.approx(1)
    assert ways_of(64, 5, 8) is None
    assert ways_of(64, 64, 8) is None


def skewed(rng, m=40, n=6):
    question = np.repeat(np.arange(m), n)
    level = rng.normal(size=m)[question]
    seconds = np.exp(level + 0.4 * rng.normal(size=m * n)) * 20
    right = (rng.normal(size=m * n) < 0.5 - level).astype(float)
    return question, right, seconds * 0.001 * (1.5 - 0.5 * right), seconds, rng.integers(-1, 3, size=m * n)


def everything(attempts, k=(1, 2, 5), parallel=2):
    queries = queries_of(attempts, parallel, "waves", 6, trials=100, seed=1)
    return np.array(
        [
            *(table.mean(axis=0) for table in (attempts.expected_cost(k), attempts.expected_seconds(k, parallel))),
            attempts.expected_accuracy(k)[0].mean(axis=0),
            [queries.of(each).share_within(0.1, 60.0, 0.5).value[0] for each in k],
            [queries.of(each).seconds.quantiles([0.95])[0, 0] for each in k],
            [queries.of(each).spent(0).quantiles([0.95])[0, 0] for each in k],
        ]
    )


@pytest.mark.parametrize("keep", KEEPS)
def test_order_of_attempts_and_names_of_questions_do_not_matter(keep):
    rng = np.random.default_rng(3)
    question, right, cost, seconds, answer = skewed(rng)
    first = QuestionAttempts.of(question, right, cost, seconds, keep=keep, answer=answer, score=answer)
    order = rng.permutation(len(question))
    names = np.array([f"q{number}" for number in rng.permutation(40)])[question]
    other = QuestionAttempts.of(
        names[order],
        right[order],
        cost[order],
        seconds[order],
        keep=keep,
        answer=answer[order] + (answer[order] >= 0) * 10,
        score=answer[order] * 3.0,
    )
    np.testing.assert_allclose(everything(first), everything(other), rtol=1e-12)


def test_cost_and_time_scale_and_accuracy_grows():
    question, right, cost, seconds, _ = skewed(np.random.default_rng(4))
    attempts = QuestionAttempts.of(question, right, cost, seconds)
    scaled = QuestionAttempts.of(question, right, cost * 3, seconds * 7)
    k = np.arange(1, 7)
    np.testing.assert_allclose(scaled.expected_cost(k), 3 * attempts.expected_cost(k))
    np.testing.assert_allclose(scaled.expected_seconds(k, 4), 7 * attempts.expected_seconds(k, 4))
    for parallel in (1, 2, 8):
        assert (np.diff(attempts.expected_seconds(k, parallel), axis=1) >= -1e-12).all()
    accuracy = attempts.expected_accuracy(k)[0]
    assert (np.diff(accuracy, axis=1) >= -1e-12).all()
    np.testing.assert_allclose(attempts.expected_seconds([1], 1), attempts.expected_seconds([1], 1, "ideal"))
    everyone = QuestionAttempts.of(question, right, cost, seconds, keep="all")
    assert (np.diff(everyone.expected_accuracy(k)[0], axis=1) <= 1e-12).all()


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("latency", ["waves", "ideal"])
def test_drawn_queries_agree_with_what_is_counted(keep, latency, monkeypatch):
    question, right, cost, seconds, answer = skewed(np.random.default_rng(5))
    attempts = QuestionAttempts.of(question, right, cost, seconds, keep=keep, answer=answer, score=answer)
    exact = queries_of(attempts, 2, latency, 6, trials=10, seed=1)
    counted = [exact.of(k).share_within(0.1, 60.0, 0.5) for k in (1, 3, 5)]
    spreads = [exact.of(k).spent(0).variance for k in (1, 3, 5)]
    monkeypatch.setattr("moo_inference.evaluation.queries.ways_of", lambda *_: None)
    drawn = queries_of(attempts, 2, latency, 6, trials=20_000, seed=1)
    for k, expected, spread in zip((1, 3, 5), counted, spreads, strict=True):
        queries = drawn.of(k)
        found = queries.share_within(0.1, 60.0, 0.5)
        assert queries.drawn
        assert found.se > 0
        assert abs(found.value - expected.value) < 4.5 * found.se
        assert queries.spent(0).variance == pytest.approx(spread, rel=0.05)
    # Neither the largest k that is asked for nor the others change what is drawn for one.
    alone = queries_of(attempts, 2, latency, 3, trials=20_000, seed=1).of(3)
    assert alone.share_within(0.1, 60.0, 0.5) == drawn.of(3).share_within(0.1, 60.0, 0.5)


def test_questions_with_other_numbers_of_attempts_weigh_the_same():
    attempts = attempts_of([[(1.0, 1.0, True, 0)] * 3, [(3.0, 2.0, False, 0)] * 5], "oracle")
    queries = queries_of(attempts, 2, "waves", 3, trials=10, seed=0).of(3)
    assert attempts.fewest == 3
    assert queries.share_within(cost=3.0).value == pytest.approx(0.5)
    assert queries.share_within(seconds=3.0, worth=1).value == pytest.approx(0.5)
    assert queries.seconds.quantiles([0.5, 0.51]).tolist() == [[2.0, 4.0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"worth": [2.0, 1.0]}, "worth must be 0"),
        ({"cost": [-1.0, 1.0]}, "cost must be USD of at least 0"),
        ({"seconds": [float("nan"), 1.0]}, "seconds must be positive"),
        ({"seconds": [1.0]}, "seconds must be one number an attempt"),
        ({"keep": "best"}, "keep must be one of: oracle"),
        ({"keep": "majority"}, "majority needs an answer"),
        ({"keep": "verifier"}, "verifier needs a score"),
        ({"keep": "majority", "answer": [1, 1], "worth": [0.5, 1.0]}, "right or wrong"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    given = {"question": [1, 1], "worth": [0.0, 1.0], "cost": [1.0, 1.0], "seconds": [1.0, 2.0]}
    with pytest.raises(SettingError, match=message):
        QuestionAttempts.of(**{**given, **change})


def test_k_beyond_the_attempts_is_refused():
    attempts = QuestionAttempts.of([1, 1, 2], [1, 0, 1], [1, 1, 1], [1, 1, 1])
    with pytest.raises(SettingError, match="k must be at most n = 1, as question 2 has 1 sample, got 2"):
        attempts.expected_cost([1, 2])


COLUMNS = ("names", "n", "cost", "seconds", "worth", "answer", "score", "tokens", "clusters")


def with_everything(keep="verifier", question=("b", "a", "b", "c", "a", "b"), **changes):
    """Three attempts at b, two at a, and one at c, in mixed order, with all that can be known of them."""
    given = {
        "question": np.array(question),
        "worth": [1, 0, 0, 1, 1, 0],
        "cost": [1, 2, 3, 4, 5, 6],
        "seconds": [6, 5, 4, 3, 2, 1],
        "answer": [0, 1, 2, 3, -1, 5],
        "score": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "tokens": [[10, 20, 30, 40, 50, 60], [1, 2, 3, 4, 5, 6]],
        "cluster": ["x", "y", "x", "x", "y", "x"],
    }
    return QuestionAttempts.of(keep=keep, **{**given, **changes})


def test_attempts_stand_question_by_question_in_the_order_in_which_they_came():
    found = with_everything()
    columns = {name: getattr(found, name).tolist() for name in COLUMNS}
    assert columns == {
        "names": ["a", "b", "c"],
        "n": [2, 3, 1],
        "cost": [2.0, 5.0, 1.0, 3.0, 6.0, 4.0],
        "seconds": [5.0, 2.0, 6.0, 4.0, 1.0, 3.0],
        "worth": [0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
        "answer": [1, -1, 0, 2, 5, 3],
        "score": [0.2, 0.5, 0.1, 0.3, 0.6, 0.4],
        "tokens": [[20.0, 50.0, 10.0, 30.0, 60.0, 40.0], [2.0, 5.0, 1.0, 3.0, 6.0, 4.0]],
        "clusters": ["y", "x", "x"],
    }
    assert found.place.tolist() == [0, 0, 1, 1, 1, 2]
    assert {getattr(found, name).dtype.kind for name in ("cost", "seconds", "worth", "score", "tokens")} == {"f"}
    bare = QuestionAttempts.of([1], [1], [1], [1], score=[1.0])
    assert [getattr(bare, name) for name in ("answer", "score", "tokens", "clusters")] == [None] * 4
    assert (bare.keep, bare.beyond) == ("oracle", "refuse")


def test_categories_are_questions_in_ascending_order_of_their_names():
    """Those that no attempt has are none."""
    categories = pd.Categorical(["b", "a", "b", "c", "a", "b"], categories=["c", "none", "b", "a"])
    found, plain = with_everything(question=categories), with_everything()
    for name in COLUMNS:
        assert getattr(found, name).tolist() == getattr(plain, name).tolist()


@pytest.mark.parametrize("chosen", [[True, False, True], [False, True, False]])
def test_the_attempts_at_some_questions_are_what_they_were(chosen):
    kept = np.isin(["b", "a", "b", "c", "a", "b"], np.array(["a", "b", "c"])[chosen])
    whole = with_everything()
    rows = np.array(chosen)[whole.place]
    found = whole.only(np.array(chosen))
    assert rows.sum() == kept.sum()
    for name in COLUMNS:
        values = getattr(whole, name)
        expected = values[chosen] if name in ("names", "n", "clusters") else values[..., rows]
        assert getattr(found, name).tolist() == expected.tolist()
    bare = QuestionAttempts.of([1, 2], [1, 0], [1, 1], [1, 1]).only(np.array([False, True]))
    assert [getattr(bare, name) for name in ("answer", "score", "tokens", "clusters")] == [None] * 4


def test_blocks_are_the_questions_with_as_many_attempts_the_quickest_first():
    found = QuestionAttempts.of([1, 2, 2, 3, 4, 4], [0] * 6, [0] * 6, [1, 4, 2, 3, 5, 6]).blocks
    assert [(block.rows.tolist(), block.attempts.tolist()) for block in found] == [
        ([0, 2], [[0], [3]]),
        ([1, 3], [[2, 1], [4, 5]]),
    ]


def test_an_answer_is_worth_what_its_attempts_at_the_question_are_on_average():
    answers = {"question": [1, 1, 1, 2, 2], "answer": [0, 0, -1, 0, 0], "worth": [1, 0, 0, 1, 1]}
    found = QuestionAttempts.of(cost=[1] * 5, seconds=[1] * 5, keep="majority", **answers)
    assert found.answer_worth.tolist() == [0.5, 0.5, 0.0, 1.0, 1.0]
    assert QuestionAttempts.of([1], [1], [1], [1]).answer_worth is None


@pytest.mark.parametrize("worth", [[0.0, 0.5, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.999]])
def test_scores_between_right_and_wrong_are_grades(worth):
    assert QuestionAttempts.of([1, 1, 2], worth, [1] * 3, [1] * 3).graded == bool({*worth} - {0.0, 1.0})


def test_what_is_used_by_the_token_adds_up():
    found = with_everything()
    cost, joules, litres = found.spent([(2.0, 0.5), (0.0, 3.0)])
    assert cost.tolist() == found.cost.tolist()
    assert joules.tolist() == (2.0 * found.tokens[0] + 0.5 * found.tokens[1]).tolist()
    assert litres.tolist() == (3.0 * found.tokens[1]).tolist()
    assert len(found.spent()) == len(with_everything(tokens=None).spent()) == 1
    with pytest.raises(SettingError) as refused:
        with_everything(tokens=None).spent([(1.0, 1.0)])
    assert str(refused.value) == (
        "what is used by the token needs the tokens of every attempt, got attempts without them"
    )


def test_sums_are_means_times_passes():
    found = with_everything("oracle")
    np.testing.assert_allclose(found.expected_sum(found.tokens[0], [1]), [[35.0], [100 / 3], [40.0]])
    np.testing.assert_allclose(found.only(found.n > 1).expected_cost([2, 1]), [[7, 3.5], [20 / 3, 10 / 3]])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"worth": [1.5, -0.5]}, "worth must be 0 (wrong) or 1 (right), or a score between for every attempt, got 1.5"),
        ({"worth": [1, -0.5]}, "worth must be 0 (wrong) or 1 (right), or a score between for every attempt, got -0.5"),
        ({"cost": [0, -1]}, "cost must be USD of at least 0 for every attempt, got -1"),
        ({"cost": [0, np.inf]}, "cost must be USD of at least 0 for every attempt, got inf"),
        ({"seconds": [1, 0]}, "seconds must be positive seconds for every attempt, got 0"),
        ({"seconds": [np.inf, 1]}, "seconds must be positive seconds for every attempt, got inf"),
        ({"score": [np.inf, np.nan]}, "score must be a number for every attempt, got nan"),
        ({"score": [1.0]}, "score must be one number an attempt, got shape (1,) for 2 attempts"),
        ({"keep": "best"}, "keep must be one of: oracle, verifier, majority, all; got 'best'"),
        (
            {"keep": "verifier", "worth": [0.5, 1]},
            "keep 'verifier' needs attempts that are right or wrong (0 or 1), got scores between",
        ),
        (
            {"keep": "majority", "answer": None},
            "majority needs an answer for every attempt, -1 where there is none; got none",
        ),
        ({"keep": "verifier", "score": None}, "verifier needs a score for every attempt, got none"),
    ],
)
def test_each_argument_that_is_refused_is_named(change, sentence):
    given = {"worth": [0, 1], "cost": [0, 1], "seconds": [1e-9, 1], "score": [-np.inf, np.inf], "answer": [0, -1]}
    with pytest.raises(SettingError) as refused:
        QuestionAttempts.of(question=[1, 1], **{**given, **change})
    assert list(refused.value.errors) == [sentence]
    for keep in KEEPS:
        assert QuestionAttempts.of(question=[1, 1], keep=keep, **given).fewest == 2


def test_no_attempts_are_refused_and_all_that_is_wrong_is_told_at_once():
    with pytest.raises(SettingError) as refused:
        QuestionAttempts.of([], [], [], [], keep="verifier")
    assert list(refused.value.errors) == [
        "there must be at least one attempt, got none",
        "verifier needs a score for every attempt, got none",
    ]


def test_many_attempts_at_a_question_stay_in_the_order_in_which_they_came():
    cost = np.arange(600.0)
    found = QuestionAttempts.of(np.tile([2, 1, 3], 200), cost % 2, cost, cost + 1)
    assert found.cost.tolist() == [*range(1, 600, 3), *range(0, 600, 3), *range(2, 600, 3)]
