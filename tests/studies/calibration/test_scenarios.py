"""The scenarios by kind: unique keys, twins that exist, streams that stay."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, SCENARIOS, displaced
from studies.calibration.scenarios import KINDS, every_scenario, of_kind
from studies.calibration.shape_scenarios import WIDTHS

EVERY = every_scenario()


def test_every_kind_has_scenarios_and_every_twin_exists() -> None:
    assert {scenario.kind for scenario in EVERY.values()} == set(KINDS)
    assert all(key == scenario.key for key, scenario in EVERY.items())
    assert {scenario.twin for scenario in EVERY.values()} - {""} <= EVERY.keys()
    assert len({key.lower() for key in EVERY}) == len(EVERY), "keys differ by more than their case"


def test_a_kind_brings_the_twins_of_its_scenarios() -> None:
    assert list(of_kind("published")) == list(SCENARIOS)
    assert {"A", "F", "P", "W", "A-two", "A-claim25"} <= of_kind("collapse").keys()
    assert {f"spike-{width:g}" for width in WIDTHS} <= of_kind("shape").keys()


def test_twins_draw_the_same_numbers_and_published_scenarios_those_of_earlier_releases() -> None:
    assert {scenario.stream for key, scenario in SCENARIOS.items()} == {ord(key) for key in SCENARIOS}
    assert displaced(1.8).stream == ord("A")
    for scenario in EVERY.values():
        if scenario.twin:
            assert scenario.stream == EVERY[scenario.twin].stream
    alone = [scenario.stream for scenario in EVERY.values() if not scenario.twin]
    assert len(set(alone)) == len(alone)


@pytest.mark.parametrize("key", [key for key, scenario in EVERY.items() if not scenario.twin])
def test_no_place_of_a_default_box_is_higher_than_the_planted_tops(key: str) -> None:
    landscape = EVERY[key].study(3, 0)
    v, u = np.meshgrid(np.linspace(-8.0, 0.0, 61), np.linspace(0.0, 4.6, 41))
    assert landscape.height(v, u).max() <= 1e-3
    for top in landscape.tops:
        assert landscape.height(*np.array(top))[()] == pytest.approx(0.0, abs=1e-9)


def test_equal_collapse_does_not_touch_the_surface() -> None:
    at = np.array([GOLDEN_V]), np.array([GOLDEN_U])
    assert EVERY["A-two"].study(0, 0).height(*at) == EVERY["A"].study(0, 0).height(*at)
