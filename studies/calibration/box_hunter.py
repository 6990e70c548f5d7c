"""Box and Hunter's confidence region of a quadratic's stationary point: the textbook method, kept for comparison.

Hypothesis at x0: the gradient of the fitted full quadratic is zero there. Assumptions: the response is quadratic over
the whole region that was fitted, noise is normal and of equal variance. Error rate: 1 - level coverage of the top
under them; nothing is promised where the surface is steeper on one side. Units: those of x.
Reference: Box & Hunter (1954), Biometrika 41; F(2, df) of Gβ against its covariance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import f as f_distribution

FloatArray = NDArray[np.float64]
COEFFICIENTS = 6


def box_hunter_p_values(x: FloatArray, y: FloatArray, points: FloatArray) -> FloatArray | None:
    """p-value of "the stationary point is here" at (m, 2) points; None where fewer than seven rows or a singular fit.

    Args:
        x: (n, 2) coordinates of the runs; y: (n,) responses.
        points: (m, 2) candidates, same coordinates.
    """
    if len(y) <= COEFFICIENTS:
        return None
    middle, scale = x.mean(axis=0), np.maximum(np.ptp(x, axis=0) / 2, 1e-9)
    design = _monomials((x - middle) / scale)
    beta, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < COEFFICIENTS:
        return None
    df = len(y) - COEFFICIENTS
    residual = y - design @ beta
    covariance = np.linalg.inv(design.T @ design) * float(residual @ residual) / df
    slopes = _gradients((points - middle) / scale)
    gradient = slopes @ beta
    spread = slopes @ covariance @ slopes.transpose(0, 2, 1)
    ratio = np.einsum("mi,mi->m", gradient, np.linalg.solve(spread, gradient[:, :, None])[:, :, 0]) / 2.0
    return np.asarray(f_distribution.sf(ratio, 2, df), dtype=np.float64)


def _monomials(x: FloatArray) -> FloatArray:
    s, u = x.T
    return np.column_stack([np.ones(len(x)), s, u, s * s, s * u, u * u])


def _gradients(x: FloatArray) -> FloatArray:
    """Rows that turn coefficients into the gradient at each point, shape (m, 2, 6)."""
    s, u = x.T
    zero, one = np.zeros(len(x)), np.ones(len(x))
    along_s = np.column_stack([zero, one, zero, 2 * s, u, zero])
    along_u = np.column_stack([zero, zero, one, zero, s, 2 * u])
    return np.stack([along_s, along_u], axis=1)
