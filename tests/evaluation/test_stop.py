"""When passes stop: what policies say, what they refuse, and in which words."""

from math import comb

import pytest

from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.evaluation.stop import CONFIDENCE, FIXED, POLICIES, Stop, leader_confidence, misfit, votes_needed

WITH_LEVEL = "the level of {} must be a number, got {}"
CONFIDENT = "the confidence of vote-until-sure must be above 0.5 and below 1, which no vote reaches; got {}"
BEHIND = "the passes of the first setting stand behind a slash, as in escalate/2"


def test_a_policy_has_its_level_and_its_batch_as_they_are_given():
    stop = Stop("vote-until-sure", 0.75, 3)
    assert (stop.level, stop.confidence, stop.batch, stop.name) == (0.75, 0.75, 3, "vote-until-sure=0.75")
    assert str(stop) == "vote-until-sure=0.75/3"
    assert str(Stop("vote-until-sure", 0.95, 2)) == "vote-until-sure/2"
    usual = Stop("vote-until-sure")
    assert (usual.level, usual.confidence, usual.accept) == (CONFIDENCE, CONFIDENCE, CONFIDENCE) == (0.95,) * 3
    plain = Stop("first-verified")
    assert (plain.level, plain.accept, plain.confidence, plain.batch) == (None, 1.0, 0.95, None)
    level = Stop("first-verified", 1).level
    assert (level, type(level)) == (1.0, float)
    assert Stop("first-verified", -0.25).accept == -0.25
    # A level of 0.95 is the usual one of a vote alone.
    assert str(Stop("first-verified", 0.95)) == "first-verified=0.95"
    assert str(Stop("first-verified", 1 / 3)) == "first-verified=0.333333333333333"


def test_the_passes_of_a_batch_are_the_fewest_of_those_that_run_at_once_and_between_two_looks():
    assert Stop("first-verified").at_once(8) == 8
    assert Stop("first-verified", None, 9).at_once(8) == 8
    assert Stop("vote-until-sure", None, 3).at_once(8) == 3
    assert Stop("escalate", None, 3).at_once(8) == 8
    assert [Stop(policy).escalates for policy in POLICIES[1:]] == [False, False, True]


def test_only_an_escalation_without_a_number_of_first_passes_is_given_one():
    assert Stop("escalate").with_first("majority").batch == 2
    assert Stop("escalate", 0.5).with_first("verifier") == Stop("escalate", 0.5, 1)
    for stop in (Stop("escalate", None, 5), Stop("first-verified"), Stop("vote-until-sure")):
        assert stop.with_first("majority") is stop


@pytest.mark.parametrize(
    ("policy", "level", "batch", "errors"),
    [
        ("first-verified", True, None, [WITH_LEVEL.format("first-verified", "True")]),
        ("escalate", "0.5", None, [WITH_LEVEL.format("escalate", "'0.5'")]),
        ("vote-until-sure", float("nan"), None, [WITH_LEVEL.format("vote-until-sure", "nan")]),
        ("vote-until-sure", 0.5, None, [CONFIDENT.format("0.5")]),
        ("vote-until-sure", 1, None, [CONFIDENT.format("1")]),
        (
            "vote-until-sure",
            1.5,
            0,
            [CONFIDENT.format("1.5"), "batch must be a whole number of at least 1, got 0"],
        ),
        ("first-verified", None, 1.5, ["batch must be a whole number of at least 1, got 1.5"]),
    ],
)
def test_levels_and_batches_out_of_their_range_are_refused_all_at_once(policy, level, batch, errors):
    with pytest.raises(SettingError) as refused:
        Stop(policy, level, batch)
    assert refused.value.errors == tuple(errors)


@pytest.mark.parametrize("make", [Stop, Stop.parse])
def test_a_policy_that_does_not_exist_is_refused_with_those_that_do(make):
    with pytest.raises(UnknownNameError) as refused:
        make("first-verifed")
    words = str(refused.value)
    assert words.startswith("unknown stop policy 'first-verifed'")
    for policy in POLICIES:
        assert policy in words


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (3.5, "stop must be one of: fixed, first-verified, vote-until-sure, escalate; got 3.5"),
        ("fixed/2", "fixed must have no level and no batch, since all passes run; got 'fixed/2'"),
        ("fixed=", "fixed must have no level and no batch, since all passes run; got 'fixed='"),
        (
            "first-verified=x/2",
            "the level and the batch of first-verified must be numbers, as in first-verified=0.9 or first-verified/2; "
            "got 'first-verified=x/2'",
        ),
        (
            "escalate/",
            "the level and the batch of escalate must be numbers, as in escalate=0.9 or escalate/2; got 'escalate/'",
        ),
        ("vote-until-sure=2", CONFIDENT.format("2")),
    ],
)
def test_what_cannot_be_read_is_refused(text, error):
    with pytest.raises(SettingError) as refused:
        Stop.parse(text)
    assert str(refused.value) == error


def test_what_is_no_text_is_itself_or_nothing():
    stop = Stop("escalate", None, 2)
    assert Stop.parse(stop) is stop
    assert Stop.parse(None) is None
    assert Stop.parse(FIXED) is None
    assert Stop.parse("first-verified=0.5/3") == Stop("first-verified", 0.5, 3)


PAIR = (
    "escalate must come with the recorded attempts of two settings: with_stops makes pairs of the models of a catalog, "
    "and a file names the first one in escalates_from; got {} with {}"
)


@pytest.mark.parametrize(
    ("stop", "keep", "pair", "words"),
    [
        ("escalate", "oracle", False, PAIR.format("escalate", "one")),
        ("first-verified/2", "oracle", True, PAIR.format("first-verified/2", "two")),
        ("first-verified", "all", False, "first-verified must come with keep 'oracle' or 'verifier', got keep 'all'"),
        ("first-verified", "majority", False, "first-verified must come with keep 'oracle' or 'verifier', got keep "
         "'majority'"),
        ("vote-until-sure", "oracle", False, "vote-until-sure must come with keep 'majority', got keep 'oracle'"),
        ("escalate", "all", True, "escalate must come with keep 'oracle' or 'majority' or 'verifier', got keep 'all'"),
        ("first-verified", "verifier", False, "first-verified must say which score of the verifier is enough, as in "
         "first-verified=0.5; got none"),
        ("escalate", "verifier", True, "escalate must say which score of the verifier is enough, as in escalate=0.5; "
         "got none"),
        ("escalate=0", "oracle", True, "the level of escalate must be a correctness above 0 and at most 1, got 0; "
         + BEHIND),
        ("escalate=1.5", "oracle", True, "the level of escalate must be a correctness above 0 and at most 1, got 1.5; "
         + BEHIND),
        ("escalate=0.5", "majority", True, "escalate must have no level where passes vote, got 0.5; " + BEHIND),
        ("escalate/1", "majority", True, "escalate must have at least two passes of the first setting where they vote, "
         "got escalate/1"),
        ("escalate=1", "oracle", True, ""),
        ("escalate=0.01", "oracle", True, ""),
        ("escalate/2", "majority", True, ""),
        ("escalate", "majority", True, ""),
        ("escalate=7", "verifier", True, ""),
        ("first-verified=7", "verifier", False, ""),
        ("first-verified", "oracle", False, ""),
        ("vote-until-sure", "majority", False, ""),
    ],
)  # fmt: skip
def test_why_a_policy_does_not_fit(stop, keep, pair, words):
    assert misfit(Stop.parse(stop), keep, pair=pair) == words
    if not pair:
        assert misfit(Stop.parse(stop), keep) == words


def test_the_least_votes_that_are_sure_are_those_of_coins():
    for second, first in enumerate(votes_needed(0.9, 20).tolist()):
        coins = first + second + 1
        assert sum(comb(coins, heads) for heads in range(first + 1)) >= 0.9 * 2**coins or first == 21
        fewer = coins - 1
        assert sum(comb(fewer, heads) for heads in range(first)) < 0.9 * 2**fewer
    # As sure as it has to be is sure.
    assert leader_confidence(1, 0) == 0.75
    assert votes_needed(0.75, 2).tolist() == [1, 3, 3]
