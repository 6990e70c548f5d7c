"""The landscape: everything measured in one sweep over the (eta, alpha) plane, with the claim laid over it.

The horizontal axis is u = -ln(1 - alpha) labelled in alpha, the vertical one ln eta labelled in eta, so that the ridge
of constant eta / (1 - alpha) and the curve eta = (1 - alpha)^2 are straight lines of slope -1 and -2. The crest is the
straight line that the best eta at each alpha follows; which of the two slopes it has is what the data say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.figures.cells import Cell, best, cells, is_claim
from studies.figures.readings import CURVE, RIDGE
from studies.figures.scales import Ticks, alpha_ticks, eta_ticks, shade, shade_ticks
from studies.language.claim import Claim
from studies.language.space import Space
from studies.records import Runs
from studies.verdict.answers import RunOutcome
from studies.verdict.model import RegionMap, SweepVerdict

SMALLEST = 5e-324  # a positive float: boxes of release 0.1 may end there, and the axis is logarithmic
WORST_SHOWN = 0.25  # quantile of the shown values where the colour scale starts: the good end gets the resolution
LINE_POINTS = 64
FEWEST_NODES = 3  # of the zone at one alpha, below which no best eta is read off there
MOST_POINTS = 4000  # marks drawn; a browser stalls on many more


@dataclass(frozen=True, slots=True)
class Line:
    """A curve in drawn coordinates."""

    u: tuple[float, ...]
    eta: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One point that is pointed out."""

    eta: float
    alpha: float
    u: float


@dataclass(frozen=True, slots=True)
class LandscapeInfo:
    """Contents of the landscape. `empty` says why there is nothing yet, "" otherwise."""

    objective: str
    measured: tuple[Cell, ...]  # cells whose runs trained
    shades: tuple[float | None, ...]  # their place on the colour scale
    failed: tuple[Cell, ...]  # cells that are drawn by the sign of another outcome
    hidden: int  # cells left out, evenly, because there are too many to draw
    shade_range: tuple[float, float]
    shade_ticks: Ticks
    claim: Mark
    best: Mark | None
    neighbourhood: Line
    curve: Line | None
    ridge: Line
    crest: Line | None  # through the fitted optimum of eta at each alpha, with the verdict's slope
    crest_slope: float | None
    preregistered: Line | None  # the box as submitted, where another one is in force
    region: RegionMap | None
    u_range: tuple[float, float]
    eta_range: tuple[float, float]
    u_ticks: Ticks
    eta_ticks: Ticks
    empty: str


def landscape_info(
    runs: Runs,
    claim: Claim,
    space: Space,
    *,
    objective: str,
    verdict: SweepVerdict | None = None,
    preregistered: Space | None = None,
    outcome: NDArray[np.str_] | None = None,
) -> LandscapeInfo:
    """Gather a sweep's landscape.

    Args:
        runs: the runs of one sweep.
        claim: gives the marked point, its neighbourhood and its curve.
        space: the box in force, which is shown.
        objective: what the colour means.
        verdict: where it has a fitted surface, that is drawn too.
        preregistered: the box as submitted; None: it is the one in force.
        outcome: of each run, as the verdict found it; None: by the runs' causes.
    """
    found = cells(runs, objective, outcome)
    leader = best(found, objective)
    kept = _thinned(found, leader)
    measured = tuple(c for c in kept if c.sign == RunOutcome.TRAINED)
    shades = tuple(None if c.value is None else float(shade(c.value, objective)) for c in measured)
    low, high = _shade_range([s for s in shades if s is not None])
    own = verdict if verdict is not None and verdict.objective == objective else None
    crest = _crest(own, space)
    return LandscapeInfo(
        objective=objective,
        measured=measured,
        shades=shades,
        failed=tuple(c for c in kept if c.sign != RunOutcome.TRAINED),
        hidden=len(found) - len(kept),
        shade_range=(low, high),
        shade_ticks=shade_ticks(low, high, objective),
        claim=_mark(claim.first, claim.second),
        best=None if leader is None else _mark(leader.eta, leader.alpha),
        neighbourhood=_neighbourhood(claim),
        curve=_line(space, slope=CURVE, through=0.0) if claim.curve != "none" else None,
        ridge=_line(space, slope=RIDGE, through=float(np.log(claim.first) - np.log1p(-claim.second))),
        crest=crest,
        crest_slope=own.ridge_slope.estimate if own is not None and crest is not None else None,
        preregistered=_box(preregistered) if preregistered is not None and preregistered != space else None,
        region=own.region if own is not None else None,
        u_range=_padded(space.u_bounds),
        eta_range=_padded_eta(*space.ends[0]),
        u_ticks=alpha_ticks(*space.ends[1]),
        eta_ticks=eta_ticks(*space.ends[0]),
        empty="" if found else "No run has finished yet. Points appear here as workers report them.",
    )


def _thinned(found: tuple[Cell, ...], leader: Cell | None) -> tuple[Cell, ...]:
    """An even choice of the cells that always has the claim and the best."""
    step = math.ceil(len(found) / MOST_POINTS)
    return tuple(c for i, c in enumerate(found) if step <= 1 or i % step == 0 or c is leader or is_claim(c))


def _mark(eta: float, alpha: float) -> Mark:
    return Mark(eta, alpha, float(-np.log1p(-alpha)))


def _shade_range(shades: list[float]) -> tuple[float, float]:
    if not shades:
        return 0.0, 1.0
    low, high = float(np.quantile(shades, WORST_SHOWN)), max(shades)
    return (low, high) if high - low > 1e-9 else (high - 0.5, high + 0.5)


def _neighbourhood(claim: Claim) -> Line:
    """The rectangle N, closed; cut off at alpha = 0."""
    half, u = float(np.log(claim.tolerance_factor)), float(-np.log1p(-claim.second))
    left, right = max(u - half, 0.0), u + half
    low, high = claim.first / claim.tolerance_factor, claim.first * claim.tolerance_factor
    return Line((left, right, right, left, left), (low, low, high, high, low))


def _line(space: Space, *, slope: float, through: float, ends: tuple[float, float] | None = None) -> Line:
    """v = slope * u + through, within the box and between two values of u."""
    u = np.linspace(*(ends or space.u_bounds), LINE_POINTS)
    v = slope * u + through
    low, high = space.v_bounds
    inside = (v >= low) & (v <= high)
    return Line(tuple(u[inside].tolist()), tuple(np.exp(v[inside]).tolist()))


def _crest(verdict: SweepVerdict | None, space: Space) -> Line | None:
    """The verdict's slope through the middle of the fitted crest: the best v at each u of the zone."""
    if verdict is None or verdict.region is None or verdict.ridge_slope.estimate is None:
        return None
    region, slope = verdict.region, verdict.ridge_slope.estimate
    mean = np.array(region.mean, dtype=np.float64)
    mean[np.isnan(np.array(region.p, dtype=np.float64)) | np.isnan(mean)] = -np.inf
    rows = np.flatnonzero(np.isfinite(mean).sum(axis=1) >= FEWEST_NODES)
    if len(rows) < 2:
        return None
    u, v = np.asarray(region.u)[rows], np.asarray(region.v)[mean[rows].argmax(axis=1)]
    line = _line(space, slope=slope, through=float(v.mean() - slope * u.mean()), ends=(float(u.min()), float(u.max())))
    return line if len(line.u) > 1 else None


def _box(space: Space) -> Line:
    """The outline of a box, closed."""
    (left, right), low, high = space.u_bounds, *space.ends[0]
    return Line((left, right, right, left, left), (low, low, high, high, low))


def _padded(bounds: tuple[float, float]) -> tuple[float, float]:
    pad = 0.03 * (bounds[1] - bounds[0])
    return bounds[0] - pad, bounds[1] + pad


def _padded_eta(low: float, high: float) -> tuple[float, float]:
    padded = _padded((float(np.log(low)), float(np.log(high))))
    return max(float(np.exp(padded[0])), SMALLEST), float(np.exp(padded[1]))
