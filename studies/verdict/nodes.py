"""The grid on which the optimum's place is judged: its nodes, and what is read off them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.language.parameters import PAPER, Axes
from studies.verdict.gaussian_process import Process
from studies.verdict.ground import Ground
from studies.verdict.model import UNKNOWN, Evidence, Interval, RegionMap
from studies.verdict.neighbourhood import SLACK, border, centre, half_widths, inside, lattice, nodes_of
from studies.verdict.zone import Zone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
GRIDS = ((61, 41), (51, 35), (41, 29), (31, 21), (25, 17), (19, 13))  # nodes along v and u, finest first
MOST_CELLS = 400  # nodes in the zone: the inversion's cost grows with their square
MEAN_DECIMALS = 4  # of typical runs' fitted response on a map: a run scatters by a tenth or more


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Nodes over the box, and the points at which the tests look."""

    v: FloatArray
    u: FloatArray
    nodes: FloatArray  # (rows * columns, 2)
    mask: BoolArray  # nodes in the zone
    points: FloatArray  # nodes in the zone, then the border of N in the zone, then the claim
    axes: Axes  # whose coordinates v and u are

    @property
    def step(self) -> FloatArray:
        """Distance of neighbouring nodes in v and u, shape (2,)."""
        return np.array([self.v[1] - self.v[0], self.u[1] - self.u[0]])


def grid_of(evidence: Evidence, ground: Zone | Ground) -> Grid:
    """The finest grid with at most MOST_CELLS nodes on the ground where the optimum is sought."""
    contains = ground.contains if isinstance(ground, Zone) else ground.holds
    extra = np.vstack([border(evidence.claim, evidence.space), centre(evidence.claim)])
    keep = contains(extra)
    keep[-1] = True
    for size in GRIDS:
        v, u, nodes = lattice(evidence.space, *size)
        mask = contains(nodes)
        if int(mask.sum()) <= MOST_CELLS:
            break
    return Grid(v, u, nodes, mask, np.vstack([nodes[mask], extra[keep]]), evidence.space.axes)


def marginals(
    estimate: FloatArray, members: FloatArray, tails: float, axes: Axes = PAPER
) -> tuple[Interval, Interval, Interval, Interval]:
    """Intervals of the two parameters, the effective rate and kappa over the members; `tails` percent cut at each end.

    The latter two are unknown without a ridge.
    """

    def along(direction: tuple[float, float]) -> tuple[float, float, float]:
        weights = np.array(direction)
        values = np.append(members @ weights, [] if tails else estimate @ weights)
        low, high = np.percentile(values, [tails, 100.0 - tails])
        return float(estimate @ weights), float(low), float(high)

    first = Interval(*axes.first.value(along((1.0, 0.0))).tolist())
    second = Interval(*axes.second.value(along((0.0, 1.0))).tolist())
    if not axes.ridge:
        return first, second, UNKNOWN, UNKNOWN
    return first, second, Interval(*np.exp(along((1.0, 1.0))).tolist()), Interval(*along((1.0, 2.0)))


def cells_of(grid: Grid, member: BoolArray, rim: FloatArray, claim: Claim, box: FloatArray) -> FloatArray:
    """Members of the grid's points with the corners of their cells, half a step each way, within the box; shape (n, 2).

    Where all members lie in N, whose border was tested and rejected, cells end there.

    Args:
        grid: nodes over the box, and the points on the ground.
        member: mask of its points.
        rim: (m, 2) further nodes that are members.
        claim: whose neighbourhood N is.
        box: from `neighbourhood.limits`.
    """
    members, half = np.vstack([grid.points[member], rim]), grid.step / 2
    on_grid = np.vstack([grid.nodes[grid.mask][member[: int(grid.mask.sum())]], rim])
    corners = [on_grid + half * np.array(sign) for sign in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    cells = np.clip(np.vstack(corners), box[:, 0], box[:, 1])
    if inside(claim, members).all():
        width = half_widths(claim)
        cells = np.clip(cells, centre(claim) - width, centre(claim) + width)
    return np.vstack([members, cells])


def ridge_slope(grid: Grid, draws: FloatArray) -> Interval:
    """Slope of argmax_v over u within the zone, d(argmax v)/du, from the posterior draws: median and 95 % interval."""
    mask = grid.mask.reshape(len(grid.u), len(grid.v))
    rows, columns = np.flatnonzero(mask.sum(axis=1) >= 3), np.full(mask.shape, -1)
    if len(rows) < 3 or not grid.axes.ridge:
        return UNKNOWN
    columns[mask] = np.arange(int(mask.sum()))  # the nodes in the zone come first among the draws' points
    tops = [np.argmax(draws[:, columns[row][mask[row]]], axis=1) for row in rows]
    ridge = np.column_stack([grid.v[mask[row]][top] for row, top in zip(rows, tops, strict=True)])
    centred = grid.u[rows] - grid.u[rows].mean()
    slopes = (ridge @ centred) / (centred @ centred)
    low, middle, high = np.percentile(slopes, [2.5, 50.0, 97.5])
    return Interval(float(middle), float(low), float(high))


def region_map(grid: Grid) -> RegionMap:
    """The nodes of a map, with no p-value and no mean yet."""
    return RegionMap(tuple(grid.v.tolist()), tuple(grid.u.tolist()), ((None,) * len(grid.v),) * len(grid.u), ())


def with_mean(region: RegionMap, process: Process, axes: Axes, *, of_typical: bool) -> RegionMap:
    """The map with the process' mean at every node, which verdicts show and no test reads.

    Args:
        region: the map.
        process: of the responses.
        axes: whose coordinates v and u are.
        of_typical: the process was fitted to typical runs alone, so that its mean is no response where none trained: it
            is left out where no fitted row is near, and rounded, since only figures read it.
    """
    rows, columns = len(region.u), len(region.v)
    nodes = axes.to_fit(nodes_of(np.array(region.v), np.array(region.u)))
    mean = process.mean(nodes)
    if of_typical:
        mean = np.where(process.reaches(nodes), np.round(mean, MEAN_DECIMALS), np.nan)
    cells = [[None if np.isnan(x) else x for x in row] for row in mean.reshape(rows, columns).tolist()]
    return replace(region, mean=tuple(tuple(row) for row in cells))


def with_p_values(
    region: RegionMap | None, p_values: FloatArray, *, by_process: FloatArray | None = None
) -> RegionMap | None:
    """The map with the p-values of its nodes, nan where there is none."""
    if region is None:
        return None
    process = None if by_process is None else _cells(region, by_process)
    return replace(region, p=_cells(region, p_values), process=process)


def on_nodes(grid: Grid, p_values: FloatArray) -> FloatArray:
    """p-values of the grid's points at all nodes of the grid, shape (rows * columns,); nan off the ground."""
    found = np.full(grid.mask.size, np.nan)
    found[grid.mask] = p_values[: int(grid.mask.sum())]
    return found


def p_on_map(region: RegionMap, points: FloatArray) -> FloatArray:
    """p-values of the nodes whose cells hold the points (n, 2) in (v, u); shape (n,), 0 where there is none."""
    axes = (np.array(region.v), np.array(region.u))
    away = [np.abs(points[:, [i]] - axis) for i, axis in enumerate(axes)]
    p_values = np.array(region.p, dtype=np.float64)[away[1].argmin(axis=1), away[0].argmin(axis=1)]
    in_cell = [gap.min(axis=1) <= (axis[1] - axis[0]) / 2 + SLACK for gap, axis in zip(away, axes, strict=True)]
    return np.where(np.isnan(p_values) | ~np.all(in_cell, axis=0), 0.0, p_values)


def _cells(region: RegionMap, p_values: FloatArray) -> tuple[tuple[float | None, ...], ...]:
    """Values of the nodes by row of u and column of v, None where there is none."""
    cells = p_values.reshape(len(region.u), len(region.v)).tolist()
    return tuple(tuple(None if np.isnan(x) else x for x in row) for row in cells)
