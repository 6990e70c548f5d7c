"""Confidence region of a surface's maximiser, by inverting a test at every candidate point.

For a candidate x0 let d(x) = f(x) - f(x0), estimated with its standard error se(x), and T(x0) = max_x d(x) / se(x).
Under "x0 is the maximiser" all d <= 0. Pure noise, drawn from the coefficients' covariance, would then give at most
max_x of the noise ratios; but most points are far from any tie, and counting them would waste power. So, in two steps:
first a simultaneous upper bound on every d at confidence 1 - BETA, then the noise ratios are lowered where even that
bound is negative. p(x0) = BETA + share of draws that reach T, and the region is {x0: p(x0) > 0.05}.

Both BETA and the number of draws scale with the level at which a look is held (`resolution`), so that later looks,
which have less of the level to spend, resolve as finely as the first.

Hypothesis at x0: x0 maximises f over the points given. Error rate: the region misses the maximiser in at most 5 % of
studies (up to the adequacy of the polynomial). Stays valid on a flat ridge, where the region merely becomes long.
The same draws give a bound on the regret max_x f(x) - f(x0) that holds simultaneously over x.

References: Peterson, Cahya & del Castillo (2002), Biometrics 58, 422-429; Box & Hunter (1954); the two steps are
Romano, Shaikh & Wolf (2014), Econometrica 82, 1979-2002, with their beta of a tenth of the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import f as f_distribution
from studies.verdict.noise_ratios import NoiseRatios, lengths_of, stretches_of
from studies.verdict.surface import Surface

FloatArray = NDArray[np.float64]
DRAWS = 500  # Monte-Carlo error of p = 0.05 is 0.01
BETA = 0.005  # error spent on the first step
FULL_LEVEL = 0.045  # levels from here on are served by DRAWS and BETA as they are
MOST_DRAWS = 36_000  # enough for levels down to 0.000625, a fourth look's by default
DOUBTFUL = 0.1  # p-values at or above this are not made more precise
NEGLIGIBLE = 1e-3  # an upper bound on a p-value below this share of BETA takes its place
FEW = 16  # challengers that mostly show already that a regret is not below the margin
HARDEST = 12  # points of a part that are tested with all draws
CONFIDENCE = 0.95  # of a regret's interval
CLOSE = 1e-6  # relative: a ratio this near to what decides is looked at by the interval itself
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
    surface: Surface,
    candidates: FloatArray,
    challengers: FloatArray,
    draws: FloatArray,
    *,
    margin: float = 0.0,
    beta: float = BETA,
) -> FloatArray:
    """p-value of "this candidate is the maximiser" for each candidate.

    Args:
        surface: the fitted surface.
        candidates: (m, 2) points (s, u) to test.
        challengers: (k, 2) points (s, u) that may be better.
        draws: from `coefficient_draws`, shape (p, B).
        margin: tests "no challenger beats this candidate by more than the margin" instead, response units.
        beta: error spent on the first step.

    Returns:
        shape (m,), each in [beta + 1 / (B + 1), 1].
    """
    here, there = surface.phi(candidates), surface.phi(challengers)
    inverse = _inverse_errors(surface, here, there)
    gaps = (there @ surface.beta)[None, :] - (here @ surface.beta)[:, None] - margin
    noise = NoiseRatios.of(here, there, inverse, surface.covariance, draws)
    reached = noise.reached((gaps * inverse).astype(np.float32), beta)
    return np.asarray(np.minimum(1.0, beta + (1 + reached) / (draws.shape[1] + 1)), dtype=np.float64)


def resolution(level: float) -> tuple[float, int]:
    """BETA and the number of draws for tests held at a level: ever smaller and more as it falls."""
    scale = min(1.0, level / FULL_LEVEL)
    draws = MOST_DRAWS if scale * MOST_DRAWS <= DRAWS else math.ceil(DRAWS / scale)
    return BETA * max(scale, DRAWS / MOST_DRAWS), draws


def resolved_p_values(
    surface: Surface, candidates: FloatArray, challengers: FloatArray, draws: FloatArray, *, beta: float
) -> FloatArray:
    """`location_p_values` by the first DRAWS draws where they suffice, by all of them elsewhere.

    A candidate for which more draws would change no answer keeps Scheffe's upper bound instead: no noise ratio exceeds
    the error's own length, whose square is p times an F variate of p and df degrees of freedom (Scheffe 1953).
    """
    p_values = location_p_values(surface, candidates, challengers, draws[:, :DRAWS], beta=beta)
    if draws.shape[1] <= DRAWS:
        return p_values
    count = len(surface.beta)
    bound = f_distribution.sf(largest_ratios(surface, candidates, challengers) ** 2 / count, count, surface.df)
    close = p_values < DOUBTFUL
    hopeless = close & (bound < NEGLIGIBLE * beta)
    p_values[hopeless] = beta + bound[hopeless]
    again = close & ~hopeless
    if again.any():
        p_values[again] = location_p_values(surface, candidates[again], challengers, draws, beta=beta)
    return p_values


def hardest_p_values(
    surface: Surface, points: FloatArray, draws: FloatArray, *, beta: float, parts: Sequence[NDArray[np.bool_]]
) -> FloatArray:
    """`location_p_values` of all points among themselves, made precise where the largest of a part of them is small.

    Of each part the HARDEST points, those with the smallest T, are tested with all draws and the others by the first
    DRAWS, their p-values being lowered to the hardest's largest: a larger T has a smaller p-value but for the draws.
    The last point, the claim, is always among the former.

    Args:
        surface: the fitted surface.
        points: (m, 2) points (s, u).
        draws: from `coefficient_draws`, shape (p, B).
        beta: error spent on the first step.
        parts: masks (m,) of the points whose largest p-values decide.
    """
    p_values = location_p_values(surface, points, points, draws[:, :DRAWS], beta=beta)
    if draws.shape[1] <= DRAWS:
        return p_values
    ratios = largest_ratios(surface, points, points)
    small = [part for part in parts if part.any() and p_values[part].max() < DOUBTFUL]
    chosen = [np.flatnonzero(part)[np.argsort(ratios[part], kind="stable")[:HARDEST]] for part in small]
    last = [] if p_values[-1] >= DOUBTFUL else [np.array([len(points) - 1])]
    if not (again := [*chosen, *last]):
        return p_values
    indices = np.unique(np.concatenate(again))
    precise = location_p_values(surface, points[indices], points, draws, beta=beta)
    for part, hardest in zip(small, chosen, strict=True):
        p_values[part] = np.minimum(p_values[part], precise[np.isin(indices, hardest)].max())
    p_values[indices] = precise
    return p_values


def largest_ratios(surface: Surface, candidates: FloatArray, challengers: FloatArray) -> FloatArray:
    """T of each candidate: by how many standard errors the challenger beats it that does so most; shape (m,), >= 0."""
    here, there = surface.phi(candidates), surface.phi(challengers)
    gaps = (there @ surface.beta)[None, :] - (here @ surface.beta)[:, None]
    return np.asarray((gaps * _inverse_errors(surface, here, there)).max(axis=1).clip(min=0.0), dtype=np.float64)


def simultaneous_regret(surface: Surface, at: FloatArray, challengers: FloatArray, draws: FloatArray) -> Regret:
    """Regret of the point `at`, shape (2,), against the challengers (k, 2), with a 95 % simultaneous interval."""
    return _regret(surface, surface.phi(at[None, :]), surface.phi(challengers), draws)


def _regret(surface: Surface, here: FloatArray, there: FloatArray, draws: FloatArray) -> Regret:
    """`simultaneous_regret` from the basis at the point, shape (1, p), and at the challengers (k, p)."""
    inverse = _inverse_errors(surface, here, there)[0]
    difference = (there - here) @ surface.beta
    noise = ((there - here) @ draws) * inverse[:, None]
    error = np.where(inverse > 0.0, 1.0 / np.where(inverse > 0.0, inverse, 1.0), 0.0)
    critical = float(np.quantile(np.abs(noise).max(axis=0), CONFIDENCE))
    return Regret(
        estimate=max(0.0, float(difference.max())),
        low=max(0.0, float((difference - critical * error).max())),
        high=max(0.0, float((difference + critical * error).max())),
    )


def shown_within(
    surface: Surface, candidates: FloatArray, challengers: FloatArray, draws: FloatArray, *, margin: float
) -> NDArray[np.bool_]:
    """Mask of the candidates (m, 2) whose regret's upper end (`simultaneous_regret`) is below the margin; shape (m,).

    One whose estimated regret reaches the margin needs no draws: the upper end lies no lower. For the others it is
    mostly enough to count the draws in which a noise ratio reaches what the margin leaves room for (`_known_within`).
    """
    here, there = surface.phi(candidates), surface.phi(challengers)
    shown = np.array([float(((there - phi) @ surface.beta).max()) < margin for phi in here], dtype=np.bool_)
    open_ones = np.flatnonzero(shown)
    inverse = _inverse_errors(surface, here[open_ones], there)
    lengths = lengths_of(surface.covariance, draws)
    reach = stretches_of(surface.covariance, np.vstack([here, there]), inverse)[:, None] * lengths
    for row, i in enumerate(open_ones):
        room = (margin - (there - here[i]) @ surface.beta) * inverse[row]
        needed = float(room[inverse[row] > 0.0].min(initial=np.inf))
        near = draws[:, reach[row] >= needed * (1.0 - CLOSE)]
        known = _known_within((there - here[i]) * inverse[row, :, None], near, needed, draws.shape[1])
        shown[i] = _regret(surface, here[i : i + 1], there, draws).high < margin if known is None else known
    return shown


def _known_within(ratios: FloatArray, near: FloatArray, needed: float, count: int) -> bool | None:
    """Whether the quantile over all draws of the largest absolute noise ratio is below what is needed; None: too close.

    Args:
        ratios: (k, p) differences of the basis over their standard errors.
        near: (p, n) the draws that are long enough to reach what is needed; looked at first at FEW challengers.
        needed: critical value from which on the regret's upper end reaches the margin.
        count: of all draws.
    """
    above = count - 1 - math.floor((count - 1) * CONFIDENCE)  # draws above the lower of the quantile's two neighbours
    if near.shape[1] < above:
        return True
    for some in (ratios[:: max(1, len(ratios) // FEW)], ratios):
        largest = np.abs(some @ near).max(axis=0, initial=0.0)
        if np.count_nonzero(largest >= needed * (1.0 + CLOSE)) > above:
            return False
    return True if np.count_nonzero(largest >= needed * (1.0 - CLOSE)) < above else None


def _inverse_errors(surface: Surface, here: FloatArray, there: FloatArray) -> FloatArray:
    """1 / se of every difference between bases here (m, p) and there (k, p); zero where both points are one."""
    variance_here, variance_there = (np.einsum("ij,jk,ik->i", phi, surface.covariance, phi) for phi in (here, there))
    variance = variance_here[:, None] + variance_there[None, :] - 2.0 * here @ surface.covariance @ there.T
    error = np.sqrt(np.maximum(variance, 0.0))
    distinct = error > SMALLEST_SHARE * max(float(error.max(initial=0.0)), 1e-300)
    return np.asarray(np.where(distinct, 1.0 / np.where(distinct, error, 1.0), 0.0), dtype=np.float64)
