"""The claim's neighbourhood N, a rectangle in (v, u) = (ln eta, -ln(1 - alpha)), and grids over the box.

N = {|v - v*| <= w, |u - u*| <= w} with w = ln(tolerance_factor). The neighbourhood is fixed in the claim.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.coordinates import to_vu
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.language.terms import share_of_box

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
SLACK = 1e-9  # rounding room on the edges of N and of the box, ln units
SIDES = ("eta low", "eta high", "alpha low", "alpha high")  # of the box, in the order of `limits`
BORDER_POINTS = 6  # points per side of N at which the location tests look on top of the grid


def centre(claim: Claim) -> FloatArray:
    """The claim's point as (v, u), shape (2,)."""
    v, u = to_vu(claim.eta, claim.alpha)
    return np.array([float(v), float(u)])


def lies_at(claim: Claim, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) in (v, u) that are the claim's own, up to rounding; shape (n,)."""
    return np.asarray(np.all(np.abs(points - centre(claim)) <= SLACK, axis=1), dtype=np.bool_)


def inside(claim: Claim, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) in (v, u) that lie in N, edges included; shape (n,)."""
    offsets = np.abs(points - centre(claim))
    return np.asarray(np.all(offsets <= math.log(claim.tolerance_factor) + SLACK, axis=1), dtype=np.bool_)


def sides_of(claim: Claim, points: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Masks of the points (n, 2) outside N and inside; the border of N belongs to both."""
    distance = np.max(np.abs(points - centre(claim)), axis=1) - math.log(claim.tolerance_factor)
    return np.asarray(distance >= -SLACK, dtype=np.bool_), np.asarray(distance <= SLACK, dtype=np.bool_)


def limits(space: SearchSpace) -> FloatArray:
    """Box as [[v_low, v_high], [u_low, u_high]]."""
    return np.array([space.v_bounds, space.u_bounds])


def in_box(space: SearchSpace, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) that lie in the box, edges included; shape (n,)."""
    box = limits(space)
    within = (points >= box[:, 0] - SLACK) & (points <= box[:, 1] + SLACK)
    return np.asarray(np.all(within, axis=1), dtype=np.bool_)


def prior_share(claim: Claim, space: SearchSpace) -> float:
    """Share of the box that N takes: what an optimum placed at random would give, in [0, 1]."""
    return share_of_box(claim, space)


def border(claim: Claim, space: SearchSpace) -> FloatArray:
    """Points on the border of N that lie in the box, shape (m, 2); limits of N from within and from without."""
    width = math.log(claim.tolerance_factor)
    steps = np.linspace(-width, width, BORDER_POINTS)
    sides = [np.column_stack([np.full_like(steps, edge), steps]) for edge in (-width, width)]
    offsets = np.unique(np.vstack([*sides, *(side[:, ::-1] for side in sides)]), axis=0)
    points = centre(claim) + offsets
    return np.asarray(points[in_box(space, points)], dtype=np.float64)


def core(claim: Claim, space: SearchSpace) -> FloatArray:
    """Grid over the part of N that lies in the box, shape (m, 2): for boxes whose own grid has no node in N."""
    box, width = limits(space), math.log(claim.tolerance_factor)
    middle = centre(claim)
    low, high = np.maximum(box[:, 0], middle - width), np.minimum(box[:, 1], middle + width)
    axes = np.meshgrid(*np.linspace(low, high, BORDER_POINTS).T)
    return np.column_stack([axis.ravel() for axis in axes])


def lattice(space: SearchSpace, columns: int, rows: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Grid over the box, edges included.

    Returns:
        v axis (columns,), u axis (rows,), and the nodes (rows * columns, 2), row-major: v runs fastest.
    """
    v = np.linspace(*space.v_bounds, columns)
    u = np.linspace(*space.u_bounds, rows)
    mesh_v, mesh_u = np.meshgrid(v, u)
    return v, u, np.column_stack([mesh_v.ravel(), mesh_u.ravel()])


def on_edge(space: SearchSpace, points: FloatArray, step: FloatArray) -> BoolArray:
    """Mask of the points in the outermost cells of the box, shape (n,); arguments as of `on_sides`."""
    return np.asarray(np.any(on_sides(space, points, step), axis=1), dtype=np.bool_)


def on_sides(space: SearchSpace, points: FloatArray, step: FloatArray) -> BoolArray:
    """Mask of the points in the outermost cells along each side; alpha = 0 is a natural limit and no side.

    Args:
        points: (n, 2) in (v, u).
        step: (2,) distance of neighbouring grid nodes in v and u; half of it counts as the outermost cell.

    Returns:
        shape (n, 4), the sides in the order of `limits`: v low, v high, u low, u high.
    """
    box = limits(space)
    low = points <= box[:, 0] + step / 2
    high = points >= box[:, 1] - step / 2
    if space.alpha.low <= 0.0:
        low[:, 1] = False
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]])


def open_sides(space: SearchSpace, points: FloatArray, step: FloatArray) -> tuple[str, ...]:
    """Sides of the box that some of the points reach, as in SIDES; arguments as of `on_sides`."""
    reached = on_sides(space, points, step)
    return tuple(side for i, side in enumerate(SIDES) if reached[:, i].any())


def to_fit(points: FloatArray) -> FloatArray:
    """(v, u) to the coordinates of every fit, (s, u) = (v + u, u); shape (n, 2)."""
    return np.column_stack([points[:, 0] + points[:, 1], points[:, 1]])
