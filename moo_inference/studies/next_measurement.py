"""What to measure next: which settings to ask how many further questions for a sum, and whether that is enough."""

import math
import os
from dataclasses import dataclass, replace
from typing import Any

from moo_inference.catalog import Catalog, Scenario
from moo_inference.catalog.loading import as_catalog
from moo_inference.decision.registry import make_rule
from moo_inference.errors import ErrorCollector, SettingError, unknown_name
from moo_inference.estimators import default_estimator
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray
from moo_inference.studies.confidence import (
    RESAMPLES,
    Assessment,
    AssessmentSettings,
    assess_choices,
    settings_for,
)
from moo_inference.studies.measurable import (
    MeasurableSetting,
    Prices,
    measurable_settings,
    refuse_fewer,
)
from moo_inference.studies.posterior import posterior
from moo_inference.studies.purchases import TARGET, Planner, Purchase, Status, Terms


@dataclass(frozen=True)
class NextMeasurement:
    """A plan of what to measure next.

    Attributes:
        scenario_id: id of the scenario.
        scenario: the budgets.
        assessment: how sure the choice is now, as `assess` has it.
        target: the PGS at which to stop.
        spend: USD, the most that is to be spent.
        status: `reached`: stop, PGS is at the target; `infeasible`: stop, as probably as the target nothing meets
            the budgets; `measure`: the purchases are what to measure; `exhausted`: all
            settings have answered all questions; `sum too small`: for any question.
        purchases: what to ask, the most expensive first.
        expected: (worlds,) PGS after the purchases in worlds that what is known may come from; None where nothing is
            bought, or nothing is known yet of a setting that is bought.
        floor: whether the purchases bring settings to the fewest questions from which anything is concluded, which
            comes first.
        certain: ids of models that are not measured, since what is known of them is taken as certain.
        settings: what is known of each setting that can be measured, and what it costs.
        cheapest: USD of the cheapest question that there is to ask; NaN without any.
    """

    scenario_id: str
    scenario: Scenario
    assessment: Assessment
    target: float
    spend: float
    status: Status
    purchases: tuple[Purchase, ...]
    expected: FloatArray | None
    floor: bool
    certain: tuple[str, ...]
    settings: tuple[MeasurableSetting, ...]
    cheapest: float

    @property
    def usd(self) -> float:
        """What all of it costs, at most `spend`."""
        return float(sum(purchase.usd for purchase in self.purchases))

    @property
    def stop(self) -> bool:
        """Whether there is nothing to measure."""
        return self.status != "measure"

    @property
    def pgs(self) -> float:
        """Probability of good selection now; NaN where it is not known."""
        return self.assessment.pgs

    @property
    def expected_pgs(self) -> float:
        """The mean of `expected`; NaN where it is not known."""
        return math.nan if self.expected is None else float(self.expected.mean())

    @property
    def reaches_target(self) -> float:
        """The probability that PGS is at the target after the purchases; NaN where it is not known."""
        return math.nan if self.expected is None else float((self.expected >= self.target).mean())

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, ready for JSON; None where something is not known."""
        return {
            "scenario": self.scenario_id,
            "decision": self.assessment.rule,
            "status": self.status,
            "model": self.assessment.model,
            "k": self.assessment.k,
            "pgs": _known(self.pgs),
            "target": self.target,
            "expected_pgs": _known(self.expected_pgs),
            "reaches_target": _known(self.reaches_target),
            "spend": self.spend,
            "usd": self.usd,
            "floor": self.floor,
            "certain": list(self.certain),
            "purchases": [purchase.to_dict() for purchase in self.purchases],
        }


def next_measurement(
    catalog: Catalog | str | os.PathLike[str],
    scenario: str,
    rule: object = "cheapest",
    *,
    spend: float,
    target: float = TARGET,
    questions: int | None = None,
    prices: Prices = None,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    resamples: int | None = None,
    seed: int = 42,
) -> NextMeasurement:
    """Which settings to measure further for a sum, what PGS is then expected to be, and when to stop.

    What is bought are questions, each with as many attempts as the setting has at most of its own. Settings share their
    questions: each is asked first what most others have answered. A setting with fewer than five questions is brought
    to five before anything else is bought.

    The sum is divided as top-two sampling would spend it (Russo 2020), from 1,000 draws of the Bayesian bootstrap:
    dollars by how often a setting is the leader or its challenger.

    Args:
        catalog: its models are what there is to choose from; a path, or the name of a built-in one, is loaded.
        scenario: id of the scenario whose budgets hold.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.
        spend: USD, at most.
        target: the PGS at which to stop, in (0, 1).
        questions: how many the benchmark has; None: there are always further ones.
        prices: USD an attempt, of all settings or by id; None, and for ids that are not named: the mean cost of the
            attempts that there are. An id that the catalog does not have is a setting that is not measured yet.
        k_min: see `Conditions`.
        k_max: see `Conditions`.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        resamples: draws; None: as `assess` takes them.
        seed: of the draws.

    Raises:
        UnknownNameError: (a LookupError) there is no such scenario or rule.
        SettingError: (a ValueError) an argument is out of its range, the rule needs a budget that is not there, or no
            model rests on questions.
    """
    catalog = as_catalog(catalog)
    errors = ErrorCollector()
    if not isinstance(scenario, str) or scenario not in catalog.scenarios:
        errors.errors.append(unknown_name("scenario", str(scenario), list(catalog.scenarios)))
    terms = errors.attempt(Terms, spend, target, questions, prices)
    judge = errors.attempt(make_rule, rule)
    conditions = errors.attempt(Conditions, k_min, k_max, k_step, parallel, latency)
    asked = errors.attempt(AssessmentSettings, RESAMPLES if resamples is None else resamples, seed=seed)
    errors.check()
    if terms is None or judge is None or conditions is None or asked is None:
        raise SettingError("all arguments must be valid")
    budgets = catalog.scenarios[scenario]
    scaled = judge.scaled_by(budgets, catalog.resources)
    if resamples is None:
        asked = replace(asked, resamples=settings_for([scaled]).resamples)
    models = list(catalog.models.values())
    estimated = curves_within_samples(default_estimator(models), models, conditions, scenarios=[budgets])
    curves = dict(zip(catalog.models, estimated, strict=True))
    settings = measurable_settings(catalog.models, curves, terms.prices)
    refuse_fewer(list(settings.values()), terms.questions)
    [assessment] = assess_choices(catalog.models, curves, budgets, [scaled], conditions, asked)
    # In one order, so that the plan does not depend on that of the catalog.
    names = sorted(catalog.models)
    known = posterior(
        {key: catalog.models[key] for key in names}, {key: curves[key] for key in names}, budgets, conditions
    )
    planner = Planner(
        known, scaled, asked, dict(sorted(settings.items(), key=lambda item: (not item[1].names, item[0]))), terms
    )
    status, counts, floor = planner.bought(assessment)
    purchases, expected = planner.purchases(counts), planner.expected(counts)
    return NextMeasurement(
        scenario,
        budgets,
        assessment,
        terms.target,
        float(spend),
        status,
        tuple(sorted(purchases, key=lambda own: (-own.usd, own.model))),
        expected,
        floor,
        tuple(key for key in catalog.models if key not in settings),
        planner.settings,
        planner.cheapest,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
