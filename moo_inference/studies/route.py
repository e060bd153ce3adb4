"""Which model, and how many passes: one choice from the front across models, and why no other model."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import AnyAccuracy, Catalog, Model, Scenario
from moo_inference.catalog.loading import as_catalog
from moo_inference.catalog.stopping import base_id
from moo_inference.decision.base import Rule
from moo_inference.decision.choice import Choice, decide
from moo_inference.decision.registry import make_rule
from moo_inference.errors import InfeasibleError, unknown_name, whole_number
from moo_inference.estimators import Estimator, Progress, default_estimator
from moo_inference.estimators.base import curves_within_samples, estimate_curves, estimator_settings
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, ScalingCurve
from moo_inference.estimators.under_load import models_within_load
from moo_inference.pareto.front import Front
from moo_inference.policy.policy import Policy
from moo_inference.studies.confidence import Assessment, AssessmentSettings, assess_known, settings_for
from moo_inference.studies.frames import front_columns, shown_with
from moo_inference.studies.litellm import Written, entries_of, litellm_notes, litellm_settings
from moo_inference.studies.matches import Match, cheapest_matches
from moo_inference.studies.posterior import Posterior, posterior, rests_on_measurements
from moo_inference.studies.price_modes import mode_notes
from moo_inference.studies.questions import kinds_note, paired_columns, paired_models
from moo_inference.studies.rows import front_across
from moo_inference.studies.running import running
from moo_inference.studies.serving import policy_of
from moo_inference.studies.why_not import why_not
from moo_inference.versions import versions

if TYPE_CHECKING:
    from moo_inference.studies.held_out import HeldOut


@dataclass(frozen=True)
class Route:
    """The choice of a rule across models.

    Attributes:
        scenario_id: id of the scenario.
        scenario: the budgets.
        curves: the scaling curve of each model, by id.
        accuracies: what is known of the accuracy of each model, by id.
        rule: what chose.
        unscaled: the rule as it was given, to be scaled by other budgets; the same as `rule` where it has a nadir.
        front: the front across models, the cheapest row first.
        choice: what the rule takes from it.
        options: the settings of the run, as plain values.
        sources: where the numbers of each model came from, by id.
        models: the models, by id.
        conditions: which k, and how passes run.
        assess: how the choice is assessed where that was asked for, else None.
        noise: of a simulation, see `assess_choices`.
        passed_over: the choice of the rule where that stops early and gains nothing on held-out questions, so that
            this one runs all passes, see `recommended`; else None.
        unborne: why models were left out that do not bear the load, as far as that was measured, by id.
    """

    scenario_id: str
    scenario: Scenario
    curves: Mapping[str, ScalingCurve]
    accuracies: Mapping[str, AnyAccuracy]
    rule: Rule
    unscaled: Rule
    front: Front
    choice: Choice
    options: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=Conditions)
    assess: AssessmentSettings | None = None
    noise: FloatArray | None = None
    passed_over: "Route | None" = None
    unborne: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def assessment(self) -> Assessment | None:
        """How sure the choice is; None where it was not asked for and nothing was measured that could be resampled."""
        asked = self.assess
        if asked is None:
            if not any(map(rests_on_measurements, self.models.values())):
                return None
            asked = settings_for([self.rule])
        return assess_known(self.known, [self.rule], asked)[0]

    @cached_property
    def known(self) -> Posterior:
        """What is known of all configurations, given what they rest on."""
        return posterior(self.models, self.curves, self.scenario, self.conditions, self.noise)

    @cached_property
    def held_out(self) -> "HeldOut | None":
        """What stopping early gains on questions that the choice has not seen.

        None where the choice runs all passes and nothing was passed over, or too few questions were recorded.
        """
        if self.passed_over is not None:
            return self.passed_over.held_out
        if self.stop is None or np.isclose(self.mean_passes or 0, self.k or 0):
            return None
        from moo_inference.studies.held_out import held_out_of_models  # noqa: PLC0415 (only where passes stop early)

        return held_out_of_models(self.models, self.curves, self.rule, self.conditions, self.known)

    @property
    def model(self) -> str | None:
        """Id of the chosen model; None where nothing was chosen, as are the next seven."""
        chosen = self.choice.model
        return None if chosen is None else base_id(chosen, self.models[chosen].stop)

    @property
    def k(self) -> int | None:
        """The chosen number of passes."""
        return self.choice.k

    @property
    def cost(self) -> float | None:
        """USD per query, in the mean."""
        return self._mean(0)

    @property
    def time(self) -> float | None:
        """Seconds per query, in the mean."""
        return self._mean(1)

    @property
    def accuracy(self) -> float | None:
        """Mean accuracy of the answer that is kept."""
        return self._mean(-1)

    @property
    def keep(self) -> str | None:
        """What selects the pass that counts, see `Model.keep`."""
        return None if self.choice.model is None else self.models[self.choice.model].keep

    @property
    def stop(self) -> str | None:
        """The policy by which passes stop before the k-th; None where all k run."""
        stop = None if self.choice.model is None else self.models[self.choice.model].stop
        return None if stop is None else str(stop)

    @property
    def mean_passes(self) -> float | None:
        """How many passes run on average, at most `k`."""
        return None if self.choice.row is None else float(self.front.curve.mean_passes[self.choice.row])

    @property
    def parallel(self) -> int | None:
        """Passes at the same time."""
        return None if self.choice.model is None else self.conditions.parallel_of(self.models[self.choice.model])

    @cached_property
    def unstopped(self) -> ScalingCurve | None:
        """One row: what the choice comes to where all k passes run, as many at the same time as the model runs.

        None where all passes run anyway, or nothing was chosen.
        """
        chosen = self.choice
        model = None if chosen.model is None else self.models[chosen.model]
        if model is None or model.stop is None or chosen.k is None:
            return None
        whole = model.replace(stop=None)
        return estimate_curves(default_estimator([whole]), [whole], [chosen.k], self.conditions)[0]

    def _mean(self, column: int) -> float | None:
        return None if self.choice.row is None else float(self.front.curve.means[self.choice.row, column])

    @property
    def chosen(self) -> dict[str, Any]:
        """Model, k, stop, cost, time and accuracy of the choice; None where nothing was chosen."""
        return {name: getattr(self, name) for name in ("model", "k", "stop", "cost", "time", "accuracy")}

    @property
    def tails(self) -> list[int]:
        """The columns of the budgets that are for quantiles."""
        return [at for at, limit in enumerate(self.scenario.limits(self.front.resources)) if limit.quantile is not None]

    @cached_property
    def others(self) -> Front | None:
        """The front across all models but the chosen one, whatever their policies; None where there is no other."""
        curves = {key: own for key, own in self.curves.items() if base_id(key, self.models[key].stop) != self.model}
        return front_across(curves, self.scenario) if curves else None

    @cached_property
    def runner_up(self) -> Choice | None:
        """What the rule would take if the chosen model were not there; None where nothing is left to take."""
        if self.choice.row is None or self.others is None:
            return None
        second = decide(self.others, self.rule)
        return second if second.row is not None else None

    @cached_property
    def paired(self) -> tuple[float, float, float, int] | None:
        """How much more accurate the runner-up is than the choice on the questions that both were evaluated on.

        The mean difference, its 95 % interval and the number of questions; None where the two share none.
        """
        second = self.runner_up
        if second is None or second.model is None or second.k is None or self.choice.model is None:
            return None
        return paired_models(
            self.models[second.model], second.k, self.models[self.choice.model], self.choice.k or 0, self.conditions
        )

    @cached_property
    def why_not(self) -> dict[str, str]:
        """For each model that was not chosen, why: a budget it breaks, what dominates it, or its lower score."""
        others = (key for key in self.curves if key != self.choice.model)
        return {key: why_not(key, self.curves[key], self.front, self.choice, self.rule) for key in others}

    def matches(self) -> list[Match]:
        """The cheapest match of each model that has a feasible k (paper, section "Aggregate Trends")."""
        return cheapest_matches(self.curves, self.scenario)

    def policy(self) -> Policy:
        """All rows that some budgets could choose, of means or quantiles as in the scenario, for a serving layer."""
        return policy_of(self.curves, self.scenario, self.models, self.conditions, self.options)

    def to_litellm(self) -> dict[str, Any]:
        """The choice as settings of a LiteLLM router: a model list with n = k, and the runner-up as its fallback.

        A model has LiteLLM's name where its sources contain that, else its id; see `litellm_notes`.

        Raises:
            InfeasibleError: (a ValueError) there is no choice.
        """
        if self.choice.row is None:
            raise InfeasibleError(f"there must be a choice to write settings of, got none: {self.choice.reason}")
        return litellm_settings(self._written(), self.sources)

    @property
    def litellm_notes(self) -> tuple[str, ...]:
        """Notes on `to_litellm`, one sentence each: names to replace, and what has to choose among the answers."""
        return litellm_notes(self._written(), self.sources, self.accuracies)

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats of the comparison, one sentence each."""
        modes = mode_notes(self.models, {self.scenario_id: self.scenario})
        return (*kinds_note(self.accuracies), *modes, *(f"Left out: {why}" for why in self.unborne.values()))

    def _written(self) -> list[Written]:
        chosen = {self.scenario_id: self.choice, f"{self.scenario_id}-runner-up": self.runner_up}
        return entries_of(chosen, self.models, self.conditions)

    def to_dict(self) -> dict[str, Any]:
        """The route as plain values, ready for JSON.

        Keys: scenario, decision, status, model, k, the fifteen columns of a scaling curve (null where nothing was
        chosen), slo_attainment, accuracy_ci_low, accuracy_ci_high, reason, warnings, notes, runner_up (with its model,
        k, columns, and what it costs, takes and reaches more than the choice), why_not (reason by model), settings,
        keep (which of k passes is kept), and for each budget for a quantile that quantile and its value, such as
        time_quantile and time_at_quantile; the runner-up ends with the same; assessment, held_out and passed_over,
        where there is one.
        """
        first, second = self.choice.objectives, self.runner_up
        runner: dict[str, Any] | None = None
        if self.others is not None and second is not None and second.objectives is not None and first is not None:
            more = second.objectives - first
            runner = {
                "model": second.model,
                "k": second.k,
                **front_columns(self.others, second.row),
                "usd_more": float(more[0]),
                "seconds_more": float(more[1]),
                **{f"{unit}_more": float(more[2 + place]) for place, unit in enumerate(self.front.resources)},
                "accuracy_more": float(-more[-1]),
                **paired_columns(self.paired),
                **shown_with(self.others, self.scenario, second, self.models),
            }
        return {
            "scenario": self.scenario_id,
            "decision": self.rule.id,
            "status": self.choice.status,
            "model": self.choice.model,
            "k": self.choice.k,
            **front_columns(self.front, self.choice.row),
            "reason": self.choice.reason,
            "warnings": list(self.choice.warnings),
            "notes": list(self.notes),
            "runner_up": runner,
            "why_not": dict(self.why_not),
            "settings": {**self.options, "versions": versions()},
            **{name: own.to_dict() for name in ("assessment", "held_out") if (own := getattr(self, name)) is not None},
            **({} if self.passed_over is None else {"passed_over": self.passed_over.chosen}),
            **shown_with(self.front, self.scenario, self.choice, self.models),
        }


def route(
    catalog: Catalog | str | os.PathLike[str],
    scenario: str,
    rule: object = "knee-chord",
    *,
    estimator: Estimator | None = None,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    stop: str | Sequence[str] | None = None,
    assess: int | None = None,
    seed: int = 42,
    progress: Progress | None = None,
) -> Route:
    """Choose a model and its number of passes together.

    Args:
        catalog: its models are what there is to choose from; a path is loaded.
        scenario: id of the scenario whose budgets hold.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.
        estimator: None means `ClosedForm()`, or `Empirical()` where a model has measured passes.
        k_min: see `Conditions`.
        k_max: see `Conditions`.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        stop: a policy of stopping for all models, or several side by side, see `with_stops`; None: each model's own.
        assess: from how many resamples the choice is assessed; None: from 1,000, where something was measured that can
            be resampled.
        seed: of the resamples.
        progress: called with the number of finished steps, and of all.

    Raises:
        UnknownNameError: (a LookupError) there is no such scenario or rule.
        SettingError: (a ValueError) an option is out of its range, or the rule needs a budget that is not there.
    """
    catalog = running(as_catalog(catalog), stop, estimator)
    if not isinstance(scenario, str) or scenario not in catalog.scenarios:
        raise unknown_name("scenario", str(scenario), list(catalog.scenarios))
    budgets = catalog.scenarios[scenario]
    conditions = Conditions(k_min, k_max, k_step, parallel, latency)
    judge = make_rule(rule)
    judge.scaled_by(budgets, catalog.resources)
    bearing, unborne = models_within_load(catalog.models, budgets, conditions)
    catalog = catalog.replace(models=bearing, pipelines={}) if unborne else catalog
    models = list(catalog.models.values())
    chosen = default_estimator(models) if estimator is None else estimator
    estimated = curves_within_samples(chosen, models, conditions, scenarios=[budgets], progress=progress)
    curves = dict(zip(catalog.models, estimated, strict=True))
    options = {"estimator": estimator_settings(chosen), **conditions.to_dict()}
    asked, noise = None, None
    if assess is not None:
        whole_number("assess", assess, 1, 1_000_000)
        asked = AssessmentSettings(assess, seed=seed)
        options |= {"assess": assess, "assess_seed": seed}
        from moo_inference.studies.replications import simulation_noise  # noqa: PLC0415 (only where it was asked for)

        noise = simulation_noise(chosen, models, assess, conditions, progress)
    found = route_from_curves(catalog, scenario, judge, curves, conditions, options)
    return replace(found, assess=asked, noise=noise, unborne=unborne)


def route_from_curves(
    catalog: Catalog,
    scenario: str,
    rule: object,
    curves: Mapping[str, ScalingCurve],
    conditions: Conditions,
    options: Mapping[str, Any],
) -> Route:
    """Choose a model and its number of passes from curves that were estimated.

    Args:
        catalog: its models are what there is to choose from.
        scenario: id of the scenario whose budgets hold.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.
        curves: by id of the model, each estimated with the scenario.
        conditions: which k, and how passes run.
        options: the settings of the run, as plain values, with those of the estimator.

    Raises:
        UnknownNameError: (a LookupError) there is no such rule.
        SettingError: (a ValueError) the rule needs a budget that is not there.
    """
    budgets = catalog.scenarios[scenario]
    judge = make_rule(rule)
    scaled = judge.scaled_by(budgets, catalog.resources)
    front = front_across(curves, budgets)
    return Route(
        scenario,
        budgets,
        curves,
        {key: model.accuracy for key, model in catalog.models.items()},
        scaled,
        judge,
        front,
        decide(front, scaled),
        options,
        {key: model.sources for key, model in catalog.models.items()},
        catalog.models,
        conditions,
    )
