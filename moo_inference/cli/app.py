"""The command line: parse, call, print. The work is done elsewhere."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from moo_inference.cli.budget_options import BudgetOptions
from moo_inference.cli.candidates import candidates
from moo_inference.cli.catalog_source import CatalogOption, StopOption
from moo_inference.cli.choose import choose
from moo_inference.cli.compare import compare
from moo_inference.cli.fit import doctor, fit
from moo_inference.cli.gate import check, diff
from moo_inference.cli.help import App
from moo_inference.cli.init import init
from moo_inference.cli.listing import list_known
from moo_inference.cli.next import next_
from moo_inference.cli.options import (
    ConditionOptions,
    Estimation,
    Extras,
    ForceOption,
    Format,
    FormatOption,
    OutOption,
    PicturesOption,
    Question,
    ReportPictures,
    RunOptions,
    Simulation,
    Stages,
    Tails,
    Workers,
    grouped,
)
from moo_inference.cli.route import route
from moo_inference.cli.run import NOTHING_FOUND, run
from moo_inference.cli.solve import note_left_out, options_given, repetitions, resumable, show, solve_study
from moo_inference.documents.files import Kind
from moo_inference.formatting.lines import note, print_line
from moo_inference.formatting.words import counted

_PURPOSE = "Which language model, and how many passes per query, when dollars, seconds and accuracy all have limits."

_BEGIN = f"""{_PURPOSE}

Try:           moo-inference choose --cost 0.05 --p95 120 --accuracy 0.85
All commands:  moo-inference --help"""

app = App(
    name="moo-inference",
    help=_PURPOSE,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def _print_versions(wanted: bool) -> None:
    if wanted:
        from moo_inference.versions import versions

        for package, version in versions().items():
            typer.echo(f"{package} {version}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_versions,
            is_eager=True,
            help="Show the version, and those of all that shapes the numbers.",
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(_BEGIN)


app.command()(choose)


@app.command()
@grouped
def solve(
    question: Question,
    stages: Stages,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    extras: Extras,
    work: RunOptions,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: OutOption = None,
) -> None:
    """Choose k for each model in each scenario under each rule.

    For a pipeline, it chooses model and k of each stage.

    Example: moo-inference solve -m gpt-5-nano -s medical-ai -d knee-chord --format json

    As CSV, the pipelines follow in a second table, after an empty line; as JSON, in the same list.

    Exit status: 0; 2 if the input is wrong; 3 if the command is about one model in one scenario and no k meets its
    budgets, or one pipeline (-p) in one scenario and no choice does.
    """
    from moo_inference.views.study_tables import study_tables

    with resumable(out, "study", work, question.inputs) as checkpoint:
        study = solve_study(
            question,
            stages,
            estimation,
            conditions,
            tails,
            extras.baseline,
            assess=extras.assess,
            workers=work.backend,
            checkpoint=checkpoint,
        )
        if out is not None:
            options = options_given(question, stages, estimation, conditions, tails, extras)
            study.save(out, asked=options, overwrite=work.start_over or work.force)
    if format is Format.CSV:
        sys.stdout.write(study.to_csv())
        if study.pipeline_cells:
            sys.stdout.write("\n" + study.pipelines_to_csv())
    elif format is Format.JSON:
        sys.stdout.write(study.to_json())
    else:
        show(study_tables(study), format)
    cells = study.pipeline_cells if stages.pipeline else study.model_cells
    if len(cells) == 1 and cells[0].front.infeasibility is not None and not cells[0].front.infeasibility.refused:
        raise typer.Exit(NOTHING_FOUND)


@app.command()
@grouped
def report(
    context: typer.Context,
    question: Question,
    stages: Stages,
    estimation: Estimation,
    conditions: ConditionOptions,
    tails: Tails,
    extras: Extras,
    work: Workers,
    pictures: PicturesOption = ReportPictures.FEW,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")] = "report.html",
    force: ForceOption = False,
) -> None:
    """Write one HTML file with the answer on one page.

    All choices are folded below it. It opens offline, and can be replayed.

    Example: moo-inference report -m gpt-5-nano -m qwen3-max -s medical-ai --out report.html
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.documents.files import Outputs
    from moo_inference.documents.results import REPORT
    from moo_inference.views.report.report import write_report

    outputs = Outputs(question.inputs, force=force)
    outputs.file("--out", out, REPORT, makes_folder=True)
    outputs.check()
    study = solve_study(
        question, stages, estimation, conditions, tails, extras.baseline, assess=extras.assess, workers=work.backend
    )
    with report_progress("writing") as progress:
        command = shlex.join(["moo-inference", *context.obj])
        write_report(study, out, command=command, progress=progress, overwrite=force, pictures=pictures.value)
    note(f"wrote {out}")


@app.command()
def replay(
    file: Annotated[str, typer.Argument(metavar="REPORT", help="A report that moo-inference wrote.")],
) -> None:
    """Run the study of a report again, and report what changed.

    Example: moo-inference replay report.html

    A file of recorded attempts must be as it was, beside the report or in the current folder.

    Exit status: 0 if nothing changed; 1 if a choice or a number is another; 2 if the file is invalid.
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.records.record import beside
    from moo_inference.records.replay import replay as run_again
    from moo_inference.records.report_file import read_report
    from moo_inference.views.changes import replay_lines

    record = read_report(file)
    with report_progress("estimating") as progress:
        replayed = run_again(record.settings, record.choices, progress, folders=beside(file))
    for line in replay_lines(replayed):
        print_line(line)
    if replayed.changes:
        raise typer.Exit(1)


@app.command()
@grouped
def explore(
    budgets: BudgetOptions,
    catalog: CatalogOption = "paper",
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            "-s",
            metavar="ID",
            help="Scenario to open with; budgets replace its own.",
            show_default="the first",
        ),
    ] = None,
    stop: StopOption = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Port to serve on.", show_default="a free one")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open a page on this machine to drag budgets.

    It shows which model and how many passes to take, for other models, passes at a time, latency and quantiles too.

    Example: moo-inference explore --catalog gpqa-diamond --cost 0.05 --p95 60 --accuracy 0.85
    """
    from moo_inference.views.explore.launch import explore as serve

    raise typer.Exit(
        serve(catalog, limits=budgets.limits, scenario=scenario, stop=stop, port=port, open_browser=not no_browser)
    )


@app.command()
@grouped
def reproduce(
    work: RunOptions,
    figures: Annotated[
        str | None,
        typer.Option("--figures", metavar="DIR", help="Draw the paper's Figures 4 to 21 into this folder."),
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: OutOption = None,
) -> None:
    """Run the paper's experiment and compare it with what is printed.

    Example: moo-inference reproduce --format csv --out results --figures figures

    Exit status: 0 if just those cells differ from print of which it is known; 1 otherwise.
    """
    from moo_inference.catalog import load_catalog
    from moo_inference.cli.progress import report_progress
    from moo_inference.paper.reproduce import reproduce_paper
    from moo_inference.paper.tables import paper_tables

    drawn: dict[str, tuple[str | None, Mapping[str, Kind]]] = {}
    if figures is not None:
        from moo_inference.paper.figures import paper_figures

        drawn["--figures"] = (figures, paper_figures(load_catalog("paper").models))
    with resumable(out, "reproduction", work, others=drawn) as checkpoint:
        with report_progress("estimating") as progress:
            reproduction = reproduce_paper(progress, workers=work.backend, checkpoint=checkpoint)
        if out is not None:
            reproduction.save(out, overwrite=work.start_over or work.force)
    if figures is not None:
        from moo_inference.paper.figures import write_paper_figures

        with report_progress("drawing") as progress:
            names = write_paper_figures(reproduction.study, figures, progress, overwrite=work.force)
        note(f"wrote {counted(len(names), 'file')} into {figures}")
    if format is Format.CSV:
        sys.stdout.write(reproduction.to_csv())
    elif format is Format.JSON:
        sys.stdout.write(reproduction.to_json())
    else:
        show(paper_tables(reproduction), format)
    if not reproduction.holds:
        raise typer.Exit(1)


@app.command()
@grouped
def assess(
    question: Question,
    simulation: Simulation,
    conditions: ConditionOptions,
    work: RunOptions,
    replications: Annotated[
        int | None,
        typer.Option(
            "--replications",
            metavar="N",
            help="How often what was measured is resampled, or a simulation repeated.",
            show_default="1,000; 200 of a simulation",
        ),
    ] = None,
    queries_per_month: Annotated[
        float | None,
        typer.Option("--queries-per-month", metavar="N", help="Volume, for the monthly cost of wrong choices."),
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
    out: OutOption = None,
) -> None:
    """Estimate how sure a choice is, given what it rests on.

    Example: moo-inference assess --catalog gpqa-diamond -m gpt-5.2@low -s standard -d accuracy-max

    How often would another choice be made, and what does that cost?

    Questions of evaluations and attempts, and measured passes, are resampled; what rests on numbers alone is simulated
    with other seeds. PCS: share of the draws that make the same choice. PGS: share in which it is as good as what is
    chosen there (within half an accuracy point and a twentieth of each budget). EOC: what a wrong choice costs on
    average. Prices, and what is given as numbers, are taken as certain.
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.documents.files import write_atomically
    from moo_inference.documents.frames import frame_to_csv, frame_to_json
    from moo_inference.estimators import MonteCarlo, choose_estimator
    from moo_inference.studies.assessment import assess_many
    from moo_inference.studies.frames import assessments_to_frame
    from moo_inference.studies.posterior import rests_on_measurements
    from moo_inference.studies.rules import left_out_by_default
    from moo_inference.views import assessment_tables

    catalog = question.load(question.model, question.scenario).without(question.without or ())
    chosen = catalog.select(question.model, question.scenario)
    models = list(chosen.models.values())
    given = any(value is not None for value in asdict(simulation).values())
    # Without options each model gets its own: what was measured is not simulated, and what was not is.
    estimator = choose_estimator(**asdict(simulation), models=models) if given else None
    simulated = isinstance(estimator, MonteCarlo) or (not given and not all(map(rests_on_measurements, models)))
    with resumable(out, "assessment", work, question.inputs) as checkpoint:
        with report_progress("assessing") as progress:
            assessments = assess_many(
                chosen.models,
                chosen.scenarios,
                question.decision,
                estimator,
                replications=repetitions(simulated=simulated) if replications is None else replications,
                queries_per_month=queries_per_month,
                workers=work.backend,
                checkpoint=checkpoint,
                progress=progress,
                **asdict(conditions),
            )
        if question.decision is None:
            note_left_out(left_out_by_default(chosen))
        if out is not None:
            frame = assessments_to_frame(assessments)
            write_atomically(Path(out) / "assessments.csv", frame_to_csv(frame))
            write_atomically(Path(out) / "assessments.json", frame_to_json(frame))
    if format is Format.CSV:
        sys.stdout.write(frame_to_csv(assessments_to_frame(assessments)))
    elif format is Format.JSON:
        sys.stdout.write(frame_to_json(assessments_to_frame(assessments)))
    else:
        show(assessment_tables(assessments, {key: model.keep for key, model in chosen.models.items()}), format)


app.command("list")(list_known)
app.command()(init)
app.command()(doctor)
app.command()(fit)
app.command()(candidates)
app.command()(route)
app.command("next")(next_)
app.command()(check)
app.command()(diff)
app.command()(compare)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; errors go to stderr, one a line, without a traceback."""
    sys.exit(run(app, arguments))
