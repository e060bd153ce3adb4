"""A small table that can be shown in a terminal and as Markdown."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import IO, TYPE_CHECKING

from moo_inference.formatting.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable


MOST_ROWS = 50
"""Of a table that is to be looked at."""


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        title: what the table shows.
        columns: the headings.
        rows: as many cells a row as there are headings. A cell may have several lines, and two spaces between parts
            that may be split where the line is narrow.
        notes: sentences to stand below.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def first_rows(table: Table, all_of_them: str) -> Table:
    """A table that can be read at a glance: its first MOST_ROWS rows, with how many more there are as the first note.

    Args:
        table: the table.
        all_of_them: where all rows are, in words.
    """
    more = len(table.rows) - MOST_ROWS
    if more <= 0:
        return table
    note = f"And {more:,} more; all of them: {all_of_them}."
    return Table(table.title, table.columns, table.rows[:MOST_ROWS], (note, *table.notes))


def print_tables(tables: Sequence[Table], stream: IO[str]) -> None:
    """Print tables for a person to read, in the width of the terminal; elsewhere in COLUMNS, or 132 without it.

    What does not go to a terminal has no blanks at the ends of its lines.
    """
    from rich.console import Console  # noqa: PLC0415 (only for people)

    console = Console(file=stream, highlight=False)
    if console.is_terminal:
        _print(tables, console)
        return
    columns = os.environ.get("COLUMNS", "")
    console.width = int(columns) if columns.isdecimal() and int(columns) else 132
    with console.capture() as printed:
        _print(tables, console)
    stream.writelines(f"{line.rstrip()}\n" for line in printed.get().splitlines())


def _print(tables: Sequence[Table], console: "Console") -> None:
    from rich.text import Text  # noqa: PLC0415 (only for people)

    for table in tables:
        console.print(Text(visible(table.title), style="bold"))
        shown = _rich_table(table.columns, table.rows)
        if console.measure(shown, options=console.options.update(max_width=1_000)).maximum > console.width:
            # Rather higher than torn: headings break at hyphens, and cells between their parts.
            columns = [column.replace("-", "-\n") for column in table.columns]
            shown = _rich_table(columns, [[cell.replace("  ", "\n") for cell in row] for row in table.rows])
        console.print(shown)
        for note in table.notes:
            console.print(Text(visible(note), style="dim"))
        console.print()


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> "RichTable":
    from rich.table import Table as RichTable  # noqa: PLC0415 (only for people)
    from rich.text import Text  # noqa: PLC0415

    table = RichTable(box=None, pad_edge=False)
    for column in columns:
        table.add_column(Text(visible(column)), header_style="underline", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def to_markdown(tables: Sequence[Table]) -> str:
    """The tables as GitHub's Markdown."""
    return "\n".join(_markdown(table) for table in tables)


def to_html(tables: Sequence[Table]) -> str:
    """The tables as a fragment of HTML that brings its own modest style and shows names as text."""
    return "\n".join(_html(table) for table in tables)


def _html(table: Table) -> str:
    cell = ' style="text-align:left;vertical-align:top;padding:2px 10px 2px 0;white-space:pre-wrap"'
    body = html_table(table.columns, table.rows, cell=cell) if table.columns else ""
    notes = "".join(f'<div style="font-size:85%;opacity:0.8">{_shown(note)}</div>' for note in table.notes)
    title = f'<div style="font-weight:bold;margin-top:0.8em">{_shown(table.title)}</div>'
    return title + body + notes


def html_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, attributes: str = "", cell: str = "") -> str:
    """Headings, if there are any, and rows as HTML in which every cell is text.

    Args:
        columns: the headings.
        rows: as many cells a row as there are headings.
        attributes: of the table, each behind a blank.
        cell: attributes of each cell.
    """

    def line(kind: str, cells: Iterable[str]) -> str:
        return "<tr>" + "".join(f"<{kind}{cell}>{_shown(text)}</{kind}>" for text in cells) + "</tr>"

    head = f"<thead>{line('th', columns)}</thead>" if columns else ""
    return f"<table{attributes}>{head}<tbody>{''.join(line('td', row) for row in rows)}</tbody></table>"


def _shown(text: str) -> str:
    return escape(visible(text))


def _markdown(table: Table) -> str:
    lines = [
        f"### {_escape(table.title)}",
        "",
        _markdown_row(table.columns),
        _markdown_row(["---"] * len(table.columns)),
        *map(_markdown_row, table.rows),
        "",
        *(f"{_escape(note)}\n" for note in table.notes),
    ]
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escape(cell).replace("\n", "<br>") for cell in cells) + " |"


def _escape(text: str) -> str:
    text = visible(text)
    for character in "\\`*_|<>[]":
        text = text.replace(character, f"\\{character}")
    return text
