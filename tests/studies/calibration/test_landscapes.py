"""The planted landscapes: their tops lie where they say, and they know what would be a false verdict."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS, Scenario, displaced
from studies.calibration.truth import Truth, truth_of
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.answers import Answer


def truth(scenario: Scenario) -> Truth:
    return truth_of(scenario, Claim(), SearchSpace())


def test_scenarios_know_whether_their_optimum_lies_inside() -> None:
    assert {key for key, scenario in SCENARIOS.items() if truth(scenario).inside} == set("ABCHKMPRTV")


def test_planted_landscape_peaks_at_zero_where_it_says() -> None:
    for scenario in SCENARIOS.values():
        peak = scenario.height(np.array([scenario.v]), np.array([scenario.u]))
        around = scenario.height(scenario.v + np.linspace(-1, 1, 21), scenario.u + np.linspace(1, -1, 21))
        assert peak[0] == pytest.approx(0.0)
        assert around.max() <= 1e-12


def test_a_claim_inside_may_lose_more_than_the_margin() -> None:
    """Support would be false in V although the optimum lies in the neighbourhood, and in no other such landscape."""
    truths = {key: truth(scenario) for key, scenario in SCENARIOS.items()}
    assert {key for key, found in truths.items() if found.inside and found.as_good is Answer.NO} == {"V"}
    loss, planted = truths["V"].claim_loss, SCENARIOS["V"]
    of_one_run = Claim().margin_sigmas * float(planted.noise(np.array([-loss]))[0])
    assert loss / of_one_run == pytest.approx(1.5, abs=0.05)


def test_every_shape_peaks_at_its_optimum_within_the_box() -> None:
    space = SearchSpace()
    for scenario in SCENARIOS.values():
        v, u = np.meshgrid(np.linspace(*space.v_bounds, 41), np.linspace(*space.u_bounds, 41))
        assert space.v_bounds[0] <= scenario.v <= space.v_bounds[1] + 1e-9
        assert scenario.height(v, u).max() <= 1e-12
        assert scenario.height(np.array([scenario.v]), np.array([scenario.u]))[0] == pytest.approx(0.0)


@pytest.mark.parametrize(("distance", "inside"), [(0.0, True), (0.69, True), (0.70, False), (-0.70, False)])
def test_a_displaced_optimum_leaves_the_neighbourhood_at_a_factor_of_two(distance: float, inside: bool) -> None:
    moved = displaced(distance)
    assert bool(truth(moved).inside) is inside
    assert moved.v + moved.u == pytest.approx(SCENARIOS["A"].v + SCENARIOS["A"].u), "the effective rate stays"
