"""The points that the confirmation measures: the best of map and zoom, the best inside N and those outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies import golden
from studies.language.claim import FOLKLORE
from studies.language.design import mate_arm
from studies.language.parameters import Axes
from studies.records import Arm
from studies.verdict.gaussian_process import Process, fit_process, pool_repeats
from studies.verdict.local_share import is_calm
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import SLACK, border, centre, core, inside, lattice
from studies.verdict.rows import Rows, located_rows, sample_of
from studies.verdict.zone import FEWEST_RUNS, Zone, too_thin, zone_of

FloatArray = NDArray[np.float64]
GRID = (121, 83)  # nodes along v and u among which the maximisers are sought


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the box."""

    eta: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Maximisers of the Gaussian-process mean: over the zone, in N, outside N, and outside N across the claim.

    `best` equals `inside` or `outside`. `opposite` is the best of the points x outside N for which
    (x - claim) . (outside - claim) < 0 in (v, u).
    """

    best: Point
    inside: Point
    outside: Point
    opposite: Point

    def arms(self, *, opposite: bool) -> list[tuple[Arm, Point]]:
        """Arms of a block beside the claim: the best, the best across N's border, and `opposite` where asked.

        The best point is the best inside or the best outside, so that a third arm would repeat its runs digit by digit.
        """
        rival = (Arm.OUTSIDE, self.outside) if self.best == self.inside else (Arm.INSIDE, self.inside)
        across = [(Arm.OPPOSITE, self.opposite)] if opposite else []
        return [(Arm.BEST, self.best), rival, *across]


def control_arms(evidence: Evidence, mates: Sequence[float], *, folklore: bool) -> list[tuple[str, Point]]:
    """Arms of a block for comparison: ridge mates at these alphas, and everyone's default.

    Mates lie on the claim's ridge; under analyses without `own_ridge` on the golden point's, whatever is claimed.
    """
    mate = evidence.claim.mate if evidence.method.own_ridge else golden.ridge_mate
    arms = [(mate_arm(alpha), Point(mate(alpha), alpha)) for alpha in mates]
    return [*arms, (Arm.DEFAULT.value, Point(*FOLKLORE))] if folklore else arms


def find_candidates(evidence: Evidence) -> Candidates:
    """Points to confirm, from the runs of map, zoom and search; confirm and controls are not read.

    The maximisers are taken over the zone; where the zone has no part inside (or outside) N, over the box's part.
    Under `method.typical` over the zone's calm places (`local_share`) where there are any.
    Without enough runs the claim's own point stands for all. Deterministic. They say where to look, never who wins:
    the paired confirmation on fresh seeds decides that.
    """
    middle, sample = centre(evidence.claim), sample_of(evidence)
    rows = located_rows(sample)
    if too_thin(rows):
        return Candidates(*(point_at(evidence, middle),) * 4)
    zone = zone_of(sample)
    nodes = np.vstack([lattice(evidence.space, *GRID)[2], border(evidence.claim, evidence.space)])
    if not inside(evidence.claim, nodes).any():
        nodes = np.vstack([nodes, core(evidence.claim, evidence.space)])
    nodes = nodes[np.any(np.abs(nodes - middle) > SLACK, axis=1)]  # the claim against itself would say nothing
    process = fit_zone(rows, zone)
    heights = process.mean(evidence.space.axes.to_fit(nodes))
    in_zone, in_neighbourhood = zone.contains(nodes), inside(evidence.claim, nodes)
    preferred = [in_zone]
    if evidence.method.typical:
        preferred = [in_zone & is_calm(sample, zone, process, nodes), in_zone]
    within = _maximiser(nodes, heights, in_neighbourhood, preferred)
    without = _maximiser(nodes, heights, ~in_neighbourhood, preferred)
    across = _across(nodes - middle, without[0] - middle, ~in_neighbourhood)
    opposite = _maximiser(nodes, heights, across, preferred)
    best = max((within, without), key=lambda pair: (-pair[2], pair[1]))
    return Candidates(*(point_at(evidence, found[0]) for found in (best, within, without, opposite)))


def fit_zone(rows: Rows, zone: Zone) -> Process:
    """Gaussian process of the runs in the zone, not winsorised; of all runs where the zone holds too few."""
    mask = zone.contains(rows.points)
    chosen = rows.where(mask) if int(mask.sum()) >= FEWEST_RUNS else rows
    x, y, repeats, blocks = pool_repeats(zone.space.axes.to_fit(chosen.points), chosen.y, chosen.blocks)
    return fit_process(x, y, repeats=repeats, blocks=blocks)


def _across(offsets: FloatArray, other: FloatArray, part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Members of a part on the claim's other side; where it has none there, those that are nearest to it."""
    along = offsets @ other
    found = part & (along < 0.0)
    return found if found.any() or not part.any() else part & (along <= along[part].min() + SLACK)


def _maximiser(
    nodes: FloatArray, heights: FloatArray, part: NDArray[np.bool_], preferred: Sequence[NDArray[np.bool_]]
) -> tuple[FloatArray, float, int]:
    """Highest node of the part in the first of the preferred places that it meets, else of the part.

    With its height, and how many of the preferred places it does not meet.
    """
    masks = [part & place for place in preferred]
    rank = next((i for i, mask in enumerate(masks) if mask.any()), len(masks))
    mask = (*masks, part)[rank]
    best = int(np.argmax(np.where(mask, heights, -np.inf)))
    return nodes[best], float(heights[best]), rank


def point_at(evidence: Evidence, vu: FloatArray) -> Point:
    """The point at coordinates (2,); one of the scale of one minus is never below zero."""
    return Point(*values_at(evidence.space.axes, vu))


def values_at(axes: Axes, vu: FloatArray) -> tuple[float, float]:
    """The parameters' values at coordinates (2,); one of the scale of one minus is never below zero."""
    first, second = axes.values(vu[0], vu[1])
    floored = second.clip(0.0) if axes.second.scale == "log_one_minus" else second
    return float(first), float(floored)
