"""The states of queries that stop, against all orders of the attempts; and how many of them are counted."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from moo_inference.evaluation import stopped_ways as module
from moo_inference.evaluation import sure_votes
from moo_inference.evaluation.sure_votes import SureVotes


def ways(*arguments):
    """Without what is known already."""
    return module.stopped_ways.__wrapped__(*arguments)


def columns(table):
    return [tuple(np.flatnonzero(column).tolist()) for column in table.T]


@pytest.mark.parametrize(
    ("n", "k", "batch", "summed"),
    [(4, 3, 1, False), (5, 4, 2, False), (5, 5, 2, True), (5, 4, 3, False), (4, 2, 3, False), (9, 2, 1, False)],
)
def test_where_queries_stop_is_where_orders_do(n, k, batch, summed):
    """With one of two rules: attempt 1 has run, or two of the even ones have."""
    found = ways(n, k, batch, summed)
    subsets, slowest = columns(found.subsets), columns(found.slowest)
    assert found.passes.tolist() == list(map(len, subsets))
    rules = [lambda ran: 1 in ran, lambda ran: sum(attempt % 2 == 0 for attempt in ran) >= 2]
    stops = np.array([[[rule(ran) for ran in subsets] for rule in rules]])
    ends = found.ends(stops)
    states = list(zip(subsets, slowest, strict=True))
    assert len(set(states)) == len(states)
    orders = list(permutations(range(n), k))
    for rule, shares in zip(rules, ends[0], strict=True):
        expected = Counter()
        for order in orders:
            ran, slow = (), ()
            while len(ran) < k and not (ran and rule(ran)):
                own = order[len(ran) : min(len(ran) + batch, k)]
                ran, slow = ran + own, (*slow, max(own))
            ran = tuple(sorted(ran))
            expected[ran, ran if summed or batch == 1 else tuple(sorted(slow))] += 1 / len(orders)
        assert set(expected) <= set(states)
        np.testing.assert_allclose(shares, [expected[state] for state in states], atol=1e-14)
    for part in found.batches:
        assert part.chosen.shape == (part.reached.shape[1], part.passes)
        np.testing.assert_allclose(part.reached.sum(axis=1), 1)
    assert [ran for part in found.batches for ran in map(tuple, part.chosen.tolist())] == subsets


def test_as_many_states_and_steps_are_counted_as_there_may_be(monkeypatch):
    states = len(ways(6, 5, 2, False).passes)
    for limit, counted in ((states, True), (states - 1, False)):
        monkeypatch.setattr(module, "MOST_STATES", limit)
        assert (ways(6, 5, 2, False) is not None) == counted
    monkeypatch.undo()
    # One by one, from 15 states of two passes there are four steps each, and from 20 of three three.
    for limit, counted in ((60, True), (59, False)):
        monkeypatch.setattr(module, "_MOST_STEPS", limit)
        assert (ways(6, 4, 1, True) is not None) == counted


def test_what_queries_share_cannot_be_written_to():
    found = ways(5, 4, 2, False)
    for table in (found.subsets, found.slowest):
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 2


@pytest.mark.parametrize("answer", [[0, 0, 0, 1, 1, 2], [0, 1, -1, -1, 1, 0, 2], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize(("k", "parallel"), [(5, 1), (5, 2), (4, 3)])
def test_no_more_steps_from_votes_to_votes_are_made_than_are_foreseen(answer, k, parallel, monkeypatch):
    made, draws = [], sure_votes._draws

    def counted(left, size):
        found = list(draws(left, size))
        if len(left) == len(set(answer)):
            made.extend(found)
        return found

    monkeypatch.setattr(sure_votes, "_draws", counted)
    votes = SureVotes(np.array(answer), 0.999, parallel)
    votes.means([np.ones(len(answer))], np.ones(len(answer)), None, np.array([k]))
    assert 0 < len(made) <= votes.steps(k)


def test_what_has_too_many_steps_to_be_a_machine_s_integer_has_very_many():
    assert SureVotes(np.arange(70), 0.9, 2).steps(100) == 2**62
    # An answer of 3 attempts has 0 to 3 votes, and 0 to 2 of a batch; one of 1 has 0 or 1.
    assert SureVotes(np.array([0, 0, 0, 1]), 0.9, 2).steps(4) == (4 * 2) * (3 * 2)
    assert SureVotes(np.array([0, 0, 0, 1]), 0.9, 2).steps(2) == (3 * 2) * (3 * 2)
