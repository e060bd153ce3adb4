"""The help of the command line: commands by task, options in groups, as plain text that fits the terminal.

Typer's own panels load rich, which takes longer than all else that a help needs.
"""

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

Body = TypeVar("Body", bound=Callable[..., Any])

COMMANDS = {
    "Choose": ("choose", "solve", "route", "candidates"),
    "Your data": ("doctor", "fit", "list", "init"),
    "How sure": ("assess", "next"),
    "Show": ("report", "explore"),
    "Gate and record": ("check", "diff", "replay"),
    "Research": ("compare", "reproduce"),
}
"""The commands of each task, in the order of the help."""

OPTIONS = {
    "Models and data": ("catalog", "source", "fit", "name", "model", "pipeline", "no_pipelines", "without"),
    "Budgets": (
        "scenario",
        *("c_max", "t_max", "p95", "p99", "a_min", "budget", "queries_per_second", "concurrency"),
        *("c_quantile", "t_quantile", "a_quantile", "scenario_name"),
    ),
    "Choice": ("decision", "baseline", "what_if", "queries_per_month"),
    "Recorded attempts": ("attempts", "attempt_column", "threshold", "least_samples"),
    "Prices": (
        *("prices", "model_key", "price_mode", "price_factor", "off_peak_share", "price_time", "price_date"),
        *("allow_free", "allow_expensive"),
    ),
    "Files of your own": (
        *("serving", "run", "loads", "lengths", "length_columns"),
        *("outcomes", "outcome_column", "distribution", "format_of_file", "option", "system", "filter", "metric"),
    ),
    "By hand": (
        *("input_price", "output_price", "input_tokens", "output_tokens", "reasoning_tokens"),
        *("request_seconds", "usd_per_hour", "replicas", "accuracy", "resource"),
    ),
    "Passes": ("k_min", "k_max", "k_step", "parallel", "stop", "latency", "keep", "shared_prompt", "cached_prompt"),
    "Estimation": ("estimator", "trials", "seed", "draws", "beyond"),
    "How sure": ("assess", "replications"),
    "Measuring": ("spend", "target", "questions", "attempt_price", "loop", "batch", "state"),
    "Solvers": ("solver", "seeds", "evaluations", "across_models"),
    "Gate": ("fail_if", "junit"),
    "Page": ("port", "no_browser"),
    "Output": ("format", "out", "policy", "litellm", "figures", "pictures", "replace", "force"),
    "Long runs": ("workers", "dask", "start_over"),
    "Other": ("version", "install_completion", "show_completion", "help"),
}
"""The parameters of each group of options, in the order of the help; `rich_help_panel` names another group."""

_NAMES = 30
"""As wide as the names of options may be beside their help; longer ones stand above it."""


@dataclass(frozen=True)
class Group:
    """A heading, and under it names with what they mean."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Description:
    """A command's docstring in parts.

    Attributes:
        summary: its first paragraph.
        examples: commands as they are typed, each in one line.
        paragraphs: the rest.
    """

    summary: str
    examples: tuple[str, ...]
    paragraphs: tuple[str, ...]


def describe(command: Any) -> Description:
    """The parts of a command's docstring; a paragraph of it that begins with Example: is one."""
    first, *others = [" ".join(text.split()) for text in (command.help or "").split("\n\n")]
    begins = "Example: "
    examples = tuple(text.removeprefix(begins) for text in others if text.startswith(begins))
    return Description(first, examples, tuple(text for text in others if not text.startswith(begins)))


def option_groups(command: Any, context: Any) -> list[Group]:
    """Arguments and options of a command, in groups."""
    rows: dict[str, dict[str, tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        if not getattr(parameter, "hidden", False):
            rows.setdefault(_title(parameter), {})[parameter.name] = _row(parameter, context)
    order = ["Arguments", *(title for title in rows if title not in OPTIONS and title != "Arguments"), *OPTIONS]
    return [
        Group(title, tuple(rows[title][name] for name in _ordered(rows[title], OPTIONS.get(title, ()))))
        for title in order
        if title in rows
    ]


def command_groups(group: Any, context: Any) -> list[Group]:
    """The commands by task, each with its summary."""
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    others = tuple(name for name in commands if not any(name in names for names in COMMANDS.values()))
    found = [
        Group(title, tuple((name, describe(commands[name]).summary) for name in names if name in commands))
        for title, names in {**COMMANDS, "Others": others}.items()
    ]
    return [one for one in found if one.rows]


def usage(command: Any, context: Any) -> str:
    """What is typed, in capitals where words of one's own stand; what is in brackets may be left out."""
    pieces = [piece.strip("{}") for piece in command.collect_usage_pieces(context)]
    return " ".join([context.command_path, *pieces])


def example_lines(command: str, width: int) -> list[str]:
    """A command over as many lines as it takes, so that a shell still takes it; a flag stands beside its value."""
    paired = re.sub(r"(?<= )(-[-\w]+) (?=[^-])", "\\1\0", command)
    lines = _wrapped(paired, width - 2, "    ")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def help_lines(command: Any, context: Any, width: int) -> Iterator[str]:
    """The lines of a help.

    Args:
        command: of typer.
        context: of typer.
        width: as many letters as a line may have.
    """
    about = describe(command)
    yield from _wrapped(f"Usage: {usage(command, context)}", width, "    ")
    yield from ("", *_wrapped(about.summary, width))
    for number, example in enumerate(about.examples):
        yield from ([] if number else ["", f"Example{'s' if len(about.examples) > 1 else ''}:"])
        yield from (f"  {line}" for line in example_lines(example, width - 2))
    for paragraph in about.paragraphs:
        yield from ("", *_wrapped(paragraph, width))
    commands = command_groups(command, context) if isinstance(command, TyperGroup) else []
    yield from _group_lines(commands, width)
    yield from _group_lines(option_groups(command, context), width)


def _title(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    panel: str | None = getattr(parameter, "rich_help_panel", None)
    if panel is not None:
        return panel
    return next((title for title, names in OPTIONS.items() if parameter.name in names), "Options")


def _row(parameter: Any, context: Any) -> tuple[str, str]:
    """The names of a parameter with what it takes, and its help with its default."""
    if parameter.param_type_name == "argument":
        names = parameter.display_name_raw
    else:
        names = ", ".join(sorted(parameter.opts, key=lambda flag: flag.startswith("--")))
        takes = None if parameter.is_flag else parameter.display_type_rich(ctx=context)
        names += f" {takes}" if takes else ""
    default = parameter.show_default if isinstance(parameter.show_default, str) else parameter.default
    shown = isinstance(parameter.show_default, str) or (parameter.show_default and not isinstance(default, bool))
    extra = "required" if parameter.required else f"default: {default}" if shown and default is not None else ""
    return names, f"{parameter.help or ''}{f' [{extra}]' if extra else ''}"


def _ordered(names: Sequence[str] | dict[str, Any], order: Sequence[str]) -> list[str]:
    """Names by their place in an order, those without one first, as they come."""
    return sorted(names, key=lambda name: order.index(name) if name in order else -1)


def _group_lines(groups: Sequence[Group], width: int) -> Iterator[str]:
    wide = max((len(name) for group in groups for name, _ in group.rows if len(name) <= _NAMES), default=0)
    for group in groups:
        yield from ("", f"{group.title}:")
        for name, text in group.rows:
            lines = _wrapped(text, width - wide - 4)
            if len(name) > wide:
                yield f"  {name}"
            yield f"  {name if len(name) <= wide else '':{wide}}  {lines[0]}"
            yield from (f"{'':{wide + 4}}{line}" for line in lines[1:])


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines that break between words alone: a flag or an id stays as it is typed, a short default whole."""
    default = re.search(r"\[default: [^\]]{1,30}\]$", text)
    kept = text.replace(default[0], default[0].replace(" ", "\0")) if default and len(default[0]) <= width else text
    lines = textwrap.wrap(kept, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    return [line.replace("\0", " ") for line in lines] or [""]


class _Command(TyperCommand):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join(help_lines(self, ctx, formatter.width)) + "\n")


class _Group(TyperGroup):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join(help_lines(self, ctx, formatter.width)) + "\n")


class App(typer.Typer):
    """Commands whose help is this one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cls=_Group, **options)

    def command(self, *names: Any, **options: Any) -> Callable[[Body], Body]:
        """As of typer."""
        return super().command(*names, cls=_Command, **options)
