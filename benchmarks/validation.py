"""What is predicted from half of real data, and what the other half shows: the table and figures of docs/validation.md.

Run: python benchmarks/validation.py [--write] [--quick] [--json]
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import held_out_loads
import numpy as np
from validated import attempts, beyond, choices, given, questions
from validated.lines import Line, mean, table

from moo_inference.documents.files import write_atomically
from moo_inference.formatting.table import Table, print_tables, to_markdown

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "validation.md"

SPLITS, REPEATS, CHOICES = 6, 400, 12
"""Splits of the attempts of each setting; evaluations drawn of each; splits of the questions to choose on."""

LOAD_WORDS = {
    "time to first token": "time to the first token at a load",
    "time per token": "time per token at a load",
    "request": "time of a request at a load",
    "requests per second": "requests per second at a load",
    "request at a rate": "time of a request at a rate",
}
"""What is predicted of loads that were left out."""

QUICK = (1, 10, 2, 6)


@dataclass(frozen=True, eq=False)
class Validation:
    """All that is on the page.

    Attributes:
        lines: of the table.
        attempts: what the lines of attempts are made of, by catalog.
        choices: what the lines of choices are made of, by what judges them, and by data set.
        fronts: how many fronts of FrugalGPT were found as by plain comparison, and how many there are.
    """

    lines: list[Line]
    attempts: Any
    choices: dict[str, dict[str, choices.Outcomes]]
    fronts: tuple[int, int]


def load_lines() -> list[Line]:
    """What serving benchmarks at some loads say of another load of the same series, each inner load left out."""
    found = held_out_loads.errors()
    made = []
    for quantity in held_out_loads.QUANTITIES:
        own = 100 * np.array([error.by_way for error in found if error.quantity == quantity])
        ours, *others = own[~np.isnan(own).any(axis=1)].T
        beside = {way: (mean(errors),) for way, errors in zip(held_out_loads.WAYS[1:], others, strict=True)}
        what = f"{LOAD_WORDS[quantity]}, from the other loads of its series"
        made.append(Line("load", "Serving, 15 series", what, len(ours), ours, "%", others=beside))
    return made


def validate(splits: int, repeats: int, of_choices: int, most: int | None = None) -> Validation:
    """All lines.

    Args:
        splits: of the attempts of each setting.
        repeats: evaluations that are drawn of each setting.
        of_choices: splits of the questions to choose on.
        most: settings or models of each data set; None: all.
    """
    found: dict[str, Any] = {}
    parts: dict[str, Callable[[], Any]] = {
        attempts.PART: lambda: attempts.lines(splits, most),
        beyond.PART: lambda: (beyond.lines(max(1, 2 * splits // 3), most), None),
        questions.PART: lambda: (questions.lines(repeats, most), None),
        choices.PART: lambda: choices.lines(of_choices, most),
        given.PART: lambda: (given.lines(), given.same_fronts()),
        "load": lambda: (load_lines(), None),
    }
    for name, part in parts.items():
        start = time.process_time()
        found[name] = part()
        print(f"{name}: {time.process_time() - start:.0f} s", file=sys.stderr)
    lines = [line for own, _ in found.values() for line in own]
    return Validation(lines, found[attempts.PART][1], found[choices.PART][1], found[given.PART][1])


def tables(found: Validation) -> dict[str, Table]:
    """The tables of the page, by the name that their place there has."""
    same, of = found.fronts
    notes = (
        "Errors are absolute differences, the signed mean is of predicted less found. Other ways: the mean of their "
        "errors; where the bar is of the median, the median; where only intervals are checked, the share that holds.",
        f"FrugalGPT's fronts: {same} of {of} are those of comparing each row with each other.",
    )
    return {
        "table": table("What was predicted, and how far off it was", found.lines, notes),
        "choices": Table(
            "What each way of choosing loses on questions that it has not seen",
            choices.BROKEN,
            tuple(choices.broken(found.choices)),
        ),
        "paper": Table("The paper's Table 3, and GPQA Diamond", given.TABLE_3, tuple(given.table_3())),
    }


def missed(lines: list[Line]) -> str:
    """The bars that are missed, as a list in Markdown."""
    rows = [f"* {line.data}: {line.what}. {line.missed()}" for line in lines if line.met is False]
    return "\n".join(rows) if rows else "No bar is missed."


def filled(page: str, name: str, content: str) -> str:
    """The page with new content between the two comments of that name.

    Raises:
        ValueError: the page has no such place.
    """
    first, last = f"<!-- validation: {name} -->", f"<!-- end of {name} -->"
    if page.count(first) != 1 or page.count(last) != 1:
        raise ValueError(f"{PAGE.name} must have one place between {first!r} and {last!r}")
    before, rest = page.split(first)
    return f"{before}{first}\n{content.strip()}\n{last}{rest.split(last)[1]}"


def write(found: Validation) -> None:
    """Put the tables into the page, and draw its figures."""
    from validated import figures  # noqa: PLC0415 (slow to load, and only for writing)

    page = PAGE.read_text(encoding="utf-8")
    for name, own in tables(found).items():
        page = filled(page, name, to_markdown([own]).split("\n", 1)[1])
    write_atomically(PAGE, filled(page, "missed", missed(found.lines)))
    images = DOCS / "images"
    figures.draw_accuracy(found.attempts, images / "validation_accuracy.png")
    figures.draw_coverage(found.lines, images / "validation_coverage.png")
    figures.draw_choices(found.choices[choices.OTHER_HALF], images / "validation_choices.png")


def main() -> int:
    """Predict, check, print, and write the page with --write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into docs/{PAGE.name}, and draw its figures"
    )
    parser.add_argument("--quick", action="store_true", help="few splits and settings, to see that all of it works")
    parser.add_argument("--json", action="store_true", help="print the lines as plain values instead of the tables")
    options = parser.parse_args()
    if options.write and options.quick:
        parser.error("--write needs all splits, not --quick")
    found = validate(*(QUICK if options.quick else (SPLITS, REPEATS, CHOICES)))
    if options.json:
        print(json.dumps([line.to_dict() for line in found.lines], indent=1, allow_nan=False))
        return 0
    print_tables(list(tables(found).values()), sys.stdout)
    print(missed(found.lines))
    if options.write:
        write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
