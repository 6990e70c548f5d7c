"""A trend of planted optima at batch sizes 16, 64 and 256, without any sweep behind it."""

from __future__ import annotations

import math

import numpy as np

from studies.language.parameters import PAPER
from studies.verdict.drift import Optimum
from studies.verdict.model import Trend
from studies.verdict.trend import trend_lines

VALUES = (16.0, 64.0, 256.0)


def planted_trend(loss: str = "golden", axis: str = "batch", count: int = 3, power: float = 1.0) -> Trend:
    """One loss along one axis, its effective rate a power of it, at the first `count` values."""
    values, covariance = VALUES[:count], np.diag([0.02, 0.1])
    places = [np.array([power * math.log(value / 64.0) - 2.0, 1.5]) for value in values]
    optima = [Optimum(f"{axis}-{v:g}", place, covariance) for v, place in zip(values, places, strict=True)]
    return Trend(
        loss=loss,
        axis=axis,
        field="batch_size",
        contexts=tuple(optimum.context for optimum in optima),
        values=values,
        left_out=(f"{axis}-512",),
        p_joint=0.001 if count > 2 else None,
        lines=trend_lines(optima, values, "batch_size", "heavy_ball", PAPER),
        sentence=f"{loss} along {axis}.",
    )
