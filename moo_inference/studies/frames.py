"""The choices, fronts and assessments of a study as columns, and as DataFrames."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.decision.choice import Choice, evidence_warnings
from moo_inference.documents.columns import Columns, frame_of
from moo_inference.estimators.curve import INTERVAL, Evidence, FloatArray, ScalingCurve, columns_of, joined_evidence
from moo_inference.evaluation.stop import FIXED
from moo_inference.pareto.budgets import tails
from moo_inference.pareto.front import Front
from moo_inference.studies.confidence import Assessment

if TYPE_CHECKING:
    import pandas as pd

    from moo_inference.studies.cell_fronts import CellCurves
    from moo_inference.studies.cells import Cell
    from moo_inference.studies.planning import StudySettings

SURE_ENOUGH = 0.9
"""A probability of good selection below this gets a warning."""

Assessments = Mapping[tuple[str, str, str], Assessment]
"""How sure each choice is, by scenario, model and rule."""

_ASSESSED = ("pgs", "eoc_accuracy", "eoc_usd", "eoc_seconds")


def choices_columns(
    catalog: Catalog,
    cells: Sequence["Cell"],
    curves: "CellCurves",
    options: "StudySettings",
    assessments: Assessments,
) -> Columns:
    """See `Study.choices`.

    Args:
        catalog: what was looked at.
        cells: those of models.
        curves: by scenario and model.
        options: the settings of the study.
        assessments: by scenario, model and rule.
    """
    extra = INTERVAL if any(one.evidence is not None for own in curves.values() for one in own.values()) else ()
    columns = columns_of(catalog.resources)
    nothing = np.full(len(columns) + 1 + len(extra), np.nan)
    keys: list[tuple[Any, ...]] = []
    numbers: list[FloatArray] = []
    quantiles: list[dict[str, float]] = []
    rows: list[tuple[ScalingCurve, int | None]] = []
    violates: list[str] = []
    warnings: list[str] = []
    for cell in cells:
        scenario = catalog.scenarios[cell.scenario]
        values = _numbers(cell.front.curve, cell.front.attainment, extra)
        for choice in cell.choices:
            keys.append((cell.scenario, cell.model, choice.rule, choice.status, choice.k))
            numbers.append(nothing if choice.row is None else values[choice.row])
            quantiles.append(quantile_columns(cell.front.curve, scenario, choice.row))
            rows.append((cell.front.curve, choice.row))
            violates.append("")
            warnings.append(
                "; ".join([*choice.warnings, *unsure(assessments, (cell.scenario, cell.model, choice.rule))])
            )
        curve = curves[cell.scenario][cell.model]
        for taken in cell.baselines:
            keys.append((cell.scenario, cell.model, taken.baseline, taken.status, int(curve.k[taken.row])))
            view = curve.views.get(scenario)
            attainment = np.full(len(curve), np.nan) if view is None else view.attainment
            numbers.append(_numbers(curve, attainment, extra)[taken.row])
            quantiles.append(quantile_columns(curve, scenario, taken.row))
            rows.append((curve, taken.row))
            violates.append(taken.violates)
            warnings.append("; ".join(filter(None, [taken.warning, *evidence_warnings(curve, taken.row)])))
    table: dict[str, Sequence[Any]] = _named(["scenario", "model", "decision", "status", "k"], keys)
    table |= _named([*columns, "slo_attainment", *extra], np.reshape(numbers, (-1, len(nothing))).tolist())
    if options.baselines:
        table["violates"] = violates
    if options.assess is not None:
        names = [*_ASSESSED, *(f"eoc_{unit}" for unit in catalog.resources)]
        table |= _named(names, [_assessed(assessments, key, len(names)) for key in keys])
    table["warning"] = warnings
    table["keep"] = [catalog.models[model].keep for _, model, *_ in keys]
    if _may_stop(catalog):
        table |= _stops(catalog, [model for _, model, *_ in keys], [_passes(*row) for row in rows])
    for name in dict.fromkeys(name for row in quantiles for name in row):
        table[name] = [row.get(name, np.nan) for row in quantiles]
    return table


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The columns of some rows."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _passes(curve: ScalingCurve, row: int | None) -> tuple[float, float]:
    """How many passes run in the mean, and at most for 95 of 100 queries; NaN where nothing was chosen."""
    if row is None:
        return np.nan, np.nan
    return _all_passes(curve.take(np.array([row])))[0]


def _may_stop(catalog: Catalog) -> bool:
    return any(model.stop is not None for model in catalog.models.values())


def _stops(catalog: Catalog, models: Sequence[str], passes: Sequence[tuple[float, float]]) -> dict[str, Sequence[Any]]:
    """Columns for models that may stop early: the policy, and passes that run."""
    stops = [str(catalog.models[model].stop or FIXED) for model in models]
    return {"stop": stops, **_named(["passes_mean", "passes_p95"], passes)}


def choices_frame(columns: Columns) -> "pd.DataFrame":
    """The columns of `choices_columns` as a DataFrame."""
    texts = ("scenario", "model", "decision", "status", "violates", "warning", "keep", "stop")
    numbers = [name for name in columns if name not in (*texts, "k")]
    return frame_of(columns, {**dict.fromkeys(numbers, "float64"), "k": "Int64"})


def quantile_columns(curve: ScalingCurve, scenario: Scenario, row: int | None) -> dict[str, float]:
    """For each budget for a quantile, that quantile and its value: `time_quantile`, `time_at_quantile`, ...

    Where it comes from measured passes or attempts also its 95 % interval: `time_at_quantile_ci_low` and `_high`, NaN
    where too few of them say nothing of it.

    Args:
        curve: the rows.
        scenario: the budgets.
        row: of the curve; None gives NaN as each value.
    """
    columns = {}
    found = {} if row is None else {tail.quantity: tail for tail in tails(curve, scenario, row)}
    view = curve.views.get(scenario)
    sampled = view is not None and view.tails is not None
    for limit in scenario.limits(curve.resources):
        if limit.quantile is not None:
            columns[f"{limit.quantity}_quantile"] = limit.quantile
            tail = found.get(limit.quantity)
            columns[f"{limit.quantity}_at_quantile"] = np.nan if tail is None else tail.value
            if sampled and limit.quantity != "accuracy":
                ends = (np.nan, np.nan) if tail is None or tail.interval is None else tail.interval
                names = (f"{limit.quantity}_at_quantile_ci_low", f"{limit.quantity}_at_quantile_ci_high")
                columns |= dict(zip(names, ends, strict=True))
    return columns


def shown_with(front: Front, scenario: Scenario, choice: Choice, models: Mapping[str, Model]) -> dict[str, Any]:
    """Which of k passes is kept, and each quantile that a budget is for with its value; None where not chosen.

    Args:
        front: what was chosen from.
        scenario: the budgets.
        choice: the choice.
        models: by id.
    """
    model = None if choice.model is None else models.get(choice.model)
    quantiles = quantile_columns(front.curve, scenario, choice.row)
    keep = None if model is None else model.keep
    return {"keep": keep, **{name: None if np.isnan(value) else value for name, value in quantiles.items()}}


def unsure(assessments: Assessments, key: tuple[str, str, str]) -> tuple[str, ...]:
    """The warning of a choice (scenario, model, rule) that is less than 90 % sure, if it is one."""
    assessment = assessments.get(key)
    if assessment is None or not assessment.pgs < SURE_ENOUGH:
        return ()
    if assessment.of_seeds_alone:
        return (
            f"unsure: with other seeds only {assessment.pgs:.0%} of the choices are as good as the exact one (of seeds "
            "alone: the questions of an evaluation are not in it)",
        )
    return (f"unsure: as good as any with a probability of {assessment.pgs:.0%} only, from {assessment.basis}",)


def _assessed(assessments: Assessments, key: tuple[Any, ...], count: int) -> list[float]:
    assessment = assessments.get(key[:3])
    if assessment is None:
        return [np.nan] * count
    return [*(getattr(assessment, name) for name in _ASSESSED), *assessment.eoc_used.values()]


def _numbers(curve: ScalingCurve, attainment: FloatArray, extra: Sequence[str]) -> FloatArray:
    columns = [curve.table, attainment]
    if extra:
        evidence = curve.evidence or Evidence.none(len(curve))
        columns += [evidence.ci_low, evidence.ci_high]
    return np.column_stack(columns)


def assessments_to_frame(assessments: Assessments) -> "pd.DataFrame":
    """One row per scenario x model x rule: every measure, and the selection frequencies as `k: share` in a text."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    rows = []
    for (scenario, model, rule), seen in assessments.items():
        accuracy, usd, seconds = seen.delta
        frequency = [{"k": k, "frequency": share} for k, share in seen.selection_frequency.items()]
        rows.append(
            {
                "scenario": scenario,
                "model": model,
                "decision": rule,
                "exact_k": seen.k,
                "replications": seen.resamples,
                "pcs": seen.pcs,
                "pgs": seen.pgs,
                "eoc_accuracy": seen.eoc_accuracy,
                "eoc_usd": seen.eoc_usd,
                "eoc_seconds": seen.eoc_seconds,
                "eoc_usd_per_month": seen.eoc_usd_per_month,
                "p_feasible": seen.feasible,
                **{f"eoc_{unit}": lost for unit, lost in seen.eoc_used.items()},
                "delta_accuracy": accuracy,
                "delta_usd": usd,
                "delta_seconds": seconds,
                "distinct_k": len(seen.selection),
                "selection_frequency": json.dumps(frequency),
                "accuracy": seen.accuracy,
                "accuracy_corrected": seen.accuracy_corrected,
                "questions": seen.questions,
                "passes": seen.passes,
                "seeds": seen.seeds,
            }
        )
    frame = pd.DataFrame(rows)
    frame["exact_k"] = frame["exact_k"].astype("Int64")
    measures = [name for name in map(str, frame) if name in ("pcs", "pgs", "p_feasible") or name.startswith("eoc_")]
    return frame.astype(dict.fromkeys(measures, float))


def curves_columns(
    catalog: Catalog, curves: Sequence[tuple[tuple[str, ...], ScalingCurve]], names: Sequence[str]
) -> Columns:
    """The rows of some curves below each other.

    Args:
        catalog: the models.
        curves: each with the values of its first columns, of which the last is the id of the model.
        names: of these columns.

    Returns:
        Columns: `names`, k, the columns of a scaling curve, the interval of the accuracy where one is known, and keep.
    """
    keys = [key for key, curve in curves for _ in range(len(curve))]
    table = _named(names, keys)
    table["k"] = np.concatenate([curve.k for _, curve in curves]).tolist()
    table |= _named(curves[0][1].columns, np.concatenate([curve.table for _, curve in curves]).tolist())
    joined = joined_evidence([curve for _, curve in curves])
    if joined is not None:
        table |= dict(zip(INTERVAL, (joined.ci_low.tolist(), joined.ci_high.tolist()), strict=True))
    table["keep"] = [catalog.models[model].keep for *_, model in keys]
    if _may_stop(catalog):
        passes = [pair for _, curve in curves for pair in _all_passes(curve)]
        table |= _stops(catalog, [model for *_, model in keys], passes)
    return table


def _all_passes(curve: ScalingCurve) -> list[tuple[float, float]]:
    """As `_passes` of each row."""
    return list(zip(curve.mean_passes.tolist(), curve.passes_within(0.95).astype(float).tolist(), strict=True))


def curves_frame(columns: Columns) -> "pd.DataFrame":
    """The columns of `curves_columns` as a DataFrame."""
    numbers = [name for name in columns if name not in ("scenario", "model", "k", "keep", "stop")]
    return frame_of(columns, {**dict.fromkeys(numbers, "float64"), "k": "int64"})


def pipelines_columns(catalog: Catalog, cells: Sequence["Cell"]) -> Columns:
    """See `Study.pipelines`."""
    made = [(cell, choice) for cell in cells for choice in cell.choices]
    rows = [
        ((cell.scenario, cell.pipeline, choice.rule, choice.status), cell.front, choice.row) for cell, choice in made
    ]
    table = _configurations(catalog, cells, rows, ["scenario", "pipeline", "decision", "status"])
    keep = table.pop("keep")
    return {**table, "warning": ["; ".join(choice.warnings) for _, choice in made], "keep": keep}


def pipeline_fronts_columns(catalog: Catalog, cells: Sequence["Cell"]) -> Columns:
    """See `Study.pipeline_fronts`."""
    rows = [((cell.scenario, cell.pipeline), cell.front, row) for cell in cells for row in range(len(cell.front))]
    return _configurations(catalog, cells, rows, ["scenario", "pipeline"])


def configurations_frame(columns: Columns) -> "pd.DataFrame":
    """The columns of `pipelines_columns` or `pipeline_fronts_columns` as a DataFrame."""
    texts = ("scenario", "pipeline", "decision", "status", "stages", "warning", "keep")
    return frame_of(columns, {name: "float64" for name in columns if name not in texts})


def _configurations(
    catalog: Catalog,
    cells: Sequence["Cell"],
    rows: Sequence[tuple[tuple[str, ...], Front, int | None]],
    names: Sequence[str],
) -> dict[str, Sequence[Any]]:
    """Rows of fronts of pipelines: `names`, stages in words, means of all quantities, keep; empty where none is."""
    resources = max((cell.front.resources for cell in cells), key=len, default=())
    quantities = ("cost", "time", *resources, "accuracy")
    nothing = (None, *[np.nan] * len(quantities), None)
    means = {id(cell.front): cell.front.values for cell in cells}
    taken = [
        (*key, *nothing)
        if row is None
        else (*key, front.describe(row), *means[id(front)][row].tolist(), keep_of(catalog, front, row))
        for key, front, row in rows
    ]
    return _named([*names, "stages", *quantities, "keep"], taken)


def keep_of(catalog: Catalog, front: Front, row: int) -> str:
    """Which of the passes of a stage is kept, by stage where they differ.

    Args:
        catalog: with the models.
        front: of a pipeline.
        row: of the front.
    """
    keeps = [catalog.models[model].keep for model in front.models[row]]
    if len(set(keeps)) == 1:
        return str(keeps[0])
    return ", ".join(f"{stage} {keep}" for stage, keep in zip(front.stages, keeps, strict=True))


def front_columns(front: Front, row: int | None) -> dict[str, float | None]:
    """The columns of a row of a front, null where they are not known."""
    names = (*front.curve.columns, "slo_attainment", *INTERVAL)
    if row is None:
        return dict.fromkeys(names)
    evidence = front.curve.evidence
    interval = (np.nan, np.nan) if evidence is None else (evidence.ci_low[row], evidence.ci_high[row])
    values = [*front.curve.table[row].tolist(), float(front.attainment[row]), *map(float, interval)]
    return {name: None if np.isnan(value) else value for name, value in zip(names, values, strict=True)}
