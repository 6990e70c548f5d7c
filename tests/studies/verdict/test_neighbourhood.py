from __future__ import annotations

import math

import numpy as np
import pytest

from studies import golden
from studies.coordinates import to_vu
from studies.language.claim import Claim
from studies.language.parameters import PAPER, Axes, Parameter
from studies.language.space import EtaRange, OwnSpace, SearchSpace
from studies.verdict.neighbourhood import (
    beyond,
    border,
    centre,
    distances,
    inside,
    lattice,
    on_edge,
    open_sides,
    prior_share,
    sides_of,
)

CLAIM, SPACE = Claim(), SearchSpace()


@pytest.mark.parametrize(
    ("eta", "alpha", "expected"),
    [
        (golden.ETA, golden.ALPHA, True),
        (0.01, 0.9, True),  # folklore cannot be distinguished by location
        (2 * golden.ETA, golden.ALPHA, True),
        (2.01 * golden.ETA, golden.ALPHA, False),
        (golden.ETA, 0.7481, True),
        (golden.ETA, 0.7479, False),
        (golden.ridge_mate(0.0), 0.0, False),
    ],
)
def test_neighbourhood_is_a_factor_of_two(eta: float, alpha: float, expected: bool) -> None:
    v, u = to_vu(eta, alpha)
    assert bool(inside(CLAIM, np.array([[float(v), float(u)]]))[0]) is expected


def test_prior_share_of_the_default_box() -> None:
    assert prior_share(CLAIM, SPACE) == pytest.approx(0.0518, abs=5e-5)


def test_prior_share_of_a_box_that_cuts_the_neighbourhood() -> None:
    cut = SearchSpace(eta=EtaRange(low=golden.ETA, high=1.0))
    whole = (2 * math.log(2)) ** 2 / (math.log(1 / golden.ETA) * math.log(100))
    assert prior_share(CLAIM, cut) == pytest.approx(whole / 2)


def test_border_lies_on_the_neighbourhood_and_holds_its_corners() -> None:
    offsets = np.abs(border(CLAIM, SPACE) - centre(CLAIM))
    np.testing.assert_allclose(offsets.max(axis=1), math.log(2))
    assert np.count_nonzero(np.all(np.isclose(offsets, math.log(2)), axis=1)) == 4


def test_lattice_is_row_major_with_v_fastest() -> None:
    v, u, nodes = lattice(SPACE, 5, 3)
    np.testing.assert_allclose(nodes[:5, 0], v)
    np.testing.assert_allclose(nodes[:5, 1], u[0])


def test_alpha_zero_is_no_edge_of_the_box() -> None:
    v, u, nodes = lattice(SPACE, 5, 3)
    edge = on_edge(SPACE, nodes, np.array([v[1] - v[0], u[1] - u[0]])).reshape(3, 5)
    assert edge.tolist() == [[True, False, False, False, True]] * 2 + [[True] * 5]


def test_fit_coordinates_are_constant_along_the_ridge() -> None:
    mates = np.column_stack(to_vu([golden.ridge_mate(a) for a in (0.0, 0.5, 0.97)], [0.0, 0.5, 0.97]))
    np.testing.assert_allclose(PAPER.to_fit(mates)[:, 0], math.log(1 - golden.ALPHA))


def test_open_sides_are_named_and_alpha_zero_is_none() -> None:
    step, (low, high) = np.array([0.2, 0.2]), SPACE.v_bounds
    assert open_sides(SPACE, np.array([[low, 0.0], [-4.0, SPACE.u_bounds[1]]]), step) == ("eta low", "alpha high")
    assert open_sides(SPACE, np.array([[high - 0.05, 1.0]]), step) == ("eta high",)
    assert open_sides(SPACE, np.array([[-4.0, 0.0], [-4.0, 2.0]]), step) == ()
    above_zero = SPACE.model_copy(update={"alpha": SPACE.alpha.model_copy(update={"low": 0.5})})
    assert open_sides(above_zero, np.array([[-4.0, math.log(2.0)]]), step) == ("alpha low",)


def test_the_border_belongs_to_both_sides() -> None:
    at_border = centre(CLAIM) + np.array([math.log(2.0), 0.0])
    outside, within = sides_of(CLAIM, np.vstack([centre(CLAIM), at_border, at_border + 0.1]))
    assert (outside.tolist(), within.tolist()) == ([False, True, True], [True, True, False])


RATE = Parameter(name="lr", scale="log", low=1e-5, high=0.1)
DEPTH = Parameter(name="depth", scale="linear", low=1.0, high=13.0)
MIXED = Axes(RATE, DEPTH, ridge=False)
NAMED = Claim.model_validate({"at": {"lr": 1e-3, "depth": 4.0}, "curve": "none", "tolerance": {"depth": 2.0}})
DEEP = NAMED.bound(MIXED, None)


@pytest.mark.parametrize(
    ("rate", "depth", "expected"),
    [(1e-3, 4.0, True), (2e-3, 6.0, True), (2.01e-3, 4.0, False), (1e-3, 6.01, False), (0.5e-3, 2.0, True)],
)
def test_a_neighbourhood_has_a_half_width_for_each_parameter(rate: float, depth: float, expected: bool) -> None:
    assert bool(inside(DEEP, MIXED.points(rate, depth))[0]) is expected
    assert bool(beyond(DEEP, MIXED.points(rate, depth))[0] <= 1e-9) is expected


def test_the_border_of_an_uneven_neighbourhood_is_one_distance_from_the_claim() -> None:
    found = border(DEEP, OwnSpace.of(MIXED))
    np.testing.assert_allclose(beyond(DEEP, found), 0.0, atol=1e-12)
    np.testing.assert_allclose(distances(DEEP, found), DEEP.reach)
    without, within = sides_of(DEEP, found)
    assert without.all() and within.all()
    assert prior_share(DEEP, OwnSpace.of(MIXED)) == pytest.approx(2 * math.log(2.0) / math.log(1e4) * 4.0 / 12.0)


def test_sides_are_called_by_the_parameters_and_only_one_minus_has_a_natural_end() -> None:
    space, step = OwnSpace.of(MIXED), np.array([0.1, 0.1])
    assert open_sides(space, MIXED.points(1e-3, 1.0), step) == ("depth low",), "the lowest depth is a choice"
    assert open_sides(space, MIXED.points(0.1, 13.0), step) == ("lr high", "depth high")


def test_another_width_of_an_uneven_neighbourhood_grows_in_proportion() -> None:
    wider = DEEP.spread(math.sqrt(2.0))
    np.testing.assert_allclose(np.array(wider.half_widths) / np.array(DEEP.half_widths), 0.5)
    assert Claim().spread(3.0).half_widths == (math.log(3.0), math.log(3.0))
