"""Shapes that the LINEX ridge of `landscapes` does not have: cliffs, cusps, narrow and double tops.

A shape gives the height (expected response minus the top's, logit, never above 0) at points (v, u) and names its tops.
Lengths are ln units of eta and of 1 / (1 - alpha).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studies.calibration.highest import Place, highest
from studies.language.space import SearchSpace

FloatArray = NDArray[np.float64]


class Shape(Protocol):
    """A surface of its own: heights, and the places of its tops."""

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Expected response minus that of the highest top, logit."""
        ...

    @property
    def tops(self) -> tuple[Place, ...]:
        """Highest places; several where they are equally high, none where the height is the same everywhere."""
        ...


@dataclass(frozen=True, slots=True)
class Plateau:
    """A plateau that rises slowly towards the hot side and ends in a cliff, at whose edge the top lies."""

    v: float
    u: float
    tilt: float = 0.06  # rise across the ridge before the cliff, logit per ln unit
    cliff: float = 6.0  # fall behind it, logit per ln unit
    curvature: float = 0.15  # along the ridge, logit per squared ln unit

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """As `Shape.height`."""
        x = (v - self.v) + (u - self.u)
        across = np.where(x > 0.0, -self.cliff * x, self.tilt * x)
        return np.asarray(across - 0.5 * self.curvature * (u - self.u) ** 2, dtype=np.float64)

    @property
    def tops(self) -> tuple[Place, ...]:
        """The cliff's edge where the plateau is highest."""
        return ((self.v, self.u),)


@dataclass(frozen=True, slots=True)
class Cusp:
    """A top with a kink: straight slopes on all sides."""

    v: float
    u: float
    across: float = 1.0  # fall across the ridge, logit per ln unit
    along: float = 0.25  # along it

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """As `Shape.height`."""
        x = (v - self.v) + (u - self.u)
        return np.asarray(-self.across * np.abs(x) - self.along * np.abs(u - self.u), dtype=np.float64)

    @property
    def tops(self) -> tuple[Place, ...]:
        """The kink."""
        return ((self.v, self.u),)


@dataclass(frozen=True, slots=True)
class TwoTops:
    """Two tops on one ridge of constant effective rate, with a saddle between; the second may be lower."""

    v: float
    u: float  # of the first, highest top
    second: float  # u of the second; its v follows from the ridge
    lower: float = 0.0  # by how much the second lies below the first, logit
    saddle: float = 0.3  # depth of the saddle, logit
    slope: float = 0.35  # curvature across the ridge at the tops, logit per squared ln unit

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """As `Shape.height`; a double well along the ridge, and a smooth step that lowers the second top."""
        x = (v - self.v) + (u - self.u)
        t = (u - self.u) / (self.second - self.u)  # 0 at the first top, 1 at the second
        well = self.saddle * 16.0 * t**2 * (1.0 - t) ** 2
        inside = np.clip(t, 0.0, 1.0)
        step = self.lower * inside**2 * (3.0 - 2.0 * inside)
        across = self.slope / 0.64 * (np.exp(np.minimum(0.8 * x, 50.0)) - 0.8 * x - 1.0)
        return np.asarray(-across - well - step, dtype=np.float64)

    @property
    def tops(self) -> tuple[Place, ...]:
        """The first, and the second where it is as high."""
        first = (self.v, self.u)
        return (first,) if self.lower > 0.0 else (first, (self.v + self.u - self.second, self.second))


@dataclass(frozen=True, slots=True)
class Spike:
    """A narrow top somewhere on a broad hill whose own top is lower; made by `on_a_hill`."""

    v: float  # middle of the spike
    u: float
    width: float  # deviation of the spike's normal profile, ln units each way
    hill_v: float
    hill_u: float
    above: float = 0.4  # by how much the spike's middle exceeds the hill's top, logit
    slope: float = 0.35  # of the hill, as in `landscapes`
    curvature: float = 0.2
    tip: Place = (0.0, 0.0)  # highest place: the hill's slope moves it off the middle
    peak: float = 0.0  # raw height there

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """As `Shape.height`."""
        return np.asarray(self.raw(v, u) - self.peak, dtype=np.float64)

    @property
    def tops(self) -> tuple[Place, ...]:
        """The spike's tip."""
        return (self.tip,)

    def raw(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Height over the hill's top, logit."""
        gap = ((v - self.v) ** 2 + (u - self.u) ** 2) / (2.0 * self.width**2)
        rise = self.above - float(self._hill(np.array(self.v), np.array(self.u)))
        return np.asarray(self._hill(v, u) + rise * np.exp(-gap), dtype=np.float64)

    def _hill(self, v: FloatArray, u: FloatArray) -> FloatArray:
        x = (v - self.hill_v) + (u - self.hill_u)
        fall = self.slope / 0.64 * (np.exp(np.minimum(0.8 * x, 50.0)) - 0.8 * x - 1.0)
        return np.asarray(-fall - 0.5 * self.curvature * (u - self.hill_u) ** 2, dtype=np.float64)


def on_a_hill(spike: Spike) -> Spike:
    """The spike with its tip, found numerically in the default box."""
    tip, peak = highest(spike.raw, SearchSpace())
    return replace(spike, tip=tip, peak=peak)
