"""The ground on which the optimum is sought: near runs, and not far below the top by what all of them say.

The map's zone is one part of it. Between and beyond runs every surface extrapolates, a polynomial wildly, so a point
counts only with a run of the fit within reach; and where the process of all the zone's runs lies further below its top
than the map's rule allows (5 deviations of the noise), map and zoom together have rejected it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import cKDTree
from studies.verdict.gaussian_process import Process
from studies.verdict.neighbourhood import lattice, limits
from studies.verdict.zone import GRID, WIDE, Zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NEAREST = 0.4  # ln units, sup norm


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The zone's points within `distance` of a run (sup norm in (v, u)) at which the process reaches the threshold."""

    zone: Zone
    runs: FloatArray  # (n, 2) in (v, u)
    distance: float
    process: Process
    threshold: float

    def holds(self, points: FloatArray) -> BoolArray:
        """Mask of the points (m, 2) in (v, u); shape (m,)."""
        mask = self.zone.contains(points)
        mask[mask] = self.allows(points[mask])
        return mask

    def allows(self, points: FloatArray) -> BoolArray:
        """Mask of the points (m, 2) in (v, u) that the runs of the fit allow, whatever the map says; shape (m,)."""
        mask = np.ones(len(points), dtype=np.bool_)
        if mask.any():
            mask = cKDTree(self.runs).query(points, p=np.inf)[0] <= self.distance
        if mask.any():
            mask[mask] = self.process.mean(self.zone.space.axes.to_fit(points[mask])) >= self.threshold
        return mask


def ground_of(zone: Zone, runs: FloatArray, process: Process) -> Ground:
    """The ground of a sweep.

    Reach: 0.4, or the mean distance of the runs where a thin design lies further apart.

    Args:
        zone: of the map.
        runs: (n, 2) distinct points in (v, u) to which the surfaces are fitted.
        process: of these runs.
    """
    nodes, box = lattice(zone.space, *GRID)[2], limits(zone.space)
    share = float(zone.contains(nodes).mean())
    area = share * float(np.prod(box[:, 1] - box[:, 0]))
    whole = Ground(zone, runs, max(NEAREST, math.sqrt(area / max(len(runs), 1))), process, -math.inf)
    near = nodes[whole.holds(nodes)]
    heights = process.mean(zone.space.axes.to_fit(near if len(near) else runs))
    return Ground(zone, runs, whole.distance, process, float(heights.max()) - WIDE * process.noise)
