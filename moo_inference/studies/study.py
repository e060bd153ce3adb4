"""A study: every model in every scenario under every rule."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Catalog
from moo_inference.catalog.loading import as_catalog
from moo_inference.decision.base import Rule
from moo_inference.deprecations import renamed_keyword
from moo_inference.documents.columns import Columns, columns_to_csv, columns_to_json, records_of
from moo_inference.documents.frames import deliver
from moo_inference.documents.results import CHOICES_CSV, CHOICES_JSON, save_results
from moo_inference.errors import ErrorCollector, unknown_name
from moo_inference.estimators import Estimator, MonteCarlo, Progress, ScalingCurve
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.execution.curves import estimate_by_scenario
from moo_inference.execution.tasks import Runner
from moo_inference.pareto.front import Front
from moo_inference.studies.assessment import assess_cells
from moo_inference.studies.cell_fronts import CellCurves, fronts_by_search, fronts_from_curves, pipeline_fronts
from moo_inference.studies.cells import Cell, cells_of
from moo_inference.studies.choice_record import ChoiceRecord
from moo_inference.studies.confidence import Assessment, AssessmentSettings, assess_choices, settings_for
from moo_inference.studies.frames import (
    choices_columns,
    choices_frame,
    configurations_frame,
    curves_columns,
    curves_frame,
    pipeline_fronts_columns,
    pipelines_columns,
)
from moo_inference.studies.planning import StudyPlan, StudyRequest, StudySettings, plan_study
from moo_inference.studies.posterior import rests_on_measurements
from moo_inference.studies.route import Route, route_from_curves
from moo_inference.studies.rules import LeftOut
from moo_inference.studies.running import running

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Study:
    """The answers, and all that is needed to get them again.

    Attributes:
        catalog: the models, scenarios and pipelines that were looked at.
        cells: one for each scenario x model, in that order, and behind them one for each scenario x pipeline.
        curves_in: the scaling curve of each model over the grid, by scenario and model.
        options: the settings of the run.
        assessments: how sure each choice is, by (scenario, model, rule), where `assess` was given.
        left_out: by scenario, the default rules that lack a budget there, if any.
        rules: by scenario, scaled to its budgets.
    """

    catalog: Catalog
    cells: tuple[Cell, ...]
    curves_in: CellCurves
    options: StudySettings
    assessments: Mapping[tuple[str, str, str], Assessment] = field(default_factory=dict)
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    rules: Mapping[str, Sequence[Rule]] = field(default_factory=dict)

    @cached_property
    def model_curves(self) -> Mapping[str, ScalingCurve]:
        """The scaling curve of each model over the grid, by id: those of the first scenario, see `loads_differ`."""
        return next(iter(self.curves_in.values()))

    @property
    def loads_differ(self) -> bool:
        """Whether scenarios have curves of their own, since their loads differ and times depend on these."""
        return any(curves is not self.model_curves for curves in self.curves_in.values())

    @cached_property
    def confidence(self) -> Mapping[tuple[str, str, str], Assessment]:
        """How sure each choice is, by (scenario, model, rule).

        These are the assessments where there are any. Else choices that rest on measurements are assessed from 1,000
        resamples; others are not in it, and neither is what was not chosen among all k.
        """
        if self.assessments:
            return self.assessments
        found: dict[tuple[str, str, str], Assessment] = {}
        for cell in self.model_cells:
            model = self.catalog.models[cell.model]
            chosen = {own.rule: own.k for own in cell.choices if own.k is not None}
            rules = [rule for rule in self.rules.get(cell.scenario, ()) if rule.id in chosen]
            if not (rules and rests_on_measurements(model)):
                continue
            assessed = assess_choices(
                {"": model},
                {"": self.curves_in[cell.scenario][cell.model]},
                self.catalog.scenarios[cell.scenario],
                rules,
                self.options.conditions,
                settings_for(rules),
            )
            # A solver that is no exhaustive search may have taken another k.
            found |= {(cell.scenario, cell.model, own.rule): own for own in assessed if own.k == chosen[own.rule]}
        return found

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
        """One row per scenario x model x rule.

        Columns: scenario, model, decision, status, k, the fifteen of a scaling curve, slo_attainment (the share of
        queries that meet all budgets); with baselines `violates`; with assessments pgs, eoc_accuracy, eoc_usd and
        eoc_seconds; warning; keep (which of k passes is kept: oracle, verifier or majority); for each quantity with a
        budget for a quantile that quantile and its value, such as time_quantile and time_at_quantile. Numbers are empty
        where nothing was chosen.
        """
        return choices_frame(self._choices)

    @cached_property
    def fronts(self) -> "pd.DataFrame":
        """One row for each k of each front: scenario, model, k, the fifteen columns of a scaling curve, and keep."""
        return curves_frame(self._fronts)

    @cached_property
    def pipelines(self) -> "pd.DataFrame":
        """One row per scenario x pipeline x rule.

        Columns: scenario, pipeline, decision, status (`refused` where means cannot answer), stages (each with its model
        and k, in words), cost, time, further resources, accuracy, which are means of one query, warning, keep (which of
        the passes of a stage is kept, by stage where they differ). They carry no
        standard errors: stages that are simulated share their draws, so that their sum is not that of the plan.
        """
        return configurations_frame(self._pipelines)

    @cached_property
    def pipeline_fronts(self) -> "pd.DataFrame":
        """One row for each choice on the front of each pipeline.

        Columns: scenario, pipeline, stages, cost, time, further resources, accuracy, keep.
        """
        return configurations_frame(self._pipeline_fronts)

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """One row for each k of each model: model, k, the fifteen columns of a scaling curve, and keep.

        Where `loads_differ`, they begin with a column scenario.
        """
        return curves_frame(self._curves)

    # The same as columns of plain values: what is written needs no pandas.

    @cached_property
    def _choices(self) -> Columns:
        return choices_columns(self.catalog, self.model_cells, self.curves_in, self.options, self.assessments)

    @property
    def _fronts(self) -> Columns:
        curves = [((cell.scenario, cell.model), cell.front.curve) for cell in self.model_cells]
        return curves_columns(self.catalog, curves, ["scenario", "model"])

    @cached_property
    def _pipelines(self) -> Columns:
        return pipelines_columns(self.catalog, self.pipeline_cells)

    @property
    def _pipeline_fronts(self) -> Columns:
        return pipeline_fronts_columns(self.catalog, self.pipeline_cells)

    @property
    def _curves(self) -> Columns:
        if self.loads_differ:
            found = [((key, one), curve) for key, own in self.curves_in.items() for one, curve in own.items()]
            return curves_columns(self.catalog, found, ["scenario", "model"])
        curves = [((model,), curve) for model, curve in self.model_curves.items()]
        return curves_columns(self.catalog, curves, ["model"])

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options, the full catalog and the versions of everything that shapes the numbers."""
        return self.options.recorded(self.catalog)

    def front(self, scenario: str, model: str) -> Front:
        """The front of one cell.

        Raises:
            KeyError: the study has no such cell.
        """
        for cell in self.model_cells:
            if (cell.scenario, cell.model) == (scenario, model):
                return cell.front
        raise KeyError((scenario, model))

    def route(self, scenario: str, rule: object = "cheapest") -> Route:
        """The choice of a rule across the models of the study, from the curves that it has.

        Args:
            scenario: id of one of its scenarios.
            rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.

        Raises:
            UnknownNameError: (a LookupError) there is no such scenario or rule.
            SettingError: (a ValueError) the rule needs a budget that is not there.
        """
        if scenario not in self.catalog.scenarios:
            raise unknown_name("scenario", scenario, list(self.catalog.scenarios))
        settings = {"estimator": self.settings["estimator"], **self.options.conditions.to_dict()}
        return route_from_curves(
            self.catalog, scenario, rule, self.curves_in[scenario], self.options.conditions, settings
        )

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as CSV, every number at full precision; written to `path` if one is given.

        Args:
            path: where to write. Choices of before are replaced, and so is an empty file.
            overwrite: replace whatever is there.

        Raises:
            OutputError: (an OSError) another file is there, or it cannot be written.
        """
        return deliver(columns_to_csv(self._choices), path, CHOICES_CSV, overwrite=overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as a JSON list of records, null where empty; written to `path` if one is given.

        Records of pipelines follow those of models, and have `pipeline` and `stages` in place of `model` and `k`.
        See `to_csv` for the arguments.

        Raises:
            OutputError: (an OSError) another file is there, or it cannot be written.
        """
        return deliver(columns_to_json(*self._tables), path, CHOICES_JSON, overwrite=overwrite)

    def records(self) -> list[ChoiceRecord]:
        """The choices as `to_json` has them, as values: those of models, then those of pipelines."""
        return [ChoiceRecord.from_dict(record) for record in records_of(*self._tables)]

    @property
    def _tables(self) -> tuple[Columns, ...]:
        return (self._choices, self._pipelines) if self.pipeline_cells else (self._choices,)

    def pipelines_to_csv(self) -> str:
        """The choices for pipelines as CSV, as `to_csv` has those of models."""
        return columns_to_csv(self._pipelines)

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
        """The files that `save` writes with the settings: a text by name."""
        texts = {
            "choices.csv": self.to_csv(),
            "choices.json": self.to_json(),
            "fronts.csv": columns_to_csv(self._fronts),
            "curves.csv": columns_to_csv(self._curves),
        }
        if self.pipeline_cells:
            texts["pipelines.csv"] = self.pipelines_to_csv()
            texts["pipeline_fronts.csv"] = columns_to_csv(self._pipeline_fronts)
        return texts


@renamed_keyword("kept", "checkpoint")
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
    stop: str | Sequence[str] | None = None,
    solver: Any = None,
    baselines: Sequence[str] = (),
    assess: int | None = None,
    workers: int | str = 1,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Study:
    """Choose a k for every model, and model and k for every stage of each pipeline, in every scenario under every rule.

    Args:
        catalog: what to choose from; a path is loaded.
        models: ids of models; None means all. Here and below one id alone stands for a list of it.
        scenarios: ids of scenarios; None means all.
        pipelines: ids of pipelines, none where it is empty; None means all whose stages may use no other models than
            those. A pipeline whose budgets are for quantiles gets the status `refused`.
        decisions: ids of rules or rules; None means the paper's four and knee-chord, but in each scenario only
            those that it has the budgets for (see `Study.left_out`). A rule without a nadir is scaled by the
            budgets of each scenario.
        estimator: None means `ClosedForm()`, or `Empirical()` where a model has measured passes.
        k_min: see `Conditions`; a stage of a pipeline may have its own, as for the next two.
        k_max: see `Conditions`.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        stop: see `route`.
        solver: None takes the fronts from the curves directly. Else a pymoo algorithm, or a callable that makes
            one from a problem, such as `nsga2`: then each front is what `minimize` found.
        baselines: names of heuristics to compare the rules with: `fixed-K`, `accuracy-within-cost`,
            `accuracy-per-dollar`. They choose from the full curve, and get the status
            `over-budget` where they break a budget.
        assess: None, or with how many resamples or repetitions to assess how sure each choice is; see `Assessment`.
            Where nothing was measured or simulated, nothing is assessed.
        workers: see `Runner`. The results are the same, bit for bit, for any number of them. Little work stays in this
            process.
        checkpoint: from `checkpoint(folder)`. An estimator, solver or rule of your own is known there by its name
            alone.
        progress: see `Runner`.

    Raises:
        UnknownNameError: (a LookupError) an unknown model, scenario, baseline or rule; all of them are named.
        SettingError: (a ValueError) an option is out of its range, a rule that is named needs a budget that is not
            there, a pipeline that is named may use a model that is not, or the checkpoint is of other settings.
        WorkerError: (a RuntimeError) no scheduler listens at the address, or workers die repeatedly.
        OutputError: (an OSError) a finished task cannot be written.
    """
    runner = Runner(workers, checkpoint, progress)
    errors = ErrorCollector()
    conditions = errors.attempt(Conditions, k_min, k_max, k_step, parallel, latency)
    request = StudyRequest(models, scenarios, pipelines, decisions, baselines, solver, assess)
    asked = running(as_catalog(catalog), stop, estimator)
    return _solved(plan_study(asked, request, estimator, conditions, errors), runner)


def _solved(plan: StudyPlan, runner: Runner) -> Study:
    catalog, estimator, conditions, solver = plan.catalog, plan.estimator, plan.conditions, plan.request.solver
    if runner.checkpoint is not None:
        runner.checkpoint.expect({"run": "study", **plan.settings.recorded(catalog)})
    curves = estimate_by_scenario(estimator, catalog.models, conditions, catalog.scenarios, runner)
    if solver is None:
        fronts = fronts_from_curves(catalog, curves)
    else:
        fronts = fronts_by_search(catalog, curves, solver, conditions.grid, runner)
    cells = cells_of(fronts, plan.scaled, curves, plan.baselines)
    assessments = {}
    measured = any(map(rests_on_measurements, catalog.models.values()))
    if plan.request.assess is not None and (measured or isinstance(estimator, MonteCarlo)):
        assessments = assess_cells(
            catalog.models,
            catalog.scenarios,
            plan.request.decisions,
            estimator,
            AssessmentSettings(plan.request.assess),
            conditions,
            runner,
        )
    fronts = pipeline_fronts(catalog, next(iter(curves.values())), conditions, estimator, solver, runner)
    cells += cells_of(fronts, plan.scaled)
    return Study(catalog, cells, curves, plan.settings, assessments, plan.left_out, plan.scaled)
