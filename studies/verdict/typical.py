"""The runs of a sweep sorted: what became of each, and which are typical, that is, read by surface, pairs and sigma.

Estimates of analysis 5 speak of runs that train. A run that collapsed, or ended at chance among runs that do not, is
counted (`outcome_counts`), tested (`collapse_test`) and left out of them. It stays in where a low response is usual:
beyond a cliff, or at an arm that fails in more than three quarters of its runs. So `outcome` says what became of a run,
`typical` whether it agrees with the runs around it. Each kind of data is sorted by its own runs alone (`collapse`), so
that what map and zoom point to does not depend on the pairs that test it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import PAPER, Axes
from studies.language.phases import PAIRED_PHASES, Phase
from studies.records import Cause, Runs
from studies.verdict.answers import RunOutcome
from studies.verdict.collapse import collapsed_alone, collapsed_in_pairs
from studies.verdict.row_blocks import MAP_PHASES, block_codes

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def sort_runs(
    runs: Runs, points: FloatArray, y: FloatArray, *, axes: Axes = PAPER, valueless: BoolArray | None = None
) -> tuple[NDArray[np.str_], BoolArray]:
    """What became of each run (values of `RunOutcome`), and the mask of the typical ones; shapes (n,).

    Args:
        runs: of one sweep.
        points: (n, 2) in (v, u).
        y: (n,) responses.
        axes: whose coordinates v and u are.
        valueless: (n,) runs whose outcome has no value at all: never typical, and no other run is set against them.
    """
    if valueless is not None and valueless.any():
        kept = ~valueless
        outcome, typical = chance_outcome(runs), np.zeros(len(y), dtype=np.bool_)
        outcome[kept], typical[kept] = sort_runs(runs.where(kept), points[kept], y[kept], axes=axes)
        return outcome, typical
    low = np.zeros(len(y), dtype=np.bool_)
    located = np.isin(runs.phase, (*MAP_PHASES, Phase.ZOOM))
    codes = block_codes(runs.phase[located], runs.block[located])
    low[located] = collapsed_alone(axes.to_fit(points[located]), y[located], codes)
    for phases in (PAIRED_PHASES, (Phase.CV,)):
        paired = np.isin(runs.phase, phases)
        low[paired] = _low_in_pairs(runs.where(paired), y[paired])
    outcome = chance_outcome(runs)
    return np.where((outcome == RunOutcome.TRAINED) & low, RunOutcome.COLLAPSED, outcome), ~low


def chance_outcome(runs: Runs) -> NDArray[np.str_]:
    """Outcome of the runs that ended at chance or broke, "trained" for all others; shape (n,).

    One whose cause is not known counts as diverged.
    """
    slow = runs.cause == Cause.UNTRAINED
    failed = np.where(slow, RunOutcome.UNTRAINED, RunOutcome.DIVERGED)
    return np.where(runs.diverged, failed, RunOutcome.TRAINED).astype("<U9")


def _low_in_pairs(runs: Runs, y: FloatArray) -> BoolArray:
    """Mask of the runs that are low in their table of blocks by points; of doubles, the first is read for all."""
    if len(y) == 0:
        return np.zeros(0, dtype=np.bool_)
    blocks = _codes(np.column_stack([runs.block, runs.run]))
    arms = _codes(np.column_stack([runs.eta, runs.alpha]))
    table = np.full((int(blocks.max()) + 1, int(arms.max()) + 1), np.nan)
    table[blocks[::-1], arms[::-1]] = y[::-1]
    return collapsed_in_pairs(table)[blocks, arms]


def _codes(keys: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)
