"""The command that compares solvers."""

import sys
from typing import Annotated

import typer

from moo_inference.cli.budget_options import BudgetOptions
from moo_inference.cli.catalog_source import CatalogOption
from moo_inference.cli.options import (
    Format,
    FormatOption,
    KStepOption,
    ModelOption,
    NoPipelinesOption,
    OutOption,
    PipelineOption,
    RuleOption,
    RunOptions,
    ScenarioOption,
    Stages,
    WithoutOption,
    grouped,
)
from moo_inference.cli.solve import note_left_out, resumable, show


@grouped
def compare(
    work: RunOptions,
    budgets: BudgetOptions,
    catalog: CatalogOption = "paper",
    model: ModelOption = None,
    scenario: ScenarioOption = None,
    without: WithoutOption = None,
    pipeline: PipelineOption = None,
    no_pipelines: NoPipelinesOption = False,
    solver: Annotated[
        list[str] | None,
        typer.Option(
            "--solver",
            metavar="ID",
            help="exhaustive, nsga2, nsga3, u-nsga3, sms-emoa or spea2; may be repeated.",
            show_default="all; nsga2 for pipelines",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="Runs of each solver, with seeds 0, 1, ...")] = 3,
    evaluations: Annotated[
        int | None,
        typer.Option(
            "--evaluations",
            metavar="N",
            help="At most so many per run.",
            show_default="a tenth of the grid; on grids under 1,000 points as many as every run "
            "needs; 20,000 for pipelines",
        ),
    ] = None,
    across_models: Annotated[
        bool, typer.Option("--across-models", help="Choose model and k together: one problem a scenario.")
    ] = False,
    decision: RuleOption = None,
    k_max: Annotated[
        int | None,
        typer.Option(
            "--k-max", metavar="N", help="Largest k.", show_default="128; 1,280 across models; 64 for a stage"
        ),
    ] = None,
    k_step: KStepOption = 1,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: OutOption = None,
) -> None:
    """Compare solvers with exhaustive enumeration.

    Example: moo-inference compare --across-models -s medical-ai --seeds 10

    The exact front of a pipeline comes from merging those of its stages; -p looks at pipelines alone.
    """
    from moo_inference.catalog import load_catalog
    from moo_inference.cli.progress import report_progress
    from moo_inference.errors import whole_number
    from moo_inference.studies.comparison import catalog_problems, compare_solvers
    from moo_inference.views import comparison_tables

    whole_number("seeds", seeds, 1, 1_000_000)
    problems = catalog_problems(
        budgets.over(load_catalog(catalog), scenario).without(without or ()),
        models=model,
        scenarios=scenario,
        pipelines=Stages(pipeline, no_pipelines).selected,
        across_models=across_models,
        k_max=k_max,
        k_step=k_step,
    )
    with resumable(out, "comparison", work, {"--catalog": [catalog]}) as checkpoint:
        with report_progress("comparing") as progress:
            comparison = compare_solvers(
                problems,
                solver,
                range(seeds),
                evaluations=evaluations,
                decisions=decision,
                workers=work.backend,
                checkpoint=checkpoint,
                progress=progress,
            )
        note_left_out(comparison.settings.get("left_out", {}))
        if out is not None:
            comparison.save(out, overwrite=work.start_over or work.force)
    if format is Format.CSV:
        sys.stdout.write(comparison.to_csv())
    elif format is Format.JSON:
        sys.stdout.write(comparison.to_json())
    else:
        show(comparison_tables(comparison), format)
