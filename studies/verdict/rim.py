"""The rim of the region: places just off the ground that nothing tells from those on it.

The map's cut runs somewhere between a point that stays in the zone and one that does not, and no run says where. So
where the 95 % region reaches the end of the ground, it goes on for half the mean distance between the map's points. A
place there has the largest p-value of the region's points within that reach: what admits them admits it as well. On
smooth hills the region ends well before the ground does, and has no rim. Without one, the edge of a cliff with the top
on it lay outside the region in a fifth of simulated studies, always by less than that reach.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import cKDTree
from studies.verdict.model import LEVEL
from studies.verdict.neighbourhood import SLACK, limits
from studies.verdict.nodes import Grid, on_nodes
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]


def rim_width(zone: Zone) -> float:
    """Half the mean distance between the map's points, ln units: the root of the box's area for each. 0 without a map.

    The points are those of the map's process, so that a point run in several blocks counts once.
    """
    if zone.process is None:
        return 0.0
    box = limits(zone.space)
    points = len(np.unique(zone.process.x, axis=0))
    return math.sqrt(float(np.prod(box[:, 1] - box[:, 0])) / points) / 2.0


def with_rim(grid: Grid, p_values: FloatArray, width: float) -> FloatArray:
    """p-values at all nodes of the grid, shape (rows * columns,): the ground's own, the rim's, and nan elsewhere.

    Args:
        grid: nodes over the box, and the points on the ground.
        p_values: of the grid's points.
        width: of the rim, sup norm, ln units.
    """
    found, member = on_nodes(grid, p_values), p_values > LEVEL
    off = np.flatnonzero(~grid.mask)
    if width <= 0.0 or not member.any() or len(off) == 0:
        return found
    points = grid.points[member]
    off = off[cKDTree(points).query(grid.nodes[off], p=np.inf)[0] <= width + SLACK]
    apart = np.abs(grid.nodes[off][:, None, :] - points[None]).max(axis=2)
    found[off] = np.where(apart <= width + SLACK, p_values[member], 0.0).max(axis=1)
    return found
