"""Signs of a comparison's rows as SVG: a shape an arm, hollow as published; arrowheads of bounds; the paper's cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from studies.figures.arm_marks import SYMBOLS, Mark

SIZE = 5.0  # radius of a sign, px
NAME, SHEET = "arm-picture", "arms.css"  # class and rules of the pictures of a comparison
CORNERS = {"triangle-up": (3, -90.0), "triangle-down": (3, 90.0), "pentagon": (5, -90.0), "hexagon": (6, 0.0)}


def sign(mark: Mark, x: float, y: float) -> Markup:
    """A row's sign at a place."""
    names = f"sign {mark.tone}{' hollow' if mark.how == 'published' else ''}"
    return Markup('<path class="{}" d="{}"/>').format(names, _shape(SYMBOLS[mark.order % len(SYMBOLS)], x, y))


def arrow(mark: Mark, x: float, y: float, *, up: bool) -> Markup:
    """The open end of an interval whose upper bound is not known: an arrowhead upwards, or to the right."""
    path = f"M{x - 4:.1f} {y + 6:.1f}l4 -5l4 5" if up else f"M{x - 6:.1f} {y - 4:.1f}l5 4l-5 4"
    return Markup('<path class="bar {}" d="{}"/>').format(mark.tone, path)


def stated(x: float, y: float) -> Markup:
    """The paper's cell: a hollow diamond in ink, which no arm has."""
    return Markup('<path class="paper" d="{}"/>').format(_polygon(x, y, 4, 0.0, SIZE))


def _shape(symbol: str, x: float, y: float) -> str:
    if symbol == "circle":
        r = SIZE - 0.5
        return f"M{x - r:.1f} {y:.1f}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
    if symbol == "square":
        return _polygon(x, y, 4, 45.0, SIZE + 0.8)
    if symbol == "diamond":
        return _polygon(x, y, 4, 0.0, SIZE + 0.8)
    if symbol == "star":
        return star(x, y)
    if symbol in ("x", "cross"):
        return _cross(x, y, turned=symbol == "x")
    corners, start = CORNERS[symbol]
    return _polygon(x, y, corners, start, SIZE + 0.8)


def _polygon(x: float, y: float, corners: int, start: float, radius: float) -> str:
    return _path([_around(x, y, start + 360.0 * k / corners, radius) for k in range(corners)])


def star(x: float, y: float, outer: float = SIZE + 1.5, inner: float = SIZE * 0.5) -> str:
    """The path of a star of five points, by the radii of its tips and of its notches."""
    return _path([_around(x, y, -90.0 + 36.0 * k, outer if k % 2 == 0 else inner) for k in range(10)])


def _cross(x: float, y: float, *, turned: bool) -> str:
    """A thick plus, or turned by 45 degrees an x."""
    arm, half = SIZE + 0.5, 1.7
    corners = [(half, arm), (half, half), (arm, half), (arm, -half), (half, -half), (half, -arm)]
    corners += [(-a, -b) for a, b in corners]
    angle = math.radians(45.0 if turned else 0.0)
    c, s = math.cos(angle), math.sin(angle)
    return _path([(x + a * c - b * s, y + a * s + b * c) for a, b in corners])


def _around(x: float, y: float, degrees: float, radius: float) -> tuple[float, float]:
    return x + radius * math.cos(math.radians(degrees)), y + radius * math.sin(math.radians(degrees))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return f"M{'L'.join(f'{a:.1f} {b:.1f}' for a, b in points)}z"
