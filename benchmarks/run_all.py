"""Every figure in one table: ours against the usual way, the limit, and how far away we are.

Run: python benchmarks/run_all.py [--write] [--quick] [--only NAME ...] [--json]
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import closed_form
import confidence
import explore_page
import grid_search
import growth
import paper_experiment
import pass_at_k
import pipelines
import policy
import readers
import recorded_attempts
import report
import report_page
import search_overhead
import start_up
from timing import Figure

from moo_inference.documents.files import write_atomically
from moo_inference.formatting.table import print_tables, to_markdown

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

GROUPS: Mapping[str, Callable[[bool], list[Figure]]] = {
    "paper_experiment": paper_experiment.figures,
    "closed_form": closed_form.figures,
    "search_overhead": search_overhead.figures,
    "grid_search": grid_search.figures,
    "pass_at_k": pass_at_k.figures,
    "policy": policy.figures,
    "pipelines": pipelines.figures,
    "readers": readers.figures,
    "recorded_attempts": recorded_attempts.figures,
    "confidence": confidence.figures,
    "explore_page": explore_page.figures,
    "report_page": report_page.figures,
    "start_up": start_up.figures,
    "growth": growth.figures,
}
"""The figures of each script, quick and rough ones where wanted."""


def main() -> int:
    """Measure, print, and write the page with --write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--write", action="store_true", help=f"put the table into docs/{PAGE.name}")
    parser.add_argument("--quick", action="store_true", help="small sizes and few turns, to see that all of it works")
    parser.add_argument("--only", nargs="+", choices=list(GROUPS), default=list(GROUPS), help="some scripts alone")
    parser.add_argument("--json", action="store_true", help="print plain values instead of the table")
    options = parser.parse_args()
    if options.write and (options.quick or options.only != list(GROUPS)):
        parser.error("--write needs all figures, and none of them quick")
    measured = {}
    for number, name in enumerate(options.only, start=1):
        start = time.monotonic()
        print(f"{number} of {len(options.only)}: {name} ...", end=" ", file=sys.stderr, flush=True)
        measured[name] = GROUPS[name](options.quick)
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    if options.json:
        print(json.dumps(report.plain(measured), indent=1, allow_nan=False))
        return 0
    table = report.table([figure for figures in measured.values() for figure in figures], grid_search.NOTES)
    print_tables([table], sys.stdout)
    if options.write:
        # On its own page the table stands under the title.
        tables = to_markdown([table]).rstrip().replace("### ", "## ", 1)
        write_atomically(PAGE, f"{report.INTRODUCTION}\n{tables}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
