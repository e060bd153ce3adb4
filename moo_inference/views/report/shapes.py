"""The markers of rules as paths of SVG, around (0, 0) and about one unit in radius."""

import math

from moo_inference.views.markers import Marker

_POLYGONS = {
    "^": (3, -90),
    "v": (3, 90),
    ">": (3, 0),
    "<": (3, 180),
    "s": (4, 45),
    "D": (4, 0),
    "p": (5, -90),
    "h": (6, -90),
    "H": (6, 0),
}
"""Corners, and where the first one is, in degrees clockwise from the right."""

_CROSS = ((-0.35, -1.0), (0.35, -1.0), (0.35, -0.35), (1.0, -0.35), (1.0, 0.35), (0.35, 0.35))
"""Half of a cross; the other half lies across."""


def path_of(marker: Marker, radius: float) -> str:
    """The outline of a marker; a circle where its shape has none here.

    Args:
        marker: of a rule.
        radius: in the unit of the drawing.
    """
    shape = marker.matplotlib
    if shape in _POLYGONS:
        corners, first = _POLYGONS[shape]
        points = [_at(first + 360 * corner / corners, 1.1) for corner in range(corners)]
    elif shape == "d":
        points = [(0.0, -1.2), (0.7, 0.0), (0.0, 1.2), (-0.7, 0.0)]
    elif shape in ("P", "X"):
        cross = [*_CROSS, *((-x, -y) for x, y in _CROSS)]
        turn = math.radians(45 if shape == "X" else 0)
        points = [(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for x, y in cross]
    elif shape.startswith("$"):
        points = [_at(45 * corner - 90, 0.45 if corner % 2 else 1.35) for corner in range(8)]
    else:
        arc = f"a{radius:.4g} {radius:.4g} 0 1 0"
        return f"M{-radius:.4g} 0{arc} {2 * radius:.4g} 0{arc} {-2 * radius:.4g} 0z"
    return "M" + "L".join(f"{radius * x:.4g} {radius * y:.4g}" for x, y in points) + "z"


def _at(degrees: float, radius: float) -> tuple[float, float]:
    return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))
