"""The passes of one query: each policy against a twin that looks at every prefix anew, failures, stages, threads."""

import asyncio
import subprocess
import sys
import threading
from itertools import count

import numpy as np
import pytest
from scipy.stats import beta

from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.policy.choice import Choice
from moo_inference.policy.passes import Stage, at_once, escalate, escalate_async, run_passes, run_passes_async

FAILED = ConnectionError("lost")


def replay(passes):
    """An `ask` that returns the next of given passes."""
    place = count()

    def ask(number):
        return [passes[next(place)] for _ in range(number)]

    return ask


def replay_async(passes):
    ask = replay(passes)

    async def asked(number):
        await asyncio.sleep(0)
        return ask(number)

    return asked


def twin(passes, k, parallel, enough, kept):
    """Passes used and the place of the kept one, from the prefixes that end a batch."""
    ends = [*range(parallel, k, parallel), k]
    used = next((end for end in ends if enough(passes[:end])), k)
    return used, kept(passes[:used])


def best(passes):
    scored = [(-score, place) for place, score in enumerate(passes) if score is not FAILED]
    return min(scored)[1] if scored else None


def reaches(accept):
    return lambda passes: any(score is not FAILED and score >= accept for score in passes)


def tally(passes):
    """Votes of each answer as (votes, place of the first), the most first."""
    answers = {one for one in passes if one is not FAILED and one is not None}
    return sorted(((passes.count(one), passes.index(one)) for one in answers), key=lambda pair: (-pair[0], pair[1]))


def most_frequent(passes):
    votes = tally(passes)
    return votes[0][1] if votes else None


def leads_with(confidence):
    def enough(passes):
        votes = tally(passes)
        second = votes[1][0] if len(votes) > 1 else 0
        return bool(votes) and beta.sf(0.5, votes[0][0] + 1, second + 1) >= confidence - 1e-12

    return enough


def same(number):
    return number


POLICIES = {
    "first-verified": (reaches(1), best, "verify"),
    "first-verified=0.5": (reaches(0.5), best, "verify"),
    "vote-until-sure": (leads_with(0.95), most_frequent, "answer_of"),
    "first-verified/2": (reaches(1), best, "verify"),
    "vote-until-sure=0.75/3": (leads_with(0.75), most_frequent, "answer_of"),
    "vote-until-sure=0.75": (leads_with(0.75), most_frequent, "answer_of"),
}


def random_passes(random, k, kind):
    values = [0.0, 0.25, 0.5, 1.0] if kind == "verify" else [10, 20, 30, None]
    weights = random.dirichlet(np.ones(5))
    return [([*values, FAILED])[place] for place in random.choice(5, size=k, p=weights)]


def disagreements(stop, twins, cases=300):
    """In how many random queries the executor and its twin differ in passes used or in what is kept."""
    enough, kept, kind = twins
    random = np.random.default_rng(11)
    wrong = 0
    for _ in range(cases):
        k, parallel = (int(number) for number in random.integers(1, [12, 6]))
        passes = random_passes(random, k, kind)
        run = run_passes(replay(passes), k, parallel=parallel, stop=stop, **{kind: same})
        parallel = min(parallel, int(stop.partition("/")[2] or parallel))
        used, place = twin(passes, k, parallel, enough, kept)
        assert run.passes == tuple(passes[: run.used])
        assert sum(run.batches) == run.used
        assert all(size == parallel for size in run.batches[:-1])
        assert run.failed == run.passes.count(FAILED)
        assert run.settled == (run.ended != "k")
        expected = None if place is None else passes[place]
        ended = "k" if not enough(passes[:used]) else "sure" if kind == "answer_of" else "verified"
        wrong += (run.used, run.kept, run.ended) != (used, expected, ended)
    return wrong


@pytest.mark.parametrize("stop", POLICIES)
def test_a_policy_ends_and_keeps_as_its_twin_does(stop):
    assert disagreements(stop, POLICIES[stop]) == 0


def test_a_twin_with_another_level_is_noticed():
    assert disagreements("first-verified", POLICIES["first-verified=0.5"]) > 30


@pytest.mark.parametrize(("kind", "kept"), [("verify", best), ("answer_of", most_frequent)])
@pytest.mark.parametrize("stop", [None, "fixed"])
def test_without_a_policy_all_k_run(kind, kept, stop):
    random = np.random.default_rng(3)
    for _ in range(100):
        k = int(random.integers(1, 9))
        passes = random_passes(random, k, kind)
        run = run_passes(replay(passes), k, parallel=3, stop=stop, **{kind: same})
        place = kept(passes)
        assert (run.passes, run.ended) == (tuple(passes), "k")
        assert run.kept == (None if place is None else passes[place])
        agreed = k > 1 and len(set(passes)) == 1 and passes[0] not in (None, FAILED)
        assert run.settled == (reaches(1)(passes) if kind == "verify" else agreed)


def test_of_equals_the_earlier_pass_is_kept():
    first = run_passes(replay([("a", 0.5), ("b", 0.5)]), 2, verify=lambda one: one[1])
    assert first.kept == ("a", 0.5)
    votes = [("x", 1), ("y", 2), ("y", 3), ("x", 4)]
    assert run_passes(replay(votes), 4, answer_of=lambda one: one[0]).kept == ("x", 1)


def test_scores_may_be_bools_and_minus_infinity():
    assert run_passes(replay([False, np.True_, True]), 3, stop="first-verified", verify=same).used == 2
    assert run_passes(replay([-np.inf]), 1, verify=same).kept == -np.inf


def test_a_single_pass_needs_nothing_to_choose_it():
    assert run_passes(replay(["text"]), 1).kept == "text"
    assert run_passes(replay([FAILED]), 1).kept is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0, "parallel": 0}, ["k must be", "parallel must be", "got none of them"]),
        ({"k": 2.5, "verify": same}, ["k must be a whole number"]),
        ({"k": 2}, ["got none of them"]),
        ({"k": 2, "verify": same, "answer_of": same}, ["got both"]),
        ({"k": 1, "stop": "first-verified"}, ["got none of them"]),
        ({"k": 2, "stop": "vote-until-sure", "verify": same}, ["vote-until-sure must be given answer_of"]),
        ({"k": 2, "stop": "first-verified", "answer_of": same}, ["first-verified must be given verify"]),
        ({"k": 2, "stop": "vote-until-sure=2", "answer_of": same}, ["confidence of vote-until-sure must be"]),
    ],
)
def test_what_cannot_be_run_is_refused_before_any_call(options, words):
    def never(number):
        raise AssertionError(number)

    with pytest.raises(SettingError) as refused:
        run_passes(never, **options)
    assert len(refused.value.errors) == len(words)
    for error, word in zip(refused.value.errors, words, strict=True):
        assert word in error
    with pytest.raises(UnknownNameError, match="first-verified"):
        run_passes(never, 2, stop="first-verifed", verify=same)


@pytest.mark.parametrize(
    ("made", "options", "words"),
    [
        ([1], {"verify": same}, "list of 2, one entry for each pass, got 1"),
        ([1, 1, 1], {"verify": same}, "list of 2, one entry for each pass, got 3"),
        (5, {"verify": same}, "list of 2, one entry for each pass, got 5"),
        (["0.9", 1], {"verify": same}, "verify must return a number, True or False for every pass, got '0.9'"),
        ([None, 1], {"verify": same}, "got None"),
        ([float("nan"), 1], {"verify": same}, "got nan"),
        ([[], 1], {"answer_of": same}, "answer_of must return what can be a key"),
    ],
)
def test_what_the_caller_s_functions_must_return(made, options, words):
    with pytest.raises(SettingError, match=words):
        run_passes(lambda number: made, 2, parallel=2, **options)


@pytest.mark.parametrize("error", [ConnectionError, StopIteration])
def test_what_ask_raises_itself_is_raised(error):
    def ask(number):
        raise error("down")

    with pytest.raises(error, match="down"):
        run_passes(ask, 2, verify=same)


def test_calls_are_made_at_the_same_time_and_one_that_fails_leaves_the_others():
    together, numbers = threading.Barrier(3, timeout=30), count()

    def call():
        together.wait()
        number = next(numbers)
        if number == 1:
            raise ConnectionError("lost")
        return number

    made = at_once(call, 3)
    assert sorted(one for one in made if not isinstance(one, Exception)) == [0, 2]
    assert [str(one) for one in made if isinstance(one, Exception)] == ["lost"]


def test_awaited_calls_run_as_others_do():
    random = np.random.default_rng(5)
    for stop, (_, _, kind) in POLICIES.items():
        for _ in range(20):
            passes = random_passes(random, 8, kind)
            options = {"parallel": 2, "stop": stop, kind: same}
            awaited = asyncio.run(run_passes_async(replay_async(passes), 8, **options))
            assert awaited == run_passes(replay(passes), 8, **options)


def test_running_passes_needs_numpy_alone():
    heavy = {"pymoo", "pandas", "scipy", "matplotlib", "pydantic", "moocore", "yaml", "typer", "rich"}
    code = (
        "import sys; from moo_inference.policy.policy import Choice; "
        "choice = Choice('m', 8, 1.0, 1.0, 0.9, {}, 'vote-until-sure', 2, 'majority'); "
        "run = choice.run(lambda model, passes: ['a'] * passes, answer_of=str); "
        f"print(run.used, {heavy} & {{name.split('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4 set()"


# Stages


@pytest.mark.parametrize("kind", ["verify", "answer_of"])
def test_the_next_stage_runs_where_the_passes_disagree_or_none_is_verified(kind):
    random = np.random.default_rng(9)
    seen = set()
    for _ in range(200):
        m, k = (int(number) for number in random.integers([2, 1], [4, 6]))
        cheap, strong = random_passes(random, m, kind), random_passes(random, k, kind)
        if kind == "verify":
            settled, kept = 1.0 in cheap, best
        else:
            settled, kept = len(set(cheap)) == 1 and cheap[0] not in (None, FAILED), most_frequent
        stages = [Stage(replay(cheap), m, parallel=m), Stage(replay(strong), k, parallel=2)]
        found = escalate(stages, **{kind: same})
        last = cheap if settled or kept(strong) is None else strong
        if kind == "verify" and not settled:
            last = cheap + strong  # the best of all, of equals the earlier
        place = kept(last)
        assert found.kept == (None if place is None else last[place])
        assert found.escalated is not settled
        assert found.used == m + (0 if settled else k)
        again = [Stage(replay_async(cheap), m, parallel=m), Stage(replay_async(strong), k, parallel=2)]
        assert asyncio.run(escalate_async(again, **{kind: same})) == found
        seen.add(settled)
    assert seen == {True, False}


def test_each_stage_may_stop_early():
    cheap, strong = ["a", "b", "a", "b"], ["c", "c", "c", "c", "c"]
    found = escalate(
        [Stage(replay(cheap), 4, stop="vote-until-sure"), Stage(replay(strong), 5, stop="vote-until-sure")],
        answer_of=same,
    )
    assert [run.used for run in found.runs] == [4, 4]
    assert [run.ended for run in found.runs] == ["k", "sure"]
    # The control: a lower confidence is content with the first two of them.
    sooner = escalate([Stage(replay(["a", "a"]), 4, stop="vote-until-sure=0.8")], answer_of=same)
    assert (sooner.used, sooner.escalated, sooner.kept) == (2, False, "a")


def test_stages_that_cannot_be_judged_are_refused():
    with pytest.raises(SettingError, match="at least one stage"):
        escalate([], verify=same)
    with pytest.raises(SettingError, match="to see which queries go on"):
        escalate([Stage(replay([1]), 1)])
    with pytest.raises(SettingError, match="k must be"):
        escalate([Stage(replay([1]), 1), Stage(replay([1]), 0)], verify=same)


# A choice of a policy


def chosen(**options):
    return Choice("m@high", 4, 1.0, 1.0, 0.9, {}, **options)


def test_a_choice_asks_its_own_model_for_its_own_batches():
    asked = []

    def ask(model, number):
        asked.append((model, number))
        return ["a"] * number

    run = chosen(stop="vote-until-sure", parallel=3, keep="majority").run(ask, verify=len, answer_of=same)
    assert (asked, run.ended) == ([("m@high", 3), ("m@high", 1)], "sure")
    asked.clear()
    run = chosen(stop="first-verified", parallel=3, keep="oracle").run(ask, verify=len, answer_of=same, parallel=1)
    assert (asked, run.ended) == ([("m@high", 1)], "verified")
    asked.clear()
    assert chosen().run(ask, answer_of=same).used == 4
    assert asked == [("m@high", 4)]


def test_a_choice_is_awaited_too():
    async def ask(model, number):
        return [model] * number

    run = asyncio.run(chosen(stop="vote-until-sure", parallel=2, keep="majority").run_async(ask, answer_of=same))
    assert (run.kept, run.batches) == ("m@high", (2, 2))


def test_a_choice_says_what_it_lacks():
    def ask(model, number):
        raise AssertionError(model, number)

    with pytest.raises(SettingError, match="got none of them"):
        chosen(keep="majority", parallel=1).run(ask, verify=same)
    with pytest.raises(SettingError, match="got both"):
        chosen().run(ask, verify=same, answer_of=same)
    with pytest.raises(SettingError, match="got 'all', which rates all k"):
        chosen(keep="all", parallel=1).run(ask, verify=same)
