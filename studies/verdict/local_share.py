"""The share of runs that fail near a place: where it is too large, no arm of the confirmation is put.

Near the edge of stability the typical response, which speaks of runs that train, often rises right up to the edge,
while ever more runs collapse: its maximiser would be a point that nobody wants. So candidates are sought where the
share of failed runs among the NEAREST runs of map and zoom exceeds the zone's calmer part, the lower quartile of that
share over the zone's runs, by at most TOO_MANY. With 6 % failures everywhere, chance alone bars 2 % of places; a
quarter of failures more bars about half, a half bars nearly all. The share is drawn towards the calmer part's as by
PRIOR_RUNS further runs. No error rate is controlled: candidates only say where to look.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.language.phases import Phase
from studies.verdict.gaussian_process import Process
from studies.verdict.row_blocks import MAP_PHASES
from studies.verdict.rows import Sample
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NEAREST, PRIOR_RUNS = 15, 4
TOO_MANY = 0.20
CALMER = 0.25  # quantile of the local share, over the zone's runs
MOST_CELLS = 2**22  # of the table between nodes and runs


def is_calm(sample: Sample, zone: Zone, process: Process, nodes: FloatArray) -> BoolArray:
    """Mask of the nodes (m, 2) in (v, u) near which runs of map and zoom fail hardly more often than in the zone.

    Args:
        sample: of the sweep; runs of other phases are not read.
        zone: whose calmer part says what is usual; all runs do where it holds none.
        process: of the zone's runs; its lengths say what is near.
        nodes: where to look.
    """
    located = np.isin(sample.evidence.runs.phase, (*MAP_PHASES, Phase.ZOOM))
    points, failed = sample.points[located], ~sample.trained[located]
    if not failed.any():
        return np.ones(len(nodes), dtype=np.bool_)
    to_fit = zone.space.axes.to_fit
    count, lengths = min(NEAREST, len(points)), np.exp(process.log_parameters[:2])

    def failures(at: FloatArray) -> FloatArray:
        places = to_fit(points) / lengths
        pieces = np.array_split(to_fit(at) / lengths, max(1, len(at) * len(points) // MOST_CELLS))
        return np.concatenate([failed[_nearest(piece, places, count)].sum(axis=1) for piece in pieces])

    here = zone.contains(points)
    usual = float(np.quantile(failures(points[here] if here.any() else points), CALMER)) / count
    share = (failures(nodes) + PRIOR_RUNS * usual) / (count + PRIOR_RUNS)
    return np.asarray(share <= usual + TOO_MANY, dtype=np.bool_)


def _nearest(nodes: FloatArray, places: FloatArray, count: int) -> NDArray[np.int64]:
    """Indices of the nearest runs of each node, shape (m, count)."""
    squares = sum(np.subtract.outer(nodes[:, i], places[:, i]) ** 2 for i in range(2))
    return np.asarray(np.argpartition(squares, count - 1, axis=1)[:, :count], dtype=np.int64)
