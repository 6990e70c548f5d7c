"""Choice of the zone's polynomial: the degree that the rows allow and need, with weights for unequal noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studies.verdict.adequacy import MAX_DEGREE, beyond_p_value, nested_p_value, pure_error_p_value
from studies.verdict.surface import FloatArray, IntArray, Surface, centred, coefficients, fit_surface

ROWS_PER_COEFFICIENT = 2.5  # fewer rows than this for each coefficient: the degree is lowered
HIGHER_DEGREE_LEVEL = 0.05  # nested F-test below this: the next degree is used
MOST_NOISE = 4.0  # largest ratio of noise deviations that the weights may assume
LEAST_VARIANCE = 0.25  # smallest ratio of two sources' noise variances that they may assume
USUAL_DEGREE = 3


def choose_surface(
    x: FloatArray, y: FloatArray, *, blocks: IntArray | None = None, sources: IntArray | None = None
) -> Surface | None:
    """Fit the model that the rows allow and need, by weighted least squares with `noise_weights`.

    Starts at the cubic (the quadratic where rows are few: at least 2.5 rows a coefficient). Powers of s alone are added
    while one or two more are significant in a nested F-test at 0.05; then the total degree is raised while the next
    degree's terms are. `lack_of_fit` of the result is the p-value of the terms next to its own: at or above 0.05 where
    the climb ended for want of need; anything where it ended at the highest degree allowed (or at the highest power
    of s), where the next terms are tested with 1.5 rows a coefficient, else the repeated runs (`adequacy`). None where
    not even a quadratic is supported.
    """
    highest = _allowed_degree(x, blocks)
    if highest < 2:
        return None
    try:
        weights = noise_weights(x, y, degree=min(highest, USUAL_DEGREE + 1), blocks=blocks, sources=sources)
        return _climb(_Fitter(x, y, blocks, weights), min(highest, USUAL_DEGREE), highest)
    except ValueError:
        return None


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
    residual = np.abs(centred((y - fitted)[:, None], codes, equal)[:, 0]) / freedom
    drop = fitted.max() - fitted
    slope, level = np.polynomial.polynomial.polyfit(drop, residual, 1)[::-1]
    growing = slope > 0.0 and level > 0.0
    deviation = np.minimum(1.0 + slope / level * drop, MOST_NOISE) if growing else equal
    kinds = np.zeros(len(y), dtype=np.int64) if sources is None else np.unique(sources, return_inverse=True)[1].ravel()
    own = np.bincount(kinds, weights=(residual / deviation) ** 2) / np.bincount(kinds)
    ratio = np.clip(own / max(float(own.max()), 1e-300), LEAST_VARIANCE, 1.0)
    return np.asarray(1.0 / (deviation**2 * ratio[kinds]), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    x: FloatArray
    y: FloatArray
    blocks: IntArray | None
    weights: FloatArray

    def __call__(self, degree: int, across: int) -> Surface:
        return fit_surface(self.x, self.y, degree=degree, across=across, blocks=self.blocks, weights=self.weights)

    def attempt(self, degree: int, across: int) -> Surface | None:
        """The fit, or None where the rows do not determine it."""
        try:
            return self(degree, across)
        except ValueError:
            return None

    def adequacy(self, surface: Surface, next_degree: float | None) -> float | None:
        """p-value of what the surface leaves out."""
        p_value = beyond_p_value(self.attempt, surface, next_degree)
        if p_value is not None:
            return p_value
        return pure_error_p_value(surface, self.x, self.y, blocks=self.blocks, weights=self.weights)


def _climb(fit: _Fitter, degree: int, highest: int) -> Surface:
    surface, p_value = fit(degree, degree), None
    while surface.degree < highest:
        richer = _more_powers(fit, surface)
        if any(nested_p_value(surface, candidate) < HIGHER_DEGREE_LEVEL for candidate in richer):
            surface = richer[0]
            continue
        fuller = fit.attempt(surface.degree + 1, max(surface.across, surface.degree + 1))
        p_value = None if fuller is None else nested_p_value(surface, fuller)
        if fuller is None or p_value is None or p_value >= HIGHER_DEGREE_LEVEL:
            break
        surface, p_value = fuller, None
    return replace(surface, lack_of_fit=fit.adequacy(surface, p_value))


def _more_powers(fit: _Fitter, surface: Surface) -> list[Surface]:
    """The surface with one and with two more powers of s alone, as far as allowed and determined."""
    powers = range(surface.across + 1, min(surface.across + 2, MAX_DEGREE) + 1)
    found = [fit.attempt(surface.degree, power) for power in powers]
    return [richer for richer in found if richer is not None]


def _allowed_degree(x: FloatArray, blocks: IntArray | None) -> int:
    """Highest degree with 2.5 rows a coefficient, block effects paid for, that the points determine; 1: not even 2."""
    groups = 1 if blocks is None else len(np.unique(blocks))
    for degree in range(MAX_DEGREE, 1, -1):
        enough = len(x) - groups >= ROWS_PER_COEFFICIENT * (coefficients(degree) + 1)
        if enough and _is_determined(x, blocks, degree):
            return degree
    return 1


def _is_determined(x: FloatArray, blocks: IntArray | None, degree: int) -> bool:
    try:
        fit_surface(x, np.zeros(len(x)), degree=degree, blocks=blocks)
    except ValueError:
        return False
    return True
