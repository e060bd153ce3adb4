"""Which models, and how many passes of each, at each stage of a pipeline."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.catalog import Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators import Estimator
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, RowIndex, objectives_of
from moo_inference.pareto.budgets import constraints, values_of
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Evaluated
from moo_inference.pareto.front import Front
from moo_inference.pipelines.merging import MOST_ROWS, merged_front
from moo_inference.pipelines.plan import (
    Part,
    Series,
    StageTable,
    as_series,
    combine,
    ends_of,
    estimates_of,
    refuse_quantiles,
    stage_tables,
    stages_of,
)
from moo_inference.problems.base import GridProblem


class PipelineProblem(GridProblem):
    """For each stage the number of its model, where it has several, and its k; three objectives, three constraints.

    F = (cost in USD, time in seconds, error = 1 - accuracy) per query, all minimised, means over queries; with parallel
    branches the time is a lower bound of the mean, see Parallel. G = (cost/c_max - 1, time/t_max - 1,
    a_min - accuracy), dimensionless, feasible where <= 0, inclusive within 1e-9. Further resources stand in F before
    the error, and in G before the accuracy. A k beyond the samples of its model's evaluation, and an estimate that is
    not finite, is infeasible beyond all others. Rows are looked up, not estimated. Variables are called `<stage> model`
    and `<stage> k`; see GridProblem for subclasses.

    Attributes:
        plan: the pipeline.
        tables: what each stage may choose from, in the order of the stages.
    """

    staged = True

    def __init__(
        self,
        stages: Sequence[Part] | Part,
        scenario: Scenario,
        *,
        estimator: Estimator | None = None,
        k_min: int | None = None,
        k_max: int = 64,
        k_step: int = 1,
        parallel: int | None = None,
        latency: str | None = None,
        **options: Any,
    ) -> None:
        """Set the problem up; each model is estimated here, once.

        Args:
            stages: stages and groups of parallel branches, in the order they run.
            scenario: the budgets of the pipeline, for means.
            estimator: estimates the scaling curves; None means `ClosedForm()`, or `Empirical()` where a model has
                measured passes.
            k_min: see `Conditions`; a stage may have its own, as for the next two.
            k_max: see `Conditions`. A model whose evaluation has fewer samples ends there.
            k_step: see `Conditions`.
            parallel: see `Conditions`.
            latency: see `Conditions`.
            **options: those of pymoo's Problem, see EstimatedProblem; a subclass with a fourth objective or constraint
                gives `n_obj=4` or `n_ieq_constr=4`.

        Raises:
            SettingError: (a ValueError) an option is out of its range, a grid is empty, or a budget is for a quantile.
            TypeError: there is no such option.
        """
        plan = as_series(stages)
        refuse_quantiles(scenario)
        tables = stage_tables(plan, Conditions(k_min, k_max, k_step, parallel, latency), estimator)
        self._of_tables(plan, tables, scenario, options)

    @classmethod
    def of_tables(cls, plan: Series, tables: Sequence[StageTable], scenario: Scenario) -> "PipelineProblem":
        """The problem from what its stages may choose from, where that has been estimated already.

        Args:
            plan: the pipeline, from `as_series`.
            tables: from `stage_tables`.
            scenario: the budgets of the pipeline, for means.

        Raises:
            SettingError: (a ValueError) a budget is for a quantile.
        """
        refuse_quantiles(scenario)
        problem = cls.__new__(cls)
        problem._of_tables(plan, tables, scenario, {})
        return problem

    def _of_tables(
        self, plan: Series, tables: Sequence[StageTable], scenario: Scenario, options: Mapping[str, Any]
    ) -> None:
        self.plan, self.tables = plan, list(tables)
        resources = self.tables[0].resources
        axes, unordered = {}, []
        self._known: list[FloatArray] = []
        for table in self.tables:
            # A model's evaluation may end the grid before k_max.
            grid = table.grid[: table.grid.index(int(table.k.max())) + 1]
            known = np.full((len(table.stage.models), len(grid), len(objectives_of(resources))), np.inf)
            finite = np.isfinite(table.F).all(axis=1)
            known[table.model[finite], (table.k[finite] - grid.start) // grid.step] = table.F[finite]
            self._known.append(known)
            if len(table.stage.models) > 1:
                axes[f"{table.stage.name} model"] = range(len(table.stage.models))
                unordered.append(f"{table.stage.name} model")
            axes[f"{table.stage.name} k"] = grid
        self._set_up(axes, unordered, [axis[-1] for axis in axes.values()], scenario, resources, options)

    def choices(self, X: ArrayLike) -> tuple[IntArray, IntArray, FloatArray]:
        """What the rows of X (n, n_var) mean.

        Returns:
            (n, s) positions of the stages' models, (n, s) their k, and (n, m) objectives, infinite where not known.

        Raises:
            SettingError: (a ValueError) a row has a value that is not on its grid.
        """
        index = self._indices(X)
        numbers, passes, parts = [], [], []
        column = 0
        for known in self._known:
            several = len(known) > 1
            number = index[:, column] if several else np.zeros(len(index), dtype=np.int64)
            column += several
            axis = self.axes[column]
            numbers.append(number)
            passes.append(axis.start + axis.step * index[:, column])
            parts.append(known[number, index[:, column]])
            column += 1
        # An unknown part makes the sum unknown; zeros stand in for it while the parts are combined.
        missing = np.isinf(parts).any(axis=(0, 2))
        F = combine(self.plan, [np.where(np.isinf(part), 0.0, part) for part in parts]).copy()
        F[missing] = np.inf
        return np.column_stack(numbers), np.column_stack(passes), F

    def _known_rows(self, evaluated: Evaluated) -> RowIndex:
        _, _, F = self.choices(evaluated.X)
        return np.isfinite(F).all(axis=1) & np.isfinite(evaluated.F).all(axis=1)

    def _estimates_of(self, X: IntArray) -> Estimates:
        number, k, _ = self.choices(X)
        rows = [
            np.searchsorted(table.model, n) + (own - table.grid.start) // table.grid.step
            for table, n, own in zip(self.tables, number.T, k.T, strict=True)
        ]
        return estimates_of(self.plan, self.tables, np.column_stack(rows))

    def _ends(self) -> list[int | None]:
        return ends_of(self.tables)

    def merged_front(self) -> Front:
        """The exact front, see `pipeline_front`; without what a subclass adds.

        Raises:
            SettingError: (a ValueError) a merge is too large.
        """
        return merged_front(self.plan, self.tables, self.scenario, MOST_ROWS)

    def names_of(self, X: ArrayLike) -> tuple[tuple[str, ...], ...]:
        """The ids of the models of each row of X (n, n_var), one per stage."""
        ids = [list(stage.models) for stage in stages_of(self.plan)]
        number, _, _ = self.choices(X)
        return tuple(tuple(own[place] for own, place in zip(ids, row, strict=True)) for row in number.tolist())

    def _look_up(self, X: IntArray, out: dict[str, Any]) -> None:
        _, _, F = self.choices(X)
        values = values_of(F)
        G = constraints(values, self.scenario, self.resources)
        G[~np.isfinite(F).all(axis=1)] = np.inf
        out["F"], out["G"] = F, G
        out.update(zip(("cost", "time", *self.resources, "accuracy"), values.T, strict=True))

    def _indices(self, X: ArrayLike) -> IntArray:
        """(n, n_var) positions of the values of X on their grids."""
        values = np.asarray(X, dtype=float)
        values = values if values.size else values.reshape(0, len(self.axes))
        if values.ndim != 2 or values.shape[1] != len(self.axes):
            names = ", ".join(self.variables)
            raise SettingError(f"a point must have {len(self.axes)} values ({names}), got shape {values.shape}")
        starts, steps, counts = np.array([(axis.start, axis.step, len(axis)) for axis in self.axes]).T
        index = (values - starts) / steps
        wrong = ~((index == np.rint(index)) & (index >= 0) & (index < counts))
        if wrong.any():
            row, column = np.argwhere(wrong)[0].tolist()
            axis = self.axes[column]
            step = f" in steps of {axis.step}" if axis.step > 1 else ""
            raise SettingError(
                f"{self.variables[column]} must be a whole number in [{axis[0]}, {axis[-1]}]{step}, got "
                f"{values[row, column]:g}. Operators for real numbers leave the grid: moo_inference.solvers.nsga2() "
                "has operators that stay on it"
            )
        return np.asarray(index, dtype=np.int64)
