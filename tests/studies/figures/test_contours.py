"""Contour lines of grids whose lines are known."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from studies.figures.contours import contours


def test_a_cone_has_a_circle_that_closes() -> None:
    at = np.linspace(-2.0, 2.0, 41)
    (circle,) = contours(at.tolist(), at.tolist(), np.hypot(*np.meshgrid(at, at, indexing="ij")).tolist(), 1.0)
    assert circle[0] == circle[-1]
    assert [math.hypot(*point) for point in circle] == pytest.approx([1.0] * len(circle), abs=0.01)
    sides = sum(math.dist(one, other) for one, other in pairwise(circle))
    assert sides == pytest.approx(2 * math.pi, rel=0.01)


def test_a_slope_has_one_straight_line_from_side_to_side() -> None:
    (found,) = contours([0.0, 1.0, 2.0], [0.0, 10.0], [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 0.25)
    assert sorted(found) == [(0.25, 0.0), (0.25, 10.0)]


@pytest.mark.parametrize(("middle", "joined"), [(0.6, (0, 0)), (0.3, (1, 0))])
def test_the_middle_of_a_saddle_says_which_corners_belong_together(middle: float, joined: tuple[int, int]) -> None:
    high, low = (1.0, 2 * middle - 1.0)
    found = contours([0.0, 1.0], [0.0, 1.0], [[high, low], [low, high]], 0.5)
    assert len(found) == 2
    apart = {
        min(((i, j) for i in (0, 1) for j in (0, 1)), key=lambda c: sum(math.dist(c, p) for p in line))
        for line in found
    }
    assert joined not in apart


def test_no_line_is_drawn_beside_a_node_without_a_value_or_beyond_all_values() -> None:
    z = [[0.0, 0.0], [1.0, math.nan]]
    assert contours([0.0, 1.0], [0.0, 1.0], z, 0.5) == ()
    assert contours([0.0, 1.0], [0.0, 1.0], [[0.0, 0.0], [1.0, 1.0]], 2.0) == ()
