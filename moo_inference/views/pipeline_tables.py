"""The pipelines of a study as tables: one a pipeline and scenario, rules down, stages across."""

from moo_inference.formatting.keepers import keeper
from moo_inference.formatting.table import Table
from moo_inference.pipelines.plan import has_branches, plan_of
from moo_inference.studies.pipeline_cells import PipelineCell, pipeline_marks
from moo_inference.studies.study import Study

LOWER_BOUND = (
    "Of parallel branches the larger mean time counts, which is a lower bound of the mean time of the slowest: too low "
    "by 0.56 standard deviations of a branch's time where two are equally long on average, by 0.85 of three, by 1.03 "
    "of four; by nothing where one is always the slowest."
)
INDEPENDENT = "Accuracies multiply: stages are taken to succeed independently of each other, and all of them must."


def pipeline_table(study: Study, cell: PipelineCell, budgets: str) -> Table:
    """What each rule takes at each stage; below, why it took nothing and what has to be known."""
    pipeline, scenario = study.catalog.pipelines[cell.pipeline], study.catalog.scenarios[cell.scenario]
    plan = plan_of(pipeline, study.catalog.models)
    title = f"{pipeline.name} ({cell.pipeline}), {scenario.name} ({cell.scenario}): {budgets}"
    said: dict[str, list[str]] = {}
    for choice in cell.choices:
        for warning in choice.warnings:
            said.setdefault(warning, []).append(choice.rule)
    if cell.front is None or not len(cell.front):
        return Table(title, (), (), tuple(f"{warning}." for warning in said))
    keeps = {key: model.accuracy.keep for key, model in study.catalog.models.items()}
    several = len(set(keeps.values())) > 1
    rows = []
    for mark in pipeline_marks(cell):
        sign = f"{mark.marker.symbol} {mark.rule}"
        if mark.values is None:
            rows.append((sign, *[""] * len(cell.front.stages), mark.amounts, "", "", *[""] * len(mark.resources)))
            continue
        stages = [
            f"{model}  k={k}{f'  {keeper(keeps[model])}' if several else ''}"
            for model, k in mark.choice.stages.values()
        ]
        rows.append((sign, *stages, f"{mark.values[-1]:.4f}", *mark.spent))
    notes = [f"{', '.join(rules)}: {warning}." for warning, rules in said.items()]
    notes += [LOWER_BOUND] if has_branches(plan) else []
    columns = ("rule", *cell.front.stages, "accuracy", "cost", "time", *cell.front.resources)
    return Table(title, columns, tuple(rows), tuple(notes))
