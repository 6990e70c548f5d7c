"""Draws of a surface's error in which the noise ratios of a candidate, lowered by the first step, reach its T.

The counts of `region.location_p_values`, without the work that cannot change them. For a candidate x0, a challenger x
and a draw e, the noise ratio is (phi(x) - phi(x0)) e / se. By Cauchy and Schwarz's inequality, as in Scheffe's (1953)
bound, it is at most the draw's length in the metric of its covariance. So the draws are taken longest first, and

    bound      the first step's quantile rests on a few of the largest -min ratios: no further draw once none is as long
    reached    draws shorter than T reach it at no challenger, and a challenger that was lowered by more than the draw's
               length less T reaches it in no draw

Both are looked at anew after every STEP or PIECE draws.

Lowering never raises a ratio. A length is stretched by a factor (`stretches_of`) that covers what rounding adds to one.
Ratios are float32, as is the noise they are made from, so that the order of the draws changes no ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.lately import lately_of

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]
PIECE = 512  # draws at a time: their noise stays in a processor's cache
STEP = 64  # of these, draws of a bound at a time: the first few settle most
REMEMBERED = 2  # orders of draws: those of a surface serve all of its tests
MOST_CELLS = 2**22  # of the table of candidates by draws, of which the first step takes quantiles
SINGULAR = 1e-12  # smallest eigenvalue of a covariance, in its largest, below which draws have no length
SLACK = 2.0**-20  # in the magnitudes of float32 numbers: sixteen roundings
BEYOND = 1.001  # times a length, for rounding
OF_NOISE, OF_ERROR = 2.0**-22, 2.0**-45  # rounding of float32 noise, and of the variance of a difference


@dataclass(frozen=True, slots=True, eq=False)
class NoiseRatios:
    """Candidates (m), challengers (k) and draws (B), the latter in descending order of their lengths."""

    there: FloatArray  # (k, p) basis at the challengers
    draws: FloatArray  # (p, B)
    here: Float32Array  # (m, B) noise at the candidates
    lengths: FloatArray  # (B,) descending
    inverse: Float32Array  # (m, k) 1 / se, zero where both points are one
    stretch: FloatArray  # (m,)

    @classmethod
    def of(
        cls, here: FloatArray, there: FloatArray, inverse: FloatArray, covariance: FloatArray, draws: FloatArray
    ) -> NoiseRatios:
        """The noise ratios of candidates against challengers.

        Args:
            here: (m, p) basis at the candidates; there: (k, p) at the challengers.
            inverse: (m, k) 1 / se.
            covariance: (p, p) of the coefficients.
            draws: (p, B) of their error.
        """
        lengths, order, longest = _by_length(covariance, draws)
        noise = (here @ draws).astype(np.float32)[:, order]
        stretch = stretches_of(covariance, np.vstack([here, there]), inverse)
        return cls(there, longest, noise, lengths, inverse.astype(np.float32), stretch)

    def reached(self, ratios: Float32Array, beta: float) -> IntArray:
        """Number of draws that reach T, for each candidate, shape (m,).

        Args:
            ratios: (m, k) d / se of the challengers; T is the largest.
            beta: error spent on the first step.
        """
        largest, found = ratios.max(axis=1), np.zeros(len(ratios), dtype=np.int64)
        # A candidate that is its own best challenger, with a ratio of zero in every draw, is reached by all.
        own = (largest == 0.0) & (self.inverse == 0.0).any(axis=1)
        found[own] = len(self.lengths)
        open_ones = np.flatnonzero(~own & (largest <= self.stretch * self.lengths[0]))
        groups = max(1, math.ceil(len(open_ones) * len(self.lengths) / MOST_CELLS))
        for chosen in np.array_split(open_ones, groups):
            if len(chosen):
                lowered = np.minimum(ratios[chosen] + self._bounds(chosen, beta)[:, None], 0.0).astype(np.float32)
                found[chosen] = self._count(chosen, largest[chosen], lowered)
        return found

    def _bounds(self, chosen: IntArray, beta: float) -> Float32Array:
        """First step: bounds such that d <= (ratio + bound) * se for all challengers at once, shape (chosen,)."""
        count = len(self.lengths)
        needed = min(count, count - math.floor((count - 1) * (1.0 - beta)) + 1)  # of the largest, and one to spare
        depths = np.full((len(chosen), count), -np.inf, dtype=np.float32)
        active = np.arange(len(chosen))
        for part, there in self._parts(count, STEP):
            by_draw = np.ascontiguousarray(there.T)  # least values of long rows are found faster than of short columns
            for row in active:
                noise = by_draw - self.here[chosen[row], part, None]
                noise *= self.inverse[chosen[row]]
                depths[row, part] = -noise.min(axis=1)
            if needed <= part.stop < count:
                known = np.partition(depths[active, : part.stop], -needed, axis=1)[:, -needed]
                active = active[known < self.stretch[chosen[active]] * self.lengths[part.stop]]
            if not len(active):
                break
        return np.asarray(np.quantile(depths, 1.0 - beta, axis=1), dtype=np.float32)

    def _count(self, chosen: IntArray, largest: Float32Array, lowered: Float32Array) -> IntArray:
        """Draws in which a lowered ratio of each chosen candidate is at least its T."""
        stretch, reached = self.stretch[chosen], np.zeros(len(chosen), dtype=np.int64)
        ends = np.searchsorted(-self.lengths, -largest / stretch, side="right")
        for piece, there in self._parts(int(ends.max()), PIECE):
            for row in np.flatnonzero(ends > piece.start):
                part = slice(piece.start, min(piece.stop, int(ends[row])))
                near = lowered[row] + stretch[row] * self.lengths[piece.start] >= largest[row]
                near &= self.inverse[chosen[row]] > 0.0
                if near.any():
                    noise = there[near, : part.stop - part.start]
                    reached[row] += self._reaching(
                        noise, int(chosen[row]), part, near, lowered[row, near], largest[row]
                    )
        return reached

    def _reaching(
        self,
        there: Float32Array,
        candidate: int,
        part: slice,
        near: NDArray[np.bool_],
        lowered: Float32Array,
        largest: np.float32,
    ) -> int:
        """Draws of a part in which a near challenger's lowered ratio is at least T.

        It is where the noise there exceeds the candidate's by (T - lowered) se: mostly one subtraction tells, and the
        ratio itself is asked where rounding might.
        """
        here, inverse = self.here[candidate, part], self.inverse[candidate, near]
        needed = (largest - lowered) / inverse
        excess = (there - needed[:, None]).max(axis=0) - here
        slack = SLACK * (np.abs(there).max() + np.abs(needed).max() + np.abs(here).max())
        close = np.abs(excess) <= slack
        ratios = (there[:, close] - here[close]) * inverse[:, None] + lowered[:, None]
        return int(np.count_nonzero(excess > slack) + np.count_nonzero((ratios >= largest).any(axis=0)))

    def _parts(self, end: int, step: int) -> Iterator[tuple[slice, Float32Array]]:
        """The first `end` draws, `step` of them at a time, with their noise at the challengers, (k, draws)."""
        for start in range(0, end, PIECE):
            stop = min(start + PIECE, len(self.lengths))
            noise = (self.there @ self.draws[:, start:stop]).astype(np.float32)
            for first in range(start, min(stop, end), step):
                last = min(first + step, stop)
                yield slice(first, last), noise[:, first - start : last - start]


@lately_of(REMEMBERED)
def _by_length(covariance: FloatArray, draws: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Lengths of the draws in descending order, that order, and the draws in it."""
    lengths = lengths_of(covariance, draws)
    order = np.argsort(-lengths, kind="stable")
    return lengths[order], order, draws[:, order]


def lengths_of(covariance: FloatArray, draws: FloatArray) -> FloatArray:
    """Length of each drawn error in the metric of its covariance, (B,); infinite without an inverse."""
    values, vectors = np.linalg.eigh(covariance)
    if values[0] <= SINGULAR * values[-1]:
        return np.full(draws.shape[1], np.inf)
    return np.asarray(np.sqrt(((vectors.T @ draws) ** 2 / values[:, None]).sum(axis=0)), dtype=np.float64)


def stretches_of(covariance: FloatArray, points: FloatArray, inverse: FloatArray) -> FloatArray:
    """Factor by which each candidate's computed ratios may exceed a draw's length, shape (m,).

    Noise is rounded to float32 before it is subtracted, and a variance of a difference is itself a difference: both
    weigh as much as the points' own error exceeds that of the nearest pair's difference.
    """
    largest = math.sqrt(max(0.0, float(np.einsum("ij,jk,ik->i", points, covariance, points).max(initial=0.0))))
    excess = largest * inverse.max(axis=1, initial=0.0)
    return np.asarray(BEYOND + OF_NOISE * excess + OF_ERROR * excess**2, dtype=np.float64)
