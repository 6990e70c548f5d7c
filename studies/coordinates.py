"""Coordinates in which optima are sampled, fitted and drawn.

    symbol   definition            reading
    v        ln eta                learning rate
    u        -ln(1 - alpha)        ln of the momentum's memory in steps
    s        u + v                 ln of the effective rate eta / (1 - alpha): across the ridge
    kappa    v + 2u                zero exactly on the claim's curve eta = (1 - alpha)^2

The ridge of momentum SGD (constant eta / (1 - alpha)) is the line s = const; the claim's curve is kappa = 0.
Raw alpha is never used: equal steps in alpha are very unequal steps in memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def to_vu(eta: ArrayLike, alpha: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(eta, alpha) to (v, u) = (ln eta, -ln(1 - alpha)); shapes broadcast.

    Raises:
        ValueError: some eta is not positive, or some alpha lies outside [0, 1).
    """
    eta = np.asarray(eta, dtype=np.float64)
    alpha = np.asarray(alpha, dtype=np.float64)
    if np.any(~(eta > 0.0)):
        raise ValueError("`eta` must be positive everywhere")
    if np.any(~((alpha >= 0.0) & (alpha < 1.0))):
        raise ValueError("`alpha` must lie in [0, 1) everywhere")
    return np.log(eta), -np.log1p(-alpha)


def from_vu(v: ArrayLike, u: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(v, u) back to (eta, alpha); the inverse of `to_vu`."""
    return np.exp(np.asarray(v, dtype=np.float64)), -np.expm1(-np.asarray(u, dtype=np.float64))


def to_su(eta: ArrayLike, alpha: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(eta, alpha) to (s, u) = (ln(eta / (1 - alpha)), -ln(1 - alpha)); same errors as `to_vu`."""
    v, u = to_vu(eta, alpha)
    return v + u, u
