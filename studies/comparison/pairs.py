"""Two rows on shared seeds: mean difference, chance of being better, and a p-value that holds with censored runs.

    no run censored      Student's paired t-test, to which the interval of the difference belongs
    some run censored    the exact signed-rank test (Wilcoxon 1945) on the values as they are counted

Both hold where the two rows can be exchanged within each pair: differences are then symmetric about zero, however many
runs are cut off. A censored run ranks behind any run that reached the same value. Zero differences are left out of the
ranks, equal ones share a mean rank. The difference of censored times is one of restricted means, E min(T, cap).

References: Wilcoxon (1945), Biometrics Bull. 1, 80-83; Royston & Parmar (2013), BMC Med. Res. Methodol. 13, 152.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.comparison.samples import Sample
from studies.late_scipy import norm, rankdata
from studies.verdict.beats import share_interval
from studies.verdict.model import UNKNOWN, Interval
from studies.verdict.paired import MeanTest, mean_test

FloatArray = NDArray[np.float64]
EXACT_RANKS = 60  # non-zero differences whose signs are enumerated; beyond, the rank sum is normal
BEYOND = 1e-6  # by which share of its value a censored run lies behind one that reached it
SAME = 1e-9  # differences closer than this share of the largest value are equal


class Pairs:
    """Row minus baseline on the blocks that both have.

    Args:
        row: the sample that is asked about.
        baseline: the sample that it is compared with.
    """

    def __init__(self, row: Sample, baseline: Sample) -> None:
        _, ours, theirs = np.intersect1d(row.block, baseline.block, assume_unique=True, return_indices=True)
        a, b = row.value[ours], baseline.value[theirs]
        lost, its = row.censored[ours], baseline.censored[theirs]
        self.count = len(a)
        self.censored = bool((lost | its).any())
        self._mostly = 2 * int(lost.sum()) > self.count or 2 * int(its.sum()) > self.count
        self._d: FloatArray = a - b
        largest = float(np.abs(np.concatenate([a, b])).max()) if self.count else 0.0
        apart = (a + BEYOND * np.abs(a) * lost) - (b + BEYOND * np.abs(b) * its)
        self._ranked: FloatArray = np.where(np.abs(apart) <= SAME * largest, 0.0, apart)
        self._step = SAME * largest
        self._sign = 1.0 if row.larger_is_better else -1.0

    @property
    def test(self) -> str:
        """Name of the test behind the p-value; "" below two pairs."""
        return "" if self.count < 2 else "signed rank" if self.censored else "t"

    @property
    def difference(self) -> Interval:
        """Mean difference with its 95 % t-interval; unknown without a pair, or where a row is mostly censored."""
        if not self.count or self._mostly:
            return UNKNOWN
        found = mean_test(self._d)
        return Interval(found.mean, *found.interval())

    @property
    def better(self) -> Interval:
        """Probability that a run of the row is better than the baseline's on the same seed, ties half."""
        if not self.count:
            return UNKNOWN
        ties = int(np.count_nonzero(self._ranked == 0.0))
        wins = int(np.count_nonzero(self._sign * self._ranked > 0.0)) + ties / 2
        return Interval(wins / self.count, *share_interval(wins, self.count))

    @property
    def p(self) -> float | None:
        """Two-sided p-value of equal rows; None below two pairs."""
        if self.count < 2:
            return None
        return signed_rank_p_value(self._ranked, self._step) if self.censored else two_sided(mean_test(self._d))


def two_sided(test: MeanTest) -> float | None:
    """Two-sided p-value of a mean of zero."""
    above, below = test.p_greater(0.0), test.p_less(0.0)
    return None if above is None or below is None else min(1.0, 2.0 * min(above, below))


def signed_rank_p_value(d: FloatArray, step: float = 0.0) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test; 1 where every difference is zero.

    Exact, ties included, up to `EXACT_RANKS` differences that are not zero; beyond, by the normal distribution.

    Args:
        d: differences, shape (n,).
        step: sizes that differ by no more are equal.
    """
    d = d[d != 0.0]
    if not len(d):
        return 1.0
    sizes = np.abs(d) if step == 0.0 else np.round(np.abs(d) / step)
    doubled = np.rint(2.0 * rankdata(sizes)).astype(np.int64)  # mean ranks are halves
    sums = int(doubled[d > 0.0].sum()), int(doubled[d < 0.0].sum())
    if len(d) > EXACT_RANKS:
        deviation = math.sqrt(float((doubled.astype(np.float64) ** 2).sum()))
        return float(2.0 * norm.sf(abs(sums[0] - sums[1]) / deviation))
    chances = np.zeros(int(doubled.sum()) + 1)
    chances[0] = 1.0
    for rank in doubled:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: len(chances) - rank]
        chances = 0.5 * (chances + shifted)
    return min(1.0, 2.0 * float(chances[max(sums) :].sum()))
