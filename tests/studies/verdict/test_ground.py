"""Where the optimum is sought: near runs, and not where all runs reject it."""

from __future__ import annotations

import numpy as np
import pytest

from studies.language.parameters import PAPER
from studies.language.space import SearchSpace
from studies.verdict.gaussian_process import fit_process
from studies.verdict.ground import NEAREST, ground_of
from studies.verdict.neighbourhood import lattice
from studies.verdict.zone import Zone

WHOLE = Zone(SearchSpace(), None, -np.inf, 5.0)


def _runs(count: int, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    return np.random.default_rng(count).uniform(low, high, size=(count, 2))


def test_points_beyond_the_reach_of_every_run_are_no_candidates() -> None:
    runs = _runs(400, (-7.0, 0.5), (-3.0, 2.5))
    ground = ground_of(WHOLE, runs, fit_process(PAPER.to_fit(runs), np.zeros(len(runs))))
    assert ground.distance == NEAREST
    corners = np.array([[-8.0, 0.0], [-0.1, 4.5], [-5.0, 1.5]])
    assert ground.holds(corners).tolist() == [False, False, True]
    assert ground.holds(runs).all()
    outside_the_box = np.array([[1.0, 1.0]])
    assert not ground.holds(outside_the_box).any()


def test_a_thin_design_reaches_as_far_as_its_runs_lie_apart() -> None:
    runs = _runs(12, (-8.0, 0.0), (0.0, 4.6))
    ground = ground_of(WHOLE, runs, fit_process(PAPER.to_fit(runs), np.zeros(len(runs))))
    box = 8.059 * 4.605
    assert ground.distance == pytest.approx(np.sqrt(box / 12), rel=0.01)


def test_what_all_runs_put_far_below_the_top_is_no_candidate() -> None:
    runs = _runs(200, (-8.0, 0.0), (0.0, 4.6))
    y = -0.3 * (runs[:, 0] + 4.0) ** 2 + np.random.default_rng(1).normal(0.0, 0.1, size=200)
    ground = ground_of(WHOLE, runs, fit_process(PAPER.to_fit(runs), y))
    nodes = lattice(SearchSpace(), 41, 29)[2]
    kept = nodes[ground.holds(nodes)]
    drop = 0.3 * (kept[:, 0] + 4.0) ** 2
    assert 0.3 < drop.max() < 1.0, "5 deviations of 0.1, and what the fit errs"
    assert ground.holds(np.array([[-4.0, 2.3]]))[0]
