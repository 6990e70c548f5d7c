"""The highest place of a surface over a box, found on a grid and refined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studies.language.space import SearchSpace
from studies.verdict.neighbourhood import lattice, limits

FloatArray = NDArray[np.float64]
Place = tuple[float, float]  # (v, u)
Height = Callable[[FloatArray, FloatArray], FloatArray]
GRID = (241, 161)  # nodes along v and u
REFINEMENTS = 6  # each looks at 11 x 11 points around the last place, in cells a fifth as wide


def highest(height: Height, space: SearchSpace) -> tuple[Place, float]:
    """Place (v, u) of the largest height over the box, and that height; of tops between grid nodes, one may be missed.

    The place is exact to a thousandth of a grid cell.
    """
    box = limits(space)
    nodes = lattice(space, *GRID)[2]
    best = nodes[int(np.argmax(height(nodes[:, 0], nodes[:, 1])))]
    step = (box[:, 1] - box[:, 0]) / (np.array(GRID) - 1)
    offsets = np.linspace(-1.0, 1.0, 11)
    mesh = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2)
    for _ in range(REFINEMENTS):
        around = np.clip(best + mesh * step, box[:, 0], box[:, 1])
        best = around[int(np.argmax(height(around[:, 0], around[:, 1])))]
        step = step / 5.0
    return (float(best[0]), float(best[1])), float(height(best[:1], best[1:])[0])
