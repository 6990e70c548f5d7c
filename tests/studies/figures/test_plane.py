"""The plane of the two parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.figures.plane import Plane
from studies.figures.theme import LIGHT
from studies.language.parameters import PAPER
from studies.language.space import SearchSpace


def test_positions_lie_within_the_axes() -> None:
    space = SearchSpace()
    plane = Plane(PAPER, space)
    (low, high), (least, most) = space.ends
    along = plane.horizontal(LIGHT)["range"]
    up = plane.vertical(LIGHT)
    assert plane.along([least, most]) == pytest.approx(along)
    assert up["type"] == "log"
    assert np.log10(plane.up([low, high])) == pytest.approx(up["range"])
    assert float(plane.along(0.5)) == pytest.approx(math.log(2.0))
