"""The reference of the command line, made of the commands themselves whenever the pages are built."""

import re
from collections.abc import Iterator

import typer
from typer.main import get_command

from moo_inference.cli.app import app
from moo_inference.cli.help import COMMANDS, describe, example_lines, option_groups, usage

WIDTH = 100
"""Letters in a line of an example."""


def reference() -> str:
    """All commands as Markdown: by task, each with its usage, examples, exit statuses, and options in groups."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    groups = {title: [name for name in names if name in commands] for title, names in COMMANDS.items()}
    yield from ("| task | commands |", "|---|---|")
    for title, names in groups.items():
        yield f"| {title.lower()} | {', '.join(f'[{name}](#{name})' for name in names)} |"
    yield ""
    for name in (name for names in groups.values() for name in names):
        yield from _command_lines(name, commands[name])


def _command_lines(name: str, command: typer.core.TyperCommand) -> Iterator[str]:
    context = typer.Context(command, info_name=f"moo-inference {name}")
    about = describe(command)
    yield from (f"## {name}", "", _marked(about.summary), "")
    examples = [line for example in about.examples for line in example_lines(example, WIDTH)]
    yield from ("```", usage(command, context), "```", "")
    for paragraph in about.paragraphs:
        yield from (_marked(paragraph), "")
    yield from (f"Example{'s' if len(about.examples) > 1 else ''}:", "", "```", *examples, "```", "")
    yield from ("```{program} moo-inference " + name, "```", "")
    for group in option_groups(command, context):
        if group.title == "Other":
            continue
        yield from (f"**{group.title}**", "")
        for names, text in group.rows:
            yield from ("````{option} " + names, _marked(text), "````", "")


def _marked(text: str) -> str:
    """A sentence in which flags, commands and what stands for something else are code."""
    code = r"(?<![`\w-])(--?[a-z][\w-]*(?:\.\.\.)?|\w+=\w+|\w+_\w+(?:\.\w+)?)(?![`\w])"
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(code, r"`\1`", part) for part in parts[::2]]
    return "".join(parts)
