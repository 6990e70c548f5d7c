"""Polynomial response surface in standardised (s, u), ordinary weighted least squares with an HC3 covariance.

Model: y = block effect + sum_k beta_k phi_k(s, u) + noise of unknown, unequal variance. Block effects are removed by
centring within blocks (Frisch & Waugh 1933), which gives the same slopes, residuals and HC3 covariance as one dummy
per block. The surface is known up to a constant: only differences between points are ever used.

HC3: MacKinnon & White (1985), J. Econometrics 29; recommended below 250 rows by Long & Ervin (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ROWS_PER_COEFFICIENT = 2.5  # fewer rows than this for each coefficient: the degree is lowered
HIGHER_DEGREE_LEVEL = 0.05  # nested F-test below this: the next degree is used
MAX_DEGREE = 6
MOST_NOISE = 4.0  # largest ratio of noise deviations that the weights may assume
USUAL_DEGREE = 3
FULL_LEVERAGE = 1.0 - 1e-6  # a row that the fit passes through exactly tells nothing about its own noise


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A fitted surface. `phi(x)` maps points to the basis, `beta` and `covariance` belong to it."""

    degree: int
    centre: FloatArray  # (2,) of the standardisation, ln units
    scale: FloatArray  # (2,)
    beta: FloatArray  # (p,) slopes; the constant cancels in every difference
    covariance: FloatArray  # (p, p) HC3
    df: int  # residual degrees of freedom
    residual_deviation: float  # units of y
    lack_of_fit: float | None  # p-value of the next degree's terms; None where the rows do not allow it
    rows: int

    def phi(self, x: FloatArray) -> FloatArray:
        """Basis at (m, 2) points (s, u), constant left out; shape (m, p)."""
        return basis((x - self.centre) / self.scale, self.degree)

    def values(self, x: FloatArray) -> FloatArray:
        """Fitted response at (m, 2) points, up to a constant; shape (m,)."""
        return np.asarray(self.phi(x) @ self.beta, dtype=np.float64)


def coefficients(degree: int) -> int:
    """Number of slopes of a full bivariate polynomial: (d + 1)(d + 2) / 2 - 1."""
    return (degree + 1) * (degree + 2) // 2 - 1


def basis(x: FloatArray, degree: int) -> FloatArray:
    """All products of Legendre polynomials of total degree 1 to `degree` at (m, 2) points, shape (m, p).

    They span the monomials of the same degrees and keep the normal equations well conditioned on [-1, 1].
    """
    first = np.polynomial.legendre.legvander(x[:, 0], degree)
    second = np.polynomial.legendre.legvander(x[:, 1], degree)
    pairs = [(i, total - i) for total in range(1, degree + 1) for i in range(total, -1, -1)]
    return np.column_stack([first[:, i] * second[:, j] for i, j in pairs])


def fit_surface(
    x: FloatArray,
    y: FloatArray,
    *,
    degree: int,
    blocks: IntArray | None = None,
    weights: FloatArray | None = None,
) -> Surface:
    """Fit one degree.

    Args:
        x: (n, 2) points (s, u); y: (n,) responses.
        degree: total degree of the polynomial, 1 to 6.
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
    design = _centred(basis((x - centre) / scale, degree), codes, w) * root
    target = (_centred(y[:, None], codes, w) * root)[:, 0]
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    df = len(y) - design.shape[1] - int(codes.max()) - 1
    if df < 1 or singular[-1] < 1e-9 * max(singular[0], 1e-300):
        raise ValueError(f"{len(y)} rows do not determine a polynomial of degree {degree}; lower `degree`")
    solve = (right.T / singular) @ left.T  # (p, n): beta = solve @ target
    beta = solve @ target
    residual = target - design @ beta
    leverage = np.sum(left**2, axis=1) + w / np.bincount(codes, weights=w)[codes]
    inflated = residual / np.maximum(1.0 - leverage, 1.0 - FULL_LEVERAGE)
    spread = solve * inflated
    return Surface(
        degree=degree,
        centre=centre,
        scale=scale,
        beta=beta,
        covariance=spread @ spread.T,
        df=df,
        residual_deviation=float(np.sqrt(residual @ residual / df)),
        lack_of_fit=None,
        rows=len(y),
    )


def noise_weights(x: FloatArray, y: FloatArray, *, degree: int, blocks: IntArray | None = None) -> FloatArray:
    """Inverse variances, shape (n,), of noise whose deviation grows linearly with the drop below the fitted top.

    Deviation = a (1 + b drop), a and b by regressing the absolute residuals of an equal-weight fit on its drop; b is
    not negative, and no weight is below 1 / MOST_NOISE^2 of the largest. Runs far from the optimum are noisier, and
    what happens there should not bend the surface near it. Feasible generalised least squares (Carroll & Ruppert 1988).
    """
    surface = fit_surface(x, y, degree=degree, blocks=blocks)
    fitted = surface.values(x)
    codes = np.zeros(len(y), dtype=np.int64) if blocks is None else np.unique(blocks, return_inverse=True)[1].ravel()
    residual = np.abs(_centred((y - fitted)[:, None], codes, np.ones(len(y)))[:, 0])
    freedom = np.sqrt(np.maximum(1.0 - 1.0 / np.bincount(codes)[codes], 0.1))
    drop = fitted.max() - fitted
    slope, level = np.polynomial.polynomial.polyfit(drop, residual / freedom, 1)[::-1]
    if not (slope > 0.0 and level > 0.0):
        return np.ones(len(y))
    return np.asarray(1.0 / np.minimum(1.0 + slope / level * drop, MOST_NOISE) ** 2, dtype=np.float64)


def choose_surface(x: FloatArray, y: FloatArray, *, blocks: IntArray | None = None) -> Surface | None:
    """Fit the degree that the rows allow and need, by weighted least squares with `noise_weights`.

    Starts at the cubic (lower where rows are few: at least 2.5 rows a coefficient) and climbs while the next degree's
    terms are significant in a nested F-test at 0.05. `lack_of_fit` of the result is the p-value of that test at the
    degree where it stopped. None where not even a quadratic is supported.
    """
    usual = _allowed_degree(len(y), blocks)
    if usual < 2:
        return None
    try:
        weights = noise_weights(x, y, degree=min(usual, USUAL_DEGREE + 1), blocks=blocks)
    except ValueError:
        return None
    ladder = _ladder(x, y, blocks, weights, highest=usual)
    position = next((i for i, surface in enumerate(ladder) if surface.degree == USUAL_DEGREE), len(ladder) - 1)
    while position + 1 < len(ladder):
        if nested_p_value(ladder[position], ladder[position + 1]) >= HIGHER_DEGREE_LEVEL:
            break
        position += 1
    if not ladder:
        return None
    return with_lack_of_fit(ladder[position], ladder[position + 1] if position + 1 < len(ladder) else None)


def nested_p_value(simple: Surface, rich: Surface) -> float:
    """p-value of the F-test that the terms of `rich` beyond `simple` are zero; same rows, equal variances assumed."""
    extra = simple.df - rich.df
    unexplained = rich.df * rich.residual_deviation**2
    gained = max(simple.df * simple.residual_deviation**2 - unexplained, 0.0)
    if unexplained <= 0.0:
        return 1.0 if gained <= 0.0 else 0.0
    return float(f_distribution.sf((gained / extra) / (unexplained / rich.df), extra, rich.df))


def with_lack_of_fit(surface: Surface, richer: Surface | None) -> Surface:
    """The same surface with `lack_of_fit` from the nested F-test against the next degree; None without one."""
    if richer is None:
        return surface
    values = {name: getattr(surface, name) for name in Surface.__slots__}
    return Surface(**{**values, "lack_of_fit": nested_p_value(surface, richer)})


def _allowed_degree(rows: int, blocks: IntArray | None) -> int:
    """Highest degree with at least 2.5 rows a coefficient, block effects paid for; 1 where that is below 2."""
    groups = 1 if blocks is None else len(np.unique(blocks))
    allowed = [
        degree
        for degree in range(2, MAX_DEGREE + 1)
        if rows - groups >= ROWS_PER_COEFFICIENT * (coefficients(degree) + 1)
    ]
    return max(allowed, default=1)


def _ladder(
    x: FloatArray, y: FloatArray, blocks: IntArray | None, weights: FloatArray, *, highest: int
) -> list[Surface]:
    ladder: list[Surface] = []
    for degree in range(2, highest + 1):
        try:
            ladder.append(fit_surface(x, y, degree=degree, blocks=blocks, weights=weights))
        except ValueError:
            break
    return ladder


def _centred(columns: FloatArray, codes: IntArray, weights: FloatArray) -> FloatArray:
    """Columns minus their weighted block means."""
    indicator = np.zeros((int(codes.max()) + 1, len(codes)))
    indicator[codes, np.arange(len(codes))] = weights
    means = (indicator @ columns) / indicator.sum(axis=1, keepdims=True)
    return np.asarray(columns - means[codes], dtype=np.float64)
