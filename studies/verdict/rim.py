"""The rim of the ground: places just off it at which the optimum may lie as well, by the process alone.

The map's cut runs somewhere between a point that stays in the zone and one that does not, and no run says where. So
where the 95 % region reaches the end of the ground, places within half the mean distance between the map's points are
looked at, too: the process' optimum is drawn over ground and rim together, and a place of the rim belongs to the region
where its p-value by these draws exceeds the level (`likely`). Where the response falls towards the cut that adds
nothing; where it rises, the optimum may lie beyond. On smooth hills the region ends well before the ground does, and
has no rim. Without one, the edge of a cliff with the top on it lay outside the region in a fifth of simulated studies,
nearly always by less than that distance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import cKDTree
from studies.verdict.gaussian_process import Process
from studies.verdict.likely import DRAWS, likely_of
from studies.verdict.model import LEVEL
from studies.verdict.neighbourhood import SLACK, limits
from studies.verdict.nodes import Grid
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]
SEED = 1  # of the draws: the rim is a function of the process and the grid, and moves no other draw


def rim_width(zone: Zone) -> float:
    """Half the mean distance between the map's points, ln units: the root of the box's area for each. 0 without a map.

    The points are those of the map's process, so that a point run in several blocks counts once.
    """
    if zone.process is None:
        return 0.0
    box = limits(zone.space)
    points = len(np.unique(zone.process.x, axis=0))
    return math.sqrt(float(np.prod(box[:, 1] - box[:, 0])) / points) / 2.0


def rim_p_values(grid: Grid, p_values: FloatArray, process: Process, width: float) -> FloatArray:
    """p-values at the nodes of the rim, nan at all others of the grid; shape (rows * columns,).

    Args:
        grid: nodes over the box, and the points on the ground.
        p_values: of the grid's points; those above the level are the region without its rim.
        process: whose optimum is drawn.
        width: of the rim, sup norm, ln units.
    """
    found, member = np.full(grid.mask.size, np.nan), p_values > LEVEL
    off = np.flatnonzero(~grid.mask)
    if width <= 0.0 or not member.any() or len(off) == 0:
        return found
    near = cKDTree(grid.points[member]).query(grid.nodes[off], p=np.inf)[0] <= width + SLACK
    if near.any():
        rim = grid.nodes[off[near]]
        places = np.vstack([grid.points, rim])
        drawn = process.draws(grid.axes.to_fit(places), count=DRAWS, rng=np.random.default_rng(SEED))
        found[off[near]] = likely_of(places[np.argmax(drawn, axis=1)], grid.step).p_values(rim)
    return found
