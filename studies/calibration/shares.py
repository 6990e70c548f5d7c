"""Binomial shares with exact intervals (Clopper & Pearson 1934)."""

from __future__ import annotations

from studies.calibration.chances import Share
from studies.late_scipy import binomtest


def share(count: int, n: int, confidence: float = 0.95) -> Share:
    """A binomial share with its exact two-sided interval."""
    if n == 0:
        return Share(None, count, n, None, None)
    interval = binomtest(count, n).proportion_ci(confidence, method="exact")
    return Share(count / n, count, n, float(interval.low), float(interval.high))


def upper_bound(count: int, n: int, confidence: float = 0.95) -> float:
    """Exact one-sided upper confidence bound of a binomial share; 1 where n is 0."""
    if n == 0:
        return 1.0
    return float(binomtest(count, n, alternative="less").proportion_ci(confidence, method="exact").high)
