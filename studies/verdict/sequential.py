"""Group-sequential confirmation: looks at a growing number of paired blocks that share one error level.

A confirmation may end at any look, so a p-value that is read at a look is only valid if it pays for the looks that went
before. `Looks.valid` gives each p-value its price: the total level of the boundary on which it lies. The result is a
p-value again, valid whenever the confirmation ends: the chance that it is at or below a at *any* look is at most a,
for every a at once. Tests, Holm's adjustment and Bonferroni's factors read it as they read a fixed design's.

Boundaries, for information t from the first look's share of the last look's to 1:

    pairs      one-sided z against C t^(-1/4)   Wang & Tsiatis, Delta = 1/4; t = blocks / most blocks
    location   one-sided z against C t^(-1/2)   O'Brien & Fleming; map and zoom count, so t grows slowly

C follows from the total level by integration over the paths of a Brownian motion that have crossed no boundary before
(Armitage, McPherson & Rowe 1969). Student's t is compared by its p-value, as Jennison & Turnbull (2000, section 4.4)
advise; from ten blocks on its crossing rate exceeds the normal one by at most T_EXCESS, which the table pays for.

A bound at the level of a look (`Looks.level_at`) is a repeated confidence bound: it holds at all looks together, so
also at the last (Jennison & Turnbull 1989, J. R. Statist. Soc. B 51, 305-361).

The looks of one confirmation share what `looks` gives the first analysis; later ones, by extension, have their own.

References: Wang & Tsiatis (1987), Biometrics 43, 193-199; O'Brien & Fleming (1979), Biometrics 35, 549-556; Armitage,
McPherson & Rowe (1969), J. R. Statist. Soc. A 132, 235-244.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studies.language.design import Design, LocateDesign
from studies.language.sizes import data_factor
from studies.late_scipy import ndtr, ndtri

FloatArray = NDArray[np.float64]
Kind = Literal["pairs", "location"]
DELTA = {"pairs": 0.25, "location": 0.0}  # exponent of the boundary's family; 0 is O'Brien & Fleming's, 1/2 Pocock's
EARLY = (10, 15, 20, 25, 30, 40, 50, 60)  # blocks: below ten, sign flips cannot reach the first boundary
FEWEST_BETWEEN = 3  # blocks between the last two looks: a look this near the end is left out
NODES = 96  # of the Gauss-Legendre rule over the paths that go on
REACH = 8.5  # standard deviations below zero at which these paths are cut off
STRICTEST, LAXEST, STEPS = 9.0, -9.0, 241  # range of C that is tabulated
T_EXCESS = 1.06  # by how much Student's t from ten blocks on exceeds the normal boundary's crossing rate, at most
GROWTH = 1.25  # beyond the last even step, each look has a quarter more blocks than the one before
LEAST_LEVEL = 1e-15  # of one look: beyond, a normal quantile has no digits left


def look_blocks(most: int) -> tuple[int, ...]:
    """Blocks after which a confirmation of at most `most` blocks is looked at: 10, 15, 20, 25, 30, 40, ... and `most`.

    Raises:
        ValueError: `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"`most` must be at least 1, got {most}")
    found = list(EARLY)
    while found[-1] < most:
        found.append(int(found[-1] * GROWTH) // 10 * 10)
    return (*(at for at in found if at <= most - FEWEST_BETWEEN), most)


def planned_looks(design: Design) -> Looks | None:
    """The looks that a design fixes; None where its confirmation has a fixed size, or it has none."""
    if not isinstance(design, LocateDesign) or design.confirmation != "sequential":
        return None
    return Looks(look_blocks(design.confirm_blocks), design.map_points + design.zoom_points, design.candidates)


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of a group-sequential confirmation, fixed by the document.

    Attributes:
        blocks: paired blocks at each look, rising; the last is the most there can be.
        located: runs of map and zoom, which every look's location tests read.
        arms: candidate arms of a block; each of their runs adds to the location tests.
    """

    blocks: tuple[int, ...]
    located: int
    arms: int

    def most(self, look: int) -> int:
        """The most blocks that there can be at a look of the study (1-based), earlier looks included."""
        return data_factor(look) * self.blocks[-1]

    def place(self, blocks: int) -> int:
        """Number, from 0, of the look at which this many blocks are read: the first that has as many, or the last."""
        return next((i for i, at in enumerate(self.blocks) if at >= blocks), len(self.blocks) - 1)

    def times(self, kind: Kind) -> tuple[float, ...]:
        """Information at each look as a share of the last look's."""
        weights = [float(n) if kind == "pairs" else self.located + float(self.arms * n) for n in self.blocks]
        return tuple(weight / weights[-1] for weight in weights)

    def level_at(self, blocks: int, level: float, kind: Kind = "pairs") -> float:
        """The part of a one-sided `level`, shared by all looks, at which the look at `blocks` holds its own p-value.

        The confidence bound 1 - `level_at(...)` is a repeated one: it holds at every look at once with 1 - `level`.
        """
        times = self.times(kind)
        log_levels, constants = _table(times, kind)
        constant = float(np.interp(math.log(max(level, LEAST_LEVEL)), log_levels[::-1], constants[::-1]))
        at = self.place(blocks)
        return float(ndtr(-constant * times[at] ** (DELTA[kind] - 0.5)))

    def valid(self, p: float, blocks: int, kind: Kind = "pairs") -> float:
        """A p-value read at the look at `blocks`, as the total level of the boundary on which it lies."""
        return float(self.valid_all(np.array([p]), blocks, kind)[0])

    def valid_all(self, p: FloatArray, blocks: int, kind: Kind = "pairs") -> FloatArray:
        """`valid` of many p-values, shape (n,); never below the p-value itself."""
        times = self.times(kind)
        if len(times) == 1:
            return p
        log_levels, constants = _table(times, kind)
        z = -ndtri(np.clip(p, LEAST_LEVEL, 1.0 - 1e-12))
        constant = z * times[self.place(blocks)] ** (0.5 - DELTA[kind])
        found = np.exp(np.interp(constant, constants, log_levels))
        return np.asarray(np.minimum(1.0, np.maximum(found, p)), dtype=np.float64)


@lru_cache(maxsize=64)
def _table(times: tuple[float, ...], kind: Kind) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the total level by the boundary's constant, the constants rising."""
    constants = np.linspace(LAXEST, STRICTEST, STEPS)
    levels = [crossing(tuple(c * t ** (DELTA[kind] - 0.5) for t in times), times) for c in constants]
    excess = math.log(T_EXCESS) if kind == "pairs" and len(times) > 1 else 0.0
    return np.log(np.minimum.accumulate(levels)) + excess, constants


def crossing(bounds: tuple[float, ...], times: tuple[float, ...]) -> float:
    """The chance that a standard Brownian motion's z-statistic reaches its bound at any of the times.

    Args:
        bounds: one-sided bound of z at each time.
        times: rising, above 0.
    """
    total, before, x, density = 0.0, 0.0, np.zeros(1), np.ones(1)
    for bound, time in zip(bounds, times, strict=True):
        root, limit = math.sqrt(time - before), bound * math.sqrt(time)
        total += float(density @ ndtr((x - limit) / root))
        low = -REACH * math.sqrt(time)
        if limit <= low:
            return min(total, 1.0)
        nodes, weights = _rule()
        half = (limit - low) / 2
        onward = low + half * (nodes + 1.0)
        kernel = np.exp(-0.5 * ((onward[:, None] - x[None, :]) / root) ** 2) / (root * math.sqrt(2.0 * math.pi))
        x, density, before = onward, half * weights * (kernel @ density), time
    return min(total, 1.0)


@lru_cache(maxsize=1)
def _rule() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


def predictive_power(p: float, critical: float, time: float) -> float:
    """The chance that a one-sided test rejects at the last look, given its p-value now and nothing known before.

    Predictive power with a flat prior on the effect (Spiegelhalter, Freedman & Blackburn 1986, Control. Clin. Trials 7,
    8-17): Phi((z - z_critical sqrt(t)) / sqrt(1 - t)). A description of what to expect; no error rate.

    Args:
        p: of this look, as read, in [0, 1].
        critical: level at which the last look holds its own p-value.
        time: information now as a share of the last look's, in (0, 1].
    """
    z, needed = (-float(ndtri(min(max(value, LEAST_LEVEL), 1.0 - 1e-12))) for value in (p, critical))
    gap = z - needed * math.sqrt(time)
    return float(gap >= 0.0) if time >= 1.0 else float(ndtr(gap / math.sqrt(1.0 - time)))
