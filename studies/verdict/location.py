"""The optimum's place: the polynomial's confidence region and the Gaussian process' posterior.

Analysis 4 sets them side by side: region and tests are the polynomial's, shares of the posterior the process'. Analysis
5 joins them: a point is excluded where both exclude it, so that the region errs only where both do, and only points
near runs are candidates. Tests spend error on the polynomial's p-values alone, at whatever level a look has; the
process' region of 95 % must agree (`statements`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import Axes
from studies.verdict.gaussian_process import Process
from studies.verdict.ground import Ground, ground_of
from studies.verdict.levels import levels_of
from studies.verdict.likely import DRAWS as JOINT_DRAWS
from studies.verdict.likely import likely_of, share_near
from studies.verdict.looks import look_level, read_all, resolved_level
from studies.verdict.model import LEVEL, Evidence, Interval, OtherWidth
from studies.verdict.neighbourhood import inside, limits, on_edge, open_sides, prior_share, sides_of
from studies.verdict.nodes import (
    Grid,
    cells_of,
    grid_of,
    marginals,
    on_nodes,
    region_map,
    ridge_slope,
    with_p_values,
)
from studies.verdict.place import NOWHERE, Location
from studies.verdict.region import (
    DRAWS,
    coefficient_draws,
    hardest_p_values,
    resolution,
    resolved_p_values,
    simultaneous_regret,
)
from studies.verdict.ridge import bayes_factor, ridge_drops
from studies.verdict.rim import rim_p_values
from studies.verdict.rows import (
    Rows,
    Sample,
    arm_levels,
    is_constant,
    located_rows,
    paired_arms,
    paired_rows,
    sample_of,
)
from studies.verdict.surface import Surface
from studies.verdict.surface_choice import choose_surface
from studies.verdict.zone import FEWEST_RUNS, Zone, too_thin, zone_of
from studies.verdict.zone_process import Pooled, floored_process, pooled_rows

__all__ = ["NOWHERE", "OTHER_FACTORS", "Location", "locate", "outlook"]

FloatArray = NDArray[np.float64]
POSTERIOR_DRAWS = 512
OTHER_FACTORS = (math.sqrt(2.0), math.sqrt(10.0))  # of neighbourhoods that are shown beside the claim's
FEWEST_ROWS = 12  # runs in the zone below which no surface is fitted


def locate(sample: Sample, *, rng: np.random.Generator) -> Location:
    """Estimate the optimum's place and test the claim's point and neighbourhood.

    Hypotheses: p_claim "the claim's point is the optimum"; p_in "the optimum lies outside N" (largest p over the zone
    outside N); p_out "it lies in N" (largest p over the zone in N and the claim's point). Points outside the zone count
    as rejected by the map. Assumptions: points are fixed before their runs, and the polynomial is adequate in the zone;
    under analysis 5, polynomial or process is. Intervals are the marginals of the joint 95 % region; without a surface,
    95 % of the posterior draws.
    """
    evidence, rows = sample.evidence, located_rows(sample)
    if too_thin(rows):
        return NOWHERE
    zone = zone_of(sample)
    pooled, inner = _pooled(sample, rows, zone)
    surface = _surface(sample, inner, zone) if evidence.fixed_design else None
    if evidence.method.union_region:
        ground = ground_of(zone, pooled.points, pooled.fit())
        return _by_both(evidence, grid_of(evidence, ground), ground, pooled, surface, rng)
    grid, process = grid_of(evidence, zone), pooled.fit()
    location, argmaxes = _by_posterior(evidence, grid, process, POSTERIOR_DRAWS, rng)
    if surface is not None:
        return _by_surface(location, evidence, zone, grid, process, surface, rng)
    return _with_intervals(location, marginals(_likeliest(argmaxes, process, grid.axes), argmaxes, 2.5, grid.axes))


def outlook(sample: Sample, *, seed: int) -> Location:
    """Where `locate` puts the optimum by a generator of this seed: its draws and estimates, intervals and tests aside.

    Where the process admits the highest place of its own mean, tests cannot move the estimate, and nothing is tested.
    """
    evidence, rows = sample.evidence, located_rows(sample)
    if evidence.method.union_region and not too_thin(rows):
        zone = zone_of(sample)
        pooled = _pooled(sample, rows, zone)[0]
        ground = ground_of(zone, pooled.points, pooled.fit())
        grid, rng = grid_of(evidence, ground), np.random.default_rng(seed)
        location, process, _, by_process = _by_process(evidence, grid, ground, pooled, rng)
        best = int(np.argmax(process.mean(grid.axes.to_fit(grid.points))))
        if by_process[best] > LEVEL:
            place = grid.points[best]
            return _with_intervals(location, marginals(place, place[None, :], 0.0, grid.axes))
    return locate(sample, rng=np.random.default_rng(seed))


def map_process(evidence: Evidence) -> Process | None:
    """The process whose mean a verdict's map shows, made anew without any test: tenths of a second for 200 rows.

    None where the rows are too thin for one.
    """
    sample = sample_of(evidence)
    rows = located_rows(sample)
    if too_thin(rows):
        return None
    zone = zone_of(sample)
    pooled = _pooled(sample, rows, zone)[0]
    process = pooled.fit()
    if not evidence.method.union_region:
        return process
    ground = ground_of(zone, pooled.points, process)
    return floored_process(pooled, process, grid_of(evidence, ground).points)


def _pooled(sample: Sample, rows: Rows, zone: Zone) -> tuple[Pooled, Rows]:
    """Rows of the process' fit, the paired arms' means among them; and the located rows in the zone."""
    inner = rows.where(zone.contains(rows.points))
    near = inner if len(inner) >= FEWEST_RUNS else rows
    return pooled_rows(near, arm_levels(sample, paired_arms(sample)), zone), inner


def _by_posterior(
    evidence: Evidence, grid: Grid, process: Process, count: int, rng: np.random.Generator
) -> tuple[Location, FloatArray]:
    """The place by draws of the process' argmax, with shares of neighbourhoods but no intervals yet; and the draws."""
    draws = process.draws(grid.axes.to_fit(grid.points), count=count, rng=rng)
    argmaxes = grid.points[np.argmax(draws, axis=1)]
    within = inside(evidence.claim, argmaxes)
    found = Location(
        ridge_slope=ridge_slope(grid, draws[:POSTERIOR_DRAWS]),
        pi_inside=float(within.mean()),
        edge_mass=float(on_edge(evidence.space, argmaxes, grid.step).mean()),
        region=region_map(grid),
        process=process,
        of_typical=evidence.method.typical,
        argmaxes=argmaxes,
        challengers=grid.points,
        axes=grid.axes,
        bayes_factor=bayes_factor(int(within.sum()), len(argmaxes), prior_share(evidence.claim, evidence.space)),
        other_widths=tuple(_width(evidence, argmaxes, factor) for factor in OTHER_FACTORS),
    )
    return found, argmaxes


def _by_surface(
    location: Location,
    evidence: Evidence,
    zone: Zone,
    grid: Grid,
    process: Process,
    surface: Surface,
    rng: np.random.Generator,
) -> Location:
    """The posterior's location with the surface's tests, and its confidence region in place of the posterior's."""
    beta, count = resolution(look_level(evidence.claim, evidence.looks))
    errors, points = coefficient_draws(surface, count=count, rng=rng), grid.axes.to_fit(grid.points)
    p_values = resolved_p_values(surface, points, points, errors, beta=beta)
    members = grid.points[p_values > LEVEL]
    location = _with_intervals(location, marginals(_likeliest(members, process, grid.axes), members, 0.0, grid.axes))
    location = _tested(location, evidence, grid, p_values)
    location = replace(location, region=with_p_values(location.region, on_nodes(grid, p_values)))
    return _with_surface(location, evidence, zone, grid, surface, errors, beta)


def _by_both(
    evidence: Evidence,
    grid: Grid,
    ground: Ground,
    pooled: Pooled,
    surface: Surface | None,
    rng: np.random.Generator,
) -> Location:
    """The place by polynomial and process together; without a polynomial by the process, with no tests."""
    level = resolved_level(evidence, levels_of(evidence).place, kind="location")
    location, process, argmaxes, by_process = _by_process(evidence, grid, ground, pooled, rng)
    if surface is None:
        return _joined(location, evidence, grid, ground, process, by_process, by_process)
    beta, count = resolution(level)
    errors, points = coefficient_draws(surface, count=count, rng=rng), grid.axes.to_fit(grid.points)
    parts = sides_of(evidence.claim, grid.points)
    by_surface = hardest_p_values(surface, points, errors, beta=beta, parts=parts)
    agreement = share_near(argmaxes, grid.points[by_surface > LEVEL], grid.step)
    by_surface = read_all(evidence, by_surface, "location")
    joined = np.maximum(by_process, by_surface)
    location = _joined(replace(location, agreement=agreement), evidence, grid, ground, process, joined, by_process)
    location = _tested(location, evidence, grid, by_surface)
    return _with_surface(location, evidence, ground.zone, grid, surface, errors, beta)


def _by_process(
    evidence: Evidence, grid: Grid, ground: Ground, pooled: Pooled, rng: np.random.Generator
) -> tuple[Location, Process, FloatArray, FloatArray]:
    """What the process alone says of the place: with the process, its argmax draws and the p-values of the points."""
    process = floored_process(pooled, ground.process, grid.points)
    location, argmaxes = _by_posterior(evidence, grid, process, JOINT_DRAWS, rng)
    likely = likely_of(argmaxes, grid.step)
    location = replace(location, likely=likely, ground=ground, box_nodes=len(grid.nodes))
    return location, process, argmaxes, likely.p_values(grid.points)


def _joined(
    location: Location,
    evidence: Evidence,
    grid: Grid,
    ground: Ground,
    process: Process,
    p_values: FloatArray,
    by_process: FloatArray,
) -> Location:
    """The region of both methods with its rim and its marginals, which run to the borders of its nodes' cells.

    The estimate is a point on the ground: on the rim nothing was measured.
    """
    member, beyond = p_values > LEVEL, rim_p_values(grid, ground, p_values, process)
    p_nodes, process_nodes = (np.where(grid.mask, on_nodes(grid, p), beyond) for p in (p_values, by_process))
    nodes, rim = grid.points[member], grid.nodes[beyond > LEVEL]
    cells = cells_of(grid, member, rim, evidence.claim, limits(evidence.space))
    location = _with_intervals(location, marginals(_likeliest(nodes, process, grid.axes), cells, 0.0, grid.axes))
    return replace(
        location,
        region=with_p_values(location.region, p_nodes, by_process=process_nodes),
        region_nodes=(found := np.vstack([nodes, rim])),
        open_sides=open_sides(evidence.space, found, grid.step),
    )


def _tested(location: Location, evidence: Evidence, grid: Grid, p_values: FloatArray) -> Location:
    """The location with its tests; the border of N belongs to both sides."""
    without, within = sides_of(evidence.claim, grid.points)
    return replace(
        location,
        p_claim=float(p_values[-1]),
        p_in=float(p_values[without].max(initial=0.0)),
        p_out=float(p_values[within].max(initial=0.0)),
    )


def _with_surface(
    location: Location,
    evidence: Evidence,
    zone: Zone,
    grid: Grid,
    surface: Surface,
    errors: FloatArray,
    beta: float,
) -> Location:
    """The location with what the polynomial alone says: the claim's regret and the drops along the ridge."""
    points, few = grid.axes.to_fit(grid.points), errors[:, :DRAWS]
    best_u = float(grid.axes.second.coordinate(location.alpha.estimate or 0.0))
    return replace(
        location,
        surface=surface,
        regret=simultaneous_regret(surface, points[-1], points, few),
        errors=errors,
        beta=beta,
        ridge_drops=ridge_drops(surface, few, claim=evidence.claim, zone=zone, best_u=best_u),
    )


def _with_intervals(location: Location, found: tuple[Interval, Interval, Interval, Interval]) -> Location:
    eta, alpha, rate, kappa = found
    return replace(location, eta=eta, alpha=alpha, effective_rate=rate, kappa=kappa)


def _likeliest(members: FloatArray, process: Process, axes: Axes) -> FloatArray:
    """The member with the highest mean of the process; a polynomial's own maximiser would run to corners."""
    return np.asarray(members[int(np.argmax(process.mean(axes.to_fit(members))))], dtype=np.float64)


def _width(evidence: Evidence, argmaxes: FloatArray, factor: float) -> OtherWidth:
    claim = evidence.claim.spread(factor)
    return OtherWidth(factor, float(inside(claim, argmaxes).mean()), prior_share(claim, evidence.space))


def _surface(sample: Sample, rows: Rows, zone: Zone) -> Surface | None:
    """Polynomial of the zone's runs and, each block with an effect of its own, of the paired runs in the zone."""
    if len(rows) < FEWEST_ROWS or is_constant(rows.y):
        return None
    paired = _comparable(paired_rows(sample), zone)
    return choose_surface(
        zone.space.axes.to_fit(np.vstack([rows.points, paired.points])),
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
