"""The Pareto front of the configurations that meet all budgets, and why it is empty where it is."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Scenario
from moo_inference.errors import NonFiniteWarning, SettingError, of_kind
from moo_inference.estimators.curve import Evidence, FloatArray, IntArray, ScalingCurve
from moo_inference.pareto.budgets import constraints
from moo_inference.pareto.configurations import Configurations
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Evaluated, Own
from moo_inference.pareto.infeasibility import Infeasibility, explain
from moo_inference.pareto.nondominated import is_nondominated
from moo_inference.policy.scores import objectives_levelled

if TYPE_CHECKING:
    import pandas as pd


def nondominated(F: FloatArray) -> NDArray[np.bool_]:
    """(n,) which rows of F (n, m) no other dominates; of equal rows the first.

    What differs by rounding alone is equal, or a row that costs more would stay for an error that is less by a last
    bit.
    """
    return is_nondominated(objectives_levelled(F))


@dataclass(frozen=True)
class Front:
    """The nondominated feasible configurations of one scenario, equal rows merged.

    A row is a number of passes k of one model, a model and its k, or both at each stage of a plan. Of one model the
    rows stand in ascending order of k, else in ascending order of cost.

    Attributes:
        estimates: what is estimated of the n rows.
        scenario: the budgets.
        infeasibility: why the front is empty, or None where it is not.
        reaches_k_max: the stages whose front ends at their largest k, as `k = <k>` or `<stage> k = <k>`: it may go on
            beyond. Empty where none does.
        own: what a problem of the user's gave for these rows, where that is not what is estimated; else None.
        looked_at: how many rows were compared, or evaluated, to find it.
    """

    estimates: Estimates
    scenario: Scenario
    infeasibility: Infeasibility | None = None
    reaches_k_max: tuple[str, ...] = ()
    own: Own | None = None
    looked_at: int = 0

    @classmethod
    def from_curve(cls, curve: ScalingCurve, scenario: Scenario, models: Sequence[str] = ()) -> "Front":
        """The front of a scaling curve, or of the joined curves of several models.

        Of rows with equal objectives the one with the smallest k is kept, see `nondominated`. Rows that are not finite
        are left out and named in a NonFiniteWarning.

        Args:
            curve: n rows, in any order.
            scenario: the budgets.
            models: the model of each row where there are several.
        """
        of_kind("curve", curve, ScalingCurve)
        of_kind("scenario", scenario, Scenario)
        view = curve.views.get(scenario)
        own_view = replace(curve, views={} if view is None else {scenario: view})
        return cls.of(Estimates.of_curve(own_view, tuple(models)), scenario)

    @classmethod
    def from_result(cls, result: Any) -> "Front":
        """The front of what a pymoo run evaluated: all of its archive and its population, each point once.

        It is made of the run's own F and G, whatever the problem's `_evaluate` made of them; see GridProblem. A point
        is feasible where the run evaluated it as such, and an objective or a constraint that a subclass adds or
        changes counts. The estimates of its points stay in `estimates`.

        Args:
            result: from `minimize` on one of this project's problems.

        Raises:
            SettingError: (a ValueError) the result comes from another kind of problem.
        """
        problem = result.problem
        if not isinstance(getattr(problem, "scenario", None), Scenario) or not hasattr(problem, "front_of"):
            raise SettingError(
                "the result must come from an InferenceScalingProblem or another GridProblem, got one from "
                f"{type(problem).__name__}"
            )
        return cls.from_evaluated(problem, Evaluated.of(result))

    @classmethod
    def from_evaluated(cls, problem: Any, evaluated: Evaluated) -> "Front":
        """The front of what was evaluated of a problem; see `from_result`."""
        front: Front = problem.front_of(evaluated)
        return front

    @classmethod
    def of(
        cls,
        estimates: Estimates,
        scenario: Scenario,
        *,
        ends: Sequence[int | None] | None = None,
        evaluated: Evaluated | None = None,
        seen: tuple[int, int] | None = None,
        out_of_reach: Infeasibility | None = None,
        looked_at: int | None = None,
    ) -> "Front":
        """The front of some configurations.

        Args:
            estimates: n rows, in any order. Those that are not finite are left out and named in a NonFiniteWarning.
            scenario: the budgets.
            ends: for each stage the k at which its grid ends, None where it is meant to end there; None means the
                largest k of the rows.
            evaluated: what a run gave for the n rows, where one evaluated them.
            seen: how many points were looked at, and of how many; None where it was all of them.
            out_of_reach: why nothing is feasible, where the rows do not explain it.
            looked_at: how many rows were compared to find these; None means n.
        """
        configurations, resources = estimates.configurations, estimates.resources
        values = estimates.measured(scenario)
        G = constraints(values, scenario, resources)
        own = None if evaluated is None else evaluated.own(estimates.F, G)
        F = estimates.F if own is None else own.F
        order = np.lexsort((configurations.passes.sum(axis=1), *(F.T[::-1] if configurations.ids else ())))
        finite: NDArray[np.bool_] = np.isfinite(np.hstack([F, values])).all(axis=1)  # type: ignore[assignment]
        if not finite.all():
            lost = [configurations[row] for row in np.flatnonzero(~finite).tolist()]
            warn_of_not_finite([" ".join((*point.ids, f"k = {point.k}")) for point in lost], stacklevel=4)
            order = order[finite[order]]
        meets = np.asarray((G <= 0).all(axis=1)) if own is None or evaluated is None else evaluated.feasible
        feasible = order[meets[order]]
        rows = feasible[nondominated(F[feasible])] if feasible.size else feasible
        why = out_of_reach
        if not feasible.size and why is None:
            limits = scenario.limits(resources)
            if own is not None:
                G, (values, limits) = own.G, own.constraints(values, limits)
            why = explain(configurations.take(order), values[order], G[order], limits, seen=seen)
        last = configurations.passes[order].max(axis=0, initial=0) if ends is None else ends
        most = configurations.passes[rows].max(axis=0, initial=0).tolist()
        names = configurations.names or ("",)
        return cls(
            estimates.take(rows),
            scenario,
            why,
            tuple(stage_end(name, k) for name, k, end in zip(names, most, last, strict=True) if k and k == end),
            None if own is None else own.take(rows),
            len(estimates) if looked_at is None else looked_at,
        )

    @classmethod
    def refused(cls, scenario: Scenario, reasons: Sequence[str]) -> "Front":
        """A front without rows, since the question cannot be answered; the reasons are sentences."""
        nothing = np.empty((0, 1), dtype=np.int64)
        estimates = Estimates(Configurations(nothing, nothing), np.empty((0, 3)), (), ())
        return cls(estimates, scenario, Infeasibility(None, refused=tuple(reasons)))

    def __len__(self) -> int:
        return len(self.estimates)

    @property
    def configurations(self) -> Configurations:
        """What each of the n rows runs."""
        return self.estimates.configurations

    @property
    def stages(self) -> tuple[str, ...]:
        """The s names of the stages; empty for a model or a choice among models, of which there is one without name."""
        return self.configurations.names

    @property
    def k(self) -> IntArray:
        """(n,) numbers of passes; (n, s) where stages have names."""
        return self.configurations.passes if self.stages else self.configurations.passes[:, 0]

    @property
    def models(self) -> tuple[Any, ...]:
        """The model of each row where there are several, else empty; where stages have names the s models of each."""
        models = self.configurations.models
        return models if self.stages else tuple(model for (model,) in models)

    def describe(self, row: int) -> str:
        """A row in words: each stage with its model and k."""
        return str(self.configurations[row])

    @property
    def curve(self) -> ScalingCurve:
        """The n rows of the scaling curve that make the front, where there is one stage without a name.

        Raises:
            AttributeError: stages have names, and of them together only means are known.
        """
        if self.estimates.curve is None:
            raise AttributeError(
                f"a front of the stages {', '.join(self.stages)} has no scaling curve; see `estimates`"
            )
        return self.estimates.curve

    @property
    def F(self) -> FloatArray:  # noqa: N802
        """(n, m) cost in USD, time in seconds, further resources, error = 1 - accuracy, all minimised; read-only.

        With parallel branches the time is a lower bound of the mean, see Parallel. Of a problem of the user's it is
        what its `_evaluate` gives, in the order in which that stands there.
        """
        return self.estimates.F if self.own is None else self.own.F

    @property
    def error_last(self) -> FloatArray:
        """(n, m) F as rules take it: the error as the last column, also where a problem of the user's appends more."""
        return self.F if self.own is None else self.F[:, self.own.error_last(self.estimates.F.shape[1])]

    @property
    def values(self) -> FloatArray:
        """(n, m) means of cost in USD, time in seconds, further resources and accuracy, as they are estimated."""
        return self.estimates.values

    @property
    def accuracy(self) -> FloatArray:
        """(n,) mean accuracy, as it is estimated."""
        return self.values[:, -1]

    @property
    def resources(self) -> tuple[str, ...]:
        """Units of the further resources among the objectives."""
        return self.estimates.resources

    @property
    def evidence(self) -> tuple[Evidence | None, ...]:
        """For each stage how well the accuracy of the n rows is known, None where none is from an evaluation."""
        return self.estimates.evidence

    @property
    def standard_errors(self) -> FloatArray:
        """(n, m) standard errors of F; NaN of several stages, and in what a problem of the user's adds."""
        estimated = self.estimates.standard_errors
        return estimated if self.own is None else self.own.standard_errors(estimated)

    @property
    def errors(self) -> FloatArray:
        """(n, m) the former name of `standard_errors`."""
        warnings.warn("Front.errors is Front.standard_errors now", DeprecationWarning, stacklevel=2)
        return self.standard_errors

    @property
    def attainment(self) -> FloatArray:
        """(n,) share of queries that meet all budgets at once; NaN where it is not known, as of several stages."""
        known = self.own is None or self.own.estimates_hold
        return self.estimates.attainment(self.scenario) if known else np.full(len(self), np.nan)

    @cached_property
    def G(self) -> FloatArray:  # noqa: N802
        """(n, m) constraints, none of them positive."""
        if self.own is not None:
            return self.own.G
        return constraints(self.estimates.measured(self.scenario), self.scenario, self.resources)

    def to_frame(self) -> "pd.DataFrame":
        """The front's rows as a DataFrame.

        Of one stage without a name: `model` where there are several, `k`, and the fifteen columns of a scaling curve.
        Else `<stage> model` and `<stage> k` of each stage, then the means of what they come to. Objectives that a
        problem of the user's adds or changes follow as `objective 4`, by their column in F.
        """
        import pandas as pd  # noqa: PLC0415 (slow to load, and most callers do not need it)

        models = self.configurations.models
        further = {} if self.own is None else self.own.further
        if self.estimates.curve is not None:
            frame = self.curve.to_frame()
            if models:
                frame.insert(0, "model", list(self.models))
            return frame.assign(**further)
        columns: dict[str, Any] = {}
        for place, name in enumerate(self.stages):
            columns[f"{name} model"] = [own[place] for own in models]
            columns[f"{name} k"] = self.k[:, place]
        cost, time, *used, error = self.estimates.F.T
        columns |= {"cost": cost, "time": time, "accuracy": self.accuracy, "error": error}
        return pd.DataFrame({**columns, **dict(zip(self.resources, used, strict=True)), **further})


def stage_end(stage: str, k: int) -> str:
    """What `reaches_k_max` holds of a stage; its name is empty where it needs none."""
    return f"{stage} k = {k}" if stage else f"k = {k}"


def warn_of_not_finite(points: Sequence[str], stage: str = "", *, stacklevel: int) -> None:
    """Warn that points were left out, since their estimates are not finite; ten of them are named.

    Args:
        points: each in words.
        stage: the start of the message.
        stacklevel: see `warnings.warn`.
    """
    shown = ", ".join(points[:10]) + (f" and {len(points) - 10} more" if len(points) > 10 else "")
    message = f"{stage}left out, since the estimate is not finite: {shown}"
    warnings.warn(message, NonFiniteWarning, stacklevel=stacklevel)
