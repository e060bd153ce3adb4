"""The options that commands share, each with its help, in groups that a command takes as one argument."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

import typer

from moo_inference.cli.catalog_source import CatalogSource
from moo_inference.errors import SettingError


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


class EstimatorName(StrEnum):
    """Estimators by name."""

    CLOSED_FORM = "closed-form"
    MONTE_CARLO = "monte-carlo"
    EMPIRICAL = "empirical"
    RECORDED = "recorded"


class ReportPictures(StrEnum):
    """How many pictures a report has."""

    FEW = "few"
    ALL = "all"


PicturesOption = Annotated[
    ReportPictures,
    typer.Option(
        "--pictures",
        metavar="HOW_MANY",
        help="few: charts alone; all: also the cube, the projections and more of each model and scenario, which take "
        "a third of a second each.",
    ),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", metavar="ID", help="Model to look at; may be repeated.", show_default="all"),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="UNIT",
        help="Leave a further resource of the catalog out of the objectives, as in joules; may be repeated.",
    ),
]
ScenarioOption = Annotated[
    list[str] | None,
    typer.Option("--scenario", "-s", metavar="ID", help="Scenario; may be repeated.", show_default="all"),
]
OneScenarioOption = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        "-s",
        metavar="ID",
        help="Scenario whose budgets hold.",
        show_default="the only one, or budgets as options",
    ),
]
OneRuleOption = Annotated[
    str, typer.Option("--decision", "-d", metavar="RULE", help="Rule that chooses (`moo-inference list rules`).")
]
PipelineOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pipeline",
        "--pipelines",
        "-p",
        metavar="ID",
        help="Pipeline of the catalog; may be repeated.",
        show_default="all whose stages use no models but those looked at",
    ),
]
NoPipelinesOption = Annotated[bool, typer.Option("--no-pipelines", help="Leave the catalog's pipelines out.")]
RuleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--decision",
        "-d",
        metavar="RULE",
        help="Rule that chooses (`moo-inference list rules`); may be repeated.",
        show_default="accuracy-max, max-cube, utopia-closest, knee-point, knee-chord",
    ),
]
BaselineOption = Annotated[
    list[str] | None,
    typer.Option(
        "--baseline",
        metavar="NAME",
        help="A baseline to compare the rules with: fixed-16 (or any k), accuracy-within-cost (the most accurate k "
        "that c_max allows, whatever its time), accuracy-per-dollar; may be repeated.",
    ),
]
AssessOption = Annotated[
    bool,
    typer.Option(
        "--assess",
        help="Also give how sure each choice is in CSV and JSON, and warn under 0.9: what was measured is resampled, a "
        "simulation repeated with other seeds.",
    ),
]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", metavar="FORMAT", help="table, csv, json or markdown, on stdout.")
]
OutOption = Annotated[str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write everything into.")]
RouteOutOption = Annotated[
    str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write route.json and settings.json into.")
]
EstimatorOption = Annotated[
    EstimatorName | None,
    typer.Option(
        "--estimator",
        metavar="NAME",
        help="closed-form, monte-carlo, empirical or recorded: how k passes are estimated.",
        show_default="closed-form; monte-carlo if --trials, --seed or --draws is given; recorded "
        "where a model has recorded attempts; empirical where one has measured passes",
    ),
]
TrialsOption = Annotated[
    int | None, typer.Option("--trials", metavar="N", help="Simulated queries for each k.", show_default="300")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="Seed of the simulation.", show_default="42")
]
DrawsOption = Annotated[
    str | None,
    typer.Option(
        "--draws",
        metavar="HOW",
        help="common: the same random numbers for every k; independent: a generator for each k.",
        show_default="common",
    ),
]
BeyondOption = Annotated[
    str | None,
    typer.Option(
        "--beyond",
        metavar="RULE",
        help="Of more passes than recorded attempts of a question: refuse, or extrapolate, which is marked.",
        show_default="refuse",
    ),
]
LatencyOption = Annotated[
    str | None,
    typer.Option(
        "--latency",
        metavar="RULE",
        help="ideal: the sum of all passes divided by P; waves: batches of P, each as long as its slowest pass.",
        show_default="each model's own",
    ),
]
CQuantileOption = Annotated[
    float | None,
    typer.Option("--c-quantile", metavar="Q", help="c_max is for this quantile of cost: 0.95 means 95 of 100 queries."),
]
TQuantileOption = Annotated[
    float | None,
    typer.Option(
        "--t-quantile",
        metavar="Q",
        help="t_max is for this quantile of time, not for the mean: 0.95 means that 95 of 100 queries finish in t_max "
        "(a p95 SLO), which allows fewer passes.",
    ),
]
AQuantileOption = Annotated[
    float | None,
    typer.Option(
        "--a-quantile",
        metavar="Q",
        help="a_min is for this quantile of accuracy: 0.05 means that 95 of 100 queries reach it.",
    ),
]
KMinOption = Annotated[int | None, typer.Option("--k-min", metavar="N", help="Smallest k.", show_default="k-step")]
KMaxOption = Annotated[int, typer.Option("--k-max", metavar="N", help="Largest k.")]
KStepOption = Annotated[int, typer.Option("--k-step", metavar="N", help="Distance between two k.")]
ParallelOption = Annotated[
    int | None,
    typer.Option("--parallel", metavar="P", help="Passes at the same time.", show_default="each model's own number"),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Processes of this machine for long work; the results are the same.",
        show_default="1",
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask", metavar="ADDRESS", help="A running Dask cluster for long work, by its scheduler: tcp://host:port."
    ),
]
StartOverOption = Annotated[
    bool, typer.Option("--start-over", help="Throw away what an earlier run with other settings left in --out.")
]

ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Replace whatever is where results go: an input, or a file that is none of ours."),
]


@dataclass(frozen=True)
class Workers:
    """Workers that do the work."""

    workers: WorkersOption = None
    dask: DaskOption = None

    @property
    def backend(self) -> int | str:
        """What `run_study` takes for `workers`.

        Raises:
            SettingError: (a ValueError) both are given.
        """
        if self.dask is None:
            return 1 if self.workers is None else self.workers
        if self.workers is not None:
            raise SettingError("--workers and --dask must not both be given: a cluster has its own workers")
        return self.dask


@dataclass(frozen=True)
class RunOptions(Workers):
    """Workers, and what happens to the results of an earlier run."""

    start_over: StartOverOption = False
    force: ForceOption = False


@dataclass(frozen=True)
class Question(CatalogSource):
    """Models, scenarios and rules of a study."""

    model: ModelOption = None
    scenario: ScenarioOption = None
    decision: RuleOption = None
    without: WithoutOption = None


@dataclass(frozen=True)
class Stages:
    """Pipelines of a study."""

    pipeline: PipelineOption = None
    no_pipelines: NoPipelinesOption = False

    @property
    def selected(self) -> list[str] | None:
        """The ids, none of them, or None for all that there can be.

        Raises:
            SettingError: (a ValueError) some are named, and all are to be left out.
        """
        if self.pipeline and self.no_pipelines:
            raise SettingError("--pipeline must not be given with --no-pipelines")
        return [] if self.no_pipelines else self.pipeline or None


@dataclass(frozen=True)
class Simulation:
    """How Monte Carlo draws."""

    trials: TrialsOption = None
    seed: SeedOption = None
    draws: DrawsOption = None


@dataclass(frozen=True)
class Estimation(Simulation):
    """How k passes are estimated."""

    estimator: EstimatorOption = None
    beyond: BeyondOption = None


@dataclass(frozen=True)
class ConditionOptions:
    """Which k, and how passes run: what `Conditions` of the estimators is made of, by the same names."""

    k_min: KMinOption = None
    k_max: KMaxOption = 128
    k_step: KStepOption = 1
    parallel: ParallelOption = None
    latency: LatencyOption = None


@dataclass(frozen=True)
class Tails:
    """Budgets on quantiles."""

    c_quantile: CQuantileOption = None
    t_quantile: TQuantileOption = None
    a_quantile: AQuantileOption = None


@dataclass(frozen=True)
class Extras:
    """What a study can have in addition to its choices."""

    baseline: BaselineOption = None
    assess: AssessOption = False


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters of the types above become options, one a field."""
    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if not is_dataclass(kind):
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = kind
        types = get_type_hints(kind, include_extras=True)
        parameters.extend(
            inspect.Parameter(
                option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=types[option.name]
            )
            for option in fields(kind)
        )

    @functools.wraps(command)
    def run(**values: Any) -> None:
        for name, kind in groups.items():
            values[name] = kind(**{option.name: values.pop(option.name) for option in fields(kind)})
        command(**values)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run
