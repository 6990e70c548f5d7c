"""The claim's neighbourhood N, a rectangle in the coordinates (v, u) of the two parameters, and grids over the box.

N = {|v - v*| <= w, |u - u*| <= w'} with half-widths w and w' that the claim fixes: ln(tolerance_factor) both, unless it
states others. For the paper's pair (v, u) = (ln eta, -ln(1 - alpha)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.language.space import Space
from studies.language.terms import share_of_box

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
SLACK = 1e-9  # rounding room on the edges of N and of the box, ln units
BORDER_POINTS = 6  # points per side of N at which the location tests look on top of the grid


def centre(claim: Claim) -> FloatArray:
    """The claim's point as (v, u), shape (2,)."""
    v, u = claim.axes.coordinates(claim.first, claim.second)
    return np.array([float(v), float(u)])


def half_widths(claim: Claim) -> FloatArray:
    """Half-widths of N in v and u, shape (2,)."""
    return np.array(claim.half_widths)


def beyond(claim: Claim, points: FloatArray) -> FloatArray:
    """Distance of points (n, 2) in (v, u) from the border of N, sup norm, negative inside; shape (n,)."""
    return np.asarray(np.max(np.abs(points - centre(claim)) - half_widths(claim), axis=1), dtype=np.float64)


def distances(claim: Claim, points: FloatArray) -> FloatArray:
    """Distance of points (n, 2) from the claim, sup norm, by which N's border lies at `claim.reach`; shape (n,).

    Where one factor says what is near it is the larger offset; else offsets are taken in half-widths first.
    """
    return np.asarray(np.max(np.abs(points - centre(claim)) * stretch(claim), axis=1), dtype=np.float64)


def stretch(claim: Claim) -> FloatArray:
    """Factors by which `distances` scales the two coordinates, shape (2,): 1 where one factor says what is near."""
    return np.ones(2) if claim.is_even else claim.reach / half_widths(claim)


def lies_at(claim: Claim, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) in (v, u) that are the claim's own, up to rounding; shape (n,)."""
    return np.asarray(np.all(np.abs(points - centre(claim)) <= SLACK, axis=1), dtype=np.bool_)


def inside(claim: Claim, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) in (v, u) that lie in N, edges included; shape (n,)."""
    offsets = np.abs(points - centre(claim))
    return np.asarray(np.all(offsets <= half_widths(claim) + SLACK, axis=1), dtype=np.bool_)


def sides_of(claim: Claim, points: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Masks of the points (n, 2) outside N and inside; the border of N belongs to both."""
    distance = beyond(claim, points)
    return np.asarray(distance >= -SLACK, dtype=np.bool_), np.asarray(distance <= SLACK, dtype=np.bool_)


def limits(space: Space) -> FloatArray:
    """Box as [[v_low, v_high], [u_low, u_high]]."""
    return np.array([space.v_bounds, space.u_bounds])


def in_box(space: Space, points: FloatArray) -> BoolArray:
    """Mask of the points (n, 2) that lie in the box, edges included; shape (n,)."""
    box = limits(space)
    within = (points >= box[:, 0] - SLACK) & (points <= box[:, 1] + SLACK)
    return np.asarray(np.all(within, axis=1), dtype=np.bool_)


def prior_share(claim: Claim, space: Space) -> float:
    """Share of the box that N takes: what an optimum placed at random would give, in [0, 1]."""
    return share_of_box(claim, space)


def border(claim: Claim, space: Space) -> FloatArray:
    """Points on the border of N that lie in the box, shape (m, 2); limits of N from within and from without."""
    v, u = half_widths(claim)
    along_v, along_u = (np.linspace(-width, width, BORDER_POINTS) for width in (v, u))
    upright = [np.column_stack([np.full_like(along_u, edge), along_u]) for edge in (-v, v)]
    level = [np.column_stack([along_v, np.full_like(along_v, edge)]) for edge in (-u, u)]
    offsets = np.unique(np.vstack([*upright, *level]), axis=0)
    points = centre(claim) + offsets
    return np.asarray(points[in_box(space, points)], dtype=np.float64)


def core(claim: Claim, space: Space) -> FloatArray:
    """Grid over the part of N that lies in the box, shape (m, 2): for boxes whose own grid has no node in N."""
    box, width = limits(space), half_widths(claim)
    middle = centre(claim)
    low, high = np.maximum(box[:, 0], middle - width), np.minimum(box[:, 1], middle + width)
    axes = np.meshgrid(*np.linspace(low, high, BORDER_POINTS).T)
    return np.column_stack([axis.ravel() for axis in axes])


def lattice(space: Space, columns: int, rows: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Grid over the box, edges included.

    Returns:
        v axis (columns,), u axis (rows,), and the nodes (rows * columns, 2), row-major: v runs fastest.
    """
    v = np.linspace(*space.v_bounds, columns)
    u = np.linspace(*space.u_bounds, rows)
    return v, u, nodes_of(v, u)


def nodes_of(v: FloatArray, u: FloatArray) -> FloatArray:
    """Nodes (len(u) * len(v), 2) of a grid, row-major: v runs fastest."""
    mesh_v, mesh_u = np.meshgrid(v, u)
    return np.column_stack([mesh_v.ravel(), mesh_u.ravel()])


def on_edge(space: Space, points: FloatArray, step: FloatArray) -> BoolArray:
    """Mask of the points in the outermost cells of the box, shape (n,); arguments as of `on_sides`."""
    return np.asarray(np.any(on_sides(space, points, step), axis=1), dtype=np.bool_)


def on_sides(space: Space, points: FloatArray, step: FloatArray) -> BoolArray:
    """Mask of the points in the outermost cells along each side; alpha = 0 is a natural limit and no side (`natural`).

    Args:
        points: (n, 2) in (v, u).
        step: (2,) distance of neighbouring grid nodes in v and u; half of it counts as the outermost cell.

    Returns:
        shape (n, 4), the sides in the order of `limits`: v low, v high, u low, u high.
    """
    box = limits(space)
    low = points <= box[:, 0] + step / 2
    high = points >= box[:, 1] - step / 2
    low &= ~np.array(space.natural)
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]])


def open_sides(space: Space, points: FloatArray, step: FloatArray) -> tuple[str, ...]:
    """Sides of the box that some of the points reach, as "eta low" or "alpha high"; arguments as of `on_sides`."""
    reached = on_sides(space, points, step)
    sides = [f"{name} {end}" for name in space.axes.names for end in ("low", "high")]
    return tuple(side for i, side in enumerate(sides) if reached[:, i].any())
