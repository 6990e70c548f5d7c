"""Where the optimum lies: the polynomial's confidence region and the Gaussian process' posterior, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.coordinates import from_vu
from studies.verdict.gaussian_process import Process, fit_process, pool_repeats
from studies.verdict.looks import look_level
from studies.verdict.neighbourhood import SLACK, border, centre, inside, lattice, on_edge, prior_share, to_fit
from studies.verdict.records import LEVEL, Evidence, Interval, OtherWidth, RegionMap, RidgeDrop
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
from studies.verdict.rows import ArmRuns, Rows, complete_table, located_rows, paired_arms, paired_rows
from studies.verdict.surface import Surface
from studies.verdict.surface_choice import choose_surface
from studies.verdict.zone import FEWEST_RUNS, Zone, find_zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
GRIDS = ((61, 41), (51, 35), (41, 29), (31, 21), (25, 17), (19, 13))  # nodes along v and u, finest first
MOST_CELLS = 400  # nodes in the zone: the inversion's cost grows with their square
POSTERIOR_DRAWS = 512
OTHER_FACTORS = (math.sqrt(2.0), math.sqrt(10.0))  # of neighbourhoods that are shown beside the claim's
FEWEST_ROWS = 12  # runs in the zone below which no surface is fitted


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """What the data say about the optimum's place; None where they do not."""

    surface: Surface | None
    eta: Interval
    alpha: Interval
    effective_rate: Interval
    kappa: Interval
    ridge_slope: Interval
    pi_inside: float | None
    edge_mass: float | None
    p_claim: float | None
    p_in: float | None
    p_out: float | None
    regret: Regret | None
    region: RegionMap | None
    argmaxes: FloatArray | None  # (draws, 2) posterior draws of the optimum in (v, u)
    challengers: FloatArray | None  # (m, 2) points in (v, u) that the tests ran over
    errors: FloatArray | None  # (p, draws) draws of the surface's error
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


UNKNOWN = Interval(None, None, None)
NOWHERE = Location(None, *(UNKNOWN,) * 5, *(None,) * 10)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    v: FloatArray
    u: FloatArray
    nodes: FloatArray  # (rows * columns, 2)
    mask: BoolArray  # nodes in the zone
    points: FloatArray  # nodes in the zone, then the border of N in the zone, then the claim


def locate(evidence: Evidence, objective: str, *, rng: np.random.Generator) -> Location:
    """Estimate the optimum's place and test the claim's point and neighbourhood.

    Hypotheses: p_claim "the claim's point is the optimum"; p_in "the optimum lies outside N" (largest p over the zone
    outside N); p_out "it lies in N" (largest p over the zone in N and the claim's point). Points outside the zone count
    as rejected by the map. Assumptions: the polynomial is adequate in the zone, points are fixed before their runs.
    Intervals are the marginals of the joint 95 % region; without a surface, 95 % of the posterior draws.
    """
    rows = located_rows(evidence, objective)
    if len(rows) < FEWEST_RUNS or float(np.ptp(rows.y)) <= 1e-9:
        return NOWHERE
    zone = find_zone(evidence, objective)
    grid = _grid(evidence, zone)
    mask = zone.contains(rows.points)
    chosen = rows.where(mask) if int(mask.sum()) >= FEWEST_RUNS else rows
    process = _process(chosen, paired_arms(evidence, objective), zone)
    draws = process.draws(to_fit(grid.points), count=POSTERIOR_DRAWS, rng=rng)
    surface = _surface(evidence, objective, rows.where(mask), zone) if evidence.fixed_design else None
    return _along_ridge(evidence, zone, _describe(evidence, grid, process, draws, surface, rng))


def _along_ridge(evidence: Evidence, zone: Zone, location: Location) -> Location:
    """The same with the profile's drops, the Bayes factor of N and the shares of wider and narrower neighbourhoods."""
    argmaxes, claim = location.argmaxes, evidence.claim
    odds = None
    if argmaxes is not None:
        within = int(inside(claim, argmaxes).sum())
        odds = bayes_factor(within, len(argmaxes), prior_share(claim, evidence.space))
    widths = () if argmaxes is None else tuple(_width(evidence, argmaxes, factor) for factor in OTHER_FACTORS)
    drops: tuple[RidgeDrop, ...] = ()
    if location.surface is not None and location.errors is not None and location.alpha.estimate is not None:
        best_u = -math.log1p(-location.alpha.estimate)
        errors = location.errors[:, :DRAWS]
        drops = ridge_drops(location.surface, errors, claim=claim, zone=zone, best_u=best_u)
    return replace(location, bayes_factor=odds, ridge_drops=drops, other_widths=widths)


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


def _process(rows: Rows, arms: Sequence[ArmRuns], zone: Zone) -> Process:
    """Gaussian process of the zone's runs and of the paired arms' means, which share an offset of their own."""
    x, y, repeats, blocks = pool_repeats(to_fit(rows.points), rows.y, rows.blocks)
    points, table = complete_table(arms)
    keep = zone.contains(points)
    if len(table) >= 2 and int(keep.sum()) >= 2:
        x, y = np.vstack([x, to_fit(points[keep])]), np.concatenate([y, table.mean(axis=0)[keep]])
        repeats = np.concatenate([repeats, np.full(int(keep.sum()), float(len(table)))])
        blocks = np.concatenate([blocks, np.full(int(keep.sum()), blocks.max() + 1)])
    return fit_process(x, y, repeats=repeats, blocks=blocks)


def _surface(evidence: Evidence, objective: str, rows: Rows, zone: Zone) -> Surface | None:
    """Polynomial of the zone's runs and, each block with an effect of its own, of the paired runs in the zone."""
    if len(rows) < FEWEST_ROWS or float(np.ptp(rows.y)) <= 1e-9:
        return None
    paired = paired_rows(evidence, objective)
    paired = paired.where(zone.contains(paired.points)) if len(paired) else paired
    shared = np.bincount(paired.blocks, minlength=1)[paired.blocks] >= 2 if len(paired) else paired.chance
    paired = paired.where(shared)
    return choose_surface(
        to_fit(np.vstack([rows.points, paired.points])),
        np.concatenate([rows.y, paired.y]),
        blocks=np.concatenate([rows.blocks, paired.blocks + (rows.blocks.max() + 1)]),
        sources=np.repeat([0, 1], [len(rows), len(paired)]),
    )


def _describe(
    evidence: Evidence,
    grid: _Grid,
    process: Process,
    draws: FloatArray,
    surface: Surface | None,
    rng: np.random.Generator,
) -> Location:
    argmaxes = grid.points[np.argmax(draws, axis=1)]
    step = np.array([grid.v[1] - grid.v[0], grid.u[1] - grid.u[0]])
    p_values = regret = errors = None
    beta, count = resolution(look_level(evidence.claim, evidence.looks))
    if surface is not None:
        errors = coefficient_draws(surface, count=count, rng=rng)
        points = to_fit(grid.points)
        p_values = resolved_p_values(surface, points, points, errors, beta=beta)
        regret = simultaneous_regret(surface, points[-1], points, errors[:, :DRAWS])
    members = argmaxes if p_values is None else grid.points[p_values > LEVEL]
    # The process, not the polynomial, says which of them is likeliest: a polynomial's own maximiser runs to corners.
    estimate = members[int(np.argmax(process.mean(to_fit(members))))]
    tails = 2.5 if p_values is None else 0.0
    p_claim, p_in, p_out = _location_tests(evidence, grid.points, p_values)
    eta, alpha, rate, kappa = _marginals(estimate, members, tails)
    return Location(
        surface=surface,
        eta=eta,
        alpha=alpha,
        effective_rate=rate,
        kappa=kappa,
        ridge_slope=_ridge_slope(grid, draws),
        pi_inside=float(inside(evidence.claim, argmaxes).mean()),
        edge_mass=float(on_edge(evidence.space, argmaxes, step).mean()),
        p_claim=p_claim,
        p_in=p_in,
        p_out=p_out,
        regret=regret,
        region=_region_map(grid, process, p_values),
        argmaxes=argmaxes,
        challengers=grid.points,
        errors=errors,
        beta=beta,
    )


def _location_tests(
    evidence: Evidence, points: FloatArray, p_values: FloatArray | None
) -> tuple[float | None, float | None, float | None]:
    """p_claim, p_in and p_out; the border of N belongs to both sides. The claim is the last point."""
    if p_values is None:
        return None, None, None
    distance = np.max(np.abs(points - centre(evidence.claim)), axis=1) - math.log(evidence.claim.tolerance_factor)
    within, without = distance <= SLACK, distance >= -SLACK
    return float(p_values[-1]), float(p_values[without].max(initial=0.0)), float(p_values[within].max(initial=0.0))


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


def _region_map(grid: _Grid, process: Process, p_values: FloatArray | None) -> RegionMap:
    shape = (len(grid.u), len(grid.v))
    p = np.full(grid.mask.size, np.nan)
    if p_values is not None:
        p[grid.mask] = p_values[: int(grid.mask.sum())]
    mean = process.mean(to_fit(grid.nodes))
    return RegionMap(
        tuple(grid.v.tolist()),
        tuple(grid.u.tolist()),
        tuple(tuple(None if np.isnan(x) else x for x in row) for row in p.reshape(shape).tolist()),
        tuple(tuple(row) for row in mean.reshape(shape).tolist()),
    )
