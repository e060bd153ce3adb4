"""Queries that escalate: counted against all orders of both settings, in closed form, and drawn within bands."""

from itertools import permutations

import numpy as np
import pytest
from test_stopped_queries import attempts_of, kept_value

from moo_inference.errors import SettingError
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.escalated_queries import EscalatedQueries
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stop import Stop, misfit

CASES = [
    ("oracle", False, Stop("escalate", None, 1)),
    ("oracle", True, Stop("escalate", 0.7, 2)),
    ("verifier", False, Stop("escalate", 0.6, 2)),
    ("majority", False, Stop("escalate", None, 2)),
    ("majority", False, Stop("escalate", None, 3)),
]
WAVES = [(8, 8), (1, 2), (2, 3)]
FIRST_SIZES, THEN_SIZES = (4, 3, 5, 5, 3), (5, 4, 4, 5, 5)


def pair_of(seed, keep, graded=False, first=FIRST_SIZES, then=THEN_SIZES):
    rng = np.random.default_rng(seed)
    return attempts_of(rng, keep, first, graded), attempts_of(rng, keep, then, graded)


def queries_of(first, then, stop, waves=(8, 8), *, ideal=(False, False), most=5, draws=50):
    once, again = (Drawing(then.keep, parallel, own, draws, 7) for parallel, own in zip(waves, ideal, strict=True))
    before = Queries([first], once, stop.batch)
    return EscalatedQueries(then, again, most, [then.cost], stop, before)


def seconds_of(attempts, order, parallel, ideal):
    """By running the passes wave by wave."""
    waves = [list(order[start : start + parallel]) for start in range(0, len(order), parallel)]
    return sum(attempts.seconds[wave].sum() / parallel if ideal else attempts.seconds[wave].max() for wave in waves)


def is_settled(attempts, stop, run):
    if attempts.keep == "majority":
        answers = {attempts.answer[one] for one in run}
        return len(answers) == 1 and -1 not in answers
    values = attempts.score if attempts.keep == "verifier" else attempts.worth
    return any(values[one] >= stop.accept for one in run)


def kept_of_both(first, run, then, more):
    """What is kept where a query goes on, by trying each rule as it is said in words."""
    if then.keep == "oracle":
        return max(*first.worth[run], *then.worth[more])
    if then.keep == "verifier":
        best = max(first.score[run]) >= max(then.score[more])
        return kept_value(first, run) if best else kept_value(then, more)
    return kept_value(then, more) if max(then.answer[more]) >= 0 else kept_value(first, run)


def enumerated(first, then, stop, k, waves=(8, 8), ideal=(False, False)):
    """For each question (weight, cost, seconds, worth, passes) of all orders of both settings, weights sum to 1."""
    found = []
    for question in range(len(then.n)):
        rows = [np.flatnonzero(each.place == question).tolist() for each in (first, then)]
        once = list(permutations(rows[0], stop.batch))
        again = list(permutations(rows[1], k))
        outcomes = []
        for order in once:
            run = list(order)
            cost, seconds = first.cost[run].sum(), seconds_of(first, order, waves[0], ideal[0])
            if is_settled(first, stop, run):
                outcomes.append((1 / len(once), cost, seconds, kept_value(first, run), len(run)))
                continue
            for other in again:
                more = list(other)
                longer = seconds + seconds_of(then, other, waves[1], ideal[1])
                weight = 1 / len(once) / len(again)
                kept = kept_of_both(first, run, then, more)
                outcomes.append((weight, cost + then.cost[more].sum(), longer, kept, len(run) + k))
        found.append(np.array(outcomes))
    return found


def means_of(queries, k):
    """(m, 3) cost, seconds and worth in closed form, in the order of the questions."""
    ks, order = np.array([k]), np.argsort(queries.rows[0])
    spent, seconds = (part[0, order, 0] for part in (queries.expected_spent(ks)[0], queries.expected_seconds(ks)))
    return np.stack([spent, seconds, queries.expected_accuracy(ks)[0][0, :, 0]], axis=1)


def counted_means(queries, k):
    """The same from the ways that are counted."""
    parts = queries.of(k).parts
    found = [np.stack([p.mean(p.spent[0])[0], p.mean(p.seconds)[0], p.mean(p.kept)[0]], axis=1) for p in parts]
    return np.concatenate(found)[np.argsort(queries.rows[0])]


@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
@pytest.mark.parametrize("waves", WAVES, ids=str)
@pytest.mark.parametrize("k", [1, 3, 4])
def test_means_are_those_of_all_orders_of_both_settings(keep, graded, stop, waves, k):
    first, then = pair_of(k, keep, graded)
    queries = queries_of(first, then, stop, waves, most=k)
    outcomes = enumerated(first, then, stop, k, waves)
    expected = np.array([own[:, 0] @ own[:, 1:] for own in outcomes])
    np.testing.assert_allclose(means_of(queries, k), expected[:, :3], rtol=1e-9)
    np.testing.assert_allclose(counted_means(queries, k), expected[:, :3], rtol=1e-9)
    missed = queries.expected_accuracy(np.array([k]))[1][0, :, 0]
    np.testing.assert_allclose(missed, 1 - expected[:, 2], atol=1e-12)
    shares = queries.of(k).passes(queries.most_passes(k))[0]
    assert shares @ np.arange(1, stop.batch + k + 1) == pytest.approx(expected[:, 3].mean(), rel=1e-9)
    assert np.flatnonzero(shares).tolist() == [stop.batch - 1, stop.batch + k - 1]
    # A control: the second setting alone is something else.
    alone = Queries([then], Drawing(keep, waves[1], False, 50, 7), k)
    assert not np.allclose(np.sort(alone.expected_spent(np.array([k]))[0].ravel()), np.sort(expected[:, 0]))


def test_times_that_add_up():
    stop = Stop("escalate", None, 2)
    first, then = pair_of(5, "majority")
    for ideal in ((True, True), (False, True), (True, False)):
        queries = queries_of(first, then, stop, (2, 3), ideal=ideal)
        outcomes = enumerated(first, then, stop, 4, (2, 3), ideal)
        expected = np.array([own[:, 0] @ own[:, 1:] for own in outcomes])
        np.testing.assert_allclose(means_of(queries, 4), expected[:, :3], rtol=1e-9)
        np.testing.assert_allclose(counted_means(queries, 4), expected[:, :3], rtol=1e-9)


@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
def test_budgets_are_met_together_as_over_all_orders(keep, graded, stop):
    first, then = pair_of(6, keep, graded)
    of_k = queries_of(first, then, stop, (1, 2)).of(3)
    outcomes = enumerated(first, then, stop, 3, (1, 2))
    everything = np.concatenate(outcomes)
    cost, seconds = (np.quantile(everything[:, column], 0.6) for column in (1, 2))
    good = (lambda worth: worth >= 0.5) if graded else (lambda worth: worth)
    expected = [
        own[:, 0] @ ((own[:, 1] <= cost * (1 + 1e-9)) * (own[:, 2] <= seconds * (1 + 1e-9)) * good(own[:, 3]))
        for own in outcomes
    ]
    found = of_k.share_within(cost, seconds, worth=0.5)
    assert 0 < np.mean(expected) < 1
    assert found.value[0] == pytest.approx(np.mean(expected), rel=1e-9)
    assert found.se[0] == 0
    # Quantiles of the mixture, and its variance.
    weights = np.concatenate([own[:, 0] for own in outcomes]) / 5
    order = np.argsort(everything[:, 1])
    place = np.searchsorted(np.cumsum(weights[order]), 0.9 * (1 - 1e-12))
    assert of_k.spent(0).quantiles([0.9])[0, 0] == pytest.approx(everything[order[place], 1], rel=1e-9)
    mean = weights @ everything[:, 2]
    assert of_k.seconds.variance[0] == pytest.approx(weights @ (everything[:, 2] - mean) ** 2, rel=1e-9)


def test_what_always_or_never_escalates_is_known():
    first, then = pair_of(2, "oracle")
    k = np.array([2])
    alone = Queries([then], Drawing("oracle", 8, False, 50, 7), 2)
    place = np.argsort(alone.rows[0])
    wrong = QuestionAttempts.of(first.place, np.zeros(len(first.cost)), first.cost, first.seconds)
    always = means_of(queries_of(wrong, then, Stop("escalate", None, 2)), 2)
    before = Queries([wrong], Drawing("oracle", 8, False, 50, 7), 2)
    back = np.argsort(before.rows[0])
    costs = [own.expected_spent(k)[0][0, order, 0] for own, order in ((before, back), (alone, place))]
    times = [own.expected_seconds(k)[0, order, 0] for own, order in ((before, back), (alone, place))]
    np.testing.assert_allclose(always[:, 0], sum(costs), rtol=1e-12)
    np.testing.assert_allclose(always[:, 1], sum(times), rtol=1e-12)
    np.testing.assert_allclose(always[:, 2], then.expected_accuracy(k)[0][:, 0], rtol=1e-12)
    right = QuestionAttempts.of(first.place, np.ones(len(first.cost)), first.cost, first.seconds)
    queries = queries_of(right, then, Stop("escalate", None, 2))
    never = means_of(queries, 2)
    np.testing.assert_allclose(never[:, 0], costs[0], rtol=1e-12)
    np.testing.assert_allclose(never[:, 1], times[0], rtol=1e-12)
    np.testing.assert_allclose(never[:, 2], 1)
    assert queries.of(2).passes(4).tolist() == [[0, 1, 0, 0]]


def test_a_setting_with_itself_is_two_independent_looks():
    """Wrong twice: the second look has all attempts again, so that errors multiply question by question."""
    _, own = pair_of(4, "oracle")
    found = means_of(queries_of(own, own, Stop("escalate", None, 1)), 1)
    right = np.bincount(own.place, weights=own.worth) / own.n
    cost = np.bincount(own.place, weights=own.cost) / own.n
    np.testing.assert_allclose(found[:, 2], 1 - (1 - right) ** 2, rtol=1e-12)
    np.testing.assert_allclose(found[:, 0], cost * (2 - right), rtol=1e-12)


@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
def test_what_is_drawn_agrees_with_what_is_counted(monkeypatch, keep, graded, stop):
    """Means stay in closed form; what is drawn is within its own error, and no other number is."""
    first, then = pair_of(8, keep, graded)
    exact = queries_of(first, then, stop, (2, 3))
    counted = means_of(exact, 4)
    limits = [float(own.quantiles([0.7])[0, 0]) for own in (exact.of(4).spent(0), exact.of(4).seconds)]
    share = exact.of(4).share_within(*limits)
    monkeypatch.setattr("moo_inference.evaluation.escalated_queries.MOST_PAIRS", -1)
    queries = queries_of(first, then, stop, (2, 3), draws=4000)
    np.testing.assert_allclose(means_of(queries, 4), counted, rtol=1e-12)
    of_k = queries.of(4)
    assert of_k.drawn
    found = of_k.share_within(*limits)
    assert found.se[0] > 0
    assert abs(found.value[0] - share.value[0]) < 4.5 * found.se[0]
    for column, values in enumerate(zip(*((p.spent[0][0], p.seconds[0], p.kept[0]) for p in of_k.parts), strict=True)):
        together = np.concatenate(values)
        error = together.std(axis=1) / np.sqrt(4000) + 1e-12
        ordered = counted[queries.rows[0], column]
        assert (np.abs(together.mean(axis=1) - ordered) < 4.5 * error).all()
        assert (np.abs(together.mean(axis=1) - 1.2 * ordered) > 4.5 * error).any(), "the band is no proof"
    np.testing.assert_allclose(of_k.passes(8), exact.of(4).passes(8), atol=0.03)


def test_many_attempts_are_in_closed_form():
    """Of 60 attempts of each setting: hypergeometric chances, computed from factorials."""
    from math import comb

    rng = np.random.default_rng(1)
    place, right = np.repeat([0, 1], 60), np.array([20, 45])
    worth = (np.tile(np.arange(60), 2) < np.repeat(right, 60)).astype(float)
    answer = np.where(worth > 0, 0, rng.integers(1, 3, 120))
    own = QuestionAttempts.of(place, worth, np.ones(120), np.ones(120), keep="majority", answer=answer)
    found = means_of(queries_of(own, own, Stop("escalate", None, 3), most=10), 10)
    for question in range(2):
        counts = np.bincount(answer[place == question])
        settled = sum(comb(count, 3) for count in counts.tolist()) / comb(60, 3)
        assert found[question, 0] == pytest.approx(3 + (1 - settled) * 10, rel=1e-12)
        voted = own.expected_accuracy([10])[0][question, 0]
        kept = comb(int(right[question]), 3) / comb(60, 3) + (1 - settled) * voted
        assert found[question, 2] == pytest.approx(kept, rel=1e-9)


def test_an_escalation_says_how_many_passes_run_first():
    assert str(Stop.parse("escalate/2")) == "escalate/2"
    assert str(Stop.parse("escalate=0.5")) == "escalate=0.5"
    assert str(Stop("escalate").with_first("majority")) == "escalate/2"
    assert str(Stop("escalate").with_first("oracle")) == "escalate/1"
    assert Stop("escalate", None, 2).at_once(8) == 8, "the second setting runs as many at the same time as it can"
    assert Stop("first-verified", None, 2).at_once(8) == 2
    for stop, keep, what in (
        ("escalate=2", "majority", "no level"),
        ("escalate/1", "majority", "at least two"),
        ("escalate=2", "oracle", "escalate/2"),
        ("escalate", "verifier", "which score"),
        ("escalate", "all", "'oracle' or 'majority' or 'verifier'"),
    ):
        assert what in misfit(Stop.parse(stop), keep, pair=True)
    assert not misfit(Stop("escalate"), "oracle", pair=True)
    assert "two settings" in misfit(Stop("escalate"), "oracle")
    with pytest.raises(SettingError, match="at least 1"):
        Stop.parse("escalate/0")


@pytest.mark.parametrize(("keep", "graded", "stop"), CASES, ids=str)
def test_all_that_adds_up_does_over_both_settings_and_several_k_are_each_as_alone(keep, graded, stop):
    first, then = pair_of(9, keep, graded)
    how = Drawing(keep, 2, False, 50, 7)
    before = Queries([first], how, stop.batch, [[first.cost, first.cost * 3]])
    queries = EscalatedQueries(then, how, 5, [then.cost, then.cost * 3], stop, before)
    k = np.array([4, 1, 3])
    spent, triple = queries.expected_spent(k)
    np.testing.assert_allclose(triple, 3 * spent, rtol=1e-12)
    tables = (
        lambda k: queries.expected_spent(k)[0],
        queries.expected_seconds,
        lambda k: queries.expected_accuracy(k)[0],
    )
    for table in tables:
        np.testing.assert_allclose(
            table(k), np.concatenate([table(k[i : i + 1]) for i in range(3)], axis=2), rtol=1e-12
        )
    of_k = queries.of(3)
    for q in (0.2, 0.9):
        np.testing.assert_allclose(of_k.spent(1).quantiles([q]), 3 * of_k.spent(0).quantiles([q]), rtol=1e-12)
    np.testing.assert_allclose(of_k.spent_variance(1), 9 * of_k.spent_variance(0), rtol=1e-12)
    assert (queries.whole(1), queries.most_passes(3)) == (False, stop.batch + 3)


@pytest.mark.parametrize(("keep", "passes"), [("oracle", 1), ("majority", 2)])
def test_as_many_passes_run_first_as_are_usual_where_nothing_is_said(keep, passes):
    first, then = pair_of(3, keep)
    own, said = (queries_of(first, then, Stop("escalate", None, batch)) for batch in (None, passes))
    np.testing.assert_array_equal(means_of(own, 2), means_of(said, 2))
    np.testing.assert_array_equal(own.of(2).passes(4), said.of(2).passes(4))
    assert own.most_passes(2) == passes + 2


def test_both_settings_are_drawn_independently_of_each_other(monkeypatch):
    """Where all attempts are wrong in both, the variance of two passes is twice that of one, and not four times."""
    monkeypatch.setattr("moo_inference.evaluation.escalated_queries.MOST_PAIRS", -1)
    _, own = pair_of(4, "oracle")
    wrong = QuestionAttempts.of(own.place, np.zeros(len(own.cost)), own.cost, own.seconds)
    queries = queries_of(wrong, wrong, Stop("escalate", None, 1), draws=6000)
    for part, rows in zip(queries.of(1).parts, [block.rows[0] for block in queries.blocks], strict=True):
        assert part.drawn
        assert part.spent[0].shape[2] == 6000
        for found, row in zip(part.spent[0][0], rows, strict=True):
            assert found.var() == pytest.approx(2 * own.cost[own.place == row].var(), rel=0.12)
