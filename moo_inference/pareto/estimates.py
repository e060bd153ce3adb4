"""What is estimated of some configurations: the rows that a front is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import Evidence, FloatArray, RowIndex, ScalingCurve
from moo_inference.pareto.budgets import measured, values_of
from moo_inference.pareto.configurations import Configurations


@dataclass(frozen=True)
class Estimates:
    """What is estimated of n configurations of s stages.

    Attributes:
        configurations: what each row runs.
        F: (n, m) cost in USD, time in seconds, further resources and error = 1 - accuracy per query, means, all
            minimised.
        resources: units of the further resources.
        evidence: for each stage how well the accuracy of the n rows is known, None where none is from an evaluation.
        curve: the n rows of a scaling curve where there is one stage; of several stages only means are known.
    """

    configurations: Configurations
    F: FloatArray
    resources: tuple[str, ...]
    evidence: tuple[Evidence | None, ...]
    curve: ScalingCurve | None = None

    @classmethod
    def of_curve(cls, curve: ScalingCurve, models: Sequence[str] = ()) -> "Estimates":
        """The rows of a scaling curve, or of the joined curves of several models.

        Args:
            curve: n rows.
            models: the model of each row where there are several.
        """
        configurations = Configurations.of_one_stage(curve.k, models)
        return cls(configurations, curve.F, curve.resources, (curve.evidence,), curve)

    def __len__(self) -> int:
        return len(self.F)

    @property
    def values(self) -> FloatArray:
        """(n, m) cost in USD, time in seconds, further resources and accuracy as the last: means."""
        return values_of(self.F) if self.curve is None else self.curve.means

    @property
    def standard_errors(self) -> FloatArray:
        """(n, m) standard errors of F; NaN of several stages, which share their draws where they are simulated."""
        return np.full(self.F.shape, np.nan) if self.curve is None else self.curve.standard_errors

    def measured(self, scenario: Scenario) -> FloatArray:
        """(n, m) what a scenario's budgets look at; see `budgets.measured`."""
        return self.values if self.curve is None else measured(self.curve, scenario)

    def attainment(self, scenario: Scenario) -> FloatArray:
        """(n,) share of queries that meet all budgets of a scenario at once; NaN where it is not known."""
        view = None if self.curve is None else self.curve.views.get(scenario)
        return np.full(len(self), np.nan) if view is None else view.attainment

    def take(self, rows: RowIndex) -> "Estimates":
        """Some rows only, in that order."""
        F = self.F[rows]
        F.setflags(write=False)
        return Estimates(
            self.configurations.take(rows),
            F,
            self.resources,
            tuple(None if evidence is None else evidence.take(rows) for evidence in self.evidence),
            None if self.curve is None else self.curve.take(rows),
        )
