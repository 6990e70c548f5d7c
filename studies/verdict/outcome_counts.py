"""Runs by what became of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.verdict.answers import OutcomeCounts
from studies.verdict.rows import Sample


def outcome_counts(sample: Sample, mask: NDArray[np.bool_] | None = None) -> OutcomeCounts:
    """Runs of a sweep by outcome, of all runs or of those that `mask` selects."""
    chance = sample.chance if mask is None else sample.chance[mask]
    diverged = int(chance.sum())
    return OutcomeCounts(trained=len(chance) - diverged, collapsed=0, untrained=0, diverged=diverged)
