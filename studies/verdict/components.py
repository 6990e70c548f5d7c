"""Variance of the paired blocks by its sources: what splits and seeds share, and what one run has of its own.

Model of the complete table of blocks and arms: y = arm + block + own, the block's part with variance S^2, a run's own
with s^2. All arms of a block have its split, its order and its initial weights in common, so the block's part is what
those change for every arm alike. Estimates by the mean squares of a two-way analysis of variance: s^2 = MS(residual),
S^2 = (MS(blocks) - MS(residual)) / arms, not below zero.

Neither of the two is shown as sigma. What every page, table and sentence calls sigma, and what the margin rests on, is
`SweepVerdict.sigma`: the deviation of one run by Huber's Proposal 2, from the paired blocks where there are any
(`findings`). The mean squares here answer another question, how much of the scatter a block's runs share, and are named
so: "within a block", "between blocks, which share seed and split".

Reference: Searle, Casella & McCulloch (1992), chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from studies.verdict.comparisons import near_by_response
from studies.verdict.rows import ArmRuns, complete_table
from studies.verdict.sigma import block_deviation


def deviations(arms: Sequence[ArmRuns]) -> tuple[float, float] | None:
    """Deviation of one run within its block, and deviation between blocks, response units.

    From the arms near the optimum (`near_by_response`), whose noise is alike. None below two blocks or arms.
    """
    table = complete_table(near_by_response(arms))[1]
    own = block_deviation(table)
    if own is None:
        return None
    count = table.shape[1]
    between = count * float(table.mean(axis=1).var(ddof=1))
    return own.value, math.sqrt(max(0.0, between - own.value**2) / count)
