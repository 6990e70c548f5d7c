"""Runs of a sweep by outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.records import Cause
from studies.verdict.answers import OutcomeCounts, RunOutcome
from studies.verdict.rows import Sample

BoolArray = NDArray[np.bool_]


def outcome_counts(sample: Sample, mask: BoolArray | None = None) -> OutcomeCounts:
    """Runs by what became of them, all of them or those that `mask` (shape (n,)) selects.

    A run is counted whether or not estimates read it: beyond a cliff, runs that diverged are both.
    """
    every = np.ones(len(sample.outcome), dtype=np.bool_) if mask is None else mask
    chosen, runs = sample.outcome[every], sample.evidence.runs.where(every)
    unexplained = runs.diverged & np.isin(runs.cause, (Cause.CHANCE, Cause.NONE))
    counts = {outcome.value: int(np.count_nonzero(chosen == outcome)) for outcome in RunOutcome}
    return OutcomeCounts(**counts, unexplained=int(np.count_nonzero(unexplained)))
