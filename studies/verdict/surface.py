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
from scipy.stats import f as f_distribution

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ROWS_PER_COEFFICIENT = 2.5  # fewer rows than this for each coefficient: the degree is lowered
HIGHER_DEGREE_LEVEL = 0.05  # nested F-test below this: the next degree is used
MAX_DEGREE = 6  # of the surface, and of s alone
MOST_NOISE = 4.0  # largest ratio of noise deviations that the weights may assume
LEAST_VARIANCE = 0.25  # smallest ratio of two sources' noise variances that they may assume
USUAL_DEGREE = 3
FULL_LEVERAGE = 1.0 - 1e-6  # a row that the fit passes through exactly tells nothing about its own noise


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
    lack_of_fit: float | None  # p-value of the next degree's terms; None where the rows do not allow it
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
    pairs = [(i, total - i) for total in range(1, degree + 1) for i in range(total, -1, -1)]
    pairs += [(i, 0) for i in range(degree + 1, across + 1)]
    return np.column_stack([first[:, i] * second[:, j] for i, j in pairs])


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
    design = _centred(basis((x - centre) / scale, degree, across), codes, w) * root
    target = (_centred(y[:, None], codes, w) * root)[:, 0]
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


def noise_weights(
    x: FloatArray, y: FloatArray, *, degree: int, blocks: IntArray | None = None, sources: IntArray | None = None
) -> FloatArray:
    """Inverse variances, shape (n,), of noise whose deviation grows linearly with the drop below the fitted top.

    Deviation = a (1 + b drop), b common and a by source (paired runs share more than map runs do), from the absolute
    residuals of an equal-weight fit; b is not negative, and both parts are bounded (MOST_NOISE, LEAST_VARIANCE). Runs
    far from the optimum are noisier, and what happens there should not bend the surface near it. Feasible generalised
    least squares (Carroll & Ruppert 1988).
    """
    surface = fit_surface(x, y, degree=degree, blocks=blocks)
    fitted = surface.values(x)
    codes = np.zeros(len(y), dtype=np.int64) if blocks is None else np.unique(blocks, return_inverse=True)[1].ravel()
    equal = np.ones(len(y))
    freedom = np.sqrt(np.maximum(1.0 - 1.0 / np.bincount(codes)[codes], 0.1))
    residual = np.abs(_centred((y - fitted)[:, None], codes, equal)[:, 0]) / freedom
    drop = fitted.max() - fitted
    slope, level = np.polynomial.polynomial.polyfit(drop, residual, 1)[::-1]
    growing = slope > 0.0 and level > 0.0
    deviation = np.minimum(1.0 + slope / level * drop, MOST_NOISE) if growing else equal
    kinds = np.zeros(len(y), dtype=np.int64) if sources is None else np.unique(sources, return_inverse=True)[1].ravel()
    own = np.bincount(kinds, weights=(residual / deviation) ** 2) / np.bincount(kinds)
    ratio = np.clip(own / max(float(own.max()), 1e-300), LEAST_VARIANCE, 1.0)
    return np.asarray(1.0 / (deviation**2 * ratio[kinds]), dtype=np.float64)


def choose_surface(
    x: FloatArray, y: FloatArray, *, blocks: IntArray | None = None, sources: IntArray | None = None
) -> Surface | None:
    """Fit the model that the rows allow and need, by weighted least squares with `noise_weights`.

    Starts at the cubic (the quadratic where rows are few: at least 2.5 rows a coefficient). Powers of s alone are added
    while one or two more are significant in a nested F-test at 0.05; then the total degree is raised while the next
    degree's terms are. `lack_of_fit` of the result is the p-value of that last test. None where not even a quadratic
    is supported.
    """
    highest = _allowed_degree(len(y), blocks)
    if highest < 2:
        return None
    try:
        weights = noise_weights(x, y, degree=min(highest, USUAL_DEGREE + 1), blocks=blocks, sources=sources)
        return _climb(_Fitter(x, y, blocks, weights), min(highest, USUAL_DEGREE), highest)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    x: FloatArray
    y: FloatArray
    blocks: IntArray | None
    weights: FloatArray

    def __call__(self, degree: int, across: int) -> Surface:
        return fit_surface(self.x, self.y, degree=degree, across=across, blocks=self.blocks, weights=self.weights)


def _climb(fit: _Fitter, degree: int, highest: int) -> Surface:
    across = degree
    surface = fit(degree, across)
    while degree < highest:
        richer = [fit(degree, power) for power in range(across + 1, min(across + 2, MAX_DEGREE) + 1)]
        if any(nested_p_value(surface, candidate) < HIGHER_DEGREE_LEVEL for candidate in richer):
            across += 1
            surface = richer[0]
            continue
        fuller = fit(degree + 1, max(across, degree + 1))
        p_value = nested_p_value(surface, fuller)
        if p_value >= HIGHER_DEGREE_LEVEL:
            return _with_lack_of_fit(surface, p_value)
        degree, surface = degree + 1, fuller
        across = max(across, degree)
    return surface


def nested_p_value(simple: Surface, rich: Surface) -> float:
    """p-value of the F-test that the terms of `rich` beyond `simple` are zero; same rows, equal variances assumed."""
    extra = simple.df - rich.df
    unexplained = rich.df * rich.residual_deviation**2
    gained = max(simple.df * simple.residual_deviation**2 - unexplained, 0.0)
    if unexplained <= 0.0:
        return 1.0 if gained <= 0.0 else 0.0
    return float(f_distribution.sf((gained / extra) / (unexplained / rich.df), extra, rich.df))


def _with_lack_of_fit(surface: Surface, p_value: float) -> Surface:
    return Surface(**{**{name: getattr(surface, name) for name in Surface.__slots__}, "lack_of_fit": p_value})


def _allowed_degree(rows: int, blocks: IntArray | None) -> int:
    """Highest degree with at least 2.5 rows a coefficient, block effects paid for; 1 where that is below 2."""
    groups = 1 if blocks is None else len(np.unique(blocks))
    allowed = [
        degree
        for degree in range(2, MAX_DEGREE + 1)
        if rows - groups >= ROWS_PER_COEFFICIENT * (coefficients(degree) + 1)
    ]
    return max(allowed, default=1)


def _centred(columns: FloatArray, codes: IntArray, weights: FloatArray) -> FloatArray:
    """Columns minus their weighted block means."""
    indicator = np.zeros((int(codes.max()) + 1, len(codes)))
    indicator[codes, np.arange(len(codes))] = weights
    means = (indicator @ columns) / indicator.sum(axis=1, keepdims=True)
    return np.asarray(columns - means[codes], dtype=np.float64)
