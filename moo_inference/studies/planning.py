"""The request of a study, checked at once, and how its settings are recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import catalog_to_dict
from moo_inference.decision.base import Rule
from moo_inference.decision.registry import DEFAULT_RULES, is_registered_default, make_rule
from moo_inference.errors import ErrorCollector, SettingError, listed
from moo_inference.estimators import Estimator, default_estimator
from moo_inference.estimators.base import OneModelEstimator, estimator_settings
from moo_inference.estimators.conditions import Conditions
from moo_inference.studies.baselines import check_baseline, named_now, refuse_unknown_k
from moo_inference.studies.rules import LeftOut, applicable_rules
from moo_inference.versions import versions


class StudySettings(BaseModel):
    """The settings of a study, as plain values: with the catalog, all that is needed to get its answers again.

    Attributes:
        estimator: its name and its options.
        k_min: the smallest k; the others to `latency` are those of `Conditions`.
        k_max: the largest k.
        k_step: the distance of the grid.
        parallel: passes at the same time.
        latency: how times add up.
        solver: the name of what searched for the fronts; None where they were taken from the curves.
        decisions: ids of the rules.
        own_decisions: those of them that a program passed, and that cannot be made from their ids.
        baselines: names of the baselines.
        assess: with how many replications the choices were assessed, or None.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    estimator: dict[str, bool | str | int | float | None]
    k_min: int | None
    k_max: int
    k_step: int
    parallel: int | None
    latency: str | None
    solver: str | None = None
    decisions: list[str]
    own_decisions: list[str] = []
    baselines: list[str]
    assess: int | None

    @property
    def conditions(self) -> Conditions:
        """Which k were looked at, and how passes ran."""
        return Conditions(self.k_min, self.k_max, self.k_step, self.parallel, self.latency)

    def recorded(self, catalog: Catalog) -> dict[str, Any]:
        """What settings.json holds: these, the versions of everything that shapes the numbers, and the catalog."""
        return {**self.model_dump(), "versions": versions(), "catalog": catalog_to_dict(catalog)}


@dataclass(frozen=True)
class StudyRequest:
    """What a study is to answer; the fields are arguments of `run_study`."""

    models: Sequence[str] | None
    scenarios: Sequence[str] | None
    pipelines: Sequence[str] | None
    decisions: Sequence[object] | None
    baselines: Sequence[str]
    solver: Any
    assess: int | None


@dataclass(frozen=True)
class StudyPlan:
    """A checked request, with everything a study needs to answer it.

    Attributes:
        catalog: the models, scenarios and pipelines that are looked at.
        request: as given.
        conditions: which k, and how passes run.
        estimator: what estimates.
        rules: the rules as they were made.
        scaled: the rules of each scenario, scaled by its budgets.
        left_out: by scenario, the default rules that lack a budget there, if any.
        baselines: names of the baselines.
    """

    catalog: Catalog
    request: StudyRequest
    conditions: Conditions
    estimator: OneModelEstimator
    rules: list[Rule]
    scaled: Mapping[str, list[Rule]]
    left_out: Mapping[str, LeftOut]
    baselines: Sequence[str]

    @property
    def settings(self) -> StudySettings:
        """The settings of the study."""
        solver = self.request.solver
        return StudySettings(
            estimator=estimator_settings(self.estimator),
            k_min=self.conditions.grid[0],
            k_max=self.conditions.k_max,
            k_step=self.conditions.k_step,
            parallel=self.conditions.parallel,
            latency=self.conditions.latency,
            solver=None if solver is None else getattr(solver, "__name__", type(solver).__name__),
            decisions=list(dict.fromkeys(rule.id for rule in self.rules)),
            own_decisions=[rule.id for rule in self.rules if not is_registered_default(rule)],
            baselines=list(self.baselines),
            assess=self.request.assess,
        )


def plan_study(
    catalog: Catalog,
    request: StudyRequest,
    estimator: Estimator | None,
    conditions: Conditions | None,
    errors: ErrorCollector,
) -> StudyPlan:
    """Check the request of a study; everything that is wrong is raised at once.

    Args:
        catalog: what to choose from.
        request: what the study is to answer.
        estimator: None means `default_estimator`.
        conditions: None where they are invalid, which `errors` holds then.
        errors: what is wrong so far; also filled here.

    Raises:
        UnknownNameError: (a LookupError) an unknown model, scenario, baseline or rule.
        SettingError: (a ValueError) an option is out of its range.
    """
    solver = request.solver
    baselines = tuple(dict.fromkeys(named_now(str(name)) for name in listed("baselines", request.baselines)))
    if isinstance(solver, str):
        raise SettingError(f"solver must be a pymoo algorithm, or a callable that makes one, got {solver!r}")
    if conditions is not None:
        for name in baselines:
            errors.attempt(check_baseline, name, conditions.grid)
    chosen = errors.attempt(catalog.select, request.models, request.scenarios, request.pipelines)
    named = errors.attempt(listed, "decisions", DEFAULT_RULES if request.decisions is None else request.decisions) or []
    made = [errors.attempt(make_rule, rule) for rule in named]
    part = catalog if chosen is None else chosen
    for what, entries in (("model", part.models), ("scenario", part.scenarios), ("rule", made)):
        if not entries:
            errors.add(f"there must be at least one {what}, got none")
    rules = [rule for rule in made if rule is not None]
    scaled, left_out = {}, {}
    for key, scenario in part.scenarios.items():
        limits, is_named = scenario.limits(part.resources), request.decisions is not None
        applicable, others = applicable_rules(rules, limits, named=is_named)
        own = [errors.attempt(rule.scaled_by, scenario, part.resources) for rule in applicable]
        scaled[key] = [rule for rule in own if rule is not None]
        if others is not None:
            left_out[key] = others
    errors.check()
    used = default_estimator(part.models.values()) if estimator is None else estimator
    for name in baselines:
        refuse_unknown_k(name, part.models, used)
    return StudyPlan(part, request, conditions or Conditions(), used, rules, scaled, left_out, baselines)
