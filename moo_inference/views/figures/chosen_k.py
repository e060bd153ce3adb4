"""A heat map of the chosen k: models x rules, one block a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from moo_inference.catalog import Model
from moo_inference.deprecations import renamed
from moo_inference.estimators.curve import FloatArray
from moo_inference.studies.study import Study
from moo_inference.views.families import cells_in_families, in_families, kin_of, short_name
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.marks import marks

LEFT_OUT = "left-out"
NOTHING = {"infeasible": "×", "no-knee": "–", LEFT_OUT: ""}
"""What stands in a cell without a choice."""


@dataclass(frozen=True)
class ChosenK:
    """The chosen k of a study.

    Attributes:
        models: (m,) names, cut where they are long.
        rules: (r,) markers and ids of the rules.
        scenarios: (s,) names.
        k: (s, m, r) chosen k, NaN where nothing was chosen.
        status: (s, m, r) status of each choice; `left-out` where the rule was not applied to a scenario.
    """

    models: tuple[str, ...]
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    k: FloatArray
    status: tuple[tuple[tuple[str, ...], ...], ...]


def prepare(study: Study, labels: Mapping[str, str] | None = None) -> ChosenK:
    """The chosen k of a study as arrays."""
    models = study.catalog.models
    blocks = [
        [
            {mark.rule: mark for mark in marks(study, cell, labels)}
            for cell in cells_in_families(study)
            if cell.scenario == scenario
        ]
        for scenario in study.catalog.scenarios
    ]
    symbols = {rule: mark.marker.symbol for rows in blocks for row in rows for rule, mark in row.items()}
    return ChosenK(
        tuple(short_name(models[key].name, kin_of(models[key]), _most(models[key])) for key in in_families(models)),
        tuple(f"{symbol} {rule}" for rule, symbol in symbols.items()),
        tuple(style.brief(scenario.name) for scenario in study.catalog.scenarios.values()),
        np.array(
            [
                [[(row[rule].k if rule in row else None) or np.nan for rule in symbols] for row in rows]
                for rows in blocks
            ],
            dtype=float,
        ),
        tuple(
            tuple(tuple(row[rule].status if rule in row else LEFT_OUT for rule in symbols) for row in rows)
            for rows in blocks
        ),
    )


def _most(model: Model) -> int:
    """Letters of a name: those of families have their effort in it."""
    return 28 if model.family is None else 32


def draw(ax: Axes, view: ChosenK, block: int, size: Size) -> None:
    """Draw the block of one scenario: k in each cell, darker where it is larger.

    Args:
        ax: axes of matplotlib to draw on.
        view: the chosen k of all scenarios, models and rules.
        block: index of the scenario.
        size: letters, lines and markers for the width of the figure.
    """
    k = view.k[block]
    highest = np.nanmax(view.k) if np.isfinite(view.k).any() else 1.0
    scale = LogNorm(0.7, max(highest, 2.0))
    colours = matplotlib.colormaps["Blues"]
    ax.imshow(np.ma.masked_invalid(k), norm=scale, cmap=colours, aspect="auto")
    ax.set_facecolor("#F2F2F2")
    for row, column in np.ndindex(*k.shape):
        value = k[row, column]
        text = NOTHING[view.status[block][row][column]] if np.isnan(value) else f"{value:.0f}"
        dark = not np.isnan(value) and sum(colours(scale(value))[:3]) < 1.8
        ax.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=0.95 * size.font,
            color="white" if dark else "black",
        )
    ax.set_title(view.scenarios[block], fontsize=size.font, parse_math=False)
    ax.set_xticks(range(len(view.rules)), [])
    ax.set_yticks(range(len(view.models)), [])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks(np.arange(len(view.rules) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(view.models) - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=size.line)
    ax.tick_params(which="minor", length=0)


def figure(study: Study, *, width_mm: float = PAPER_MM, labels: Mapping[str, str] | None = None) -> Figure:
    """The chosen k of every model, scenario and rule.

    Args:
        study: the study.
        width_mm: width of the figure; 85 fits a paper's column, 254 a slide.
        labels: what to call a rule instead of its id.
    """
    return render(prepare(study, labels), width_mm)


def render(view: ChosenK, width_mm: float = PAPER_MM) -> Figure:
    """See `figure`; from data that are prepared already."""
    size = Size(width_mm)
    blocks, rows = len(view.scenarios), len(view.models)
    below = size.narrow or blocks * len(view.rules) > 20
    row_mm = 0.62 * size.font
    height = row_mm * (rows + 2) * (blocks if below else 1) + 4.5 * size.font + 6
    title = "chosen passes k  (× infeasible, – no knee)"
    figure, axes = style.framed(title, size, height, panels=blocks, columns=1 if below else blocks)
    for block, ax in enumerate(axes):
        draw(ax, view, block, size)
        if below or block == 0:
            ax.set_yticks(range(rows), view.models, fontsize=0.95 * size.font, parse_math=False)
        if not below or block == blocks - 1:
            ax.set_xticks(
                range(len(view.rules)),
                view.rules,
                rotation=90 if not below else 30,
                ha="center" if not below else "right",
                rotation_mode="default" if not below else "anchor",
                fontsize=0.95 * size.font,
                parse_math=False,
            )
    return figure


__getattr__ = renamed(__name__, {"sheet": "render"})
