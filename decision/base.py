"""What every rule is: it scores the rows of F and returns the best one, or none.

Nothing here needs pymoo, which takes longer to load than a command to choose. The rules that `moo_inference.decision`
exports are these, with pymoo's DecisionMaking as a further base: see `moo_inference.decision.for_pymoo`.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.catalog import TOLERANCE, Scenario
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.pareto.budgets import nadir_of
from moo_inference.policy.scores import best_rows


class Rule(ABC):
    """Picks one row of a front: call `rule.do(F)`.

    F is an (n, m) array, all columns minimised, rows nondominated and feasible. It is first normalised with the ideal,
    (0, ..., 0) unless one is given, and the nadir; without a nadir it is taken as normalised already. Every
    rule gives the same answer whatever the order of the rows; of rows that tie, but for rounding, the one with the
    least first column (the cheaper) is taken.

    Attributes:
        ideal: (m,) what counts as 0 in each column, as it was given; None for 0.
        nadir: (m,) what counts as 1 in each column, as it was given or by a scenario's budgets; None where F is
            normalised already.
        needs_scale: whether the answer depends on the nadir.
        from_ideal: whether the rule measures from the ideal, so that no row may be better than it.
        least_rows: how many distinct rows the rule needs.
        noun: what the rule picks, in a word.
        score_name: what the rule looks at, in words; empty where a score only marks the rows that the rule names.
        higher_is_better: whether the greatest score is the best.
        saves: the column that the rule makes as small as budgets allow where that is not the error: 0 of cost, 1 of
            time; None elsewhere.
    """

    saves: int | None = None
    needs_scale = True
    from_ideal = False
    least_rows = 1
    noun = "choice"
    score_name = "score"
    higher_is_better = False

    def __init__(
        self, *, zero_to_one: bool | None = None, ideal: ArrayLike | None = None, nadir: ArrayLike | None = None
    ) -> None:
        """Make the rule. The options are those of every DecisionMaking of pymoo.

        Args:
            zero_to_one: whether F is normalised; None means where there is an ideal or a nadir.
            ideal: (m,) what counts as 0 in each column; None for 0.
            nadir: (m,) what counts as 1 in each column, more than the ideal; None where F is normalised already.

        Raises:
            SettingError: (a ValueError) they are not finite numbers, the nadir is not above the ideal, or F is to be
                normalised without a nadir.
        """
        super().__init__()
        low, high = (None if given is None else np.asarray(given, dtype=float) for given in (ideal, nadir))
        if low is not None and not (low.ndim == 1 and np.isfinite(low).all()):
            raise SettingError(f"ideal must be finite numbers, one per objective; got {ideal!r}")
        if high is not None and not (
            high.ndim == 1 and np.isfinite(high).all() and (low is not None or (high > 0).all())
        ):
            raise SettingError(f"nadir must be positive, finite numbers, one per objective; got {nadir!r}")
        if low is not None and high is not None and not (low.shape == high.shape and (high > low).all()):
            raise SettingError(f"nadir must be more than the ideal in each objective; got {nadir!r} and {ideal!r}")
        if zero_to_one and high is None:
            raise SettingError("zero_to_one needs a nadir: what counts as 1 in each objective")
        self.zero_to_one, self.ideal, self.nadir = zero_to_one, low, high

    @property
    @abstractmethod
    def id(self) -> str:
        """The name of the rule in commands and tables."""

    @property
    def picks(self) -> str:
        """What the rule picks, in words: the first sentence of its docstring."""
        return " ".join((type(self).__doc__ or self.id).split("\n\n")[0].split())

    @abstractmethod
    def score(self, N: FloatArray) -> FloatArray:
        """(n,) scores of the rows of a normalised front N (n, m), NaN where the rule is not defined."""

    @classmethod
    def for_scenario(cls, scenario: Scenario, **options: Any) -> Self:
        """The rule with a scenario's budgets as nadir: (c_max, t_max, 1), as in the paper's Eq. 16.

        Budgets for further resources stand before the 1, in the order of the objectives.

        Args:
            scenario: the budgets.
            **options: the rule's own; `nadir` among them takes the place of the budgets.

        Raises:
            SettingError: (a ValueError) the rule needs a scale, and the scenario has no c_max or t_max.
        """
        rule = cls(**options)
        return rule.scaled_by(scenario)

    def options(self) -> dict[str, Any]:
        """The rule's own options, without the ideal and the nadir: enough to make it again."""
        return {}

    def scaled_by(self, scenario: Scenario, resources: Sequence[str] | None = None) -> Self:
        """This rule with a scenario's budgets as nadir; unchanged where it has a nadir or needs none.

        Args:
            scenario: the budgets.
            resources: units of the models' further resources; None means those that have a budget.

        Raises:
            SettingError: (a ValueError) a budget that the rule divides by is missing.
        """
        if self.nadir is not None or not self.needs_scale:
            return self
        spent = scenario.limits(resources)[:-1]
        missing = [limit.budget for limit in spent if limit.value is None]
        if missing:
            quantities = [limit.quantity for limit in spent]
            raise SettingError(
                f"{self.id} divides {', '.join(quantities[:-1])} and {quantities[-1]} by their budgets, and scenario "
                f"{scenario.name!r} has no {' and no '.join(missing)}: set it, give the rule a nadir, or use "
                "accuracy-max or knee-chord"
            )
        scale: dict[str, Any] = {
            "zero_to_one": self.zero_to_one,
            "ideal": self.ideal,
            "nadir": nadir_of(scenario, resources),
        }
        return type(self)(**self.options(), **{name: value for name, value in scale.items() if value is not None})

    def within(self, scenario: Scenario, resources: Sequence[str] | None = None) -> Self:
        """The former name of `scaled_by`."""
        warnings.warn("Rule.within is Rule.scaled_by now", DeprecationWarning, stacklevel=2)
        return self.scaled_by(scenario, resources)

    def normalised(self, F: ArrayLike) -> FloatArray:
        """F as the rule looks at it: an (n, m) array, less the ideal and divided by the nadir where they are given.

        Raises:
            SettingError: (a ValueError) F is not a table of finite numbers, has another number of columns than the
                ideal or the nadir, or is better than the ideal where the rule measures from it.
        """
        table = np.atleast_2d(np.asarray(F, dtype=float))
        if table.ndim != 2 or not np.isfinite(table).all():
            raise SettingError(f"F must be an (n, m) table of finite numbers, got shape {table.shape}")
        for name, given in (("ideal", self.ideal), ("nadir", self.nadir)):
            if given is not None and len(given) != table.shape[1]:
                raise SettingError(
                    f"{name} must be {'positive, ' if name == 'nadir' else ''}finite numbers, one per objective; got "
                    f"{len(given)} for the {table.shape[1]} columns of F"
                )
        if self.zero_to_one is not False:
            low = 0.0 if self.ideal is None else self.ideal
            if self.ideal is not None:
                table = table - low
            if self.nadir is not None:
                table = table / (self.nadir - low)
        if self.from_ideal and table.size and table.min() < -TOLERANCE:
            column = int(table.min(axis=0).argmin())
            raise SettingError(
                f"{self.id} measures from the ideal, so no column of F may be less than it; got {table.min():.6g} in "
                f"column {column + 1} of {table.shape[1]}{'' if self.ideal is None else ' after scaling'}: give the "
                "rule an ideal and a nadir that F lies between"
            )
        return table

    def do(self, F: ArrayLike, *args: Any, **kwargs: Any) -> int | None:
        """The index of the chosen row, or None where the rule is not defined on this front.

        Raises:
            SettingError: (a ValueError) F is not a table of finite numbers.
        """
        if np.size(F) == 0:
            return None
        return self._do(self.normalised(F))

    def _do(self, F: FloatArray, *args: Any, **kwargs: Any) -> int | None:
        rows = self.best(F, self.scored(F))
        return int(rows[0]) if rows.size else None

    def scored(self, N: FloatArray) -> FloatArray:
        """(n,) `score` of the rows of N (n, m), where a failure names the rule.

        Raises:
            SettingError: (a ValueError) the rule fails, or returns something else than one score per row.
        """
        try:
            scores = np.asarray(self.score(N), dtype=float)
        except MooInferenceError:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise SettingError(f"{self.id} failed on a front of {len(N)} rows: {why}") from error
        if scores.shape != (len(N),):
            raise SettingError(f"{self.id} must give one score per row, {len(N)} of them; got shape {scores.shape}")
        return scores

    def best(self, N: FloatArray, scores: FloatArray) -> IntArray:
        """The rows that share the best score, the cheapest first; empty where no row has a score.

        Args:
            N: (n, m) the front as the rule looks at it.
            scores: (n,) from `score`.
        """
        return best_rows(N, scores, higher_is_better=self.higher_is_better)


def class_of(rule: Rule) -> type[Rule]:
    """The class by which a rule decides, without pymoo's as a further base."""
    own: type[Rule] = vars(type(rule)).get("decides_as", type(rule))
    return own
