"""What every rule is: a pymoo DecisionMaking that scores the rows of F and returns the best one, or none."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.budgets import nadir_of
from moo_inference.catalog import Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.scores import best_rows

with warnings.catch_warnings():
    # pymoo 0.6.2 imports scipy.spatial.ckdtree, which SciPy deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pymoo.core.decision_making import DecisionMaking


class Rule(DecisionMaking):
    """Picks one row of a front: call `rule.do(F)`.

    F is an (n, m) array, all columns minimised, rows nondominated and feasible. It is normalised with ideal (0, ..., 0)
    and the nadir first; without a nadir it is taken as normalised already. Every rule gives the same answer whatever
    the order of the rows; of rows that tie, the one with the least first column (the cheaper) is taken.

    Attributes:
        needs_scale: whether the answer depends on the nadir.
        moves_with_k_max: whether the answer depends on where the front ends.
        score_name: what the rule looks at, in words; empty where a score only says that the rule names the row.
        higher_is_better: whether the greatest score is the best.
    """

    needs_scale = True
    moves_with_k_max = False
    score_name = "score"
    higher_is_better = False

    def __init__(self, *, nadir: ArrayLike | None = None) -> None:
        """Make the rule.

        Args:
            nadir: (m,) what counts as 1 in each column, positive; None where F is normalised already.

        Raises:
            SettingError: (a ValueError) the nadir is not positive and finite.
        """
        scale = None if nadir is None else np.asarray(nadir, dtype=float)
        if scale is not None and not (scale.ndim == 1 and np.isfinite(scale).all() and (scale > 0).all()):
            raise SettingError(f"nadir must be positive, finite numbers, one an objective; got {nadir!r}")
        self.scale = scale
        super().__init__()

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
        return rule.within(scenario)

    def options(self) -> dict[str, Any]:
        """The rule's own options, without the nadir: enough to make it again."""
        return {}

    def within(self, scenario: Scenario, resources: Sequence[str] | None = None) -> Self:
        """This rule as it is if it has a nadir of its own, else scaled by a scenario's budgets; see `for_scenario`.

        Args:
            scenario: the budgets.
            resources: units of what the models use beside money and time; None means those that have a budget.
        """
        return self.scaled(scenario, resources) if self.scale is None else self

    def scaled(self, scenario: Scenario, resources: Sequence[str] | None = None) -> Self:
        """This rule with a scenario's budgets as nadir; see `within`."""
        if not self.needs_scale:
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
        return type(self)(**self.options(), nadir=nadir_of(scenario, resources))

    def normalised(self, F: ArrayLike) -> FloatArray:
        """F as the rule looks at it: an (n, m) array, divided by the nadir if there is one.

        Raises:
            SettingError: (a ValueError) F is not a table of finite numbers.
        """
        table = np.atleast_2d(np.asarray(F, dtype=float))
        if table.ndim != 2 or not np.isfinite(table).all():
            raise SettingError(f"F must be an (n, m) table of finite numbers, got shape {table.shape}")
        if self.scale is not None and len(self.scale) != table.shape[1]:
            raise SettingError(
                f"nadir must be positive, finite numbers, one an objective; got {len(self.scale)} for the "
                f"{table.shape[1]} columns of F"
            )
        return table if self.scale is None else table / self.scale

    def do(self, F: ArrayLike, *args: Any, **kwargs: Any) -> int | None:
        """The index of the chosen row, or None where the rule is not defined on this front.

        Raises:
            SettingError: (a ValueError) F is not a table of finite numbers.
        """
        if np.size(F) == 0:
            return None
        return self._do(self.normalised(F))

    def _do(self, F: FloatArray, *args: Any, **kwargs: Any) -> int | None:
        rows = self.best(F, self.score(F))
        return int(rows[0]) if rows.size else None

    def best(self, N: FloatArray, scores: FloatArray) -> IntArray:
        """The rows that share the best score, the cheapest first; empty where no row has a score.

        Args:
            N: (n, m) the front as the rule looks at it.
            scores: (n,) from `score`.
        """
        return best_rows(N, scores, higher_is_better=self.higher_is_better)
