"""The scale of Huber's Proposal 2, which no single value can carry away.

Solves sum psi(r / s)^2 = df * beta for the residuals r with psi(z) = min(max(z, -c), c) and
beta = E psi(Z)^2 for a standard normal Z, so that s is consistent for the deviation of normal noise. A value counts as
itself within c deviations and as c deviations beyond. At c = 2 and normal noise the scale has 88.6 % of the efficiency
of the plain deviation (in variance), and it stays finite while less than beta / c^2 = 23 % of the values lie far off.

References: Huber (1964), Ann. Math. Stat. 35, 73-101; Huber & Ronchetti (2009), section 6.4.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import norm

FloatArray = NDArray[np.float64]
CUT = 2.0  # c, in deviations
ROUNDS, CLOSE = 200, 1e-10  # fixed-point steps at most, and the relative change that ends them
FEWEST_DEGREES = 3  # below, a median of so few residuals is no better a start than their deviation
TO_NORMAL = 1.482602218505602  # of the median absolute deviation: one over the normal quantile at 0.75


def second_moment(cut: float) -> float:
    """beta = E psi(Z)^2 of a standard normal Z, in (0, 1)."""
    within = 2.0 * float(norm.cdf(cut)) - 1.0
    return within + cut**2 * (1.0 - within) - 2.0 * cut * float(norm.pdf(cut))


def huber_scale(residuals: FloatArray, *, df: int, cut: float = CUT) -> float:
    """Scale of residuals around fitted means, in their units; 0 where there are none or most are zero.

    Assumptions: residuals of independent runs with one deviation, but for a minority of any size.

    Args:
        residuals: shape (n,).
        df: their degrees of freedom, n less the fitted means.
        cut: c.
    """
    if df < 1 or len(residuals) == 0:
        return 0.0
    sizes = np.abs(residuals)
    start = float(np.median(sizes)) * TO_NORMAL * math.sqrt(len(sizes) / df)
    plain = math.sqrt(float(np.mean(sizes**2)) * len(sizes) / df)
    scale = start if df >= FEWEST_DEGREES else plain
    expected = df * second_moment(cut)
    for _ in range(ROUNDS):
        if scale <= 0.0:
            return 0.0
        before = scale
        scale = math.sqrt(float(np.sum(np.minimum(sizes, cut * scale) ** 2)) / expected)
        if abs(scale - before) <= CLOSE * before:
            break
    return scale
