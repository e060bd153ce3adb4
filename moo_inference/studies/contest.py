"""One problem on which solvers compete: its exact front, and what a run is worth against it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from moo_inference.decision.base import Rule
from moo_inference.decision.choice import decide
from moo_inference.pareto.front import Front
from moo_inference.pareto.quality import front_quality
from moo_inference.solvers import ExhaustiveSearch, grid_size
from moo_inference.studies.rules import LeftOut, applicable_rules
from moo_inference.studies.solving import SearchRun, run_search

EXHAUSTIVE = "exhaustive"
ENOUGH = 0.99
"""The share of the exact hypervolume that counts as having solved a problem."""

MERGE = "merge"
"""What stands in the place of exhaustive search for several stages: as exact, by merging fronts."""

_SMALL_GRID = 1_000

_SEARCHES_OF_PLANS = ("nsga2",)
"""Those that are compared on several stages unless others are named: one run evaluates many thousand points."""

_EVALUATIONS_OF_PLANS = 20_000
"""At most so many a run on several stages by default: a tenth of such a grid would be millions."""


@dataclass(frozen=True)
class Contest:
    """A problem, its exact front, and the rules whose choices from it are compared.

    Attributes:
        name: of the problem.
        problem: the problem.
        rules: those that it has the budgets for.
        left_out: the others, if there are any.
        exact: the exact front.
        used: evaluations (the rows that it compared), distinct and seconds of the merge that gave it; nothing where it
            was enumerated.
    """

    name: str
    problem: Any
    rules: Sequence[Rule]
    left_out: LeftOut | None
    exact: Front
    used: Mapping[str, Any]

    @classmethod
    def prepared(cls, name: str, problem: Any, rules: Sequence[Rule], *, named: bool) -> "Contest":
        """Find the exact front of a problem.

        Args:
            name: of the problem.
            problem: the problem.
            rules: the candidates.
            named: whether the user named the rules, so that none is left out.
        """
        applicable, left_out = applicable_rules(rules, problem.scenario.limits(problem.resources), named=named)
        size = grid_size(problem)
        if problem.staged and not problem.is_extended:
            start = time.perf_counter()
            front = problem.merged_front()
            taken = time.perf_counter() - start
            used = {"evaluations": front.looked_at, "distinct": front.looked_at / size, "seconds": taken}
            return cls(name, problem, applicable, left_out, front, used)
        everything = run_search(problem, ExhaustiveSearch(), size)
        return cls(name, problem, applicable, left_out, Front.from_evaluated(problem, everything.evaluated), {})

    @cached_property
    def size(self) -> int:
        """How many points the grid has."""
        return grid_size(self.problem)

    @property
    def staged(self) -> bool:
        """Whether the problem has several stages, whose grid is never enumerated."""
        return bool(self.problem.staged)

    @property
    def is_small(self) -> bool:
        """Whether the grid is so small that evaluations are limited by the share that is enough for all searches."""
        return self.size < _SMALL_GRID

    def makers(self, makers: Mapping[str, Callable[..., Any]], *, named: bool) -> Mapping[str, Callable[..., Any]]:
        """The solvers that run on the problem: several stages are merged, which is as exact, and not enumerated."""
        if not self.staged:
            return makers
        names = [name for name in makers if name != EXHAUSTIVE] if named else _SEARCHES_OF_PLANS
        return {name: makers[name] for name in names}

    def most(self, solver: str, evaluations: int | None) -> int:
        """The largest number of evaluations per run of a solver, given the number that the user set."""
        if solver == EXHAUSTIVE:
            return self.size
        if evaluations is not None:
            return evaluations
        if self.staged:
            return _EVALUATIONS_OF_PLANS
        return self.size if self.is_small else self.size // 10

    def front(self, run: SearchRun) -> Front:
        """The front of what a run evaluated."""
        return Front.from_evaluated(self.problem, run.evaluated)

    def row(self, solver: str, seed: int, front: Front, used: Mapping[str, Any]) -> dict[str, Any]:
        """A row of `Comparison.runs`.

        Args:
            solver: what ran.
            seed: of the run.
            front: the front of the run.
            used: evaluations, distinct and seconds.
        """
        return {
            "problem": self.name,
            "solver": solver,
            "seed": seed,
            **front_quality(front, self.exact),
            **used,
            **{agreement_column(rule.id): self._agrees(front, rule) for rule in self.rules},
        }

    def _agrees(self, front: Front, rule: Rule) -> bool | None:
        """Whether a rule takes the same from a front as from the exact one; None where there is nothing to take."""
        if not len(self.exact):
            return None
        return decide(front, rule).configuration == decide(self.exact, rule).configuration


class Entry(NamedTuple):
    """A run of a solver in a contest."""

    contest: Contest
    solver: str
    seed: int
    run: SearchRun

    def row(self, share: float | None) -> dict[str, Any]:
        """Its row of `Comparison.runs`, with the share of the grid that is enough, where there is such."""
        contest, run = self.contest, self.run
        if share is not None and self.is_search:
            run = run.until(share * contest.size)
        used = {
            "evaluations": int(run.evaluations[-1]),
            "distinct": len(run.evaluated.distinct) / contest.size,
            "seconds": float(run.seconds[-1]),
        }
        return contest.row(self.solver, self.seed, contest.front(run), used)

    @property
    def is_search(self) -> bool:
        """Whether it searched a grid that can be enumerated, and did not enumerate it."""
        return self.solver != EXHAUSTIVE and not self.contest.staged


def agreement_column(rule: str) -> str:
    """The column of whether a rule takes the same from the front of a run as from the exact one."""
    return f"same_{rule}"


def share_that_is_enough(entries: Sequence[Entry]) -> float | None:
    """The share of the grid after which every search has ENOUGH of the exact hypervolume; 1 where one never has.

    None where nothing was searched that has a front.
    """
    searches = [entry for entry in entries if entry.is_search and len(entry.contest.exact)]
    if not searches:
        return None
    share = max(int(entry.run.evaluations[0]) / entry.contest.size for entry in searches)
    for contest, _, _, run in searches:
        for evaluations in run.evaluations.tolist():
            if evaluations <= share * contest.size:
                continue
            # Where the exact front has no volume, its share is NaN, which counts as enough.
            front = contest.front(run.until(share * contest.size))
            if not front_quality(front, contest.exact)["hypervolume"] < ENOUGH:
                break
            share = evaluations / contest.size
    return share
