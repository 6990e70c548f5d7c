"""The rim of the region: places that the map alone has cut off, and at which the optimum may lie all the same.

The map's cut runs somewhere between a point that stays in the zone and one that does not, and no run says where. So
where the 95 % region reaches the cut, places beyond it within half the mean distance between the map's points are
looked at, too, as long as the runs of the fit allow them (`Ground.allows`): the process' optimum is drawn over ground
and rim together, and a place of the rim belongs to the region where its p-value by these draws exceeds the level
(`likely`). Where the response falls towards the cut that adds nothing; where it rises, the optimum may lie beyond. On
smooth hills the region ends well before the zone does, and has no rim. Without one, the edge of a cliff with the top on
it lay outside the region in a fifth of simulated studies, nearly always by less than that distance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import cKDTree
from studies.verdict.gaussian_process import Process
from studies.verdict.ground import Ground
from studies.verdict.likely import DRAWS, likely_of
from studies.verdict.model import LEVEL
from studies.verdict.neighbourhood import SLACK, limits
from studies.verdict.nodes import Grid
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
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


def rim_p_values(grid: Grid, ground: Ground, p_values: FloatArray, process: Process) -> FloatArray:
    """p-values at the nodes of the rim, nan at all others of the grid; shape (rows * columns,).

    Args:
        grid: nodes over the box, and the points on the ground.
        ground: where the optimum is sought.
        p_values: of the grid's points; those above the level are the region without its rim.
        process: whose optimum is drawn.
    """
    found, width = np.full(grid.mask.size, np.nan), rim_width(ground.zone)
    if width <= 0.0:
        return found
    members, off = grid.points[p_values > LEVEL], np.flatnonzero(~grid.mask)
    cut = off[_near(members, grid.nodes[off], max(width, *grid.step))]  # others end no region and are no rim
    cut = cut[~ground.zone.contains(grid.nodes[cut])]
    cut = cut[ground.allows(grid.nodes[cut])]
    last = members[_near(grid.nodes[cut] / _unit(grid), members / _unit(grid), 1.0)]
    near = cut[_near(last, grid.nodes[cut], width)]
    if len(near) == 0:
        return found
    rim = grid.nodes[near]
    places = np.vstack([grid.points, rim])
    drawn = process.draws(grid.axes.to_fit(places), count=DRAWS, rng=np.random.default_rng(SEED))
    found[near] = likely_of(places[np.argmax(drawn, axis=1)], grid.step).p_values(rim)
    return found


def _unit(grid: Grid) -> FloatArray:
    """A step along each axis, shape (2,); 1 where all nodes lie at one value, as in a box of almost no width."""
    return np.where(grid.step > 0.0, grid.step, 1.0)


def _near(these: FloatArray, points: FloatArray, distance: float) -> BoolArray:
    """Which of the points (n, 2) lie within a distance, each axis by its own, of one of these (m, 2); shape (n,)."""
    if len(these) == 0 or len(points) == 0:
        return np.zeros(len(points), dtype=np.bool_)
    return np.asarray(cKDTree(these).query(points, p=np.inf)[0] <= distance + SLACK)
