"""Where runs are near enough to say that the optimum may lie there: beyond, every surface extrapolates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from studies.verdict.neighbourhood import lattice, limits
from studies.verdict.zone import GRID, Zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NEAREST = 0.4  # ln units, sup norm: two fifths of the zone's usual length along the response


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The points of the box within `distance` of a run, sup norm in (v, u)."""

    runs: FloatArray  # (n, 2) in (v, u)
    distance: float

    def holds(self, points: FloatArray) -> BoolArray:
        """Mask of the points (m, 2) that have a run within the distance; shape (m,)."""
        if len(points) == 0:
            return np.zeros(0, dtype=np.bool_)
        nearest = cKDTree(self.runs).query(points, p=np.inf)[0]
        return np.asarray(nearest <= self.distance, dtype=np.bool_)


def reach_of(runs: FloatArray, zone: Zone, *, located: int) -> Reach:
    """The reach of a sweep's runs: 0.4, or the mean distance of the zone's runs where a thin design lies further apart.

    Args:
        runs: (n, 2) points of all runs that the surfaces are fitted to.
        zone: where they are fitted.
        located: runs of map and zoom in the zone.
    """
    box = limits(zone.space)
    share = float(zone.contains(lattice(zone.space, *GRID)[2]).mean())
    area = share * float(np.prod(box[:, 1] - box[:, 0]))
    return Reach(np.unique(runs, axis=0), max(NEAREST, math.sqrt(area / max(located, 1))))
