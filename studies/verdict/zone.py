"""The zone: the part of the box that the map leaves in play, and the points of the zoom.

Zone = where the map's Gaussian-process mean is at least min(its maximum - 5 sigma, its 95th percentile over the box),
so never below 5 % of the box. Sigma pools the claim's replicates with the noise that the process finds around itself
(counted as half its rows): eight replicates alone would leave the zone's size to chance. Where more than 5 % of the
zone's runs ended at chance level, a cliff crosses it and 3 sigma are used instead. The zone is a function of the map's
runs alone: the zoom and the verdict see the same zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import Axes
from studies.language.space import Space
from studies.late_scipy import qmc
from studies.verdict.gaussian_process import Process, fit_process, pool_repeats
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import in_box, lattice, limits
from studies.verdict.row_blocks import MAP_PHASES
from studies.verdict.rows import Rows, Sample, is_constant, map_rows, pilot_deviation, sample_of
from studies.verdict.sigma import Deviation, pool

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
WIDE, NARROW = 5.0, 3.0  # sigmas below the mean's maximum that stay in the zone, without and with a cliff
CLIFF_SHARE = 0.05  # of the zone's runs at chance level
SMALLEST_SHARE = 0.05  # of the box
WINSOR_QUANTILE, WINSOR_DEPTH = 0.9, 1.5  # floor of the map's responses: the cliff must not set the length scale
MOST_NOISE = 2.0  # of the replicates, in deviations of the process' noise
FEWEST_RUNS = 6  # below this the whole box stays in play
GRID = (61, 41)  # nodes along v and u on which the threshold is taken
FIRST_DRAW, LAST_DRAW = 10, 18  # log2 of the Sobol points tried


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A superlevel set of the map's process; the whole box where `process` is None."""

    space: Space
    process: Process | None
    threshold: float
    sigmas: float

    def contains(self, points: FloatArray) -> BoolArray:
        """Mask of the points (n, 2) in (v, u) that lie in the zone; shape (n,)."""
        mask = in_box(self.space, points)
        if self.process is not None and mask.any():
            mask[mask] = self.process.mean(self.space.axes.to_fit(points[mask])) >= self.threshold
        return mask


def find_zone(evidence: Evidence) -> Zone:
    """The zone that the map's runs leave; the whole box where they are fewer than six or all alike."""
    return zone_of(sample_of(evidence))


def zone_of(sample: Sample) -> Zone:
    """`find_zone` of a sample that is made already."""
    evidence = sample.evidence
    if evidence.method.typical:
        sample = sample_of(_only_map(evidence))
    rows = map_rows(sample)
    if too_thin(rows):
        return Zone(evidence.space, None, -np.inf, WIDE)
    process = fit_map(rows, evidence.space.axes)
    fitted = Deviation(process.noise, max(1, len(process.x) // 2))
    noise = pool([_replicates(sample, process), fitted])
    sigma = noise.value if noise is not None else process.noise
    heights = process.mean(evidence.space.axes.to_fit(lattice(evidence.space, *GRID)[2]))
    zone = _cut(evidence.space, process, heights, WIDE * sigma, WIDE)
    inside = zone.contains(rows.points)
    if inside.any() and float(rows.chance[inside].mean()) > CLIFF_SHARE:
        zone = _cut(evidence.space, process, heights, NARROW * sigma, NARROW)
    return zone


def _replicates(sample: Sample, process: Process) -> Deviation | None:
    """Sigma of the replicates; of typical runs at most twice the process' noise, lest one point opens the whole box."""
    if not sample.evidence.method.typical:
        return pilot_deviation(sample_of(_only_map(sample.evidence)))
    found = pilot_deviation(sample)
    return found and replace(found, value=min(found.value, MOST_NOISE * process.noise))


def too_thin(rows: Rows) -> bool:
    """True where the rows are too few, or too much alike, to say anything about a place."""
    return len(rows) < FEWEST_RUNS or is_constant(rows.y)


def fit_map(rows: Rows, axes: Axes) -> Process:
    """Gaussian process of the map, its responses winsorised from below at their 90th percentile - 1.5."""
    floor = float(np.quantile(rows.y, WINSOR_QUANTILE)) - WINSOR_DEPTH
    x, y, repeats, blocks = pool_repeats(axes.to_fit(rows.points), np.maximum(rows.y, floor), rows.blocks)
    return fit_process(x, y, repeats=repeats, blocks=blocks)


def zone_points(evidence: Evidence, count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Scrambled Sobol points inside the zone, for the zoom.

    Args:
        evidence: a sweep with at least its map finished; other phases are not read.
        count: number of points.
        seed: of the scrambling; equal seeds and rows give equal points.

    Returns:
        values of the two parameters, shape (count,) each, in Sobol order.
    """
    zone = find_zone(evidence)
    box = limits(evidence.space)
    chosen = np.empty((0, 2))
    for power in range(FIRST_DRAW, LAST_DRAW + 1):
        unit = qmc.Sobol(d=2, scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
        points = box[:, 0] + unit * (box[:, 1] - box[:, 0])
        chosen = points[zone.contains(points)]
        if len(chosen) >= count:
            break
    chosen = np.resize(chosen, (count, 2)) if len(chosen) else np.tile(box.mean(axis=1), (count, 1))
    return evidence.space.clipped(chosen[:, 0], chosen[:, 1])


def _cut(space: Space, process: Process, heights: FloatArray, depth: float, sigmas: float) -> Zone:
    threshold = min(float(heights.max()) - depth, float(np.quantile(heights, 1.0 - SMALLEST_SHARE)))
    return Zone(space, process, threshold, sigmas)


def _only_map(evidence: Evidence) -> Evidence:
    mask = np.isin(evidence.runs.phase, MAP_PHASES)
    return replace(evidence, runs=evidence.runs.where(np.asarray(mask, dtype=np.bool_)))
