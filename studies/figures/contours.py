"""Contour lines of a grid as chains of points, for pictures that are drawn without plotly: marching squares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Edge = tuple[int, int, bool]  # of the grid: its node of the lower indices, and whether it runs along x
Chain = tuple[Point, ...]


def contours(x: Sequence[float], y: Sequence[float], z: Sequence[Sequence[float]], level: float) -> tuple[Chain, ...]:
    """The lines on which a grid takes a value, longest first; a closed one ends where it starts.

    Args:
        x: positions of the rows of `z`, length n.
        y: positions of its columns, length m.
        z: values, n rows of m; around a node that is NaN no line is drawn.
        level: the value.
    """
    beside: dict[Edge, list[Edge]] = {}
    for one, other in _segments(z, level):
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    found = [tuple(_crossing(edge, x, y, z, level) for edge in chain) for chain in _chains(beside)]
    return tuple(sorted(found, key=_length, reverse=True))


def _segments(z: Sequence[Sequence[float]], level: float) -> Iterator[tuple[Edge, Edge]]:
    """Pieces of the lines, each across one square, from edge to edge."""
    for i in range(len(z) - 1):
        for j in range(len(z[i]) - 1):
            corners = (z[i][j], z[i + 1][j], z[i + 1][j + 1], z[i][j + 1])
            if any(math.isnan(corner) for corner in corners):
                continue
            edges: tuple[Edge, ...] = ((i, j, True), (i + 1, j, False), (i, j + 1, True), (i, j, False))
            above = [corner >= level for corner in corners]
            cut = [edge for k, edge in enumerate(edges) if above[k] != above[(k + 1) % 4]]
            if len(cut) == 4 and above[0] != (sum(corners) / 4 >= level):  # a saddle: its middle parts two corners
                cut = [cut[-1], *cut[:-1]]
            yield from zip(cut[::2], cut[1::2], strict=True)


def _chains(beside: dict[Edge, list[Edge]]) -> Iterator[list[Edge]]:
    """Edges in the order in which the lines cross them: open lines from an end of theirs, then closed ones."""
    left = dict.fromkeys(sorted(beside, key=lambda edge: len(beside[edge])))
    while left:
        start = next(iter(left))
        chain, here = [start], start
        del left[start]
        while (after := next((edge for edge in beside[here] if edge in left), None)) is not None:
            del left[after]
            chain.append(after)
            here = after
        yield [*chain, start] if len(chain) > 2 and start in beside[here] else chain


def _crossing(edge: Edge, x: Sequence[float], y: Sequence[float], z: Sequence[Sequence[float]], level: float) -> Point:
    """Where a line crosses an edge, by linear interpolation."""
    i, j, along = edge
    low, high = z[i][j], z[i + 1][j] if along else z[i][j + 1]
    share = (level - low) / (high - low)
    return (x[i] + share * (x[i + 1] - x[i]), y[j]) if along else (x[i], y[j] + share * (y[j + 1] - y[j]))


def _length(chain: Chain) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(chain))
