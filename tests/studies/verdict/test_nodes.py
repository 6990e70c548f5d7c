"""The grid of the location tests and what is read off it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.language.parameters import PAPER
from studies.verdict.gaussian_process import fit_process
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import centre, inside, limits
from studies.verdict.nodes import GRIDS, MEAN_DECIMALS, MOST_CELLS, cells_of, grid_of, marginals, region_map, with_mean
from studies.verdict.zone import Zone, find_zone

NOTHING = np.empty((0, 2))


def test_the_grid_is_the_finest_that_is_affordable_and_ends_with_the_claim(supported: Evidence) -> None:
    grid = grid_of(supported, find_zone(supported))
    assert int(grid.mask.sum()) <= MOST_CELLS
    assert (len(grid.v), len(grid.u)) in GRIDS
    assert grid.points[-1].tolist() == centre(supported.claim).tolist()
    whole = grid_of(supported, Zone(supported.space, None, -np.inf, 5.0))
    assert len(whole.v) < len(grid.v)


def test_cells_run_half_a_step_beyond_their_nodes_within_box_and_neighbourhood(supported: Evidence) -> None:
    grid, box = grid_of(supported, Zone(supported.space, None, -np.inf, 5.0)), limits(supported.space)
    count, half = int(grid.mask.sum()), grid.step / 2
    only = np.zeros(len(grid.points), dtype=np.bool_)
    only[0] = True  # the corner at the lowest rate and alpha 0
    cells = cells_of(grid, only, NOTHING, supported.claim, box)
    assert cells.min(axis=0) == pytest.approx(box[:, 0]) and cells.max(axis=0) == pytest.approx(box[:, 0] + half)
    within = inside(supported.claim, grid.points)
    cells = cells_of(grid, within, NOTHING, supported.claim, box)
    assert np.abs(cells - centre(supported.claim)).max() <= math.log(2.0) + 1e-9
    assert within[:count].any()


def test_marginals_are_ranges_in_each_direction() -> None:
    members = np.array([[-4.0, 2.0], [-3.0, 1.0]])
    eta, alpha, rate, kappa = marginals(members[0], members, tails=0.0)
    assert (eta.low, eta.high) == (pytest.approx(math.exp(-4.0)), pytest.approx(math.exp(-3.0)))
    assert (alpha.low, alpha.high) == (pytest.approx(1 - math.exp(-1.0)), pytest.approx(1 - math.exp(-2.0)))
    assert (rate.low, rate.high) == (pytest.approx(math.exp(-2.0)), pytest.approx(math.exp(-2.0)))
    assert (kappa.estimate, kappa.low, kappa.high) == (0.0, -1.0, 0.0)


def test_a_map_of_typical_runs_is_rounded_and_leaves_out_what_no_run_is_near(supported: Evidence) -> None:
    grid = grid_of(supported, Zone(supported.space, None, -np.inf, 5.0))
    some = PAPER.to_fit(centre(supported.claim) + np.random.default_rng(3).normal(0.0, 0.3, size=(40, 2)))
    process = fit_process(some, -np.sum((some - some.mean(axis=0)) ** 2, axis=1))
    whole, near = (with_mean(region_map(grid), process, PAPER, of_typical=typical) for typical in (False, True))
    plain, shown = np.array(whole.mean, dtype=np.float64), np.array(near.mean, dtype=np.float64)
    reached = process.reaches(PAPER.to_fit(grid.nodes)).reshape(shown.shape)
    assert np.array_equal(np.isfinite(shown), reached)
    assert 0 < reached.sum() < reached.size
    assert np.array_equal(shown[reached], np.round(plain[reached], MEAN_DECIMALS))
    assert np.isfinite(plain).all()
