"""Shapes of their own: their tops lie where they say, and nothing is higher."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.highest import highest
from studies.calibration.shapes import Cusp, Plateau, Shape, Spike, TwoTops, on_a_hill
from studies.language.space import SearchSpace

SHAPES: dict[str, Shape] = {
    "plateau": Plateau(-4.0, 2.0),
    "cusp": Cusp(-3.2, 1.2),
    "tie": TwoTops(-4.0, 2.0, second=3.5),
    "lower": TwoTops(-4.0, 2.0, second=3.5, lower=0.15),
    "narrow": on_a_hill(Spike(-3.1, 0.7, 0.2, -4.1, 2.1)),
    "wide": on_a_hill(Spike(-3.1, 0.7, 0.7, -4.1, 2.1)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_highest_place_is_a_top_that_the_shape_names(name: str) -> None:
    shape = SHAPES[name]
    place, height = highest(shape.height, SearchSpace())
    assert height == pytest.approx(0.0, abs=1e-3)
    assert min(np.max(np.abs(np.subtract(place, top))) for top in shape.tops) < 0.1, "a cliff's edge is nearly flat"
    for v, u in shape.tops:
        assert shape.height(np.array([v]), np.array([u]))[0] == pytest.approx(0.0, abs=1e-9)


def test_a_second_top_lies_below_the_first_by_what_was_asked() -> None:
    lower, tie = SHAPES["lower"], SHAPES["tie"]
    second = np.array([-5.5]), np.array([3.5])
    assert (len(lower.tops), len(tie.tops)) == (1, 2)
    assert lower.height(*second)[0] == pytest.approx(-0.15)
    around = lower.height(second[0], np.array([3.3, 3.5, 3.7]))
    assert around.argmax() == 1, "a top of its own"


def test_a_cliff_is_steep_on_its_hot_side_alone() -> None:
    plateau = SHAPES["plateau"]
    cold, hot = plateau.height(np.array([-5.0, -3.5]), np.array([2.0, 2.0]))
    assert cold == pytest.approx(-0.06)
    assert hot == pytest.approx(-3.0)


def test_a_spike_stands_above_its_hill() -> None:
    shape = SHAPES["narrow"]
    assert shape.height(np.array([-4.1]), np.array([2.1]))[0] == pytest.approx(-0.4, abs=0.02)
