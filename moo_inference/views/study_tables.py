"""A study as tables: one a scenario, models down, rules across."""

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.formatting.amounts import (
    amount,
    bound,
    interval_text,
    percentile,
    seconds,
    significant,
    unit_words,
    usd,
)
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.formatting.table import Table
from moo_inference.pareto.budgets import Tail, tails
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.frames import unsure
from moo_inference.studies.price_modes import mode_notes
from moo_inference.views.confidence import corrected, least_sure, meaning, sure
from moo_inference.views.evidence import COUNTING, counted_notes, drawn_note, interpolated
from moo_inference.views.families import cells_in_families
from moo_inference.views.marks import TAIL_INTERVALS, Mark, interval_of, marks, tail_text
from moo_inference.views.prices import dated_caption
from moo_inference.views.stopping import stopping_notes

if TYPE_CHECKING:
    from moo_inference.studies.cells import Cell
    from moo_inference.studies.planning import StudySettings
    from moo_inference.studies.study import Study

_FOOTNOTES = "†‡§¶#"

LOWER_BOUND = (
    "Of parallel branches the larger mean time counts, which is a lower bound of the mean time of the slowest: too low "
    "by 0.56 standard deviations of a branch's time where two are equally long on average, by 0.85 of three, by 1.03 "
    "of four; by nothing where one is always the slowest."
)
INDEPENDENT = "Accuracies multiply: stages are taken to succeed independently of each other, and all of them must."


def study_tables(study: "Study") -> list[Table]:
    """The choices of a study, with the budgets above, and below what has to be known before betting on them.

    One table a scenario, then one a pipeline and scenario.
    """
    return [*scenario_tables(study), *pipeline_tables(study)]


def pipeline_tables(study: "Study") -> list[Table]:
    """One table for each pipeline in each scenario, pipeline by pipeline."""
    cells = [cell for key in study.catalog.pipelines for cell in study.pipeline_cells if cell.pipeline == key]
    tables = [_pipeline_table(study, cell) for cell in cells]
    if tables:
        last = tables[-1]
        tables[-1] = Table(last.title, last.columns, last.rows, (*last.notes, INDEPENDENT, kept_of(_keeps(study))))
    return tables


def scenario_tables(study: "Study") -> list[Table]:
    """The choices of the models of a study, one table a scenario."""
    tables = [_scenario_table(study, key, scenario) for key, scenario in study.catalog.scenarios.items()]
    last = tables[-1]
    stopping = stopping_notes(study.catalog.models, study.model_curves)
    notes = (kept_of(_keeps(study)), *stopping, *counted_notes(study.catalog.models, estimator_name(study)))
    notes += (*interpolated(study.catalog.models), *meaning(study.confidence.values()))
    notes += (*price_notes(study), _caption(study))
    tables[-1] = Table(last.title, last.columns, last.rows, (*last.notes, *notes))
    return tables


def price_notes(study: "Study") -> list[str]:
    """Of which days prices are, and that times are not those of a batch where its prices are paid."""
    models = study.catalog.models
    notes = mode_notes(models, study.catalog.scenarios)
    return [*dated_caption(models), *(f"{note[:1].upper()}{note[1:]}." for note in notes)]


def drawn_notes(study: "Study", cells: Iterable["Cell"], rules: Collection[str] | None = None) -> list[str]:
    """What the passes of the choices and baselines of some cells are assumed to be; see `drawn_note`.

    Args:
        study: the study.
        cells: some of its cells.
        rules: those whose choices are shown; None means all.
    """
    shown: dict[str, set[int]] = {}
    for cell in cells:
        choices = [choice for choice in cell.choices if rules is None or choice.rule in rules]
        taken = [(cell.model, choice.k) for choice in choices]
        taken += [stage for choice in choices for stage in choice.stages.values()]
        taken += [(cell.model, int(study.curves_in[cell.scenario][cell.model].k[base.row])) for base in cell.baselines]
        for model, k in taken:
            if k is not None:
                shown.setdefault(model, set()).add(k)
    conditions = study.options.conditions
    return drawn_note(shown, study.catalog.models, study.model_curves, estimator_name(study), conditions)


def estimator_name(study: "Study") -> str:
    """The class of the estimator."""
    return str(study.options.estimator["estimator"])


def _keeps(study: "Study") -> set[str]:
    """What selects the pass that counts, in all models."""
    return {model.keep for model in study.catalog.models.values()}


def spent_words(resources: Iterable[str]) -> list[str]:
    """What a query uses: cost, time and further resources, in words."""
    return ["cost", "time", *map(unit_words, resources)]


def budget_text(scenario: Scenario) -> str:
    """The budgets of a scenario in one line."""
    *spent, floor = scenario.limits()
    bounds = [
        f"any {limit.quantity}"
        if limit.value is None
        else f"at most {bound(limit.quantity, limit.value)}{_share(limit.quantile)}"
        for limit in spent
    ]
    reached = None if floor.quantile is None else 1 - floor.quantile
    least = (
        "any accuracy"
        if floor.value is None
        else f"accuracy at least {bound('accuracy', floor.value)}{_share(reached)}"
    )
    load = "" if scenario.load is None else f", at {scenario.load}"
    return f"{', '.join(bounds)}, {least}{load}"


def _share(of_queries: float | None) -> str:
    return "" if of_queries is None else f" for {100 * of_queries:.4g}% of queries"


def _mark_text(mark: Mark, footnotes: str, found: Assessment | None, *, measured: bool) -> str:
    """One choice: k, accuracy, SLO attainment and footnotes in a line; see `_amounts` for those below it.

    Args:
        mark: the choice.
        footnotes: their symbols.
        found: how sure the choice is, where that is known.
        measured: whether there is a line for the interval of the accuracy.
    """
    if mark.cost is None or mark.time is None or mark.accuracy is None or mark.attainment is None:
        return mark.status.replace("-", " ")
    slo = "" if math.isnan(mark.attainment) else f"  {mark.attainment:.0%}"
    interval, *amounts = _amounts(mark.cost, mark.time, mark.used, mark.interval, mark.tails, measured=measured)
    ran = "" if mark.passes is None else f" ({significant(mark.passes, 2)} run)"
    first = [f"k={mark.k}{ran}  {mark.accuracy:.4f}{slo}{footnotes}", interval]
    confidence = "  ".join(filter(None, [sure(found), corrected(found)]))
    # Behind the interval, if there is one.
    return "\n".join([*first[: 1 + measured], *filter(None, [confidence]), *first[1 + measured :], *amounts])


def _amounts(
    cost: float,
    time: float,
    used: Iterable[tuple[str, float]],
    known: tuple[float, float] | None,
    quantiles: Iterable[Tail],
    *,
    measured: bool,
) -> list[str]:
    """Lines of a cell: the interval of the accuracy if some are measured, amounts, quantiles that budgets are for."""
    return [
        *([interval_text(*known or (math.nan, math.nan))] if measured else []),
        f"{usd(cost)}  {seconds(time)}",
        *(amount(unit, value) for unit, value in used),
        *map(tail_text, quantiles),
    ]


def _scenario_table(study: "Study", key: str, scenario: Scenario) -> Table:
    symbols: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    grouped: dict[str, list[str]] = {}
    here = [cell for cell in cells_in_families(study) if cell.scenario == key]
    measured = _measured(study)
    several = len(_keeps(study)) > 1
    confidence = study.confidence
    for cell in here:
        texts = []
        for mark in marks(study, cell):
            footnotes = ""
            if mark.status == "ok":
                # How sure a choice is stands in its cell, and below the table for the least sure ones.
                said = unsure(study.assessments, (key, cell.model, mark.rule))
                for warning in (one for one in mark.warnings if one not in said):
                    footnotes += f" {symbols.setdefault(warning, _FOOTNOTES[len(symbols) % len(_FOOTNOTES)])}"
            elif mark.status == "no-knee":
                for warning in mark.warnings:
                    grouped.setdefault(warning, []).append(f"{cell.model}, {mark.rule}")
            found = confidence.get((key, cell.model, mark.rule))
            texts.append(_mark_text(mark, footnotes, found, measured=measured))
        curve = study.curves_in[cell.scenario][cell.model]
        limit, last = study.catalog.models[cell.model].k_limit, int(curve.k[-1])
        if last + study.options.k_step <= min(study.options.k_max, limit or np.inf):
            words = f"known up to k = {last}: more requests than at {scenario.load} were not measured"
            grouped.setdefault(words, []).append(cell.model)
        elif limit is not None and last + study.options.k_step <= study.options.k_max:
            words = f"known up to k = {limit}, the samples that its evaluation has of some question"
            grouped.setdefault(words, []).append(cell.model)
        if cell.front.infeasibility is not None:
            grouped.setdefault(str(cell.front.infeasibility), []).append(cell.model)
        for taken in cell.baselines:
            cost, time, *others, accuracy = curve.means[taken.row].tolist()
            used = zip(curve.resources, others, strict=True)
            known, quantiles = interval_of(curve, taken.row), tails(curve, scenario, taken.row)
            over = "  over budget" if taken.status == "over-budget" else ""
            below = _amounts(cost, time, used, known, quantiles, measured=measured)
            texts.append("\n".join([f"k={curve.k[taken.row]}  {accuracy:.4f}{over}", *below]))
            if taken.warning:
                grouped.setdefault(taken.warning, []).append(f"{cell.model}, {taken.baseline}")
        keep = f"\n{keeper(study.catalog.models[cell.model].keep)}" if several else ""
        rows.append((f"{cell.model}{keep}", *texts))
    notes = [f"{symbol} {warning}." for warning, symbol in symbols.items()]
    notes += [f"{'; '.join(whom)}: {sentence}." for sentence, whom in grouped.items()]
    if key in study.left_out:
        notes.append(f"{study.left_out[key]}.")
    notes += least_sure(confidence, [(key, cell.model) for cell in here])
    notes += drawn_notes(study, here)
    rules = [f"{mark.marker.symbol} {mark.rule}" for mark in marks(study, here[0])]
    columns = ("model", *rules, *(taken.baseline for taken in here[0].baselines))
    return Table(f"{scenario.name} ({key}): {budget_text(scenario)}", columns, tuple(rows), tuple(notes))


def _pipeline_table(study: "Study", cell: "Cell") -> Table:
    """What each rule takes at each stage; below, why it took nothing and what has to be known."""
    from moo_inference.pipelines.plan import has_branches, plan_of  # noqa: PLC0415 (only where there are any)

    pipeline, scenario = study.catalog.pipelines[cell.pipeline], study.catalog.scenarios[cell.scenario]
    title = f"{pipeline.name} ({cell.pipeline}), {scenario.name} ({cell.scenario}): {budget_text(scenario)}"
    grouped: dict[str, list[str]] = {}
    for choice in cell.choices:
        for warning in choice.warnings:
            grouped.setdefault(warning, []).append(choice.rule)
    if not len(cell.front):
        return Table(title, (), (), tuple(f"{warning}." for warning in grouped))
    keeps = {key: model.keep for key, model in study.catalog.models.items()}
    several = len(set(keeps.values())) > 1
    quantities = ("cost", "time", *cell.front.resources)
    rows = []
    for mark in marks(study, cell):
        name = f"{mark.marker.symbol} {mark.rule}"
        if mark.accuracy is None:
            rows.append((name, *[""] * len(cell.front.stages), mark.short, *[""] * len(quantities)))
            continue
        stages = [
            f"{model}  k={k}{f'  {keeper(keeps[model])}' if several else ''}" for model, k in mark.stages.values()
        ]
        rows.append((name, *stages, f"{mark.accuracy:.4f}", *map(amount, quantities, mark.values)))
    notes = [f"{', '.join(rules)}: {warning}." for warning, rules in grouped.items()]
    notes += [LOWER_BOUND] if has_branches(plan_of(pipeline, study.catalog.models)) else []
    notes += drawn_notes(study, [cell])
    return Table(title, ("rule", *cell.front.stages, "accuracy", *quantities), tuple(rows), tuple(notes))


def estimator_text(options: "StudySettings") -> str:
    """The estimator of a study and its settings, as it is written in Python."""
    settings = dict(options.estimator)
    name = settings.pop("estimator")
    return f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})"


def _caption(study: "Study") -> str:
    options = study.options
    grid = options.conditions.grid
    shown = [*map(str, grid)] if len(grid) < 4 else [str(grid[0]), str(grid[1]), "...", str(grid[-1])]
    *spent, last = spent_words(study.catalog.resources)
    parts = [
        f"A cell: passes k, accuracy, share of queries that meet all budgets; {', '.join(spent)} and {last} per query.",
        "All but the share are means.",
    ]
    if _measured(study):
        parts.append("Below an accuracy: its 95 % interval over the questions of the evaluation.")
    quantiles = sorted(
        {
            limit.quantile
            for scenario in study.catalog.scenarios.values()
            for limit in scenario.limits(study.catalog.resources)
            if limit.quantile is not None
        }
    )
    if quantiles:
        parts[1] = f"All but the share and {', '.join(map(percentile, quantiles))} are means."
        parts += [f"{percentile(q)}: {100 * q:.6g} of 100 queries have at most so much." for q in quantiles]
    views = [view for own in study.curves_in.values() for curve in own.values() for view in curve.views.values()]
    if any(view.tails is not None for view in views):
        parts.append(f"{TAIL_INTERVALS}.")
    return " ".join([*parts, *_noise(study), f"{estimator_text(options)}; k = {', '.join(shown)}."])


def _measured(study: "Study") -> bool:
    """Whether some accuracy comes from an evaluation, so that intervals are known of some."""
    return any(curve.evidence is not None for curve in study.model_curves.values())


def _noise(study: "Study") -> list[str]:
    """The largest standard errors among the choices, where they are simulated."""
    intervals = [
        (cell.front.curve.standard_errors[choice.row], cell.front.curve.means[choice.row])
        for cell in study.model_cells
        for choice in cell.choices
        if choice.row is not None
    ]
    if not intervals:
        return []
    errors, means = (np.array(part) for part in zip(*intervals, strict=True))
    if np.isnan(errors).any():
        return ["How far simulation is off is not known."]
    if not (errors > 0).any():
        return []
    shares = np.divide(errors, means, out=np.zeros_like(errors), where=means > 0).max(axis=0)
    spent = [
        f"{significant(100 * share, 2)} % of a {word}"
        for share, word in zip(shares, spent_words(study.catalog.resources), strict=False)
    ]
    of = "over the questions" if estimator_name(study) == COUNTING else "of simulation"
    return [f"Standard errors {of} are up to {', '.join(spent)}, {errors[:, -1].max():.4f} of an accuracy."]
