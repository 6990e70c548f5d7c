"""Random landscapes: drawn from seeds, with their tops where a search finds them."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.random_scenarios import random_scenarios
from studies.calibration.random_shape import Features, draw
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.neighbourhood import inside, lattice

RANDOM = random_scenarios()
NODES = lattice(SearchSpace(), 90, 70)[2]


@pytest.mark.parametrize("key", RANDOM)
def test_nothing_in_the_box_is_higher_than_the_top(key: str) -> None:
    for number in range(3):
        landscape = RANDOM[key].study(5, number)
        assert landscape.height(NODES[:, 0], NODES[:, 1]).max() <= 1e-4
        (v, u) = landscape.tops[0]
        assert landscape.height(np.array([v]), np.array([u]))[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("key", "where"), [("random-in", True), ("random-out", False)])
def test_the_top_lies_where_it_is_wanted(key: str, where: bool) -> None:
    tops = np.array([RANDOM[key].study(1, number).tops[0] for number in range(8)])
    assert (inside(Claim(), tops) == where).all()
    assert len(np.unique(tops, axis=0)) == 8, "each study has a landscape of its own"


def test_twins_have_the_same_landscapes_and_numbers() -> None:
    plain, collapsing = RANDOM["random-in"], RANDOM["random-in-two"]
    assert plain.stream == collapsing.stream
    assert plain.study(4, 2).shape == collapsing.study(4, 2).shape
    assert collapsing.study(4, 2).collapse is not None
    assert plain.study(5, 2).shape != plain.study(4, 2).shape


def test_features_are_drawn_only_where_they_are_allowed() -> None:
    smooth = [draw(np.random.default_rng(i), Features(roughness=0.0), (-4.0, 2.0)) for i in range(5)]
    cliffs = [draw(np.random.default_rng(i), Features(hills=2, cliffs=1.0), (-4.0, 2.0)) for i in range(5)]
    assert all(shape.cliff == 0.0 and not shape.hills and shape.waves[0][3] == 0.0 for shape in smooth)
    assert all(shape.cliff > 0.0 for shape in cliffs)
    assert any(shape.hills for shape in cliffs)
    assert smooth[0].top == pytest.approx((-4.0, 2.0), abs=1e-3), "without a field the ridge's own top"
