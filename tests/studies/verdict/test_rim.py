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
from studies.verdict.gaussian_process import fit_process
from studies.verdict.location import locate
from studies.verdict.model import LEVEL, Evidence
from studies.verdict.nodes import Grid, on_nodes, p_on_map, region_map, with_p_values
from studies.verdict.rim import rim_width, with_rim
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


def test_places_off_the_ground_have_the_largest_p_value_of_the_region_within_the_rim() -> None:
    p_values = np.full(8, 0.01)
    p_values[1], p_values[3] = 0.2, 0.6  # at v = 1: u = 0 and u = 1
    found = with_rim(_grid(LEFT), p_values, 1.0).reshape(4, 5)
    assert found[:, :2].ravel().tolist() == p_values.tolist(), "the ground keeps its own"
    assert found[:3, 2].tolist() == [0.6, 0.6, 0.6]
    assert np.isnan(found[3, 2]) and np.isnan(found[:, 3:]).all()
    assert np.isnan(with_rim(_grid(LEFT), p_values, 0.9).reshape(4, 5)[:, 2:]).all()
    wide = with_rim(_grid(LEFT), p_values, 2.0).reshape(4, 5)
    assert wide[:, 3].tolist() == [0.6, 0.6, 0.6, 0.6] and np.isnan(wide[:, 4]).all()


def test_a_region_that_ends_before_the_ground_does_has_no_rim() -> None:
    p_values = np.full(8, LEVEL)
    p_values[::2] = 0.9  # the column at v = 0
    grid = _grid(LEFT)
    assert np.array_equal(with_rim(grid, p_values, 1.0), on_nodes(grid, p_values), equal_nan=True)
    nothing = np.full(8, LEVEL)
    assert np.array_equal(with_rim(grid, nothing, 9.0), on_nodes(grid, nothing), equal_nan=True)
    whole = _grid(np.ones(20, dtype=np.bool_))
    assert np.array_equal(with_rim(whole, np.ones(20), 9.0), np.ones(20))


def test_points_of_the_region_that_are_no_nodes_have_a_rim_too() -> None:
    p_values = np.append(np.full(8, 0.01), 0.3)
    found = with_rim(_grid(LEFT, (1.4, 2.0)), p_values, 0.7).reshape(4, 5)
    assert found[2, 2] == 0.3 and int(np.isfinite(found[:, 2:]).sum()) == 1


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
