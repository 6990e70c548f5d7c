"""Polynomial response surface in standardised (s, u), ordinary weighted least squares with an HC3 covariance.

Model: y = block effect + sum_k beta_k phi_k(s, u) + noise of unknown, unequal variance. Block effects are removed by
centring within blocks (Frisch & Waugh 1933), which gives the same slopes and residuals as one dummy per block. The
surface is known up to a constant: only differences between points are ever used.

The HC3 correction divides a residual by 1 - leverage. The block mean's part of the leverage is known to shrink the
residual's variance by exactly 1 - share, so its square root is used there and HC3 proper for the slopes' part; without
blocks the two differ by a factor 1 + O(1/n).

HC3: MacKinnon & White (1985), J. Econometrics 29; recommended below 250 rows by Long & Ervin (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FULL_LEVERAGE = 1.0 - 1e-6  # a row that the fit passes through exactly says nothing about its own noise


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A fitted surface. `phi(x)` maps points to the basis, `beta` and `covariance` belong to it."""

    degree: int  # total degree in (s, u)
    across: int  # highest power of s alone, at least `degree`
    centre: FloatArray  # (2,) of the standardisation, ln units
    scale: FloatArray  # (2,)
    beta: FloatArray  # (p,) slopes; the constant cancels in every difference
    covariance: FloatArray  # (p, p) HC3
    df: int  # residual degrees of freedom
    residual_deviation: float  # units of y
    lack_of_fit: float | None  # p-value of what the polynomial leaves out (`adequacy`); None where it cannot be tested
    rows: int

    def phi(self, x: FloatArray) -> FloatArray:
        """Basis at (m, 2) points (s, u), constant left out; shape (m, p)."""
        return basis((x - self.centre) / self.scale, self.degree, self.across)

    def values(self, x: FloatArray) -> FloatArray:
        """Fitted response at (m, 2) points, up to a constant; shape (m,)."""
        return np.asarray(self.phi(x) @ self.beta, dtype=np.float64)


def coefficients(degree: int) -> int:
    """Number of slopes of a full bivariate polynomial: (d + 1)(d + 2) / 2 - 1."""
    return (degree + 1) * (degree + 2) // 2 - 1


def basis(x: FloatArray, degree: int, across: int = 0) -> FloatArray:
    """Legendre products of total degree 1 to `degree`, then powers of the first axis up to `across`; shape (m, p).

    They span the monomials of the same degrees and keep the normal equations well conditioned on [-1, 1].
    """
    first = np.polynomial.legendre.legvander(x[:, 0], max(degree, across))
    second = np.polynomial.legendre.legvander(x[:, 1], degree)
    return np.column_stack([first[:, i] * second[:, j] for i, j in exponents(degree, across)])


def exponents(degree: int, across: int = 0) -> list[tuple[int, int]]:
    """Degrees of s and u in each column of `basis`, in its order."""
    pairs = [(i, total - i) for total in range(1, degree + 1) for i in range(total, -1, -1)]
    return pairs + [(i, 0) for i in range(degree + 1, across + 1)]


def fit_surface(
    x: FloatArray,
    y: FloatArray,
    *,
    degree: int,
    across: int = 0,
    blocks: IntArray | None = None,
    weights: FloatArray | None = None,
) -> Surface:
    """Fit one model.

    Args:
        x: (n, 2) points (s, u); y: (n,) responses.
        degree: total degree of the polynomial.
        across: highest power of s alone where it exceeds `degree`: the response is sharpest across the ridge.
        blocks: (n,) block of each row, whose effects are removed; None: one block.
        weights: (n,) inverse variances up to a factor; None: equal. HC3 stays valid where they are wrong.

    Raises:
        ValueError: the rows do not determine all coefficients.
    """
    codes = np.zeros(len(y), dtype=np.int64) if blocks is None else np.unique(blocks, return_inverse=True)[1].ravel()
    w = np.ones(len(y)) if weights is None else weights / weights.mean()
    low, high = x.min(axis=0), x.max(axis=0)
    centre, scale = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    root = np.sqrt(w)[:, None]
    design = centred(basis((x - centre) / scale, degree, across), codes, w) * root
    target = (centred(y[:, None], codes, w) * root)[:, 0]
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    df = len(y) - design.shape[1] - int(codes.max()) - 1
    if df < 1 or singular[-1] < 1e-9 * max(singular[0], 1e-300):
        raise ValueError(f"{len(y)} rows do not determine a polynomial of degree {degree}; lower `degree`")
    solve = (right.T / singular) @ left.T  # (p, n): beta = solve @ target
    beta = solve @ target
    residual = target - design @ beta
    kept = np.maximum(1.0 - w / np.bincount(codes, weights=w)[codes], 1.0 - FULL_LEVERAGE)  # by the block's mean
    own = np.minimum(np.sum(left**2, axis=1) / kept, FULL_LEVERAGE)
    inflated = residual / (np.sqrt(kept) * (1.0 - own))
    spread = solve * inflated
    return Surface(
        degree=degree,
        across=max(degree, across),
        centre=centre,
        scale=scale,
        beta=beta,
        covariance=spread @ spread.T,
        df=df,
        residual_deviation=float(np.sqrt(residual @ residual / df)),
        lack_of_fit=None,
        rows=len(y),
    )


def centred(columns: FloatArray, codes: IntArray, weights: FloatArray) -> FloatArray:
    """Columns (n, p) minus their weighted block means; codes: (n,) block numbers from 0."""
    indicator = np.zeros((int(codes.max()) + 1, len(codes)))
    indicator[codes, np.arange(len(codes))] = weights
    means = (indicator @ columns) / indicator.sum(axis=1, keepdims=True)
    return np.asarray(columns - means[codes], dtype=np.float64)
