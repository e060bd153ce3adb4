"""A comparison of solvers as tables."""

import math
from typing import Any

from moo_inference.formatting.amounts import significant
from moo_inference.formatting.table import Table
from moo_inference.formatting.words import counted
from moo_inference.studies.comparison import Comparison
from moo_inference.studies.contest import ENOUGH, EXHAUSTIVE, MERGE

_MEASURES = {
    "found": "of the front found",
    "hypervolume": "hypervolume",
    "igd_plus": "IGD+",
    "evaluations": "evaluations",
    "distinct": "of the grid seen",
    "seconds": "seconds",
}
_UNKNOWN = "unknown"


def comparison_tables(comparison: Comparison) -> list[Table]:
    """One row a solver: median and spread of each measure, and how often each rule chooses as from the exact front."""
    if comparison.pipelines:
        return [
            Table(f"{table.title} ({of})", table.columns, table.rows, table.notes)
            for of, part in comparison.parts.items()
            for table in comparison_tables(part)
        ]
    summary = comparison.summary.to_dict(orient="records")
    agreement = comparison.agreement
    quality = tuple((str(row["solver"]), *(_spread(measure, row) for measure in _MEASURES)) for row in summary)
    choices = tuple((str(row["solver"]), *(_share(row[column]) for column in agreement)) for row in summary)
    problems = comparison.runs["problem"].nunique()
    seeds = len(comparison.settings["seeds"])
    return [
        Table(
            f"{counted(problems, 'problem')}, {counted(seeds, 'seed')}: median [least .. greatest]",
            ("solver", *_MEASURES.values()),
            quality,
            _notes(comparison),
        ),
        Table(
            "Runs in which a rule chooses as from the exact front",
            ("solver", *agreement.values()),
            choices,
            tuple(f"{name}: {sentence}." for name, sentence in comparison.settings.get("left_out", {}).items()),
        ),
    ]


def _spread(measure: str, row: Any) -> str:
    if math.isnan(row[f"{measure}_median"]):
        return _UNKNOWN
    return (
        f"{_number(measure, row[f'{measure}_median'])}  "
        f"[{_number(measure, row[f'{measure}_min'])} .. {_number(measure, row[f'{measure}_max'])}]"
    )


def _share(value: float) -> str:
    return _UNKNOWN if math.isnan(value) else f"{value:.0%}"


def _number(measure: str, value: float) -> str:
    if measure in ("found", "distinct"):
        return f"{value:.0%}"
    if measure == "evaluations":
        return f"{value:,.0f}"
    if measure == "hypervolume":
        return f"{value:.4f}"
    return significant(value, 2)


def _notes(comparison: Comparison) -> tuple[str, ...]:
    notes = [
        "Hypervolume relative to the exact front's; IGD+ after division by the budgets; all that was evaluated counts."
    ]
    if comparison.runs["found"].isna().any():
        notes.append("Where no choice meets the budgets there is nothing to find: those runs count for what they used.")
    if (comparison.runs["solver"] == MERGE).any():
        return (*notes, "merge is exact; it counts the rows of parts and of the whole that it compared.")
    share = comparison.settings["share_of_grid"]
    if share:
        note = f"It takes {share:.0%} of the grid until every run has {ENOUGH} of the exact hypervolume."
        seconds = comparison.runs.groupby(comparison.runs["solver"] == EXHAUSTIVE)["seconds"].median()
        if len(seconds) == 2:
            times = seconds[False] / seconds[True]
            note += (
                f" Exhaustive search takes all of it, misses nothing, and is {times:.0f} times as fast: on grids like "
                "these, search is pointless."
            )
        notes.append(note)
    return tuple(notes)
