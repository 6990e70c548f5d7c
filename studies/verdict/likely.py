"""Where the process' posterior puts the optimum: a highest-density region of its argmax draws, as p-values.

The density of the draws is estimated with a Gaussian kernel. The tail of a point is the share of draws at places no
denser than its own, so that {tail > a} is the highest-density region of content 1 - a (Box & Tiao 1973, section 2.8;
Hyndman 1996, Am. Stat. 50). The p-value is twice the tail: the process' hyperparameters are estimates, which the draws
do not vary, and on planted landscapes a posterior region of 97.5 % covers what one of 95 % should. The union with a
polynomial's confidence region covers at least as often as that one does, whatever the process makes of the runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BANDWIDTH = 0.15  # deviation of the kernel, ln units, or the grid's step where that is larger
CONFIDENCE_FACTOR = 2.0  # p-value of a tail
DRAWS = 2048
TIE = 1e-9  # relative difference up to which two densities are equal


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """Draws of the optimum, with the density that they have."""

    places: FloatArray  # (m, 2) distinct places in (v, u)
    shares: FloatArray  # (m,) of the draws
    bandwidth: FloatArray  # (2,)
    densities: FloatArray  # (m,) at the places, ascending
    content: FloatArray  # (m,) share of draws at places up to each of these densities
    draws: int

    def density(self, points: FloatArray) -> FloatArray:
        """Density at (n, 2) points, up to a factor; shape (n,)."""
        return _density(points, self.places, self.shares, self.bandwidth)

    def p_values(self, points: FloatArray) -> FloatArray:
        """Twice the tail at (n, 2) points in (v, u); shape (n,), each in [2 / (draws + 1), 1]."""
        rank = np.searchsorted(self.densities, self.density(points) * (1.0 + TIE), side="right")
        tail = np.where(rank > 0, self.content[rank - 1], 0.0)
        return np.minimum(1.0, CONFIDENCE_FACTOR * (tail * self.draws + 1.0) / (self.draws + 1.0))


def likely_of(argmaxes: FloatArray, step: FloatArray) -> Likely:
    """The density of argmax draws (n, 2) that lie on a grid of this step (2,)."""
    places, counts = np.unique(argmaxes, axis=0, return_counts=True)
    shares, bandwidth = counts / counts.sum(), np.maximum(BANDWIDTH, step)
    densities = _density(places, places, shares, bandwidth)
    order = np.argsort(densities, kind="stable")
    return Likely(places, shares, bandwidth, densities[order], np.cumsum(shares[order]), len(argmaxes))


def share_near(argmaxes: FloatArray, members: FloatArray, step: FloatArray) -> float:
    """Share of the draws (n, 2) that lie within a grid's step of one of the members (m, 2), each axis by its own."""
    if len(members) == 0:
        return 0.0
    places, counts = np.unique(argmaxes, axis=0, return_counts=True)
    near = np.all(np.abs(places[:, None, :] - members[None]) <= step + TIE, axis=2).any(axis=1)
    return float(counts[near].sum() / counts.sum())


def _density(points: FloatArray, places: FloatArray, shares: FloatArray, bandwidth: FloatArray) -> FloatArray:
    squares = sum(np.subtract.outer(points[:, i], places[:, i]) ** 2 / bandwidth[i] ** 2 for i in range(2))
    return np.asarray(np.exp(-0.5 * squares) @ shares, dtype=np.float64)
