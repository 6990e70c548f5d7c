"""The cost of a wrong alpha along the ridge, and the Bayes factor of the neighbourhood. No tests.

The profile g(u) = max over v of the fitted surface, v = ln eta and u = -ln(1 - alpha), is the best that can be had at a
given alpha. Its drop from the estimated optimum's alpha to each edge of the neighbourhood says what a wrong alpha costs
when eta is tuned for it: near zero on a ridge where only eta / (1 - alpha) matters. Intervals: 2.5 and 97.5 % quantiles
over the draws of the coefficients' error, the optimum's alpha held fixed although the same data chose it; pointwise.

The Bayes factor of N is the posterior odds of "the optimum lies in N" over the odds before any data, which N's share of
the box gives (Kass & Raftery 1995, J. Am. Stat. Assoc. 90, 773-795).
"""

from __future__ import annotations

import numpy as np

from studies.language.claim import Claim
from studies.verdict.model import UNKNOWN, Interval, RidgeDrop
from studies.verdict.neighbourhood import centre
from studies.verdict.surface import FloatArray, Surface
from studies.verdict.zone import Zone

NODES = 121  # along v, from which the best eta is taken


def ridge_drops(
    surface: Surface, errors: FloatArray, *, claim: Claim, zone: Zone, best_u: float
) -> tuple[RidgeDrop, ...]:
    """Drops of the profile from `best_u` to the lower and the upper edge of the claim's neighbourhood in alpha.

    Args:
        surface: fitted in the zone.
        errors: draws of its coefficients' error, shape (p, B).
        claim: its neighbourhood's edges; one beyond the box is left out, one beyond the zone has no interval.
        zone: where the surface is known.
        best_u: u of the estimated optimum.

    Returns:
        none without a ridge, along which the profile runs.
    """
    if not zone.space.axes.ridge:
        return ()
    low, high = zone.space.u_bounds
    axes, step = zone.space.axes, claim.half_widths[1]
    edges = [u for u in (float(centre(claim)[1]) + sign * step for sign in (-1, 1)) if low <= u <= high]
    top = _profile(surface, errors, zone, best_u)
    return tuple(RidgeDrop(float(axes.second.value(u)), _drop(top, _profile(surface, errors, zone, u))) for u in edges)


def bayes_factor(inside: int, draws: int, prior: float) -> float | None:
    """Bayes factor of N from `inside` of `draws` posterior draws; half a draw more on either side keeps it finite.

    None where N has no share of the box or all of it.
    """
    if not 0.0 < prior < 1.0:
        return None
    return (inside + 0.5) / (draws - inside + 0.5) * (1.0 - prior) / prior


def _profile(surface: Surface, errors: FloatArray, zone: Zone, u: float) -> FloatArray | None:
    """g(u) by the estimate, then by each draw; shape (1 + B,). None where no point of this u is in the zone."""
    v = np.linspace(*zone.space.v_bounds, NODES)
    points = np.column_stack([v, np.full(NODES, u)])
    points = points[zone.contains(points)]
    if len(points) == 0:
        return None
    coefficients = surface.beta[:, None] + np.column_stack([np.zeros(len(surface.beta)), errors])
    return np.asarray((surface.phi(zone.space.axes.to_fit(points)) @ coefficients).max(axis=0), dtype=np.float64)


def _drop(top: FloatArray | None, edge: FloatArray | None) -> Interval:
    if top is None or edge is None:
        return UNKNOWN
    drops = top - edge
    low, high = np.percentile(drops[1:], [2.5, 97.5])
    return Interval(float(drops[0]), float(low), float(high))
