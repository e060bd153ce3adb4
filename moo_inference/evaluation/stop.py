"""When the passes of a query stop before the k-th: the policies, and what each looks at."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from moo_inference.errors import ErrorCollector, SettingError, unknown_name, whole_number
from moo_inference.evaluation.checks import IntArray

StopPolicy = Literal["first-verified", "vote-until-sure", "escalate"]
"""`first-verified` stops when a pass is verified, `vote-until-sure` when the leader of a vote is sure to lead,
`escalate` where the passes of a cheaper setting settle the query."""

ESCALATE: StopPolicy = "escalate"
"""The policy of two settings."""

FIXED = "fixed"
"""The name of having no such policy: all k passes run."""

POLICIES = (FIXED, *get_args(StopPolicy))

CONFIDENCE = 0.95
"""How sure a vote has to be where nothing is said, as in Adaptive-Consistency."""


@dataclass(frozen=True)
class Stop:
    """A policy that looks at the passes of a query after each batch of P, and may stop before there are k.

    `first-verified` stops after the batch in which some pass reaches the level: its correctness or score where the best
    pass is kept, the verifier's score where that keeps one. What is kept is the best of the passes that ran.

    `vote-until-sure` stops when the answer in the lead would win a vote of all passes with the confidence of the
    level, by the Beta posterior of its share against the second answer (P. Aggarwal et al., "Let's Sample Step by
    Step: Adaptive-Consistency", EMNLP 2023). Passes without an answer do not vote.

    `escalate` runs a batch of passes of a first setting, and all k passes of a second one where they do not settle the
    query: where no pass of the first is verified, or where its passes vote and do not all have the same answer. What is
    kept then is the best of all passes, or the vote of the second setting; where none of these has an answer, that of
    the first.

    Attributes:
        policy: which.
        level: of `first-verified` and `escalate` the least correctness or score that counts as verified, None for 1; of
            `vote-until-sure` the confidence, in (0.5, 1), None for 0.95.
        batch: passes between two looks where they are fewer than the P that run at the same time; None for P. Of
            `escalate` the passes of the first setting; None for two where passes vote, else one.

    Raises:
        SettingError: (a ValueError) the level or the batch is out of its range.
        UnknownNameError: (a LookupError) there is no such policy.
    """

    policy: StopPolicy
    level: float | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        if self.policy not in get_args(StopPolicy):
            raise unknown_name("stop policy", str(self.policy), POLICIES)
        errors = ErrorCollector()
        level = self.level
        if level is not None and (isinstance(level, bool) or not isinstance(level, int | float) or math.isnan(level)):
            errors.add(f"the level of {self.policy} must be a number, got {level!r:.60}")
        elif self.policy == "vote-until-sure":
            level = CONFIDENCE if level is None else float(level)
            if not 0.5 < level < 1:
                errors.add(
                    "the confidence of vote-until-sure must be above 0.5 and below 1, which no vote reaches; got "
                    f"{level:g}"
                )
        if self.batch is not None:
            object.__setattr__(self, "batch", errors.attempt(whole_number, "batch", self.batch, 1))
        errors.check()
        object.__setattr__(self, "level", None if level is None else float(level))

    def __str__(self) -> str:
        usual = CONFIDENCE if self.policy == "vote-until-sure" else None
        level = "" if self.level == usual else f"={self.level:.15g}"
        return f"{self.policy}{level}" + ("" if self.batch is None else f"/{self.batch}")

    @property
    def name(self) -> str:
        """The policy and its level, without the batch."""
        return str(replace(self, batch=None))

    @property
    def accept(self) -> float:
        """The least correctness or score that counts as verified."""
        return 1.0 if self.level is None else self.level

    @property
    def confidence(self) -> float:
        """How sure a vote has to be."""
        return CONFIDENCE if self.level is None else self.level

    @property
    def escalates(self) -> bool:
        """Whether there is a first setting, of which `batch` passes run."""
        return self.policy == ESCALATE

    def at_once(self, parallel: int) -> int:
        """How many passes of one setting run at the same time, of the P that could."""
        return parallel if self.batch is None or self.escalates else min(parallel, self.batch)

    def with_first(self, keep: str) -> "Stop":
        """Itself; an escalation with the number of passes of its first setting, which is two where they vote."""
        usual = 2 if keep == "majority" else 1
        return replace(self, batch=usual) if self.escalates and self.batch is None else self

    @classmethod
    def parse(cls, text: object) -> "Stop | None":
        """From `POLICY`, `POLICY=LEVEL`, `POLICY/BATCH` or both; None for `fixed`, for None, and a Stop as it is.

        Raises:
            SettingError: (a ValueError) the level or the batch is no number, or out of its range.
            UnknownNameError: (a LookupError) there is no such policy.
        """
        if text is None or isinstance(text, Stop):
            return text
        if not isinstance(text, str):
            raise SettingError(f"stop must be one of: {', '.join(POLICIES)}; got {text!r:.60}")
        own, slash, batch = text.partition("/")
        name, equals, level = own.partition("=")
        if name not in POLICIES:
            raise unknown_name("stop policy", name, POLICIES)
        if name == FIXED:
            if slash or equals:
                raise SettingError(f"fixed must have no level and no batch, since all passes run; got {text!r:.60}")
            return None
        try:
            return cls(name, float(level) if equals else None, int(batch) if slash else None)  # type: ignore[arg-type]
        except SettingError:
            raise
        except ValueError:
            example = f"{name}=0.9 or {name}/2"
            raise SettingError(
                f"the level and the batch of {name} must be numbers, as in {example}; got {text!r:.60}"
            ) from None


def misfit(stop: Stop, keep: str, *, pair: bool = False) -> str:
    """Why a policy cannot work where passes are kept in that way; nothing where it can.

    Args:
        stop: the policy.
        keep: `oracle`, `verifier`, `majority` or `all`.
        pair: whether there is a first setting.
    """
    if stop.escalates != pair:
        return (
            "escalate must come with the recorded attempts of two settings: with_stops makes pairs of the models of a "
            f"catalog, and a file names the first one in escalates_from; got {stop} with {'two' if pair else 'one'}"
        )
    if stop.escalates and keep in ("majority", "oracle"):
        return _misfit_of_first(stop, votes=keep == "majority")
    fitting = {"vote-until-sure": ("majority",), "escalate": ("oracle", "majority", "verifier")}
    wanted = fitting.get(stop.policy, ("oracle", "verifier"))
    if keep not in wanted:
        return f"{stop.policy} must come with keep {' or '.join(map(repr, wanted))}, got keep {keep!r}"
    if keep == "verifier" and stop.level is None:
        return f"{stop.policy} must say which score of the verifier is enough, as in {stop.policy}=0.5; got none"
    return ""


_AS_BATCH = "the passes of the first setting stand behind a slash, as in escalate/2"


def _misfit_of_first(stop: Stop, *, votes: bool) -> str:
    """Why an escalation cannot work where the passes of its first setting vote, or are right or wrong."""
    if not votes:
        return (
            ""
            if 0 < stop.accept <= 1
            else f"the level of escalate must be a correctness above 0 and at most 1, got {stop.accept:g}; {_AS_BATCH}"
        )
    if stop.level is not None:
        return f"escalate must have no level where passes vote, got {stop.level:g}; {_AS_BATCH}"
    if stop.batch == 1:
        return "escalate must have at least two passes of the first setting where they vote, got escalate/1"
    return ""


@lru_cache(maxsize=4096)
def leader_confidence(first: int, second: int) -> float:
    """P(p > 1/2) where p is Beta(first + 1, second + 1): that the leader of a vote also leads in the long run.

    It is the probability of at most `first` heads among first + second + 1 fair coins.

    Args:
        first: votes of the leader.
        second: votes of the answer behind it.
    """
    coins = first + second + 1
    return float(sum(math.comb(coins, heads) for heads in range(first + 1)) / 2**coins)


def votes_needed(confidence: float, most: int) -> IntArray:
    """(most + 1,) the least votes of the leader that are sure, by the votes of the answer behind it.

    Args:
        confidence: see `Stop`.
        most: the most votes that there can be; what needs more is `most + 1`.
    """
    needed, first = np.empty(most + 1, dtype=np.int64), 0
    for second in range(most + 1):
        while first <= most and leader_confidence(first, second) < confidence:
            first += 1
        needed[second] = first
    return needed
