"""Run the passes of one query: in batches, until a policy says that they are enough. On numpy alone.

How calls are made is the caller's: `ask` makes some of them at the same time, with any client.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, cast

from moo_inference.errors import ErrorCollector, SettingError, whole_number
from moo_inference.evaluation.stop import Stop, leader_confidence

Ask = Callable[[int], Sequence[Any]]
"""Makes so many passes at the same time, and returns one entry for each."""

AskAsync = Callable[[int], Awaitable[Sequence[Any]]]
"""The same as a coroutine function."""

Verify = Callable[[Any], float]
"""The score of a pass: a number or a bool, the higher the better."""

AnswerOf = Callable[[Any], Hashable | None]
"""The answer that a pass votes for; None where it has none."""

Ended = Literal["verified", "sure", "k"]

Steps = Generator[tuple[Any, int], Any, Any]
"""Yields whom to ask for how many passes, is sent these, and returns the end: the same for calls that are awaited."""


@dataclass(frozen=True)
class QueryRun:
    """The passes that ran for one query, and the one that is kept.

    Attributes:
        kept: the pass that scored highest, or the first one with the most frequent answer; of equals the earlier. None
            where no pass has a score or an answer.
        passes: all that ran, in the order of the batches. A failed one is its exception.
        batches: passes of each batch.
        ended: why no more ran: a pass is `verified`, the vote is `sure`, or all `k` have run.
        settled: whether that is enough to go by. Without a policy: whether a pass is verified, or all of at least two
            passes give the same answer.
        score: of the kept pass; None where passes vote, or none has a score.
    """

    kept: Any
    passes: tuple[Any, ...]
    batches: tuple[int, ...]
    ended: Ended
    settled: bool
    score: float | None = None

    @property
    def used(self) -> int:
        """Passes that ran, failed ones among them."""
        return len(self.passes)

    @property
    def failed(self) -> int:
        """Passes that failed."""
        return sum(map(_failed, self.passes))


@dataclass(frozen=True)
class Stage:
    """One setting of an escalation: at most k passes of it.

    Attributes:
        ask: makes a batch of passes, see `run_passes`; a coroutine function for `escalate_async`.
        k: passes at most.
        parallel: passes of a batch.
        stop: when fewer are enough, see `run_passes`.
    """

    ask: Ask | AskAsync
    k: int
    parallel: int = 1
    stop: Stop | str | None = None


@dataclass(frozen=True)
class Escalation:
    """The stages that ran for one query, the cheapest first.

    Attributes:
        runs: of each stage that ran.
    """

    runs: tuple[QueryRun, ...]

    @property
    def kept(self) -> Any:
        """The pass that scores highest in any stage; where passes vote, what the last stage keeps.

        Where no pass of the last stage has an answer, it is what the stage before it keeps.
        """
        scored = [(run.score, run.kept) for run in self.runs if run.score is not None]
        if scored:
            return max(scored, key=lambda pair: pair[0])[1]
        return next((run.kept for run in reversed(self.runs) if run.kept is not None), None)

    @property
    def used(self) -> int:
        """Passes that ran in all stages."""
        return sum(run.used for run in self.runs)

    @property
    def escalated(self) -> bool:
        """Whether more than the first stage ran."""
        return len(self.runs) > 1


def run_passes(
    ask: Ask,
    k: int,
    *,
    parallel: int = 1,
    stop: Stop | str | None = None,
    verify: Verify | None = None,
    answer_of: AnswerOf | None = None,
) -> QueryRun:
    """Run at most k passes of one query, P at a time, until the policy says that they are enough.

    What one call raises is no reason to lose the others: `ask` puts the exception in the place of that pass, as
    `at_once` does. Such a pass is never kept, is not verified and does not vote, but it is one of the k: this function
    makes no call again. What `ask` raises itself is raised.

    Args:
        ask: called with a number of passes, makes them at the same time, and returns one entry for each.
        k: passes at most.
        parallel: P, passes of a batch; the last one may have fewer.
        stop: `first-verified` or `vote-until-sure`, with `=LEVEL` where it is not the usual one, and `/BATCH` where
            batches are smaller than P; None or `fixed`: all k run.
        verify: the score of a pass; the pass that scores highest is kept.
        answer_of: the answer of a pass; the most frequent one is kept. Either this or `verify` is given; neither is
            needed where k is 1.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, the policy needs the other function, or `ask`
            returns another number of passes than it was called with.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    return cast(QueryRun, _drive(_batches(Stage(ask, k, parallel, stop), verify, answer_of)))


async def run_passes_async(
    ask: AskAsync,
    k: int,
    *,
    parallel: int = 1,
    stop: Stop | str | None = None,
    verify: Verify | None = None,
    answer_of: AnswerOf | None = None,
) -> QueryRun:
    """See `run_passes`; `ask` is awaited.

    Args:
        ask: a coroutine function, such as one that awaits `asyncio.gather(*calls, return_exceptions=True)`.
        k: passes at most.
        parallel: P, passes of a batch.
        stop: the policy.
        verify: the score of a pass.
        answer_of: the answer of a pass.
    """
    return cast(QueryRun, await _drive_async(_batches(Stage(ask, k, parallel, stop), verify, answer_of)))


def escalate(stages: Sequence[Stage], *, verify: Verify | None = None, answer_of: AnswerOf | None = None) -> Escalation:
    """Run a cheap setting first, and the next one only where the passes disagree, or none is verified.

    A stage is left where it is not settled, see `QueryRun`: with `verify` no pass reached the least score of its
    policy (1 without one); with `answer_of` the vote was not sure, or without a policy some pass of the stage gave
    another answer or none.

    Args:
        stages: the cheapest first.
        verify: the score of a pass.
        answer_of: the answer of a pass. Either this or `verify` is given.

    Raises:
        SettingError: (a ValueError) see `run_passes`; or there is no stage.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    return cast(Escalation, _drive(_stages(stages, verify, answer_of)))


async def escalate_async(
    stages: Sequence[Stage], *, verify: Verify | None = None, answer_of: AnswerOf | None = None
) -> Escalation:
    """See `escalate`; the `ask` of each stage is awaited.

    Args:
        stages: the cheapest first.
        verify: the score of a pass.
        answer_of: the answer of a pass.
    """
    return cast(Escalation, await _drive_async(_stages(stages, verify, answer_of)))


def at_once(call: Callable[[], Any], passes: int) -> list[Any]:
    """Make a call so many times at the same time, in threads; an exception of one stands in its place.

    Args:
        call: makes one pass.
        passes: how many.
    """
    with ThreadPoolExecutor(passes) as pool:
        made = [pool.submit(call) for _ in range(passes)]
    return [each.result() if each.exception() is None else each.exception() for each in made]


class _BestScored:
    """Keeps the pass that scores highest."""

    def __init__(self, verify: Verify, accept: float) -> None:
        self.verify, self.accept = verify, accept
        self.kept: Any = None
        self.score = float("-inf")
        self.nothing = True

    def add(self, given: Any) -> None:
        if _failed(given):
            return
        score = _number(self.verify(given))
        if self.nothing or score > self.score:
            self.kept, self.score, self.nothing = given, score, False

    @property
    def enough(self) -> bool:
        return self.score >= self.accept

    @property
    def agreed(self) -> bool:
        return self.enough


class _Vote:
    """Keeps the most frequent answer."""

    def __init__(self, answer_of: AnswerOf, confidence: float) -> None:
        self.answer_of, self.confidence = answer_of, confidence
        self.votes: Counter[Hashable] = Counter()
        self.first: dict[Hashable, Any] = {}
        self.many = 0

    def add(self, given: Any) -> None:
        self.many += 1
        answer = None if _failed(given) else self.answer_of(given)
        if not isinstance(answer, Hashable):
            raise SettingError(f"answer_of must return what can be a key, as a text can, got {answer!r:.60}")
        if answer is not None:
            self.votes[answer] += 1
            self.first.setdefault(answer, given)

    @property
    def kept(self) -> Any:
        # Of equal counts the answer that came first is the first here too.
        return self.first[self.votes.most_common(1)[0][0]] if self.votes else None

    @property
    def enough(self) -> bool:
        leader, second, *_ = [votes for _, votes in self.votes.most_common(2)] + [0, 0]
        return leader_confidence(leader, second) >= self.confidence

    @property
    def agreed(self) -> bool:
        return self.many > 1 and len(self.votes) == 1 and self.votes.total() == self.many


def _batches(
    stage: Stage, verify: Verify | None, answer_of: AnswerOf | None
) -> Generator[tuple[Any, int], Any, QueryRun]:
    stop, judge = _checked(stage, verify, answer_of)
    most = stage.parallel if stop is None or stop.batch is None else min(stage.parallel, stop.batch)
    passes: list[Any] = []
    batches: list[int] = []
    enough = False
    while len(passes) < stage.k and not enough:
        size = min(most, stage.k - len(passes))
        made = yield stage.ask, size
        if not isinstance(made, Sequence) or len(made) != size:
            got = f"{len(made)}" if isinstance(made, Sequence) else f"{made!r:.60}"
            raise SettingError(f"ask must return a list of {size}, one entry for each pass, got {got}")
        for each in made:
            judge.add(each)
        passes += made
        batches.append(size)
        enough = stop is not None and judge.enough
    ended: Ended = "k" if not enough else "verified" if isinstance(judge, _BestScored) else "sure"
    settled = judge.agreed if stop is None else enough
    score = None if isinstance(judge, _Vote) or judge.nothing else judge.score
    return QueryRun(judge.kept, tuple(passes), tuple(batches), ended, settled, score)


def _stages(
    stages: Sequence[Stage], verify: Verify | None, answer_of: AnswerOf | None
) -> Generator[tuple[Any, int], Any, Escalation]:
    if not stages:
        raise SettingError("there must be at least one stage, got none")
    if verify is None and answer_of is None:
        raise SettingError("verify or answer_of must be given to see which queries go on, got none of them")
    for stage in stages:
        _checked(stage, verify, answer_of)
    runs: list[QueryRun] = []
    for stage in stages:
        runs.append((yield from _batches(stage, verify, answer_of)))
        if runs[-1].settled:
            break
    return Escalation(tuple(runs))


def _checked(
    stage: Stage, verify: Verify | None, answer_of: AnswerOf | None
) -> tuple[Stop | None, _BestScored | _Vote]:
    """The policy of a stage, and what judges its passes."""
    errors = ErrorCollector()
    errors.attempt(whole_number, "k", stage.k, 1)
    errors.attempt(whole_number, "parallel", stage.parallel, 1)
    stop = errors.attempt(Stop.parse, stage.stop)
    given = [judge for judge in (verify, answer_of) if judge is not None]
    if len(given) == 2 or (not given and (stage.k != 1 or stop is not None)):
        got = "both" if given else "none of them"
        errors.add(f"either verify, which scores a pass, or answer_of, whose answers vote, must be given; got {got}")
    elif stop is not None and not stop.escalates:
        needed = "answer_of" if stop.policy == "vote-until-sure" else "verify"
        if (verify if needed == "verify" else answer_of) is None:
            errors.add(f"{stop.policy} must be given {needed}, got the other")
    if stop is not None and stop.escalates:
        errors.add(f"the passes of one setting must stop by another policy; escalate(stages) runs two, got {stop}")
    errors.check()
    if answer_of is not None:
        return stop, _Vote(answer_of, 1.0 if stop is None else stop.confidence)
    # A single pass is kept without a score.
    return stop, _BestScored(verify or (lambda _: 0.0), 1.0 if stop is None else stop.accept)


def _drive(steps: Steps) -> Any:
    made = None
    while True:
        try:
            ask, size = steps.send(made)
        except StopIteration as end:
            return end.value
        made = ask(size)


async def _drive_async(steps: Steps) -> Any:
    made = None
    while True:
        try:
            ask, size = steps.send(made)
        except StopIteration as end:
            return end.value
        made = await ask(size)


def _number(score: Any) -> float:
    try:
        found = math.nan if isinstance(score, str) else float(score)
    except (TypeError, ValueError):
        found = math.nan
    if math.isnan(found):
        raise SettingError(f"verify must return a number, True or False for every pass, got {score!r:.60}")
    return found


def _failed(given: Any) -> bool:
    return isinstance(given, BaseException)
