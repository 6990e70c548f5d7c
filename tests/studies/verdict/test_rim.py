"""The rim of the region: as wide as the map is coarse, and only where the region reaches the end of the ground."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.judging import judged
from studies.calibration.scenarios import every_scenario
from studies.language.parameters import PAPER
from studies.language.space import SearchSpace
from studies.verdict.gaussian_process import Process, fit_process
from studies.verdict.ground import Ground
from studies.verdict.location import locate
from studies.verdict.model import LEVEL, Evidence
from studies.verdict.neighbourhood import limits
from studies.verdict.nodes import Grid, p_on_map, region_map, with_p_values
from studies.verdict.rim import rim_p_values, rim_width
from studies.verdict.rows import sample_of
from studies.verdict.zone import Zone

V, U = np.linspace(0.0, 4.0, 5), np.linspace(0.0, 3.0, 4)
NODES = np.column_stack([axis.ravel() for axis in np.meshgrid(V, U)])
LEFT = NODES[:, 0] <= 1.0  # the ground: the two columns on the left


def _grid(mask: np.ndarray, *more: tuple[float, float]) -> Grid:
    return Grid(V, U, NODES, mask, np.vstack([NODES[mask], np.array(more).reshape(-1, 2)]), PAPER)


def test_the_rim_is_half_the_mean_distance_between_the_points_of_the_map_wide() -> None:
    space = SearchSpace()
    points = np.random.default_rng(1).uniform((-8.0, 0.0), (0.0, 4.6), size=(64, 2))
    twice = PAPER.to_fit(np.vstack([points, points[:5]]))
    process = fit_process(twice, np.zeros(69), blocks=np.repeat([0, 1], [64, 5]))
    assert rim_width(Zone(space, process, 0.0, 5.0)) == pytest.approx(math.sqrt(8.059 * 4.605 / 64) / 2.0, rel=1e-3)
    assert rim_width(Zone(space, None, -np.inf, 5.0)) == 0.0


def _hill(slope: float) -> Process:
    """A plane that rises by a slope along v, measured on the ground and a little beyond."""
    points = np.random.default_rng(2).uniform((0.0, 0.0), (1.4, 3.0), size=(60, 2))
    noise = np.random.default_rng(3).normal(0.0, 0.02, size=60)
    return fit_process(PAPER.to_fit(points), slope * points[:, 0] + noise)


def _ground(process: Process, *, width: float = 1.0, distance: float = 9.0, threshold: float = -99.0) -> Ground:
    """A zone cut off between v = 1 and v = 2, whose map's points lie so far apart that the rim is so wide."""
    box = limits(SearchSpace())
    area = float(np.prod(box[:, 1] - box[:, 0]))
    count = round(area / (2.0 * width) ** 2)
    points = np.column_stack([np.linspace(0.0, 1.0, count), np.linspace(0.0, 3.0, count)])
    zone = Zone(SearchSpace(), fit_process(PAPER.to_fit(points), np.zeros(count)), 9.0, 5.0)  # nothing reaches 9
    return Ground(zone, NODES[LEFT], distance, process, threshold)


def _rim(slope: float, p_values: np.ndarray, mask: np.ndarray = LEFT, **changes: float) -> np.ndarray:
    hill = _hill(slope)
    return rim_p_values(_grid(mask), _ground(hill, **changes), p_values, hill).reshape(4, 5)


def test_where_the_response_rises_to_the_cut_the_optimum_may_lie_beyond() -> None:
    found = _rim(1.0, np.where(NODES[LEFT][:, 0] == 1.0, 0.5, 0.01), width=1.1)
    assert (found[:, 2] > LEVEL).any()
    assert np.isnan(found[:, [0, 1, 3, 4]]).all(), "the ground has p-values of its own; beyond the rim nothing is said"


def test_where_it_falls_the_rim_adds_nothing() -> None:
    found = _rim(-1.0, np.full(8, 0.5), width=1.1)
    assert (found[:, 2] <= LEVEL).all() and np.isnan(found[:, 3:]).all()


def test_what_the_runs_of_the_fit_reject_is_no_rim() -> None:
    everywhere = np.full(8, 0.5)
    assert np.isfinite(_rim(1.0, everywhere)[:, 2]).all()
    assert np.isnan(_rim(1.0, everywhere, distance=0.9)).all(), "no run is near"
    assert np.isnan(_rim(1.0, everywhere, threshold=99.0)).all(), "too far below the top"


def test_the_rim_is_the_same_every_time() -> None:
    first, second = (_rim(1.0, np.full(8, 0.5), width=2.1) for _ in range(2))
    assert np.array_equal(first, second, equal_nan=True) and int(np.isfinite(first).sum()) == 8


def test_a_region_that_ends_before_the_cut_has_no_rim() -> None:
    p_values = np.full(8, LEVEL)
    p_values[::2] = 0.9  # the column at v = 0
    assert np.isnan(_rim(1.0, p_values, width=3.0)).all()
    assert np.isnan(_rim(1.0, np.full(8, LEVEL), width=3.0)).all()
    assert np.isnan(_rim(1.0, np.ones(20), np.ones(20, dtype=np.bool_), width=3.0)).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_nodes_that_lie_at_one_value_of_an_axis_have_a_rim_along_the_other(axis: int) -> None:
    v, u = (np.full_like(V, 1.0), U) if axis == 0 else (V, np.full_like(U, 1.0))
    nodes = np.column_stack([values.ravel() for values in np.meshgrid(v, u)])
    mask = LEFT if axis == 1 else NODES[:, 1] <= 1.0
    hill = _hill(1.0)
    grid = Grid(v, u, nodes, mask, nodes[mask], PAPER)
    found = rim_p_values(grid, _ground(hill, width=1.1), np.full(int(mask.sum()), 0.5), hill)
    assert np.isnan(found[mask]).all() and np.isfinite(found[~mask]).any()


def test_the_map_says_the_p_value_of_the_cell_that_holds_a_point() -> None:
    p_values = np.where(LEFT, 0.5, np.nan)
    region = with_p_values(region_map(_grid(LEFT)), p_values)
    assert region is not None
    points = np.array([[1.4, 0.4], [1.6, 0.4], [0.0, 3.0], [-0.6, 0.0], [0.0, 3.6]])
    assert p_on_map(region, points).tolist() == [0.5, 0.0, 0.5, 0.0, 0.0], "the last two lie outside the box"


def test_a_top_at_the_edge_of_a_cliff_beyond_the_map_s_cut_is_held() -> None:
    found = judged(every_scenario()["plateau-out"], seed=2031, study=22)
    assert found.held == 1


def test_the_region_of_a_smooth_hill_ends_on_the_ground(supported: Evidence) -> None:
    location = locate(sample_of(replace(supported, analysis=5)), rng=np.random.default_rng(1))
    assert location.region_nodes is not None and location.ground is not None
    assert location.ground.holds(location.region_nodes).all()
    beyond_rim = np.array([[-9.0, 0.0]])
    shown = location.p_at(np.vstack([location.region_nodes[:3], beyond_rim]))
    assert shown is not None and (shown[:3] > LEVEL).all() and shown[3] == 0.0
