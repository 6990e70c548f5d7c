"""Fixed, space-filling points over the box, uniform in the two coordinates.

Equal arguments give equal points.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from studies.coordinates import FloatArray
from studies.language.space import Space
from studies.late_scipy import qmc

FixedSampler = Literal["sobol", "grid", "random"]


def fixed_points(space: Space, sampler: FixedSampler, n: int, *, seed: int) -> tuple[FloatArray, FloatArray]:
    """`n` points of a design that depends on no result.

    Args:
        sampler: "sobol" (scrambled; the first points of a longer sequence are those of a shorter one), "grid" (rows of
            equal u, edges included; the seed plays no part) or "random".
        n: how many, at least 1.
        seed: of the scrambling or the draw.

    Returns:
        values of the two parameters, each of shape (n,), inside the box.

    Raises:
        ValueError: `n` is below 1, or the sampler is unknown.
    """
    if n < 1:
        raise ValueError(f"`n` must be at least 1, got {n}")
    return space.from_unit(_unit_points(sampler, n, seed))


def _unit_points(sampler: str, n: int, seed: int) -> FloatArray:
    if sampler == "sobol":
        # A power of two, cut: Sobol points are balanced only in such numbers.
        drawn: FloatArray = qmc.Sobol(d=2, scramble=True, rng=seed).random_base2(math.ceil(math.log2(n)))
        return drawn[:n]
    if sampler == "random":
        return np.random.default_rng(seed).random((n, 2))
    if sampler == "grid":
        return _grid(n)
    raise ValueError(f"expected sobol, grid or random but got {sampler!r}")


def _grid(n: int) -> FloatArray:
    """`n` points in nearly as many rows as columns; where n has no such factors, the first rows hold one point more."""
    rows = max(1, round(math.sqrt(n)))
    counts = [n // rows + (row < n % rows) for row in range(rows)]
    return np.array([(v, u) for u, count in zip(_levels(rows), counts, strict=True) for v in _levels(count)])


def _levels(count: int) -> FloatArray:
    return np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])
