"""Runs of a sweep by outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.verdict.answers import OutcomeCounts, RunOutcome
from studies.verdict.rows import Sample

BoolArray = NDArray[np.bool_]


def outcome_counts(sample: Sample, mask: BoolArray | None = None) -> OutcomeCounts:
    """Runs by what became of them, all of them or those that `mask` (shape (n,)) selects.

    A run is counted whether or not estimates read it: beyond a cliff, runs that diverged are both.
    """
    chosen = sample.outcome if mask is None else sample.outcome[mask]
    return OutcomeCounts(**{outcome.value: int(np.count_nonzero(chosen == outcome)) for outcome in RunOutcome})
