"""The plane of the two parameters as figures draw it: the second one along, by its coordinate, the first one up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.figures.parameters import shown
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
        is_log = shown(self.axes)[0].is_logarithmic
        return np.asarray(first if is_log else self.axes.first.coordinate(first), dtype=np.float64)

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
