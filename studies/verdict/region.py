"""Confidence region of a surface's maximiser, by inverting a test at every candidate point.

For a candidate x0 let d(x) = f(x) - f(x0), estimated with its standard error se(x), and T(x0) = max_x d(x) / se(x).
Under "x0 is the maximiser" all d <= 0. Pure noise, drawn from the coefficients' covariance, would then give at most
max_x of the noise ratios; but most points are far from any tie, and counting them would waste power. So, in two steps:
first a simultaneous upper bound on every d at confidence 1 - BETA, then the noise ratios are lowered where even that
bound is negative. p(x0) = BETA + share of draws that reach T, and the region is {x0: p(x0) > 0.05}.

Hypothesis at x0: x0 maximises f over the points given. Error rate: the region misses the maximiser in at most 5 % of
studies (up to the adequacy of the polynomial). Stays valid on a flat ridge, where the region merely becomes long.
The same draws give a bound on the regret max_x f(x) - f(x0) that holds simultaneously over x.

References: Peterson, Cahya & del Castillo (2002), Biometrics 58, 422-429; Box & Hunter (1954); the two steps are
Romano, Shaikh & Wolf (2014), Econometrica 82, 1979-2002, with their beta of a tenth of the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.surface import Surface

FloatArray = NDArray[np.float64]
DRAWS = 500  # Monte-Carlo error of p = 0.05 is 0.01
BETA = 0.005  # error spent on the first step
SMALLEST_SHARE = 1e-7  # se below this share of the largest: the two points are one


@dataclass(frozen=True, slots=True)
class Regret:
    """max_x f(x) - f(x0) with a 95 % simultaneous interval, response units."""

    estimate: float
    low: float
    high: float


def coefficient_draws(surface: Surface, *, count: int, rng: np.random.Generator) -> FloatArray:
    """Draws of the coefficients' error, N(0, covariance) * sqrt(df / chi2_df), shape (p, count)."""
    values, vectors = np.linalg.eigh(surface.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((len(values), count))
    return np.asarray(root @ normal * np.sqrt(surface.df / rng.chisquare(surface.df, size=count)), dtype=np.float64)


def location_p_values(
    surface: Surface, candidates: FloatArray, challengers: FloatArray, draws: FloatArray, *, margin: float = 0.0
) -> FloatArray:
    """p-value of "this candidate is the maximiser" for each candidate.

    Args:
        surface: the fitted surface.
        candidates: (m, 2) points (s, u) to test.
        challengers: (k, 2) points (s, u) that may be better.
        draws: from `coefficient_draws`, shape (p, B).
        margin: tests "no challenger beats this candidate by more than the margin" instead, response units.

    Returns:
        shape (m,), each in [BETA + 1 / (B + 1), 1].
    """
    here, there = surface.phi(candidates), surface.phi(challengers)
    inverse = _inverse_errors(surface, here, there)
    fitted_here, fitted_there = here @ surface.beta, there @ surface.beta
    noise_here = (here @ draws).astype(np.float32)
    noise_there = (there @ draws).astype(np.float32)
    p_values = np.empty(len(candidates))
    for i in range(len(candidates)):
        ratios = ((fitted_there - fitted_here[i] - margin) * inverse[i]).astype(np.float32)
        noise = (noise_there - noise_here[i]) * inverse[i].astype(np.float32)[:, None]
        bound = np.quantile(-noise.min(axis=0), 1.0 - BETA)  # d <= (ratio + bound) * se for all x at once
        noise += np.minimum(ratios + np.float32(bound), 0.0)[:, None]
        reached = np.count_nonzero(noise.max(axis=0) >= ratios.max())
        p_values[i] = min(1.0, BETA + (1 + reached) / (draws.shape[1] + 1))
    return p_values


def simultaneous_regret(surface: Surface, at: FloatArray, challengers: FloatArray, draws: FloatArray) -> Regret:
    """Regret of the point `at`, shape (2,), against the challengers (k, 2), with a 95 % simultaneous interval."""
    here, there = surface.phi(at[None, :]), surface.phi(challengers)
    inverse = _inverse_errors(surface, here, there)[0]
    difference = (there - here) @ surface.beta
    noise = ((there - here) @ draws) * inverse[:, None]
    error = np.where(inverse > 0.0, 1.0 / np.where(inverse > 0.0, inverse, 1.0), 0.0)
    critical = float(np.quantile(np.abs(noise).max(axis=0), 0.95))
    return Regret(
        estimate=max(0.0, float(difference.max())),
        low=max(0.0, float((difference - critical * error).max())),
        high=max(0.0, float((difference + critical * error).max())),
    )


def _inverse_errors(surface: Surface, here: FloatArray, there: FloatArray) -> FloatArray:
    """1 / se of every difference between bases here (m, p) and there (k, p); zero where both points are one."""
    variance_here, variance_there = (np.einsum("ij,jk,ik->i", phi, surface.covariance, phi) for phi in (here, there))
    variance = variance_here[:, None] + variance_there[None, :] - 2.0 * here @ surface.covariance @ there.T
    error = np.sqrt(np.maximum(variance, 0.0))
    distinct = error > SMALLEST_SHARE * max(float(error.max(initial=0.0)), 1e-300)
    return np.asarray(np.where(distinct, 1.0 / np.where(distinct, error, 1.0), 0.0), dtype=np.float64)
