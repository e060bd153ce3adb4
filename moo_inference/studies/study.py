"""A study: every model in every scenario under every rule."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import as_catalog, catalog_to_dict
from moo_inference.decision import DEFAULT_RULES, Rule, make_rule
from moo_inference.decision.registry import made_by_id
from moo_inference.documents.frames import deliver, frame_to_csv, frame_to_json
from moo_inference.documents.results import CHOICES_CSV, CHOICES_JSON, save_results
from moo_inference.errors import MooInferenceError, SettingError, listed
from moo_inference.estimators import (
    ClosedForm,
    Estimator,
    MonteCarlo,
    Progress,
    ScalingCurve,
    default_estimator,
)
from moo_inference.estimators.base import estimator_settings, latency_settings
from moo_inference.execution.backends import check_workers
from moo_inference.execution.checkpoint import KeptPieces
from moo_inference.execution.curves import curves_in_pieces
from moo_inference.pareto.front import Front
from moo_inference.pareto.grid import pass_grid
from moo_inference.studies.assessment import Assessment, assess_many
from moo_inference.studies.baselines import (
    check_baseline,
    choose_baseline,
    named_now,
    refuse_unknown_k,
)
from moo_inference.studies.cell_fronts import fronts_by_search, fronts_from_curves, pipeline_fronts
from moo_inference.studies.cells import Cell, choices_of
from moo_inference.studies.frames import choices_frame, curves_frame, pipeline_fronts_frame, pipelines_frame
from moo_inference.studies.rules import kept_rules
from moo_inference.versions import versions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Study:
    """The answers, and all that is needed to get them again.

    Attributes:
        catalog: the models, scenarios and pipelines that were looked at.
        cells: one for each scenario x model, in that order, and behind them one for each scenario x pipeline.
        model_curves: the scaling curve of each model over the grid, by model id.
        options: the settings of the run, as plain values.
        assessments: how sure each choice is, by (scenario, model, rule), where that was asked for.
        left_out: by scenario, a sentence on the default rules that it has not the budgets for, where there are any.
    """

    catalog: Catalog
    cells: tuple[Cell, ...]
    model_curves: Mapping[str, ScalingCurve]
    options: Mapping[str, Any]
    assessments: Mapping[tuple[str, str, str], Assessment] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def model_cells(self) -> tuple[Cell, ...]:
        """Those of the cells that are of models."""
        return tuple(cell for cell in self.cells if not cell.pipeline)

    @property
    def pipeline_cells(self) -> tuple[Cell, ...]:
        """Those of the cells that are of pipelines."""
        return tuple(cell for cell in self.cells if cell.pipeline)

    @cached_property
    def choices(self) -> "pd.DataFrame":
        """One row a scenario x model x rule.

        Columns: scenario, model, decision, status, k, the fifteen of a scaling curve, slo_attainment (the share of
        queries that meet all budgets); with baselines `violates`; with assessments pgs, eoc_accuracy, eoc_usd and
        eoc_seconds; warning; keep (which of k passes is kept: oracle, verifier or majority); for each quantity with a
        budget for a quantile that quantile and its value, such as time_quantile and time_at_quantile. Numbers are empty
        where nothing was chosen.
        """
        return choices_frame(self)

    @cached_property
    def fronts(self) -> "pd.DataFrame":
        """One row for each k of each front: scenario, model, k, the fifteen columns of a scaling curve, and keep."""
        return self._with_keep(
            curves_frame(
                [((cell.scenario, cell.model), cell.front.curve) for cell in self.model_cells], ["scenario", "model"]
            )
        )

    @cached_property
    def pipelines(self) -> "pd.DataFrame":
        """One row a scenario x pipeline x rule.

        Columns: scenario, pipeline, decision, status (`refused` where means cannot answer), stages (each with its model
        and k, in words), cost, time, further resources, accuracy, which are means of one query, warning, keep (which of
        the passes of a stage is kept, by stage where they differ). They carry no
        standard errors: stages that are simulated share their draws, so that those of parts do not tell the whole's.
        """
        return pipelines_frame(self)

    @cached_property
    def pipeline_fronts(self) -> "pd.DataFrame":
        """One row for each choice on the front of each pipeline.

        Columns: scenario, pipeline, stages, cost, time, further resources, accuracy, keep.
        """
        return pipeline_fronts_frame(self)

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """One row for each k of each model: model, k, the fifteen columns of a scaling curve, and keep."""
        return self._with_keep(
            curves_frame([((model,), curve) for model, curve in self.model_curves.items()], ["model"])
        )

    def _with_keep(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        frame["keep"] = frame["model"].map({key: model.accuracy.keep for key, model in self.catalog.models.items()})
        return frame

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options, the whole catalog and the versions of everything that shapes the numbers."""
        return recorded_settings(self.options, self.catalog)

    def front(self, scenario: str, model: str) -> Front:
        """The front of one cell.

        Raises:
            KeyError: the study has no such cell.
        """
        for cell in self.model_cells:
            if (cell.scenario, cell.model) == (scenario, model):
                return cell.front
        raise KeyError((scenario, model))

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as CSV, every number at full precision; written whole to `path` if one is given.

        Args:
            path: where to write. Choices of before are replaced, and so is an empty file.
            overwrite: replace whatever is there.

        Raises:
            OutputError: (an OSError) another file is there, or it cannot be written.
        """
        return deliver(frame_to_csv(self.choices), path, CHOICES_CSV, overwrite=overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as a JSON list of records, null where empty; written whole to `path` if one is given.

        Records of pipelines follow those of models, and have `pipeline` and `stages` in place of `model` and `k`.
        See `to_csv` for the arguments.

        Raises:
            OutputError: (an OSError) another file is there, or it cannot be written.
        """
        frames = (self.choices, self.pipelines) if self.pipeline_cells else (self.choices,)
        return deliver(frame_to_json(*frames), path, CHOICES_JSON, overwrite=overwrite)

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Write choices.csv, choices.json, fronts.csv, curves.csv and settings.json into a folder.

        With pipelines, also pipelines.csv and pipeline_fronts.csv; choices.json holds the choices of both.

        Args:
            folder: made if it is not there. It may hold the same study of before.
            overwrite: replace whatever is there.
            asked: the options of a command line, which `moo-inference check` takes from settings.json.

        Raises:
            OutputError: (an OSError) the folder holds other files by these names, or cannot be written.
            SettingError: (a ValueError) it holds a study with other settings.
        """
        save_results(folder, "study", self.settings, self.texts(), asked=asked, overwrite=overwrite)

    def texts(self) -> dict[str, str]:
        """What `save` writes beside the settings: a text for each name of a file."""
        found = {
            "choices.csv": self.to_csv(),
            "choices.json": self.to_json(),
            "fronts.csv": frame_to_csv(self.fronts),
            "curves.csv": frame_to_csv(self.curves),
        }
        if self.pipeline_cells:
            found["pipelines.csv"] = frame_to_csv(self.pipelines)
            found["pipeline_fronts.csv"] = frame_to_csv(self.pipeline_fronts)
        return found


def run_study(
    catalog: Catalog | str | os.PathLike[str],
    *,
    models: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    pipelines: Sequence[str] | None = None,
    decisions: Sequence[object] | None = None,
    estimator: Estimator | None = None,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    solver: Any = None,
    baselines: Sequence[str] = (),
    assess: int | None = None,
    workers: int | str = 1,
    kept: KeptPieces | None = None,
    progress: Progress | None = None,
) -> Study:
    """Choose a k for every model, and model and k for every stage of each pipeline, in every scenario under every rule.

    Args:
        catalog: what to choose from; a path is loaded.
        models: ids of models; None means all. Here and below one id alone stands for a list of it.
        scenarios: ids of scenarios; None means all.
        pipelines: ids of pipelines, none where it is empty; None means all whose stages may use no other models than
            those. A question that means of stages cannot answer gets the status `refused`.
        decisions: ids of rules or rules; None means the paper's four and knee-chord, but in each scenario those alone
            that it has the budgets for (see `Study.left_out`). A rule without a nadir is scaled by each scenario's
            budgets.
        estimator: None means `ClosedForm()`, or `Empirical()` where a model has measured passes.
        k_min: the smallest k; None means k_step.
        k_max: the largest k; a stage of a pipeline may have its own, as for the other two.
        k_step: the distance of the grid of k.
        parallel: passes at the same time, in place of each model's own number.
        latency: how times add up, in place of each model's own rule.
        solver: None takes the fronts from the curves directly. Else a pymoo algorithm, or a callable that makes
            one from a problem, such as `nsga2`: then each front is what `minimize` found.
        baselines: names to set beside the rules: `fixed-K`, `accuracy-within-cost`, `accuracy-per-dollar`. They see the
            whole curve, and get the status `over-budget` where they break a budget.
        assess: None, or with how many replications to assess how sure each choice is. On exact curves nothing varies,
            and so nothing is told.
        workers: how many processes of this machine, or the address of a running Dask scheduler (tcp://host:port).
            The results are the same, bit for bit. Little work stays in this process.
        kept: from `keep_pieces`: where finished pieces are kept, and taken from. An estimator, solver or rule of
            your own is known there by its name alone.
        progress: told how many pieces of the work are done.

    Raises:
        UnknownNameError: (a LookupError) an unknown model, scenario, baseline or rule; all of them are named.
        SettingError: (a ValueError) an option is out of its range, a rule that is named needs a budget that is not
            there, a pipeline that is asked for may use a model that is not, or the pieces kept are of other settings.
        WorkerError: (a RuntimeError) nobody listens at the address, or workers die time and again.
        OutputError: (an OSError) a finished piece cannot be written.
    """
    check_workers(workers)
    catalog = as_catalog(catalog)
    baselines = tuple(dict.fromkeys(named_now(str(name)) for name in listed("baselines", baselines)))
    if isinstance(solver, str):
        raise SettingError(f"solver must be a pymoo algorithm, or a callable that makes one, got {solver!r}")
    grid, chosen, asked, rules, left_out = _checked(
        catalog, (models, scenarios, pipelines), decisions, (k_min, k_max, k_step), parallel, latency, baselines
    )
    estimator = default_estimator(chosen.models.values()) if estimator is None else estimator
    if assess is not None and not isinstance(estimator, ClosedForm | MonteCarlo):
        raise SettingError(
            f"assess needs a ClosedForm or a MonteCarlo, whose noise is known, got {type(estimator).__name__}"
        )
    for name in baselines:
        refuse_unknown_k(name, chosen.models)
    options = {
        "estimator": estimator_settings(estimator),
        "k_min": grid[0],
        "k_max": int(k_max),
        "k_step": grid.step,
        "parallel": parallel,
        "latency": latency,
        "solver": None if solver is None else getattr(solver, "__name__", type(solver).__name__),
        "decisions": list(dict.fromkeys(rule.id for rule in asked)),
        "own_decisions": [rule.id for rule in asked if not made_by_id(rule)],
        "baselines": list(baselines),
        "assess": assess,
    }
    if kept is not None:
        kept.expect({"run": "study", **recorded_settings(options, chosen)})
    where: dict[str, Any] = {"workers": workers, "kept": kept, "progress": progress}
    conditions: dict[str, Any] = {"parallel": parallel, "latency": latency}
    curves = curves_in_pieces(estimator, chosen.models, grid, list(chosen.scenarios.values()), **conditions, **where)
    found = (
        fronts_from_curves(chosen, curves) if solver is None else fronts_by_search(chosen, curves, solver, grid, where)
    )
    choices = choices_of(found, rules)
    cells = [
        Cell(
            scenario_id,
            model_id,
            front,
            choices[scenario_id, model_id],
            tuple(choose_baseline(name, curves[model_id], chosen.scenarios[scenario_id]) for name in baselines),
        )
        for (scenario_id, model_id), front in found.items()
    ]
    assessments = {}
    if assess is not None and isinstance(estimator, MonteCarlo):
        assessments = assess_many(
            chosen.models,
            chosen.scenarios,
            decisions,
            estimator,
            replications=assess,
            k_min=grid[0],
            k_max=int(k_max),
            k_step=grid.step,
            **conditions,
            **where,
        )
    along = pipeline_fronts(
        chosen, curves, grid, k_max=int(k_max), estimator=estimator, solver=solver, where=where, **conditions
    )
    choices = choices_of(along, rules)
    cells += [
        Cell(scenario_id, "", front, choices[scenario_id, key], pipeline=key)
        for (scenario_id, key), front in along.items()
    ]
    return Study(chosen, tuple(cells), curves, options, assessments, left_out)


def recorded_settings(options: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """The options, the whole catalog and the versions of everything that shapes the numbers."""
    return {**options, "versions": versions(), "catalog": catalog_to_dict(catalog)}


def _checked(
    catalog: Catalog,
    asked: tuple[Sequence[str] | None, Sequence[str] | None, Sequence[str] | None],
    decisions: Sequence[object] | None,
    steps: tuple[int | None, int, int],
    parallel: int | None,
    latency: str | None,
    baselines: Sequence[str],
) -> tuple[range, Catalog, list[Rule], dict[str, list[Rule]], dict[str, str]]:
    """The grid, the chosen part of the catalog, the rules, those of each scenario and what it leaves out.

    All faults are raised at once.
    """
    errors: list[MooInferenceError] = []

    def attempt(make: Callable[..., Any], *args: Any) -> Any:
        try:
            return make(*args)
        except MooInferenceError as error:
            errors.append(error)
            return None

    grid = attempt(pass_grid, *steps)
    for name in baselines if grid else ():
        attempt(check_baseline, name, grid)
    chosen = attempt(catalog.select, *asked)
    named = attempt(listed, "decisions", DEFAULT_RULES if decisions is None else decisions) or []
    rules = [attempt(make_rule, rule) for rule in named]
    part = catalog if chosen is None else chosen
    if part.models:
        attempt(latency_settings, next(iter(part.models.values())), parallel, latency)
    for what, entries in (("model", part.models), ("scenario", part.scenarios), ("rule", rules)):
        if not entries:
            errors.append(SettingError(f"there must be at least one {what}, got none"))
    made = [rule for rule in rules if rule is not None]
    scaled, left_out = {}, {}
    for key, scenario in part.scenarios.items():
        kept, sentence = kept_rules(made, scenario.limits(part.resources), named=decisions is not None)
        scaled[key] = [attempt(rule.within, scenario, part.resources) for rule in kept]
        if sentence:
            left_out[key] = sentence
    if len(errors) == 1:
        raise errors[0]
    if errors:
        kind = type(errors[0]) if len({type(error) for error in errors}) == 1 else SettingError
        raise kind([fault for error in errors for fault in error.faults])
    return grid, chosen, made, scaled, left_out
