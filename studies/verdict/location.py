"""The optimum's place: the polynomial's confidence region and the Gaussian process' posterior, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.coordinates import from_vu
from studies.verdict.gaussian_process import Process, fit_process, pool_repeats
from studies.verdict.levels import location_level
from studies.verdict.looks import read_all, resolved_level
from studies.verdict.model import LEVEL, UNKNOWN, Evidence, Interval, OtherWidth, RegionMap, RidgeDrop
from studies.verdict.neighbourhood import SLACK, border, centre, inside, lattice, on_edge, prior_share, to_fit
from studies.verdict.region import (
    BETA,
    DRAWS,
    Regret,
    coefficient_draws,
    location_p_values,
    resolution,
    resolved_p_values,
    simultaneous_regret,
)
from studies.verdict.ridge import bayes_factor, ridge_drops
from studies.verdict.rows import (
    Rows,
    Sample,
    arm_levels,
    is_constant,
    located_rows,
    paired_arms,
    paired_rows,
)
from studies.verdict.surface import Surface
from studies.verdict.surface_choice import choose_surface
from studies.verdict.zone import FEWEST_RUNS, Zone, too_thin, zone_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
GRIDS = ((61, 41), (51, 35), (41, 29), (31, 21), (25, 17), (19, 13))  # nodes along v and u, finest first
MOST_CELLS = 400  # nodes in the zone: the inversion's cost grows with their square
POSTERIOR_DRAWS = 512
OTHER_FACTORS = (math.sqrt(2.0), math.sqrt(10.0))  # of neighbourhoods that are shown beside the claim's
FEWEST_ROWS = 12  # runs in the zone below which no surface is fitted


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """Estimates and tests of the optimum's place; None where the data give none."""

    surface: Surface | None = None
    eta: Interval = UNKNOWN
    alpha: Interval = UNKNOWN
    effective_rate: Interval = UNKNOWN
    kappa: Interval = UNKNOWN
    ridge_slope: Interval = UNKNOWN
    pi_inside: float | None = None
    edge_mass: float | None = None
    p_claim: float | None = None
    p_in: float | None = None
    p_out: float | None = None
    regret: Regret | None = None
    region: RegionMap | None = None
    argmaxes: FloatArray | None = None  # (draws, 2) posterior draws of the optimum in (v, u)
    challengers: FloatArray | None = None  # (m, 2) points in (v, u) that the tests ran over, the claim's last
    errors: FloatArray | None = None  # (p, draws) draws of the surface's error
    beta: float = BETA  # error spent on the first step of the location tests
    bayes_factor: float | None = None  # of N
    ridge_drops: tuple[RidgeDrop, ...] = ()
    other_widths: tuple[OtherWidth, ...] = ()

    def p_at(self, points: FloatArray) -> FloatArray | None:
        """p-value of "the optimum is here" at (n, 2) points in (v, u), in the zone or not; None without a surface."""
        if self.surface is None or self.challengers is None or self.errors is None:
            return None
        challengers = to_fit(np.vstack([self.challengers, points]))
        return location_p_values(self.surface, to_fit(points), challengers, self.errors[:, :DRAWS], beta=self.beta)

    def p_regret(self, margin: float | None) -> float | None:
        """p-value of "no point of the zone beats the claim by more than the margin"; None without a surface."""
        if self.surface is None or self.challengers is None or self.errors is None or margin is None:
            return None
        points = to_fit(self.challengers)
        errors, beta = self.errors, self.beta
        return float(location_p_values(self.surface, points[-1:], points, errors, margin=margin, beta=beta)[0])


NOWHERE = Location()


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    v: FloatArray
    u: FloatArray
    nodes: FloatArray  # (rows * columns, 2)
    mask: BoolArray  # nodes in the zone
    points: FloatArray  # nodes in the zone, then the border of N in the zone, then the claim


def locate(sample: Sample, *, rng: np.random.Generator) -> Location:
    """Estimate the optimum's place and test the claim's point and neighbourhood.

    Hypotheses: p_claim "the claim's point is the optimum"; p_in "the optimum lies outside N" (largest p over the zone
    outside N); p_out "it lies in N" (largest p over the zone in N and the claim's point). Points outside the zone count
    as rejected by the map. Assumptions: the polynomial is adequate in the zone, points are fixed before their runs.
    Intervals are the marginals of the joint 95 % region; without a surface, 95 % of the posterior draws.
    """
    evidence, rows = sample.evidence, located_rows(sample)
    if too_thin(rows):
        return NOWHERE
    zone = zone_of(sample)
    grid, mask = _grid(evidence, zone), zone.contains(rows.points)
    process = _process(sample, rows.where(mask) if int(mask.sum()) >= FEWEST_RUNS else rows, zone)
    location = _by_posterior(evidence, grid, process, rng)
    surface = _surface(sample, rows.where(mask), zone) if evidence.fixed_design else None
    return location if surface is None else _by_surface(location, evidence, zone, grid, process, surface, rng)


def _by_posterior(evidence: Evidence, grid: _Grid, process: Process, rng: np.random.Generator) -> Location:
    """The place by draws of the process' argmax, and the shares of the claim's and of other neighbourhoods."""
    draws = process.draws(to_fit(grid.points), count=POSTERIOR_DRAWS, rng=rng)
    argmaxes = grid.points[np.argmax(draws, axis=1)]
    eta, alpha, rate, kappa = _marginals(_likeliest(argmaxes, process), argmaxes, tails=2.5)
    step = np.array([grid.v[1] - grid.v[0], grid.u[1] - grid.u[0]])
    within = inside(evidence.claim, argmaxes)
    return Location(
        eta=eta,
        alpha=alpha,
        effective_rate=rate,
        kappa=kappa,
        ridge_slope=_ridge_slope(grid, draws),
        pi_inside=float(within.mean()),
        edge_mass=float(on_edge(evidence.space, argmaxes, step).mean()),
        region=_region_map(grid, process),
        argmaxes=argmaxes,
        challengers=grid.points,
        bayes_factor=bayes_factor(int(within.sum()), len(argmaxes), prior_share(evidence.claim, evidence.space)),
        other_widths=tuple(_width(evidence, argmaxes, factor) for factor in OTHER_FACTORS),
    )


def _by_surface(
    location: Location,
    evidence: Evidence,
    zone: Zone,
    grid: _Grid,
    process: Process,
    surface: Surface,
    rng: np.random.Generator,
) -> Location:
    """The posterior's location with the surface's tests, and its confidence region in place of the posterior's."""
    beta, count = resolution(resolved_level(evidence, location_level(evidence), kind="location"))
    errors, points = coefficient_draws(surface, count=count, rng=rng), to_fit(grid.points)
    few = errors[:, :DRAWS]
    p_values = read_all(evidence, resolved_p_values(surface, points, points, errors, beta=beta), "location")
    p_in, p_out = _largest_p_values(evidence, grid.points, p_values)
    region = grid.points[p_values > LEVEL]
    best = _likeliest(region, process)
    eta, alpha, rate, kappa = _marginals(best, region, tails=0.0)
    best_u = -math.log1p(-(alpha.estimate or 0.0))
    return replace(
        location,
        surface=surface,
        eta=eta,
        alpha=alpha,
        effective_rate=rate,
        kappa=kappa,
        p_claim=float(p_values[-1]),
        p_in=p_in,
        p_out=p_out,
        regret=simultaneous_regret(surface, points[-1], points, few),
        region=_with_p_values(location.region, grid, p_values),
        errors=errors,
        beta=beta,
        ridge_drops=ridge_drops(surface, few, claim=evidence.claim, zone=zone, best_u=best_u),
    )


def _likeliest(members: FloatArray, process: Process) -> FloatArray:
    """The member with the highest mean of the process; a polynomial's own maximiser would run to corners."""
    return np.asarray(members[int(np.argmax(process.mean(to_fit(members))))], dtype=np.float64)


def _width(evidence: Evidence, argmaxes: FloatArray, factor: float) -> OtherWidth:
    claim = evidence.claim.model_copy(update={"tolerance_factor": factor})
    return OtherWidth(factor, float(inside(claim, argmaxes).mean()), prior_share(claim, evidence.space))


def _grid(evidence: Evidence, zone: Zone) -> _Grid:
    extra = np.vstack([border(evidence.claim, evidence.space), centre(evidence.claim)])
    keep = zone.contains(extra)
    keep[-1] = True
    for size in GRIDS:
        v, u, nodes = lattice(evidence.space, *size)
        mask = zone.contains(nodes)
        if int(mask.sum()) <= MOST_CELLS:
            break
    return _Grid(v, u, nodes, mask, np.vstack([nodes[mask], extra[keep]]))


def _process(sample: Sample, rows: Rows, zone: Zone) -> Process:
    """Gaussian process of the zone's runs and of the paired arms' means, which share an offset of their own."""
    x, y, repeats, blocks = pool_repeats(to_fit(rows.points), rows.y, rows.blocks)
    points, levels, counts = arm_levels(sample, paired_arms(sample))
    keep = zone.contains(points)
    if int(keep.sum()) >= 2:
        x, y = np.vstack([x, to_fit(points[keep])]), np.concatenate([y, levels[keep]])
        repeats = np.concatenate([repeats, counts[keep]])
        blocks = np.concatenate([blocks, np.full(int(keep.sum()), blocks.max() + 1)])
    return fit_process(x, y, repeats=repeats, blocks=blocks)


def _surface(sample: Sample, rows: Rows, zone: Zone) -> Surface | None:
    """Polynomial of the zone's runs and, each block with an effect of its own, of the paired runs in the zone."""
    if len(rows) < FEWEST_ROWS or is_constant(rows.y):
        return None
    paired = _comparable(paired_rows(sample), zone)
    return choose_surface(
        to_fit(np.vstack([rows.points, paired.points])),
        np.concatenate([rows.y, paired.y]),
        blocks=np.concatenate([rows.blocks, paired.blocks + (rows.blocks.max() + 1)]),
        sources=np.repeat([0, 1], [len(rows), len(paired)]),
    )


def _comparable(paired: Rows, zone: Zone) -> Rows:
    """Paired runs in the zone whose block has another one there: alone, a run only measures its block."""
    if len(paired) == 0:
        return paired
    near = paired.where(zone.contains(paired.points))
    company = np.bincount(near.blocks, minlength=1)
    return near.where(company[near.blocks] >= 2)


def _largest_p_values(evidence: Evidence, points: FloatArray, p_values: FloatArray) -> tuple[float, float]:
    """p_in and p_out, the largest p-value outside N and inside; the border of N belongs to both sides."""
    distance = np.max(np.abs(points - centre(evidence.claim)), axis=1) - math.log(evidence.claim.tolerance_factor)
    within, without = distance <= SLACK, distance >= -SLACK
    return float(p_values[without].max(initial=0.0)), float(p_values[within].max(initial=0.0))


def _marginals(
    estimate: FloatArray, members: FloatArray, tails: float
) -> tuple[Interval, Interval, Interval, Interval]:
    """Intervals of eta, alpha, the effective rate and kappa over the members; `tails` percent cut at each end."""

    def along(direction: tuple[float, float]) -> tuple[float, float, float]:
        weights = np.array(direction)
        values = np.append(members @ weights, [] if tails else estimate @ weights)
        low, high = np.percentile(values, [tails, 100.0 - tails])
        return float(estimate @ weights), float(low), float(high)

    eta, rate = (Interval(*np.exp(along(direction)).tolist()) for direction in ((1.0, 0.0), (1.0, 1.0)))
    memory = from_vu(0.0, np.array(along((0.0, 1.0))))[1]
    return eta, Interval(*memory.tolist()), rate, Interval(*along((1.0, 2.0)))


def _ridge_slope(grid: _Grid, draws: FloatArray) -> Interval:
    """Slope of argmax_v over u within the zone, d(argmax v)/du, from the posterior draws: median and 95 % interval."""
    mask = grid.mask.reshape(len(grid.u), len(grid.v))
    field = np.full((len(draws), grid.mask.size), -np.inf)
    field[:, grid.mask] = draws[:, : int(grid.mask.sum())]
    rows = np.flatnonzero(mask.sum(axis=1) >= 3)
    if len(rows) < 3:
        return UNKNOWN
    ridge = grid.v[np.argmax(field.reshape(len(draws), *mask.shape)[:, rows, :], axis=2)]
    centred = grid.u[rows] - grid.u[rows].mean()
    slopes = (ridge @ centred) / (centred @ centred)
    low, middle, high = np.percentile(slopes, [2.5, 50.0, 97.5])
    return Interval(float(middle), float(low), float(high))


def _region_map(grid: _Grid, process: Process) -> RegionMap:
    """The process' mean at every node, with no p-value yet."""
    rows, columns = len(grid.u), len(grid.v)
    mean = process.mean(to_fit(grid.nodes)).reshape(rows, columns)
    return RegionMap(
        tuple(grid.v.tolist()),
        tuple(grid.u.tolist()),
        ((None,) * columns,) * rows,
        tuple(tuple(row) for row in mean.tolist()),
    )


def _with_p_values(region: RegionMap | None, grid: _Grid, p_values: FloatArray) -> RegionMap | None:
    """The map with the p-values of the zone's nodes, which come first among the grid's points."""
    if region is None:
        return None
    p = np.full(grid.mask.size, np.nan)
    p[grid.mask] = p_values[: int(grid.mask.sum())]
    cells = p.reshape(len(grid.u), len(grid.v)).tolist()
    return replace(region, p=tuple(tuple(None if np.isnan(x) else x for x in row) for row in cells))
