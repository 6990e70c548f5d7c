"""The highest place of a surface over a box, found on a grid and refined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studies.language.space import Space
from studies.verdict.neighbourhood import lattice, limits

FloatArray = NDArray[np.float64]
Place = tuple[float, float]  # (v, u)
Height = Callable[[FloatArray, FloatArray], FloatArray]
GRID = (241, 161)  # nodes along v and u
REFINEMENTS, FINER = 14, 0.5  # cells around the last place, each half as wide as the one before
MOST_MOVES = 20  # of a cell along a ridge or a cliff before it is made finer


def highest(height: Height, space: Space) -> tuple[Place, float]:
    """Place (v, u) of the largest height over the box, and that height.

    Found on a grid and refined around its best node: of two tops that differ by less than the grid shows, either.
    """
    box = limits(space)
    nodes = lattice(space, *GRID)[2]
    heights = height(nodes[:, 0], nodes[:, 1])
    best, top = nodes[int(np.argmax(heights))], float(heights.max())
    step = (box[:, 1] - box[:, 0]) / (np.array(GRID) - 1)
    offsets = np.linspace(-1.0, 1.0, 11)
    mesh = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2)
    for _ in range(REFINEMENTS):
        for _ in range(MOST_MOVES):
            around = np.clip(best + mesh * step, box[:, 0], box[:, 1])
            heights = height(around[:, 0], around[:, 1])
            if float(heights.max()) <= top:
                break
            best, top = around[int(np.argmax(heights))], float(heights.max())
        step = FINER * step
    return (float(best[0]), float(best[1])), top
