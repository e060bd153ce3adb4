"""The marker of each rule: the same in a terminal, a figure, the report and the page."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Marker:
    """One marker.

    Attributes:
        symbol: one character.
        matplotlib: its name in matplotlib.
        plotly: its name in plotly.
        colour: of its face; the colour-blind can distinguish all colours, and shapes differ as well.
        filled: whether it has a face.
    """

    symbol: str
    matplotlib: str
    plotly: str
    colour: str
    filled: bool = True


UTOPIA = Marker("★", "*", "star", "#F0E442")
"""The best that each objective could be."""

_KNOWN = {
    "accuracy-max": Marker("●", "o", "circle", "#D55E00"),
    "max-cube": Marker("▲", "^", "triangle-up", "#0072B2"),
    "utopia-closest": Marker("◆", "D", "diamond", "#009E73"),
    "knee-point": Marker("■", "s", "square", "#CC79A7"),
    "knee-chord": Marker("✚", "P", "cross", "#E69F00"),
    "knee-published": Marker("⬟", "p", "pentagon", "#56B4E9"),
    "cheapest": Marker("✦", "$✦$", "star-diamond", "#999999"),
    "fastest": Marker("⬣", "h", "hexagon2", "#999999"),
    "pseudo-weights": Marker("▼", "v", "triangle-down", "#999999"),
    "high-tradeoff": Marker("▶", ">", "triangle-right", "#999999"),
    "asf": Marker("◀", "<", "triangle-left", "#999999"),
    "aasf": Marker("⬢", "H", "hexagon", "#999999"),
    "pbi": Marker("✖", "X", "x", "#999999"),
    "tchebycheff": Marker("⧫", "d", "diamond-tall", "#999999"),
}

_OTHERS = (
    Marker("○", "o", "circle-open", "#000000", filled=False),
    Marker("△", "^", "triangle-up-open", "#000000", filled=False),
    Marker("◇", "D", "diamond-open", "#000000", filled=False),
    Marker("□", "s", "square-open", "#000000", filled=False),
    Marker("▽", "v", "triangle-down-open", "#000000", filled=False),
    Marker("▷", ">", "triangle-right-open", "#000000", filled=False),
    Marker("◁", "<", "triangle-left-open", "#000000", filled=False),
)


def markers(rules: Iterable[str]) -> dict[str, Marker]:
    """The marker of each rule id: those of the paper for its four; other rules get hollow ones, in order."""
    found: dict[str, Marker] = {}
    others = 0
    for rule in rules:
        if rule in found:
            continue
        if rule in _KNOWN:
            found[rule] = _KNOWN[rule]
        else:
            found[rule] = _OTHERS[others % len(_OTHERS)]
            others += 1
    return found
