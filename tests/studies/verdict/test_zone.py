from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS
from studies.coordinates import to_vu
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import lattice
from studies.verdict.zone import NARROW, SMALLEST_SHARE, WIDE, find_zone, zone_points

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


def test_zone_points_lie_in_the_zone_and_repeat_by_seed(supported: Evidence) -> None:
    eta, alpha = zone_points(supported, 100, 5)
    assert eta.shape == alpha.shape == (100,)
    assert find_zone(supported).contains(np.column_stack(to_vu(eta, alpha))).all()
    again = zone_points(supported, 100, 5)
    np.testing.assert_array_equal(eta, again[0])
    assert not np.array_equal(eta, zone_points(supported, 100, 6)[0])


def test_zone_holds_the_true_optimum_and_leaves_most_of_the_box(supported: Evidence) -> None:
    zone, truth = find_zone(supported), SCENARIOS["A"]
    assert zone.contains(np.array([[truth.v, truth.u]]))[0]
    share = zone.contains(lattice(supported.space, 61, 41)[2]).mean()
    assert SMALLEST_SHARE <= share < 0.7


def test_zone_depends_on_the_map_alone(supported: Evidence, select: Select) -> None:
    only_map = select(supported, supported.runs.phase == "map")
    nodes = lattice(supported.space, 31, 21)[2]
    np.testing.assert_array_equal(find_zone(supported).contains(nodes), find_zone(only_map).contains(nodes))


def test_zone_of_almost_no_noise_still_keeps_five_percent(supported: Evidence, select: Select) -> None:
    evidence = select(supported, supported.runs.phase == "map")
    v, u = to_vu(evidence.runs.eta, evidence.runs.alpha)
    height = SCENARIOS["A"].height(v, u)
    correct = np.rint(evidence.runs.n_test / (1 + np.exp(-3 - height))).astype(np.int64)
    exact = replace(evidence, runs=replace(evidence.runs, correct=correct))
    assert find_zone(exact).contains(lattice(exact.space, 61, 41)[2]).mean() >= SMALLEST_SHARE * 0.99


def test_cliff_in_the_zone_narrows_it(supported: Evidence, select: Select) -> None:
    evidence = select(supported, supported.runs.phase == "map")
    zone = find_zone(evidence)
    within = zone.contains(np.column_stack(to_vu(evidence.runs.eta, evidence.runs.alpha)))
    some = within & (np.cumsum(within) % 6 == 0) & (evidence.runs.arm != "claim")
    assert zone.sigmas == WIDE
    assert find_zone(replace(evidence, runs=replace(evidence.runs, diverged=some))).sigmas == NARROW


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_runs_leave_the_whole_box(supported: Evidence, select: Select, count: int) -> None:
    evidence = select(supported, np.arange(len(supported.runs)) < count)
    assert find_zone(evidence).contains(lattice(evidence.space, 9, 9)[2]).all()
    assert len(zone_points(evidence, 20, 1)[0]) == 20
