"""The figures as one table, and the machine they were measured on."""

import math
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from timing import Figure

from moo_inference.formatting.table import Table, print_tables

COLUMNS = ("What", "Ours", "Against", "Theirs", "Ratio (middle half)", "Target", "Limit", "Ours / limit")
PACKAGES = ("numpy", "scipy", "pymoo", "moocore", "pandas", "optuna")

BLAS = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")

TARGET_IN_SECONDS = (
    "Targets in seconds were set where drawing the normals of the paper's experiment took 19 ms and importing NumPy 147"
    " ms: the lines of these show how much slower this machine is."
)
"""Why a target may be missed that is no ratio."""

INTRODUCTION = """\
# Benchmarks

`python benchmarks/run_all.py` measures this table in a few minutes, and `--write` puts it here. Each script in
`benchmarks/` runs alone too.

Each line is a ratio within one run. The works of a line take turns; times are processor seconds, so that other
programs on the machine disturb them little. Shown are medians over the turns, and of the ratio the middle half of the
turns too. The ratio is ours over theirs, the usual way to the same answer; that both answer the same is checked before.
The limit is what cannot be done without, such as drawing the normals of a Monte Carlo estimate, and the last column
shows the distance: 1 would be perfect. A growth is the slope of the time over the size, both as logarithms: 1 is
in proportion, and its limit is the slope that the formulas lead to expect at most.
"""


def machine() -> list[str]:
    """What the figures depend on: processor, cores, system, versions."""
    name = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        lines = [
            line.split(":", 1)[1].strip() for line in known.read_text().splitlines() if line.startswith("model name")
        ]
        name = lines[0] if lines else name
    cores = os.cpu_count()
    return [
        f"Machine: {name}, {cores} {'core' if cores == 1 else 'cores'}, {platform.system()} {platform.machine()}.",
        *(f"{name}={os.environ[name]} is set." for name in BLAS if name in os.environ),
        f"Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}.",
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def amount(value: float, unit: str) -> str:
    """Seconds or megabytes to three digits, in a handy unit."""
    if unit == "MB":
        return f"{value:.3g} MB"
    scale, name = next(((scale, name) for scale, name in ((1.0, "s"), (1e-3, "ms")) if value >= scale), (1e-6, "µs"))
    digits = max(0, 2 - math.floor(math.log10(value / scale))) if value > 0 else 0
    return f"{value / scale:.{digits}f} {name}"


def number(value: float) -> str:
    """A ratio to about three digits; below a tenth as 1 / x."""
    if value < 0.1:
        return f"1/{1 / value:,.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def row(figure: Figure) -> tuple[str, ...]:
    """The cells of a figure."""
    target = ""
    if figure.target is not None:
        most = number(figure.target) if figure.target_of == "ratio" else amount(figure.target, figure.unit)
        target = f"at most {most}: {'met' if figure.met else 'not met'}"
    spread = f"({number(figure.low)} to {number(figure.high)})"
    if figure.slope:
        ratio, limit = f"slope {figure.ratio:.2f} ({figure.low:.2f} to {figure.high:.2f})", f"slope {figure.floor:g}"
        limit = f"{limit}: {figure.limit}"
    else:
        ratio, limit = f"{number(figure.ratio)} {spread}", f"{figure.limit}, {amount(figure.floor, figure.unit)}"
    return (
        figure.what,
        amount(figure.ours, figure.unit),
        figure.against,
        amount(figure.other, figure.unit),
        ratio,
        target,
        limit,
        number(figure.away),
    )


def table(figures: Iterable[Figure], notes: Sequence[str] = ()) -> Table:
    """All figures as one table, with what is known of why targets are not met."""
    shown = tuple(figures)
    missed = dict.fromkeys(figure.why for figure in shown if figure.met is False and figure.why)
    return Table("Figures", COLUMNS, tuple(map(row, shown)), (*machine(), *notes, *missed))


def plain(groups: Mapping[str, Sequence[Figure]]) -> dict[str, object]:
    """All figures as plain values, ready for JSON."""
    return {
        "machine": machine(),
        "figures": [{"group": name, **vars(figure)} for name, figures in groups.items() for figure in figures],
    }


def show(figures: Callable[[bool], list[Figure]]) -> None:
    """Measure the figures of one script and print them."""
    print_tables([table(figures(False))], sys.stdout)
