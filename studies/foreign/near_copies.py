"""Blocks that are stated twice with small changes: jittered copies shrink every p-value as exact copies do.

Blocks on fresh seeds lie as near to each other as chance has it. A copy lies much nearer to its original than the next
block does. The statistic is the mean of ln(d_m / d_(m+1)) over all blocks, d_m the distance to the m-th nearest block
in normal scores of the block's level and of the arms' differences from it, whitened. Its distribution without copies is
found by permuting each component on its own. Ranks of the values themselves would not do: where blocks differ much more
than arms, the first and last blocks have the same rank in every arm, and look like copies.

Changes as large as the noise of a run are not noticed: they undo most of what a copy gains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studies.foreign.rows import Measurement
from studies.language.phases import PAIRED_PHASES
from studies.late_scipy import cKDTree, norm, rankdata, trim_mean

FloatArray = NDArray[np.float64]
FEWEST_BLOCKS = 12
MOST_COPIES = 5
PERMUTATIONS = 60
NEAREST = 1e-3  # that shares keep from 0 and 1, where a logit is infinite
DEVIATIONS = 6.0  # of the permuted statistic below its mean, from which blocks count as copies


def near_copies(rows: Sequence[Measurement]) -> int | None:
    """The number of times that the paired blocks seem to be stated; None where nothing looks copied.

    Args:
        rows: of one sweep; those of paired phases are read.
    """
    table = _table([row for row in rows if row.phase in PAIRED_PHASES])
    if len(table) < FEWEST_BLOCKS or table.shape[1] < 2:
        return None
    rng = np.random.default_rng(0)
    points = _whitened(table, rng)
    if points.shape[1] < 2 or len(points) <= points.shape[1] + 2:
        return None
    chance = np.array([_nearness(rng.permuted(points, axis=0)) for _ in range(PERMUTATIONS)])
    spread = np.maximum(chance.std(axis=0, ddof=1), 1e-9)
    deviations = (_nearness(points) - chance.mean(axis=0)) / spread
    found = int(np.argmin(deviations))
    return found + 2 if deviations[found] < -DEVIATIONS else None


def _table(rows: Sequence[Measurement]) -> FloatArray:
    """Values as (blocks, arms), of the blocks that have all arms that most blocks have."""
    arms: dict[tuple[str, float, float], int] = {}
    blocks: dict[tuple[int, int], dict[int, float]] = {}
    for row in rows:
        arm = arms.setdefault((row.arm or "", row.eta, row.alpha), len(arms))
        value = np.nan if row.value is None or row.diverged else row.value
        blocks.setdefault((row.block or 0, row.run or 0), {})[arm] = value
    found = np.array([[block.get(arm, np.nan) for arm in range(len(arms))] for block in blocks.values()])
    if found.size == 0:
        return np.empty((0, 0))
    kept = found[:, 2 * np.isfinite(found).sum(axis=0) >= len(found)]
    return np.asarray(kept[np.isfinite(kept).all(axis=1)], dtype=np.float64)


def _whitened(table: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Uncorrelated components of unit variance: of the blocks' levels, and of the arms' differences from them."""
    room = np.array([_spacing(column) for column in table.T])
    smooth = _additive(table + room * rng.uniform(-0.5, 0.5, size=table.shape))  # coarse values lie on a lattice
    level = trim_mean(smooth, 0.25, axis=1)[:, None]  # which a collapsed run hardly moves
    parts = np.hstack([level, (smooth - level)[:, :-1]])  # as many as there are arms
    scores = norm.ppf((rankdata(parts, axis=0) - 0.5) / len(table))  # so that no collapsed run rules a component
    left, size, _ = np.linalg.svd(scores - scores.mean(axis=0), full_matrices=False)
    return np.asarray(left[:, size > 1e-6 * max(size[0], 1e-12)] * np.sqrt(len(table)), dtype=np.float64)


def _additive(values: FloatArray) -> FloatArray:
    """Values on the scale on which blocks move all arms alike: logits of shares, logarithms of positive values."""
    if values.min() > -NEAREST and values.max() < 1.0 + NEAREST:
        share = np.clip(values, NEAREST, 1.0 - NEAREST)
        return np.asarray(np.log(share / (1.0 - share)), dtype=np.float64)
    return np.asarray(np.log(values), dtype=np.float64) if values.min() > 0.0 else values


def _spacing(values: FloatArray) -> float:
    """The smallest difference between two values that are not one, rounding apart; 0 where all are one."""
    steps = np.diff(np.unique(values))
    steps = steps[steps > 1e-9]
    return float(steps.min()) if len(steps) else 0.0


def _nearness(points: FloatArray) -> FloatArray:
    """Means of ln(d_m / d_(m+1)) for m = 1, 2, ..., one for each number of further copies."""
    most = min(MOST_COPIES, len(points) - 1)
    distances, _ = cKDTree(points).query(points, k=most + 1)
    logs = np.log(distances[:, 1:] + 1e-3 * float(np.median(distances[:, -1])) + 1e-12)
    return np.asarray(np.diff(logs, axis=1).mean(axis=0) * -1.0, dtype=np.float64)
