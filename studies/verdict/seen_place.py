"""Where the 95 % region lies as seen from the claim: its distances, whether it spans the box, where it leaves it.

Distances are those of the neighbourhood N: the larger of |ln(eta / eta*)| and |ln((1 - alpha) / (1 - alpha*))|, given
as the factor exp(distance) >= 1. N is what lies within the claim's tolerance factor. Where N is stated otherwise,
distances are in tolerances, one tolerance as a factor 2 (`neighbourhood.distances`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.language.space import Space
from studies.verdict.location import Location
from studies.verdict.model import LEVEL
from studies.verdict.neighbourhood import SLACK, distances, limits, stretch

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """The region's distances from the claim, as factors >= 1, and the sides of the box that it reaches."""

    nearest: float
    farthest: float
    identifiable: bool  # False where it reaches from one end of the box to the other, in eta or in alpha
    open_sides: tuple[str, ...]

    def is_inside(self, claim: Claim) -> bool:
        """True where the whole region lies in the claim's neighbourhood, its border included."""
        return math.log(self.farthest) <= claim.reach + SLACK

    def is_outside(self, claim: Claim) -> bool:
        """True where no part of the region lies in the claim's neighbourhood."""
        return math.log(self.nearest) > claim.reach + SLACK


def place_of(location: Location, claim: Claim, space: Space) -> Place | None:
    """The region as seen from the claim; None where no region was found.

    The tests look between nodes, too: at the claim's own point, and on the border of N. Where they leave such a point
    in the region and no node beside it, the region ends there, up to half a step between nodes.
    """
    found, region = location.region_nodes, location.region
    if found is None or region is None or len(found) == 0:
        return None
    away = distances(claim, found)
    step = np.array([axis[1] - axis[0] for axis in (region.v, region.u)])
    near, far, border = float(away.min()), float(away.max()), claim.reach
    half_step = float((step * stretch(claim)).max()) / 2
    if _kept(location.p_claim):
        near = 0.0
    if _kept(location.p_in):
        far = max(far, border + half_step)
    if _kept(location.p_out):
        near = min(near, max(0.0, border - half_step))
    return Place(
        nearest=math.exp(near),
        farthest=math.exp(far),
        identifiable=not spans(found, space, step),
        open_sides=location.open_sides,
    )


def _kept(p: float | None) -> bool:
    return p is not None and p > LEVEL


def spans(found: FloatArray, space: Space, step: FloatArray) -> bool:
    """True where points (m, 2) reach from end to end of the box in eta or in alpha; alpha = 0 is an end here."""
    box = limits(space)
    low = np.any(found <= box[:, 0] + step / 2, axis=0)
    high = np.any(found >= box[:, 1] - step / 2, axis=0)
    return bool(np.any(low & high))
