"""What the page is set to, and what follows from it: a catalog, a study, and the command that gives the same answer."""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from moo_inference.catalog import Catalog, Scenario
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.decision.registry import DEFAULT_RULES, make_rule
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators import Empirical, Estimator, MonteCarlo, default_estimator
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.rules import LeftOut, applicable_rules
from moo_inference.studies.study import Study, run_study
from moo_inference.views.explore.slider_stops import SMALLEST_BUDGET
from moo_inference.views.figures.trajectory import Trajectory, trajectory

SETTINGS_FILE = "explore-settings.yaml"
"""The name under which the page hands out its settings."""

MOST_ROWS = 10_000
MOST_PASSES = 100_000_000
LARGEST_K = 1_000_000
LARGEST_P = 10_000
LARGEST_TRIALS = 100_000_000
"""Beyond these a page would answer too slowly."""

LARGEST_SEED = 2**53 - 1
"""Beyond it a browser's integers are not exact."""

_MODELS_AT_FIRST = 24
"""More lines are not told apart, and the address gets long."""

_MOST_ASSESSED = 10
"""Models whose choices are assessed at every change of the page: each takes some hundredths of a second."""


@dataclass(frozen=True)
class Knobs:
    """All settings of the page.

    Attributes:
        models: ids of the models, at least one.
        scenario: id of the scenario whose name stands above the answer.
        shown: id of the model in the charts, one of `models`.
        c_max: at most so many USD per query, or None for no budget.
        t_max: at most so many seconds per query, or None for no budget.
        a_min: at least this accuracy, in [0, 1], or None for no floor.
        c_quantile: the quantile of cost that c_max is for, or None for the mean.
        t_quantile: the quantile of time that t_max is for, or None for the mean.
        a_quantile: the quantile of accuracy that a_min is for, or None for the mean.
        resources: budgets for further resources, by unit; those that are not there are no budgets.
        parallel: P for all models, or None for each model's own.
        latency: how times add up in all models, or None for each model's own rule.
        k_max: the largest k.
        k_step: the distance of the grid of k, which begins with it.
        monte_carlo: whether to simulate instead of taking the closed form.
        trials: simulated queries for each k.
        seed: of the simulation.
        draws: `common` or `independent`.
        rules: ids of the rules, at least one.
        chosen_by: id of the rule that takes the one choice across models.
    """

    models: tuple[str, ...]
    scenario: str
    shown: str
    c_max: float | None
    t_max: float | None
    a_min: float | None
    c_quantile: float | None = None
    t_quantile: float | None = None
    a_quantile: float | None = None
    resources: Mapping[str, ResourceBudget] = ReadOnly({})
    parallel: int | None = None
    latency: str | None = None
    k_max: int = 128
    k_step: int = 1
    monte_carlo: bool = False
    trials: int = MonteCarlo.trials
    seed: int = MonteCarlo.seed
    draws: str = MonteCarlo.draws
    rules: tuple[str, ...] = DEFAULT_RULES
    chosen_by: str = "cheapest"

    @property
    def estimator(self) -> Estimator | None:
        """What estimates; None stands for what estimates unasked.

        Raises:
            SettingError: (a ValueError) a setting of Monte Carlo is out of its range.
        """
        if not self.monte_carlo:
            return None
        return MonteCarlo(self.trials, self.seed, self.draws)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Answer:
    """What the page shows.

    Attributes:
        study: the choices.
        trajectories: what there is to draw, by model id.
        rules: the rules that were applied, a part of the knobs' own.
        left_out: the other rules, if any: they divide by a budget that is not there.
    """

    study: Study
    trajectories: dict[str, Trajectory]
    rules: tuple[str, ...]
    left_out: LeftOut | None

    @cached_property
    def confidence(self) -> dict[tuple[str, str], Assessment]:
        """How sure each choice is, by model and rule, where it rests on measurements; of a few models alone."""
        some = [one for one in self.trajectories.values() if one.chosen]
        known = self.study.confidence if len(some) <= _MOST_ASSESSED else {}
        return {(model, rule): own for (_, model, rule), own in known.items()}


def check_explorable(catalog: Catalog) -> None:
    """A page needs a scenario to begin with, and budgets that can be entered.

    Raises:
        SettingError: (a ValueError) the catalog has no scenario, or one with a budget that is next to nothing.
    """
    if not catalog.scenarios:
        raise SettingError("the catalog must hold at least one scenario, got none")
    ErrorCollector(
        f"scenarios.{key}.{limit.budget}: must be at least {SMALLEST_BUDGET:g} on the page, got {limit.value:g}"
        for key, scenario in catalog.scenarios.items()
        for limit in scenario.limits()[:-1]
        if limit.value is not None and limit.value < SMALLEST_BUDGET
    ).check()


def default_knobs(catalog: Catalog, scenario: str | None = None) -> Knobs:
    """What the page is set to before anything is touched: all models, of many the first, in the first scenario.

    Args:
        catalog: holds at least one model and one scenario.
        scenario: id of the scenario instead of the first.
    """
    chosen = next(iter(catalog.scenarios)) if scenario is None else scenario
    budgets = catalog.scenarios[chosen]
    models = tuple(catalog.models)[:_MODELS_AT_FIRST]
    return Knobs(models, chosen, models[0], **scenario_knobs(budgets))


def scenario_knobs(scenario: Scenario) -> dict[str, Any]:
    """The knobs that a scenario sets."""
    names = ("c_max", "t_max", "a_min", "c_quantile", "t_quantile", "a_quantile", "resources")
    return {name: getattr(scenario, name) for name in names}


def settings_catalog(catalog: Catalog, knobs: Knobs) -> Catalog:
    """The chosen models in the chosen scenario with all knobs written in: `solve` answers it as the page does.

    Raises:
        UnknownNameError: (a LookupError) the catalog has no such model or scenario.
    """
    chosen = catalog.select(knobs.models, [knobs.scenario])
    forced = {
        name: value for name, value in (("parallel", knobs.parallel), ("latency", knobs.latency)) if value is not None
    }
    budgets = {name: getattr(knobs, name) for name in scenario_knobs(chosen.scenarios[knobs.scenario])}
    return Catalog(
        models={key: model.replace(**forced) for key, model in chosen.models.items()},
        scenarios={key: scenario.replace(**budgets) for key, scenario in chosen.scenarios.items()},
    )


def answer(catalog: Catalog, knobs: Knobs) -> Answer:
    """Solve what the page is set to.

    Raises:
        SettingError: (a ValueError) a setting is out of its range, or no rule is left.
        UnknownNameError: (a LookupError) an unknown model, scenario or rule.
    """
    chosen = settings_catalog(catalog, knobs)
    refuse_large_work(chosen, knobs)
    limits = chosen.scenarios[knobs.scenario].limits(chosen.resources)
    made, left_out = applicable_rules([make_rule(rule) for rule in knobs.rules], limits, named=False)
    rules = tuple(rule.id for rule in made)
    if not rules:
        raise SettingError("there must be at least one rule, got none" if left_out is None else str(left_out))
    study = run_study(chosen, decisions=rules, estimator=knobs.estimator, k_max=knobs.k_max, k_step=knobs.k_step)
    trajectories = {model: trajectory(study, knobs.scenario, model) for model in knobs.models}
    return Answer(study, trajectories, rules, left_out)


def resampled_models(catalog: Catalog, knobs: Knobs) -> tuple[str, ...]:
    """Names of the models that have measured passes, of which a simulation takes just mean and spread."""
    models = (catalog.models[key] for key in knobs.models)
    return tuple(model.name for model in models if knobs.monte_carlo and model.passes is not None)


def refuse_large_work(chosen: Catalog, knobs: Knobs) -> None:
    """Refuse what would take minutes, measured passes included.

    Args:
        chosen: the chosen models.
        knobs: the settings of the page.

    Raises:
        SettingError: (a ValueError) with all that is too much.
    """
    check_size(knobs)
    default = default_estimator(chosen.models.values())
    if not knobs.monte_carlo and isinstance(default, Empirical) and default.trials * knobs.k_max > MOST_PASSES:
        raise SettingError(
            f"the page draws at most {MOST_PASSES:,} measured passes, got {default.trials * knobs.k_max:,}: lower "
            "k_max, or use the command line"
        )


def check_size(knobs: Knobs) -> None:
    """Refuse what would take minutes.

    Raises:
        SettingError: (a ValueError) with all that is too much.
    """
    errors = ErrorCollector()
    if not 1 <= knobs.k_max <= LARGEST_K:
        errors.add(f"k_max must be between 1 and {LARGEST_K:,}, got {knobs.k_max:,}")
    if not 1 <= knobs.k_step <= knobs.k_max:
        errors.add(f"k_step must be between 1 and k_max = {knobs.k_max:,}, got {knobs.k_step:,}")
    if not errors.errors:
        rows = knobs.k_max // knobs.k_step
        if rows > MOST_ROWS:
            errors.add(f"the page takes at most {MOST_ROWS:,} values of k, got {rows:,}: raise k_step")
        if knobs.monte_carlo:
            passes = knobs.k_max if knobs.draws == "common" else knobs.k_step * rows * (rows + 1) // 2
            if knobs.trials * passes > MOST_PASSES:
                errors.add(
                    f"the page simulates at most {MOST_PASSES:,} passes, got {knobs.trials * passes:,}: lower trials "
                    "or k_max, or use the command line"
                )
    if knobs.parallel is not None and not 1 <= knobs.parallel <= LARGEST_P:
        errors.add(f"P must be between 1 and {LARGEST_P:,}, got {knobs.parallel:,}")
    errors.check()


def solve_command(knobs: Knobs, rules: tuple[str, ...]) -> str:
    """The command line that answers the downloaded settings as the page does, ready for a POSIX shell.

    Args:
        knobs: what the page is set to.
        rules: the rules that were applied.
    """
    words = ["moo-inference", "solve", "--catalog", SETTINGS_FILE]
    words += ["--k-max", str(knobs.k_max), "--k-step", str(knobs.k_step)]
    if knobs.monte_carlo:
        words += ["--trials", str(knobs.trials), "--seed", str(knobs.seed), "--draws", knobs.draws]
    for rule in rules:
        words += ["--decision", rule]
    return shlex.join(words)


def model_labels(catalog: Catalog) -> dict[str, str]:
    """What each model is called, by id; with the id where two are called alike."""
    return _labels({key: model.name for key, model in catalog.models.items()})


def scenario_labels(catalog: Catalog) -> dict[str, str]:
    """What each scenario is called, by id; with the id where two are called alike."""
    return _labels({key: scenario.name for key, scenario in catalog.scenarios.items()})


def _labels(names: dict[str, str]) -> dict[str, str]:
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key})" for key, name in names.items()}
