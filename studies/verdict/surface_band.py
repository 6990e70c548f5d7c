"""How well a verdict's fitted surface is known: a pointwise 95 % band of its difference from its highest place.

A difference, since the surface is known up to a constant (blocks have offsets of their own), and since that is what
figures show. It comes in closed form from the joint posterior of the process behind the map; the highest place and the
hyperparameters are taken as found, so the band is pointwise and no test: statements and regions are the verdict's.

Verdicts hold no such band. It is made anew from their runs, and given only where these yield the very map of the
verdict: a running study's verdict may be older than its runs, and one may come from another release.

The process raises responses that lie far below the top (`zone_process`), so that the map's depths only say "low".
Within one deviation of noise above that floor, means begin to be biased, and no band is given there.

Of 42 simulated studies (scenarios A, D, E, G, H, K and M of the calibration, 6 each), the band held the planted
difference at this share of a profile's places, by the number of rows that the process was fitted to (mean):

    rows         43      55      79      127     158, all
    analysis 5   83 %    85 %    90 %    97 %    97 %
    analysis 4   57 %    59 %    63 %    67 %    70 %

Few rows leave the hyperparameters open, and analysis 4 fits cliffs with the top: neither gets a band.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import Axes
from studies.verdict.amounts import region_in_measure
from studies.verdict.gaussian_process import Process
from studies.verdict.location import map_process
from studies.verdict.methods import METHODS
from studies.verdict.model import QUANTILE, Evidence, RegionMap
from studies.verdict.nodes import with_mean
from studies.verdict.rows import sample_of
from studies.verdict.zone_process import DEPTHS

FloatArray = NDArray[np.float64]
SAME = 0.05  # deviations of one run by which two maps may differ and be one: machines round differently
FEWEST_ROWS = 64  # of the process' fit, below which there is no band
CLEAR = 1.0  # deviations of one run above the floor from which means are unbiased to a tenth of that


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceBand:
    """The band of one sweep's map, in the map's units."""

    process: Process
    axes: Axes  # whose coordinates v and u are
    size: float  # of a unit of response, in the map's
    depth: float  # below the top, down to which there is a band

    def half_widths(self, points: FloatArray, top: FloatArray) -> FloatArray:
        """Half of the 95 % interval of the response at (m, 2) points (v, u) minus that at `top`, (2,); shape (m,)."""
        deviations = self.process.gap_deviations(self.axes.to_fit(points), self.axes.to_fit(top[None, :])[0])
        return np.asarray(QUANTILE * self.size * deviations, dtype=np.float64)


def surface_band(evidence: Evidence, region: RegionMap) -> SurfaceBand | None:
    """The band of a verdict's map.

    None under analysis 4 or one that is unknown here, of too few rows, or where the runs do not yield that map.

    Args:
        evidence: what the verdict was given.
        region: the verdict's map.

    Raises:
        ValueError: the objective is unknown.
    """
    if evidence.analysis not in METHODS or not evidence.method.union_region:
        return None
    process = map_process(evidence)
    if process is None or len(process.x) < FEWEST_ROWS:
        return None
    unit, axes = sample_of(evidence).unit, evidence.space.axes
    again = region_in_measure(with_mean(region, process, axes, of_typical=evidence.method.typical), unit)
    noise = process.noise * unit.size
    if not _alike(region, again, SAME * noise):
        return None
    return SurfaceBand(process, axes, unit.size, (DEPTHS[-1] - CLEAR) * noise)


def _alike(one: RegionMap, other: RegionMap, most: float) -> bool:
    """True where the fitted responses of two maps of the same nodes differ by no more than `most`."""
    first, second = (np.array(region.mean, dtype=np.float64) for region in (one, other))  # None becomes nan
    if first.shape != second.shape:
        return False
    gaps = np.abs(first - second)
    return bool(np.isfinite(gaps).any() and np.nanmax(gaps) <= most)
