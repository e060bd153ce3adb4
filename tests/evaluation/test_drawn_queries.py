"""Queries that are drawn at random: what each of them comes to, and how often."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from moo_inference.evaluation import drawn_queries as module
from moo_inference.evaluation.drawn_queries import Drawing, DrawnQueries, QueriesBeyond
from moo_inference.evaluation.order_statistics import expected_largest
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import stacked

N, QUESTIONS = 4, 3
COST = np.array([1.0, 10.0, 100.0, 1000.0] * QUESTIONS) * np.repeat([1, 2, 3], N)
SECONDS = np.array([3.0, 1.0, 4.0, 2.0, 8.0, 6.0, 7.0, 5.0, 1.0, 1.5, 2.5, 9.0])
RIGHT = np.array([0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0])


def block_of():
    """Two amounts, of which the second is half of the first."""
    attempts = QuestionAttempts.of(np.repeat(np.arange(QUESTIONS), N), RIGHT, COST, SECONDS)
    [block] = stacked([attempts], [[attempts.cost, attempts.cost / 2]])
    return block


def drawn_of(parallel=2, ideal=False, most=N, seed=3, draws=200):
    return DrawnQueries(Drawing("oracle", parallel, ideal, draws, seed), block_of(), most)


def whole(order, parallel, ideal):
    times = [SECONDS[one] for one in order]
    if ideal:
        return sum(times) / parallel
    return sum(max(times[start : start + parallel]) for start in range(0, len(times), parallel))


@pytest.mark.parametrize("at_once", [1 << 21, 10])
@pytest.mark.parametrize(("parallel", "ideal"), [(1, False), (2, False), (3, False), (5, False), (2, True)])
def test_each_drawn_query_is_that_of_some_order_and_all_orders_are_drawn(parallel, ideal, at_once, monkeypatch):
    """Costs tell which attempts ran, so that the seconds and what is kept can be told, too."""
    monkeypatch.setattr(module, "_VALUES_AT_ONCE", at_once)
    drawn = drawn_of(parallel, ideal)
    for k in (3, 1, 4):
        found = drawn.outcomes(k)
        assert (found.drawn, found.ways, found.weights) == (True, None, None)
        np.testing.assert_array_equal(found.spent[1], found.spent[0] / 2)
        for question in range(QUESTIONS):
            orders = [[question * N + place for place in order] for order in permutations(range(N), k)]
            possible = {
                (round(COST[o].sum(), 6), round(whole(o, parallel, ideal), 6), float(RIGHT[o].any())) for o in orders
            }
            columns = (found.spent[0], found.seconds, found.kept)
            rows = zip(*(np.round(own[0, question].astype(float), 6).tolist() for own in columns), strict=True)
            assert {*rows} == possible


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_most_passes():
    found = drawn_of().outcomes(2)
    for other, same in ((drawn_of(most=2), True), (drawn_of(most=3), True), (drawn_of(seed=4), False)):
        again = other.outcomes(2)
        assert np.array_equal(found.spent[0], again.spent[0]) == same
        assert np.array_equal(found.seconds, again.seconds) == same


def beyond_of(parallel=3, ideal=False, draws=3000):
    return QueriesBeyond(Drawing("oracle", parallel, ideal, draws, 5), block_of())


def kept():
    return np.full((1, QUESTIONS, 1), 0.5)


@pytest.mark.parametrize(("parallel", "ideal"), [(3, False), (6, False), (3, True)])
def test_more_passes_than_attempts_come_to_the_same_in_whatever_order_they_are_asked(parallel, ideal):
    asked = {}
    queries = beyond_of(parallel, ideal, 50)
    for k in (5, 7, 12, 8, 5, 13):
        found = queries.outcomes(k, kept)
        alone = beyond_of(parallel, ideal, 50).outcomes(k, kept)
        np.testing.assert_array_equal(found.spent[0], alone.spent[0])
        np.testing.assert_array_equal(found.seconds, alone.seconds)
        np.testing.assert_array_equal(found.spent[1], found.spent[0] / 2)
        assert found.drawn
        assert found.kept.tolist() == kept().tolist()
        asked[k] = found
    # What has run by 12 passes is part of what has run by 13, but for the times that add up.
    assert ideal or (asked[13].spent[0] > asked[12].spent[0]).all()


def test_waves_draw_anew_and_a_wave_draws_each_attempt_once():
    """Of 3 in a wave one of 4 is left out; of two waves all 16 pairs of what is left out are as frequent."""
    found = beyond_of(3).outcomes(6, kept).spent[0][0]
    for question in range(QUESTIONS):
        own = COST[question * N : question * N + N]
        sums = {round(2 * own.sum() - a - b, 6) for a in own for b in own}
        values, counts = np.unique(np.round(found[question], 6), return_counts=True)
        assert {*values.tolist()} == sums
        # Pairs of the same one stand once in 16, of two different ones twice: 4.5 standard errors around that.
        same = np.isin(values, np.round(2 * own.sum() - 2 * own, 6))
        expected = np.where(same, 1 / 16, 2 / 16)
        assert (np.abs(counts / 3000 - expected) < 4.5 * np.sqrt(expected / 3000)).all()


def test_a_wave_beyond_the_attempts_has_each_as_often_as_it_can_and_the_time_of_a_half_and_what_is_added():
    """Nine of four attempts: each twice, and one of them once more. The half's slowest is that of two of four."""
    found = beyond_of(9).outcomes(9, kept)
    for question in range(QUESTIONS):
        rows = slice(question * N, question * N + N)
        own = COST[rows]
        assert {*np.round(found.spent[0][0, question], 6)} == {round(2 * own.sum() + one, 6) for one in own}
        ordered = np.sort(SECONDS[rows])[None]
        half, most = expected_largest(ordered, np.array([2, 4]))[0]
        longer = (most - half) * (1 + np.log(9 / 4) / np.log(2))
        possible = {round(float(max(pair) + longer), 6) for pair in permutations(ordered[0], 2)}
        assert {*np.round(found.seconds[0, question], 6)} == possible


def test_times_that_add_up_are_of_the_same_attempts_as_the_costs():
    how = Drawing("oracle", 4, True, 50, 5)
    block = block_of()
    alike = replace(block, spent=(block.seconds, block.seconds))
    found = QueriesBeyond(how, alike).outcomes(7, kept)
    np.testing.assert_allclose(found.seconds, found.spent[0] / 4, rtol=1e-12)


def test_each_wave_of_drawn_queries_takes_as_long_as_its_slowest():
    """Where a wave has all attempts, as long as the slowest of all; with one more, as the one that is drawn."""
    waves = beyond_of(3, draws=500).outcomes(3, kept)
    whole_waves = beyond_of(N, draws=500)
    two, one_more = whole_waves.outcomes(2 * N, kept), whole_waves.outcomes(2 * N + 1, kept)
    for question in range(QUESTIONS):
        places = [question * N + place for place in range(N)]
        slowest = max(SECONDS[place] for place in places)
        triples = {(COST[list(o)].sum(), max(SECONDS[list(o)])) for o in permutations(places, 3)}
        assert {*zip(waves.spent[0][0, question].tolist(), waves.seconds[0, question].tolist(), strict=True)} == triples
        assert {*two.seconds[0, question].tolist()} == {2 * slowest}
        assert {*two.spent[0][0, question].tolist()} == {2 * COST[places].sum()}
        pairs = {(2 * COST[places].sum() + COST[one], 2 * slowest + SECONDS[one]) for one in places}
        found = zip(one_more.spent[0][0, question].tolist(), one_more.seconds[0, question].tolist(), strict=True)
        assert {*found} == pairs


def test_where_times_add_up_all_passes_are_one_wave():
    """Seven of four attempts: each once, and three of them once more, however many run at the same time."""
    found = beyond_of(3, ideal=True, draws=500).outcomes(7, kept)
    for question in range(QUESTIONS):
        own = COST[question * N : question * N + N]
        assert {*found.spent[0][0, question].tolist()} == {2 * own.sum() - one for one in own}


def test_half_of_an_odd_number_of_attempts_is_rounded_down():
    seconds = np.array([1.0, 2.0, 4.0, 7.0, 11.0])
    attempts = QuestionAttempts.of(["q"] * 5, [0] * 5, [1] * 5, seconds)
    [block] = stacked([attempts], [[attempts.cost]])
    found = QueriesBeyond(Drawing("oracle", 8, False, 300, 2), block).outcomes(8, lambda: np.zeros((1, 1, 1)))
    half = expected_largest(seconds[None], np.array([2]))[0, 0]
    longer = (11.0 - half) * (1 + np.log(8 / 5) / np.log(5 / 2))
    assert {*np.round(found.seconds.ravel() - longer, 9).tolist()} == {2.0, 4.0, 7.0, 11.0}
