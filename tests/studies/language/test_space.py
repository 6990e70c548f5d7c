"""The search space: its bounds in v and u, the points it contains, and the unit square stretched over it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from studies import golden
from studies.language.claim import FOLKLORE
from studies.language.parameters import Axes, Parameter
from studies.language.space import AlphaRange, EtaRange, OwnSpace, SearchSpace, Space

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


RATE = Parameter(name="lr", scale="log", low=1e-4, high=1.0)
DEPTH = Parameter(name="depth", scale="linear", low=1.0, high=13.0)
OWN = OwnSpace.of(Axes(RATE, DEPTH, ridge=False))


def test_a_box_over_other_parameters_is_uniform_on_their_scales() -> None:
    assert OWN.v_bounds == (math.log(1e-4), 0.0) and OWN.u_bounds == (0.0, 6.0)
    first, second = OWN.from_unit(np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]))
    assert first == pytest.approx([1e-4, 1.0, 1e-2]) and second == pytest.approx([1.0, 13.0, 7.0])
    assert OWN.contains(1.0, 13.0) and not OWN.contains(1.0, 13.1) and not OWN.contains(1.1, 13.0)
    assert OWN.natural == (False, False) and OWN.is_plannable
    assert not OWN.boxed(((0.1, 0.1001), (1.0, 2.0))).is_plannable


def test_a_wider_box_keeps_the_linear_scale_of_its_document() -> None:
    wider = OWN.joined(OWN.boxed(((1e-5, 0.5), (2.0, 15.0))))
    assert wider.ends == ((1e-5, 1.0), (1.0, 15.0))
    assert wider.u_bounds == (0.0, 7.0), "the coordinate is of the document's bounds"


@pytest.mark.parametrize("space", [SearchSpace(), BOX, OWN, OWN.boxed(((1e-3, 0.5), (2.0, 3.0)))])
def test_a_box_is_written_by_its_parameters_names_and_read_again(space: Space) -> None:
    adapter = TypeAdapter(Space | None)
    text = adapter.dump_json(space)
    read = adapter.validate_json(text)
    assert read is not None and read.document() == space.document() == json.loads(text)
    assert space.stored(read.document()) == space


@pytest.mark.parametrize("document", [{}, {"lr": {"low": 1e-3, "high": 1.0}}, {"eta": {}, "alpha": {}}])
def test_a_box_of_other_parameters_is_not_read_as_this_ones(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a box over lr and depth"):
        OWN.stored(document)
