"""The plane of the two parameters as figures draw it: the second one along, by its coordinate, the first one up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.figures.parameters import rate_symbol, shown
from studies.figures.precision import on_axis, significant
from studies.figures.theme import Palette, axis
from studies.language.parameters import Axes
from studies.language.space import Space

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """A box of the search as an area to draw in."""

    axes: Axes
    space: Space

    def along(self, second: ArrayLike) -> FloatArray:
        """Horizontal positions of values of the second parameter, any shape."""
        return np.asarray(self.axes.second.coordinate(second), dtype=np.float64)

    def up(self, first: ArrayLike) -> FloatArray:
        """Vertical positions of values of the first parameter, any shape."""
        return shown(self.axes)[0].heights(first)

    def drawn(self, first: ArrayLike, second: ArrayLike) -> dict[str, list[float]]:
        """`x` and `y` of points, with the digits that a screen can show; any shape (n,) of values."""
        heights, by = self.up(first), shown(self.axes)[0]
        ends = [by.drawn(end) for end in self.space.ends[0]]
        up = significant(heights) if by.is_logarithmic else on_axis(heights, (ends[0], ends[1]))
        return {"x": on_axis(self.along(second), self.space.u_bounds), "y": up}

    def horizontal(self, palette: Palette) -> dict[str, Any]:
        """The axis of the second parameter."""
        second = shown(self.axes)[1]
        ticks = second.ticks(*self.space.ends[1])
        bounds = list(self.space.u_bounds)
        return axis(palette, second.on, range=bounds, tickvals=list(ticks.at), ticktext=list(ticks.text))

    def vertical(self, palette: Palette) -> dict[str, Any]:
        """The axis of the first parameter."""
        first = shown(self.axes)[0]
        ticks, ends = first.vertical_ticks(*self.space.ends[0]), [first.drawn(end) for end in self.space.ends[0]]
        scale = {"type": "log", "range": [math.log10(end) for end in ends]} if first.is_logarithmic else {"range": ends}
        return axis(palette, first.on, tickvals=list(ticks.at), ticktext=list(ticks.text), **scale)


def rate_bounds(space: Space) -> tuple[float, float]:
    """Bounds of the logarithm of the effective rate within the box."""
    (v_low, v_high), (u_low, u_high) = space.v_bounds, space.u_bounds
    return v_low + u_low, v_high + u_high


def coordinates(
    axes: Axes, space: Space, first: FloatArray, second: FloatArray
) -> Iterator[tuple[str, FloatArray, tuple[float, float]]]:
    """Symbol, coordinate of each point and bounds, of both parameters and of the effective rate where there is one."""
    (one, other), (v, u) = axes.symbols, axes.coordinates(first, second)
    yield one, v, space.v_bounds
    yield other, u, space.u_bounds
    if axes.ridge:
        yield rate_symbol(axes), v + u, rate_bounds(space)
