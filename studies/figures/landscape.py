"""The landscape: everything measured in one sweep over the plane of the two parameters, with the claim laid over it.

For the paper's pair the horizontal axis is u = -ln(1 - alpha) labelled in alpha, the vertical one ln eta labelled in
eta (`parameters` has the axes of others), so that the ridge
of constant eta / (1 - alpha) and the curve eta = (1 - alpha)^2 are straight lines of slope -1 and -2. The crest is the
straight line that the best eta at each alpha follows; which of the two slopes it has is what the data say.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.figures.cells import Cell, best, cells, is_claim
from studies.figures.parameters import shown
from studies.figures.readings import CURVE, RIDGE
from studies.figures.scales import Ticks, even_step, shade, shade_ticks
from studies.language.claim import MEASURE, Claim
from studies.language.objective_names import Judged, is_real
from studies.language.parameters import Axes
from studies.language.space import Space
from studies.records import Runs
from studies.verdict.answers import RunOutcome
from studies.verdict.model import RegionMap, SweepVerdict

SMALLEST = 5e-324  # a positive float: boxes of release 0.1 may end there, and the axis is logarithmic
WORST_SHOWN = 0.25  # quantile of the shown values where the colour scale starts: the good end gets the resolution
LINE_POINTS = 64
DEPTH = 1.0  # response units below the best that contour lines reach down to
FEWEST_NODES = 3  # of the zone at one alpha, below which no best eta is read off there
ALIKE = 1e-9  # of the larger of two shades: a smaller difference is none, in whatever unit a measure is
MOST_POINTS = 4000  # marks drawn; a browser stalls on many more


@dataclass(frozen=True, slots=True)
class Line:
    """A curve in drawn coordinates."""

    u: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One point that is pointed out."""

    eta: float
    alpha: float
    u: float
    y: float


@dataclass(frozen=True, slots=True)
class LandscapeInfo:
    """Contents of the landscape. `empty` says why there is nothing yet, "" otherwise."""

    objective: Judged
    axes: Axes
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
    ridge: Line | None  # through the claim, where the study declares one
    crest: Line | None  # through the fitted optimum of eta at each alpha, with the verdict's slope
    crest_slope: float | None
    preregistered: Line | None  # the box as submitted, where another one is in force
    region: RegionMap | None
    u_range: tuple[float, float]
    y_range: tuple[float, float]
    u_ticks: Ticks
    y_ticks: Ticks
    empty: str


def landscape_info(
    runs: Runs,
    claim: Claim,
    space: Space,
    *,
    objective: Judged,
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
    axes = space.axes
    found, (vertical, horizontal) = cells(runs, objective, outcome, axes), shown(axes)
    leader = best(found, objective)
    kept = _thinned(found, leader)
    measured = tuple(c for c in kept if c.sign == RunOutcome.TRAINED)
    shades = tuple(None if c.value is None else float(shade(c.value, objective)) for c in measured)
    low, high = _shade_range([s for s in shades if s is not None])
    own = verdict if verdict is not None and verdict.objective == _name(objective) else None
    crest = _crest(own, space)
    return LandscapeInfo(
        objective=objective,
        axes=axes,
        measured=measured,
        shades=shades,
        failed=tuple(c for c in kept if c.sign != RunOutcome.TRAINED),
        hidden=len(found) - len(kept),
        shade_range=(low, high),
        shade_ticks=shade_ticks(low, high, objective),
        claim=_mark(axes, claim.first, claim.second),
        best=None if leader is None else _mark(axes, leader.eta, leader.alpha),
        neighbourhood=_neighbourhood(claim),
        curve=_line(space, slope=CURVE, through=0.0) if claim.curve != "none" else None,
        ridge=_line(space, slope=RIDGE, through=float(axes.points(claim.first, claim.second).sum()))
        if axes.ridge
        else None,
        crest=crest,
        crest_slope=own.ridge_slope.estimate if own is not None and crest is not None else None,
        preregistered=_box(preregistered) if preregistered is not None and preregistered != space else None,
        region=own.region if own is not None else None,
        u_range=_padded(space.u_bounds),
        y_range=_padded_first(space),
        u_ticks=horizontal.ticks(*space.ends[1]),
        y_ticks=vertical.vertical_ticks(*space.ends[0]),
        empty="" if found else "No run has finished yet. Points appear here as workers report them.",
    )


def region_positions(info: LandscapeInfo) -> NDArray[np.float64]:
    """The region's columns on the vertical axis; empty without a region."""
    return _drawn(info.axes, np.asarray(info.region.v if info.region is not None else (), dtype=np.float64))


def good_end(region: RegionMap, objective: Judged) -> tuple[float, float]:
    """Responses between which contour lines are drawn: far below the top the fit is of no interest.

    The good end of a real measure, whose unit nobody has stated, is the better half of the nodes.
    """
    values = [m for row in region.mean for m in row if m is not None]
    top = max(values, default=1.0)
    if is_real(objective):
        depth = (top - statistics.median(values or [top])) or 1e-9 * max(abs(top), 1.0)
    else:
        depth = max(min(top - min(values, default=0.0), DEPTH), 1e-9)
    return top - depth, top


def _thinned(found: tuple[Cell, ...], leader: Cell | None) -> tuple[Cell, ...]:
    """An even choice of the cells that always has the claim and the best."""
    step = even_step(len(found), MOST_POINTS)
    return tuple(c for i, c in enumerate(found) if i % step == 0 or c is leader or is_claim(c))


def _name(objective: Judged) -> str:
    """The objective as a verdict names it."""
    return objective if isinstance(objective, str) else MEASURE


def _mark(axes: Axes, first: float, second: float) -> Mark:
    return Mark(first, second, float(axes.second.coordinate(second)), shown(axes)[0].drawn(first))


def _shade_range(shades: list[float]) -> tuple[float, float]:
    if not shades:
        return 0.0, 1.0
    low, high = float(np.quantile(shades, WORST_SHOWN)), max(shades)
    alike = high - low <= ALIKE * max(abs(low), abs(high))
    return (high - 0.5, high + 0.5) if alike else (low, high)


def _neighbourhood(claim: Claim) -> Line:
    """The rectangle N, closed; cut off at alpha = 0."""
    axes, (high_half, half) = claim.axes, claim.half_widths
    v, u = (float(axis) for axis in axes.coordinates(claim.first, claim.second))
    left, right = u - half, u + half
    left = max(left, 0.0) if axes.second.scale == "log_one_minus" else left
    low, high = _drawn(axes, np.array([v - high_half, v + high_half])).tolist()
    return Line((left, right, right, left, left), (low, low, high, high, low))


def _line(space: Space, *, slope: float, through: float, ends: tuple[float, float] | None = None) -> Line:
    """v = slope * u + through, within the box and between two values of u."""
    u = np.linspace(*(ends or space.u_bounds), LINE_POINTS)
    v = slope * u + through
    low, high = space.v_bounds
    inside = (v >= low) & (v <= high)
    return Line(tuple(u[inside].tolist()), tuple(_drawn(space.axes, v[inside]).tolist()))


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
    (left, right), (low, high) = space.u_bounds, map(shown(space.axes)[0].drawn, space.ends[0])
    return Line((left, right, right, left, left), (low, low, high, high, low))


def _padded(bounds: tuple[float, float]) -> tuple[float, float]:
    pad = 0.03 * (bounds[1] - bounds[0])
    return bounds[0] - pad, bounds[1] + pad


def _padded_first(space: Space) -> tuple[float, float]:
    low, high = _drawn(space.axes, np.array(_padded(space.v_bounds))).tolist()
    return (max(low, SMALLEST), high) if shown(space.axes)[0].is_logarithmic else (low, high)


def _drawn(axes: Axes, v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates of the first parameter as positions on the vertical axis."""
    return axes.first.value(v) if shown(axes)[0].is_logarithmic else v
