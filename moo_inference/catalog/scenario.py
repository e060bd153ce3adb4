"""A scenario: the budgets that a choice has to meet."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from moo_inference.catalog.base import Fraction, Frozen, Name, PositiveAmount, ReadOnly, Share
from moo_inference.catalog.messages import OF_BUDGET
from moo_inference.catalog.resource import ResourceBudget, as_dicts, gathered, in_order
from moo_inference.catalog.servers import Load
from moo_inference.errors import SettingError


class Limit(NamedTuple):
    """One budget of a scenario.

    Attributes:
        budget: what a file calls it: `c_max`, `t_max`, `joules_max`, ..., `a_min`.
        quantity: what it is for: `cost`, `time`, the unit of a resource, or `accuracy`.
        value: at most so much, of accuracy at least; None for no budget.
        quantile: None for the mean, or the quantile that it is for.
    """

    budget: str
    quantity: str
    value: float | None
    quantile: float | None


class Scenario(Frozen):
    """Budgets of one use (paper, Eq. 8), all of them inclusive.

    A budget holds for the mean over queries, as in the paper, or for a quantile where one is given.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        c_max: at most so many USD per query, or None for no budget.
        t_max: at most so many seconds per query, or None for no budget.
        a_min: at least this accuracy, in [0, 1], or None for no floor.
        c_quantile: None, or the share of queries that must cost at most c_max (0.95: 95 of 100).
        t_quantile: None, or the share of queries that must finish within t_max (0.95 is a p95 SLO).
        a_quantile: None, or the share of queries that may be less accurate than a_min (0.05: 95 of 100 reach it).
        resources: budgets for what the models use besides money and time, by unit; in a file `joules_max` and, for a
            quantile, `joules_quantile`.
        queries_per_second: None, or how many queries arrive; with k passes each makes k requests.
        concurrency: None, or in its place how many queries are answered at the same time.
    """

    name: Name
    c_max: PositiveAmount | None
    t_max: PositiveAmount | None
    a_min: Fraction | None
    c_quantile: Share | None = None
    t_quantile: Share | None = None
    a_quantile: Share | None = None
    resources: Mapping[str, ResourceBudget] = ReadOnly({})
    queries_per_second: PositiveAmount | None = None
    concurrency: PositiveAmount | None = None

    @model_validator(mode="before")
    @classmethod
    def _units_in_keys(cls, values: Any) -> Any:
        return gathered(values, OF_BUDGET)

    @field_validator("resources")
    @classmethod
    def _that_bind(cls, resources: Mapping[str, ResourceBudget]) -> ReadOnly[ResourceBudget]:
        return in_order({unit: own for unit, own in resources.items() if own.max is not None})

    @field_serializer("resources")
    def _as_dicts(self, resources: Mapping[str, ResourceBudget]) -> dict[str, dict[str, Any]]:
        return as_dicts(resources)

    @field_validator("concurrency")
    @classmethod
    def _one_load(cls, concurrency: float | None, info: ValidationInfo) -> float | None:
        if concurrency is not None and info.data.get("queries_per_second") is not None:
            raise ValueError("must not be given together with queries_per_second: a scenario has one load")
        return concurrency

    @model_serializer(mode="wrap")
    def _without_unstated_load(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name not in Load._fields or value is not None}

    @property
    def load(self) -> Load | None:
        """What a service has to bear; None where that is not stated."""
        load = Load(self.queries_per_second, self.concurrency)
        return None if load == (None, None) else load

    def limits(self, resources: Sequence[str] | None = None) -> tuple[Limit, ...]:
        """The budgets in the order of the objectives: for cost, for time, for each resource, for accuracy.

        Args:
            resources: units of what the models use; None means those that have a budget here.

        Raises:
            SettingError: (a ValueError) there is a budget for a resource that is not among them.
        """
        units = tuple(self.resources) if resources is None else tuple(resources)
        unknown = [unit for unit in self.resources if unit not in units]
        if unknown:
            raise SettingError(
                [
                    f"scenario {self.name!r} has {unit}_max, so each model must have {unit}_per_output_token; got "
                    f"models that have {', '.join(units) if units else 'nothing'} besides cost and time"
                    for unit in unknown
                ]
            )
        used = [
            Limit(f"{unit}_max", unit, own.max, own.quantile)
            for unit in units
            for own in [self.resources.get(unit) or ResourceBudget()]
        ]
        return (
            Limit("c_max", "cost", self.c_max, self.c_quantile),
            Limit("t_max", "time", self.t_max, self.t_quantile),
            *used,
            Limit("a_min", "accuracy", self.a_min, self.a_quantile),
        )

    @property
    def has_quantiles(self) -> bool:
        """Whether a budget is for a quantile, in place of the mean."""
        return any(limit.quantile is not None for limit in self.limits())
