"""Colour and dash of the lines of models: one colour a family, lighter where there is less effort."""

from collections.abc import Sequence

from matplotlib.colors import to_rgb

from moo_inference.views.families import Kin, grouped
from moo_inference.views.figures.style import LINES, Dash

_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
"""Those of LINES whose tints are not like each other, also to the colour-blind."""

_DASHES: tuple[Dash, ...] = ("-", (0.0, (5.0, 1.5)), (0.0, (1.5, 1.0)), (0.0, (5.0, 1.2, 1.2, 1.2)))
"""One more than hues divide, so that no two of twenty families have both in common."""

_LIGHTEST = 0.45
"""Share of white in the colour of the least effort."""


def line_styles(kin: Sequence[Kin]) -> list[tuple[str, Dash]]:
    """Colour and dash of each model; those of `LINES` where no model has a family.

    Args:
        kin: family and effort of each model.
    """
    if all(family is None for family, _ in kin):
        return [LINES[place % len(LINES)] for place in range(len(kin))]
    styles: dict[int, tuple[str, Dash]] = {}
    for number, places in enumerate(grouped(kin)):
        hue, dash = _HUES[number % len(_HUES)], _DASHES[number % len(_DASHES)]
        for rank, place in enumerate(places):
            less = (len(places) - 1 - rank) / max(len(places) - 1, 1)
            styles[place] = tint(hue, _LIGHTEST * less), dash
    return [styles[place] for place in range(len(kin))]


def tint(colour: str, white: float) -> str:
    """A colour with a share of white in it, in [0, 1]."""
    return "#" + "".join(f"{round(255 * (part + (1 - part) * white)):02X}" for part in to_rgb(colour))
