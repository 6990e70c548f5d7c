"""Landscapes that nobody planned: smooth random fields on a random ridge, with hills and cliffs, drawn from a seed.

    z = ridge(x, u) + field(v, u) + hills(v, u) - cliff max(x - edge, 0), minus its maximum over the box

The ridge is a LINEX across x with a random slope, bend and steepness. The field is a sum of random cosines, a Gaussian
field with a squared-exponential covariance in the limit (Rahimi & Recht 2007). Its top is where a search on a grid,
refined at its end, finds it; nothing about it is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.calibration.highest import Place, highest
from studies.language.space import SearchSpace
from studies.verdict.neighbourhood import limits

FloatArray = NDArray[np.float64]
WAVES = 40  # cosines of a field


@dataclass(frozen=True, slots=True)
class Hill:
    """A round rise."""

    v: float
    u: float
    height: float  # logit
    width: float  # deviation of its normal profile, ln units

    def __call__(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Its rise at points."""
        gap = ((v - self.v) ** 2 + (u - self.u) ** 2) / (2.0 * self.width**2)
        return np.asarray(self.height * np.exp(-gap), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Features:
    """Which features random landscapes have."""

    roughness: float = 0.15  # largest deviation of the field, logit
    hills: int = 0  # at most
    cliffs: float = 0.0  # probability of a cliff on the hot side


@dataclass(frozen=True, slots=True)
class RandomShape:
    """A drawn landscape. Fields are drawn by `draw`; heights are relative to the top in the default box."""

    v: float  # the ridge's own top
    u: float
    slope: float  # r: the ridge is v + r u = const
    bend: float
    steepness: float  # b, logit per squared ln unit
    sharpness: float  # k
    curvature: float  # C
    edge: float  # distance from the ridge at which the cliff begins, ln units
    cliff: float  # fall beyond it, logit per ln unit
    waves: tuple[tuple[float, float, float, float], ...]  # frequencies along v and u, phase, amplitude
    hills: tuple[Hill, ...]
    peak: float = 0.0  # maximum of the raw height
    top: Place = (0.0, 0.0)

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """As `Shape.height`."""
        return np.asarray(self.raw(np.asarray(v), np.asarray(u)) - self.peak, dtype=np.float64)

    @property
    def tops(self) -> tuple[Place, ...]:
        """The highest place of the default box."""
        return (self.top,)

    def raw(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Height before the maximum is taken off, logit."""
        along = u - self.u
        x, k = (v - self.v) + self.slope * along + 0.5 * self.bend * along**2, self.sharpness
        fall = self.steepness / k**2 * (np.exp(np.clip(k * x, -50.0, 50.0)) - k * x - 1.0)
        z = -fall - 0.5 * self.curvature * along**2 - self.cliff * np.maximum(x - self.edge, 0.0)
        for across, up, phase, amplitude in self.waves:
            z = z + amplitude * np.cos(across * v + up * u + phase)
        for hill in self.hills:
            z = z + hill(v, u)
        return np.asarray(z, dtype=np.float64)


def draw(rng: np.random.Generator, features: Features, place: Place) -> RandomShape:
    """Draw a landscape whose ridge has its top at `place`; field and hills then move the landscape's own.

    Args:
        rng: draws everything.
        features: which features it may have.
        place: (v, u).
    """
    has_cliff = rng.random() < features.cliffs
    drawn = RandomShape(
        *place,
        slope=rng.uniform(0.4, 2.0),
        bend=rng.uniform(-0.4, 0.4),
        steepness=rng.uniform(0.2, 0.6),
        sharpness=rng.uniform(0.4, 1.5),
        curvature=float(np.exp(rng.uniform(np.log(0.03), np.log(0.6)))),
        edge=rng.uniform(-0.1, 1.0),
        cliff=rng.uniform(2.0, 8.0) if has_cliff else 0.0,
        waves=_waves(rng, features.roughness),
        hills=_hills(rng, features.hills),
    )
    top, peak = highest(drawn.raw, SearchSpace())
    return replace(drawn, top=top, peak=peak)


def _waves(rng: np.random.Generator, roughness: float) -> tuple[tuple[float, float, float, float], ...]:
    deviation, length = rng.uniform(0.0, roughness), rng.uniform(0.8, 2.5)
    frequencies = rng.standard_normal((WAVES, 2)) / length
    phases = rng.uniform(0.0, 2.0 * np.pi, WAVES)
    amplitude = float(deviation * np.sqrt(2.0 / WAVES))
    return tuple((float(a), float(b), float(c), amplitude) for (a, b), c in zip(frequencies, phases, strict=True))


def _hills(rng: np.random.Generator, most: int) -> tuple[Hill, ...]:
    return tuple(_hill(rng) for _ in range(int(rng.integers(0, most + 1))))


def _hill(rng: np.random.Generator) -> Hill:
    box = limits(SearchSpace())
    v, u = rng.uniform(box[:, 0], box[:, 1])
    return Hill(float(v), float(u), height=rng.uniform(0.1, 0.8), width=rng.uniform(0.4, 1.2))
