"""The help: commands by task, options in groups, nothing cut off, and every example understood as it is typed."""

import io
import re
import shlex

import pytest
import typer
from typer.main import get_command

from moo_inference.cli import help as shown
from moo_inference.cli.app import app
from moo_inference.cli.run import run

ROOT_COMMAND = get_command(app)
COMMANDS = ROOT_COMMAND.commands
HEADING = re.compile(r"^(\w[\w ]*):$", re.MULTILINE)


def context_of(name):
    return typer.Context(COMMANDS[name], info_name=f"moo-inference {name}")


def help_of(name, columns, monkeypatch):
    """What a user sees in a terminal of so many columns."""
    out = io.StringIO()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout", out)
    assert run(app, [*name, "--help"]) == 0
    return out.getvalue()


@pytest.mark.parametrize("columns", [80, 120])
def test_commands_stand_in_groups_by_task_with_their_whole_summaries(columns, monkeypatch):
    text = help_of([], columns, monkeypatch)
    known = [title for title, names in shown.COMMANDS.items() if set(names) & set(COMMANDS)]
    assert HEADING.findall(text) == [*known, "Other"]
    lines = text.splitlines()
    for name, command in COMMANDS.items():
        summary = shown.describe(command).summary
        assert f"  {name:10}  {summary}" in lines
        assert summary.endswith(".")
        assert not summary.endswith("..")


def test_every_command_has_a_task_and_every_option_a_group_and_a_help():
    tasks = [name for names in shown.COMMANDS.values() for name in names]
    assert len(tasks) == len(set(tasks))
    assert set(COMMANDS) <= set(tasks)
    grouped = [name for names in shown.OPTIONS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    for name, command in COMMANDS.items():
        for group in shown.option_groups(command, context_of(name)):
            assert group.title in {*shown.OPTIONS, "Arguments"}, (name, group)
            for names, text in group.rows:
                assert re.match(r"\w", text), (name, names)
                assert "<" not in names, (name, names)


@pytest.mark.parametrize("columns", [70, 80, 120, 300])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_is_as_wide_as_the_terminal_at_most_and_120_letters(name, columns, monkeypatch):
    text = help_of([name], columns, monkeypatch)
    assert max(map(len, text.splitlines())) <= min(columns, 120)
    assert "\x1b" not in text
    titles = HEADING.findall(text)
    order = [title for title in ["Example", "Examples", "Arguments", *shown.OPTIONS] if title in titles]
    assert titles == order


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_has_every_option_with_its_words_and_its_default_once(name, monkeypatch):
    text = " ".join(help_of([name], 100, monkeypatch).split())
    for group in shown.option_groups(COMMANDS[name], context_of(name)):
        for names, words in group.rows:
            assert f"{names} {words}" in text
            assert words.count("[default: ") <= 1
            assert not re.search(r"(?<!\[default: )\[(?!default|required|0, 1|P)[^]]*\]$", words), words


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_examples_are_understood_as_they_are_shown(columns, monkeypatch):
    count = 0
    for name, command in COMMANDS.items():
        _, _, rest = help_of([name], columns, monkeypatch).partition("\nExample")
        typed = rest.partition("\n")[2].partition("\n\n")[0].replace("\\\n", " ")
        examples = [shlex.split(line) for line in typed.splitlines()]
        assert examples == [shlex.split(one) for one in shown.describe(command).examples]
        for words in examples:
            assert words[:2] == ["moo-inference", name]
            command.make_context(name, words[2:])
            count += 1
    assert count >= len(COMMANDS)


def test_options_of_several_commands_stand_in_the_same_group():
    groups = {}
    for name, command in COMMANDS.items():
        for group in shown.option_groups(command, context_of(name)):
            for names, _ in group.rows:
                if names.startswith("-"):
                    groups.setdefault(names, set()).add(group.title)
    several = {names: titles for names, titles in groups.items() if len(titles) > 1}
    assert several == {}


def test_defaults_are_those_that_are_used():
    rows = {}
    for group in shown.option_groups(COMMANDS["choose"], context_of("choose")):
        rows |= dict(group.rows)
    assert rows["--k-max N"] == "Largest k. [default: 128]"
    assert rows["-m, --model ID"].endswith("[default: all]")
    assert "default" not in rows["--force"]


def test_a_long_name_stands_above_its_words_and_a_short_default_stays_whole():
    def command(
        many: str = typer.Option("x", "--many-words-in-one-name", metavar="A_LONG_PLACEHOLDER", help="So."),
        short: str = typer.Option(None, "--short", metavar="N", help="w " * 18 + "end.", show_default="one two"),
    ) -> None:
        """Do it."""

    one = shown.App(add_completion=False, rich_markup_mode=None)
    one.command()(command)
    found = get_command(one)
    lines = list(shown.help_lines(found, typer.Context(found, info_name="one"), 60))
    at = lines.index("  --many-words-in-one-name A_LONG_PLACEHOLDER")
    assert lines[at + 1].split() == ["So.", "[default:", "x]"]
    assert "[default: one two]" in [line.strip() for line in lines]
