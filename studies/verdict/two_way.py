"""Additive fit of a table of blocks by arms with missing cells: y = block + arm + noise, by least squares.

Arms that left early, and pairs in which a run collapsed, leave holes; a plain mean over what is left of an arm would
carry the effects of its blocks. Arms without a block in common cannot be compared: the fit is of the largest part of
the table that hangs together, the rest is nan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TwoWay:
    """Arms' levels, as at the mean of the blocks' effects, and what the fit leaves."""

    levels: FloatArray  # (arms,) response units; nan for arms that cannot be compared
    counts: FloatArray  # (arms,) cells that the level rests on
    residual: FloatArray  # (blocks, arms), nan where no cell was fitted
    df: int


def fit_two_way(table: FloatArray) -> TwoWay:
    """Least-squares fit of a (blocks, arms) table, missing cells nan; df 0 where nothing can be compared."""
    use = _connected(np.isfinite(table))
    rows, columns = np.flatnonzero(use.any(axis=1)), np.flatnonzero(use.any(axis=0))
    levels, residual = np.full(table.shape[1], np.nan), np.full(table.shape, np.nan)
    if len(rows) == 0:
        return TwoWay(levels, np.zeros(table.shape[1]), residual, 0)
    present, y = use[np.ix_(rows, columns)], np.where(use, table, 0.0)[np.ix_(rows, columns)]
    arms = _arm_effects(present, y)
    blocks = (y - np.where(present, arms, 0.0)).sum(axis=1) / present.sum(axis=1)
    levels[columns] = arms + blocks.mean()
    residual[np.ix_(rows, columns)] = np.where(present, y - arms - blocks[:, None], np.nan)
    df = int(present.sum()) - len(rows) - len(columns) + 1
    return TwoWay(levels, use.sum(axis=0).astype(np.float64), residual, df)


def _arm_effects(present: BoolArray, y: FloatArray) -> FloatArray:
    """Effects of the arms from the normal equations with the blocks eliminated; they sum to zero."""
    seen = present.astype(np.float64)
    per_block = seen.sum(axis=1, keepdims=True)
    normal = np.diag(seen.sum(axis=0)) - seen.T @ (seen / per_block)
    right = (y - seen * (y.sum(axis=1, keepdims=True) / per_block)).sum(axis=0)
    return np.asarray(np.linalg.lstsq(normal, right, rcond=1e-10)[0], dtype=np.float64)


def _connected(present: BoolArray) -> BoolArray:
    """The cells of the largest set of arms that blocks tie together, one by one."""
    best, left = np.zeros_like(present), set(np.flatnonzero(present.any(axis=0)).tolist())
    while left:
        arms = np.zeros(present.shape[1], dtype=np.bool_)
        arms[left.pop()] = True
        while True:
            wider = present[present[:, arms].any(axis=1)].any(axis=0)
            if not (wider & ~arms).any():
                break
            arms |= wider
        left -= set(np.flatnonzero(arms).tolist())
        part = present & arms
        best = part if part.sum() > best.sum() else best
    return best
