"""The Gaussian process of the zone's runs and of the paired arms' means.

The location by two methods floors the responses: what lies far below the top is low, and how low says nothing about
where the top is, while a process of one length takes a cliff of several logits for roughness and noise everywhere.
Responses are winsorised from below at the process' highest mean - 3 deviations of its noise, each block's offset taken
out first. Where the noise is alike, the mean of a winsorised response is a rising function of the response's own mean,
so the highest place stays the highest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import PAPER, Axes
from studies.verdict.gaussian_process import OFFSET, Process, fit_process, pool_repeats
from studies.verdict.rows import Rows
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DEPTHS = (6.0, 3.0)  # deviations of noise below the top that stay, refit by refit: a cliff first inflates the noise


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Rows of a fit: points in the coordinates of a fit, mean responses, repeats, block codes."""

    x: FloatArray
    y: FloatArray
    repeats: FloatArray
    blocks: IntArray
    axes: Axes = PAPER

    @property
    def points(self) -> FloatArray:
        """Distinct points in (v, u), shape (m, 2)."""
        return self.axes.from_fit(np.unique(self.x, axis=0))

    def fit(self) -> Process:
        """The process of these rows."""
        return fit_process(self.x, self.y, repeats=self.repeats, blocks=self.blocks)


def pooled_rows(rows: Rows, arms: tuple[FloatArray, FloatArray, FloatArray], zone: Zone) -> Pooled:
    """The zone's runs, and the levels of the paired arms, which share an offset of their own.

    Args:
        rows: in the zone.
        arms: points, levels and numbers of blocks, by `rows.arm_levels`.
        zone: outside which an arm says nothing.
    """
    x, y, repeats, blocks = pool_repeats(zone.space.axes.to_fit(rows.points), rows.y, rows.blocks)
    points, levels, counts = arms
    keep = zone.contains(points)
    if int(keep.sum()) >= 2:
        x, y = np.vstack([x, zone.space.axes.to_fit(points[keep])]), np.concatenate([y, levels[keep]])
        repeats = np.concatenate([repeats, counts[keep]])
        blocks = np.concatenate([blocks, np.full(int(keep.sum()), blocks.max() + 1)])
    return Pooled(x, y, repeats, blocks, zone.space.axes)


def floored_process(pooled: Pooled, process: Process, points: FloatArray) -> Process:
    """The process of responses that are winsorised below its top over the points (m, 2) in (v, u).

    Args:
        pooled: rows of the fit.
        process: the same rows' process, not winsorised.
        points: where the top is sought.
    """
    if len(process.x) != len(pooled.y):  # only representatives were fitted, so offsets of all rows are unknown
        return process
    for depth in DEPTHS:
        floor = float(process.mean(pooled.axes.to_fit(points)).max()) - depth * process.noise
        floored = np.maximum(pooled.y, floor + _offsets(process, pooled.blocks))
        process = replace(pooled, y=floored).fit()
    return process


def _offsets(process: Process, blocks: IntArray) -> FloatArray:
    """Posterior mean of each row's block offset, units of y; none where there is one block."""
    if len(np.unique(blocks)) == 1:
        return np.zeros(len(blocks))
    codes = np.unique(blocks, return_inverse=True)[1].ravel()
    return np.asarray(process.scale * OFFSET * np.bincount(codes, weights=process.weights)[codes], dtype=np.float64)
