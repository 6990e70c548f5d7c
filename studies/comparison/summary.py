"""One row by one objective: mean with interval, deviation and median, censored runs counted and never dropped."""

from __future__ import annotations

import numpy as np

from studies.comparison.model import ArmResult
from studies.comparison.samples import Sample
from studies.verdict.paired import mean_test


def summary(objective: str, sample: Sample) -> ArmResult:
    """Mean, deviation, median and interval of a sample.

    A censored run counts at its lower bound. The mean is then a lower bound and its interval has no upper end; where
    more than half of the runs are censored there is no mean. A median stands where no run in the middle is censored.
    """
    n, censored = len(sample), int(sample.censored.sum())
    reached = n - censored if objective in WITH_TARGET else None
    counts = ArmResult(objective, n, censored=censored, reached=reached, at_least=censored > 0)
    if not n or 2 * censored > n:
        return counts
    test = mean_test(sample.value)
    low, high = test.interval()
    return ArmResult(
        objective,
        n,
        censored=censored,
        reached=reached,
        mean=test.mean,
        at_least=censored > 0,
        sd=float(np.std(sample.value, ddof=1)) if n > 1 else None,
        median=_median(sample),
        low=low,
        high=None if censored else high,
    )


WITH_TARGET = ("epochs_to_target", "smallest_width")


def _median(sample: Sample) -> float | None:
    """The median; None where one of the runs in the middle is censored, so that it could be anything above."""
    order = np.lexsort((sample.censored, sample.value))
    middle = order[(len(order) - 1) // 2 : len(order) // 2 + 1]
    return None if sample.censored[middle].any() else float(sample.value[middle].mean())
