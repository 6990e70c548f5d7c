"""The search space: its bounds in v and u, the points it contains, and the unit square stretched over it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from studies import golden
from studies.language.claim import FOLKLORE
from studies.language.space import AlphaRange, EtaRange, SearchSpace

BOX = SearchSpace(eta=EtaRange(low=0.01, high=1.0), alpha=AlphaRange(low=0.5, high=0.9))


def test_the_default_box_holds_the_golden_point_its_mates_and_the_folklore_default() -> None:
    for eta, alpha in ((golden.ETA, golden.ALPHA), (golden.ridge_mate(0.0), 0.0), FOLKLORE):
        assert SearchSpace().contains(eta, alpha)


def test_bounds_are_logarithms_of_eta_and_of_one_minus_alpha() -> None:
    assert BOX.v_bounds == pytest.approx((math.log(0.01), 0.0))
    assert BOX.u_bounds == pytest.approx((math.log(2.0), math.log(10.0)))


@pytest.mark.parametrize("axis", [EtaRange, AlphaRange])
@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.6, 0.5)])
def test_low_lies_below_high(axis: type[EtaRange] | type[AlphaRange], low: float, high: float) -> None:
    with pytest.raises(ValidationError, match="`low` must be below `high`"):
        axis(low=low, high=high)


@pytest.mark.parametrize(
    ("eta", "alpha", "inside"),
    [
        (0.01, 0.5, True),
        (1.0, 0.9, True),
        (1.0 + 1e-12, 0.9, True),
        (1.001, 0.9, False),
        (0.1, 0.4999, False),
        (0.1, 0.9001, False),
        (0.0099, 0.7, False),
    ],
)
def test_edges_belong_to_the_box(eta: float, alpha: float, inside: bool) -> None:
    assert BOX.contains(eta, alpha) is inside


def test_two_boxes_are_joined_in_the_smallest_that_holds_both() -> None:
    other = SearchSpace(eta=EtaRange(low=0.1, high=5.0), alpha=AlphaRange(low=0.0, high=0.6))
    joined = BOX.joined(other)
    assert (joined.eta.low, joined.eta.high, joined.alpha.low, joined.alpha.high) == (0.01, 5.0, 0.0, 0.9)
    assert joined == other.joined(BOX)


def test_the_unit_square_is_stretched_over_the_box_evenly_in_logarithms() -> None:
    eta, alpha = BOX.from_unit(np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]))
    assert eta == pytest.approx([0.01, 1.0, 0.1])
    assert alpha == pytest.approx([0.5, 0.9, 1.0 - math.sqrt(0.5 * 0.1)])


def test_no_stretched_point_leaves_the_box_by_rounding() -> None:
    eta, alpha = SearchSpace().from_unit(np.random.default_rng(3).integers(0, 2, (100, 2)).astype(np.float64))
    assert set(eta.tolist()) == {SearchSpace().eta.low, SearchSpace().eta.high}
    assert min(alpha) >= SearchSpace().alpha.low and max(alpha) <= SearchSpace().alpha.high
